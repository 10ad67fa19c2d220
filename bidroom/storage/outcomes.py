"""What became of commands: done or refused, by command id and actor."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bidroom.facts import Actor, Command, Entry, Refused, RefusedOnRecord, rfc3339
from bidroom.ports import Done
from bidroom.storage.entries import entry_from
from bidroom.storage.tables import COMMANDS, ENTRIES, REFUSALS

Key = tuple[str, str]
"""A command's id and its actor."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a command with this digest did: so many entries from `first` on, or a refusal (and one entry or none)."""

    digest: str
    stream: str
    first: int
    count: int
    refused: Refused | None = None


def key_of(command: Command, actor: Actor) -> Key:
    """Who asked what: a command's id is its actor's own."""
    return (command.id, actor_key(actor))


def actor_key(actor: Actor) -> str:
    """Organization and user with a stroke between them; of one who is neither (the clock), the role."""
    if actor.organization is None and actor.user is None:
        return "+".join(sorted(actor.staff)) or str(actor.role)
    return f"{actor.organization or '-'}/{actor.user or '-'}"


def look_up(connection: sa.Connection, keys: Iterable[Key]) -> dict[Key, Outcome | None]:
    """The outcome of each, None where there is none yet."""
    found: dict[Key, Outcome | None] = dict.fromkeys(keys)
    ids = sorted({id for id, _ in found})
    if not ids:
        return found
    for row in connection.execute(sa.select(REFUSALS).where(REFUSALS.c.id.in_(ids))):
        if (row.id, row.actor) in found:
            found[row.id, row.actor] = _refused_outcome(row)
    done = connection.execute(sa.select(COMMANDS).where(COMMANDS.c.id.in_(ids)))
    for id, actor, stream, digest, first, count in done:  # after the refusals: what was refused can be done later
        if (id, actor) in found:
            found[id, actor] = Outcome(digest, stream, first, count)
    return found


def _refused_outcome(row: Any) -> Outcome:
    refused = Refused(row.reason, row.field, **json.loads(row.details))
    return Outcome(row.digest, row.stream, row.seq or 0, 0 if row.seq is None else 1, refused)


def answer(connection: sa.Connection, outcome: Outcome, command: Command) -> Done:
    """The same answer once more: Done, or the Refused of then is raised, or 'same_id_other_bytes'."""
    if outcome.digest != command.digest or outcome.stream != command.stream:
        raise Refused("same_id_other_bytes", field="id")
    entries = tuple(_entries(connection, outcome))
    if outcome.refused is not None:
        raise RefusedOnRecord(outcome.refused, entries[0]) if entries else outcome.refused
    return Done(entries, again=True)


def _entries(connection: sa.Connection, outcome: Outcome) -> Iterable[Entry]:
    if not outcome.count:
        return ()
    end = outcome.first + outcome.count
    rows = connection.execute(
        sa.select(ENTRIES.c.data)
        .where(ENTRIES.c.stream == outcome.stream, ENTRIES.c.seq >= outcome.first, ENTRIES.c.seq < end)
        .order_by(ENTRIES.c.seq)
    )
    return map(entry_from, rows.scalars())


def command_row(command: Command, actor: Actor, first: int, count: int) -> dict[str, Any]:
    """The row of a command that was done."""
    id, who = key_of(command, actor)
    return {
        "id": id,
        "actor": who,
        "stream": command.stream,
        "digest": command.digest,
        "first_seq": first,
        "count": count,
    }


def refusal_row(command: Command, actor: Actor, refused: Refused, at: datetime, seq: int | None) -> dict[str, Any]:
    """The row of a command that was refused: its digest, never its bytes, for they may hold pieces."""
    id, who = key_of(command, actor)
    return {
        "id": id,
        "actor": who,
        "stream": command.stream,
        "type": _storable(command.type),
        "digest": command.digest,
        "at": rfc3339(at),
        "reason": refused.reason,
        "field": None if refused.field is None else _storable(refused.field),
        "details": json.dumps(refused.details, default=str),
        "seq": seq,
    }


def forget_refusals(connection: sa.Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Make room for these: what came again and was refused for another reason has a new answer."""
    same = sa.and_(REFUSALS.c.id == sa.bindparam("old_id"), REFUSALS.c.actor == sa.bindparam("old_actor"))
    if rows:
        gone = [{"old_id": row["id"], "old_actor": row["actor"]} for row in rows]
        connection.execute(sa.delete(REFUSALS).where(same), gone)


def _storable(text: str) -> str:
    """Text from outside without what PostgreSQL cannot hold."""
    return text.encode("utf-8", "replace").decode("utf-8").replace("\0", "\ufffd")
