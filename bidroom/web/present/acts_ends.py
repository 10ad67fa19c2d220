"""What host and supervisor can do at any time: end a lot, end it all, suspend, say when it goes on."""

from __future__ import annotations

from collections.abc import Iterator

from bidroom.facts import Actor, Role
from bidroom.opening.attribution import unattributed
from bidroom.opening.state import Opening, Phase
from bidroom.web.i18n import gettext as _
from bidroom.web.present.acts_forms import Act, Choice, Field, reason, with_lot
from bidroom.web.present.acts_host import somewhere_to_go


def end_lot(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """One for each lot that lives, where there are several; the only one is ended by ending it all as well."""
    for lot in opening.live_lots:
        yield Act(
            "EndLot",
            with_lot(opening, _("终止标段"), lot.no),
            "ban",
            lot=lot.no,
            fields=(reason(_("终止理由")),),
            title=with_lot(opening, _("终止标段"), lot.no),
            told=tuple(_end_told()),
            done=_("标段已终止"),
            is_grave=True,
        )


def _end_told() -> Iterator[str]:
    yield _("本标段的开标到此为止，不能恢复。")
    yield _("尚未解密的投标文件永久保持加密，已提交的密钥立即销毁。")
    yield _("其他标段不受影响；保证金按规定退还。")


def terminate_opening(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """All of it; the one thing left where nothing can go on."""
    dead_end = _is_dead_end(opening) and role is Role.HOST
    yield Act(
        "TerminateOpening",
        _("终止开标"),
        "player-stop",
        fields=(reason(_("终止理由")),),
        title=_("终止开标"),
        told=(
            _("全部标段的开标到此为止，不能恢复，开标记录载明终止理由。"),
            _("尚未解密的投标文件永久保持加密，已提交的密钥立即销毁。"),
            _("保证金按规定退还；依法应当重新招标的，重新招标。"),
        ),
        done=_("开标已终止"),
        is_main=dead_end,
        is_grave=True,
    )


def _is_dead_end(opening: Opening) -> bool:
    if opening.phase is Phase.CHECKED:
        return not somewhere_to_go(opening)
    opened = any(bid.opened for bid in opening.finals())
    return opening.phase is Phase.ATTRIBUTING and not opened and not unattributed(opening)


def suspend_opening(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """Everything stands still."""
    told = [_("所有倒计时立即停止，恢复后从剩余时间继续。"), _("恢复时间须另行公布。")]
    if role is Role.SUPERVISOR:
        told.append(_("由行政监督中止的，只能由行政监督恢复。"))
    yield Act(
        "SuspendOpening", _("中止开标"), "player-pause", fields=(reason(_("中止理由")),),
        title=_("中止开标"), told=tuple(told), done=_("开标已中止"), is_grave=True,
    )  # fmt: skip


def announce_resumption(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """When it goes on; may be said anew."""
    pause = opening.pause
    notice = int(opening.pack.resume_notice.total_seconds()) // 60
    hours = int(opening.pack.resume_notice_after.total_seconds()) // 3600
    hint = _("中止超过 %(hours)d 小时的，至少提前 %(minutes)d 分钟公布", hours=hours, minutes=notice)
    choices = tuple(Choice(str(n), _("%(n)d 分钟后", n=n)) for n in (1, 5, 10, 15, 30, 35, 60, 120))
    at = Field("at", _("恢复时间"), "select", "after", choices, value="5", hint=hint)
    is_new = pause is not None and pause.resumes_at is None
    yield Act(
        "AnnounceResumption", _("公布恢复时间") if is_new else _("更改恢复时间"), "player-play", fields=(at,),
        title=_("公布恢复开标的时间"), done=_("恢复时间已公布"), is_main=is_new,
    )  # fmt: skip
