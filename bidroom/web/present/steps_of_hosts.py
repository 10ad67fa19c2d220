"""The next step of those who run a tender: who drafts it, who hosts its opening, the tenderee with its key."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from bidroom.facts import Actor, Command, Role
from bidroom.machine import Guard
from bidroom.opening.attribution import every_failure_is_attributed, some_bid_was_opened
from bidroom.opening.decryption import (
    every_holder_signed_a_preflight,
    every_lot_under_the_minimum_is_decided,
    some_lot_goes_on,
)
from bidroom.opening.extraction import it_holds_a_key
from bidroom.opening.guards import every_objection_is_answered
from bidroom.opening.holders import holders_missing
from bidroom.opening.state import Opening, Phase
from bidroom.registry.tenders import Tender
from bidroom.web.i18n import gettext as _
from bidroom.web.present.steps import LATER, WAIT, Step, clock, deadline, do, ended, suspended, wait

P = Phase
NOTICE = "notices.draft"
BLANK = Command(id="", stream="", type="", body={})
"""What is asked where a guard looks at the state alone."""


def holds(guard: Guard, opening: Opening, now: datetime, organization: str | None = None) -> bool:
    """Whether this statement of the rules is true as things stand."""
    return guard(opening, BLANK, Actor(organization=organization), now)


def owner_step(tender: Tender, organization: str) -> Step | None:
    """Before the publication: who drafted it brings the notice."""
    if tender.owner != organization:
        return None
    if tender.phase == "submitted":
        return Step(_("等待交易中心审核招标公告"), WAIT, NOTICE, _("查看"), "hourglass")
    if tender.terms is not None:
        return do(_("招标公告被退回，修改后重新提交"), _("去修改"), "arrow-back-up", page=NOTICE)
    return Step(_("编制并提交招标公告"), LATER, NOTICE, _("去编制"), "edit")


# --- the host


def host_step(opening: Opening, now: datetime) -> Step:
    """What the host does next; an objection comes first, as nothing ends without its answer."""
    over = ended(opening)
    if over is not None:
        return over
    if opening.phase != P.SUSPENDED and not holds(every_objection_is_answered, opening, now):
        return do(_("答复异议"), _("去答复"), "messages")
    return HOST[opening.phase](opening, now)


def _checked(opening: Opening, now: datetime) -> Step:
    if not holds(every_lot_under_the_minimum_is_decided, opening, now):
        return do(_("决定投标人或保证金不足规定数量的标段"), _("去决定"), "gavel")
    if not holds(some_lot_goes_on, opening, now):
        return do(_("各标段均不再开标，终止开标"), _("去终止"), "circle-x")
    if not holds(every_holder_signed_a_preflight, opening, now):
        return wait(_("等待招标人预检密钥"))
    return do(_("下达解密指令"), _("去下达"), "key")


def _attributing(opening: Opening, now: datetime) -> Step:
    if not holds(every_failure_is_attributed, opening, now):
        return do(_("认定未解密投标文件的原因"), _("去认定"), "gavel")
    if not holds(some_bid_was_opened, opening, now):
        return do(_("没有可以唱标的投标文件，终止开标"), _("去终止"), "circle-x")
    return do(_("公布开标一览表并唱标"), _("去唱标"), "speakerphone")


def _objections(opening: Opening, now: datetime) -> Step:
    if opening.outage is not None or (opening.clock is not None and now <= opening.clock):
        return wait(_("最后征询异议进行中"), clock(opening))
    return do(_("提交开标记录供确认"), _("去提交"), "file-text")


def _confirming(opening: Opening, now: datetime) -> Step:
    if Role.HOST not in opening.signatures:
        return do(_("签署开标记录"), _("去签署"), "signature", clock(opening))
    return wait(_("等待各方确认开标记录"), clock(opening))


def _suspended(opening: Opening, now: datetime) -> Step:
    pause = opening.pause
    if pause is not None and pause.resumes_at is None and pause.role != Role.SUPERVISOR:
        return do(_("宣布恢复开标的时间"), _("去宣布"), "player-play")
    return suspended(opening)


HOST: Mapping[Phase, Callable[[Opening, datetime], Step]] = {
    P.SCHEDULED: lambda o, now: wait(_("投标进行中，等待签到开始"), o.the_timeline.sign_in),
    P.SIGN_IN: lambda o, now: wait(_("签到进行中，等待投标截止"), deadline(o)),
    P.EXTRACTED: lambda o, now: wait(_("系统正在核对投标文件")),
    P.CHECKED: _checked,
    P.DECRYPTING: lambda o, now: wait(_("投标人正在提交密钥"), clock(o)),
    P.CLOSING: lambda o, now: wait(_("等待招标人解密"), clock(o)),
    P.ATTRIBUTING: _attributing,
    P.ANNOUNCING: lambda o, now: do(_("唱标后发起最后征询异议"), _("去征询"), "messages"),
    P.OBJECTIONS: _objections,
    P.CONFIRMING: _confirming,
    P.SUSPENDED: _suspended,
}


# --- the tenderee


def tenderee_step(opening: Opening, organization: str, now: datetime) -> Step:
    """The tenderee tries its key, releases it, signs the record."""
    over = ended(opening)
    if over is not None:
        return over
    is_to_try = organization not in opening.preflights and holds(it_holds_a_key, opening, now, organization)
    if opening.phase == P.CHECKED and is_to_try and opening.finals():
        return do(_("预检招标人密钥"), _("去预检"), "key")
    if opening.phase == P.CLOSING and _owes(opening, organization):
        return do(_("提交招标人密钥"), _("去提交"), "lock-open", clock(opening))
    if opening.phase == P.CONFIRMING and Role.TENDEREE not in opening.signatures:
        return do(_("签署开标记录"), _("去签署"), "signature", clock(opening))
    return _watches(opening)


def _owes(opening: Opening, organization: str) -> bool:
    """Whether it holds a key of a slot that still owes its pieces."""
    slots = (opening.the_terms.slot(name) for name in holders_missing(opening))
    return any(holder.organization == organization for slot in slots for holder in slot.holders)


def _watches(opening: Opening) -> Step:
    if opening.phase == P.SUSPENDED:
        return suspended(opening)
    if opening.phase == P.SCHEDULED:
        return wait(_("投标进行中，等待签到开始"), opening.the_timeline.sign_in)
    if opening.phase == P.SIGN_IN:
        return wait(_("签到进行中，等待投标截止"), deadline(opening))
    return wait(_("开标进行中"), clock(opening))
