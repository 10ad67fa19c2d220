"""How far the opening is: its eight steps with their times, the phase in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bidroom.facts import rfc3339
from bidroom.opening.state import Opening, Phase
from bidroom.opening.visibility import Seen
from bidroom.web.i18n import gettext as _
from bidroom.web.i18n import pgettext
from bidroom.web.present.banners import Banner, banners_of

P = Phase
STEP_OF: Mapping[Phase, int] = {
    P.DRAFT: -1,
    P.SCHEDULED: -1,
    P.SIGN_IN: 0,
    P.EXTRACTED: 1,
    P.CHECKED: 1,
    P.DECRYPTING: 2,
    P.CLOSING: 3,
    P.ATTRIBUTING: 3,
    P.ANNOUNCING: 4,
    P.OBJECTIONS: 5,
    P.CONFIRMING: 6,
    P.CLOSED: 7,
}
"""The step, counted from nought, that each phase belongs to."""

BEGINS = (
    "SignInOpened",
    "BidsExtracted",
    "DecryptionCommanded",
    "ReleaseClosed",
    "BidsAnnounced",
    "LastCallOpened",
    "ConfirmationOpened",
    "OpeningClosed",
)
"""The fact that begins each step, and so ends the one before."""


@dataclass(frozen=True, slots=True)
class Step:
    """One of the eight; `state` is done, now, held, ended or todo; `since` and `until` RFC 3339."""

    no: int
    name: str
    state: str
    since: str
    until: str
    planned: str


@dataclass(frozen=True, slots=True)
class Stage:
    """The top of the room. `said` is what a screen reader is told when the phase changes."""

    phase: str
    at: Step | None
    steps: tuple[Step, ...]
    banners: tuple[Banner, ...]
    said: str


def phase_of(state: Opening, events: Sequence[Seen]) -> Phase:
    """The phase that runs, that a suspension interrupted, or in which everything ended."""
    if state.pause is not None:
        return state.pause.back_to
    if state.phase is not P.TERMINATED:
        return state.phase
    before = (Phase(each["phase"]) for each in reversed(events))
    return next((each for each in before if each not in (P.TERMINATED, P.SUSPENDED)), P.EXTRACTED)


def stage_of(state: Opening, events: Sequence[Seen]) -> Stage:
    """The steps with their times, the banners, and the phase in words."""
    phase = phase_of(state, events)
    steps = steps_of(state, phase, events)
    at = next((step for step in steps if step.state in ("now", "held", "ended")), None)
    if state.phase is P.CLOSED:
        at = steps[-1]
    return Stage(str(state.phase), at, steps, tuple(banners_of(state)), _said(state, at))


def names() -> tuple[str, ...]:
    """The eight steps in words."""
    return (
        pgettext("step", "签到"),
        pgettext("step", "提取核查"),
        pgettext("step", "投标人解密"),
        pgettext("step", "招标人解密"),
        pgettext("step", "唱标"),
        pgettext("step", "异议"),
        pgettext("step", "确认"),
        pgettext("step", "归档"),
    )


def steps_of(state: Opening, phase: Phase, events: Sequence[Seen]) -> tuple[Step, ...]:
    """Which are done, which one runs, and when each did."""
    began = {each["type"]: each["time"] for each in reversed(events) if each["type"] in BEGINS}
    times = [began.get(type, "") for type in BEGINS]
    here = STEP_OF[phase]
    planned = rfc3339(state.the_timeline.sign_in)
    return tuple(
        Step(
            no=no + 1,
            name=name,
            state=_state_of(state, no, here),
            since=times[no] if no <= here else "",
            until=(times[no + 1] if no < here else "") if no + 1 < len(times) else "",
            planned=planned if no == 0 and here < 0 else "",
        )
        for no, name in enumerate(names())
    )


def _state_of(state: Opening, no: int, here: int) -> str:
    if no < here or state.phase is P.CLOSED:
        return "done"
    if no > here:
        return "todo"
    return {P.SUSPENDED: "held", P.TERMINATED: "ended"}.get(state.phase, "now")


def _said(state: Opening, at: Step | None) -> str:
    name = at.name if at else _("尚未开始签到")
    if state.phase is P.SUSPENDED:
        return _("开标已中止，停在：%(step)s", step=name)
    if state.phase is P.TERMINATED:
        return _("开标已终止，停在：%(step)s", step=name)
    if state.phase is P.CLOSED:
        return _("开标已结束")
    return _("当前环节：%(step)s", step=name) if at else name
