"""What every story about an opening ends with: its log keeps the invariants, and an auditor's replay agrees."""

from __future__ import annotations

from bidroom.facts import StreamKind
from bidroom.machine import begin
from bidroom.replay import replay
from bidroom.rules import TABLES
from tests.builders import World
from tests.opening.invariants import Chronicle


def audited(world: World) -> World:
    """The same world, its whole log told to the chronicle and decided again."""
    chronicle = Chronicle()
    for entries, effects in world.history:
        chronicle.act(entries, effects)
        chronicle.check()
    *_, (state, _) = replay(TABLES, world.log, begin(TABLES, StreamKind.TENDER))
    assert dict(state) == dict(world.states[world.plan.id])
    return world
