"""Times as people here read them: Beijing time, from a datetime or from RFC 3339."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bidroom.facts import instant
from bidroom.web.i18n import gettext as _

BEIJING = ZoneInfo("Asia/Shanghai")


def here(at: datetime | str) -> datetime:
    """The same instant on a Beijing clock."""
    return (instant(at) if isinstance(at, str) else at).astimezone(BEIJING)


def clock(at: datetime | str) -> str:
    """09:00:00."""
    return here(at).strftime("%H:%M:%S")


def local(at: datetime | str) -> str:
    """2026-11-20 09:00:00."""
    return here(at).strftime("%Y-%m-%d %H:%M:%S")


def length(time: timedelta) -> str:
    """1 小时 5 分 30 秒; no part that is nought, and never nothing."""
    seconds = max(int(time.total_seconds()), 0)
    hours, minutes, rest = seconds // 3600, seconds // 60 % 60, seconds % 60
    words = (
        _("%(n)d 小时", n=hours) if hours else "",
        _("%(n)d 分", n=minutes) if minutes else "",
        _("%(n)d 秒", n=rest) if rest or seconds == 0 else "",
    )
    return " ".join(filter(None, words))
