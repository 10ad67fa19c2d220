"""What the handlers stand on: the app's parts in one object, and the small things that all of them ask of it."""

from __future__ import annotations

import hmac
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar, cast

import sqlalchemy as sa
from flask import current_app

from bidroom.clock import DemoClock, SystemClock
from bidroom.config import Settings
from bidroom.crypto.certificates import Trust, load_trust
from bidroom.crypto.checkpoint import LogKey
from bidroom.crypto.receipt import ReceiptKey
from bidroom.dispatch import Door
from bidroom.facts import Refused
from bidroom.jobs import Ticker
from bidroom.opening.state import Opening
from bidroom.ports import Blobs, Concurrency
from bidroom.registry.tenders import Tender
from bidroom.storage.certificates import SqlCertificates
from bidroom.storage.log import SqlLog
from bidroom.storage.uploads import SqlUploads
from bidroom.web.feed import Feed
from bidroom.web.people import People

T = TypeVar("T")


class TrustStore:
    """The authorities and revocation lists that the server accepts: the operator's folder, and a demo's beside it."""

    def __init__(self, folders: tuple[Path, ...]) -> None:
        self._folders = folders
        self._held: tuple[object, Trust] | None = None

    def now(self) -> Trust:
        """What is accepted; read again when a file has changed, as a new revocation list comes every day."""
        seen, held = self._seen(), self._held
        if held is None or held[0] != seen:
            held = self._held = (seen, self._read())
        return held[1]

    def _seen(self) -> object:
        """What tells that a file has changed."""
        files = sorted(path for folder in self._folders for path in folder.glob("c[ar]*/*"))
        return [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in files]

    def _read(self) -> Trust:
        all_of = [load_trust(folder) for folder in self._folders]
        return Trust(
            tuple(root for each in all_of for root in each.roots),
            tuple(other for each in all_of for other in each.intermediates),
            tuple(crl for each in all_of for crl in each.crls),
        )

    def add(self, authorities: Mapping[str, bytes], lists: Mapping[str, bytes]) -> None:
        """Put files into the last folder (PEM under ca/, CRLs under crl/); all of them or none."""
        folder = self._folders[-1]
        draft = folder.with_name(folder.name + ".draft")
        shutil.rmtree(draft, ignore_errors=True)
        if folder.exists():
            shutil.copytree(folder, draft)
        for part, files in (("ca", authorities), ("crl", lists)):
            (draft / part).mkdir(parents=True, exist_ok=True)
            for name, data in files.items():
                (draft / part / name).write_bytes(data)
        load_trust(draft)
        shutil.rmtree(folder, ignore_errors=True)
        draft.rename(folder)


@dataclass(frozen=True)
class Edge:
    """Everything that a handler may use; made once by the composition root."""

    settings: Settings
    clock: SystemClock | DemoClock
    concurrency: Concurrency
    engine: sa.Engine
    log: SqlLog
    door: Door
    blobs: Blobs
    ticker: Ticker
    trust: TrustStore
    log_key: LogKey
    receipt_key: ReceiptKey
    people: People
    certificates: SqlCertificates
    uploads: SqlUploads
    feed: Feed
    secret: bytes

    def offload(self, work: Callable[[], T]) -> T:
        """Run heavy work off the hub."""
        return self.concurrency.offload(work)

    def keyed(self, purpose: str, *parts: bytes) -> str:
        """HMAC-SHA256 under the server's own secret, hex; good for telling equal from different, and nothing else."""
        message = b"\0".join((purpose.encode(), *(len(part).to_bytes(4, "big") + part for part in parts)))
        return hmac.new(self.secret, message, "sha256").hexdigest()

    def tender(self, stream: str) -> Tender:
        """The tender as its registry sees it; Refused("tender_unknown")."""
        return cast("Tender", self._part(stream, "tender"))

    def opening(self, stream: str) -> Opening:
        """The opening of a tender; Refused("tender_unknown")."""
        return cast("Opening", self._part(stream, "opening"))

    def _part(self, stream: str, name: str) -> object:
        try:
            state = self.door.state(stream)
        except Refused:
            raise Refused("tender_unknown", field="tender") from None
        if name not in state:
            raise Refused("tender_unknown", field="tender")
        return state[name]


def the_edge() -> Edge:
    """The edge of the app that is answering."""
    return cast("Edge", current_app.extensions["bidroom"])
