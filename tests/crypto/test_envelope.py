"""Sealing and opening whole bids: every size, every failure, never more than a megabyte at a time."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO, cast

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bidroom.crypto import tree
from bidroom.crypto.envelope import (
    Header,
    Sealed,
    check_header,
    check_part,
    open_form,
    open_part,
    open_part_into,
    parse_header,
    seal,
    zip_documents,
)
from bidroom.crypto.payload import encrypted
from bidroom.crypto.policy import parse_terms
from bidroom.crypto.release import combine, part_key, unwrap, unwrap_own
from bidroom.facts import Refused
from tests.vectors import actors, reference

TERMS = parse_terms(reference.json_bytes(actors.terms()))
COMMITTEE = parse_terms(reference.json_bytes(actors.committee_terms()))
KEYS = [reference.spki(actors.BIDDER), reference.spki(actors.BIDDER_TWO)]
MEGABYTE = 1 << 20


def sealed(out: Path, documents: bytes | BinaryIO | None = b"", **changes: Any) -> tuple[Sealed, Header]:
    size = len(documents) if isinstance(documents, bytes) else 0
    source = io.BytesIO(documents) if isinstance(documents, bytes) else documents
    given_: dict[str, Any] = {
        "terms": TERMS, "lot": 1, "certificate": actors.BIDDER_CERTIFICATE, "keys": KEYS, "form": actors.FORM,
        "documents": source, "documents_size": size, "out": out, "supersedes": None,
    } | changes  # fmt: skip
    bid = seal(**given_)
    return bid, parse_header(bid.header)


def opened(header: Header, out: Path) -> tuple[bytes, bytes]:
    B = header.context.digest
    pieces = unwrap_own(header, TERMS, "bidder", actors.BIDDER_TWO) | unwrap(header, "tenderee", 1, actors.TENDEREE_TWO)
    key = combine(header, pieces)
    with (out / "part0.bin").open("rb") as form, (out / "part1.bin").open("rb") as documents:
        target = io.BytesIO()
        open_part_into(documents, part_key(key, 1), B, 1, target)
        return open_form(form, part_key(key, 0), B), target.getvalue()


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(0, 3 * MEGABYTE))
@example(0)
@example(16_383)
@example(16_384)
@example(16_385)
@example(16_336)
@example(MEGABYTE - 1)
@example(MEGABYTE)
@example(MEGABYTE + 1)
def test_what_is_sealed_is_opened(tmp_path: Path, size: int) -> None:
    documents = reference.chance("documents", size)
    bid, header = sealed(tmp_path, documents)
    check_header(header, TERMS, actors.BIDDER_CERTIFICATE)
    assert header.parts == bid.parts
    assert header.digest == bid.digest
    for part in header.parts:
        cipher = (tmp_path / f"part{part.id}.bin").read_bytes()
        segments = [cipher[start : start + MEGABYTE] for start in range(0, len(cipher), MEGABYTE)]
        check_part(header, part.id, len(cipher), tree.segment_root(segments))
    assert opened(header, tmp_path) == (actors.FORM, documents)


def test_no_documents(tmp_path: Path) -> None:
    _, header = sealed(tmp_path, None)
    assert opened(header, tmp_path) == (actors.FORM, b"")
    assert header.parts[1].length == 48 + 56 + 16


def test_the_pieces_are_what_opens_it(tmp_path: Path) -> None:
    bid, header = sealed(tmp_path)
    assert combine(header, dict(enumerate(bid.pieces)))
    for stanza, key in zip(
        header.stanzas, (actors.BIDDER, actors.BIDDER_TWO, actors.TENDEREE, actors.TENDEREE_TWO), strict=True
    ):
        j = 0 if stanza.slot == "bidder" else 1
        assert unwrap(header, stanza.slot, stanza.index, key) == {j: bid.pieces[j]}


def test_a_committee(tmp_path: Path) -> None:
    _, header = sealed(tmp_path, terms=COMMITTEE)
    check_header(header, COMMITTEE)
    pieces = unwrap_own(header, COMMITTEE, "bidder", actors.BIDDER)
    for key in actors.COMMITTEE[1:]:
        pieces |= unwrap_own(header, COMMITTEE, "committee", key)
    assert combine(header, pieces)


def test_chance_is_given(tmp_path: Path) -> None:
    numbers = iter(range(1, 100))
    bid, header = sealed(tmp_path, random=lambda size: bytes([next(numbers)]) * size, bid_id=b"b" * 16)
    assert bid.pieces == (b"\1" * 32, b"\2" * 32)
    assert header.bid == (b"b" * 16).hex()
    again, _ = sealed(tmp_path)
    other, _ = sealed(tmp_path)
    assert again.pieces != other.pieces
    assert again.digest != other.digest


class Counting(io.BytesIO):
    """A file that notes how much is asked of it at once."""

    most = 0

    def read(self, size: int | None = -1, /) -> bytes:
        assert size is not None
        assert size > 0
        self.most = max(self.most, size)
        return super().read(size)


def test_never_more_than_a_megabyte_at_a_time(tmp_path: Path) -> None:
    source = Counting(bytes(5 * MEGABYTE))
    bid, header = sealed(tmp_path, source, documents_size=5 * MEGABYTE)
    assert source.most == MEGABYTE
    key = part_key(combine(header, dict(enumerate(bid.pieces))), 1)
    cipher = Counting((tmp_path / "part1.bin").read_bytes())
    blocks = list(open_part(cast("BinaryIO", cipher), key, header.context.digest, 1))
    assert cipher.most == MEGABYTE
    assert max(map(len, blocks)) <= MEGABYTE
    assert b"".join(blocks) == bytes(5 * MEGABYTE)


@pytest.mark.parametrize("cut", [1, 7, 55, 56, 57, 16_399, 16_400, 16_401])
def test_a_ciphertext_is_read_however_it_is_cut(cut: int) -> None:
    bid = actors.BID
    cipher, key = bid.parts[1], reference.part_key(bid.K, 1)

    def blocks() -> Iterator[bytes]:
        for start in range(0, len(cipher), cut):
            yield cipher[start : start + cut]

    assert b"".join(open_part(blocks(), key, bid.B, 1)) == bid.documents


@settings(max_examples=60, deadline=None)
@given(st.integers(0, len(actors.BID.parts[1]) - 1), st.integers(0, 7))
def test_a_flipped_bit_is_found_and_placed(at: int, bit: int) -> None:
    bid = actors.BID
    cipher = bytearray(bid.parts[1])
    cipher[at] ^= 1 << bit
    with pytest.raises(Refused) as refused:
        list(open_part([bytes(cipher)], reference.part_key(bid.K, 1), bid.B, 1))
    assert refused.value.reason == "payload_damaged"
    assert refused.value.field == ("commitment" if at < 56 else f"chunks[{(at - 56) // 16_400}]")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"lot": 3}, "lot_unknown"),
        ({"form": b"{}"}, "form_malformed"),
        ({"keys": []}, "wrong_count_of_keys"),
        ({"keys": [KEYS[0], KEYS[0]]}, "wrong_count_of_keys"),
        ({"keys": [reference.spki(actors.ec_key(f"key {n}")) for n in range(9)]}, "wrong_count_of_keys"),
        ({"keys": [b"no key"]}, "key_not_p256"),
        ({"documents_size": 4}, "documents_changed"),
    ],
)
def test_what_cannot_be_sealed(tmp_path: Path, changes: dict[str, Any], reason: str) -> None:
    with pytest.raises(Refused) as refused:
        sealed(tmp_path, b"abc", **changes)
    assert refused.value.reason == reason


def test_a_zip_of_documents(tmp_path: Path) -> None:
    (tmp_path / "投标函.pdf").write_bytes(b"a" * 1000)
    (tmp_path / "b.txt").write_bytes(b"")
    files = [tmp_path / "投标函.pdf", tmp_path / "b.txt"]
    size = zip_documents(files, tmp_path / "one.zip")
    zip_documents(files, tmp_path / "two.zip")
    assert size == (tmp_path / "one.zip").stat().st_size
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()
    with zipfile.ZipFile(tmp_path / "one.zip") as archive:
        assert archive.testzip() is None
        assert [(each.filename, each.compress_type) for each in archive.infolist()] == [("投标函.pdf", 0), ("b.txt", 0)]
        assert archive.read("投标函.pdf") == b"a" * 1000
    with pytest.raises(Refused) as refused:
        zip_documents([files[1], tmp_path / "sub" / "b.txt"], tmp_path / "three.zip")
    assert refused.value.reason == "document_named_twice"


def test_a_form_as_long_as_a_disk_is_given_up_early() -> None:
    """Whoever seals zeros for gigabytes must not take the server's memory in the minute of the opening."""
    key, B, read = bytes(32), bytes(32), 0

    def counted() -> Iterator[bytes]:
        nonlocal read
        for block in encrypted(0, key, B, (bytes(MEGABYTE) for _ in range(8)), 8 * MEGABYTE):
            read += len(block)
            yield block

    with pytest.raises(Refused) as caught:
        open_form(counted(), key, B)
    assert (caught.value.reason, caught.value.details["cause"]) == ("form_malformed", "oversize")
    assert read < 3 * MEGABYTE
