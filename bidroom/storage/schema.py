"""Bringing a database to the newest schema, at every start."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from bidroom.storage.database import writing

_LOCK = 0x62_69_64_72  # any number, the same in every process


def migrate(engine: sa.Engine, revision: str = "head") -> None:
    """Upgrade the schema. Two processes that start together do it one after the other."""
    with writing(engine) as connection:
        command.upgrade(_config(connection), revision)


def unmigrate(engine: sa.Engine, revision: str = "base") -> None:
    """Go back to an earlier schema; "base" drops everything."""
    with writing(engine) as connection:
        command.downgrade(_config(connection), revision)


def _config(connection: sa.Connection) -> Config:
    if connection.dialect.name == "postgresql":  # with SQLite the write transaction itself is the lock
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(_LOCK)))
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations").replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
