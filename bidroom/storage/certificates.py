"""Certificates that organizations and staff put here, by their digest."""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from bidroom.crypto.canonical import sha256_hex
from bidroom.facts import Refused
from bidroom.storage.database import insert_once, reading, writing
from bidroom.storage.tables import CERTIFICATES


class SqlCertificates:
    """DER by SHA-256. What writes belongs off the hub."""

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine

    def get(self, digest: str) -> bytes:
        """The DER of this digest; Refused("certificate_unknown")."""
        return self.all_of((digest,))[digest]

    def all_of(self, digests: Iterable[str]) -> dict[str, bytes]:
        """The DER of each; Refused("certificate_unknown") where one is not here."""
        asked = sorted(set(digests))
        with reading(self._engine) as connection:
            rows = connection.execute(sa.select(CERTIFICATES).where(CERTIFICATES.c.digest.in_(asked)))
            found = {row.digest: bytes(row.der) for row in rows}
        for digest in asked:
            if digest not in found:
                raise Refused("certificate_unknown", field="certificate", certificate=digest)
        return found

    def keep(self, der: bytes) -> bool:
        """Keep it; whether it is new here."""
        with writing(self._engine) as connection:
            return insert_once(connection, CERTIFICATES, {"digest": sha256_hex(der), "der": der})
