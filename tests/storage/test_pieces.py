"""Released pieces: never in the log, erased to the last byte, and those of opened bids in the auditor's hand."""

from __future__ import annotations

import base64
import json
from collections.abc import Sequence
from pathlib import Path

import sqlalchemy as sa

from bidroom.crypto.canonical import sha256_hex, signed_input
from bidroom.crypto.checkpoint import LogKey
from bidroom.facts import Command, ErasePieces, Fact, KeepPieces, StreamKind
from bidroom.storage.database import engine_for
from bidroom.storage.log import SqlLog
from bidroom.storage.schema import migrate
from bidroom.storage.tables import PIECES, RELEASE_MESSAGES, RELEASES
from tests.fakes import NOON
from tests.tally import ADDER, SECOND, STREAM, TABLES, add, document, release

ONE, TWO, THREE = "1a" * 32, "2b" * 32, "3c" * 32
PIECE = {0: bytes(range(32)), 1: bytes(range(32, 64))}
OTHER_PIECE = {0: bytes(range(64, 96))}


def keep(log: SqlLog, command: Command, *digests: str, pieces: dict[int, bytes]) -> bytes:
    """Release these pieces of these bids with one message; the bytes of the first entry."""
    assert command.signed is not None
    effects = tuple(KeepPieces(digest, pieces, command.signed) for digest in digests)
    with log.transaction() as tx:
        done = tx.append(command, [Fact("Kept", {}, effects=effects)], ADDER, NOON, StreamKind.TENDER)
    return done.entries[0].data


def erase(log: SqlLog, digests: Sequence[str], to_auditor: Sequence[str] = ()) -> None:
    """Erase the pieces of these bids."""
    effect = ErasePieces(tuple(digests), tuple(to_auditor))
    with log.transaction() as tx:
        tx.append(add(), [Fact("Erased", {}, effects=(effect,))], SECOND, NOON, StreamKind.TENDER)


def rows(engine: sa.Engine, table: sa.Table) -> int:
    """How many rows there are."""
    with engine.connect() as connection:
        return connection.execute(sa.select(sa.func.count()).select_from(table)).scalar_one()


def test_a_release_enters_the_log_as_the_hash_of_its_signed_input_alone(log: SqlLog) -> None:
    command = release(ONE, PIECE)
    assert command.signed is not None
    data = keep(log, command, ONE, pieces=PIECE)
    assert json.loads(data)["signed"] == {"hash": sha256_hex(signed_input("command", command.signed.data))}
    for piece in PIECE.values():
        assert piece.hex().encode() not in data
        assert base64.b64encode(command.signed.data) not in data


def test_every_entry_of_a_release_hides_its_message_not_only_the_one_that_keeps(log: SqlLog) -> None:
    command = release(ONE, PIECE)
    assert command.signed is not None
    kept = Fact("Kept", {}, effects=(KeepPieces(ONE, PIECE, command.signed),))
    with log.transaction() as tx:
        done = tx.append(command, [Fact("Noted", {}), kept], ADDER, NOON, StreamKind.TENDER)
    assert [set(document(entry)["signed"]) for entry in done.entries] == [{"hash"}, {"hash"}]


def test_pieces_are_there_until_they_are_erased(log: SqlLog, engine: sa.Engine) -> None:
    keep(log, release(ONE, PIECE), ONE, pieces=PIECE)
    keep(log, release(TWO, OTHER_PIECE), TWO, pieces=OTHER_PIECE)
    assert log.pieces(STREAM, ONE) == PIECE
    erase(log, [ONE])
    assert log.pieces(STREAM, ONE) == {}
    assert log.pieces(STREAM, TWO) == OTHER_PIECE
    assert log.auditor_only(STREAM) == {}
    assert [rows(engine, table) for table in (PIECES, RELEASES, RELEASE_MESSAGES)] == [1, 1, 1]


