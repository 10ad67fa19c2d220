"""What a party has been told in the room, folded from its own events: all that it may act on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from bidroom.facts import instant

Event = Mapping[str, Any]
PHASES = (
    "scheduled", "sign_in", "extracted", "checked", "decrypting", "closing", "attributing", "announcing", "objections",
    "confirming", "closed",
)  # fmt: skip
ENDED = ("closed", "terminated")
ANSWERS = ("ConfirmationOpened", "RecordConfirmed", "RecordRefused", "RecordSigned")
"""What is said to the record, and is no part of what was laid before everyone."""


@dataclass
class Told:
    """One party's knowledge of one opening."""

    phase: str = "scheduled"
    since: dict[str, datetime] = field(default_factory=dict)
    root: str | None = None
    finals: dict[str, int] = field(default_factory=dict)
    counted: dict[int, Mapping[str, Any]] = field(default_factory=dict)
    decided: dict[int, str] = field(default_factory=dict)
    ended_lots: set[int] = field(default_factory=set)
    preflights: int = 0
    command: str | None = None
    clock: datetime | None = None
    released: set[str] = field(default_factory=set)
    closed: Mapping[str, Any] | None = None
    holders: set[str] = field(default_factory=set)
    extended: dict[str, int] = field(default_factory=dict)
    ruled: set[str] = field(default_factory=set)
    objections: dict[str, bool] = field(default_factory=dict)
    raised: dict[str, datetime] = field(default_factory=dict)
    record: str | None = None
    record_has_moved: bool = False
    """Whether something happened since the record was laid before everyone that the record now tells too."""
    signed: set[str] = field(default_factory=set)
    host: str | None = None
    resumes: datetime | None = None
    suspensions: int = 0
    events: list[Event] = field(default_factory=list)

    def hear(self, event: Event) -> None:
        """Take in one event of the room."""
        self.events.append(event)
        at = instant(event["time"])
        if event["phase"] != self.phase:
            self.phase = event["phase"]
            self.since.setdefault(self.phase, at)
        self.record_has_moved |= self.record is not None and event["type"] not in ANSWERS
        fold = FOLDS.get(event["type"])
        if fold is not None:
            fold(self, event["body"], at)

    @property
    def is_over(self) -> bool:
        """Whether the opening was closed or terminated."""
        return self.phase in ENDED

    def has_come_to(self, phase: str) -> bool:
        """Whether this phase was reached, whatever is now."""
        known = (PHASES.index(each) for each in self.since if each in PHASES)
        return max(known, default=-1) >= PHASES.index(phase)

    def live(self, digests: Mapping[str, int]) -> list[str]:
        """Those of these bids whose lot has not ended, in the order of their digests."""
        return sorted(digest for digest, lot in digests.items() if lot not in self.ended_lots)

    def to_decide(self, minimum: int) -> list[int]:
        """The lots about which the host must decide and has not."""
        under = (lot for lot, body in self.counted.items() if min(body["counted"], body["deposits"]) < minimum)
        return sorted(set(under) - set(self.decided) - self.ended_lots)


Fold = Callable[[Told, Mapping[str, Any], datetime], None]


def _extracted(told: Told, body: Mapping[str, Any], at: datetime) -> None:
    told.root = body["root"]
    told.finals.update(dict.fromkeys(body["digests"], body["lot"]))


def _commanded(told: Told, body: Mapping[str, Any], at: datetime) -> None:
    told.command, told.clock = body["command"], instant(body["until"])


def _until(told: Told, body: Mapping[str, Any], at: datetime) -> None:
    told.clock = instant(body["until"]) if body.get("until") else told.clock


def _extended(told: Told, body: Mapping[str, Any], at: datetime) -> None:
    _until(told, body, at)
    told.extended[body["phase"]] = told.extended.get(body["phase"], 0) + 1


def _closed(told: Told, body: Mapping[str, Any], at: datetime) -> None:
    _until(told, body, at)
    told.closed = body


def _confirming(told: Told, body: Mapping[str, Any], at: datetime) -> None:
    _until(told, body, at)
    told.record = body["record"]


def _objected(told: Told, body: Mapping[str, Any], at: datetime) -> None:
    told.objections[body["objection"]] = False
    told.raised[body["objection"]] = at


def _suspended(told: Told, body: Mapping[str, Any], at: datetime) -> None:
    told.suspensions += 1
    told.resumes = None


FOLDS: Mapping[str, Fold] = {
    "BidsExtracted": _extracted,
    "BidsChecked": lambda told, body, at: told.counted.update({body["lot"]: body}),
    "UnderMinimumDecided": lambda told, body, at: told.decided.update({body["lot"]: body["decision"]}),
    "LotEnded": lambda told, body, at: told.ended_lots.add(body["lot"]),
    "PreflightSigned": lambda told, body, at: setattr(told, "preflights", told.preflights + 1),
    "DecryptionCommanded": _commanded,
    "ShareReleased": lambda told, body, at: told.released.add(body["digest"]),
    "WindowExtended": _extended,
    "ReleaseClosed": _closed,
    "HolderSharesReleased": lambda told, body, at: told.holders.add(body["slot"]),
    "FailureAttributed": lambda told, body, at: told.ruled.add(body["digest"]),
    "LastCallOpened": _until,
    "ObjectionRaised": _objected,
    "ObjectionAnswered": lambda told, body, at: told.objections.update({body["objection"]: True}),
    "ConfirmationOpened": _confirming,
    "RecordSigned": lambda told, body, at: told.signed.add(body["as"]),
    "HostReplaced": lambda told, body, at: setattr(told, "host", body["organization"]),
    "OpeningSuspended": _suspended,
    "ResumptionAnnounced": lambda told, body, at: setattr(told, "resumes", instant(body["at"])),
    "OpeningResumed": _until,
}
