"""The ticker: what is owed is done once, in time or late, and what was due while nobody was here is held."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from apscheduler.schedulers.base import STATE_STOPPED

from bidroom.clock import DemoClock
from bidroom.concurrency import Threads
from bidroom.crypto.checkpoint import LogKey
from bidroom.dispatch import Door
from bidroom.facts import Command, rfc3339
from bidroom.jobs import Ticker
from bidroom.machine import Due
from bidroom.ports import Clock, Done
from bidroom.steps import Worker
from bidroom.storage.agenda import SqlAgenda
from bidroom.storage.log import SqlLog
from tests.fakes import NOON, FakeClock
from tests.tally import ADDER, OTHER, STREAM, TABLES, Tally, add, close_after


class Hall:
    """A server without pages: log, door, ticker."""

    def __init__(self, engine: sa.Engine, log_key: LogKey, clock: Any, workers: Mapping[str, Worker]) -> None:
        self.clock = clock
        self.agenda = SqlAgenda(engine)
        log = SqlLog(engine, TABLES, log_key)
        self.told: list[str] = []
        self.door = Door(log, TABLES, clock, self._tell, Threads(), waits=frozenset({"Close"}))
        self.ticker = Ticker(self.door, self.agenda, TABLES, clock, Threads(), workers)

    def _tell(self, stream: str, entries: Any) -> None:
        self.told.extend(entry.type for entry in entries)
        self.ticker.wake()

    def do(self, command: Command) -> Done:
        """A bidder's command."""
        with self.door.arrive(command.stream) as at:
            return self.door.submit(command, ADDER, at)

    def tally(self, stream: str = STREAM) -> Tally:
        """The state of a tally."""
        tally: Tally = self.door.state(stream)["tally"]
        return tally


@pytest.fixture
def halls(engine: sa.Engine, engines: Callable[[], sa.Engine], log_key: LogKey) -> Iterator[Callable[..., Hall]]:
    """Makes halls on one database, as many as there would be processes."""
    made: list[Hall] = []

    def hall(clock: Clock, workers: Mapping[str, Worker] | None = None) -> Hall:
        made.append(Hall(engines() if made else engine, log_key, clock, workers or {}))
        made[-1].door.start()
        return made[-1]

    yield hall
    for one in made:
        one.ticker.stop()
        one.door.stop()


@pytest.fixture
def hall(halls: Callable[..., Hall]) -> Hall:
    """One hall, whose clock stands still and which ticks when it is told to."""
    return halls(FakeClock())


def until(true: Callable[[], bool], seconds: float = 20) -> None:
    """Wait until it is so."""
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, "it never was so"
        time.sleep(0.01)


# --- a tick ----------------------------------------------------------------------------------------------------------


def test_a_step_is_done_when_it_is_due_and_not_before(hall: Hall) -> None:
    hall.do(close_after(NOON, seconds=10))
    hall.ticker.tick()
    assert hall.tally().phase == "open"
    hall.clock.go(seconds=10)
    hall.ticker.tick()
    assert hall.tally().phase == "closed"


def test_a_doubled_and_a_late_tick_do_no_harm(hall: Hall) -> None:
    hall.do(close_after(NOON, seconds=10))
    hall.clock.go(minutes=9)
    for _ in range(3):
        hall.ticker.tick()
    assert hall.told.count("Closed") <= 1
    assert hall.door.view(STREAM).size == 2


def test_steps_of_many_streams_are_committed_together(hall: Hall) -> None:
    streams = [f"{number:032x}" for number in range(1, 31)]
    for stream in streams:
        hall.do(replace(close_after(NOON, seconds=10), stream=stream))
    hall.clock.go(seconds=10)
    hall.ticker.tick()
    assert {hall.tally(stream).phase for stream in streams} == {"closed"}


