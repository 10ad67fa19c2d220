"""Released pieces: kept apart from the log until the opening, then erased; those of opened bids are the auditor's."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert

from bidroom.crypto.canonical import canonical
from bidroom.facts import ErasePieces, KeepPieces
from bidroom.storage.entries import signed_hash
from bidroom.storage.tables import AUDITOR_ONLY, PIECES, RELEASE_MESSAGES, RELEASES


def carry_out(connection: sa.Connection, stream: str, effect: KeepPieces | ErasePieces) -> None:
    """Keep or erase, within the transaction that writes the fact."""
    if isinstance(effect, KeepPieces):
        _keep(connection, stream, effect)
    else:
        _erase(connection, stream, effect)


def pieces_of(connection: sa.Connection, stream: str, digest: str) -> dict[int, bytes]:
    """The pieces of one bid that are here, by j."""
    rows = connection.execute(
        sa.select(PIECES.c.j, PIECES.c.piece)
        .where(PIECES.c.stream == stream, PIECES.c.digest == digest)
        .order_by(PIECES.c.j)
    )
    return {row.j: row.piece for row in rows}


def auditor_only(connection: sa.Connection, stream: str) -> dict[str, bytes]:
    """What only an auditor may read, by name: `bids/<digest>/pieces.json`, `bids/<digest>/releases.json`,
    `releases/<hash of the message>.json`."""
    rows = connection.execute(
        sa.select(AUDITOR_ONLY.c.name, AUDITOR_ONLY.c.data)
        .where(AUDITOR_ONLY.c.stream == stream)
        .order_by(AUDITOR_ONLY.c.name)
    )
    return {row.name: row.data for row in rows}


def _keep(connection: sa.Connection, stream: str, effect: KeepPieces) -> None:
    message = signed_hash(effect.message)
    _put(
        connection,
        PIECES,
        [{"stream": stream, "digest": effect.digest, "j": j, "piece": piece} for j, piece in effect.pieces.items()],
    )
    _put(connection, RELEASES, [{"stream": stream, "digest": effect.digest, "message": message}])
    said = effect.message
    row = {"stream": stream, "message": message, "kind": said.kind, "data": said.data, "cms": said.cms}
    _put(connection, RELEASE_MESSAGES, [row])


def _erase(connection: sa.Connection, stream: str, effect: ErasePieces) -> None:
    for digest in effect.to_auditor:
        _hand_over(connection, stream, digest)
    for table in (PIECES, RELEASES):
        _delete(connection, table, stream, effect.digests)
    named = sa.select(RELEASES.c.message).where(RELEASES.c.stream == stream)
    connection.execute(
        sa.delete(RELEASE_MESSAGES).where(RELEASE_MESSAGES.c.stream == stream, RELEASE_MESSAGES.c.message.not_in(named))
    )


def _delete(connection: sa.Connection, table: sa.Table, stream: str, digests: Iterable[str]) -> None:
    connection.execute(sa.delete(table).where(table.c.stream == stream, table.c.digest.in_(tuple(digests))))


def _hand_over(connection: sa.Connection, stream: str, digest: str) -> None:
    pieces = [{"j": j, "piece": piece.hex()} for j, piece in pieces_of(connection, stream, digest).items()]
    messages = connection.execute(
        sa.select(RELEASE_MESSAGES)
        .join(
            RELEASES,
            sa.and_(RELEASES.c.stream == RELEASE_MESSAGES.c.stream, RELEASES.c.message == RELEASE_MESSAGES.c.message),
        )
        .where(RELEASES.c.stream == stream, RELEASES.c.digest == digest)
        .order_by(RELEASE_MESSAGES.c.message)
    ).all()
    named = {
        f"bids/{digest}/pieces.json": canonical(pieces),
        f"bids/{digest}/releases.json": canonical([row.message for row in messages]),
        **{f"releases/{row.message}.json": _message_document(row) for row in messages},
    }
    _put(connection, AUDITOR_ONLY, [{"stream": stream, "name": name, "data": data} for name, data in named.items()])


def _message_document(row: Any) -> bytes:
    return canonical(
        {
            "kind": row.kind,
            "bytes": base64.b64encode(row.data).decode("ascii"),
            "cms": base64.b64encode(row.cms).decode("ascii"),
        }
    )


def _put(connection: sa.Connection, table: sa.Table, rows: list[dict[str, Any]]) -> None:
    """Insert what is not there yet: the same piece may be released twice, by two keys of one slot."""
    insert = postgres_insert if connection.dialect.name == "postgresql" else sqlite_insert
    if rows:
        connection.execute(insert(table).on_conflict_do_nothing(), rows)
