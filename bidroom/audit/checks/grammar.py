"""3. Every fact was allowed in its state for its actor: the table that runs the room decides the log again."""

from __future__ import annotations

from collections.abc import Iterator

from bidroom.audit.findings import Finding, Found, attempt
from bidroom.audit.layout import entry_file, has_ended
from bidroom.audit.material import Material
from bidroom.facts import Entry, StreamKind
from bidroom.machine import State, begin, fold
from bidroom.replay import acts, replay
from bidroom.rules import TABLES


def check(material: Material) -> Iterator[Found]:
    """Each act from the state before it, so that one forbidden act hides no other."""
    if material.unreadable is not None:
        yield material.unreadable
    if material.unfolded is not None:
        yield material.unfolded
    state, broken = begin(TABLES, StreamKind.TENDER), material.unfolded
    for act in acts(material.entries):
        if broken is not None and act[-1].seq >= (broken.seq or 0):
            break
        yield from attempt(entry_file(act[0].seq), act[0].seq, _decide, act, state)
        for entry in act:
            state = fold(TABLES, state, entry)
    if not has_ended(material.opening):
        last = len(material.entries) - 1
        yield Finding("opening_has_not_ended", entry_file(last), last, {"phase": str(material.opening.phase)})


def _decide(act: tuple[Entry, ...], state: State) -> None:
    for _ in replay(TABLES, act, state):
        pass
