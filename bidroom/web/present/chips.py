"""A chip: an icon, a word and perhaps a time; never colour alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bidroom.facts import rfc3339
from bidroom.web.i18n import gettext as _


@dataclass(frozen=True, slots=True)
class Chip:
    """`kind` is ok, info, warn, bad, wait, run or mute; `at` RFC 3339; `more` a further word after it."""

    kind: str
    icon: str
    text: str
    at: str = ""
    more: str = ""

    @property
    def is_trouble(self) -> bool:
        """Whether somebody has to look at it."""
        return self.kind in ("bad", "warn")


def told_at(at: datetime | None) -> str:
    """RFC 3339, nothing for no time."""
    return "" if at is None else rfc3339(at)


def layers() -> Mapping[str, str]:
    """Where a bid failed to open, in words."""
    return {
        "share": _("密钥片缺失或损坏"),
        "commitment": _("密钥与承诺不符"),
        "key": _("所用证书打不开密钥片"),
        "stanza": _("密钥片存在争议"),
        "holder": _("密钥持有人未提交"),
        "payload": _("密文校验不通过"),
        "frame": _("密文结构错误"),
        "form": _("开标一览表格式不符"),
        "storage": _("平台存储的密文缺失"),
    }


def layer(name: str) -> str:
    """The layer's words; its name where it is a new one."""
    return layers().get(name, name)


def deposit(state: str) -> Chip:
    """What the record says of a deposit."""
    if state == "paid":
        return Chip("ok", "building-bank", _("已到账"))
    if state == "guarantee":
        return Chip("info", "shield-check", _("保函"))
    if state == "late":
        return Chip("warn", "clock-exclamation", _("迟到"))
    return Chip("warn", "coin-yuan", _("金额不足")) if state == "short" else Chip("bad", "x", _("未缴纳"))
