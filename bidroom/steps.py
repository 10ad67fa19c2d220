"""What the clock owes, as commands: one step of one stream, and what the ticker needs to know of all streams."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from bidroom.crypto.canonical import canonical, sha256_hex
from bidroom.facts import Command
from bidroom.machine import Due
from bidroom.ports import Clock

Worker = Callable[[str, Due], Mapping[str, Any]]
"""Heavy work for a step: (stream, due) to the evidence that its command needs. Runs off the hub."""


class Agenda(Protocol):
    """Which streams to look at, and the heartbeat; `storage.agenda` provides it."""

    def due(self, now: datetime) -> list[str]:
        """The streams whose clock must be looked at by now."""
        ...

    def next_due(self, after: datetime) -> datetime | None:
        """The first due time after this one."""
        ...

    def ticking(self) -> list[str]:
        """The tenders that have a clock running."""
        ...

    def heartbeat(self) -> datetime | None:
        """When the server last was known to run."""
        ...

    def beat(self, at: datetime) -> None:
        """The server runs at `at`."""
        ...


class TickClock(Clock, Protocol):
    """A clock that may run faster than the real one."""

    @property
    def speed(self) -> float:
        """Seconds of its time in a real second."""
        ...


@dataclass(frozen=True)
class Step:
    """One thing that the clock owes one stream, as seen when the stream had `size` entries."""

    stream: str
    size: int
    due: Due

    @property
    def key(self) -> tuple[str, str, int | None]:
        """What it is, whatever else happens meanwhile."""
        return (self.stream, self.due.type, self.due.lot)

    def command(self, evidence: Mapping[str, Any]) -> Command:
        """The command; two processes that see the same state give it the same id."""
        return clock_command(self.stream, self.due, str(self.size), evidence)


def clock_command(stream: str, due: Due, seen: str, evidence: Mapping[str, Any] | None = None) -> Command:
    """A command of the actor `clock`, its id derived from what is due where, and from what was `seen`."""
    body = dict(due.body)
    name = "\0".join((stream, due.type, str(due.lot), seen))
    return Command(
        id=hashlib.sha256(name.encode()).hexdigest()[:32],
        stream=stream,
        type=due.type,
        body=body,
        lot=due.lot,
        digest=sha256_hex(canonical({"v": 1, "stream": stream, "type": due.type, "lot": due.lot, "body": body})),
        evidence=evidence or {},
    )
