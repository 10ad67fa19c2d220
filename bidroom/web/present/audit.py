"""What can be checked of a tender, by whom and with what."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from bidroom.audit.report import CHECKS
from bidroom.facts import Role
from bidroom.opening.state import Opening, Phase
from bidroom.web.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log's last signed state: how many entries, the root over them, the signed note itself."""

    size: int
    root: str
    note: str


@dataclass(frozen=True, slots=True)
class Download:
    """One bundle: its kind, its words, whether it is there yet."""

    kind: str
    name: str
    says: str
    ready: bool


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that a verifier looks at."""

    name: str
    says: str


def downloads(opening: Opening, roles: Collection[Role]) -> tuple[Download, ...]:
    """The public bundle, and for auditors theirs; both once the opening has ended."""
    ready = opening.phase in (Phase.CLOSED, Phase.TERMINATED)
    public = Download(
        "public", _("公开审计包"), _("含全部日志、签名、密文头与报价证明，不含投标文件正文和个人信息"), ready
    )
    auditor = Download("auditor", _("审计专用包"), _("另含打开投标文件正文所需的密钥片与核对个人信息所需的数据"), ready)
    return (public, auditor) if Role.AUDITOR in roles else (public,)


def checks() -> tuple[Check, ...]:
    """What `bidroom audit verify` of this version looks at, in its order (docs/log.md)."""
    words = _checks()
    return tuple(words[each.name] for each in CHECKS if each.run is not None)


def _checks() -> dict[str, Check]:
    return {
        "tree": Check(_("日志完整"), _("每一条记录都在，次序未变，检查点前后一致，签名有效")),
        "time_stamps": Check(_("时间戳"), _("可信时间戳对应这些检查点")),
        "grammar": Check(_("程序合规"), _("每一步在当时的阶段都是允许的，由有权的人作出")),
        "signatures": Check(_("签名"), _("招标条款、时间安排和每项指令都由证书持有人签署")),
        "bids": Check(_("投标文件"), _("密文与回执一致，投标人证书在当时有效")),
        "finals": Check(_("最终清单"), _("截止时的投标文件一份不多、一份不少")),
        "releases": Check(_("解密次序"), _("密钥只在规定时限内提交，先投标人，后招标人")),
        "keys": Check(_("密钥相符"), _("提交的密钥正是投标截止前承诺的那一把")),
        "record": Check(_("唱标与记录"), _("唱出的数值等于解密的数值，开标记录与事实一致")),
        "platform_log": Check(_("平台日志"), _("每份回执的事项都记入了当时的平台日志")),
    }


def command(opening: Opening, kind: str) -> str:
    """What somebody types who verifies offline."""
    return f"bidroom audit verify {file_name(opening, kind)} --trust trust/"


def file_name(opening: Opening, kind: str) -> str:
    """What the bundle is called when it is downloaded."""
    return f"{opening.the_terms.number.replace('/', '-')}-{kind}.zip"
