"""The next step of a bidder, and of the staff: supervisor, auditor, clerk."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bidroom.facts import Role
from bidroom.opening.state import Bid, Opening, Phase
from bidroom.web.i18n import gettext as _
from bidroom.web.present.steps import DONE, LATER, WAIT, Step, clock, deadline, do, ended, suspended, wait

P = Phase
DESK, AUDIT = "desk.desk", "audit.page"


# --- a bidder, by what it did itself


def bidder_step(opening: Opening, organization: str) -> Step | None:
    """What a bidder does next; None where it has no part in this tender and can have none any more."""
    if opening.phase in (P.SCHEDULED, P.SIGN_IN):
        return _before_the_deadline(opening, organization)
    if not any(bid.final and bid.organization == organization for bid in opening.bids.values()):
        return None
    over = ended(opening)
    if over is not None:
        return over
    finals = tuple(bid for bid in opening.finals() if bid.organization == organization)
    if not finals:
        return wait(_("所投标段已终止"))
    return BIDDER[opening.phase](opening, organization, finals)


def _before_the_deadline(opening: Opening, organization: str) -> Step:
    mine = [bid for bid in opening.bids.values() if bid.organization == organization]
    if not any(bid.live for bid in mine):
        what = _("投标文件已撤回，截止前可以重新递交") if mine else _("递交投标文件")
        return Step(what, LATER, DESK, _("去递交"), "file-upload", deadline(opening))
    if opening.phase == P.SCHEDULED:
        until = opening.the_timeline.sign_in
        return Step(_("投标文件已递交，签到开始后请签到"), WAIT, DESK, _("查看"), "circle-check", until)
    if organization in opening.signed_in:
        return wait(_("已签到，等待投标截止"), deadline(opening))
    return do(_("签到"), _("去签到"), "login-2", deadline(opening))


def _checked(opening: Opening, organization: str, finals: tuple[Bid, ...]) -> Step:
    if organization not in opening.signed_in:
        return do(_("尚未签到，请补签到"), _("去签到"), "login-2")
    return wait(_("等待主持人下达解密指令"))


def _decrypting(opening: Opening, organization: str, finals: tuple[Bid, ...]) -> Step:
    if any(bid.released_at is None for bid in finals):
        return do(_("提交解密密钥"), _("去提交"), "lock-open", clock(opening))
    return wait(_("已提交密钥，等待解密结束"), clock(opening))


def _objecting(opening: Opening, organization: str, finals: tuple[Bid, ...]) -> Step:
    what = _("核对开标一览表，有异议请当场提出")
    return Step(what, LATER, "room.room", _("去核对"), "messages", clock(opening))


def _confirming(opening: Opening, organization: str, finals: tuple[Bid, ...]) -> Step:
    if organization not in opening.confirmations:
        return do(_("确认开标记录"), _("去确认"), "signature", clock(opening))
    return wait(_("已答复开标记录，等待开标结束"), clock(opening))


BIDDER: Mapping[Phase, Callable[[Opening, str, tuple[Bid, ...]], Step]] = {
    P.EXTRACTED: _checked,
    P.CHECKED: _checked,
    P.DECRYPTING: _decrypting,
    P.CLOSING: lambda o, who, finals: wait(_("等待招标人解密"), clock(o)),
    P.ATTRIBUTING: lambda o, who, finals: wait(_("等待主持人认定未解密的投标文件")),
    P.ANNOUNCING: _objecting,
    P.OBJECTIONS: _objecting,
    P.CONFIRMING: _confirming,
    P.SUSPENDED: lambda o, who, finals: suspended(o),
}


# --- the staff


def supervisor_step(opening: Opening) -> Step | None:
    """The rooms that are live, the record to be signed; what is over is the record's page's."""
    if opening.phase in (P.CLOSED, P.TERMINATED):
        return None
    if opening.phase == P.SCHEDULED:
        return wait(_("投标进行中，等待签到开始"), opening.the_timeline.sign_in)
    if opening.phase == P.SUSPENDED:
        return _suspended(opening)
    if opening.phase == P.CONFIRMING and Role.SUPERVISOR not in opening.signatures:
        return do(_("签署开标记录"), _("去签署"), "signature", clock(opening))
    until = deadline(opening) if opening.phase == P.SIGN_IN else clock(opening)
    return do(_("开标进行中，请到场监督"), _("进入"), "eye", until)


def _suspended(opening: Opening) -> Step:
    pause = opening.pause
    if pause is not None and pause.role == Role.SUPERVISOR and pause.resumes_at is None:
        return do(_("宣布恢复开标的时间"), _("去宣布"), "player-play")
    return suspended(opening)


def auditor_step(opening: Opening) -> Step | None:
    """The rooms that are live, and what can be verified."""
    if opening.phase in (P.CLOSED, P.TERMINATED):
        return Step(_("下载审计包，离线核验"), DONE, AUDIT, _("去审计"), "shield-check")
    if opening.phase == P.SCHEDULED:
        return None
    if opening.phase == P.SUSPENDED:
        return suspended(opening)
    return wait(_("开标进行中"), deadline(opening) if opening.phase == P.SIGN_IN else clock(opening))


def clerk_step(opening: Opening) -> Step | None:
    """An outage whose end must be announced; deposits until the bids are extracted."""
    if opening.outage is not None:
        return do(_("系统中断已恢复，请宣布恢复"), _("去宣布"), "alert-triangle")
    if opening.phase in (P.SCHEDULED, P.SIGN_IN):
        what = _("登记并核验投标保证金")
        return Step(what, LATER, "centre.deposits", _("去登记"), "building-bank", deadline(opening))
    return None
