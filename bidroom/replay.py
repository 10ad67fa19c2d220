"""A log decided again by the tables that ran the room: how an auditor checks that every fact was allowed."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from itertools import groupby, zip_longest
from typing import Any

from bidroom.bodies import NO_LOT
from bidroom.crypto.canonical import canonical, digest_of
from bidroom.facts import Actor, Body, Command, Entry, Refused, Role, Signed
from bidroom.machine import Row, State, Table, decide, fold

STAFF_ROLES = (Role.CLERK, Role.SUPERVISOR, Role.AUDITOR, Role.OPERATOR, Role.CLOCK)
REFUSED_UPLOAD = "UploadRefused"


def replay(
    tables: Iterable[Table], entries: Iterable[Entry], state: State
) -> Iterator[tuple[State, tuple[Entry, ...]]]:
    """Decide the log again, act by act, with the rules that ran the room; yields the state after each act.

    Raises Refused with `seq` in its details: an act that its rules refuse then, or whose facts they say otherwise.
    What only the edge could see (evidence) is taken from the facts themselves; other checks prove it.
    """
    tables = tuple(tables)
    for act in acts(entries):
        _decide_again(tables, state, act)
        for entry in act:
            state = fold(tables, state, entry)
        yield state, act


def acts(entries: Iterable[Entry]) -> Iterator[tuple[Entry, ...]]:
    """Entries grouped by the command that made them: the same actor, time and signed bytes, one after the other."""
    for _, group in groupby(entries, key=lambda e: (e.time, canonical(e.actor), canonical(e.signed))):
        yield tuple(group)


def _decide_again(tables: tuple[Table, ...], state: State, act: tuple[Entry, ...]) -> None:
    first = act[0]
    try:
        table, row = _row_of(tables, state, act)
        if row.fact not in {entry.type for entry in act}:
            return  # a refused upload: its own check looks at what was refused
        facts = decide((table,), state, _command_of(row, act), actor_of(first.actor), first.time)
    except Refused as refused:
        raise Refused(refused.reason, field=refused.field, **{**refused.details, "seq": first.seq}) from None
    for fact, entry in zip_longest(facts, act):
        if fact is None or entry is None or (fact.type, canonical(fact.body)) != (entry.type, canonical(entry.body)):
            raise Refused("facts_are_not_what_the_rules_say", seq=(entry or act[-1]).seq)


def _row_of(tables: tuple[Table, ...], state: State, act: tuple[Entry, ...]) -> tuple[Table, Row]:
    types, role = {entry.type for entry in act}, act[0].role
    known = [(table, row) for table in tables if table.name in state for row in table.rows if role in row.who]
    for table, row in known:
        if row.fact in types and types <= {row.fact, *row.also} and _fits(row, act):
            return table, row
    for table, row in known:
        if types == {REFUSED_UPLOAD} & set(row.also) and state[table.name].phase in row.at:
            return table, row
    raise Refused("no_rule_makes_this_fact", type=act[0].type, role=str(role))


def _fits(row: Row, act: tuple[Entry, ...]) -> bool:
    """Whether the signed command (where it is there) is the row's."""
    data = act[0].signed.get("bytes") if act[0].signed else None
    if data is None or row.signed != "command":
        return True
    return bool(json.loads(base64.b64decode(data))["type"] == row.on)


def actor_of(actor: Body) -> Actor:
    """The actor that an entry names, with the one role in which it acted."""
    role = Role(actor["role"])
    staff = frozenset({role}) if role in STAFF_ROLES else frozenset()
    binding = actor.get("binding")
    return Actor(
        organization=actor.get("organization"),
        user=actor.get("user"),
        role=role,
        certificate=actor.get("certificate"),
        binding=base64.b64decode(binding) if binding else None,
        staff=staff,
    )


def _command_of(row: Row, act: tuple[Entry, ...]) -> Command:
    """The command as it was: from its signed bytes, else from what its facts say."""
    first, found = act[0], act[-1]
    seen = {key: value for entry in act for key, value in entry.body.items()}
    evidence = row.recalls(act) if row.recalls else seen
    common: dict[str, Any] = {"stream": first.stream, "type": row.on, "evidence": evidence}
    data = first.signed.get("bytes") if first.signed else None
    if data is None:
        signed = Signed(row.signed, b"", b"") if row.signed else None
        digest = (first.signed or {}).get("hash", "")
        id = found.body.get("deposit", "")
        body, lot = row.takes.of(seen), None if row.takes.lot == NO_LOT else seen.get("lot")
        return Command(id=id, body=body, lot=lot, digest=digest, signed=signed, **common)
    raw, cms = base64.b64decode(data), base64.b64decode((first.signed or {})["cms"])
    signed, digest = Signed(row.signed or "command", raw, cms), digest_of(row.signed or "command", raw)
    if row.signed == "header":
        return Command(id=seen["bid"], body=row.takes.of(seen), lot=seen["lot"], digest=digest, signed=signed, **common)
    told = json.loads(raw)
    return Command(
        id=told["id"], body=told["body"], lot=told["lot"], checkpoint=told["checkpoint"],
        digest=digest, signed=signed, **common,
    )  # fmt: skip
