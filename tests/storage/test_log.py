"""The log: what is appended is what anyone finds again, whoever folds it, and only all of it or nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pymerkle
import pytest
import sqlalchemy as sa

from bidroom.crypto import checkpoint
from bidroom.crypto.canonical import canonical
from bidroom.crypto.checkpoint import LogKey
from bidroom.crypto.tree import leaf_hash, mth
from bidroom.facts import CENTRE, CLOCK, Actor, Claim, Command, Conflict, Fact, Refused, Role, Signed, StreamKind
from bidroom.machine import Table
from bidroom.ports import Done
from bidroom.storage.database import engine_for, writing
from bidroom.storage.entries import signed_hash
from bidroom.storage.folding import LogBroken
from bidroom.storage.log import SqlLog
from bidroom.storage.schema import migrate
from bidroom.storage.tables import ENTRIES, STREAMS
from tests.fakes import NOON
from tests.tally import ADDER, OTHER, SECOND, STREAM, TABLES, TALLY, add, command, document

TENDER = StreamKind.TENDER
Engines = Callable[[], sa.Engine]


def append(log: SqlLog, *facts: Fact, of: Command | None = None, by: Actor = ADDER) -> Done:
    """One command's facts in a transaction of their own."""
    with log.transaction() as tx:
        return tx.append(of or add(), facts, by, NOON, TENDER)


def added(n: int = 1) -> Fact:
    """A fact that the tally folds."""
    return Fact("Added", {"n": n})


# --- entries ---------------------------------------------------------------------------------------------------------


def test_an_entry_is_canonical_json_with_what_the_format_names(log: SqlLog) -> None:
    signed = Signed("command", b"the exact bytes", b"the signature")
    actor = replace(ADDER, binding=b"the binding's entry")
    done = append(log, added(3), of=add(signed=signed), by=actor)
    assert document(done.entries[0]) == {
        "v": 1,
        "stream": STREAM,
        "seq": 0,
        "type": "Added",
        "time": "2026-09-18T04:00:00.000000Z",
        "actor": {
            "organization": ADDER.organization,
            "user": "chen",
            "role": "bidder",
            "certificate": ADDER.certificate,
            "binding": base64.b64encode(b"the binding's entry").decode(),
        },
        "body": {"n": 3},
        "signed": {
            "bytes": base64.b64encode(b"the exact bytes").decode(),
            "cms": base64.b64encode(b"the signature").decode(),
        },
    }
    assert done.entries[0].data == canonical(document(done.entries[0]))


def test_what_is_not_known_of_an_actor_is_left_out(log: SqlLog) -> None:
    entry = append(log, added(), by=CLOCK).entries[0]
    assert document(entry)["actor"] == {"role": "clock"}
    assert "signed" not in document(entry)


def test_all_facts_of_one_command_carry_its_signature_and_one_checkpoint(log: SqlLog) -> None:
    done = append(log, added(1), added(2), of=add(signed=Signed("command", b"bytes", b"cms")))
    assert [entry.seq for entry in done.entries] == [0, 1]
    assert len({str(entry.signed) for entry in done.entries}) == 1
    assert list(log.checkpoints(STREAM)) == [2]


def test_an_entry_of_more_than_one_mebibyte_is_refused_and_nothing_is_written(log: SqlLog) -> None:
    with log.transaction() as tx:
        with pytest.raises(Refused, match="entry_too_large"):
            tx.append(add(), [added(), Fact("Added", {"n": 1, "text": "x" * (1 << 20)})], ADDER, NOON, TENDER)
        assert tx.state(STREAM, TENDER)["tally"].total == 0
        assert tx.append(add(), [added(7)], ADDER, NOON, TENDER).entries[0].seq == 0
    assert [entry.body["n"] for entry in log.entries(STREAM)] == [7]


def test_the_largest_entry_is_kept_and_found_again(log: SqlLog) -> None:
    frame = len(append(log, Fact("Added", {"n": 1, "text": ""})).entries[0].data)
    entry = append(log, Fact("Added", {"n": 1, "text": "x" * ((1 << 20) - frame)})).entries[0]
    assert len(entry.data) == 1 << 20
    assert list(log.entries(STREAM))[1] == entry


