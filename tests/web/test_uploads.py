"""Sealed bids over HTTP: segments, receipts, and a signed refusal for everything that is wrong."""

from __future__ import annotations

import base64
import json
import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bidroom.cli.client import Client, b64
from bidroom.cli.sealing import SealedBid
from bidroom.cli.submitting import send_header, upload_parts
from bidroom.crypto.canonical import canonical
from bidroom.crypto.checkpoint import parse_vkey
from bidroom.crypto.header import parse_header
from bidroom.crypto.receipt import verify_receipt
from bidroom.facts import Refused
from tests.web.parties import Centre, Organization, Tender, publish
from tests.web.serving import Server

MIB = 1 << 20


@pytest.fixture(scope="module")
def tender(centre: Centre) -> Tender:
    return publish(centre, lots=2)


@pytest.fixture
def bidder(centre: Centre) -> Organization:
    return centre.organization("投标人有限公司")


@pytest.fixture
def sealed(tender: Tender, bidder: Organization, tmp_path: Path) -> SealedBid:
    return tender.seal(bidder, 1, "100.00", tmp_path / "bid")


def key(centre: Centre) -> Any:
    return parse_vkey(centre.clerk.client.get("/keys")["receipt"])


def refused(centre: Centre, bidder: Organization, sealed: SealedBid) -> dict[str, Any]:
    """The signed refusal of this upload, verified."""
    with pytest.raises(Refused) as found:
        send_header(bidder.client, sealed, key(centre))
    body = verify_receipt(found.value.details["refusal"], key(centre), "refusal")
    assert body["reason"] == found.value.reason
    assert body["digest"] == sealed.header.digest
    return body


def changed(bidder: Organization, sealed: SealedBid, change: Callable[[dict[str, Any]], object]) -> SealedBid:
    """The same bid with another header, signed again."""
    told = json.loads(sealed.header.data)
    change(told)
    data = canonical(told)
    signature = bidder.identity.sign("header", data, bidder.client.now())
    return replace(sealed, header=parse_header(data), signature=signature)


def test_a_bid_is_receipted_once_however_often_it_is_sent(
    centre: Centre, tender: Tender, bidder: Organization, sealed: SealedBid
) -> None:
    assert upload_parts(bidder.client, sealed) == 2
    assert upload_parts(bidder.client, sealed) == 0
    receipts = [send_header(bidder.client, sealed, key(centre)) for _ in range(3)]
    assert receipts[0] == receipts[1] == receipts[2]
    assert set(receipts[0]["receipt"]) == {"v", "tender", "lot", "digest", "timeline", "time", "nonce"}


def test_segments_are_idempotent_and_never_overwritten(tender: Tender, bidder: Organization) -> None:
    path = f"{tender.path}/bids/{secrets.token_hex(16)}"
    data = secrets.token_bytes(MIB)
    statuses = [bidder.client._send("PUT", f"{path}/parts/1/segments/3", data=data).status_code for _ in range(2)]
    assert statuses == [201, 200]
    with pytest.raises(Refused, match="segment_has_other_bytes"):
        bidder.client.put(f"{path}/parts/1/segments/3", data[:-1])
    assert bidder.client.get(f"{path}/segments") == {"0": [], "1": [3]}


def test_segments_are_ones_own(centre: Centre, tender: Tender, bidder: Organization) -> None:
    path = f"{tender.path}/bids/{secrets.token_hex(16)}"
    bidder.client.put(f"{path}/parts/0/segments/0", b"mine")
    rival = centre.organization("对手有限公司")
    assert rival.client.get(f"{path}/segments") == {"0": [], "1": []}
    rival.client.put(f"{path}/parts/0/segments/0", b"his own, under the same number")


@pytest.mark.parametrize(
    ("path", "data", "reason"),
    [
        ("parts/0/segments/0", b"x" * (MIB + 1), "request_too_large"),
        ("parts/0/segments/0", b"", "request_incomplete"),
        ("parts/2/segments/0", b"x", "page_unknown"),
        ("parts/0/segments/4096", b"x", "page_unknown"),
        ("parts/0/segments/-1", b"x", "page_unknown"),
    ],
)
def test_segments_that_are_none_are_refused(
    tender: Tender, bidder: Organization, path: str, data: bytes, reason: str
) -> None:
    with pytest.raises(Refused, match=reason):
        bidder.client.put(f"{tender.path}/bids/{secrets.token_hex(16)}/{path}", data)


def test_only_bidders_upload(centre: Centre, tender: Tender) -> None:
    path = f"{tender.path}/bids/{secrets.token_hex(16)}/parts/0/segments/0"
    for client in (tender.agent.client, tender.tenderee.client, centre.clerk.client):
        with pytest.raises(Refused, match="not_your_role"):
            client.put(path, b"x")
    with pytest.raises(Refused, match="not_logged_in"):
        Client(centre.url, "en").put(path, b"x")


