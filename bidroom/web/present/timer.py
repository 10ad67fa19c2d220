"""The clock card: what runs down until when, or what is waited for, and how much of it is there."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

from bidroom.crypto.slots import BIDDER
from bidroom.facts import Role, rfc3339
from bidroom.opening.attribution import unattributed
from bidroom.opening.decryption import to_open
from bidroom.opening.extraction import needs_decision
from bidroom.opening.holders import holders_missing
from bidroom.opening.state import Opening, Phase
from bidroom.opening.visibility import Seen
from bidroom.web.i18n import gettext as _
from bidroom.web.present.banners import holders
from bidroom.web.present.chips import told_at
from bidroom.web.present.instants import clock, length, local
from bidroom.web.present.stage import phase_of

P = Phase


@dataclass(frozen=True, slots=True)
class Timer:
    """`until` and `since` RFC 3339 where a clock runs, else `value` in words; `part` of 100 for the ring.

    `kind` is warn (a clock runs), run, ok, bad or mute; `notes` are lines beneath.
    """

    kind: str
    label: str
    until: str = ""
    since: str = ""
    value: str = ""
    part: int = 100
    notes: tuple[str, ...] = ()


def timer_of(state: Opening, events: Sequence[Seen]) -> Timer:
    """The card of this moment."""
    if state.phase is P.TERMINATED:
        return Timer("bad", _("开标"), value=_("已终止"), notes=(_at(state),))
    if state.phase is P.SUSPENDED:
        return _suspended(state)
    card = CARDS[phase_of(state, events)](state, events)
    if state.outage is not None and card.until:
        return replace(card, kind="mute", until="", since="", value=_("待顺延"), notes=(_("系统恢复公告后重新计时"),))
    return card


def _suspended(state: Opening) -> Timer:
    pause = state.pauses[-1]
    left = (_("本环节剩余 %(time)s", time=length(pause.left)),) if pause.left is not None else ()
    if pause.resumes_at is None:
        return Timer("mute", _("开标已中止"), value=_("待恢复"), notes=left)
    ends = _("%(at)s 恢复", at=clock(pause.resumes_at))
    return Timer("warn", _("距恢复开标"), rfc3339(pause.resumes_at), rfc3339(pause.at), notes=(ends, *left))


def _scheduled(state: Opening, events: Sequence[Seen]) -> Timer:
    timeline = state.the_timeline
    notes = (_("签到开始 %(at)s", at=local(timeline.sign_in)), _deadline(state))
    return Timer("run", _("距签到开始"), rfc3339(timeline.sign_in), notes=notes)


def _deadline(state: Opening) -> str:
    return _("投标截止 %(at)s", at=local(state.deadline)) if state.deadline else ""


def _sign_in(state: Opening, events: Sequence[Seen]) -> Timer:
    since = began("SignInOpened", events)
    return Timer("warn", _("距投标截止"), told_at(state.deadline), since, notes=(_deadline(state), _server()))


def _server() -> str:
    return _("以服务器时间为准")


def began(type: str, events: Sequence[Seen]) -> str:
    """When the last fact of this type was, RFC 3339."""
    return next((str(each["time"]) for each in reversed(events) if each["type"] == type), "")


def _extracted(state: Opening, events: Sequence[Seen]) -> Timer:
    return Timer("run", _("正在核查"), value=_("进行中"), notes=(_("正在逐份核对密文与回执"),))


def _checked(state: Opening, events: Sequence[Seen]) -> Timer:
    undecided = any(needs_decision(state, lot) and lot.decision is None for lot in state.live_lots)
    done = sum(each["type"] == "PreflightSigned" for each in events)
    command = _("等待主持人下达解密指令") if done else _("等待招标人预检和主持人的解密指令")
    notes = [_("等待主持人作出决定") if undecided else command]
    if done:
        notes.append(_("密钥持有人已预检 %(n)d 次", n=done))
    return Timer("run", _("核查完成"), value=_("待解密"), notes=tuple(notes))


def _window(state: Opening, label: str, since: str, *notes: str) -> Timer:
    """A clock that runs, with its end and what it was extended by."""
    if state.clock is None:
        return Timer("run", label, value=_("进行中"), notes=notes)
    ends = _("%(at)s 截止 · 以服务器时间为准", at=clock(state.clock))
    phase = str(state.phase)
    added = sum(each["seconds"] for each in state.extensions if each["phase"] == phase)
    more = (_("已延长 %(time)s", time=length(timedelta(seconds=added))),) if added else ()
    return Timer("warn", label, rfc3339(state.clock), since, notes=(ends, *more, *notes))


def _decrypting(state: Opening, events: Sequence[Seen]) -> Timer:
    return _window(state, _("投标人解密剩余时间"), told_at(state.commanded_at))


def _closing(state: Opening, events: Sequence[Seen]) -> Timer:
    missing = holders_missing(state)
    if not missing:
        words = _("正在打开 %(n)d 份开标一览表", n=len(to_open(state)))
        return Timer("run", _("密钥已齐"), value=_("正在解密"), notes=(words,))
    slots = [slot.name for slot in state.the_terms.slots if slot.name != BIDDER]
    notes = [
        _("%(who)s 已提交", who=holders()[name]) if name in state.holders else _("待 %(who)s 提交", who=holders()[name])
        for name in slots
    ]  # fmt: skip
    label = _("委员会解密剩余时间") if slots == ["committee"] else _("招标人解密剩余时间")
    return _window(state, label, told_at(state.closed_at), *notes)


def _attributing(state: Opening, events: Sequence[Seen]) -> Timer:
    waiting = len(unattributed(state))
    failed = sum(not bid.opened for bid in state.finals())
    if not failed:
        opened = len(state.finals())
        return Timer("ok", _("解密完成"), value=f"{opened} / {opened}", notes=(_("等待主持人宣布唱标"),))
    note = _("等待主持人认定未解密原因") if waiting else _("等待主持人宣布唱标")
    ruled = failed - waiting
    return Timer("run", _("未解密原因认定"), value=f"{ruled} / {failed}", part=100 * ruled // failed, notes=(note,))


def _announcing(state: Opening, events: Sequence[Seen]) -> Timer:
    opened = sum(bid.opened for bid in state.finals())
    total = len(state.finals())
    words = _("%(n)d 份开标一览表已公布", n=opened)
    return Timer("run", _("唱标"), value=f"{opened} / {total}", part=100 * opened // max(total, 1), notes=(words,))


def _objections(state: Opening, events: Sequence[Seen]) -> Timer:
    waiting = sum(each.answered_at is None for each in state.objections.values())
    note = (_("%(n)d 项异议待答复", n=waiting),) if waiting else ()
    return _window(state, _("异议提出剩余时间"), began("LastCallOpened", events), *note)


def _confirming(state: Opening, events: Sequence[Seen]) -> Timer:
    bidders = state.bidders()
    answered = len(set(bidders) & set(state.confirmations))
    note = _("%(n)d / %(of)d 家已答复", n=answered, of=len(bidders))
    return _window(state, _("确认剩余时间"), began("ConfirmationOpened", events), note)


def _closed(state: Opening, events: Sequence[Seen]) -> Timer:
    return Timer("ok", _("开标"), value=_("已结束"), notes=(_at(state),))


def _at(state: Opening) -> str:
    return local(state.ended_at) if state.ended_at else ""


CARDS: Mapping[Phase, Callable[[Opening, Sequence[Seen]], Timer]] = {
    P.SCHEDULED: _scheduled,
    P.SIGN_IN: _sign_in,
    P.EXTRACTED: _extracted,
    P.CHECKED: _checked,
    P.DECRYPTING: _decrypting,
    P.CLOSING: _closing,
    P.ATTRIBUTING: _attributing,
    P.ANNOUNCING: _announcing,
    P.OBJECTIONS: _objections,
    P.CONFIRMING: _confirming,
    P.CLOSED: _closed,
}


def signers() -> Mapping[str, str]:
    """Who signs the record, in words."""
    return {"host": _("主持人"), "tenderee": _("招标人"), "supervisor": _("行政监督")}


def signed(state: Opening) -> tuple[tuple[str, str], ...]:
    """Each who signs the record, and when it did (RFC 3339, nothing for not yet)."""
    return tuple((words, told_at(state.signatures.get(Role(role)))) for role, words in signers().items())
