"""What has arrived and is not decided yet: enough of each command to decide it after a crash, with its first stamp."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from bidroom.facts import Actor, Command, Role, Signed, instant, rfc3339
from bidroom.ports import Arrival
from bidroom.storage.outcomes import Key, key_of
from bidroom.storage.tables import ARRIVALS

_KEYED = (ARRIVALS.c.id == sa.bindparam("of_id"), ARRIVALS.c.actor == sa.bindparam("of_actor"))


def receive(connection: sa.Connection, arrivals: Sequence[Arrival]) -> tuple[datetime | None, ...]:
    """Write these down. The stamp of each: the first of its id, actor and digest; None where the digest is another.

    What was decided already and comes again (a refused upload that was mended) is stamped anew.
    """
    known = _known(connection, arrivals)
    fresh: dict[Key, dict[str, Any]] = {}
    again: dict[Key, dict[str, Any]] = {}
    stamps: list[datetime | None] = []
    for arrival in arrivals:
        key = key_of(arrival.command, arrival.actor)
        if key not in known:
            known[key] = _Known(arrival.command.digest, arrival.at)
            fresh[key] = _row(key, arrival)
        elif key not in fresh and known[key].digest == arrival.command.digest:
            known[key] = _Known(known[key].digest, arrival.at if known[key].decided else known[key].at)
            stamp = {"stamp": rfc3339(known[key].at), "payload": encode(arrival)}
            again[key] = {"of_id": key[0], "of_actor": key[1], **stamp}
        stamps.append(known[key].at if known[key].digest == arrival.command.digest else None)
    if fresh:
        connection.execute(sa.insert(ARRIVALS), list(fresh.values()))
    if again:
        renewed = {"payload": sa.bindparam("payload"), "received_at": sa.bindparam("stamp"), "decided": False}
        connection.execute(sa.update(ARRIVALS).where(*_KEYED).values(renewed), list(again.values()))
    return tuple(stamps)


@dataclass(frozen=True, slots=True)
class _Known:
    """What is held of a command that came before."""

    digest: str
    at: datetime
    decided: bool = False


def _known(connection: sa.Connection, arrivals: Sequence[Arrival]) -> dict[Key, _Known]:
    columns = (ARRIVALS.c.id, ARRIVALS.c.actor, ARRIVALS.c.digest, ARRIVALS.c.received_at, ARRIVALS.c.decided)
    ids = sorted({arrival.command.id for arrival in arrivals})
    rows = connection.execute(sa.select(*columns).where(ARRIVALS.c.id.in_(ids)))
    return {(row.id, row.actor): _Known(row.digest, instant(row.received_at), row.decided) for row in rows}


def _row(key: Key, arrival: Arrival) -> dict[str, Any]:
    return {
        "id": key[0],
        "actor": key[1],
        "stream": arrival.command.stream,
        "digest": arrival.command.digest,
        "received_at": rfc3339(arrival.at),
        "decided": False,
        "payload": encode(arrival),
    }


def settle(connection: sa.Connection, keys: Iterable[Key]) -> None:
    """These are decided: their payloads are erased, their stamps stay."""
    rows = [{"of_id": id, "of_actor": actor} for id, actor in keys]
    if rows:
        connection.execute(sa.update(ARRIVALS).where(*_KEYED).values(decided=True, payload=None), rows)


def waiting(connection: sa.Connection, stream: str, before: datetime) -> set[Key]:
    """The undecided of this stream that were stamped earlier than `before`."""
    rows = connection.execute(
        sa.select(ARRIVALS.c.id, ARRIVALS.c.actor).where(
            ARRIVALS.c.stream == stream, ~ARRIVALS.c.decided, ARRIVALS.c.received_at < rfc3339(before)
        )
    )
    return {(row.id, row.actor) for row in rows}


def undecided(connection: sa.Connection) -> tuple[Arrival, ...]:
    """All that is undecided, earliest first."""
    rows = connection.execute(
        sa.select(ARRIVALS.c.payload, ARRIVALS.c.received_at)
        .where(~ARRIVALS.c.decided)
        .order_by(ARRIVALS.c.received_at)
    )
    return tuple(decode(row.payload, instant(row.received_at)) for row in rows)


# --- a command as text and back --------------------------------------------------------------------------------------


def encode(arrival: Arrival) -> str:
    """The whole command and its actor, evidence and secret too; TypeError for what is no plain value."""
    return json.dumps([_members(arrival.command), _members(arrival.actor)], separators=(",", ":"))


def decode(payload: str, at: datetime) -> Arrival:
    """What `encode` wrote, stamped `at`."""
    command, actor = json.loads(payload)
    actor = {key: _value(value) for key, value in actor.items()}
    actor["role"] = Role(actor["role"])
    actor["staff"] = frozenset(Role(role) for role in actor["staff"])
    return Arrival(Command(**{key: _value(value) for key, value in command.items()}), Actor(**actor), at)


def _members(thing: Command | Actor | Signed) -> dict[str, Any]:
    return {field.name: _text(getattr(thing, field.name)) for field in fields(thing)}


def _text(value: Any) -> Any:
    """JSON for a plain value; what JSON has no word for is [tag, content], a list is ["l", …]."""
    match value:
        case None | bool() | int() | float() | str():
            return value
        case bytes():
            return ["b", base64.b64encode(value).decode("ascii")]
        case datetime():
            return ["t", rfc3339(value)]
        case Decimal():
            return ["d", str(value)]
        case Signed():
            return ["s", _members(value)]
        case _:
            return _collection(value)


def _collection(value: Any) -> Any:
    match value:
        case Mapping():
            return ["m", [[_text(key), _text(item)] for key, item in value.items()]]
        case list():
            return ["l", [_text(item) for item in value]]
        case tuple():
            return ["u", [_text(item) for item in value]]
        case set() | frozenset():
            return ["f", [_text(item) for item in value]]
        case _:
            raise TypeError(f"a command holds plain values, not {type(value).__name__}")


_UNTAG: dict[str, Any] = {
    "b": base64.b64decode,
    "t": instant,
    "d": Decimal,
    "s": lambda members: Signed(**{key: _value(item) for key, item in members.items()}),
    "m": lambda pairs: {_value(key): _value(item) for key, item in pairs},
    "l": lambda items: [_value(item) for item in items],
    "u": lambda items: tuple(_value(item) for item in items),
    "f": lambda items: frozenset(_value(item) for item in items),
}


def _value(text: Any) -> Any:
    if not isinstance(text, list):
        return text
    tag, content = text
    return _UNTAG[tag](content)
