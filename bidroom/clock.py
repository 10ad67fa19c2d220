"""The server's clock, and the one of a rehearsal: it runs faster, and jumps."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Protocol

from bidroom.facts import Refused, rfc3339
from bidroom.ports import Clock


class SystemClock:
    """The time of the machine. Implements `ports.Clock`."""

    speed = 1.0

    def now(self) -> datetime:
        """The time now, in UTC."""
        return datetime.now(UTC)


SYSTEM = SystemClock()


@dataclass(frozen=True, slots=True)
class Anchor:
    """At the real time `real` the demo's time was `demo`, and from there it runs `speed` times as fast."""

    demo: datetime
    real: datetime
    speed: float

    def at(self, real: datetime) -> datetime:
        """The demo's time at this real time."""
        return self.demo + (real - self.real) * self.speed


class Anchors(Protocol):
    """Where the anchor survives a crash."""

    def anchor(self) -> Anchor | None:
        """The anchor that was kept."""
        ...

    def keep_anchor(self, anchor: Anchor) -> None:
        """Keep it, and take the heartbeat forward to its demo time in the same transaction: a jump is no outage."""
        ...


class DemoClock:
    """Demo time, kept in the database so that it goes on after a crash. Implements `ports.Clock`."""

    def __init__(
        self,
        anchors: Anchors,
        demo: bool,
        speed: float,
        start: datetime | None = None,
        real: Clock = SYSTEM,
    ) -> None:
        if not demo:
            raise Refused("not_in_demo_mode")
        self.speed = speed
        self._anchors = anchors
        self._real = real.now
        self._anchor = self._resumed(start)

    def _resumed(self, start: datetime | None) -> Anchor:
        kept, real = self._anchors.anchor(), self._real()
        if kept is not None and kept.speed == self.speed:
            return kept
        fresh = Anchor(start or real if kept is None else kept.at(real), real, self.speed)
        self._anchors.keep_anchor(fresh)
        return fresh

    def now(self) -> datetime:
        """The demo's time now, in UTC."""
        return self._anchor.at(self._real())

    def jump(self, to: datetime) -> None:
        """Go forward to `to`; it writes to the database, so call it off the hub. Refused('clock_only_goes_forward')."""
        real = self._real()
        if to <= self._anchor.at(real):
            raise Refused("clock_only_goes_forward", field="to", now=rfc3339(self._anchor.at(real)))
        anchor = Anchor(to, real, self.speed)
        self._anchors.keep_anchor(anchor)
        self._anchor = anchor
