"""The bidders of each lot: who signed in, whose deposit is there, what became of each sealed bid."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bidroom.facts import Role
from bidroom.opening.notice import deposit_state
from bidroom.opening.record import outcome
from bidroom.opening.state import Bid, Deposit, LotState, Opening, Phase
from bidroom.opening.visibility import INSIDE, KNOWS_NAMES, Seen
from bidroom.web.i18n import gettext as _
from bidroom.web.present.chips import Chip, deposit, layer, told_at
from bidroom.web.present.labels import Label, Labels

P = Phase
BEFORE_RELEASE = (P.EXTRACTED, P.CHECKED)
MOST_SEGMENTS = 48
"""More bids than these are shown as one bar."""


@dataclass(frozen=True, slots=True)
class BidderRow:
    """One bid's row. `deposit` None where this role is not told; `seal` before its check;
    `why` says more of a bid that did not open, `is_settled` that its cause was ruled on or nobody asks any more."""

    id: str
    label: Label
    signed_in: Chip
    deposit: Chip | None
    seal: Chip | None
    state: Chip
    why: str
    digest: str
    is_settled: bool

    @property
    def is_failed(self) -> bool:
        """Whether something went wrong with it."""
        return self.state.is_trouble or (self.seal is not None and self.seal.is_trouble)

    @property
    def is_trouble(self) -> bool:
        """Whether somebody has to do something about it."""
        return self.is_failed and not self.is_settled


@dataclass(frozen=True, slots=True)
class Progress:
    """How many of a lot's bids are as far as the step asks; `segments` one kind a bid, none where they are too many."""

    done: int
    of: int
    words: str
    segments: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Bidders:
    """The table of one lot; without rows as long as nobody may know of any."""

    rows: tuple[BidderRow, ...]
    progress: Progress | None
    with_deposits: bool

    @property
    def trouble(self) -> int:
        """About how many rows somebody has to do something."""
        return sum(row.is_trouble for row in self.rows)


class Deposits:
    """The deposits of every bidder and lot, looked up once: what one is told of goes through the rules as it is."""

    def __init__(self, state: Opening) -> None:
        self._state = state
        self._of: dict[tuple[str, int], dict[str, Deposit]] = defaultdict(dict)
        self._by_account: dict[str, dict[str, Deposit]] = defaultdict(dict)
        for each in state.deposits.values():
            self._of[each.organization, each.lot][each.id] = each
            if each.account:
                self._by_account[each.account][each.id] = each

    def narrowed(self, bid: Bid) -> Opening:
        """The same opening with no other deposits than those that say something about this bid's."""
        mine = self._of.get((bid.organization, bid.lot), {})
        shared = [self._by_account[each.account] for each in mine.values() if each.account]
        known = {id: each for group in (mine, *shared) for id, each in group.items()}
        return replace(self._state, deposits=known)

    def state_of(self, bid: Bid) -> str:
        """paid, guarantee, late, short or none."""
        return deposit_state(self.narrowed(bid), bid.organization, bid.lot)


def bidders_of(state: Opening, lot: LotState, labels: Labels, role: Role, phase: Phase, events: Sequence[Seen]) -> (
    Bidders
):  # fmt: skip
    """One lot's table as this role may see it: nothing before the extraction."""
    with_deposits = role in KNOWS_NAMES
    if state.root is None:
        return Bidders((), None, with_deposits)
    told = Telling(state, role, phase, Deposits(state), failures(events))
    bids = state.finals(lot.no)
    rows = [told.row(bid, lot, labels.of(lot.no, bid.organization)) for bid in bids]
    return Bidders(tuple(rows), progress_of(lot, bids, phase), with_deposits)


def failures(events: Sequence[Seen]) -> Mapping[str, Mapping[str, Any]]:
    """What those who are told of it heard bidders report, by digest; the last one of each."""
    return {each["body"]["digest"]: each["body"] for each in events if each["type"] == "ReleaseFailureReported"}


