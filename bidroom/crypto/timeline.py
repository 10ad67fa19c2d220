"""The timeline: what may be amended without breaking a sealed bid, read strictly from its exact signed bytes."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from bidroom.crypto.canonical import parse_canonical
from bidroom.crypto.shape import Place

TIMELINE_LIMIT = 1 << 20
MALFORMED = "timeline_malformed"
WINDOWS = ("release", "closing", "last_call", "confirming")
LONGEST_WINDOW = 30 * 86_400


@dataclass(frozen=True, slots=True)
class Host:
    """An organization that may host: the first of the list does, the others are its deputies."""

    organization: str
    name: str


@dataclass(frozen=True, slots=True)
class Windows:
    """How long each step of the opening lasts."""

    release: timedelta
    closing: timedelta
    last_call: timedelta
    confirming: timedelta


@dataclass(frozen=True, slots=True)
class Timeline:
    """One version of a tender's timeline; `digest` SHA-256 of `data`, ids and digests in hex, times in UTC."""

    data: bytes
    digest: str
    v: int
    tender: str
    terms: str
    version: int
    previous: str | None
    hosts: tuple[Host, ...]
    documents_from: datetime
    documents_to: datetime
    clarifications: datetime
    sign_in: datetime
    deadline: datetime
    windows: Windows
    witnesses: tuple[str, ...]
    quorum: int

    @property
    def host(self) -> Host:
        """Who hosts."""
        return self.hosts[0]

    @property
    def deputies(self) -> tuple[Host, ...]:
        """Who may take over."""
        return self.hosts[1:]


def parse_timeline(data: bytes) -> Timeline:
    """The timeline in `data`; Refused("timeline_malformed") names the field and the cause."""
    at = Place(parse_canonical(data, TIMELINE_LIMIT, MALFORMED), MALFORMED).members(
        "v", "tender", "terms", "version", "previous", "hosts", "documents", "clarifications",
        "sign_in", "deadline", "windows", "witnesses", "quorum",
    )  # fmt: skip
    documents = at["documents"].members("from", "to")
    timeline = Timeline(
        data=data,
        digest=hashlib.sha256(data).hexdigest(),
        v=at["v"].one_of(1),
        tender=at["tender"].hexed(16),
        terms=at["terms"].hexed(32),
        version=at["version"].integer(1, 10_000),
        previous=None if at["previous"].value is None else at["previous"].hexed(32),
        hosts=_hosts(at["hosts"]),
        documents_from=documents["from"].instant(),
        documents_to=documents["to"].instant(),
        clarifications=at["clarifications"].instant(),
        sign_in=at["sign_in"].instant(),
        deadline=at["deadline"].instant(),
        windows=_windows(at["windows"]),
        witnesses=tuple(place.text(500) for place in at["witnesses"].items(0, 100)),
        quorum=at["quorum"].integer(0, len(at["witnesses"].items(0, 100))),
    )
    _check_order(timeline, at, documents["to"])
    return timeline


def _check_order(timeline: Timeline, at: dict[str, Place], documents_to: Place) -> None:
    if (timeline.version == 1) != (timeline.previous is None):
        raise at["previous"].refused("not_of_this_version")
    if timeline.documents_to < timeline.documents_from:
        raise documents_to.refused("before_its_start")
    for name in ("clarifications", "sign_in"):
        if getattr(timeline, name) > timeline.deadline:
            raise at[name].refused("after_the_deadline")


def _hosts(at: Place) -> tuple[Host, ...]:
    hosts = tuple(_host(place) for place in at.items(1, 20))
    if len({host.organization for host in hosts}) != len(hosts):
        raise at.refused("host_named_twice")
    return hosts


def _host(at: Place) -> Host:
    has = at.members("organization", "name")
    return Host(has["organization"].hexed(16), has["name"].text(200))


def _windows(at: Place) -> Windows:
    has = at.members(*WINDOWS)
    return Windows(**{name: timedelta(seconds=has[name].integer(1, LONGEST_WINDOW)) for name in WINDOWS})
