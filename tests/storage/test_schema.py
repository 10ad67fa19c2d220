"""Migrations: up and down, twice, and what they make is what the tables say."""

from __future__ import annotations

import subprocess
import sys

import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from bidroom.storage.database import engine_for, writing
from bidroom.storage.schema import migrate, unmigrate
from bidroom.storage.tables import ARRIVALS, METADATA, STREAMS


def test_migrated_schema_is_what_the_tables_say(engine: sa.Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "compare_server_default": True})
        assert compare_metadata(context, METADATA) == []


def test_up_down_and_up_again(engine: sa.Engine) -> None:
    assert set(sa.inspect(engine).get_table_names()) == {*METADATA.tables, "alembic_version"}
    migrate(engine)
    unmigrate(engine)
    assert sa.inspect(engine).get_table_names() == ["alembic_version"]
    migrate(engine)
    assert set(sa.inspect(engine).get_table_names()) == {*METADATA.tables, "alembic_version"}


def test_a_migration_that_fails_leaves_nothing_behind(engine: sa.Engine) -> None:
    unmigrate(engine)
    with writing(engine) as connection:
        connection.execute(sa.text("CREATE TABLE streams (id INTEGER)"))
    with pytest.raises(sa.exc.DBAPIError, match="streams"):
        migrate(engine)
    assert set(sa.inspect(engine).get_table_names()) == {"alembic_version", "streams"}


def test_processes_that_start_together_migrate_one_after_the_other(database_url: str) -> None:
    code = (
        "import sys; from bidroom.storage.database import engine_for; from bidroom.storage.schema import migrate;"
        "migrate(engine_for(sys.argv[1]))"
    )
    started = [
        subprocess.Popen([sys.executable, "-c", code, database_url], stderr=subprocess.PIPE, text=True)
        for _ in range(3)
    ]
    assert [process.communicate()[1] for process in started] == ["", "", ""]
    assert [process.returncode for process in started] == [0, 0, 0]


def test_sqlite_is_durable_strict_and_forgets(sqlite_url: str) -> None:
    engine = engine_for(sqlite_url)
    with engine.connect() as connection:
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar_one()
            for name in ("journal_mode", "synchronous", "foreign_keys", "secure_delete")
        }
    engine.dispose()
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "secure_delete": 1}


def test_the_tick_and_the_waiting_find_their_rows_by_index(sqlite_url: str) -> None:
    engine = engine_for(sqlite_url)
    migrate(engine)
    waiting = sa.select(ARRIVALS.c.id).where(
        ARRIVALS.c.stream == "a", ~ARRIVALS.c.decided, ARRIVALS.c.received_at < "2026"
    )
    due = sa.select(STREAMS.c.id).where(STREAMS.c.due_at <= "2026").order_by(STREAMS.c.due_at)
    with engine.connect() as connection:
        plans = [
            connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {_literal(query, engine)}").one()[3]
            for query in (waiting, due)
        ]
    engine.dispose()
    assert "ix_arrivals_undecided" in plans[0]
    assert "ix_streams_due_at" in plans[1]


def _literal(query: sa.Select[tuple[str]], engine: sa.Engine) -> str:
    return str(query.compile(engine, compile_kwargs={"literal_binds": True}))
