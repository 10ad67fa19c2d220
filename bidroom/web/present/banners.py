"""What the room must be told before all else: that it stands still, why it ended, that something must be decided."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bidroom.facts import Role
from bidroom.opening.extraction import needs_decision
from bidroom.opening.state import LotState, Opening, Phase
from bidroom.web.i18n import gettext as _
from bidroom.web.present.instants import clock, length, local
from bidroom.web.present.labels import listed, lot_words

P = Phase


@dataclass(frozen=True, slots=True)
class Banner:
    """Something that everybody must know now; `kind` bad, warn or info."""

    id: str
    kind: str
    icon: str
    title: str
    lines: tuple[str, ...]


def banners_of(state: Opening) -> Iterator[Banner]:
    """What is to be told now, the gravest first."""
    if state.phase is P.TERMINATED:
        yield _terminated(state)
    if state.phase is P.SUSPENDED:
        yield _suspended(state)
    if state.outage is not None and state.phase not in (P.CLOSED, P.TERMINATED):
        yield _outage(state.outage)
    if state.lapsed:
        yield _lapsed(state)
    if state.phase is P.CHECKED or (state.pause and state.pause.back_to is P.CHECKED):
        yield from (_under(state, lot) for lot in state.live_lots if needs_decision(state, lot))


def _terminated(state: Opening) -> Banner:
    why = state.ended_because or _("全部标段均已终止")
    at = _("终止时间 %(at)s", at=local(state.ended_at)) if state.ended_at else ""
    return Banner("bn-terminated", "bad", "ban", _("开标已终止"), (_("原因：%(reason)s", reason=why), at))


def _suspended(state: Opening) -> Banner:
    pause = state.pauses[-1]
    title = _("开标由行政监督责令中止") if pause.role == Role.SUPERVISOR else _("开标由主持人中止")
    lines = [_("原因：%(reason)s", reason=pause.reason), _("%(at)s 起，所有时限停止计算", at=clock(pause.at))]
    if pause.left is not None:
        lines.append(_("本环节剩余 %(time)s，恢复后继续", time=length(pause.left)))
    lines.append(_("%(at)s 恢复开标", at=local(pause.resumes_at)) if pause.resumes_at else _("恢复时间另行宣布"))
    return Banner("bn-suspended", "warn", "player-pause", title, tuple(lines))


def _outage(gap: tuple[datetime, datetime]) -> Banner:
    start, end = gap
    lines = (
        _("%(start)s 至 %(end)s 系统中断，涉及的时限暂不届满", start=clock(start), end=clock(end)),
        _("交易中心宣布恢复后，按规则顺延"),
    )
    return Banner("bn-outage", "warn", "plug-connected-x", _("系统曾中断，时限待顺延"), lines)


def _lapsed(state: Opening) -> Banner:
    slots = [slot for slot in state.the_terms.slots if slot.name in state.lapsed]
    known = {each.organization for slot in slots for each in slot.holders} & set(state.parties)
    names = sorted(state.parties[each].name for each in known)
    lines = (
        _("%(who)s 未在时限内提交密钥", who=listed(names or [holders()[slot.name] for slot in slots])),
        _("所涉投标文件视为撤回，责任不在投标人"),
    )
    return Banner("bn-lapsed", "bad", "key-off", _("密钥持有人未提交密钥"), lines)


def holders() -> Mapping[str, str]:
    """The slots other than the bidder's, in words."""
    return {"tenderee": _("招标人"), "committee": _("委员会"), "gate": _("把关方")}


def _under(state: Opening, lot: LotState) -> Banner:
    minimum = state.the_terms.minimum
    counts = {"bids": lot.counted, "deposits": lot.deposits, "minimum": minimum}
    lines = [_("投标文件 %(bids)d 份，已核验保证金 %(deposits)d 份，规定不少于 %(minimum)d", **counts)]
    if lot.counted < minimum and not state.pack.may_go_on_under_minimum:
        lines.append(_("投标人少于规定数量，依法不得开标（实施条例第四十四条）"))
    lines.append(_decided(lot))
    title = _("%(lot)s不足法定数量", lot=lot_words(lot.no)) if len(state.lots) > 1 else _("不足法定数量")
    return Banner(f"bn-under-{lot.no}", "warn", "users-minus", title, tuple(lines))


def _decided(lot: LotState) -> str:
    if lot.decision == "end":
        return _("主持人决定终止：%(reason)s", reason=lot.decision_reason)
    if lot.decision == "go_on":
        return _("主持人决定继续开标：%(reason)s", reason=lot.decision_reason)
    return _("等待主持人作出决定")