def test_entries_are_read_from_any_number_on_and_across_pages(log: SqlLog) -> None:
    append(log, *(added(n) for n in range(1100)))
    assert [entry.seq for entry in log.entries(STREAM)] == list(range(1100))
    assert [entry.body["n"] for entry in log.entries(STREAM, 1098)] == [1098, 1099]
    assert list(log.entries(STREAM, 1100)) == []


# --- tree and checkpoints --------------------------------------------------------------------------------------------


def test_the_tree_is_that_of_rfc_6962_over_the_entries(log: SqlLog) -> None:
    other = pymerkle.InmemoryTree(algorithm="sha256")
    for number in range(13):
        for entry in append(log, *(added(n) for n in range(number % 3 + 1))).entries:
            other.append_entry(entry.data)
        assert log.view(STREAM).root == other.get_root()
    assert log.view(STREAM).root == mth(entry.data for entry in log.entries(STREAM))
    assert log.leaves(STREAM) == [leaf_hash(entry.data) for entry in log.entries(STREAM)]
    assert log.leaves(STREAM, 4) == log.leaves(STREAM)[:4]


def test_each_command_leaves_a_signed_checkpoint_that_a_pinned_key_verifies(log: SqlLog, log_key: LogKey) -> None:
    for number in range(5):
        append(log, added(number))
    entries = [entry.data for entry in log.entries(STREAM)]
    for size, note in log.checkpoints(STREAM).items():
        assert checkpoint.verify(note, log_key.vkey) == (f"log.example/{STREAM}", size, mth(entries[:size]))
    assert log.checkpoint(STREAM) == log.checkpoints(STREAM)[5]
    assert log.checkpoint(STREAM, 3) == log.checkpoints(STREAM)[3]


def test_an_unknown_checkpoint_or_stream_is_refused(log: SqlLog) -> None:
    append(log, added())
    with pytest.raises(Refused, match="checkpoint_unknown"):
        log.checkpoint(STREAM, 2)
    with pytest.raises(Refused, match="stream_unknown"):
        log.view(OTHER)
    assert list(log.entries(OTHER)) == []


def test_only_a_committed_checkpoint_is_known(log: SqlLog) -> None:
    append(log, added())
    root = log.view(STREAM).root.hex()
    with log.transaction() as tx:
        assert tx.knows_checkpoint(STREAM, {"size": 1, "root": root})
        for wrong in (
            {"size": 1, "root": "00" * 32},
            {"size": 2, "root": root},
            {"size": True, "root": root},
            {},
            {"size": 1},
        ):
            assert not tx.knows_checkpoint(STREAM, wrong)
        assert not tx.knows_checkpoint(OTHER, {"size": 1, "root": root})


# --- state -----------------------------------------------------------------------------------------------------------


def test_a_stream_begins_with_its_first_entry_and_not_before(log: SqlLog) -> None:
    with log.transaction() as tx:
        assert tx.kind(STREAM) is None
        assert tx.state(STREAM, TENDER)["tally"].phase == "open"
        tx.append(add(), [added(2)], ADDER, NOON, TENDER)
        assert tx.kind(STREAM) is TENDER
        assert tx.state(STREAM, TENDER)["tally"].total == 2
        with pytest.raises(Refused, match="stream_unknown"):
            log.view(STREAM)
    assert log.view(STREAM).state["tally"].total == 2


def test_what_is_held_in_memory_is_what_a_cold_fold_gives(log: SqlLog, engines: Engines, log_key: LogKey) -> None:
    for number in range(20):
        append(log, added(number), by=SECOND if number % 2 else ADDER)
        cold = SqlLog(engines(), TABLES, log_key).view(STREAM)
        assert log.view(STREAM) == cold
    assert log.view(STREAM).state["tally"].adders == ("chen", "wu") * 10


def test_an_exception_leaves_neither_rows_nor_state(log: SqlLog) -> None:
    append(log, added(1))

    def fail() -> None:
        with log.transaction() as tx:
            tx.append(add(), [added(5)], ADDER, NOON, TENDER)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert log.view(STREAM).state["tally"].total == 1
    append(log, added(1))
    assert log.view(STREAM).state["tally"].total == 2


