"""The door: one answer to one command, whoever asks how often, and nothing told that is not committed."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest
import sqlalchemy as sa

from bidroom.concurrency import Threads
from bidroom.crypto.checkpoint import LogKey
from bidroom.crypto.tree import mth
from bidroom.dispatch import BATCH, Door, Pending
from bidroom.facts import (
    CLOCK,
    Actor,
    Command,
    Conflict,
    Entry,
    Fact,
    Refused,
    RefusedOnRecord,
    Signed,
    StreamKind,
)
from bidroom.ports import Arrival, Done
from bidroom.storage.database import engine_for
from bidroom.storage.log import SqlLog
from bidroom.storage.schema import migrate
from bidroom.storage.tables import ARRIVALS, COMMANDS, REFUSALS
from bidroom.storage.transaction import SqlTransaction
from tests.fakes import NOON, FakeClock
from tests.tally import (
    ADDER,
    OTHER,
    SECOND,
    STREAM,
    TABLES,
    Tally,
    add,
    close_after,
    command,
    document,
    refused_add,
    release,
)


class CountingLog(SqlLog):
    """A log that counts its commits, and can be held up before one."""

    def __init__(self, *args: object) -> None:
        super().__init__(*args)  # type: ignore[arg-type]
        self.batches: list[int] = []
        self.free = threading.Event()
        self.free.set()

    @contextmanager
    def transaction(self, arrivals: Sequence[Arrival] = ()) -> Iterator[SqlTransaction]:
        """See SqlLog."""
        assert self.free.wait(30)
        with super().transaction(arrivals) as tx:
            yield tx
        self.batches.append(len(arrivals))


@dataclass
class Room:
    """A door with everything around it."""

    log: CountingLog
    clock: FakeClock
    door: Door
    told: list[Entry] = field(default_factory=list)

    def do(self, command: Command, actor: Actor = ADDER) -> Done:
        """Stamp and submit."""
        with self.door.arrive(command.stream) as at:
            return self.door.submit(command, actor, at)

    def post(self, command: Command, actor: Actor = ADDER) -> Pending:
        """Stamp and post."""
        with self.door.arrive(command.stream) as at:
            return self.door.post(command, actor, at)

    def refusal(self, command: Command, actor: Actor = ADDER) -> Refused:
        """The refusal that this must end in."""
        with pytest.raises(Refused) as refused:
            self.do(command, actor)
        return refused.value

    @property
    def tally(self) -> Tally:
        """The state of the tally."""
        tally: Tally = self.door.state(STREAM)["tally"]
        return tally


def room_on(engine: sa.Engine, log_key: LogKey, clock: FakeClock | None = None) -> Room:
    """One process's door; not started yet."""
    log, clock = CountingLog(engine, TABLES, log_key), clock or FakeClock()
    told: list[Entry] = []
    door = Door(
        log,
        TABLES,
        clock,
        lambda stream, entries: told.extend(entries),
        Threads(),
        refusal_facts={"Add": refused_add},
        waits=frozenset({"Close"}),
    )
    return Room(log, clock, door, told)


@pytest.fixture
def room(engine: sa.Engine, log_key: LogKey) -> Iterator[Room]:
    """An open door."""
    room = room_on(engine, log_key)
    room.door.start()
    yield room
    room.door.stop()


@pytest.fixture
def lite(sqlite_url: str) -> Iterator[sa.Engine]:
    """A SQLite database, where what is tested is not the database."""
    engine = engine_for(sqlite_url)
    migrate(engine)
    yield engine
    engine.dispose()


def count(engine: sa.Engine, table: sa.Table) -> int:
    """How many rows there are."""
    with engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


# --- the same command once more --------------------------------------------------------------------------------------


def test_a_command_becomes_facts_in_the_role_that_its_row_asks_for(room: Room) -> None:
    done = room.do(add(3), replace(ADDER, role=Actor().role))
    assert [document(entry)["actor"]["role"] for entry in done.entries] == ["bidder"]
    assert not done.again
    assert room.tally.total == 3


