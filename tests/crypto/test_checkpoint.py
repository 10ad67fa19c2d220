"""Log keys on disk, and notes beside what the vectors say."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidroom.crypto.checkpoint import LogKey, note_body, parse_vkey, verify
from bidroom.crypto.receipt import ReceiptKey, verify_receipt
from bidroom.facts import Refused
from tests.vectors import actors, trust

KEY = LogKey("bids.example", trust.LOG_KEY)
ROOT = b"r" * 32


def test_a_key_is_kept_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "log.pem"
    key = LogKey.generate("bids.example")
    key.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert LogKey.load(path, "bids.example").vkey == key.vkey
    with pytest.raises(FileExistsError):
        LogKey.generate("bids.example").save(path)
    receipts = ReceiptKey.generate("bids.example/receipt")
    receipts.save(tmp_path / "receipt.pem")
    assert ReceiptKey.load(tmp_path / "receipt.pem", "bids.example/receipt").vkey == receipts.vkey
    (tmp_path / "other.pem").write_bytes(b"no key")
    for name in ("other.pem", "none.pem"):
        with pytest.raises(Refused) as refused:
            ReceiptKey.load(tmp_path / name, "bids.example")
        assert (refused.value.reason, refused.value.field) == ("key_file_unreadable", name)


@given(st.integers(0, 2**53 - 1), st.binary(min_size=32, max_size=32), st.binary(min_size=16, max_size=16))
def test_one_pinned_key_for_every_stream(size: int, root: bytes, stream: bytes) -> None:
    origin = KEY.origin(stream.hex())
    signed = KEY.sign(origin, size, root)
    assert verify(signed, str(KEY.vkey)) == (origin, size, root)
    assert signed.startswith(note_body(origin, size, root))


def test_a_note_is_as_the_reference_writes_it() -> None:
    origin = KEY.origin(actors.TENDER)
    assert KEY.sign(origin, 148, ROOT).decode() == trust.note(origin, "148", trust.b64(ROOT))


@given(st.integers(0), st.integers(1, 255))
def test_any_changed_byte_is_refused(at: int, change: int) -> None:
    signed = bytearray(KEY.sign(KEY.origin(actors.TENDER), 7, ROOT))
    signed[at % len(signed)] ^= change
    with pytest.raises(Refused):
        verify(bytes(signed), KEY.vkey)


@given(st.text(max_size=100))
def test_what_is_no_verifier_key(text: str) -> None:
    with pytest.raises(Refused, match="verifier_key_malformed"):
        parse_vkey(text)


def test_a_verifier_key_is_read_as_it_is_written() -> None:
    assert parse_vkey(str(KEY.vkey)) == KEY.vkey
    with pytest.raises(ValueError, match="name"):
        LogKey.generate("two words")


def test_a_receipt() -> None:
    key = ReceiptKey("bids.example/receipt", trust.RECEIPT_KEY)
    body = {"v": 1, "time": "2026-09-18T00:59:59.123456Z"}
    signed = key.sign_receipt("receipt", body)
    assert signed | {"signature": ""} == {"receipt": body, "signature": "", "proof": None, "token": None}
    assert verify_receipt(signed, str(key.vkey)) == body
    assert signed == trust._receipt("receipt", body)
    with pytest.raises(Refused, match="receipt_malformed"):
        verify_receipt(signed, key.vkey, "refusal")
    with pytest.raises(Refused, match="receipt_malformed"):
        verify_receipt(signed | {"receipt": {"v": 1.5}}, key.vkey)
    with pytest.raises(Refused, match="receipt_malformed"):
        verify_receipt(signed | {"signature": "no hex"}, key.vkey)
    with pytest.raises(ValueError, match="kind"):
        key.sign_receipt("record", body)
