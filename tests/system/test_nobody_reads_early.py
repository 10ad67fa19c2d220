"""A copy of all that the server has opens no bid while the tenderee's pieces are missing."""

from __future__ import annotations

import re
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from hashlib import sha256
from itertools import chain
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from bidroom.crypto.context import part_key
from bidroom.crypto.envelope import open_form
from bidroom.crypto.header import Header
from bidroom.crypto.release import check_pieces, combine, unwrap_own
from bidroom.crypto.slots import spki_of
from bidroom.facts import Refused
from tests.system.steps import pay
from tests.web.parties import Centre, publish
from tests.web.serving import Server

PIECE = 32
SHORT = 200
"""Longer values are entries, notes and certificates, in which a secret would stand as hex."""
HEX = re.compile(rb"[0-9a-f]{64}")
ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def test_a_copy_of_the_server_opens_no_bid(fresh: Server, tmp_path: Path) -> None:
    fresh.start()
    centre = Centre.at(fresh.url)
    tender = publish(centre)
    bidders = [centre.organization(f"投标人{n}有限公司") for n in range(3)]
    sealed = [tender.bid(who, 1, f"12648000{n}.00", tmp_path / who.user) for n, who in enumerate(bidders)]
    pay(tender, bidders)
    centre.go_to(tender.deadline + timedelta(seconds=1))
    tender.tenderee.give("SignPreflight", tender.id, {"root": tender.view()["root"], "bad": []})
    tender.command(tender.view()["root"])
    for who, bid in zip(bidders, sealed, strict=True):
        tender.release(who, bid)
    centre.rest()
    assert tender.view()["phase"] == "closing"
    fresh.kill()

    copy = Path(shutil.copytree(fresh.folder / "data", tmp_path / "copy"))
    with closing(sqlite3.connect(copy / "bidroom.sqlite")) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    secrets = set(every_secret_in(copy))
    released = released_pieces(copy)
    assert set(released) == {bid.header.digest for bid in sealed}, "the attack starts from all bidders' pieces"
    assert len(secrets) > len(sealed)
    for bid in sealed:
        with pytest.raises(Refused):
            combine(bid.header, released[bid.header.digest])
        assert the_other_piece(bid.header, secrets) is None
        assert not is_opened_by_a_key(bid.header, secrets)


def test_the_attack_would_succeed_with_the_missing_piece(centre: Centre, tmp_path: Path) -> None:
    """The control: what the thief lacks is the tenderee's piece (or key), and nothing else."""
    tender, who = publish(centre), centre.organization("投标人有限公司")
    bid = tender.bid(who, 1, "126480000.00", tmp_path / who.user)
    tenderee = tender.tenderee.identity.agreement_key
    pieces = [
        *unwrap_own(bid.header, tender.notice().terms, "bidder", who.identity.agreement_key).items(),
        *unwrap_own(bid.header, tender.notice().terms, "tenderee", tenderee).items(),
    ]
    found = the_other_piece(bid.header, {b"x" * PIECE, pieces[1][1]})
    assert found == pieces[1][1]
    key = part_key(combine(bid.header, {0: pieces[0][1], 1: found}), 0)
    sealed = (bid.folder / "part0.bin").read_bytes()
    assert b"126480000.00" in open_form(iter([sealed]), key, bid.header.context.digest)
    scalar = tenderee.private_numbers().private_value.to_bytes(PIECE, "big")
    assert is_opened_by_a_key(bid.header, {scalar})


def every_secret_in(folder: Path) -> Iterator[bytes]:
    """Every 32 bytes that a thief could mean: hex of that length anywhere, values of columns, private keys."""
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        data = path.read_bytes()
        yield from (bytes.fromhex(found.decode()) for found in HEX.findall(data))
        if b"PRIVATE KEY" in data:
            key = load_pem_private_key(data, None)
            yield key.private_bytes_raw() if hasattr(key, "private_bytes_raw") else b""
        if data.startswith(b"SQLite format 3"):
            yield from values_of(path)


def values_of(database: Path) -> Iterator[bytes]:
    """Every binary value of the database, cut into 32-byte strings."""
    with closing(sqlite3.connect(database)) as connection:
        tables = [name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            rows = connection.execute(f'SELECT * FROM "{table}"')
            for value in chain.from_iterable(rows):
                if isinstance(value, bytes) and len(value) <= SHORT:
                    yield from (value[i : i + PIECE] for i in range(max(1, len(value) - PIECE + 1)))
    connection.close()


def released_pieces(folder: Path) -> dict[str, dict[int, bytes]]:
    """What the table of pieces holds, by bid."""
    held: dict[str, dict[int, bytes]] = {}
    with closing(sqlite3.connect(folder / "bidroom.sqlite")) as connection:
        for digest, j, piece in connection.execute("SELECT digest, j, piece FROM pieces"):
            held.setdefault(digest, {})[j] = piece
    return held


def the_other_piece(header: Header, secrets: set[bytes]) -> bytes | None:
    """The first of these that is the tenderee's piece, by its commitment."""
    for secret in secrets:
        if len(secret) == PIECE:
            try:
                check_pieces(header, {1: secret})
            except Refused:
                continue
            return secret
    return None


def is_opened_by_a_key(header: Header, secrets: set[bytes]) -> bool:
    """Whether any of these, as a P-256 private key, opens one of the header's stanzas."""
    scalars = {int.from_bytes(secret, "big") for secret in secrets if len(secret) == PIECE}
    keys = (ec.derive_private_key(scalar, ec.SECP256R1()) for scalar in scalars if 0 < scalar < ORDER)
    named = {stanza.key for stanza in header.stanzas}
    return any(sha256(spki_of(key.public_key())).hexdigest() in named for key in keys)