def test_the_same_click_twice_has_the_same_answer_and_one_effect(room: Room) -> None:
    asked = add(3)
    first, second = room.do(asked), room.do(asked)
    assert second == Done(first.entries, again=True)
    assert room.tally.total == 3


def test_the_same_click_twice_in_one_batch_too(room: Room) -> None:
    room.log.free.clear()
    block, asked = room.post(add(1)), add(3)
    twice = [room.post(asked), room.post(asked)]
    room.log.free.set()
    block.wait()
    assert [pending.wait().again for pending in twice] == [False, True]
    assert room.tally.total == 4


def test_other_bytes_under_the_same_id_are_refused_but_not_for_another_actor(room: Room) -> None:
    asked = add(3)
    room.do(asked)
    assert room.refusal(add(4, id=asked.id)).reason == "same_id_other_bytes"
    assert room.do(add(5, id=asked.id), SECOND).entries
    assert room.tally.total == 8


def test_an_id_that_was_refused_is_not_free_for_other_bytes(room: Room) -> None:
    """Else one could take an early stamp with rubbish, and fill in the bytes later."""
    asked = command("Take", {})
    assert room.refusal(asked).reason == "command_unknown"
    assert room.refusal(add(4, id=asked.id)).reason == "same_id_other_bytes"


def test_an_id_whose_decision_failed_is_not_free_for_other_bytes(room: Room) -> None:
    room.do(add())
    asked = command("Stumble")
    with pytest.raises(ZeroDivisionError):
        room.do(asked)
    assert room.refusal(add(4, id=asked.id)).reason == "same_id_other_bytes"


@pytest.mark.parametrize("bad", ["", "AB" * 16, "ab" * 15, "ab" * 16 + "\n", "../" + "a" * 29])
def test_ids_are_sixteen_bytes_in_hex(room: Room, bad: str) -> None:
    assert room.refusal(replace(add(), id=bad)).reason == "command_id_malformed"
    with pytest.raises(Refused, match="stream_unknown"):
        room.door.post(replace(add(), stream=bad), ADDER, NOON)


# --- refusals --------------------------------------------------------------------------------------------------------


def test_a_refused_command_changes_nothing_and_is_refused_again_the_same_way(room: Room, engine: sa.Engine) -> None:
    room.do(add())
    asked = command("SetClose", {"at": "x"})
    again = [room.refusal(replace(asked, type="Close")) for _ in range(2)]
    assert [(one.reason, one.details) for one in again] == [("not_your_role", {"type": "Close"})] * 2
    assert room.door.view(STREAM).size == 1
    assert (count(engine, COMMANDS), count(engine, REFUSALS)) == (1, 1)


def test_a_refusal_that_is_a_fact_carries_its_entry_and_is_told_once(room: Room) -> None:
    room.do(add())
    asked = add(-1)
    first, second = room.refusal(asked), room.refusal(asked)
    assert isinstance(first, RefusedOnRecord)
    assert isinstance(second, RefusedOnRecord)
    assert first.entry == second.entry
    assert first.reason == second.reason == "number_is_positive"
    assert first.entry.body == {"n": -1, "reason": "number_is_positive"}
    assert (room.tally.refused, room.door.view(STREAM).size) == (1, 2)
    room.door.stop()
    assert [entry.type for entry in room.told] == ["Added", "AddRefused"]
    room.door.start()


def test_a_refusal_is_no_fact_of_a_stream_that_is_not_there_or_of_one_who_has_no_part(room: Room) -> None:
    assert not isinstance(room.refusal(add(-1)), RefusedOnRecord)
    room.do(add())
    assert not isinstance(room.refusal(add(-1), Actor(user="someone")), RefusedOnRecord)
    assert room.door.view(STREAM).size == 1


