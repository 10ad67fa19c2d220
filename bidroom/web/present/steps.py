"""One step that somebody may take next, and how urgent it is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime

from bidroom.opening.state import Opening, Phase
from bidroom.web.i18n import gettext as _

NOW, LATER, WAIT, DONE = range(4)
"""It can be done and somebody waits for it; it has time; others are to move; nothing is left to do."""


@dataclass(frozen=True, slots=True)
class Step:
    """What to do in words, the page where it is done and the word on its button; `until` when that time is over."""

    what: str
    urgency: int
    page: str
    button: str
    icon: str
    until: datetime | None = None

    def at_once(self) -> Step:
        """The same, now."""
        return replace(self, urgency=NOW)


def do(what: str, button: str, icon: str, until: datetime | None = None, page: str = "room.room") -> Step:
    """Something to be done now."""
    return Step(what, NOW, page, button, icon, until)


def wait(what: str, until: datetime | None = None) -> Step:
    """Others are to move; one may watch."""
    return Step(what, WAIT, "room.room", _("进入"), "hourglass", until)


def deadline(opening: Opening) -> datetime | None:
    """The deadline, None while an outage holds it."""
    return None if opening.outage is not None else opening.deadline


def clock(opening: Opening) -> datetime | None:
    """When the window that runs is over, None while an outage holds it."""
    return None if opening.outage is not None else opening.clock


def ended(opening: Opening) -> Step | None:
    """For everybody: the opening is over, or it is suspended and will go on by itself."""
    if opening.phase == Phase.CLOSED:
        return Step(_("开标结束，可以查看开标记录"), DONE, "record.page", _("查看"), "file-text")
    if opening.phase == Phase.TERMINATED:
        return Step(_("开标已终止，可以查看开标记录"), DONE, "record.page", _("查看"), "circle-x")
    return None


def suspended(opening: Opening) -> Step:
    """Nothing can be done until it goes on."""
    pause = opening.pause
    if pause is not None and pause.resumes_at is not None:
        return wait(_("开标已中止，恢复时间已宣布"), pause.resumes_at)
    return wait(_("开标已中止，等待宣布恢复时间"))
