"""What waits for somebody: of each of one's tenders the next thing to do, the most urgent first.

Everything comes from the folded states. Before the deadline nothing here counts or names what others have done.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bidroom.facts import Actor, Role
from bidroom.opening.guards import roles_of
from bidroom.opening.state import Opening, Phase
from bidroom.registry.tenders import Tender
from bidroom.web.i18n import gettext as _
from bidroom.web.present.steps import DONE, LATER, NOW, WAIT, Step, deadline
from bidroom.web.present.steps_of_hosts import host_step, owner_step, tenderee_step
from bidroom.web.present.steps_of_others import auditor_step, bidder_step, clerk_step, supervisor_step

CHINA = ZoneInfo("Asia/Shanghai")
DAY = timedelta(days=1)
P = Phase


@dataclass(frozen=True, slots=True)
class Case:
    """One tender, as its registry and as its opening see it."""

    tender: Tender
    opening: Opening

    @property
    def title(self) -> str:
        """Its title, once there is a notice."""
        return self.tender.terms.title if self.tender.terms else ""


@dataclass(frozen=True, slots=True)
class Who:
    """Whose home it is: an organization, or staff with their roles."""

    organization: str | None
    staff: frozenset[Role] = frozenset()


@dataclass(frozen=True, slots=True)
class Task:
    """One line of the list; `tender` is empty for what belongs to no tender. `until` runs down beside it."""

    tender: str
    number: str
    title: str
    seat: str
    step: Step


def tasks(cases: Iterable[Case], who: Who, now: datetime) -> tuple[Task, ...]:
    """One line a tender, the most urgent of what one is there, sorted by urgency and time."""
    found = [_most_urgent(case, who, now) for case in cases]
    return in_order(task for task in found if task is not None)


def in_order(found: Iterable[Task]) -> tuple[Task, ...]:
    """What can be done now first, then by the time that is left."""
    return tuple(sorted(found, key=_rank))


def _rank(task: Task) -> tuple[int, bool, datetime, str]:
    until = task.step.until
    return (task.step.urgency, until is None, until or datetime.max.replace(tzinfo=CHINA), task.number)


def _most_urgent(case: Case, who: Who, now: datetime) -> Task | None:
    steps = [(seat, _pressing(step, now)) for seat, step in _steps(case, who, now) if step is not None]
    if not steps:
        return None
    seat, step = min(steps, key=lambda each: each[1].urgency)
    return Task(case.tender.id, case.tender.number, case.title, seat, step)


def _pressing(step: Step, now: datetime) -> Step:
    """What is due within a day is due now."""
    return step.at_once() if step.urgency == LATER and step.until and step.until - now < DAY else step


def _steps(case: Case, who: Who, now: datetime) -> Iterator[tuple[str, Step | None]]:
    if who.staff:
        yield from _of_staff(case, who.staff)
    elif who.organization is not None:
        yield from _of_organization(case, who.organization, now)


def _of_staff(case: Case, staff: frozenset[Role]) -> Iterator[tuple[str, Step | None]]:
    if case.tender.published_at is None:
        return
    if Role.CLERK in staff:
        yield _("窗口"), clerk_step(case.opening)
    if Role.SUPERVISOR in staff:
        yield _("监督"), supervisor_step(case.opening)
    if Role.AUDITOR in staff:
        yield _("审计"), auditor_step(case.opening)


def _of_organization(case: Case, organization: str, now: datetime) -> Iterator[tuple[str, Step | None]]:
    tender, opening = case.tender, case.opening
    if tender.published_at is None:
        yield _("招标项目"), owner_step(tender, organization)
        return
    roles = roles_of(opening, Actor(organization=organization))
    if Role.HOST in roles:
        yield _("主持人"), host_step(opening, now)
    if Role.TENDEREE in roles:
        yield _("招标人"), tenderee_step(opening, organization, now)
    elif Role.BIDDER in roles:
        yield _("投标人"), bidder_step(opening, organization)
    elif Role.HOST not in roles:
        yield _("代理机构") if Role.AGENT in roles else _("候补主持人"), _watching(opening)


def _watching(opening: Opening) -> Step:
    """Somebody else hosts."""
    if opening.phase in (P.CLOSED, P.TERMINATED):
        return Step(_("查看开标记录"), DONE, "record.page", _("查看"), "file-text")
    return Step(_("由其他单位主持，可以进入开标室查看"), WAIT, "room.room", _("进入"), "eye", deadline(opening))


def of_the_centre(bindings: int, notices: int) -> tuple[Task, ...]:
    """What waits at the window for whichever clerk comes first."""
    found = []
    if bindings:
        what = _("%(n)d 件数字证书绑定申请待核对", n=bindings)
        found.append(Step(what, NOW, "centre.bindings", _("去核对"), "certificate"))
    if notices:
        what = _("%(n)d 件招标公告待审核", n=notices)
        found.append(Step(what, NOW, "centre.notices", _("去审核"), "file-text"))
    return tuple(Task("", "", "", _("窗口"), step) for step in found)


def to_sign(waiting: Sequence[tuple[str, str, str]]) -> tuple[Task, ...]:
    """Notices that lie before the tenderee: (tender, number, title) of each."""
    step = Step(_("签署招标公告"), NOW, "notices.draft", _("去签署"), "signature")
    return tuple(Task(tender, number, title, _("招标人"), step) for tender, number, title in waiting)


# --- what everybody may see


@dataclass(frozen=True, slots=True)
class Board:
    """One opening on the public list of the day."""

    tender: str
    number: str
    title: str
    tenderee: str
    lots: int
    deadline: datetime
    phase: Phase
    is_live: bool


LIVE = frozenset(P) - {P.DRAFT, P.SCHEDULED, P.CLOSED, P.TERMINATED}
"""The phases in which there is somebody in the room."""


def todays(cases: Iterable[Case], now: datetime) -> tuple[Board, ...]:
    """The openings of this day in China and those under way, the live ones first."""
    found = [_board(case) for case in cases if case.tender.published_at and _is_todays(case.opening, now)]
    return tuple(sorted(found, key=lambda each: (not each.is_live, each.deadline, each.number)))


def _is_todays(opening: Opening, now: datetime) -> bool:
    at = opening.deadline
    return opening.phase in LIVE or (at is not None and at.astimezone(CHINA).date() == now.astimezone(CHINA).date())


def _board(case: Case) -> Board:
    terms, opening = case.tender.the_terms, case.opening
    assert opening.deadline is not None, "a published tender has its deadline"
    named = (case.tender.id, terms.number, terms.title, terms.tenderee.name, len(terms.lots))
    return Board(*named, opening.deadline, opening.phase, opening.phase in LIVE)


def phase_words(phase: Phase) -> tuple[str, str, str]:
    """A phase as a chip: its kind, icon and word."""
    return {
        P.DRAFT: ("mute", "file-text", _("未发布")),
        P.SCHEDULED: ("info", "calendar", _("投标中")),
        P.SIGN_IN: ("run", "clock", _("签到")),
        P.EXTRACTED: ("run", "lock", _("提取")),
        P.CHECKED: ("run", "list-check", _("核对")),
        P.DECRYPTING: ("run", "key", _("解密")),
        P.CLOSING: ("run", "key", _("招标人解密")),
        P.ATTRIBUTING: ("run", "gavel", _("认定")),
        P.ANNOUNCING: ("run", "speakerphone", _("唱标")),
        P.OBJECTIONS: ("run", "messages", _("异议")),
        P.CONFIRMING: ("run", "signature", _("确认")),
        P.CLOSED: ("ok", "circle-check", _("开标结束")),
        P.SUSPENDED: ("warn", "player-pause", _("中止")),
        P.TERMINATED: ("bad", "circle-x", _("终止")),
    }[phase]
