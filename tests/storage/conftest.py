"""The log that these tests write to."""

from __future__ import annotations

import pytest
import sqlalchemy as sa

from bidroom.crypto.checkpoint import LogKey
from bidroom.storage.log import SqlLog
from tests.tally import TABLES


@pytest.fixture
def log(engine: sa.Engine, log_key: LogKey) -> SqlLog:
    """A log over the tally's rules, in SQLite and in PostgreSQL."""
    return SqlLog(engine, TABLES, log_key)