def test_two_processes_that_tick_at_once_do_each_step_once(halls: Callable[..., Hall]) -> None:
    clock = FakeClock()
    both = [halls(clock), halls(clock)]
    streams = [f"{number:032x}" for number in range(1, 21)]
    for stream in streams:
        both[0].do(replace(close_after(NOON, seconds=10), stream=stream))
    clock.go(seconds=10)
    threads = [threading.Thread(target=one.ticker.tick) for one in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [both[0].door.view(stream).size for stream in streams] == [2] * 20


def test_a_step_waits_for_what_was_stamped_earlier_and_is_tried_again(hall: Hall) -> None:
    hall.do(close_after(NOON, seconds=10))
    with hall.door.arrive(STREAM) as at:
        hall.clock.go(seconds=10)
        hall.ticker.tick()
        assert hall.tally().phase == "open"
        assert hall.ticker.busy
        hall.door.submit(add(5), ADDER, at)
    hall.ticker.tick()
    assert (hall.tally().phase, hall.tally().total) == ("closed", 5)


def test_one_stream_that_fails_does_not_keep_the_others(
    hall: Hall, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    for stream in (STREAM, OTHER):
        hall.do(replace(close_after(NOON, seconds=10), stream=stream))
    hall.clock.go(seconds=10)
    view = hall.door.view

    def broken(stream: str) -> Any:
        if stream == STREAM:
            raise RuntimeError("cannot be folded")
        return view(stream)

    monkeypatch.setattr(hall.door, "view", broken)
    hall.ticker.tick()
    assert view(OTHER).state["tally"].phase == "closed"
    assert f"{STREAM} cannot be looked at" in caplog.text


# --- heavy work ------------------------------------------------------------------------------------------------------


def test_heavy_work_comes_first_and_its_result_is_the_evidence(halls: Callable[..., Hall]) -> None:
    asked: list[tuple[str, Due]] = []

    def audit(stream: str, due: Due) -> Mapping[str, Any]:
        asked.append((stream, due))
        return {"total": 5}

    hall = halls(FakeClock(), {"audit": audit})
    hall.do(add(5))
    hall.do(close_after(NOON, audit=True, seconds=10))
    hall.clock.go(seconds=10)
    hall.ticker.tick()
    hall.ticker.tick()
    until(lambda: not hall.tally().audit)
    assert asked == [(STREAM, Due("Audit", job="audit"))]


def test_the_same_work_is_not_begun_twice_and_one_is_busy_while_it_runs(halls: Callable[..., Hall]) -> None:
    begun, go = [], threading.Event()

    def audit(stream: str, due: Due) -> Mapping[str, Any]:
        begun.append(stream)
        assert go.wait(20)
        return {"total": 0}

    hall = halls(FakeClock(), {"audit": audit})
    hall.do(close_after(NOON, audit=True, seconds=10))
    hall.clock.go(seconds=10)
    for _ in range(4):
        hall.ticker.tick()
    assert hall.ticker.busy
    go.set()
    until(lambda: not hall.tally().audit)
    assert begun == [STREAM]
    hall.ticker.tick()
    until(lambda: not hall.ticker.busy)


def test_work_that_fails_is_said_and_rests_before_it_is_tried_again(
    halls: Callable[..., Hall], caplog: pytest.LogCaptureFixture
) -> None:
    tried: list[str] = []

    def audit(stream: str, due: Due) -> Mapping[str, Any]:
        tried.append(stream)
        raise OSError("disk")

    hall = halls(FakeClock(), {"audit": audit})
    hall.do(close_after(NOON, audit=True, seconds=10))
    hall.clock.go(seconds=10)
    for _ in range(10):
        hall.ticker.tick()
        time.sleep(0.01)
    assert tried == [STREAM]
    assert f"audit for Audit on {STREAM} failed" in caplog.text


# --- outages ---------------------------------------------------------------------------------------------------------


def ticked_until(hall: Hall, at: datetime) -> None:
    """A tick at this time, as the server's last sign of life."""
    hall.clock.set(at)
    hall.ticker.tick()


def test_a_gap_of_ten_minutes_holds_what_was_due_in_it(hall: Hall) -> None:
    hall.do(close_after(NOON, minutes=5))
    ticked_until(hall, NOON + timedelta(minutes=1))
    ticked_until(hall, NOON + timedelta(minutes=12))
    assert hall.tally().phase == "open"
    assert hall.tally().held == (rfc3339(NOON + timedelta(minutes=1)), rfc3339(NOON + timedelta(minutes=12)))
    ticked_until(hall, NOON + timedelta(minutes=13))
    assert hall.door.view(STREAM).size == 2


def test_a_gap_that_touches_nothing_holds_nothing(hall: Hall) -> None:
    hall.do(close_after(NOON, hours=5))
    ticked_until(hall, NOON + timedelta(minutes=1))
    ticked_until(hall, NOON + timedelta(hours=1))
    assert hall.tally().held == ()
    ticked_until(hall, NOON + timedelta(hours=1, minutes=5))
    assert hall.door.view(STREAM).size == 1


def test_a_crash_of_seconds_changes_nothing(hall: Hall) -> None:
    hall.do(close_after(NOON, minutes=5))
    ticked_until(hall, NOON + timedelta(minutes=4, seconds=30))
    ticked_until(hall, NOON + timedelta(minutes=14))
    assert hall.tally().phase == "closed"


def test_the_heartbeat_is_written_every_ten_seconds_of_the_servers_time(hall: Hall) -> None:
    hall.ticker.tick()
    assert hall.agenda.heartbeat() == NOON
    ticked_until(hall, NOON + timedelta(seconds=9))
    assert hall.agenda.heartbeat() == NOON
    ticked_until(hall, NOON + timedelta(seconds=10))
    assert hall.agenda.heartbeat() == NOON + timedelta(seconds=10)


def test_a_hold_that_cannot_be_written_is_tried_again(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    hall.do(close_after(NOON, minutes=5))
    ticked_until(hall, NOON + timedelta(minutes=1))
    with monkeypatch.context() as broken:
        broken.setattr(SqlLog, "transaction", lambda *_: (_ for _ in ()).throw(OSError("no space left")))
        hall.clock.set(NOON + timedelta(minutes=12))
        with pytest.raises(OSError, match="no space left"):
            hall.ticker.tick()
    ticked_until(hall, NOON + timedelta(minutes=13))
    assert hall.tally().held != ()


def test_an_outage_is_known_before_anyone_is_served(hall: Hall) -> None:
    hall.do(close_after(NOON, minutes=5))
    ticked_until(hall, NOON + timedelta(minutes=1))
    hall.clock.go(minutes=11)
    hall.ticker.start()
    assert hall.tally().held != ()


def test_a_fast_demo_clock_takes_no_restart_for_an_outage(halls: Callable[..., Hall], engine: sa.Engine) -> None:
    real = FakeClock(datetime(2026, 11, 1, tzinfo=UTC))
    hall = halls(DemoClock(SqlAgenda(engine), demo=True, speed=600, start=NOON, real=real))
    hall.do(close_after(NOON, minutes=5))
    hall.ticker.tick()
    real.go(seconds=8)
    hall.ticker.tick()
    assert hall.tally().phase == "closed"


def test_a_jump_of_the_demo_clock_is_no_outage(halls: Callable[..., Hall], engine: sa.Engine) -> None:
    real = FakeClock(datetime(2026, 11, 1, tzinfo=UTC))
    clock = DemoClock(SqlAgenda(engine), demo=True, speed=60, start=NOON, real=real)
    hall = halls(clock)
    hall.do(close_after(NOON, hours=5))
    hall.ticker.tick()
    clock.jump(NOON + timedelta(hours=5))
    hall.ticker.tick()
    assert hall.tally().phase == "closed"


# --- the scheduler ---------------------------------------------------------------------------------------------------


def test_the_ticker_wakes_at_the_next_due_time_by_itself(halls: Callable[..., Hall], engine: sa.Engine) -> None:
    clock = DemoClock(SqlAgenda(engine), demo=True, speed=60, start=NOON)
    hall = halls(clock, {"audit": lambda stream, due: {"total": 0}})
    hall.ticker.start()
    hall.do(close_after(clock.now(), audit=True, seconds=15))
    until(lambda: hall.door.view(STREAM).size == 3, seconds=10)
    closed = next(entry for entry in hall.door.entries(STREAM) if entry.type == "Closed")
    close_at = hall.tally().close_at
    assert close_at is not None
    assert timedelta(0) <= closed.time - close_at < timedelta(seconds=30), "within half a real second"
    until(lambda: not hall.ticker.busy)
    assert hall.ticker.next_due() is None


def test_idle_means_that_one_may_jump_to_the_next_due_time(halls: Callable[..., Hall], engine: sa.Engine) -> None:
    clock = DemoClock(SqlAgenda(engine), demo=True, speed=60, start=NOON)
    hall = halls(clock)
    hall.ticker.start()
    for days, stream in ((20, STREAM), (40, OTHER)):
        hall.do(replace(close_after(NOON, days=days), stream=stream))
    for stream in (STREAM, OTHER):
        until(lambda: not hall.ticker.busy)
        due = hall.ticker.next_due()
        assert due is not None
        clock.jump(due)
        hall.ticker.wake()
        assert hall.ticker.busy
        until(lambda: not hall.ticker.busy)
        assert hall.tally(stream).phase == "closed"
    assert hall.ticker.next_due() is None


def test_a_stopped_ticker_ticks_no_more(halls: Callable[..., Hall]) -> None:
    hall = halls(FakeClock())
    hall.ticker.start()
    until(lambda: not hall.ticker.busy)
    hall.ticker.stop()
    hall.do(close_after(NOON, seconds=10))
    hall.clock.go(seconds=10)
    time.sleep(1.2)
    assert hall.tally().phase == "open"


def test_a_stop_in_the_middle_of_a_wake_up_leaves_no_dead_thread(hall: Hall, monkeypatch: pytest.MonkeyPatch) -> None:
    """APScheduler's thread died where a shutdown came between a job that ran for the last time and its removal."""
    stopping: list[threading.Thread] = []

    def stopped_meanwhile() -> None:
        scheduler = hall.ticker._scheduler
        if scheduler is not None and not stopping:
            stopping.append(threading.Thread(target=hall.ticker.stop))
            stopping[0].start()
            until(lambda: scheduler.state == STATE_STOPPED)

    monkeypatch.setattr(hall.ticker, "_spawn", stopped_meanwhile)
    hall.ticker.start()
    until(lambda: bool(stopping))
    stopping[0].join(20)
    assert not any(thread.name == "APScheduler" for thread in threading.enumerate())
