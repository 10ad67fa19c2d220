"""Objections and their answers, the newest first."""

from __future__ import annotations

from dataclasses import dataclass

from bidroom.facts import rfc3339
from bidroom.opening.state import Objection, Opening
from bidroom.web.i18n import gettext as _
from bidroom.web.present.chips import Chip, told_at
from bidroom.web.present.labels import Labels, lot_words


@dataclass(frozen=True, slots=True)
class Message:
    """One objection: who (`mark` in one sign) and about what, times RFC 3339, `ruling` what became of it."""

    id: str
    by: str
    mark: str
    about: str
    at: str
    text: str
    ruling: Chip
    answer: str
    answered_at: str


@dataclass(frozen=True, slots=True)
class Talk:
    """All objections, and how many wait for an answer."""

    messages: tuple[Message, ...]
    waiting: int


def talk_of(state: Opening, labels: Labels) -> Talk:
    """What the room has heard of objections."""
    each = sorted(state.objections.values(), key=lambda one: (one.at, one.id), reverse=True)
    return Talk(tuple(_message(one, labels) for one in each), sum(one.answered_at is None for one in each))


def ruling(name: str | None) -> Chip:
    """成立, 不成立, 转交, or that it waits."""
    return {
        "upheld": Chip("ok", "check", _("成立")),
        "rejected": Chip("mute", "x", _("不成立")),
        "referred": Chip("info", "arrow-right", _("转交")),
    }.get(name or "", Chip("warn", "clock", _("待答复")))


def _message(one: Objection, labels: Labels) -> Message:
    return Message(
        id=one.id,
        by=labels.words(one.by, one.lot),
        mark=labels.mark(one.by, one.lot),
        about=lot_words(one.lot) if one.lot is not None and labels.several else "",
        at=rfc3339(one.at),
        text=one.text,
        ruling=ruling(one.ruling),
        answer=one.answer or "",
        answered_at=told_at(one.answered_at),
    )
