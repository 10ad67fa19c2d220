"""All tenders and all organizations, as their streams stand: for the pages that list them. Off the hub."""

from __future__ import annotations

from datetime import datetime

import sqlalchemy as sa

from bidroom.facts import StreamKind
from bidroom.registry.organizations import Organization
from bidroom.storage.database import reading
from bidroom.storage.tables import STREAMS
from bidroom.web.edge import Edge
from bidroom.web.present.home import Case
from bidroom.web.present.organizations import times_of


def streams_of(edge: Edge, kind: StreamKind) -> list[str]:
    """The ids of every stream of this kind."""
    with reading(edge.engine) as connection:
        return list(connection.execute(sa.select(STREAMS.c.id).where(STREAMS.c.kind == str(kind))).scalars())


def cases_of(edge: Edge) -> list[Case]:
    """Every tender, from its draft on."""
    states = [edge.door.state(stream) for stream in streams_of(edge, StreamKind.TENDER)]
    return [Case(state["tender"], state["opening"]) for state in states]


def organizations_of(edge: Edge) -> list[Organization]:
    """Every registered organization."""
    streams = streams_of(edge, StreamKind.ORGANIZATION)
    return [edge.door.state(stream)["organization"] for stream in streams]


def binding_times(edge: Edge, stream: str) -> dict[str, datetime]:
    """When each binding of an organization last changed, by its certificate."""
    return times_of(edge.door.entries(stream))


def last_time(edge: Edge, stream: str, kind: str) -> datetime | None:
    """When the last fact of this type was written."""
    return max((entry.time for entry in edge.door.entries(stream) if entry.type == kind), default=None)
