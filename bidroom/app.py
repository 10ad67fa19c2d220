"""The composition root: the only place where database, log, door, clock, workers and web meet."""

from __future__ import annotations

import logging
import sys
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, TypeVar

import sqlalchemy as sa
import structlog
from flask import Flask

from bidroom.clock import DemoClock, SystemClock
from bidroom.concurrency import concurrency
from bidroom.config import Settings
from bidroom.crypto.checkpoint import LogKey
from bidroom.crypto.receipt import ReceiptKey
from bidroom.dispatch import Door
from bidroom.facts import Entry, Refused, StreamKind
from bidroom.jobs import Ticker
from bidroom.ports import Concurrency
from bidroom.rules import REFUSAL_FACTS, TABLES, WAITS
from bidroom.steps import Worker
from bidroom.storage.agenda import SqlAgenda
from bidroom.storage.blobs import FolderBlobs
from bidroom.storage.certificates import SqlCertificates
from bidroom.storage.database import engine_for, reading
from bidroom.storage.log import SqlLog
from bidroom.storage.schema import migrate
from bidroom.storage.tables import STREAMS
from bidroom.storage.uploads import SqlUploads
from bidroom.web import sockets, workers
from bidroom.web.demo import by_operator
from bidroom.web.edge import Edge, TrustStore
from bidroom.web.feed import Feed
from bidroom.web.http import web_app
from bidroom.web.pages.page import bundle
from bidroom.web.people import Lifetime, People

LOG = structlog.get_logger()
K = TypeVar("K", LogKey, ReceiptKey)
OPENED = "BidFormsOpened"


def create_app(settings: Settings) -> Flask:
    """The app, migrated, wired and running: its door is open and its clock ticks."""
    green = concurrency(settings.async_mode)
    log_to_stderr()
    app, live = web_app(settings)
    told = Telling(live)
    edge = assemble(settings, green, told)
    told.edge = edge
    app.extensions["bidroom"] = edge
    edge.door.start()
    edge.ticker.start()
    put_bundle_on_record(edge)
    green.spawn(lambda: live.keep_sessions(edge))
    green.spawn(lambda: green.offload(lambda: finish_documents(edge)))
    return app


def close_app(app: Flask) -> None:
    """Take no more, finish what is queued, and let go of the database."""
    edge: Edge = app.extensions["bidroom"]
    edge.ticker.stop()
    edge.door.stop()
    edge.engine.dispose()


def put_bundle_on_record(edge: Edge) -> None:
    """The log says which code browsers were given, from when on."""
    try:
        served = bundle().digest
    except FileNotFoundError as missing:
        LOG.warning("no pages can be served", why=str(missing))
        return
    try:
        by_operator(edge, "ServeBundle", {"digest": served}, {})
    except Refused as refused:
        if refused.reason != "bundle_is_another":  # it is the one on record
            raise


class Telling:
    """What the parts below ask of those above: what happens after each commit, and the clock's heavy work.

    After a commit the clock looks, the room hears, the documents of opened bids follow.
    """

    def __init__(self, live: sockets.Sockets) -> None:
        self._live = live
        self.edge: Edge | None = None

    @property
    def the_edge(self) -> Edge:
        """The edge, once the app is put together; nothing is committed before."""
        assert self.edge is not None, "the app is not put together yet"
        return self.edge

    def workers(self) -> dict[str, Worker]:
        """The heavy work of the clock's steps, by job name."""
        return {
            "rehash": lambda stream, due: workers.rehash(self.the_edge, stream, due),
            "open": lambda stream, due: workers.open_forms(self.the_edge, stream, due),
        }

    def __call__(self, stream: str, entries: Sequence[Entry]) -> None:
        """Implements `ports.Broadcast`."""
        edge = self.the_edge
        edge.ticker.wake()
        is_tender = edge.door.view(stream).kind is StreamKind.TENDER
        self._live.broadcast(stream, entries, list(edge.feed.told(stream, entries)) if is_tender else [])
        if is_tender:
            self._live.live.touched(edge, stream)
        if any(entry.type == OPENED for entry in entries):
            edge.concurrency.spawn(lambda: edge.offload(lambda: workers.open_documents(edge, stream)))


def assemble(settings: Settings, green: Concurrency, told: Telling) -> Edge:
    """Every part of the server, put together and not yet started."""
    settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
    engine = engine_for(settings.database_url)
    migrate(engine)
    agenda, blobs = SqlAgenda(engine), FolderBlobs(settings.blobs)
    clock = DemoClock(agenda, settings.demo, settings.speed) if settings.demo else SystemClock()
    log_key, receipt_key = keys_of(settings)
    log = SqlLog(engine, TABLES, log_key)
    door = Door(log, TABLES, clock, told, green, refusal_facts=REFUSAL_FACTS, waits=WAITS)
    ticker = Ticker(door, agenda, TABLES, clock, green, told.workers())
    secret = bytes.fromhex(settings.secret_key())
    feed = Feed(green)
    feed.follow(door)
    return Edge(
        settings=settings,
        clock=clock,
        concurrency=green,
        engine=engine,
        log=log,
        door=door,
        blobs=blobs,
        ticker=ticker,
        trust=TrustStore((settings.trust, settings.data / "trust")),
        log_key=log_key,
        receipt_key=receipt_key,
        people=People(engine, door, secret, lifetime_of(settings)),
        certificates=SqlCertificates(engine),
        uploads=SqlUploads(engine, blobs),
        feed=feed,
        secret=secret,
    )


def lifetime_of(settings: Settings) -> Lifetime:
    """How long a session lasts."""
    return Lifetime(timedelta(minutes=settings.session_minutes), timedelta(minutes=settings.session_idle_minutes))


def keys_of(settings: Settings) -> tuple[LogKey, ReceiptKey]:
    """The server's two signing keys, from the data folder; made at the first start."""
    folder = settings.data / "keys"
    folder.mkdir(mode=0o700, exist_ok=True)
    name = settings.log_name
    return _key(LogKey, folder / "log.pem", name), _key(ReceiptKey, folder / "receipt.pem", f"{name}/receipt")


def _key(kind: type[K], path: Path, name: str) -> K:
    if not path.exists():
        with suppress(FileExistsError):  # another process that starts at the same time was quicker
            kind.generate(name).save(path)
    return kind.load(path, name)


def finish_documents(edge: Edge) -> None:
    """Go on with the documents that a stop interrupted."""
    asked = sa.select(STREAMS.c.id).where(STREAMS.c.kind == str(StreamKind.TENDER))
    with reading(edge.engine) as connection:
        streams = list(connection.execute(asked).scalars())
    for stream in streams:
        workers.open_documents(edge, stream)


def log_to_stderr() -> None:
    """One line of JSON an event, through logging's own (native) locks, which offloaded work needs."""
    handler = logging.StreamHandler(sys.stderr)
    shared: list[Callable[..., Any]] = [
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
    ]
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.JSONRenderer(ensure_ascii=False),
            ],
            foreign_pre_chain=shared,
        )
    )
    root = logging.getLogger("bidroom")
    root.handlers[:] = [handler]
    root.setLevel(logging.INFO)
    root.propagate = False
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
    )
