"""How often somebody may try: so many at once, refilled with time. In memory, for one process."""

from __future__ import annotations

import time
from collections.abc import Callable

from bidroom.facts import Refused

KEEP = 10_000
"""Names that are remembered; the ones that waited longest are forgotten first."""


class Throttle:
    """`most` tries at once, and one more every `seconds`."""

    def __init__(self, most: int, seconds: float, now: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._seconds = seconds
        self._now = now
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, *names: str) -> None:
        """One try of each of these; Refused("too_many_requests") with how many seconds to wait."""
        for name in names:
            self._take(name)

    def _take(self, name: str) -> None:
        now = self._now()
        left, at = self._left.pop(name, (float(self._most), now))
        left = min(float(self._most), left + (now - at) / self._seconds)
        self._left[name] = (max(left - 1, 0.0), now)
        while len(self._left) > KEEP:
            del self._left[next(iter(self._left))]
        if left < 1:
            raise Refused("too_many_requests", retry_after=max(1, round((1 - left) * self._seconds)))