def test_what_was_refused_on_record_may_come_again_when_it_is_mended(room: Room, engine: sa.Engine) -> None:
    room.do(close_after(NOON, seconds=1))
    room.clock.go(seconds=2)
    asked = add()
    assert room.refusal(asked).reason == "received_in_time"
    room.do(close_after(NOON, seconds=60))
    room.clock.go(seconds=20)
    [taken] = room.do(asked).entries
    assert taken.type == "Added"
    assert taken.time >= NOON + timedelta(seconds=22), "it counts from when it came whole, not from its first try"
    assert room.do(asked).again
    assert (room.tally.refused, room.tally.total) == (1, 1)


def test_another_fault_of_the_same_command_is_another_fact(room: Room, engine: sa.Engine) -> None:
    room.do(close_after(NOON, seconds=1))
    room.clock.go(seconds=2)
    asked = add()
    late = room.refusal(asked)
    room.do(command("Close"), CLOCK)
    closed = [room.refusal(asked) for _ in range(2)]
    assert [late.reason, *(one.reason for one in closed)] == [
        "received_in_time", "command_not_allowed_in_this_phase", "command_not_allowed_in_this_phase"
    ]  # fmt: skip
    assert isinstance(closed[0], RefusedOnRecord)
    assert isinstance(closed[1], RefusedOnRecord)
    assert closed[0].entry == closed[1].entry
    assert (room.tally.refused, count(engine, REFUSALS)) == (2, 1)


def test_a_late_command_is_refused_as_a_fact_in_a_phase_that_knows_it_no_more(room: Room) -> None:
    room.do(close_after(NOON, seconds=1))
    room.clock.go(seconds=2)
    room.do(command("Close"), CLOCK)
    late = room.refusal(add())
    assert isinstance(late, RefusedOnRecord)
    assert (late.reason, late.entry.actor["role"]) == ("command_not_allowed_in_this_phase", "bidder")


def test_a_refusal_too_large_for_an_entry_is_kept_apart(room: Room) -> None:
    room.do(add())
    asked = add(1, signed=Signed("command", b"x" * (1 << 20), b"cms"))
    refused = [room.refusal(asked), room.refusal(asked)]
    assert [one.reason for one in refused] == ["entry_too_large"] * 2
    assert not isinstance(refused[0], RefusedOnRecord)
    assert room.tally.total == 1


def test_the_clock_may_ask_again_what_it_was_refused(room: Room, engine: sa.Engine) -> None:
    room.do(close_after(NOON, seconds=10))
    asked = command("Close")
    assert room.refusal(asked, CLOCK).reason == "close_is_due"
    room.clock.go(seconds=10)
    assert room.do(asked, CLOCK).entries
    assert count(engine, REFUSALS) == 0


def test_a_fault_in_the_rules_is_its_callers_alone(room: Room) -> None:
    room.do(add())
    room.log.free.clear()
    block = room.post(add(1))
    bad, good = room.post(command("Stumble")), room.post(add(5))
    room.log.free.set()
    assert good.wait().entries
    assert block.wait().entries
    with pytest.raises(ZeroDivisionError, match="a fault in the rules"):
        bad.wait()
    assert room.tally.total == 7


def test_a_refused_command_leaves_nothing_behind_in_its_batch(room: Room) -> None:
    """Its first fact would do, its last does not: neither is there, and the next gets the number."""
    room.do(add())
    room.log.free.clear()
    block = room.post(add(1))
    bad, good = room.post(command("AddMany", {"numbers": [5, "x" * (1 << 20)]})), room.post(add(1))
    room.log.free.set()
    block.wait()
    with pytest.raises(Refused, match="entry_too_large"):
        bad.wait()
    assert good.wait().entries[0].seq == 2
    assert room.tally.total == 3


# --- checkpoints -----------------------------------------------------------------------------------------------------


