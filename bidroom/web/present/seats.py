"""The page of a demo's seats: who sits in each, what there is to try, who plays it now."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from bidroom.web.i18n import gettext as _
from bidroom.web.i18n import pgettext
from bidroom.web.seats import Plan, Seat

ICONS: Mapping[str, str] = {
    "host": "gavel",
    "tenderee": "building-bank",
    "bidder": "building",
    "supervisor": "eye",
    "auditor": "clipboard-check",
    "clerk": "certificate",
    "board": "users",
}


PLAYED = ("host", "tenderee", "bidder", "supervisor")
"""The seats that have something to do in an opening: those that play by themselves until they are taken."""


@dataclass(frozen=True, slots=True)
class Way:
    """One address below a seat's path, and where it leads."""

    text: str
    path: str
    leads: str


@dataclass(frozen=True, slots=True)
class SeatCard:
    """One seat; `is_played` where it has something to do at all, `is_taken` where a person does it."""

    name: str
    title: str
    who: str
    icon: str
    tries: str
    has_key: bool
    is_played: bool
    is_taken: bool
    ways: tuple[Way, ...]


def seat_cards(plan: Plan, taken: Collection[str]) -> tuple[SeatCard, ...]:
    """Every seat of the plan, in its order."""
    return tuple(_card(plan, seat, seat.name in taken) for seat in plan.seats)


def _card(plan: Plan, seat: Seat, is_taken: bool) -> SeatCard:
    title, tries = _words(seat.name)
    first = Way(_ways()[seat.name], f"/seat/{seat.name}/enter/{seat.token}", seat.page)
    more = (
        Way(text, first.path, f"/tenders/{plan.openings[opening].tender}/{page}")
        for text, opening, page in _more(seat.name)
        if opening in plan.openings
    )
    return SeatCard(
        seat.name, title, seat.title, ICONS.get(seat.name, "user"), tries, seat.p12 is not None,
        seat.name in PLAYED, is_taken, (first, *more),
    )  # fmt: skip


def _words(name: str) -> tuple[str, str]:
    """What a seat is called, and what one can try there."""
    return {
        "host": (
            pgettext("seat", "主持人"),
            _('检查投标与保证金，下达解密指令，认定解密失败的原因，公布开标结果，答复异议，提请确认开标记录。'),
        ),
        "tenderee": (pgettext("seat", "招标人"), _('签署解密预检，在投标人之后释放招标人的密钥，签署开标记录。')),
        "bidder": (
            pgettext("seat", "投标人"),
            _('签到，释放密钥解密自己的投标文件，提出异议，确认开标记录；截止前还可以替换或撤回投标文件。'),
        ),
        "supervisor": (pgettext("seat", "行政监督"), _('全程在线监督，提醒，责令中止与恢复，签署开标记录。')),
        "auditor": (pgettext("seat", "审计"), _('查看已归档开标的全部日志，下载审计包，离线核验。')),
        "clerk": (pgettext("seat", "交易中心工作人员"), _('核对并绑定数字证书，审核招标公告，登记与核验投标保证金。')),
        "board": (pgettext("seat", "公示板"), _('无需登录，任何人看到的开标现场与结果。')),
    }[name]  # fmt: skip


def _ways() -> Mapping[str, str]:
    """Where each seat's first link leads."""
    room = _("进入即将开始的开标")
    return {
        "host": room, "tenderee": room, "bidder": room, "supervisor": room, "auditor": _('核验已归档的开标'),
        "clerk": _('打开窗口工作台'), "board": _('打开公示板'),
    }  # fmt: skip


def _more(name: str) -> tuple[tuple[str, str, str], ...]:
    """Further pages that a seat has something to see on: text, opening, page of the tender."""
    desk, record = (_("为明天的开标加密投标文件"), "tomorrow", "desk"), (_("已归档的开标记录"), "archived", "record")
    return {"bidder": (desk, record), "auditor": (record,), "board": (record,)}.get(name, (record,))
