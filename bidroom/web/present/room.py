"""The room as one audience sees it: all of its panels, from the folded opening and what that audience was told."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from bidroom.facts import Role
from bidroom.opening.extraction import needs_decision
from bidroom.opening.record import Forms
from bidroom.opening.state import LotState, Opening, Phase
from bidroom.opening.visibility import INSIDE, Seen
from bidroom.web.i18n import gettext as _
from bidroom.web.present.bidders import Bidders, bidders_of
from bidroom.web.present.chips import Chip, told_at
from bidroom.web.present.chronicle import Line, chronicle_of
from bidroom.web.present.head import Head, head_of
from bidroom.web.present.labels import Labels
from bidroom.web.present.prices import Prices, prices_of
from bidroom.web.present.sentences import ends
from bidroom.web.present.stage import Stage, phase_of, stage_of
from bidroom.web.present.talk import Talk, talk_of
from bidroom.web.present.timer import Timer, signed, timer_of


@dataclass(frozen=True, slots=True)
class LotPanel:
    """One lot. `control_price` a decimal string or empty; `state` what is to be known of it at a glance."""

    no: int
    name: str
    control_price: str
    currency: str
    counts: tuple[str, ...]
    state: Chip | None
    because: str
    bidders: Bidders
    prices: Prices


@dataclass(frozen=True, slots=True)
class Result:
    """The record: laid before everyone, signed, and what can be taken away at the end. Times RFC 3339."""

    digest: str
    ended_at: str
    is_over: bool
    is_closed: bool
    may_read: bool
    is_auditor: bool
    signatures: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class RoomPage:
    """Everything that the shared part of the room shows to one role, in the language of the moment."""

    tender: str
    role: str
    head: Head
    stage: Stage
    timer: Timer
    lots: tuple[LotPanel, ...]
    talk: Talk
    chronicle: tuple[Line, ...]
    result: Result | None

    @property
    def trouble(self) -> int:
        """Bids that somebody has to look at, in all lots."""
        return sum(lot.bidders.trouble for lot in self.lots)


def room_view(opening: Opening, forms: Forms, events: Sequence[Seen], role: Role) -> RoomPage:
    """The room for this role; `events` are all of its channel. Needs a locale; a function of its arguments alone."""
    labels, phase = Labels(opening, role), phase_of(opening, events)
    lots = [lot for _no, lot in sorted(opening.lots.items())]
    return RoomPage(
        tender=opening.tender,
        role=str(role),
        head=head_of(opening),
        stage=stage_of(opening, events),
        timer=timer_of(opening, events),
        lots=tuple(_lot(opening, lot, forms, labels, role, phase, events) for lot in lots),
        talk=talk_of(opening, labels),
        chronicle=chronicle_of(opening, events, labels),
        result=result_of(opening, role),
    )


def _lot(
    state: Opening, lot: LotState, forms: Forms, labels: Labels, role: Role, phase: Phase, events: Sequence[Seen]
) -> LotPanel:
    terms = state.the_terms.lot(lot.no)
    return LotPanel(
        no=lot.no,
        name=terms.name,
        control_price=terms.control_price or "",
        currency=terms.currency,
        counts=_counts(lot),
        state=_state(state, lot),
        because=lot.ended_because or "",
        bidders=bidders_of(state, lot, labels, role, phase, events),
        prices=prices_of(state, lot, forms, labels, role),
    )


def _counts(lot: LotState) -> tuple[str, ...]:
    if not lot.checked:
        return ()
    return (_("投标文件 %(n)d 份", n=lot.counted), _("已核验保证金 %(n)d 份", n=lot.deposits))


def _state(state: Opening, lot: LotState) -> Chip | None:
    if lot.ended is not None:
        return Chip("bad", "ban", _("已终止"), more=ends().get(lot.ended, lot.ended))
    if not needs_decision(state, lot):
        return None
    if lot.decision is None:
        return Chip("warn", "users-minus", _("不足法定数量"))
    decided = _("决定终止") if lot.decision == "end" else _("决定继续")
    return Chip("warn", "gavel", _("不足法定数量"), more=decided)


def result_of(state: Opening, role: Role) -> Result | None:
    """From the confirmation on, and at every end."""
    is_over = state.phase in (Phase.CLOSED, Phase.TERMINATED)
    if state.record is None and not is_over:
        return None
    return Result(
        digest=state.record or "",
        ended_at=told_at(state.ended_at),
        is_over=is_over,
        is_closed=state.phase is Phase.CLOSED,
        may_read=role in INSIDE,
        is_auditor=role is Role.AUDITOR,
        signatures=signed(state) if state.record else (),
    )
