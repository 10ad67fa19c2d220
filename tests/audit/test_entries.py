"""An entry has one form; a bundle whose entries have another is red at that entry."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bidroom.audit.entries import parse_entry
from bidroom.crypto.canonical import canonical
from bidroom.facts import Refused

STREAM = "ab" * 16
GOOD: dict[str, Any] = {
    "v": 1, "stream": STREAM, "seq": 3, "type": "BidWithdrawn", "time": "2026-09-18T04:00:00.000000Z",
    "actor": {
        "role": "bidder", "organization": "cd" * 16, "user": "someone", "certificate": "ef" * 32, "binding": "AA==",
    },
    "body": {"digest": "00" * 32}, "signed": {"bytes": "AAAA", "cms": "AA=="},
}  # fmt: skip


def test_a_good_one() -> None:
    entry = parse_entry(canonical(GOOD), STREAM, 3)
    assert (entry.seq, entry.type, entry.role, entry.body) == (3, "BidWithdrawn", "bidder", GOOD["body"])
    assert entry.data == canonical(GOOD)
    release = parse_entry(canonical(GOOD | {"signed": {"hash": "00" * 32}}), STREAM, 3)
    assert release.signed == {"hash": "00" * 32}
    assert parse_entry(canonical({k: v for k, v in GOOD.items() if k != "signed"}), STREAM, 3).signed is None


@pytest.mark.parametrize(("changes", "field"), [
    ({"v": 2}, "v"), ({"stream": "00" * 16}, "stream"), ({"seq": 4}, "seq"), ({"type": "bid"}, "type"),
    ({"time": "2026-09-18T04:00:00Z"}, "time"), ({"time": "2026-09-18T12:00:00.000000+08:00"}, "time"),
    ({"time": 7}, "time"), ({"body": []}, "body"), ({"more": 1}, "more"), ({"actor": {}}, "actor.role"),
    ({"actor": {"role": "king"}}, "actor.role"), ({"actor": {"role": "clock", "shoe": 1}}, "actor.shoe"),
    ({"actor": {"role": "bidder", "organization": "CD" * 16}}, "actor.organization"),
    ({"actor": {"role": "bidder", "certificate": "ef"}}, "actor.certificate"),
    ({"actor": {"role": "bidder", "binding": "not base64"}}, "actor.binding"),
    ({"signed": {"bytes": "AAAA"}}, "signed.cms"), ({"signed": {"hash": "0"}}, "signed.hash"),
    ({"signed": {"hash": "00" * 32, "cms": "AA=="}}, "signed.cms"),
    ({"signed": {"bytes": "A", "cms": ""}}, "signed.bytes"),
])  # fmt: skip
def test_another_form(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(Refused) as caught:
        parse_entry(canonical(GOOD | changes), STREAM, 3)
    assert (caught.value.reason, caught.value.field) == ("entry_malformed", field)


@pytest.mark.parametrize("data", [b"", b"[]", b"{}", json.dumps(GOOD).encode(), canonical(GOOD) + b"\n", b"\xff"])
def test_other_bytes(data: bytes) -> None:
    with pytest.raises(Refused, match="entry_malformed"):
        parse_entry(data, STREAM, 3)
