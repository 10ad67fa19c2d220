"""The database: engines are made here, never at import, and a write transaction is one that began as such."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from sqlalchemy import event
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.exc import DBAPIError
from sqlalchemy.pool import ConnectionPoolEntry, Pool

BUSY_MS = 30_000
"""How long SQLite waits for another process's write before it fails."""

KEEP = 8
"""Idle connections that are kept."""

_UNIQUE = {"23505", "40001", "40P01", "SQLITE_CONSTRAINT_PRIMARYKEY", "SQLITE_CONSTRAINT_UNIQUE"}


class AtomicPool(Pool):
    """Idle connections in a deque, whose ends are atomic.

    The stock pool has a lock; under eventlet that is a green one, and the hub's greenlets and the writer's real
    thread would meet in it, which a green lock cannot bear.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._idle: deque[ConnectionPoolEntry] = deque()

    def _do_get(self) -> ConnectionPoolEntry:
        try:
            return self._idle.pop()
        except IndexError:
            return self._create_connection()

    def _do_return_conn(self, record: ConnectionPoolEntry) -> None:
        if len(self._idle) < KEEP:
            self._idle.append(record)
        else:
            record.close()

    def recreate(self) -> AtomicPool:
        """An empty pool like this one."""
        return AtomicPool(self._creator, pre_ping=self._pre_ping, _dispatch=self.dispatch, dialect=self._dialect)

    def dispose(self) -> None:
        """Close what is idle."""
        while self._idle:
            self._idle.pop().close()

    def status(self) -> str:
        """How many connections are idle."""
        return f"{len(self._idle)} idle"


def engine_for(url: str) -> sa.Engine:
    """An engine for this URL: a SQLite file, or PostgreSQL through psycopg."""
    if sa.make_url(url).get_backend_name() == "sqlite":
        return _sqlite(url)
    os.environ.setdefault("PSYCOPG_WAIT_FUNC", "wait_selector")  # read at psycopg's import; else it blocks the hub
    return sa.create_engine(url, poolclass=AtomicPool, pool_pre_ping=True)


def _sqlite(url: str) -> sa.Engine:
    engine = sa.create_engine(url, poolclass=AtomicPool, connect_args={"check_same_thread": False})
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    return engine


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say, not where the driver guesses
    for pragma in (
        f"busy_timeout={BUSY_MS}",
        "journal_mode=WAL",
        "synchronous=FULL",
        "foreign_keys=ON",
        "secure_delete=ON",  # an erased piece leaves no bytes in a free page
    ):
        connection.execute(f"PRAGMA {pragma}")


def _begin(connection: sa.Connection) -> None:
    writes = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


@contextmanager
def writing(engine: sa.Engine) -> Iterator[sa.Connection]:
    """A write transaction: committed at the end, rolled back at an exception.

    With SQLite it waits for other writers at once, not halfway: run it off the hub (`Concurrency.offload`).
    """
    with engine.connect().execution_options(writes=True) as connection, connection.begin():
        yield connection


@contextmanager
def reading(engine: sa.Engine) -> Iterator[sa.Connection]:
    """One consistent look at what is committed."""
    with engine.connect() as connection:
        yield connection


def is_conflict(error: DBAPIError) -> bool:
    """Whether another transaction was quicker: a unique key taken, a deadlock, a serialization failure."""
    code = getattr(error.orig, "sqlite_errorname", None) or getattr(error.orig, "sqlstate", None)
    return code in _UNIQUE


def forget_erased(engine: sa.Engine) -> bool:
    """After an erasure: empty SQLite's write-ahead log, which still holds the old pages. False while one reads it."""
    if engine.dialect.name != "sqlite":
        return True
    with engine.connect() as connection:
        raw = connection.connection.driver_connection
        assert raw is not None
        raw.execute("PRAGMA busy_timeout=200")
        busy, _, _ = raw.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        raw.execute(f"PRAGMA busy_timeout={BUSY_MS}")
    return not busy


def insert_once(connection: sa.Connection, table: sa.Table, row: dict[str, Any]) -> bool:
    """Insert a row unless its key is there already; whether it was inserted."""
    insert = postgres_insert if connection.dialect.name == "postgresql" else sqlite_insert
    asked = insert(table).values(row).on_conflict_do_nothing()
    return connection.execute(asked, execution_options={"preserve_rowcount": True}).rowcount == 1
