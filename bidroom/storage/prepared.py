"""Notices and amendments in the making: the exact bytes that an agent lays before the tenderee, and its signatures.

Ordinary rows: what counts is the command that carries them in the end. One a tender, the last one prepared.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bidroom.crypto.canonical import sha256_hex
from bidroom.facts import rfc3339
from bidroom.storage.database import reading, writing
from bidroom.storage.tables import PREPARED

NOTICE, AMENDMENT = "notice", "amendment"


@dataclass(frozen=True, slots=True)
class Prepared:
    """What is laid before the tenderee; `terms` only with a notice, `reason` only with an amendment."""

    tender: str
    tenderee: str
    kind: str
    timeline: bytes
    terms: bytes | None = None
    reason: str | None = None
    terms_cms: bytes | None = None
    timeline_cms: bytes | None = None
    prepared_at: str = ""
    signed_at: str | None = None

    @property
    def digest(self) -> str:
        """SHA-256 (hex) of the timeline, which itself names H(terms): it stands for both documents."""
        return sha256_hex(self.timeline)

    @property
    def is_signed(self) -> bool:
        """Whether the tenderee has signed all of it."""
        return self.timeline_cms is not None and (self.terms is None or self.terms_cms is not None)


class SqlPrepared:
    """What writes belongs off the hub."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def get(self, tender: str) -> Prepared | None:
        """What is prepared for this tender."""
        with reading(self._engine) as connection:
            row = connection.execute(sa.select(PREPARED).where(PREPARED.c.tender == tender)).one_or_none()
        return None if row is None else _prepared(row)

    def of_tenderee(self, organization: str) -> list[Prepared]:
        """All that was laid before this organization, the latest first."""
        asked = sa.select(PREPARED).where(PREPARED.c.tenderee == organization)
        with reading(self._engine) as connection:
            rows = connection.execute(asked.order_by(PREPARED.c.prepared_at.desc())).all()
        return [_prepared(row) for row in rows]

    def put(self, prepared: Prepared, now: datetime) -> Prepared:
        """Lay this before the tenderee instead of what lay there; its signatures go with it."""
        kept = _kept(prepared, rfc3339(now))
        with writing(self._engine) as connection:
            connection.execute(sa.delete(PREPARED).where(PREPARED.c.tender == kept.tender))
            connection.execute(sa.insert(PREPARED).values(_row(kept)))
        return kept

    def sign(self, prepared: Prepared, terms_cms: bytes | None, timeline_cms: bytes, now: datetime) -> bool:
        """Add the signatures; False where other documents were laid there since."""
        signed = {"terms_cms": terms_cms, "timeline_cms": timeline_cms, "signed_at": rfc3339(now)}
        same = (PREPARED.c.tender == prepared.tender, PREPARED.c.digest == prepared.digest)
        asked = sa.update(PREPARED).where(*same).values(signed)
        with writing(self._engine) as connection:
            return connection.execute(asked).rowcount == 1


def _kept(prepared: Prepared, at: str) -> Prepared:
    told = (prepared.tender, prepared.tenderee, prepared.kind, prepared.timeline, prepared.terms, prepared.reason)
    return Prepared(*told, prepared_at=at)


def _row(prepared: Prepared) -> dict[str, Any]:
    return {**asdict(prepared), "digest": prepared.digest}


def _prepared(row: sa.Row[Any]) -> Prepared:
    def data(value: Any) -> bytes | None:
        return None if value is None else bytes(value)

    return Prepared(
        tender=row.tender,
        tenderee=row.tenderee,
        kind=row.kind,
        timeline=bytes(row.timeline),
        terms=data(row.terms),
        reason=row.reason,
        terms_cms=data(row.terms_cms),
        timeline_cms=data(row.timeline_cms),
        prepared_at=row.prepared_at,
        signed_at=row.signed_at,
    )
