"""When the conductor lets time run, how far, and when it gives up."""

from __future__ import annotations

import io
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from bidroom.facts import Refused, instant, rfc3339
from bidroom.rehearsal.director import Conductor
from bidroom.rehearsal.place import Turn
from bidroom.rehearsal.show import Show
from bidroom.rehearsal.told import Told

NOW = datetime(2026, 12, 1, 1, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)


@dataclass
class Clock:
    """A server of which one sees the clock alone; it stands still but for jumps."""

    now: datetime = NOW
    due: datetime | None = None
    jumps: list[datetime] = field(default_factory=list)

    def get(self, _: str) -> dict[str, Any]:
        return {"now": rfc3339(self.now), "next_due": self.due and rfc3339(self.due), "busy": False}

    def post(self, _: str, asked: dict[str, str]) -> None:
        self.now = instant(asked["to"])
        self.jumps.append(self.now)


@dataclass
class Listener:
    """A party that only listens, and is given its news by the test."""

    news: Callable[[Listener], bool]
    name: str = "旁观者1"
    told: Told = field(default_factory=Told)
    rounds: int = 0

    def ask_round(self, _: datetime) -> Future[Turn]:
        self.rounds += 1
        turn: Future[Turn] = Future()
        turn.set_result(Turn(self.news(self), None))
        return turn


def conductor(clock: Clock, listener: Listener) -> Conductor:
    client: Any = clock
    cast: Any = SimpleNamespace(parties=(listener,), host=listener)
    return Conductor(client, cast, Show(Console(file=io.StringIO())))


def ends_in(rounds: int) -> Callable[[Listener], bool]:
    """News of the end, which comes so late."""

    def news(listener: Listener) -> bool:
        if listener.rounds == rounds:
            listener.told.phase = "closed"
        return listener.rounds == rounds

    return news


def test_the_end_may_be_told_late_while_nothing_else_is_due() -> None:
    clock, listener = Clock(), Listener(ends_in(5))
    conductor(clock, listener).run()
    assert (listener.rounds, clock.jumps) == (5, [])


def test_a_long_silence_is_given_up_with_who_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bidroom.rehearsal.director.STUCK", 0.1)
    with pytest.raises(Refused, match="rehearsal_is_stuck") as refused:
        conductor(Clock(), Listener(lambda _: False)).run()
    assert refused.value.details["waiting"] == ["旁观者1:scheduled"]


def test_time_runs_to_what_is_due_first_and_never_beyond_where_it_is_to_stop() -> None:
    clock = Clock(due=NOW + 3 * HOUR)
    conductor(clock, Listener(lambda _: False)).run(NOW + HOUR)
    assert clock.jumps == [NOW + HOUR]


def test_before_it_stops_whoever_has_something_to_do_does_it() -> None:
    listener = Listener(lambda each: each.rounds < 4)
    clock = Clock()
    conductor(clock, listener).run(NOW)
    assert (listener.rounds, clock.jumps) == (4, [])
