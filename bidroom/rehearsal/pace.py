"""How soon parties act: over the hours that people take, or so that whoever watches sees it within minutes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bidroom.facts import nothing

SPREAD = 0.4
"""Bidders act within this part of a window, one after the other."""
GROUPS = 10
MINUTE = timedelta(minutes=1)


def group(number: int, count: int) -> int:
    """The group of number `number` of `count`: many bidders act in few moments, or a rehearsal would take for ever."""
    return number if count <= GROUPS else number * GROUPS // count


@dataclass(frozen=True)
class Pace:
    """When parties act, in demo time: a rehearsal's, whose clock jumps from one act to the next.

    `host` is how long the host lets each phase last that it ends itself; the others how long those concerned wait.
    """

    host: Mapping[str, timedelta] = field(
        default_factory=lambda: {"checked": 2 * MINUTE, "attributing": 2 * MINUTE, "announcing": 5 * MINUTE}
    )
    preflight: timedelta = timedelta()
    holder: timedelta = 6 * MINUTE
    answer: timedelta = timedelta()
    objection: timedelta = timedelta()
    signatures: Mapping[str, timedelta] = field(default_factory=nothing)
    """Before host, tenderee and supervisor sign the record that is laid before them."""

    def submission(self, deadline: datetime, number: int, count: int) -> datetime:
        """When number `number` of `count` bidders submits."""
        return deadline - timedelta(days=3) + timedelta(hours=60) * group(number, count) / GROUPS

    def sign_in(self, deadline: datetime, number: int, count: int) -> datetime:
        """When a bidder signs in that does it in time."""
        return deadline - 50 * MINUTE + 4 * MINUTE * group(number, count)

    def turn(self, since: datetime, window: timedelta, number: int, count: int) -> datetime:
        """When a bidder acts in a window that began at `since`: in at most ten groups."""
        return since + window * SPREAD * (group(number, count) + 1) / (min(count, GROUPS) + 1)

    def signature(self, who: str) -> timedelta:
        """How long host, tenderee or supervisor look at the record before they sign it."""
        return self.signatures.get(who, timedelta())


ORDINARY = Pace()


@dataclass(frozen=True)
class Watched(Pace):
    """Times for those who watch, or play along in a browser: a few real seconds an act, at a clock of this speed."""

    speed: float = 1.0
    last_submits: timedelta | None = None
    """How long before the deadline the last bidder submits, where that is not when the others do."""

    @classmethod
    def at(cls, speed: float, last_submits: timedelta | None = None) -> Watched:
        """The times at this speed, out of seconds that a person takes."""
        host = {"checked": 15, "attributing": 7, "announcing": 55}
        signatures = {"host": 4, "tenderee": 7, "supervisor": 10}
        return cls(
            {phase: seconds(each, speed) for phase, each in host.items()},
            preflight=seconds(4, speed), holder=seconds(9, speed), answer=seconds(8, speed),
            objection=seconds(12, speed), signatures={who: seconds(each, speed) for who, each in signatures.items()},
            speed=speed, last_submits=last_submits,
        )  # fmt: skip

    def submission(self, deadline: datetime, number: int, count: int) -> datetime:
        """All long before, so that time may pass quickly until then; the last one when it is told to."""
        if self.last_submits is not None and number == count - 1:
            return deadline - self.last_submits
        return deadline - timedelta(days=3)

    def sign_in(self, deadline: datetime, number: int, count: int) -> datetime:
        """In the last minute, one after the other."""
        return deadline - seconds(45 - 30 * (number + 1) / (count + 1), self.speed)

    def turn(self, since: datetime, window: timedelta, number: int, count: int) -> datetime:
        """Every three seconds, or so quickly that all come in time."""
        each = min(seconds(3, self.speed), window * SPREAD / (count + 2))
        return since + each * (number + 2)


def seconds(real: float, speed: float) -> timedelta:
    """So many real seconds on a clock of this speed."""
    return timedelta(seconds=real * speed)