def test_an_incomplete_upload_is_refused_on_record(
    centre: Centre, tender: Tender, bidder: Organization, sealed: SealedBid
) -> None:
    assert refused(centre, bidder, sealed)["reason"] == "upload_is_complete"
    told = bidder.client.get(f"{tender.path}/events", channel="own")["events"]
    assert [event["type"] for event in told] == ["UploadRefused"]


def test_a_header_to_other_terms_is_refused_on_record(centre: Centre, bidder: Organization, sealed: SealedBid) -> None:
    upload_parts(bidder.client, sealed)
    other = changed(bidder, sealed, lambda told: told.update(terms="00" * 32))
    body = refused(centre, bidder, other)
    assert (body["reason"], body["field"]) == ("sealed_to_other_terms", "terms")


def test_a_header_to_other_keys_is_refused_on_record(centre: Centre, bidder: Organization, sealed: SealedBid) -> None:
    other = changed(bidder, sealed, lambda told: told["stanzas"][1].update(key="00" * 32))
    body = refused(centre, bidder, other)
    assert (body["reason"], body["field"]) == ("sealed_to_other_keys", "stanzas[1].key")


def test_a_header_to_another_tender_is_refused_on_record(
    centre: Centre, bidder: Organization, sealed: SealedBid
) -> None:
    other = changed(bidder, sealed, lambda told: told.update(tender="00" * 16))
    path = f"/tenders/{sealed.header.tender}/bids/{sealed.header.bid}"
    with pytest.raises(Refused, match="sealed_to_other_tender"):
        bidder.client.post(
            path, {"header": b64(other.header.data), "cms": b64(other.signature), "certificate": other.header.bidder}
        )


def test_a_malformed_header_names_its_field(centre: Centre, tender: Tender, bidder: Organization) -> None:
    for data, field in ((b'{"v":1}', "suite"), (b"\xff", None), (b'{"v": 1}', None)):
        document = {
            "header": b64(data), "cms": b64(bidder.identity.sign("header", data, bidder.client.now())),
            "certificate": bidder.identity.digest,
        }  # fmt: skip
        with pytest.raises(Refused, match="header_malformed") as found:
            bidder.client.post(f"{tender.path}/bids/{secrets.token_hex(16)}", document)
        assert found.value.field == field
        assert verify_receipt(found.value.details["refusal"], key(centre), "refusal")["field"] == field


def test_a_signature_over_other_bytes_is_refused_on_record(
    centre: Centre, bidder: Organization, sealed: SealedBid
) -> None:
    upload_parts(bidder.client, sealed)
    wrong = replace(sealed, signature=bidder.identity.sign("header", b"{}", bidder.client.now()))
    assert refused(centre, bidder, wrong)["reason"] == "signature_over_other_bytes"


def test_a_command_signature_is_none_of_a_header(centre: Centre, bidder: Organization, sealed: SealedBid) -> None:
    data = sealed.header.data
    wrong = replace(sealed, signature=bidder.identity.sign("command", data, bidder.client.now()))
    assert refused(centre, bidder, wrong)["reason"] == "signature_over_other_bytes"


def test_another_certificate_is_refused_on_record(
    centre: Centre, tender: Tender, bidder: Organization, sealed: SealedBid
) -> None:
    rival = centre.organization("对手有限公司")
    path = f"{tender.path}/bids/{sealed.header.bid}"
    document = {"header": b64(sealed.header.data), "cms": b64(sealed.signature)}
    with pytest.raises(Refused, match="certificate_not_the_bound_one"):
        bidder.client.post(path, {**document, "certificate": rival.identity.digest})
    with pytest.raises(Refused, match="signed_by_another_certificate"):
        rival.client.post(path, {**document, "certificate": rival.identity.digest})


def test_two_live_bids_are_one_too_many(
    centre: Centre, tender: Tender, bidder: Organization, sealed: SealedBid, tmp_path: Path
) -> None:
    upload_parts(bidder.client, sealed)
    send_header(bidder.client, sealed, key(centre))
    second = tender.seal(bidder, 1, "200.00", tmp_path / "second")
    upload_parts(bidder.client, second)
    assert refused(centre, bidder, second)["reason"] == "it_supersedes_the_live_bid"
    third = tender.seal(bidder, 1, "300.00", tmp_path / "third", sealed.header.digest)
    upload_parts(bidder.client, third)
    send_header(bidder.client, third, key(centre))
    other = tender.seal(bidder, 2, "300.00", tmp_path / "other")
    upload_parts(bidder.client, other)
    send_header(bidder.client, other, key(centre))


