"""All tables of the house, in the order in which they are asked."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bidroom.facts import Actor, Command, Fact, Refused
from bidroom.machine import State, Table
from bidroom.opening.rules import OPENING
from bidroom.registry import bids
from bidroom.registry.centre import CENTRE_TABLE
from bidroom.registry.organizations import ORGANIZATIONS
from bidroom.registry.tenders import TENDERS

TABLES: tuple[Table, ...] = (CENTRE_TABLE, ORGANIZATIONS, TENDERS, OPENING)

REFUSAL_FACTS: Mapping[str, Callable[[State, Command, Actor, Refused], Fact | None]] = {
    "SubmitBid": lambda state, command, actor, refused: bids.refusal(state["tender"], command, actor, refused),
}
"""Commands whose refusal is itself a fact of the stream."""

WAITS = frozenset({"ExtractBids", "CloseRelease"})
"""Steps of the clock that wait until nothing stamped earlier is undecided."""
