"""Uploads: which segments of which bid are here, their leaf hashes, and where their bytes lie among the blobs."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from bidroom.crypto.tree import SEGMENT, Frontier, leaf_hash
from bidroom.facts import Refused
from bidroom.ports import Blobs
from bidroom.storage.database import insert_once, reading, writing
from bidroom.storage.tables import SEGMENTS


@dataclass(frozen=True, slots=True)
class Place:
    """One part of one bid of one organization."""

    tender: str
    organization: str
    bid: str
    part: int

    def segment(self, number: int, leaf: bytes) -> str:
        """The blob of one segment; named after its bytes too, so that two who race never write one name."""
        folder = f"tenders/{self.tender}/bids/{self.organization}/{self.bid}/part{self.part}"
        return f"{folder}/{number:06d}-{leaf.hex()}"


def form_blob(tender: str, digest: str) -> str:
    """The blob of an opened bid form."""
    return f"tenders/{tender}/forms/{digest}.json"


def document_blob(tender: str, digest: str, number: int) -> str:
    """The blob of 1 MiB of an opened bid's documents."""
    return f"tenders/{tender}/documents/{digest}/{number:06d}"


def documents_done_blob(tender: str, digest: str) -> str:
    """The blob that says that the documents are all there, or which layer failed (JSON)."""
    return f"tenders/{tender}/documents/{digest}.json"


class SqlUploads:
    """Uploads in progress and done. What writes belongs off the hub."""

    def __init__(self, engine: sa.Engine, blobs: Blobs) -> None:
        self._engine = engine
        self._blobs = blobs

    def put(self, place: Place, number: int, data: bytes, quota: int) -> bool:
        """Keep one segment; whether it is new. Refused: segment_has_other_bytes, upload_quota_used_up (bytes)."""
        leaf = leaf_hash(data)
        known = self._leaf(place, number)
        if known is None:
            if self.held(place) + len(data) > quota:
                raise Refused("upload_quota_used_up", field="segment", quota=quota)
            known = self._insert(place, number, data, leaf)
        if known is not None and known != leaf:
            raise Refused("segment_has_other_bytes", field="segment", part=place.part, segment=number)
        return known is None

    def _insert(self, place: Place, number: int, data: bytes, leaf: bytes) -> bytes | None:
        """None, or the leaf that somebody else wrote in between. Bytes first: a row without its blob must not be."""
        row = {**_key(place), "number": number, "size": len(data), "leaf": leaf}
        self._blobs.put(place.segment(number, leaf), data)
        with writing(self._engine) as connection:
            new = insert_once(connection, SEGMENTS, row)
        return None if new else self._leaf(place, number)

    def _leaf(self, place: Place, number: int) -> bytes | None:
        asked = sa.select(SEGMENTS.c.leaf).where(*_is(place), SEGMENTS.c.number == number)
        with reading(self._engine) as connection:
            leaf: bytes | None = connection.execute(asked).scalar_one_or_none()
        return None if leaf is None else bytes(leaf)

    def held(self, place: Place) -> int:
        """Bytes of all that this organization has uploaded to this tender, submitted or not."""
        asked = sa.select(sa.func.coalesce(sa.func.sum(SEGMENTS.c.size), 0)).where(
            SEGMENTS.c.tender == place.tender, SEGMENTS.c.organization == place.organization
        )
        with reading(self._engine) as connection:
            return int(connection.execute(asked).scalar_one())

    def numbers(self, tender: str, organization: str, bid: str) -> dict[str, list[int]]:
        """The segments that are here, by part."""
        asked = sa.select(SEGMENTS.c.part, SEGMENTS.c.number).where(
            SEGMENTS.c.tender == tender, SEGMENTS.c.organization == organization, SEGMENTS.c.bid == bid
        )
        found: defaultdict[str, list[int]] = defaultdict(list, {"0": [], "1": []})
        with reading(self._engine) as connection:
            for row in connection.execute(asked.order_by(SEGMENTS.c.part, SEGMENTS.c.number)):
                found[str(row.part)].append(row.number)
        return dict(found)

    def read(self, place: Place) -> Iterator[bytes]:
        """The bytes of a part, segment by segment; Refused("blob_missing")."""
        asked = sa.select(SEGMENTS.c.number, SEGMENTS.c.leaf).where(*_is(place)).order_by(SEGMENTS.c.number)
        with reading(self._engine) as connection:
            rows = connection.execute(asked).all()
        for row in rows:
            yield self._blobs.get(place.segment(row.number, bytes(row.leaf)))

    def stored(self, tender: str, organization: str, bid: str) -> dict[str, dict[str, Any]]:
        """{"length", "root"} of each part whose segments are here without a gap, by the part's number as text."""
        parts = {str(part): self._part(Place(tender, organization, bid, part)) for part in (0, 1)}
        return {name: part for name, part in parts.items() if part is not None}

    def _part(self, place: Place) -> dict[str, Any] | None:
        asked = sa.select(SEGMENTS.c.number, SEGMENTS.c.size, SEGMENTS.c.leaf).where(*_is(place))
        with reading(self._engine) as connection:
            rows = connection.execute(asked.order_by(SEGMENTS.c.number)).all()
        whole = [row.number for row in rows] == list(range(len(rows)))
        if not rows or not whole or any(row.size != SEGMENT for row in rows[:-1]):
            return None
        frontier = Frontier()
        for row in rows:
            frontier = frontier.append(bytes(row.leaf))
        return {"length": sum(row.size for row in rows), "root": frontier.root.hex()}


def _key(place: Place) -> dict[str, Any]:
    return {"tender": place.tender, "organization": place.organization, "bid": place.bid, "part": place.part}


def _is(place: Place) -> tuple[sa.ColumnElement[bool], ...]:
    return tuple(SEGMENTS.c[name] == value for name, value in _key(place).items())
