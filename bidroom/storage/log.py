"""The streams in a database: implements `ports.Log`, and what readers of pieces, proofs and checkpoints need."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import TypeVar

import sqlalchemy as sa
from sqlalchemy.exc import DBAPIError

from bidroom.crypto.checkpoint import LogKey
from bidroom.facts import Conflict, Entry, Refused
from bidroom.machine import Table
from bidroom.ports import Arrival, View
from bidroom.storage import arrivals as arrived
from bidroom.storage import pieces
from bidroom.storage.database import forget_erased, is_conflict, reading, writing
from bidroom.storage.entries import entry_from
from bidroom.storage.folding import Folded
from bidroom.storage.outcomes import key_of
from bidroom.storage.tables import CHECKPOINTS, ENTRIES, STREAMS
from bidroom.storage.transaction import SqlTransaction, due_at

PAGE = 500
"""Entries that are read at once."""
T = TypeVar("T")


class SqlLog:
    """The log of the platform in one database; several processes may share it."""

    def __init__(self, engine: sa.Engine, tables: Sequence[Table], log_key: LogKey) -> None:
        self._engine = engine
        self._tables = tuple(tables)
        self._log_key = log_key
        self._folded = Folded(self._tables)
        self._to_forget = False

    # --- writing: off the hub, by one writer ---

    @contextmanager
    def transaction(self, arrivals: Sequence[Arrival] = ()) -> Iterator[SqlTransaction]:
        """See `ports.Log`."""
        with self._conflicts(), writing(self._engine) as connection:
            tx = SqlTransaction(connection, self._tables, self._folded, self._sign)
            tx.recall([key_of(arrival.command, arrival.actor) for arrival in arrivals])
            yield tx
            tx.write()
        self._folded.keep(tx.grown)
        self._forget(tx.erased)

    def receive(self, arrivals: Sequence[Arrival]) -> tuple[datetime | None, ...]:
        """See `ports.Log`. Raises Conflict."""
        with self._conflicts(), writing(self._engine) as connection:
            return arrived.receive(connection, arrivals)

    def reschedule(self, now: datetime) -> int:
        """Fold every stream and work out anew when the clock must look at it: after an upgrade of the rules.

        How many due times have changed. Raises LogBroken.
        """
        with writing(self._engine) as connection:
            streams = connection.execute(sa.select(STREAMS.c.id, STREAMS.c.due_at)).all()
            changed = {id: due for id, was in streams if (due := self._due_at(connection, id, now)) != was}
            for id, due in changed.items():
                connection.execute(sa.update(STREAMS).where(STREAMS.c.id == id).values(due_at=due))
        return len(changed)

    def _due_at(self, connection: sa.Connection, stream: str, now: datetime) -> str | None:
        held = self._folded.committed(connection, stream)
        return None if held is None else due_at(self._tables, held.state, now)

    @contextmanager
    def _conflicts(self) -> Iterator[None]:
        try:
            yield
        except DBAPIError as error:
            if is_conflict(error):
                raise Conflict(str(error.orig)) from error
            raise

    def _sign(self, stream: str, size: int, root: bytes) -> bytes:
        return self._log_key.sign(self._log_key.origin(stream), size, root)

    def _forget(self, erased: bool) -> None:
        self._to_forget = (self._to_forget or erased) and not forget_erased(self._engine)

    # --- reading ---

    def undecided(self) -> tuple[Arrival, ...]:
        """See `ports.Log`."""
        return self._read(arrived.undecided)

    def view(self, stream: str) -> View:
        """See `ports.Log`."""
        held = self._read(lambda connection: self._folded.committed(connection, stream))
        if held is None:
            raise Refused("stream_unknown", field="stream")
        return View(held.kind, held.size, held.frontier.root, held.state)

    def entries(self, stream: str, start: int = 0) -> Iterator[Entry]:
        """See `ports.Log`."""
        while page := self._page(stream, start):
            yield from map(entry_from, page)
            start += len(page)

    def leaves(self, stream: str, size: int | None = None) -> list[bytes]:
        """The leaf hashes of the first `size` entries, or of all: what proofs are made from."""
        asked = sa.select(ENTRIES.c.leaf).where(ENTRIES.c.stream == stream).order_by(ENTRIES.c.seq).limit(size)
        return self._read(lambda connection: list(connection.execute(asked).scalars()))

    def checkpoint(self, stream: str, size: int | None = None) -> bytes:
        """The signed note of this size, or the last one. Raises Refused('checkpoint_unknown')."""
        asked = sa.select(CHECKPOINTS.c.note).where(CHECKPOINTS.c.stream == stream)
        if size is not None:
            asked = asked.where(CHECKPOINTS.c.size == size)
        asked = asked.order_by(CHECKPOINTS.c.size.desc()).limit(1)
        note = self._read(lambda connection: connection.execute(asked).scalar_one_or_none())
        if note is None:
            raise Refused("checkpoint_unknown", field="checkpoint")
        return bytes(note)

    def checkpoints(self, stream: str) -> dict[int, bytes]:
        """Every signed note of the stream, by size."""
        asked = sa.select(CHECKPOINTS.c.size, CHECKPOINTS.c.note).where(CHECKPOINTS.c.stream == stream)
        rows = self._read(lambda connection: connection.execute(asked.order_by(CHECKPOINTS.c.size)).all())
        return {row.size: row.note for row in rows}

    def pieces(self, stream: str, digest: str) -> dict[int, bytes]:
        """The released pieces of one bid, by j, until they are erased."""
        return self._read(lambda connection: pieces.pieces_of(connection, stream, digest))

    def auditor_only(self, stream: str) -> dict[str, bytes]:
        """What only an auditor may read, by name."""
        return self._read(lambda connection: pieces.auditor_only(connection, stream))

    def _read(self, work: Callable[[sa.Connection], T]) -> T:
        with reading(self._engine) as connection:
            return work(connection)

    def _page(self, stream: str, start: int) -> list[bytes]:
        asked = sa.select(ENTRIES.c.data).where(ENTRIES.c.stream == stream, ENTRIES.c.seq >= start)
        asked = asked.order_by(ENTRIES.c.seq).limit(PAGE)
        return self._read(lambda connection: list(connection.execute(asked).scalars()))