@dataclass(frozen=True, slots=True)
class Telling:
    """What rows are made of."""

    state: Opening
    role: Role
    phase: Phase
    deposits: Deposits
    reported: Mapping[str, Mapping[str, Any]]

    def row(self, bid: Bid, lot: LotState, label: Label) -> BidderRow:
        """One bid."""
        return BidderRow(
            id=f"b-{bid.lot}-{label.no}",
            label=label,
            signed_in=self._signed_in(bid),
            deposit=self._deposit(bid, lot),
            seal=_seal(bid) if lot.checked else None,
            state=self._state(bid),
            why=self._why(bid),
            digest=bid.digest,
            is_settled=bid.opened or bid.fault is not None or lot.ended is not None,
        )

    def _signed_in(self, bid: Bid) -> Chip:
        at = self.state.signed_in.get(bid.organization)
        if at is None:
            return Chip("mute", "minus", _("未签到"))
        return Chip("ok", "check", _("已签到"), told_at(at) if self.role in INSIDE else "")

    def _deposit(self, bid: Bid, lot: LotState) -> Chip | None:
        if self.role not in KNOWS_NAMES or not lot.checked:
            return None
        return deposit(self.deposits.state_of(bid))

    def _state(self, bid: Bid) -> Chip:
        became = outcome(self.state, bid)
        if became in ("revoked", "withdrawn", "sealed"):
            return closed_chip(became)
        return self._underway(bid)

    def _underway(self, bid: Bid) -> Chip:
        if bid.opened:
            return Chip("ok", "lock-open", _("已解密"))
        if self.phase in BEFORE_RELEASE:
            return Chip("mute", "hourglass-empty", _("待解密指令"))
        if bid.cause == "not_decrypted":
            return Chip("bad", "alert-triangle", _("解密失败"))
        if bid.cause == "disputed":
            return Chip("warn", "alert-triangle", _("存在争议"))
        if bid.released_at is not None:
            return Chip("ok", "key", _("已提交密钥"), told_at(bid.released_at))
        if self.phase is not P.DECRYPTING:
            return Chip("bad", "key-off", _("未提交"))
        if bid.digest in self.reported:
            return Chip("bad", "alert-triangle", _("提交失败"))
        return Chip("wait", "clock", _("待提交"))

    def _why(self, bid: Bid) -> str:
        if bid.cause == "not_released":
            return self._reported(bid) or _("未在时限内提交密钥")
        if bid.cause == "holder_lapsed":
            return _("密钥持有人未提交")
        if bid.failed_layer:
            return layer(bid.failed_layer)
        return self._reported(bid) if bid.released_at is None else ""

    def _reported(self, bid: Bid) -> str:
        return layer(self.reported[bid.digest]["layer"]) if bid.digest in self.reported else ""


def closed_chip(outcome: str) -> Chip:
    """revoked (视为撤销), withdrawn (视为撤回) or sealed."""
    if outcome == "sealed":
        return Chip("mute", "lock", _("保持密封"))
    is_fault = outcome == "revoked"
    return Chip("bad" if is_fault else "warn", "file-off", _("视为撤销") if is_fault else _("视为撤回"))


def _seal(bid: Bid) -> Chip:
    """The stored file, hashed again after the extraction and compared with its receipt."""
    if bid.damaged:
        return Chip("bad", "file-alert", _("密文损坏"))
    return Chip("ok", "rosette-discount-check", _("密文与回执一致"))


# --- how many are as far


def progress_of(lot: LotState, bids: Sequence[Bid], phase: Phase) -> Progress | None:
    """已提交密钥 4 / 7 while keys are released, 已解密 6 / 7 from then on; nothing where a lot ended before."""
    if phase in BEFORE_RELEASE or not bids or (lot.ended and not lot.opened):
        return None
    opened = lot.opened
    done = [bid.opened if opened else bid.released_at is not None for bid in bids]
    kinds = [_kind(bid, far, phase) for bid, far in zip(bids, done, strict=True)]
    words = _("已解密") if opened else _("已提交密钥")
    return Progress(sum(done), len(bids), words, tuple(kinds) if len(bids) <= MOST_SEGMENTS else ())


def _kind(bid: Bid, is_done: bool, phase: Phase) -> str:
    if is_done:
        return "done"
    return "wait" if phase is P.DECRYPTING else "fail"
