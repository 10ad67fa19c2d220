"""What the list of tenders and a tender's page show; nothing here counts a bid."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil

from bidroom.crypto.policy import Lot
from bidroom.facts import Role
from bidroom.opening.state import IN_SESSION, Opening, Phase
from bidroom.web.i18n import gettext as _
from bidroom.web.present.chips import Chip

PAGE = 20
COMING, LIVE, ENDED = "coming", "live", "ended"
GROUPS = (COMING, LIVE, ENDED)
OVER = (Phase.CLOSED, Phase.TERMINATED)


@dataclass(frozen=True, slots=True)
class Row:
    """One tender of the list; `counts_down` where its deadline is still to come."""

    tender: str
    number: str
    title: str
    tenderee: str
    agent: str | None
    lots: tuple[Lot, ...]
    deadline: datetime
    group: str
    chip: Chip
    counts_down: bool


@dataclass(frozen=True, slots=True)
class TenderList:
    """One page of the list, and what was asked for."""

    rows: tuple[Row, ...]
    total: int
    page: int
    pages: int
    query: str
    group: str


@dataclass(frozen=True, slots=True)
class Action:
    """Somewhere to go from here; `tender` is in the address of every such page."""

    endpoint: str
    text: str
    icon: str
    kind: str = "plain"


# --- the list


def listed(openings: Iterable[Opening], query: str, group: str, number: int, now: datetime) -> TenderList:
    """The tenders that were asked for: what is to come first, the nearest deadline first; then what is over."""
    rows = sorted((row_of(opening, now) for opening in openings), key=lambda row: _order(row, now))
    asked = query.strip().casefold()
    found = [row for row in rows if _matches(row, asked) and group in ("", row.group)]
    pages = max(1, ceil(len(found) / PAGE))
    at = min(max(number, 1), pages)
    return TenderList(tuple(found[(at - 1) * PAGE : at * PAGE]), len(found), at, pages, query.strip(), group)


def _matches(row: Row, asked: str) -> bool:
    return asked in row.number.casefold() or asked in row.title.casefold()


def _order(row: Row, now: datetime) -> tuple[int, float, str]:
    """Live ones, those to come, those that have ended; the nearest deadline first in each."""
    return ((LIVE, COMING, ENDED).index(row.group), abs((row.deadline - now).total_seconds()), row.number)


def row_of(opening: Opening, now: datetime) -> Row:
    """One published tender in short."""
    terms, deadline = opening.the_terms, opening.deadline
    assert deadline is not None, "a published tender has a deadline"
    return Row(
        tender=terms.tender,
        number=terms.number,
        title=terms.title,
        tenderee=terms.tenderee.name,
        agent=terms.agent.name if terms.agent else None,
        lots=terms.lots,
        deadline=deadline,
        group=group_of(opening.phase),
        chip=phase_chip(opening),
        counts_down=opening.root is None and deadline > now,
    )


def group_of(phase: Phase) -> str:
    """即将开标 until the deadline, 开标中 from then on, 已结束."""
    if phase in OVER:
        return ENDED
    return LIVE if phase in IN_SESSION or phase is Phase.SUSPENDED else COMING


def group_names() -> dict[str, str]:
    """The filter's words."""
    return {"": _("全部"), COMING: _("即将开标"), LIVE: _("开标中"), ENDED: _("已结束")}


def phase_chip(opening: Opening) -> Chip:
    """The phase as everyone may know it."""
    if opening.outage is not None:
        return Chip("warn", "plug-connected-x", _("系统中断，等待恢复公告"))
    kind, icon, text = _chips()[opening.phase]
    return Chip(kind, icon, text)


def _chips() -> dict[Phase, tuple[str, str, str]]:
    return {
        Phase.DRAFT: ("mute", "pencil", _("草案")),
        Phase.SCHEDULED: ("info", "calendar-event", _("投标中")),
        Phase.SIGN_IN: ("run", "user-check", _("签到中")),
        Phase.EXTRACTED: ("run", "stack-2", _("提取投标文件")),
        Phase.CHECKED: ("run", "list-check", _("检查")),
        Phase.DECRYPTING: ("run", "lock-open", _("解密中")),
        Phase.CLOSING: ("run", "key", _("招标人解密")),
        Phase.ATTRIBUTING: ("run", "gavel", _("认定")),
        Phase.ANNOUNCING: ("run", "speakerphone", _("唱标")),
        Phase.OBJECTIONS: ("run", "message-exclamation", _("异议")),
        Phase.CONFIRMING: ("run", "signature", _("确认记录")),
        Phase.SUSPENDED: ("warn", "player-pause", _("已中止")),
        Phase.CLOSED: ("ok", "circle-check", _("已结束")),
        Phase.TERMINATED: ("bad", "circle-x", _("已终止")),
    }


# --- where to go from a tender


def actions(opening: Opening, roles: Collection[Role], me: bool, may_amend: bool, waits: bool) -> Sequence[Action]:
    """What this visitor can do here, the most likely first; `waits`: something is to be signed or handed in."""
    notice, room = _notice_actions(roles, may_amend, waits), _room_actions(opening, roles, me)
    found = [*notice, *room] if waits or opening.phase is Phase.SCHEDULED else [*room, *notice]
    if Role.CLERK in roles:
        found.append(Action("centre.deposits", _("保证金登记"), "cash"))
    if opening.announced_at is not None or opening.phase in OVER:
        found.append(Action("record.page", _("开标记录"), "file-certificate"))
    if opening.root is not None:
        found.append(Action("audit.page", _("审计与核验"), "shield-check"))
    return _with_one_first(found)


def _notice_actions(roles: Collection[Role], may_amend: bool, waits: bool) -> list[Action]:
    if waits and Role.TENDEREE in roles:
        return [Action("notices.draft", _("签署时间安排变更"), "signature")]
    if may_amend and Role.AGENT in roles:
        return [Action("notices.draft", _("提交已签署的变更") if waits else _("变更时间安排"), "calendar-cog")]
    return []


def _room_actions(opening: Opening, roles: Collection[Role], me: bool) -> list[Action]:
    has_begun = opening.phase is not Phase.SCHEDULED
    room = Action("room.room", _("进入开标大厅") if roles else _("查看公示板"), "building-community")
    if not me:
        return [room, Action("entrance.login", _("登录后投标"), "login")] if opening.root is None else [room]
    if Role.BIDDER not in roles:
        return [room]
    desk = Action("desk.desk", _("我的投标工作台"), "briefcase")
    return [room, desk] if has_begun else [desk, room]


def _with_one_first(found: list[Action]) -> list[Action]:
    """One thing is the obvious one."""
    first, *others = found
    return [Action(first.endpoint, first.text, first.icon, "primary"), *others]
