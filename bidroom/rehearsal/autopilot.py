"""Parties that play until a person takes their seat: the clock runs by itself, and nobody makes it jump."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bidroom.cli.client import Client
from bidroom.facts import Refused, instant
from bidroom.rehearsal.cast import Cast
from bidroom.rehearsal.director import STUCK
from bidroom.rehearsal.party import Duty, Party
from bidroom.rehearsal.told import Told

REST = 5.0
"""Real seconds until a duty is tried again that was refused: a person may have done it, or be about to."""
LOOKS = 0.5
"""Real seconds between two looks at the clock."""
LONG = 45.0
"""Real seconds after which it is said whom everybody waits for."""


class Pilot(Party):
    """A party that lets go while a person sits in its seat, and goes on whatever is refused to it."""

    is_taken = False
    """Whether a person acts in its place; it listens on."""
    goes_on = False
    """Whether it takes a refusal for what a person did before it; until then it is a fault."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._rests: dict[int, float] = {}
        self._said: set[str] = set()

    def _act(self, duty: Duty) -> bool:
        if self.is_taken or time.monotonic() < self._rests.get(id(duty), 0.0):
            return False
        try:
            return super()._act(duty)
        except Refused as refused:
            if not self.goes_on:
                raise
            self._rests[id(duty)] = time.monotonic() + REST
            self._tell(refused)
            return False

    def _tell(self, refused: Refused) -> None:
        """Once for each reason: that a person was quicker is no fault."""
        if refused.reason not in self._said:
            self._said.add(refused.reason)
            self.place.report(self.now, self.name, f"[{refused.reason}]")


def awaited(told: Told) -> str | None:
    """The seat that alone can move the opening on now; None where the clock or several can."""
    if told.phase == "checked":
        return "host" if told.preflights else "tenderee"
    return {"closing": "tenderee", "attributing": "host", "announcing": "host", "objections": "host"}.get(told.phase)


@dataclass
class Autopilot:
    """Lets every party look at the clock, and those step back whose seat was taken.

    `seats` are the parties in each seat, one of each opening; `tell` is given a seat that keeps everybody waiting.
    """

    client: Client
    casts: tuple[Cast, ...]
    seats: Mapping[str, tuple[Pilot, ...]]
    tell: Callable[[str], None]
    taken: frozenset[str] = frozenset()
    _phases: dict[int, tuple[str, float, bool]] = field(default_factory=dict)

    def run(self, goes_on: Callable[[], bool]) -> None:
        """Play as long as `goes_on()`; Refused("server_unreachable") where the server is gone."""
        for pilot in (party for cast in self.casts for party in cast.parties if isinstance(party, Pilot)):
            pilot.goes_on = True
        while goes_on():
            self.look()
            time.sleep(LOOKS)

    def look(self) -> None:
        """One round: who sits where, what is the time, who has something to do."""
        self._seat()
        now = instant(self.client.get("/demo/clock")["now"])
        turns = [party.ask_round(now, catch_up=False) for cast in self.casts for party in cast.parties]
        for turn in turns:
            turn.result(STUCK)
        for number, cast in enumerate(self.casts):
            self._say_who_is_awaited(number, cast.host.told)

    def _seat(self) -> None:
        told = self.client.get("/demo/seats")["seats"]
        self.taken = frozenset(seat["name"] for seat in told if seat["taken_at"] is not None)
        for name, parties in self.seats.items():
            for party in parties:
                party.is_taken = name in self.taken

    def _say_who_is_awaited(self, number: int, told: Told) -> None:
        """Once a phase, when it has lasted long and a person could move it on."""
        phase, since, said = self._phases.get(number, ("", 0.0, False))
        if phase != told.phase:
            self._phases[number] = (told.phase, time.monotonic(), False)
        elif not said and time.monotonic() - since > LONG and (seat := awaited(told)) in self.taken:
            self._phases[number] = (phase, since, True)
            self.tell(str(seat))
