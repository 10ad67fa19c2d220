"""What must hold of any opening, whatever anyone does: read from its entries alone, apart from the table behind them.

`Chronicle` is told each entry once, in order, and raises AssertionError where one breaks a rule of the domain. It keeps
its own account of phases, clocks, bids and pieces, and never looks into the rules' state.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bidroom.facts import Entry, ErasePieces, KeepPieces, instant

ORDER = (
    "draft", "scheduled", "sign_in", "extracted", "checked", "decrypting", "closing", "attributing", "announcing",
    "objections", "confirming", "closed",
)  # fmt: skip
SESSION = ORDER[3:11]
OVER = ("closed", "terminated")

MOVES = {
    "NoticePublished": "scheduled",
    "SignInOpened": "sign_in",
    "DecryptionCommanded": "decrypting",
    "ReleaseClosed": "closing",
    "HoldersLapsed": "attributing",
    "BidsAnnounced": "announcing",
    "LastCallOpened": "objections",
    "ConfirmationOpened": "confirming",
    "OpeningClosed": "closed",
    "OpeningSuspended": "suspended",
    "OpeningTerminated": "terminated",
}
"""Facts that move the phase by themselves."""

A_LOT_EACH = {"BidsExtracted": "extracted", "BidsChecked": "checked", "BidFormsOpened": "attributing"}
"""Facts that move it once each live lot has one."""

BEFORE = ("draft", "scheduled", "sign_in")
PLACES: dict[str, tuple[str, ...]] = {
    "TenderDrafted": ("draft",),
    "NoticeSubmitted": ("draft",),
    "NoticeReturned": ("draft",),
    "NoticePublished": ("draft",),
    "TimelineAmended": BEFORE[1:],
    "BidSubmitted": BEFORE[1:],
    "BidWithdrawn": BEFORE[1:],
    "SignInOpened": ("scheduled",),
    "BidderSignedIn": ("sign_in", "extracted", "checked", "decrypting"),
    "BidsExtracted": ("sign_in",),
    "BidsChecked": ("extracted",),
    "UnderMinimumDecided": ("checked",),
    "PreflightSigned": ("checked",),
    "DecryptionCommanded": ("checked",),
    "ShareReleased": ("decrypting",),
    "ReleaseFailureReported": ("decrypting", "closing", "attributing"),
    "WindowExtended": ("decrypting", "closing"),
    "ReleaseClosed": ("decrypting",),
    "HolderSharesReleased": ("closing",),
    "HoldersLapsed": ("closing",),
    "BidFormsOpened": ("closing",),
    "FailureAttributed": ("attributing",),
    "BidsAnnounced": ("attributing",),
    "LastCallOpened": ("announcing",),
    "ObjectionRaised": SESSION,
    "ObjectionAnswered": SESSION,
    "DepositCorrected": SESSION,
    "AttributionRevised": ("announcing", "objections", "confirming"),
    "ConfirmationOpened": ("objections",),
    "RecordConfirmed": ("confirming",),
    "RecordRefused": ("confirming",),
    "RecordSigned": ("confirming",),
    "OpeningClosed": ("confirming",),
    "OpeningSuspended": SESSION,
    "ResumptionAnnounced": ("suspended",),
    "OpeningResumed": ("suspended",),
    "LotEnded": (*SESSION, "suspended"),
    "OpeningTerminated": (*SESSION, "suspended"),
    "OutageHeld": (*BEFORE[1:], *SESSION),
    "RecoveryAnnounced": (*BEFORE[1:], *SESSION),
    "HostReplaced": ("sign_in", *SESSION, "suspended"),
    "DeputyAppointed": (*SESSION, "suspended"),
    "Reminded": ("sign_in", *SESSION, "suspended"),
}
"""Where each fact may happen; deposits and refused uploads may at any time after the notice."""
ANY_TIME = {"DepositRegistered", "DepositVerified", "UploadRefused"}


@dataclass
class Sealed:
    """One bid as the chronicle knows it."""

    organization: str
    lot: int
    live: bool = True
    final: bool = False
    released: bool = False
    opened: bool = False
    fault: str | None = None


@dataclass
class Chronicle:
    """The account so far."""

    phase: str = "draft"
    back_to: str = ""
    deadline: datetime | None = None
    clock: datetime | None = None
    left: timedelta | None = None
    windows: dict[str, timedelta] = field(default_factory=dict)
    outage: bool = False
    lots: dict[int, str | None] = field(default_factory=dict)
    had: dict[str, set[int]] = field(default_factory=dict)
    bids: dict[str, Sealed] = field(default_factory=dict)
    pieces: set[str] = field(default_factory=set)
    holders: set[str] = field(default_factory=set)
    objections: dict[str, str | None] = field(default_factory=dict)
    answers: dict[str, str] = field(default_factory=dict)
    signatures: set[str] = field(default_factory=set)
    suspended_by: str = ""
    suspended_at: datetime | None = None
    resumes_at: datetime | None = None
    last: Entry | None = None

    def act(self, entries: Iterable[Entry], effects: Iterable[KeepPieces | ErasePieces]) -> None:
        """The entries of one command, and what they asked to be carried out."""
        for entry in entries:
            self.tell(entry)
        for effect in effects:
            self.carry(effect)

    def tell(self, entry: Entry) -> None:
        """One more entry."""
        self._comes_after(entry)
        if entry.type not in ANY_TIME:
            assert self.phase in PLACES[entry.type], f"{entry.type} while {self.phase}"
        lot = entry.body.get("lot")
        if lot is not None and entry.type not in (*ANY_TIME, "ObjectionRaised", "BidSubmitted", "BidWithdrawn"):
            assert self.lots[lot] is None or entry.type == "DepositCorrected", f"{entry.type} on a lot that has ended"
        act = getattr(self, f"_{entry.type}", None)
        if act is not None:
            act(entry, entry.body)
        self._move(entry)

    def carry(self, effect: KeepPieces | ErasePieces) -> None:
        """One effect of the facts just told."""
        if isinstance(effect, KeepPieces):
            bid = self.bids[effect.digest]
            assert bid.final, "pieces of a bid that is not final"
            assert self.lots[bid.lot] is None, "pieces of a bid whose lot has ended"
            self.pieces.add(effect.digest)
        else:
            assert set(effect.to_auditor) <= set(effect.digests)
            assert all(self.bids[digest].opened for digest in effect.to_auditor), "pieces of an unopened bid are kept"
            self.pieces -= set(effect.digests)

    def check(self) -> None:
        """What holds between any two commands."""
        keys = [(bid.organization, bid.lot) for bid in self.bids.values() if bid.live]
        assert len(set(keys)) == len(keys), "two live bids of one organization for one lot"
        lots = {self.bids[digest].lot for digest in self.pieces}
        assert all(self.lots[lot] is None for lot in lots), "pieces outlive their lot"
        if self.phase not in (*ORDER[5:7], "suspended"):
            assert not self.pieces, f"pieces lie there while {self.phase}"
        if self.phase == "closed":
            self._every_bid_has_one_outcome()
        if self.phase == "terminated":
            assert all(reason is not None for reason in self.lots.values()), "terminated with a live lot"

    def _every_bid_has_one_outcome(self) -> None:
        assert None in self.lots.values(), "closed with no lot left"
        for bid in self.bids.values():
            if bid.final and self.lots[bid.lot] is None:
                assert bid.opened != (bid.fault is not None), "a bid with no outcome, or two"
            assert bid.final or not (bid.released or bid.opened or bid.fault), "something became of a bid not final"

    # --- order and phases

    def _comes_after(self, entry: Entry) -> None:
        assert self.phase not in OVER or entry.type in ANY_TIME, f"{entry.type} after the end"
        assert self.last is None or (entry.seq == self.last.seq + 1 and entry.time >= self.last.time)
        self.last = entry

    def _move(self, entry: Entry) -> None:
        if entry.type in A_LOT_EACH:
            done = self.had.setdefault(entry.type, set())
            assert entry.body["lot"] not in done, f"{entry.type} twice for a lot"
            done.add(entry.body["lot"])
            if all(no in done for no, reason in self.lots.items() if reason is None):
                self._to(A_LOT_EACH[entry.type])
        elif entry.type in MOVES:
            self._to(MOVES[entry.type])

    def _to(self, phase: str) -> None:
        if phase == "suspended":
            self.back_to = self.phase
        elif phase != "terminated":
            assert ORDER.index(phase) == ORDER.index(self.phase) + 1, f"from {self.phase} to {phase}"
        self.phase = phase

    def _in_time(self, entry: Entry) -> None:
        assert self.outage or (self.clock is not None and entry.time <= self.clock), f"{entry.type} too late"

    def _is_over(self, entry: Entry) -> None:
        assert not self.outage, f"{entry.type} during an outage"
        assert self.clock is not None
        assert entry.time > self.clock, f"{entry.type} too early"

    # --- until the deadline

    def _NoticeSubmitted(self, entry: Entry, body: Any) -> None:  # noqa: N802 - facts' names
        self.lots = {lot["no"]: None for lot in document(body["terms"])["lots"]}
        self._TimelineAmended(entry, body)

    def _TimelineAmended(self, entry: Entry, body: Any) -> None:  # noqa: N802
        timeline = document(body["timeline"])
        assert self.deadline is None or self.phase == "draft" or instant(timeline["deadline"]) >= self.deadline
        self.deadline = instant(timeline["deadline"])
        self.windows = {name: timedelta(seconds=each) for name, each in timeline["windows"].items()}

    def _BidSubmitted(self, entry: Entry, body: Any) -> None:  # noqa: N802
        assert self.deadline is not None
        assert self.outage or entry.time <= self.deadline, "a bid after the deadline"
        assert body["digest"] not in self.bids, "a bid twice"
        assert entry.actor["organization"] == body["organization"]
        mine = [bid for bid in self.bids.values() if (bid.organization, bid.lot) == (body["organization"], body["lot"])]
        named = self.bids.get(body["supersedes"])
        assert (named is None and not mine) or named is mine[-1], "it supersedes something else"
        for bid in mine:
            bid.live = False
        self.bids[body["digest"]] = Sealed(body["organization"], body["lot"])

    def _BidWithdrawn(self, entry: Entry, body: Any) -> None:  # noqa: N802
        assert self.deadline is not None
        assert self.outage or entry.time <= self.deadline, "withdrawn after the deadline"
        bid = self.bids[body["digest"]]
        assert bid.live
        assert bid.organization == entry.actor["organization"]
        bid.live = False

    def _BidsExtracted(self, entry: Entry, body: Any) -> None:  # noqa: N802
        assert self.deadline is not None
        assert entry.time > self.deadline, "extracted before the deadline"
        assert not self.outage, "extracted during an outage"
        live = sorted(digest for digest, bid in self.bids.items() if bid.live and bid.lot == body["lot"])
        assert body["digests"] == live, "the final bids are not the live ones"
        for digest in live:
            self.bids[digest].final = True

    # --- release

    def _DecryptionCommanded(self, entry: Entry, body: Any) -> None:  # noqa: N802
        self.clock = entry.time + self.windows["release"]

    def _WindowExtended(self, entry: Entry, body: Any) -> None:  # noqa: N802
        self._in_time(entry)
        assert self.clock is not None
        self.clock += timedelta(seconds=body["seconds"])
        assert instant(body["until"]) == self.clock

    def _ShareReleased(self, entry: Entry, body: Any) -> None:  # noqa: N802
        self._in_time(entry)
        bid = self.bids[body["digest"]]
        assert bid.final
        assert not bid.released, "released twice"
        assert bid.organization == entry.actor["organization"], "released by another"
        assert "pieces" not in body
        bid.released = True

    def _ReleaseClosed(self, entry: Entry, body: Any) -> None:  # noqa: N802
        mine = [(d, bid) for d, bid in sorted(self.bids.items()) if bid.final and self.lots[bid.lot] is None]
        if not all(bid.released for _, bid in mine):
            self._is_over(entry)
        assert body["released"] == [digest for digest, bid in mine if bid.released]
        assert body["missing"] == [digest for digest, bid in mine if not bid.released]
        self.clock = entry.time + self.windows["closing"]

    def _HolderSharesReleased(self, entry: Entry, body: Any) -> None:  # noqa: N802
        self._in_time(entry)
        assert body["slot"] not in self.holders, "a slot released twice"
        assert body["digests"], "a release of nothing"
        assert all(self.bids[digest].released for digest in body["digests"]), "a bid whose bidder did not release"
        self.holders.add(body["slot"])

    def _HoldersLapsed(self, entry: Entry, body: Any) -> None:  # noqa: N802
        self._is_over(entry)
        assert [each["slot"] for each in body["missing"]] == ["tenderee"]
        assert not self.holders
        for bid in self.bids.values():
            if bid.released and self.lots[bid.lot] is None:
                bid.fault = "other"
        self.clock = None

    def _BidFormsOpened(self, entry: Entry, body: Any) -> None:  # noqa: N802
        for each in body["opened"]:
            bid = self.bids[each["digest"]]
            assert bid.released, "opened, but its bidder never released"
            assert "tenderee" in self.holders, "opened, but the tenderee never released"
            assert bid.lot == body["lot"]
            bid.opened = True
        self.clock = None

    # --- ruling, announcing, objecting

    def _FailureAttributed(self, entry: Entry, body: Any) -> None:  # noqa: N802
        bid = self.bids[body["digest"]]
        assert bid.final
        assert not bid.opened, "an opened bid is attributed"
        assert body["cause"] != "holder_lapsed", "a lapse is attributed to a bidder"
        bid.fault = body["fault"]

    _AttributionRevised = _FailureAttributed

    def _BidsAnnounced(self, entry: Entry, body: Any) -> None:  # noqa: N802
        live = [no for no, reason in sorted(self.lots.items()) if reason is None]
        assert body["lots"] == live
        assert live, "nothing is announced"
        for no in live:
            mine = [bid for bid in self.bids.values() if bid.final and bid.lot == no]
            assert any(bid.opened for bid in mine), "a lot is announced in which nothing opened"
            assert all(bid.opened or bid.fault for bid in mine), "announced with a failure that nobody ruled on"

    def _LastCallOpened(self, entry: Entry, body: Any) -> None:  # noqa: N802
        self.clock = entry.time + self.windows["last_call"]

    def _ObjectionRaised(self, entry: Entry, body: Any) -> None:  # noqa: N802
        assert any(bid.final and bid.organization == body["organization"] for bid in self.bids.values())
        self.objections[body["objection"]] = None

    def _ObjectionAnswered(self, entry: Entry, body: Any) -> None:  # noqa: N802
        assert self.objections[body["objection"]] is None, "answered twice"
        self.objections[body["objection"]] = body["ruling"]

    def _permitted(self, entry: Entry, body: Any) -> None:
        assert self.objections[body["objection"]] == "upheld", f"{entry.type} without an upheld objection"

    _DepositCorrected = _permitted

    def _ConfirmationOpened(self, entry: Entry, body: Any) -> None:  # noqa: N802
        self._is_over(entry)
        assert None not in self.objections.values(), "an objection is unanswered"
        self.clock = entry.time + self.windows["confirming"]

    def _RecordConfirmed(self, entry: Entry, body: Any) -> None:  # noqa: N802
        self._in_time(entry)
        assert body["organization"] not in self.answers, "a bidder answers twice"
        self.answers[body["organization"]] = entry.type

    _RecordRefused = _RecordConfirmed

    def _RecordSigned(self, entry: Entry, body: Any) -> None:  # noqa: N802
        assert body["as"] not in self.signatures
        self.signatures.add(body["as"])

    def _OpeningClosed(self, entry: Entry, body: Any) -> None:  # noqa: N802
        bidders = {bid.organization for bid in self.bids.values() if bid.final and self.lots[bid.lot] is None}
        if not (bidders <= set(self.answers) and len(self.signatures) == 3):
            self._is_over(entry)
        assert not self.outage, "closed during an outage"
        assert None not in self.objections.values(), "closed with an objection unanswered"
        assert "host" in self.signatures, "closed without the host's signature"
        assert set(body["silent"]) == bidders - set(self.answers)

    # --- interruptions

    def _OpeningSuspended(self, entry: Entry, body: Any) -> None:  # noqa: N802
        runs = self.phase in ("decrypting", "closing", "objections", "confirming")
        assert self.clock is None or runs or self.phase not in SESSION[2:4]
        self.left = max(self.clock - entry.time, timedelta()) if runs and self.clock else None
        self.suspended_by, self.suspended_at, self.resumes_at = entry.actor["role"], entry.time, None

    def _ResumptionAnnounced(self, entry: Entry, body: Any) -> None:  # noqa: N802
        assert self.suspended_by != "supervisor" or entry.actor["role"] == "supervisor", "lifted by another"
        assert self.suspended_at is not None
        self.resumes_at = instant(body["at"])
        long = self.resumes_at - self.suspended_at > timedelta(hours=1)
        assert self.resumes_at >= entry.time + (timedelta(minutes=30) if long else timedelta()), "without notice"

    def _OpeningResumed(self, entry: Entry, body: Any) -> None:  # noqa: N802
        assert self.resumes_at is not None
        assert entry.time >= self.resumes_at, "resumed before its time"
        assert body["phase"] == self.back_to, "resumed elsewhere"
        if self.left is not None:
            assert instant(body["until"]) - entry.time == self.left, "the time that was left is not kept"
            self.clock = instant(body["until"])
        self.phase = self.back_to

    def _LotEnded(self, entry: Entry, body: Any) -> None:  # noqa: N802
        assert self.lots[body["lot"]] is None, "a lot ends twice"
        self.lots[body["lot"]] = body["reason"]

    def _OutageHeld(self, entry: Entry, body: Any) -> None:  # noqa: N802
        assert not self.outage
        assert instant(body["to"]) - instant(body["from"]) >= timedelta(minutes=10)
        self.outage = True

    def _RecoveryAnnounced(self, entry: Entry, body: Any) -> None:  # noqa: N802
        assert self.outage
        self.outage = False
        deadline, until = body["deadline"], body["until"]
        before = self.deadline if deadline else self.clock
        moved = instant(deadline or until) if deadline or until else None
        if moved is not None:
            assert before is not None
            assert moved >= before, "a recovery takes time away"
            assert moved - max(before, entry.time) in (timedelta(hours=2), timedelta()), "not by the pack's numbers"
        if deadline:
            assert self.phase in BEFORE
            self.deadline = instant(deadline)
        if until:
            self.clock = instant(until)


def document(encoded: str) -> Any:
    """The JSON document in a command's base64."""
    return json.loads(base64.b64decode(encoded))
