"""Which streams the clock must look at; implements `steps.Agenda`."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bidroom.facts import StreamKind, instant, rfc3339
from bidroom.storage.database import reading
from bidroom.storage.meta import Meta
from bidroom.storage.tables import STREAMS


class SqlAgenda(Meta):
    """The due times that stand beside the streams, and the heartbeat."""

    def due(self, now: datetime) -> list[str]:
        """The streams whose clock must be looked at by now, the longest due first."""
        asked = sa.select(STREAMS.c.id).where(STREAMS.c.due_at <= rfc3339(now)).order_by(STREAMS.c.due_at)
        with reading(self._engine) as connection:
            return list(connection.execute(asked).scalars())

    def next_due(self, after: datetime) -> datetime | None:
        """The first due time after this one."""
        asked = sa.select(sa.func.min(STREAMS.c.due_at)).where(STREAMS.c.due_at > rfc3339(after))
        with reading(self._engine) as connection:
            found = connection.execute(asked).scalar_one_or_none()
        return None if found is None else instant(found)

    def ticking(self) -> list[str]:
        """The tenders that have a clock running: a step is to come."""
        asked = sa.select(STREAMS.c.id).where(STREAMS.c.kind == StreamKind.TENDER, STREAMS.c.due_at.is_not(None))
        with reading(self._engine) as connection:
            return list(connection.execute(asked.order_by(STREAMS.c.id)).scalars())
