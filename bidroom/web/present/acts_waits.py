"""What the opening waits for, as one seat is told: who is to move, and until when."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from bidroom.facts import Role
from bidroom.opening.attribution import unattributed
from bidroom.opening.holders import holders_missing
from bidroom.opening.state import Opening, Phase
from bidroom.opening.visibility import RUN_AND_WATCH
from bidroom.web.i18n import gettext as _
from bidroom.web.present.chips import told_at


@dataclass(frozen=True, slots=True)
class Wait:
    """One sentence, and when that is over (RFC 3339, empty where nobody knows); `is_over`: nothing comes after it."""

    text: str
    until: str = ""
    is_over: bool = False


def wait_of(opening: Opening, role: Role, seat: Role, organization: str | None) -> Wait:
    """Why there is nothing to do now, or what is going on; `role` is the audience, `seat` what one is to oneself."""
    if opening.phase in (Phase.SCHEDULED, Phase.SIGN_IN):
        return _before(opening, seat, organization)
    waits: Mapping[Phase, Callable[[], tuple[str, datetime | None]]] = {
        Phase.DRAFT: lambda: (_("招标公告尚未发布"), None),
        Phase.EXTRACTED: lambda: (_("投标已截止，系统正在核验最终投标文件"), None),
        Phase.CHECKED: lambda: (_checked(opening, role), None),
        Phase.DECRYPTING: lambda: (_decrypting(opening, seat, organization), opening.clock),
        Phase.CLOSING: lambda: _closing(opening),
        Phase.ATTRIBUTING: lambda: (_attributing(opening), None),
        Phase.ANNOUNCING: lambda: (_("唱标进行中，主持人随后询问异议"), None),
        Phase.OBJECTIONS: lambda: (_("正在听取异议，时间结束后提交开标记录确认"), opening.clock),
        Phase.CONFIRMING: lambda: (_("等待各方确认并签署开标记录"), opening.clock),
        Phase.CLOSED: lambda: (_("开标结束，可以查看开标记录"), None),
        Phase.SUSPENDED: lambda: _suspended(opening),
        Phase.TERMINATED: lambda: (_("开标已终止，可以查看开标记录"), None),
    }
    text, until = waits[opening.phase]()
    return Wait(text, told_at(until), is_over=opening.phase in (Phase.CLOSED, Phase.TERMINATED))


def _before(opening: Opening, seat: Role, organization: str | None) -> Wait:
    """Before the deadline nobody is told of anybody but itself."""
    has_bid = any(bid.live and bid.organization == organization for bid in opening.bids.values())
    if seat is Role.BIDDER and not has_bid:
        return Wait(_("贵单位还没有递交投标文件，截止前可在投标工作台递交"), told_at(opening.deadline))
    if opening.phase is Phase.SCHEDULED:
        return Wait(_("尚未到签到时间"), told_at(opening.the_timeline.sign_in))
    if seat is Role.BIDDER and organization in opening.signed_in:
        return Wait(_("已签到，等待投标截止"), told_at(opening.deadline))
    return Wait(_("签到进行中，等待投标截止"), told_at(opening.deadline))


def _checked(opening: Opening, role: Role) -> str:
    """Only those who are told of a preflight know whether there was one."""
    if role not in RUN_AND_WATCH:
        return _("等待招标人预检和主持人的解密指令")
    return _("等待主持人下达解密指令") if opening.preflights else _("等待招标人签署解密预检")


def _decrypting(opening: Opening, seat: Role, organization: str | None) -> str:
    mine = [bid for bid in opening.finals() if bid.organization == organization]
    missing = sum(bid.released_at is None for bid in opening.finals())
    if seat is Role.BIDDER and mine and all(bid.released_at for bid in mine):
        return _("密钥已提交，还有 %(n)d 份待提交", n=missing)
    return _("等待投标人提交密钥，还有 %(n)d 份", n=missing)


def _closing(opening: Opening) -> tuple[str, datetime | None]:
    if holders_missing(opening):
        return _("等待招标人提交密钥"), opening.clock
    return _("密钥已齐，系统正在解密"), None


def _attributing(opening: Opening) -> str:
    if unattributed(opening):
        return _("等待主持人认定解密失败的原因")
    return _("等待主持人公布开标一览表")


def _suspended(opening: Opening) -> tuple[str, datetime | None]:
    pause = opening.pause
    if pause is None or pause.resumes_at is None:
        return _("开标已中止，等待公布恢复时间"), None
    return _("开标已中止，到时自动恢复"), pause.resumes_at
