"""A small table of rules for the tests of log, door and ticker: people add numbers until the clock closes the tally."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from bidroom.bodies import Shape
from bidroom.crypto.canonical import canonical, digest_of, sha256_hex
from bidroom.crypto.shape import Place
from bidroom.facts import (
    Actor,
    Claim,
    Command,
    Entry,
    ErasePieces,
    Fact,
    KeepPieces,
    Refused,
    Role,
    Signed,
    StreamKind,
    instant,
    rfc3339,
)
from bidroom.machine import Due, Row, Table

STREAM = "ab" * 16
OTHER = "cd" * 16
ADDER = Actor(organization="11" * 16, user="chen", role=Role.BIDDER, certificate="ee" * 32)
SECOND = Actor(organization="22" * 16, user="wu", role=Role.BIDDER)


@dataclass(frozen=True)
class Tally:
    """What has been added; `close_at` when the clock closes it, `audit` whether it then owes an audit."""

    phase: str = "open"
    total: int = 0
    adders: tuple[str, ...] = ()
    refused: int = 0
    close_at: datetime | None = None
    audit: bool = False
    held: tuple[str, ...] = ()

    def in_phase(self, phase: str) -> Tally:
        """The tally in another phase."""
        return replace(self, phase=phase)


def evolve(state: Tally, entry: Entry) -> Tally:
    """Fold one entry."""
    match entry.type:
        case "Added":
            return replace(
                state, total=state.total + entry.body["n"], adders=(*state.adders, entry.actor.get("user", "-"))
            )
        case "CloseSet":
            return replace(state, close_at=instant(entry.body["at"]), audit=entry.body.get("audit", False))
        case "AddRefused":
            return replace(state, refused=state.refused + 1)
        case "Held":
            return replace(state, close_at=None, held=(entry.body["from"], entry.body["to"]))
        case "Audited":
            return replace(state, audit=False)
    return state


def number_is_positive(state: Tally, command: Command, actor: Actor, at: datetime) -> bool:
    """A guard."""
    return bool(command.body["n"] > 0)


def received_in_time(state: Tally, command: Command, actor: Actor, at: datetime) -> bool:
    """A guard that judges the stamp."""
    return state.close_at is None or at < state.close_at


def close_is_due(state: Tally, command: Command, actor: Actor, at: datetime) -> bool:
    """A guard of the clock's step."""
    return state.close_at is not None and at >= state.close_at


def outage_touches_a_clock(state: Tally, command: Command, actor: Actor, at: datetime) -> bool:
    """Named as the refusal is: true where the gap holds the closing."""
    return state.close_at is not None and instant(command.body["from"]) <= state.close_at <= instant(command.body["to"])


def audit_was_worked_out(state: Tally, command: Command, actor: Actor, at: datetime) -> bool:
    """A guard that reads evidence."""
    return command.evidence.get("total") == state.total


def split(state: Tally, command: Command, actor: Actor, at: datetime) -> Iterable[Fact]:
    """Several facts of one command."""
    return [Fact("Added", {"n": n}) for n in command.body["numbers"]]


def claim(state: Tally, command: Command, actor: Actor, at: datetime) -> Iterable[Fact]:
    """A fact that claims a name across streams."""
    return [Fact("Claimed", dict(command.body), claims=(Claim("name", command.body["name"]),))]


def keep(state: Tally, command: Command, actor: Actor, at: datetime) -> Iterable[Fact]:
    """A fact that keeps pieces."""
    assert command.signed is not None
    pieces = {int(j): bytes.fromhex(piece) for j, piece in command.secret["pieces"].items()}
    effect = KeepPieces(command.body["digest"], pieces, command.signed)
    return [Fact("Kept", {"digest": command.body["digest"]}, effects=(effect,))]


def erase(state: Tally, command: Command, actor: Actor, at: datetime) -> Iterable[Fact]:
    """A fact that erases pieces."""
    effect = ErasePieces(tuple(command.body["digests"]), tuple(command.body["to_auditor"]))
    return [Fact("Erased", {}, effects=(effect,))]


