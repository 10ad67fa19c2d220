"""A refused upload is not lost: once what was wrong is mended, the same sealed bid is taken; both are on record."""

from __future__ import annotations

from pathlib import Path

import pytest

from bidroom.cli.submitting import send_header, submit_bid
from bidroom.crypto.receipt import verify_receipt
from bidroom.facts import Refused
from tests.web.acts import Play
from tests.web.parties import Centre
from tests.web.test_opening import check_bundles


def test_an_upload_that_came_too_soon_is_taken_when_it_is_whole(centre: Centre, tmp_path: Path) -> None:
    play = Play(centre, tmp_path)
    for done in play.steps():
        if done == "published":
            told = come_too_soon_and_again(play, tmp_path)
            assert told == ["UploadRefused", "BidSubmitted", "BidWithdrawn"]
    check_bundles(centre, play.tender, tmp_path)


def come_too_soon_and_again(play: Play, folder: Path) -> list[str]:
    """The header before its parts, twice; the parts and the header; gone again. What the bidder's panel then says."""
    who = play.centre.organization("性急建设有限公司")
    sealed = play.tender.seal(who, 1, "99.00", folder / "hasty")
    refusals = []
    for _ in range(2):
        with pytest.raises(Refused, match="upload_is_complete") as found:
            send_header(who.client, sealed, None)
        refusals.append(found.value.details["refusal"])
    assert refusals[0] == refusals[1], "the same fault gets the same answer"
    submit_bid(who.client, sealed, None, who.identity)
    assert sealed.receipt is not None
    assert verify_receipt(sealed.receipt, who.client.get("/keys")["receipt"])["digest"] == sealed.header.digest
    who.give("WithdrawBid", play.tender.id, {"digest": sealed.header.digest}, 1)
    events = who.client.get(f"{play.tender.path}/events", channel="own", after=0)["events"]
    return [event["type"] for event in events]
