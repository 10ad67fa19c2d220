"""What supervisor, deputy and clerk can do."""

from __future__ import annotations

from collections.abc import Iterator

from bidroom.facts import Actor, Role
from bidroom.opening.state import Opening
from bidroom.web.i18n import gettext as _
from bidroom.web.i18n import pgettext
from bidroom.web.present.acts_forms import Act, Field, reason, text

HEX16 = "[0-9a-f]{32}"
USCC = "[0-9A-HJ-NPQRTUWXY]{18}"


def remind(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """A word to host and tenderee."""
    yield Act(
        "Remind", _("提醒"), "bell-ringing", fields=(text(_("提醒内容"), _("主持人、招标人可见，写入日志")),),
        title=_("监督提醒"), done=_("提醒已发出"), is_signed=False,
    )  # fmt: skip


def take_over(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """Unaided, where the host is gone."""
    told = (_("接任后由贵单位主持开标，原主持人的权限随即停止。"), _("接任及理由写入开标记录。"))
    title = pgettext("act", "接任主持人")
    yield Act(
        "TakeOver", title, "user-exclamation", fields=(reason(_("接任理由")),), title=title, told=told,
        done=_("已接任主持人"), is_grave=True,
    )  # fmt: skip


def announce_recovery(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """After an outage that held a clock."""
    if opening.outage is None:
        return
    hours = int(opening.pack.after_recovery.total_seconds()) // 3600
    told = (_("受影响的时间自恢复起顺延 %(hours)d 小时，立即公布。", hours=hours),)
    yield Act(
        "AnnounceRecovery", _("宣布系统恢复"), "refresh-alert", fields=(reason(_("中断原因与恢复情况")),),
        title=_("宣布系统恢复"), told=told, done=_("恢复已宣布"), is_main=True,
    )  # fmt: skip


def appoint_deputy(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """On the tenderee's signed letter: the tenderee or its agent at a click, another one by its number."""
    letter = Field("letter", _("招标人签署的委托函"), "file", "digest", hint=_("只在本机计算摘要，文件不上传"))
    parties = (party for party in (opening.the_terms.tenderee, opening.the_terms.agent) if party)
    for party in parties:
        if party.organization not in opening.hosts:
            told = {"organization": party.organization, "name": party.name, "uscc": party.uscc}
            yield _deputy((party.organization,), _("指定候补主持人：%(name)s", name=party.name), told, (letter,))
    fields = (
        Field(
            "organization", _("市场主体编号"), "line", pattern=HEX16, most=32, hint=_("32 位十六进制，见该主体的登记页")
        ),
        Field("name", _("单位名称"), "line", most=200),
        Field("uscc", _("统一社会信用代码"), "line", pattern=USCC, most=18),
        letter,
    )
    yield _deputy((), _("指定候补主持人"), {}, fields)


def _deputy(key: tuple[str, ...], title: str, body: dict[str, str], fields: tuple[Field, ...]) -> Act:
    told = (_("候补主持人可以随时自行接任。凭招标人签署的委托函办理。"),)
    return Act(
        "AppointDeputy", title, "user-plus", key=key, body=body, fields=fields, title=title, told=told,
        done=_("候补主持人已指定"),
    )  # fmt: skip
