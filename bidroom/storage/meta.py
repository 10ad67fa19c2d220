"""Single values: the last heartbeat, the demo clock's anchor."""

from __future__ import annotations

import json
from datetime import datetime

import sqlalchemy as sa

from bidroom.clock import Anchor
from bidroom.facts import instant, rfc3339
from bidroom.storage.database import insert_once, reading, writing
from bidroom.storage.tables import META

HEARTBEAT = "heartbeat"
ANCHOR = "demo_clock"


class Meta:
    """Values by name. Writing belongs off the hub."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def get(self, key: str) -> str | None:
        """The value, None where there is none."""
        with reading(self._engine) as connection:
            return _get(connection, key)

    def put(self, key: str, value: str) -> None:
        """Keep the value."""
        with writing(self._engine) as connection:
            _put(connection, key, value)

    def heartbeat(self) -> datetime | None:
        """When the server last was known to run."""
        value = self.get(HEARTBEAT)
        return None if value is None else instant(value)

    def beat(self, at: datetime) -> None:
        """The server runs at `at`; the heartbeat never goes back."""
        with writing(self._engine) as connection:
            _beat(connection, at)

    def anchor(self) -> Anchor | None:
        """The demo clock's anchor."""
        value = self.get(ANCHOR)
        if value is None:
            return None
        kept = json.loads(value)
        return Anchor(instant(kept["demo"]), instant(kept["real"]), kept["speed"])

    def keep_anchor(self, anchor: Anchor) -> None:
        """See `clock.Anchors`."""
        kept = {"demo": rfc3339(anchor.demo), "real": rfc3339(anchor.real), "speed": anchor.speed}
        with writing(self._engine) as connection:
            _put(connection, ANCHOR, json.dumps(kept))
            _beat(connection, anchor.demo)


def _get(connection: sa.Connection, key: str) -> str | None:
    return connection.execute(sa.select(META.c.value).where(META.c.key == key)).scalar_one_or_none()


def _put(connection: sa.Connection, key: str, value: str) -> None:
    if not insert_once(connection, META, {"key": key, "value": value}):
        connection.execute(sa.update(META).where(META.c.key == key).values(value=value))


def _beat(connection: sa.Connection, at: datetime) -> None:
    value = rfc3339(at)
    if not insert_once(connection, META, {"key": HEARTBEAT, "value": value}):
        earlier = (META.c.key == HEARTBEAT, META.c.value < value)
        connection.execute(sa.update(META).where(*earlier).values(value=value))