def test_a_changed_entry_is_noticed_when_it_is_folded(
    log: SqlLog, engine: sa.Engine, engines: Engines, log_key: LogKey
) -> None:
    entry = append(log, added(1), added(2)).entries[0]
    with writing(engine) as connection:
        forged = entry.data.replace(b'"n":1', b'"n":9')
        connection.execute(sa.update(ENTRIES).where(ENTRIES.c.seq == 0).values(data=forged))
    with pytest.raises(LogBroken, match=STREAM):
        SqlLog(engines(), TABLES, log_key).view(STREAM)


def test_a_dropped_entry_is_noticed_when_it_is_folded(
    log: SqlLog, engine: sa.Engine, engines: Engines, log_key: LogKey
) -> None:
    append(log, added(1), added(2))
    with writing(engine) as connection:
        connection.execute(sa.delete(ENTRIES).where(ENTRIES.c.seq == 1))
    with pytest.raises(LogBroken):
        SqlLog(engines(), TABLES, log_key).view(STREAM)


def test_the_due_time_beside_a_stream_is_what_its_rules_say(log: SqlLog, engine: sa.Engine) -> None:
    def due_at() -> str | None:
        with engine.connect() as connection:
            due: str | None = connection.execute(sa.select(STREAMS.c.due_at)).scalar_one()
            return due

    append(log, added())
    assert due_at() is None
    append(log, Fact("CloseSet", {"at": "2026-09-18T05:00:00.000000Z"}))
    assert due_at() == "2026-09-18T05:00:00.000000Z"
    append(log, Fact("CloseSet", {"at": "2026-09-18T03:00:00.000000Z"}))
    assert due_at() == "2026-09-18T04:00:00.000000Z", "owed already: at once"
    append(log, Fact("Closed", {}))
    assert due_at() is None


def test_after_an_upgrade_the_due_times_are_worked_out_anew(log: SqlLog, engine: sa.Engine) -> None:
    append(log, Fact("CloseSet", {"at": "2026-09-18T05:00:00.000000Z"}))
    append(log, added(), of=add(stream=OTHER))

    def due() -> dict[str, str | None]:
        with engine.connect() as connection:
            return {row.id: row.due_at for row in connection.execute(sa.select(STREAMS))}

    before = due()
    assert log.reschedule(NOON) == 0
    with writing(engine) as connection:
        connection.execute(sa.update(STREAMS).values(due_at="2030-01-01T00:00:00.000000Z"))
    assert log.reschedule(NOON) == 2
    assert due() == before


# --- commands --------------------------------------------------------------------------------------------------------


def test_a_command_is_remembered_by_its_id_and_actor(log: SqlLog) -> None:
    asked = add(4)
    done = append(log, added(4), of=asked)
    with log.transaction() as tx:
        assert tx.by_command(asked, ADDER) == Done(done.entries, again=True)
        assert tx.by_command(asked, SECOND) is None
        for other in (replace(asked, digest="00" * 32), replace(asked, stream=OTHER)):
            with pytest.raises(Refused, match="same_id_other_bytes"):
                tx.by_command(other, ADDER)


def test_a_command_is_remembered_within_its_own_transaction(log: SqlLog) -> None:
    asked = add(4)
    with log.transaction() as tx:
        done = tx.append(asked, [added(4)], ADDER, NOON, TENDER)
        assert tx.by_command(asked, ADDER) == Done(done.entries, again=True)
        with pytest.raises(Refused, match="same_id_other_bytes"):
            tx.by_command(replace(asked, digest="00" * 32), ADDER)


@pytest.mark.parametrize("stream_is_there", [True, False])
def test_a_refusal_is_remembered_with_all_its_details(log: SqlLog, stream_is_there: bool) -> None:
    if stream_is_there:
        append(log, added())
    asked = add(-1)
    with log.transaction() as tx:
        tx.refuse(asked, Refused("number_is_positive", "n\0", n=-1, why="负\ud800"), ADDER, NOON)
    with log.transaction() as tx, pytest.raises(Refused) as again:
        tx.by_command(asked, ADDER)
    assert (again.value.reason, again.value.field) == ("number_is_positive", "n\ufffd")
    assert again.value.details == {"n": -1, "why": "负\ud800"}


