"""What happened, the newest first: one line an event of this audience, by the number that it has in its channel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bidroom.opening.state import Opening
from bidroom.opening.visibility import Seen
from bidroom.web.present.head import host_names
from bidroom.web.present.labels import Labels
from bidroom.web.present.sentences import SENTENCES, Telling

MOST = 200
"""Lines that are shown; who wants all of them reads the record or the log."""


@dataclass(frozen=True, slots=True)
class Line:
    """One event: `no` its number in the audience's channel, `at` RFC 3339."""

    no: int
    type: str
    icon: str
    tone: str
    at: str
    text: str


def chronicle_of(state: Opening, events: Sequence[Seen], labels: Labels) -> tuple[Line, ...]:
    """The last events in words."""
    names = host_names(state)
    first = max(len(events) - MOST, 0)
    lines = (_line(no, each, labels, names) for no, each in enumerate(events[first:], start=first + 1))
    return tuple(reversed(list(lines)))


def _line(no: int, event: Seen, labels: Labels, names: Mapping[str, str]) -> Line:
    told = SENTENCES[event["type"]]
    telling = Telling(event["body"], event["role"], labels.several, names, lambda label: named(label, labels))
    text = (telling.lot if told.of_a_lot else "") + told.words(telling)
    return Line(no, event["type"], told.icon, told.tone, event["time"], text)


def named(label: Any, labels: Labels) -> Any:
    """The label or labels of an event, with the names that this audience may know by now."""
    if isinstance(label, Mapping):
        return labels.renewed(label)
    return [labels.renewed(each) for each in label] if isinstance(label, Iterable) else label
