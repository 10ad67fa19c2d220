"""What `bidroom seal` leaves behind, and what it refuses."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import pytest

from bidroom.cli.client import load_json_file
from bidroom.cli.sealing import KIT, KIT_SLOT, load_sealed, seal_bid
from bidroom.crypto.context import stanza_info
from bidroom.crypto.envelope import HPKE
from bidroom.crypto.release import check_pieces
from bidroom.crypto.signatures import verify
from bidroom.facts import Refused
from tests.cli.offline import FORM, NOON, bidder, notice, sealed


def test_the_header_is_signed_by_the_bidder(tmp_path: Path) -> None:
    bid = sealed(tmp_path)
    verify("header", bid.header.data, bid.signature, bidder().certificate)
    assert (bid.header.bidder, bid.receipt) == (bidder().digest, None)
    assert load_sealed(tmp_path) == bid


def test_the_kit_opens_all_pieces_with_ones_own_key(tmp_path: Path) -> None:
    bid = sealed(tmp_path)
    kit = json.loads((tmp_path / KIT).read_bytes())
    (stanza,) = kit["stanzas"]
    info = stanza_info(bid.header.context.digest, KIT_SLOT, 0, bytes.fromhex(stanza["key"]))
    plain = HPKE.decrypt(base64.b64decode(stanza["ct"]), bidder().agreement_key, info)
    pieces = {int.from_bytes(plain[at : at + 2], "big"): plain[at + 2 : at + 34] for at in range(0, len(plain), 34)}
    assert (kit["digest"], sorted(pieces)) == (bid.header.digest, [0, 1])
    check_pieces(bid.header, pieces)
    assert (tmp_path / KIT).stat().st_mode & 0o777 == 0o600


def test_no_piece_lies_about_in_clear(tmp_path: Path) -> None:
    bid = sealed(tmp_path)
    kit = json.loads((tmp_path / KIT).read_bytes())
    info = stanza_info(bid.header.context.digest, KIT_SLOT, 0, bytes.fromhex(kit["stanzas"][0]["key"]))
    plain = HPKE.decrypt(base64.b64decode(kit["stanzas"][0]["ct"]), bidder().agreement_key, info)
    everything = b"".join(path.read_bytes() for path in tmp_path.iterdir())
    for piece in (plain[2:34], plain[36:68]):
        assert piece not in everything
        assert piece.hex().encode() not in everything


def test_nothing_is_sealed_over_another_bid(tmp_path: Path) -> None:
    sealed(tmp_path)
    with pytest.raises(Refused, match="folder_not_empty"):
        sealed(tmp_path)


def test_documents_go_along(tmp_path: Path) -> None:
    papers = tmp_path / "技术标.pdf"
    papers.write_bytes(bytes(3_000_000))
    bid = seal_bid(notice(), 1, bidder(), FORM, [papers], tmp_path / "out", NOON)
    assert bid.header.parts[1].length > 3_000_000
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        "certificate.der", "header.json", "header.p7s", "kit.json", "notice.json", "part0.bin", "part1.bin",
    ]  # fmt: skip


def test_a_folder_that_is_not_whole_is_named(tmp_path: Path) -> None:
    sealed(tmp_path)
    (tmp_path / "header.p7s").unlink()
    with pytest.raises(Refused) as caught:
        load_sealed(tmp_path)
    assert (caught.value.reason, caught.value.field) == ("sealed_folder_incomplete", "header.p7s")


@pytest.mark.parametrize(
    ("data", "reason"), [(None, "file_unreadable"), (b"\xff\xfe", "form_malformed"), (b"{", "form_malformed")]
)
def test_a_file_that_is_no_json_is_refused(tmp_path: Path, data: bytes | None, reason: str) -> None:
    path = tmp_path / "form.json"
    if data is not None:
        path.write_bytes(data)
    with pytest.raises(Refused, match=reason):
        load_json_file(path, "form_malformed")