def test_actors_are_told_apart_by_organization_and_user_and_the_rest_by_role(log: SqlLog) -> None:
    id = "77" * 16
    people = [
        ADDER,
        SECOND,
        replace(ADDER, user="li"),
        CLOCK,
        Actor(role=Role.OPERATOR, staff=frozenset({Role.OPERATOR})),
        Actor(),
        Actor(user="chen", role=Role.CLERK, staff=frozenset({Role.CLERK})),
    ]
    for person in people:
        assert not append(log, added(), of=add(id=id), by=person).again
    with log.transaction() as tx:
        for person in people:
            assert tx.by_command(add(id=id), person) is not None


# --- claims ----------------------------------------------------------------------------------------------------------


def test_what_is_claimed_is_claimed_for_every_stream_and_for_ever(log: SqlLog) -> None:
    mine = Fact("Claimed", {"name": "x"}, claims=(Claim("name", "x"),))
    append(log, mine)
    for stream in (STREAM, OTHER, CENTRE):
        with log.transaction() as tx, pytest.raises(Refused) as refused:
            tx.append(add(stream=stream), [mine], SECOND, NOON, TENDER)
        assert (refused.value.reason, refused.value.field) == ("already_claimed", "name")
    append(log, Fact("Claimed", {"name": "x"}, claims=(Claim("other kind", "x"),)))


def test_a_claim_holds_within_one_transaction_and_within_one_command(log: SqlLog) -> None:
    mine = Fact("Claimed", {"name": "x"}, claims=(Claim("name", "x"),))
    with log.transaction() as tx:
        with pytest.raises(Refused, match="already_claimed"):
            tx.append(add(), [mine, mine], ADDER, NOON, TENDER)
        tx.append(add(), [mine], ADDER, NOON, TENDER)
        with pytest.raises(Refused, match="already_claimed"):
            tx.append(add(stream=OTHER), [mine], ADDER, NOON, TENDER)
    assert len(list(log.entries(STREAM))) == 1


# --- several processes on one database -------------------------------------------------------------------------------


def test_a_log_folds_what_another_process_appended(log: SqlLog, engines: Engines, log_key: LogKey) -> None:
    other = SqlLog(engines(), TABLES, log_key)
    for number in range(6):
        append(log if number % 2 else other, added(number))
        assert log.view(STREAM) == other.view(STREAM)
    assert log.view(STREAM).root == mth(entry.data for entry in log.entries(STREAM))


def test_who_comes_second_gets_a_conflict_and_keeps_nothing(postgres_url: str, log_key: LogKey) -> None:
    """With SQLite the second waits at its beginning; only PostgreSQL lets both go on to the same number."""
    first, second = engine_for(postgres_url), engine_for(postgres_url)
    migrate(first)
    one, two = SqlLog(first, TABLES, log_key), SqlLog(second, TABLES, log_key)
    append(one, added(1))

    def overtaken() -> None:
        with two.transaction() as late:
            late.append(add(), [added(100)], SECOND, NOON, TENDER)
            append(one, added(2))

    with pytest.raises(Conflict):
        overtaken()
    assert two.view(STREAM).state["tally"].total == 3
    assert two.view(STREAM) == one.view(STREAM)
    first.dispose()
    second.dispose()


def test_a_kind_of_stream_folds_every_table_of_its_kind(engine: sa.Engine, log_key: LogKey) -> None:
    twin: Table = replace(TALLY, name="twin")
    elsewhere: Table = replace(TALLY, name="elsewhere", kind=StreamKind.CENTRE)
    log = SqlLog(engine, (TALLY, twin, elsewhere), log_key)
    append(log, added(2))
    assert {name: part.total for name, part in log.view(STREAM).state.items()} == {"tally": 2, "twin": 2}


def test_the_hash_of_something_signed_is_over_its_tag_a_zero_byte_and_its_bytes() -> None:
    assert signed_hash(Signed("command", b"x", b"")) == hashlib.sha256(b"bidroom/v1/command\0x").hexdigest()


def test_time_is_when_the_command_was_received(log: SqlLog) -> None:
    with log.transaction() as tx:
        done = tx.append(command("Add"), [added()], ADDER, NOON + timedelta(microseconds=7), TENDER)
    assert document(done.entries[0])["time"] == "2026-09-18T04:00:00.000007Z"
    assert done.entries[0].time == NOON + timedelta(microseconds=7)