def test_the_same_piece_released_twice_is_kept_once_with_both_messages(log: SqlLog, engine: sa.Engine) -> None:
    keep(log, release(ONE, PIECE), ONE, pieces=PIECE)
    keep(log, release(ONE, PIECE), ONE, pieces=PIECE)
    assert log.pieces(STREAM, ONE) == PIECE
    assert rows(engine, RELEASE_MESSAGES) == 2


def test_the_pieces_of_opened_bids_become_the_auditors(log: SqlLog, engine: sa.Engine) -> None:
    own, holders = release(ONE, PIECE), release(TWO, OTHER_PIECE)
    assert own.signed is not None
    assert holders.signed is not None
    keep(log, own, ONE, pieces=PIECE)
    keep(log, holders, TWO, THREE, pieces=OTHER_PIECE)
    erase(log, [ONE, TWO, THREE], to_auditor=[ONE, TWO])
    mine, theirs = (sha256_hex(signed_input("command", said.data)) for said in (own.signed, holders.signed))
    found = {name: json.loads(data) for name, data in log.auditor_only(STREAM).items()}
    assert found == {
        f"bids/{ONE}/pieces.json": [{"j": j, "piece": piece.hex()} for j, piece in PIECE.items()],
        f"bids/{ONE}/releases.json": [mine],
        f"bids/{TWO}/pieces.json": [{"j": j, "piece": piece.hex()} for j, piece in OTHER_PIECE.items()],
        f"bids/{TWO}/releases.json": [theirs],
        f"releases/{mine}.json": _message(own),
        f"releases/{theirs}.json": _message(holders),
    }
    assert [rows(engine, table) for table in (PIECES, RELEASES, RELEASE_MESSAGES)] == [0, 0, 0]


def _message(command: Command) -> dict[str, str]:
    assert command.signed is not None
    texts = {"bytes": command.signed.data, "cms": command.signed.cms}
    return {"kind": "command"} | {key: base64.b64encode(data).decode() for key, data in texts.items()}


def test_keeping_and_erasing_in_one_transaction_happen_in_their_order(log: SqlLog) -> None:
    command = release(ONE, PIECE)
    assert command.signed is not None
    kept = Fact("Kept", {}, effects=(KeepPieces(ONE, PIECE, command.signed),))
    erased = Fact("Erased", {}, effects=(ErasePieces((ONE,)),))
    with log.transaction() as tx:
        tx.append(command, [kept], ADDER, NOON, StreamKind.TENDER)
        tx.append(add(), [erased], ADDER, NOON, StreamKind.TENDER)
    assert log.pieces(STREAM, ONE) == {}


def test_sqlite_keeps_no_byte_of_an_erased_piece(tmp_path: Path, log_key: LogKey) -> None:
    engine = engine_for(f"sqlite:///{tmp_path / 'bidroom.sqlite'}")
    migrate(engine)
    log = SqlLog(engine, TABLES, log_key)
    keep(log, release(ONE, PIECE), ONE, pieces=PIECE)
    assert any(PIECE[0] in path.read_bytes() for path in tmp_path.iterdir())
    erase(log, [ONE])
    held = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    for piece in PIECE.values():
        assert [name for name, data in held.items() if piece in data or piece.hex().encode() in data] == []
    engine.dispose()


def test_what_a_reader_keeps_from_being_forgotten_is_forgotten_with_the_next_commit(
    tmp_path: Path, log_key: LogKey
) -> None:
    engine = engine_for(f"sqlite:///{tmp_path / 'bidroom.sqlite'}")
    migrate(engine)
    log = SqlLog(engine, TABLES, log_key)
    keep(log, release(ONE, PIECE), ONE, pieces=PIECE)
    with engine.connect() as reader:
        reader.execute(sa.select(PIECES)).all()
        erase(log, [ONE])
    erase(log, [TWO])
    assert all(PIECE[0] not in path.read_bytes() for path in tmp_path.iterdir())
    engine.dispose()