def stumble(state: Tally, command: Command, actor: Actor, at: datetime) -> Iterable[Fact]:
    """A fault in the rules, not a refusal."""
    raise ZeroDivisionError("a fault in the rules")


def due(state: Tally, now: datetime) -> tuple[Due, ...]:
    """The closing, and after it the audit."""
    if state.phase == "open" and state.close_at is not None and now >= state.close_at:
        return (Due("Close"),)
    if state.phase == "closed" and state.audit:
        return (Due("Audit", job="audit"),)
    return ()


def due_at(state: Tally) -> datetime | None:
    """When it closes."""
    return state.close_at if state.phase == "open" else None


def roles(state: Tally, actor: Actor) -> frozenset[Role]:
    """Staff are what they are, everyone of an organization is a bidder."""
    return actor.staff | ({Role.BIDDER} if actor.organization else set())


def anything(at: Place) -> None:
    """Whatever it is: strictness is tested with the real tables."""


def takes(*names: str) -> Shape:
    """A body with these members."""
    return Shape(dict.fromkeys(names, anything))


BIDDER, CLOCK = (Role.BIDDER,), (Role.CLOCK,)
TALLY = Table(
    "tally",
    StreamKind.TENDER,
    Tally(),
    (
        Row(("open",), "Add", BIDDER, (number_is_positive, received_in_time), "Added", takes=takes("n")),
        Row(("open",), "AddMany", BIDDER, (), "Added", says=split, takes=takes("numbers")),
        Row(("open",), "SetClose", BIDDER, (), "CloseSet", takes=takes("at", "audit")),
        Row(("open",), "Claim", BIDDER, (), "Claimed", says=claim, takes=takes("name")),
        Row(("open",), "Keep", BIDDER, (), "Kept", says=keep, signed="command", takes=takes("digest")),
        Row(("open",), "Erase", BIDDER, (), "Erased", says=erase, takes=takes("digests", "to_auditor")),
        Row(("open",), "Stumble", BIDDER, (), "Added", says=stumble),
        Row(("open",), "HoldForOutage", CLOCK, (outage_touches_a_clock,), "Held", takes=takes("from", "to")),
        Row(("open",), "Close", CLOCK, (close_is_due,), "Closed", "closed"),
        Row(("closed",), "Audit", CLOCK, (audit_was_worked_out,), "Audited"),
    ),
    evolve,
    roles,
    due,
    due_at,
)
TABLES = (TALLY,)


def refused_add(state: Any, command: Command, actor: Actor, refused: Refused) -> Fact | None:
    """The refusal of an addition is a fact."""
    return Fact("AddRefused", {"n": command.body["n"], "reason": refused.reason})


def command(type: str, body: dict[str, Any] | None = None, stream: str = STREAM, **more: Any) -> Command:
    """A command with an id of its own."""
    id = more.pop("id", None) or secrets.token_hex(16)
    body = body or {}
    digest = sha256_hex(canonical({"id": id, "stream": stream, "type": type, "body": body}))
    return Command(id=id, stream=stream, type=type, body=body, digest=digest, **more)


def add(n: int = 1, stream: str = STREAM, **more: Any) -> Command:
    """Add a number."""
    return command("Add", {"n": n}, stream, **more)


def close_after(at: datetime, audit: bool = False, **by: float) -> Command:
    """Let the clock close the tally so long after `at`."""
    return command("SetClose", {"at": rfc3339(at + timedelta(**by)), "audit": audit})


def release(digest: str, pieces: dict[int, bytes]) -> Command:
    """A signed command whose bytes hold pieces, as those of a real release do."""
    id, secret = secrets.token_hex(16), {str(j): piece.hex() for j, piece in pieces.items()}
    data = canonical({"id": id, "type": "Keep", "body": {"digest": digest, "pieces": secret}})
    signed = Signed("command", data, b"a signature over " + hashlib.sha256(data).digest())
    return Command(
        id=id,
        stream=STREAM,
        type="Keep",
        body={"digest": digest},
        digest=digest_of("command", data),
        signed=signed,
        secret={"pieces": secret},
    )


def document(entry: Entry) -> dict[str, Any]:
    """What an entry's bytes say."""
    said: dict[str, Any] = json.loads(entry.data)
    return said
