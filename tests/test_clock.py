"""The demo clock: faster, forward only, and the same after a crash."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
import sqlalchemy as sa

from bidroom.clock import DemoClock, SystemClock
from bidroom.facts import Refused
from bidroom.storage.meta import Meta
from tests.fakes import NOON, FakeClock

REAL = datetime(2026, 11, 1, tzinfo=UTC)


def test_the_system_clock_tells_utc() -> None:
    before = datetime.now(UTC)
    now = SystemClock().now()
    assert before <= now <= datetime.now(UTC)
    assert now.utcoffset() == timedelta(0)


def test_there_is_no_demo_clock_but_in_demo_mode(engine: sa.Engine) -> None:
    with pytest.raises(Refused, match="not_in_demo_mode"):
        DemoClock(Meta(engine), demo=False, speed=60)
    assert Meta(engine).anchor() is None


def test_it_runs_faster(engine: sa.Engine) -> None:
    real = FakeClock(REAL)
    clock = DemoClock(Meta(engine), demo=True, speed=60, start=NOON, real=real)
    assert clock.now() == NOON
    real.go(seconds=10)
    assert clock.now() == NOON + timedelta(minutes=10)


def test_without_a_start_it_begins_with_the_real_time(engine: sa.Engine) -> None:
    assert DemoClock(Meta(engine), demo=True, speed=60, real=FakeClock(REAL)).now() == REAL


def test_it_jumps_forward_only(engine: sa.Engine) -> None:
    real = FakeClock(REAL)
    clock = DemoClock(Meta(engine), demo=True, speed=60, start=NOON, real=real)
    clock.jump(NOON + timedelta(days=20))
    real.go(seconds=1)
    assert clock.now() == NOON + timedelta(days=20, minutes=1)
    for to in (NOON, clock.now()):
        with pytest.raises(Refused) as refused:
            clock.jump(to)
        assert (refused.value.reason, refused.value.field) == ("clock_only_goes_forward", "to")
    assert clock.now() == NOON + timedelta(days=20, minutes=1)


def test_after_a_crash_it_is_where_it_would_have_been(engine: sa.Engine) -> None:
    real = FakeClock(REAL)
    clock = DemoClock(Meta(engine), demo=True, speed=60, start=NOON, real=real)
    clock.jump(NOON + timedelta(days=1))
    real.go(seconds=30)
    again = DemoClock(Meta(engine), demo=True, speed=60, start=NOON, real=real)
    assert again.now() == clock.now() == NOON + timedelta(days=1, minutes=30)


def test_with_another_speed_it_goes_on_from_where_it_was(engine: sa.Engine) -> None:
    real = FakeClock(REAL)
    DemoClock(Meta(engine), demo=True, speed=60, start=NOON, real=real)
    real.go(seconds=60)
    clock = DemoClock(Meta(engine), demo=True, speed=600, start=NOON, real=real)
    assert clock.now() == NOON + timedelta(hours=1)
    real.go(seconds=1)
    assert clock.now() == NOON + timedelta(hours=1, minutes=10)


def test_a_jump_takes_the_heartbeat_along(engine: sa.Engine) -> None:
    meta = Meta(engine)
    clock = DemoClock(meta, demo=True, speed=60, start=NOON, real=FakeClock(REAL))
    meta.beat(NOON + timedelta(seconds=5))
    clock.jump(NOON + timedelta(days=20))
    assert meta.heartbeat() == NOON + timedelta(days=20)


def test_the_heartbeat_never_goes_back(engine: sa.Engine) -> None:
    meta = Meta(engine)
    assert meta.heartbeat() is None
    for at in (NOON, NOON + timedelta(seconds=10), NOON + timedelta(seconds=3)):
        meta.beat(at)
    assert meta.heartbeat() == NOON + timedelta(seconds=10)


def test_values_are_kept_by_name(engine: sa.Engine) -> None:
    meta = Meta(engine)
    assert meta.get("x") is None
    meta.put("x", "one")
    meta.put("x", "two")
    assert meta.get("x") == "two"
