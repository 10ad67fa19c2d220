"""Alembic's way in: the connection comes from `bidroom.storage.schema.migrate`, or from the settings."""

from __future__ import annotations

from alembic import context
from sqlalchemy import Connection

from bidroom.config import Settings
from bidroom.storage.database import engine_for, writing
from bidroom.storage.tables import METADATA


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=METADATA,
        render_as_batch=True,  # SQLite cannot alter a table in place
        transactional_ddl=True,  # our SQLite transactions begin before the first statement, so it holds there too
        compare_type=True,
    )
    with context.begin_transaction():
        context.run_migrations()


if (given := context.config.attributes.get("connection")) is not None:
    _run(given)
else:
    with writing(engine_for(Settings().database_url)) as own:
        _run(own)
