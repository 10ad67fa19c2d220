"""Folded streams, kept in memory; whatever the database has beyond them is folded in when it is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import sqlalchemy as sa

from bidroom.crypto.tree import Frontier, leaf_hash
from bidroom.facts import Entry, StreamKind
from bidroom.machine import State, Table, begin, fold
from bidroom.storage.entries import entry_from
from bidroom.storage.tables import ENTRIES, STREAMS

KEEP = 2_000
"""Streams that are kept folded."""


class LogBroken(RuntimeError):  # noqa: N818 - a statement, as Conflict is
    """The entries of a stream do not hash to the root committed with them: the database was changed."""


@dataclass(frozen=True, slots=True)
class Held:
    """One stream after some number of entries: its state, and the tree over them."""

    kind: StreamKind
    state: State
    frontier: Frontier

    @property
    def size(self) -> int:
        """How many entries are in it."""
        return self.frontier.size


class Folded:
    """The folded streams. Values are never changed, only replaced, so that any thread may read."""

    def __init__(self, tables: tuple[Table, ...]) -> None:
        self._tables = tables
        self._held: dict[str, Held] = {}

    def begin(self, kind: StreamKind) -> Held:
        """A stream without entries."""
        return Held(kind, begin(self._tables, kind), Frontier())

    def after(self, held: Held, entry: Entry) -> Held:
        """The stream with one more entry."""
        state = fold(self._tables, held.state, entry)
        return Held(held.kind, state, held.frontier.append(leaf_hash(entry.data)))

    def committed(self, connection: sa.Connection, stream: str) -> Held | None:
        """The stream as this connection sees it, None where there is none. Raises LogBroken."""
        row = connection.execute(
            sa.select(STREAMS.c.kind, STREAMS.c.size, STREAMS.c.root).where(STREAMS.c.id == stream)
        ).one_or_none()
        if row is None:
            return None
        held = self._held.get(stream)
        if held is None or held.size > row.size:
            held = self.begin(StreamKind(row.kind))
        if held.size < row.size:
            held = self._caught_up(connection, stream, held, row.size)
            if held.size != row.size or held.frontier.root != row.root:
                raise LogBroken(stream)
            self.keep({stream: held})
        return held

    def _caught_up(self, connection: sa.Connection, stream: str, held: Held, size: int) -> Held:
        rows = connection.execute(
            sa.select(ENTRIES.c.data)
            .where(ENTRIES.c.stream == stream, ENTRIES.c.seq >= held.size, ENTRIES.c.seq < size)
            .order_by(ENTRIES.c.seq)
        )
        for data in rows.scalars():
            held = self.after(held, entry_from(data))
        return held

    def keep(self, held: dict[str, Held]) -> None:
        """Take over what has been committed."""
        self._held.update(held)
        for stream in list(self._held)[: max(0, len(self._held) - KEEP)]:
            self._held.pop(stream, None)