def test_a_command_that_names_a_checkpoint_must_name_a_true_one(room: Room) -> None:
    room.do(add())
    room.do(add())
    view = room.door.view(STREAM)
    room.do(add(checkpoint={"size": 2, "root": view.root.hex()}))
    room.do(add(checkpoint={"size": 2, "root": view.root.hex()}))
    refused = room.refusal(add(checkpoint={"size": 3, "root": view.root.hex()}))
    assert (refused.reason, refused.field) == ("checkpoint_unknown", "checkpoint")


# --- groups ----------------------------------------------------------------------------------------------------------


def test_many_at_once_are_committed_in_groups_and_all_answered(room: Room) -> None:
    answers: list[Done] = []

    def ask() -> None:
        answers.extend(room.do(add()) for _ in range(20))

    threads = [threading.Thread(target=ask) for _ in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answer.entries[0].seq for answer in answers) == list(range(400))
    assert sum(room.log.batches) == 400
    assert len(room.log.batches) < 200
    assert room.tally.total == 400


def test_what_waits_for_a_commit_is_the_next_commit(room: Room) -> None:
    room.log.free.clear()
    waiting = [room.post(add(stream=STREAM if n % 2 else OTHER)) for n in range(BATCH + 10)]
    room.log.free.set()
    assert all(pending.wait().entries for pending in waiting)
    assert sum(room.log.batches) == BATCH + 10
    assert max(room.log.batches) <= BATCH
    assert len(room.log.batches) <= 4


def test_a_batch_is_decided_in_the_order_of_its_stamps(room: Room) -> None:
    room.log.free.clear()
    block = room.post(add())
    with room.door.arrive(STREAM) as early, room.door.arrive(STREAM) as late:
        second = room.door.post(add(2), ADDER, late)
        first = room.door.post(add(1), ADDER, early)
    room.log.free.set()
    block.wait()
    assert first.wait().entries[0].seq < second.wait().entries[0].seq


def test_everyone_is_told_after_the_commit_in_order_and_only_once(room: Room) -> None:
    seen: list[tuple[int, int]] = []
    room.door._teller._broadcast = lambda stream, entries: seen.extend(
        (entry.seq, room.door.view(stream).size) for entry in entries
    )
    asked = [add() for _ in range(50)]
    for pending in [room.post(one) for one in asked * 2]:
        pending.wait()
    room.door.stop()
    assert [seq for seq, _ in seen] == list(range(50))
    assert all(seq < size for seq, size in seen)
    room.door.start()


def test_one_who_cannot_be_told_does_not_keep_the_next_from_it(room: Room, caplog: pytest.LogCaptureFixture) -> None:
    told: list[int] = []

    def tell(stream: str, entries: Sequence[Entry]) -> None:
        told.append(entries[0].seq)
        if entries[0].seq == 0:
            raise ConnectionError("gone")

    room.door._teller._broadcast = tell
    room.do(add())
    room.do(add())
    room.door.stop()
    assert told == [0, 1]
    assert f"telling {STREAM} from 0 on failed" in caplog.text
    room.door.start()