def test_a_withdrawal_has_its_receipt_and_its_refusal(
    centre: Centre, tender: Tender, bidder: Organization, sealed: SealedBid
) -> None:
    upload_parts(bidder.client, sealed)
    send_header(bidder.client, sealed, key(centre))
    digest = sealed.header.digest
    answer = bidder.give("WithdrawBid", tender.id, {"digest": digest}, 1)
    body = verify_receipt(answer["receipt"], key(centre))
    assert (body["act"], body["digest"]) == ("withdrawal", digest)
    with pytest.raises(Refused, match="that_bid_is_live_and_ones_own") as found:
        bidder.give("WithdrawBid", tender.id, {"digest": digest}, 1)
    body = verify_receipt(found.value.details["refusal"], key(centre), "refusal")
    assert (body["act"], body["reason"]) == ("withdrawal", "that_bid_is_live_and_ones_own")


def test_the_same_bid_id_with_other_bytes_is_refused(
    centre: Centre, tender: Tender, bidder: Organization, sealed: SealedBid
) -> None:
    upload_parts(bidder.client, sealed)
    send_header(bidder.client, sealed, key(centre))
    other = changed(bidder, sealed, lambda told: told.update(supersedes=sealed.header.digest))
    with pytest.raises(Refused, match="same_id_other_bytes"):
        send_header(bidder.client, other, key(centre))


def test_a_header_is_downloaded_by_its_bidder_alone(
    centre: Centre, tender: Tender, bidder: Organization, sealed: SealedBid
) -> None:
    upload_parts(bidder.client, sealed)
    send_header(bidder.client, sealed, key(centre))
    path = f"{tender.path}/bids/{sealed.header.digest}/header"
    told = bidder.client.get(path)
    assert base64.b64decode(told["header"]) == sealed.header.data
    assert base64.b64decode(told["cms"]) == sealed.signature
    others = (tender.agent, tender.tenderee, centre.clerk, centre.supervisor, centre.staff["auditor"])
    for client in (*(each.client for each in others), centre.organization("旁人有限公司").client):
        with pytest.raises(Refused, match="bid_unknown"):
            client.get(path)


def test_a_late_header_gets_its_signed_refusal(centre: Centre, tmp_path: Path) -> None:
    tender, bidder = publish(centre), centre.organization("迟到有限公司")
    sealed = tender.seal(bidder, 1, "100.00", tmp_path / "bid")
    upload_parts(bidder.client, sealed)
    centre.go_to(tender.deadline + timedelta(seconds=1))
    assert refused(centre, bidder, sealed)["reason"] == "upload_is_in_time"
    with pytest.raises(Refused, match="upload_is_in_time"):
        bidder.client.put(f"{tender.path}/bids/{secrets.token_hex(16)}/parts/0/segments/0", b"x")


def test_a_header_is_judged_by_what_it_says_wherever_it_is_sent(
    centre: Centre, bidder: Organization, tmp_path: Path
) -> None:
    """The address is in no signature and in no fact: a refusal for it would be one that no auditor can follow."""
    tender = publish(centre)
    sealed = tender.seal(bidder, 1, "100.00", tmp_path / "bid")
    document = {"header": b64(sealed.header.data), "cms": b64(sealed.signature), "certificate": sealed.header.bidder}
    with pytest.raises(Refused) as found:
        bidder.client.post(f"{tender.path}/bids/{secrets.token_hex(16)}", document)
    assert found.value.reason == "upload_is_complete"
    assert [event["body"]["reason"] for event in own_events(tender, bidder)] == ["upload_is_complete"]


def own_events(tender: Tender, who: Organization) -> list[dict[str, Any]]:
    """What this organization's own panel was told."""
    return list(who.client.get(f"{tender.path}/events", channel="own")["events"])


def test_no_bidder_fills_the_disk(fresh: Server) -> None:
    fresh.more = {"BIDROOM_UPLOAD_QUOTA_MIB": "2"}
    fresh.start()
    tender = publish(Centre.at(fresh.url))
    greedy, modest = (tender.centre.organization(name) for name in ("投标人辛有限公司", "投标人壬有限公司"))
    places = [f"{tender.path}/bids/{secrets.token_hex(16)}/parts/1/segments/0" for _ in range(3)]
    for place in places[:2]:
        greedy.client.put(place, bytes(MIB))
    with pytest.raises(Refused) as found:
        greedy.client.put(places[2], bytes(MIB))
    assert found.value.reason == "upload_quota_used_up"
    greedy.client.put(places[1], bytes(MIB))  # what is here already takes no more
    modest.client.put(places[2], bytes(MIB))


def test_headers_are_not_thrown_at_the_log_without_end(tender: Tender, bidder: Organization) -> None:
    document = {"header": b64(b"{}"), "cms": b64(b"{}"), "certificate": bidder.identity.digest}
    reasons = []
    for _ in range(130):
        with pytest.raises(Refused) as found:
            bidder.client.post(f"{tender.path}/bids/{secrets.token_hex(16)}", document)
        reasons.append(found.value.reason)
    assert "too_many_requests" not in reasons[:100]
    assert reasons[-1] == "too_many_requests"
    assert len(bidder.client.get(f"{tender.path}/events", channel="own")["events"]) < 130
