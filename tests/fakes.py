"""Stand-ins for the world: a clock that stands still until it is told to go on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

NOON = datetime(2026, 9, 18, 4, 0, tzinfo=UTC)
"""Twelve o'clock in Shanghai."""


class FakeClock:
    """Implements `ports.Clock`; only `go` and `set` move it."""

    speed = 1.0

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def now(self) -> datetime:
        """The time it was set to."""
        return self.at

    def go(self, **by: float) -> datetime:
        """Go on by hours=, minutes=, seconds=; the new time."""
        self.at += timedelta(**by)
        return self.at

    def set(self, at: datetime) -> None:
        """Stand at this time."""
        self.at = at
