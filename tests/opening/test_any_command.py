"""Anybody gives any command in any phase, at any time: whatever comes of it, the invariants hold.

HYPOTHESIS_PROFILE=thorough goes further than a push needs.
"""

from __future__ import annotations

import os
from functools import cache
from random import Random

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.opening.invariants import PLACES
from tests.opening.walk import Walk, walked

CHECKS = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]
settings.register_profile(
    "push", max_examples=60, stateful_step_count=30, deadline=None, suppress_health_check=CHECKS, derandomize=True
)
settings.register_profile(
    "thorough", max_examples=2000, stateful_step_count=60, deadline=None, suppress_health_check=CHECKS
)
PROFILE = os.environ.get("HYPOTHESIS_PROFILE", "push")
WALKS, STEPS = (5000, 80) if PROFILE == "thorough" else (144, 60)
CHANCE = st.integers(0, 2**64 - 1).map(Random)


class AnyCommand(RuleBasedStateMachine):
    """What happens is Hypothesis's choice, by whom and with what is chance's; a failure shrinks to few steps."""

    @initialize(chance=CHANCE)
    def begin(self, chance: Random) -> None:
        self.walk = Walk(chance)

    @rule(chance=CHANCE)
    def commands_of_the_phase(self, chance: Random) -> None:
        self.walk.commands_of_the_phase(chance)

    @rule(chance=CHANCE)
    def any_command(self, chance: Random) -> None:
        self.walk.any_command(chance)

    @rule(chance=CHANCE)
    def forward(self, chance: Random) -> None:
        self.walk.forward(chance)

    @rule(chance=CHANCE)
    def wait(self, chance: Random) -> None:
        self.walk.wait(chance)

    @rule(chance=CHANCE)
    def jump(self, chance: Random) -> None:
        self.walk.jump(chance)

    @rule(chance=CHANCE)
    def tick(self, chance: Random) -> None:
        self.walk.tick(chance)

    @rule(chance=CHANCE)
    def outage(self, chance: Random) -> None:
        self.walk.outage(chance)

    @invariant()
    def holds(self) -> None:
        if hasattr(self, "walk"):
            self.walk.check()

    def teardown(self) -> None:
        if hasattr(self, "walk"):
            self.walk.replay()


TestAnyCommand = AnyCommand.TestCase
TestAnyCommand.settings = settings.get_profile(PROFILE)

PARTS = 8


@cache
def facts_of(part: int) -> frozenset[str]:
    """The facts that this part of the walks made."""
    return frozenset(type for seed in range(part, WALKS, PARTS) for type in walked(seed, STEPS).world.types())


@pytest.mark.parametrize("part", range(PARTS))
def test_many_walks_by_chance(part: int) -> None:
    assert "NoticePublished" in facts_of(part)


def test_the_walks_have_made_every_fact_of_the_table() -> None:
    """All but the one that no walk can make, as all begin with a notice."""
    assert set(PLACES) - set().union(*map(facts_of, range(PARTS))) == {"NoticeReturned"}