def test_a_commit_that_fails_fails_to_everyone_who_waits_and_is_taken_up_at_the_next_start(
    room: Room, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(self: SqlTransaction) -> None:
        raise OSError("no space left")

    with monkeypatch.context() as broken:
        broken.setattr(SqlTransaction, "write", full)
        for pending in [room.post(add(2)), room.post(add(3))]:
            with pytest.raises(OSError, match="no space left"):
                pending.wait()
    room.door.replay()
    room.do(add())
    assert room.tally.total == 6


def test_a_shut_door_takes_nothing_but_answers_what_it_took(lite: sa.Engine, log_key: LogKey) -> None:
    room = room_on(lite, log_key)
    room.door.start()
    waiting = [room.post(add()) for _ in range(30)]
    room.door.stop()
    assert all(pending.wait().entries for pending in waiting)
    assert len(room.told) == 30
    with pytest.raises(RuntimeError, match="shut"):
        room.post(add())


# --- several processes -----------------------------------------------------------------------------------------------


def test_two_processes_on_one_database_decide_every_command_once(
    engine: sa.Engine, engines: Callable[[], sa.Engine], log_key: LogKey
) -> None:
    rooms = [room_on(engine, log_key), room_on(engines(), log_key)]
    asked = [add() for _ in range(60)]
    answers: list[Done] = []

    def ask(room: Room) -> None:
        answers.extend(room.do(one) for one in asked)

    for room in rooms:
        room.door.start()
    threads = [threading.Thread(target=ask, args=(room,)) for room in rooms for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(answers) == 240
    assert sum(not answer.again for answer in answers) == 60
    for room in rooms:
        assert room.tally.total == 60
        assert room.door.view(STREAM).root == mth(entry.data for entry in room.door.entries(STREAM))
        room.door.stop()


def test_a_conflict_is_decided_anew_with_what_the_other_process_wrote(
    engine: sa.Engine, engines: Callable[[], sa.Engine], log_key: LogKey
) -> None:
    room, other = room_on(engine, log_key), SqlLog(engines(), TABLES, log_key)
    with other.transaction() as tx:
        tx.append(add(), [Fact("Added", {"n": 10})], SECOND, NOON, StreamKind.TENDER)
    conflicts = itertools.count()
    write = SqlTransaction.write

    def late(tx: SqlTransaction) -> None:
        if next(conflicts) < 3:
            raise Conflict("another was quicker")
        write(tx)

    SqlTransaction.write = late  # type: ignore[method-assign, assignment]
    try:
        room.door.start()
        assert room.do(add(1)).entries[0].seq == 1
    finally:
        SqlTransaction.write = write  # type: ignore[method-assign]
        room.door.stop()
    assert next(conflicts) == 4
    assert room.tally.total == 11


def test_claims_hold_across_streams_and_processes(
    engine: sa.Engine, engines: Callable[[], sa.Engine], log_key: LogKey
) -> None:
    rooms = [room_on(engine, log_key), room_on(engines(), log_key)]
    outcomes: list[str] = []

    def ask(room: Room, stream: str) -> None:
        for name in range(20):
            try:
                room.do(command("Claim", {"name": str(name)}, stream))
                outcomes.append(f"{name} mine")
            except Refused as refused:
                outcomes.append(f"{name} {refused.reason}")

    for room in rooms:
        room.door.start()
    threads = [threading.Thread(target=ask, args=(room, s)) for room, s in zip(rooms, (STREAM, OTHER), strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for room in rooms:
        room.door.stop()
    assert sorted(outcomes) == sorted(f"{n} {how}" for n in range(20) for how in ("mine", "already_claimed"))


# --- stamps ----------------------------------------------------------------------------------------------------------


def test_no_two_stamps_are_equal_and_none_goes_back(room: Room) -> None:
    stamps: list[datetime] = []
    for back in (0, 0, 5, 0):
        room.clock.go(seconds=-back)
        with room.door.arrive() as at:
            stamps.append(at)
    assert stamps == sorted(set(stamps))
    assert stamps[0] == NOON


def test_the_time_of_an_entry_is_its_stamp(room: Room) -> None:
    with room.door.arrive(STREAM) as at:
        room.clock.go(hours=1)
        done = room.door.submit(add(), ADDER, at)
    assert done.entries[0].time == NOON


def left_behind(engine: sa.Engine, log_key: LogKey, *arrivals: Arrival) -> None:
    """What a process had received, durably, when it died before deciding."""
    SqlLog(engine, TABLES, log_key).receive(arrivals)


def test_what_was_received_before_a_crash_is_decided_at_the_start_with_its_first_stamp(
    engine: sa.Engine, log_key: LogKey
) -> None:
    room = room_on(engine, log_key)
    with room.log.transaction() as tx:
        close = Fact("CloseSet", {"at": "2026-09-18T04:00:10.000000Z"})
        tx.append(command("SetClose"), [close], ADDER, NOON, StreamKind.TENDER)
    asked = add(7)
    left_behind(engine, log_key, Arrival(asked, ADDER, NOON + timedelta(seconds=9)))
    room.clock.go(hours=1)
    room.door.start()
    again = room.do(asked)
    room.door.stop()
    assert again.again
    assert again.entries[0].time == NOON + timedelta(seconds=9)
    assert room.tally.total == 7


def test_a_command_that_came_in_time_and_is_sent_again_after_a_crash_keeps_its_first_stamp(
    room: Room, engine: sa.Engine, log_key: LogKey
) -> None:
    room.do(close_after(NOON, seconds=10))
    asked = add(7)
    left_behind(engine, log_key, Arrival(asked, ADDER, NOON + timedelta(seconds=9)))
    room.clock.go(hours=1)
    assert room.do(asked).entries[0].time == NOON + timedelta(seconds=9)
    assert room.refusal(add(7)).reason == "received_in_time"


def test_the_first_stamp_is_not_for_other_bytes(room: Room, engine: sa.Engine, log_key: LogKey) -> None:
    room.do(close_after(NOON, seconds=10))
    asked = add(7)
    left_behind(engine, log_key, Arrival(asked, ADDER, NOON + timedelta(seconds=9)))
    room.clock.go(hours=1)
    assert room.refusal(add(8, id=asked.id)).reason == "same_id_other_bytes"


def test_a_whole_command_survives_with_evidence_secret_and_actor(engine: sa.Engine, log_key: LogKey) -> None:
    from decimal import Decimal

    evidence = {
        "bytes": b"\0\xff",
        "time": NOON,
        "money": Decimal("126480000.00"),
        "list": [1, None, True],
        "tuple": ("a", ("b",)),
        "set": frozenset({"x"}),
        "map": {1: "one", "two": {"three": b"3"}},
        "signed": Signed("header", b"data", b"cms"),
    }
    asked = replace(release("1a" * 32, {0: bytes(32)}), lot=2, checkpoint={"size": 1, "root": "00"}, evidence=evidence)
    actor = replace(ADDER, binding=b"entry", staff=CLOCK.staff)
    left_behind(engine, log_key, Arrival(asked, actor, NOON))
    assert SqlLog(engine, TABLES, log_key).undecided() == (Arrival(asked, actor, NOON),)


def test_evidence_that_would_not_survive_is_an_error_at_once(room: Room) -> None:
    with pytest.raises(TypeError, match="plain values, not object"):
        room.do(add(evidence={"thing": object()}))


def test_what_is_decided_is_erased_from_the_arrivals(room: Room, engine: sa.Engine) -> None:
    room.do(add())
    room.refusal(add(-1))
    with pytest.raises(ZeroDivisionError):
        room.do(command("Stumble"))
    room.do(release("1a" * 32, {0: bytes(32)}))
    with engine.connect() as connection:
        rows = connection.execute(sa.select(ARRIVALS.c.decided, ARRIVALS.c.payload)).all()
    assert [tuple(row) for row in rows] == [(True, None)] * 4


def test_a_fault_in_what_is_replayed_is_logged_for_nobody_waits(
    lite: sa.Engine, log_key: LogKey, caplog: pytest.LogCaptureFixture
) -> None:
    room, bad = room_on(lite, log_key), command("Stumble")
    left_behind(lite, log_key, Arrival(bad, ADDER, NOON))
    room.door.start()
    room.door.stop()
    assert f"Stumble {bad.id} on {STREAM} failed" in caplog.text
    assert SqlLog(lite, TABLES, log_key).undecided() == ()


# --- the clock waits -------------------------------------------------------------------------------------------------


@pytest.fixture
def due(room: Room) -> Room:
    """A room whose close is due in ten seconds."""
    room.do(close_after(NOON, seconds=10))
    room.clock.go(seconds=9)
    return room


def test_the_clocks_step_waits_for_what_is_stamped_earlier_and_not_submitted(due: Room) -> None:
    with due.door.arrive(STREAM) as at:
        due.clock.go(seconds=1)
        assert due.refusal(command("Close"), CLOCK).reason == "earlier_is_undecided"
        assert due.door.submit(add(5), ADDER, at).entries
    due.do(command("Close"), CLOCK)
    assert (due.tally.phase, due.tally.total) == ("closed", 5)


def test_it_waits_for_an_arrival_whose_stream_is_not_known_yet_but_not_for_another_streams(due: Room) -> None:
    with due.door.arrive():
        due.clock.go(seconds=1)
        assert due.refusal(command("Close"), CLOCK).reason == "earlier_is_undecided"
    with due.door.arrive(OTHER):
        assert due.do(command("Close"), CLOCK).entries


def test_it_waits_for_what_another_process_received(due: Room, engine: sa.Engine, log_key: LogKey) -> None:
    left_behind(engine, log_key, Arrival(add(5), ADDER, due.clock.now()))
    due.clock.go(seconds=1)
    assert due.refusal(command("Close"), CLOCK).reason == "earlier_is_undecided"
    due.door.replay()
    due.do(command("Close"), CLOCK)
    assert due.tally.total == 5


def test_it_waits_for_what_is_queued_behind_a_full_batch(due: Room) -> None:
    due.log.free.clear()
    block = due.post(add(stream=OTHER))
    with due.door.arrive(STREAM) as early:
        due.clock.go(seconds=1)
        with due.door.arrive(STREAM) as at:
            close = due.door.post(command("Close"), CLOCK, at)
        fill = [due.post(add(stream=OTHER)) for _ in range(BATCH)]
        last = due.door.post(add(5), ADDER, early)
    due.log.free.set()
    with pytest.raises(Refused, match="earlier_is_undecided"):
        close.wait()
    assert last.wait().entries
    assert block.wait().entries
    assert all(pending.wait().entries for pending in fill)
    due.do(command("Close"), CLOCK)
    assert due.tally.total == 5


def test_in_one_batch_what_is_stamped_earlier_goes_first(due: Room) -> None:
    due.log.free.clear()
    block = due.post(add(stream=OTHER))
    with due.door.arrive(STREAM) as early:
        due.clock.go(seconds=1)
        with due.door.arrive(STREAM) as at:
            close = due.door.post(command("Close"), CLOCK, at)
        last = due.door.post(add(5), ADDER, early)
    due.log.free.set()
    assert block.wait().entries
    assert last.wait().entries[0].seq < close.wait().entries[0].seq


def test_what_comes_later_does_not_hold_a_step_that_was_tried(due: Room) -> None:
    """Or a flood of late uploads could hold the close for ever."""
    due.clock.go(seconds=1)
    with due.door.arrive(STREAM):
        assert due.refusal(command("Close"), CLOCK).reason == "earlier_is_undecided"
        with due.door.arrive(STREAM):
            assert due.refusal(command("Close"), CLOCK).reason == "earlier_is_undecided"
    with due.door.arrive(STREAM):
        assert due.do(command("Close"), CLOCK).entries


def test_a_step_that_was_put_off_waits_anew(due: Room) -> None:
    due.clock.go(seconds=1)
    with due.door.arrive(STREAM) as at:
        assert due.refusal(command("Close"), CLOCK).reason == "earlier_is_undecided"
        due.door.submit(close_after(NOON, minutes=5), ADDER, at)
    with due.door.arrive(STREAM):
        due.clock.go(minutes=5)
        assert due.refusal(command("Close"), CLOCK).reason == "earlier_is_undecided"


def test_only_the_clock_waits(due: Room) -> None:
    with due.door.arrive(STREAM):
        assert due.do(add()).entries
