"""Releases over HTTP: what the edge finds out about pieces and stored bytes, and what is answered."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bidroom.cli.releasing import release_body
from bidroom.crypto.receipt import verify_receipt
from bidroom.facts import Refused
from tests.web.acts import Play
from tests.web.parties import Centre
from tests.web.serving import Server


@pytest.fixture
def play(fresh: Server, tmp_path: Path) -> Play:
    fresh.start()
    play = Play(Centre.at(fresh.url), tmp_path)
    for _ in play.before_the_deadline():
        pass
    return play


def commanded(play: Play) -> Iterator[str]:
    """Up to the command; the other steps follow from the iterator."""
    steps = play.until_the_forms()
    for done in steps:
        if done == "decrypting":
            return steps
    raise AssertionError


def own_body(play: Play, number: int = 0) -> dict[str, Any]:
    who, sealed = play.bidders[number], play.sealed[number]
    return release_body(sealed, play.tender.notice(), play.tender.view()["command"], who.identity)


def refused(play: Play, body: dict[str, Any], number: int = 0) -> str:
    """The reason, which the signed refusal says too."""
    who = play.bidders[number]
    with pytest.raises(Refused) as found:
        who.give("ReleaseShare", play.tender.id, body)
    key = who.client.get("/keys")["receipt"]
    said = verify_receipt(found.value.details["refusal"], key, "refusal")
    assert (said["act"], said["reason"]) == ("release", found.value.reason)
    return found.value.reason


def test_what_is_no_release_is_refused_by_name(play: Play) -> None:
    early = {"command": "00" * 32, "digest": play.sealed[0].header.digest, "pieces": [{"j": 0, "piece": "00" * 32}]}
    assert refused(play, early) == "command_not_allowed_in_this_phase"
    commanded(play)
    body = own_body(play)
    wrong = [{"j": 0, "piece": secrets.token_hex(32)}]
    assert refused(play, {**body, "pieces": wrong}) == "pieces_match_their_commitments"
    assert refused(play, {**body, "pieces": [{"j": 1, "piece": body["pieces"][0]["piece"]}]}) == (
        "pieces_match_their_commitments"
    )
    assert refused(play, {**body, "command": "11" * 32}) == "it_names_this_command"
    assert refused(play, own_body(play, 1), 0) == "that_bid_is_final_and_ones_own"
    with pytest.raises(Refused, match="command_malformed") as found:
        play.bidders[0].give("ReleaseShare", play.tender.id, {**body, "pieces": [{"j": 0, "piece": "zz"}]})
    assert found.value.field == "body.pieces[0].piece"
    play.tender.agent.give("SuspendOpening", play.tender.id, {"reason": "网络故障"})
    assert refused(play, body) == "suspended"


def test_a_release_that_is_sent_twice_is_one(play: Play) -> None:
    commanded(play)
    first = play.tender.release(play.bidders[0], play.sealed[0])
    assert first["entries"][0]["type"] == "ShareReleased"
    assert "pieces" not in str(first)
    assert refused(play, own_body(play)) == "not_released_yet"


def test_the_tenderee_releases_all_or_nothing(play: Play) -> None:
    for done in play.until_the_forms():
        if done == "closing":
            break
    finals = play.tender.finals()
    for digests in (finals[:-1], []):
        with pytest.raises(Refused, match="it_covers_every_released_bid|pieces_match_their_commitments"):
            play.tender.release_as_tenderee(digests)
    play.tender.release_as_tenderee(finals)


def test_no_piece_lies_in_the_log_or_outlives_the_opening(play: Play, fresh: Server) -> None:
    steps = commanded(play)
    pieces = [own_body(play, number)["pieces"][0]["piece"] for number in range(3)]
    for _ in steps:
        pass
    play.centre.rest()
    fresh.kill()
    files = [path for path in (fresh.folder / "data").rglob("*") if path.is_file() and path.suffix != ".sqlite"]
    needles = [needle for piece in pieces for needle in (piece.encode(), bytes.fromhex(piece))]
    assert [path.name for path in files if any(needle in path.read_bytes() for needle in needles)] == []
    assert not any(piece in fresh.errors for piece in pieces)


def test_a_damaged_bid_is_found_at_the_deadline_and_named_at_the_opening(play: Play, fresh: Server) -> None:
    damaged, missing = play.sealed[0].header, play.sealed[1].header
    [first] = (fresh.folder / "data" / "blobs").rglob(f"{damaged.bid}/part0/*")
    [second] = (fresh.folder / "data" / "blobs").rglob(f"{missing.bid}/part0/*")
    data = bytearray(first.read_bytes())
    data[100] ^= 1
    first.write_bytes(data)
    second.unlink()
    for _ in play.until_the_forms():
        pass
    [lot] = play.tender.view()["lots"]
    layers = {bid["digest"]: bid["layer"] for bid in lot["bids"]}
    whole = play.sealed[2].header
    assert layers == {damaged.digest: "payload", missing.digest: "storage", whole.digest: None}
    checked = next(event for event in play.events() if event["type"] == "BidsChecked")
    assert sorted(checked["body"]["damaged"]) == sorted([damaged.digest, missing.digest])


def test_the_documents_follow_the_forms(play: Play, fresh: Server) -> None:
    for _ in play.until_the_forms():
        pass
    play.centre.go_to(play.centre.clerk.client.now() + timedelta(seconds=1))
    folder = fresh.folder / "data" / "blobs" / "tenders" / play.tender.id / "documents"
    for sealed in play.sealed:
        [segment] = until_there(folder / sealed.header.digest)
        assert segment.read_bytes()[:2] == b"PK"


def until_there(folder: Path) -> list[Path]:
    end = time.monotonic() + 10
    while not folder.with_suffix(".json").exists():
        assert time.monotonic() < end, "the documents do not come"
        time.sleep(0.02)
    return sorted(folder.iterdir())
