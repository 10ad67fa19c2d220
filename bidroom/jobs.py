"""What the clock owes: a tick looks, dispatches each step as a command, and the scheduler says when to look again.

The truth is `due()` of each stream and the due time that stands beside it: a tick that is missed, doubled or late does
no harm. APScheduler holds a tick every second and a wake-up at the next due time, both in memory.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from apscheduler.executors.debug import DebugExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from bidroom.dispatch import Door, Pending
from bidroom.facts import CLOCK, Refused, rfc3339
from bidroom.machine import Due, Table, owed
from bidroom.ports import Concurrency
from bidroom.steps import Agenda, Step, TickClock, Worker, clock_command

HEARTBEAT = timedelta(seconds=10)
OUTAGE = timedelta(minutes=10)
"""The shortest gap that any rule pack calls an outage."""
REAL_OUTAGE = timedelta(seconds=10)
"""A demo clock runs faster than its server starts: less than this of real time is no outage there."""
HEAVY = 2
"""Workers that run at once; more would only keep the writer waiting for a thread."""
SOON = 0.2
"""Seconds until a step is tried again that had to wait for an earlier command."""
REST = 30.0
"""Seconds until failed work is tried again, and between two replays of what another process left behind."""
_RESTS = {"done": 0.0, "again": SOON, "waits": SOON, "refused": 5 * SOON, "failed": REST}
NEVER = 36_500
"""Days until a wake-up would come again. APScheduler removes a job that has no next time, and its thread dies where a
shutdown comes between; one that has a next time is only written back."""
_LOGGER = logging.getLogger(__name__)
_ORDINARY = frozenset({"earlier_is_undecided", "outage_touches_a_clock", "same_id_other_bytes"})


class Ticker:
    """Dispatches what the clock owes. `workers`: by job name, the heavy work that a step needs first."""

    def __init__(
        self,
        door: Door,
        agenda: Agenda,
        tables: Sequence[Table],
        clock: TickClock,
        concurrency: Concurrency,
        workers: Mapping[str, Worker] | None = None,
        outage_after: timedelta = OUTAGE,
    ) -> None:
        self._door = door
        self._agenda = agenda
        self._tables = tuple(tables)
        self._clock = clock
        self._concurrency = concurrency
        self._workers = dict(workers or {})
        self._outage_after = max(outage_after, REAL_OUTAGE * clock.speed)
        self._lock = concurrency.lock()
        self._ticking = self._again = self._waits = False
        self._looked: datetime | None = None
        self._working: set[tuple[str, str, int | None]] = set()
        self._resting: dict[tuple[str, str, int | None], float] = {}
        self._replayed = -REST
        self._scheduler: BackgroundScheduler | None = None

    # --- when ---

    def start(self) -> None:
        """Begin to tick. The first tick is over when this returns: an outage is known before anyone is served."""
        self.tick()
        every = max(0.1, min(1.0, 60 / self._clock.speed))
        self._scheduler = BackgroundScheduler(
            timezone=UTC,
            executors={"default": DebugExecutor()},  # it only spawns the tick
            job_defaults={"misfire_grace_time": None, "coalesce": True, "max_instances": 8},
        )
        self._scheduler.add_job(self._spawn, "interval", seconds=every, id="tick")
        self._scheduler.start()
        self._again = False
        self.wake()

    def stop(self) -> None:
        """Tick no more; returns when the last one is over. Heavy work that runs is not waited for."""
        if self._scheduler is not None:
            self._scheduler.shutdown(wait=False)
            self._scheduler = None
        while self._ticking:
            self._concurrency.sleep(0.01)

    def wake(self) -> None:
        """Look at once: something was committed, or the clock has jumped."""
        if not self._again:
            self._again = True
            self._wake_in("now", 0)

    @property
    def busy(self) -> bool:
        """Whether a step is being dispatched, worked on or tried again, or has come due and is not looked at yet."""
        resting = any(until > time.monotonic() for until in list(self._resting.values()))
        if self._again or self._ticking or self._working or resting or self._looked is None:
            return True
        came = self._agenda.next_due(self._looked)
        return came is not None and came <= self._clock.now()

    def next_due(self) -> datetime | None:
        """When the next step of any stream is due."""
        return self._agenda.next_due(self._clock.now())

    def _spawn(self) -> None:
        self._concurrency.spawn(self._tick_or_say)

    def _tick_or_say(self) -> None:
        try:
            self.tick()
        except Exception:  # the next tick looks at everything anew
            _LOGGER.exception("the tick failed")

    def _wake_in(self, name: str, seconds: float) -> None:
        if self._scheduler is not None:
            at = datetime.now(UTC) + timedelta(seconds=seconds)
            again: dict[str, Any] = {"next_run_time": at, "id": name, "replace_existing": True}
            self._scheduler.add_job(self._spawn, "interval", days=NEVER, **again)

    def _plan(self) -> None:
        if self._again:
            self._wake_in("now", SOON if self._waits else 0)
        elif (due := self.next_due()) is not None:
            wait = (due - self._clock.now()).total_seconds() / self._clock.speed
            self._wake_in("due", min(max(wait, 0), 86_400))

    # --- what ---

    def tick(self) -> None:
        """Look at every stream whose time has come. One at a time; a tick during a tick is looked at after it."""
        with self._lock:
            if self._ticking:
                self._again = True
                return
            self._ticking, self._again, self._waits = True, False, False
        try:
            self._look(self._clock.now())
        finally:
            self._ticking = False
        self._plan()

    def _look(self, now: datetime) -> None:
        self._heartbeat(now)
        steps = [step for stream in self._agenda.due(now) for step in self._steps(stream, now)]
        posted = [(step, self._post(step, {})) for step in steps if step.due.job is None]
        for step in steps:
            if step.due.job is not None:
                self._begin_work(step)
        for step, pending in posted:
            outcome = self._settle(step, pending)
            self._waits |= outcome == "waits"
            self._again |= outcome in ("done", "waits")  # a step that was done may be followed by another
        self._looked = now

    def _steps(self, stream: str, now: datetime) -> list[Step]:
        try:
            view = self._door.view(stream)
            return [Step(stream, view.size, due) for due in owed(self._tables, view.state, now)]
        except Exception:
            _LOGGER.exception("%s cannot be looked at", stream)
            return []

    def _post(self, step: Step, evidence: Mapping[str, Any]) -> Pending:
        with self._door.arrive(step.stream) as at:
            return self._door.post(step.command(evidence), CLOCK, at)

    def _settle(self, step: Step, pending: Pending) -> Literal["done", "again", "waits", "refused", "failed"]:
        try:
            return "again" if pending.wait().again else "done"
        except Refused as refused:
            if refused.reason == "earlier_is_undecided":
                self._replay()
                return "waits"
            if refused.reason not in _ORDINARY:
                _LOGGER.warning("%s on %s: %s", step.due.type, step.stream, refused)
            return "refused"
        except Exception:
            _LOGGER.exception("%s on %s failed", step.due.type, step.stream)
            return "failed"

    def _replay(self) -> None:
        """What a step waits for may have been left behind by a process that died."""
        if time.monotonic() - self._replayed >= REST:
            self._replayed = time.monotonic()
            self._door.replay()

    # --- heavy work ---

    def _begin_work(self, step: Step) -> None:
        rested = time.monotonic() >= self._resting.get(step.key, 0)
        if rested and step.key not in self._working and len(self._working) < HEAVY:
            self._working.add(step.key)
            self._concurrency.spawn(lambda: self._work(step))

    def _work(self, step: Step) -> None:
        rest = REST
        try:
            work = self._workers[str(step.due.job)]
            evidence = self._concurrency.offload(lambda: work(step.stream, step.due))
            rest = _RESTS[self._settle(step, self._post(step, evidence))]
        except Exception:
            _LOGGER.exception("%s for %s on %s failed", step.due.job, step.due.type, step.stream)
        finally:
            self._resting[step.key] = time.monotonic() + rest
            self._working.discard(step.key)
            self.wake()

    # --- outages ---

    def _heartbeat(self, now: datetime) -> None:
        """Before any step: what was due while nobody was here is held. `now` was read first, so a jump is no gap."""
        last = self._agenda.heartbeat()
        if last is not None and now - last > self._outage_after:
            self._hold(last, now)
        if last is None or now - last >= HEARTBEAT:
            self._concurrency.offload(lambda: self._agenda.beat(now))

    def _hold(self, last: datetime, now: datetime) -> None:
        """Tell every running clock; whether the gap touches it is for its rules to say."""
        gap = Due("HoldForOutage", body={"from": rfc3339(last), "to": rfc3339(now)})
        _LOGGER.warning("no heartbeat from %s to %s", rfc3339(last), rfc3339(now))
        pending = []
        for stream in self._agenda.ticking():
            with self._door.arrive(stream) as at:
                pending.append(self._door.post(clock_command(stream, gap, rfc3339(last)), CLOCK, at))
        for one in pending:
            try:
                one.wait()
            except Refused as refused:
                if refused.reason not in _ORDINARY:
                    _LOGGER.warning("HoldForOutage: %s", refused)
