"""Before a key goes, the client checks everything that it can (seal.md, Release, step 4)."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bidroom.cli.client import Client
from bidroom.cli.identity import Identity
from bidroom.cli.notice import Notice
from bidroom.cli.releasing import Commanded, check_command, check_own, layer_of, release_body
from bidroom.cli.sealing import RECEIPT, SealedBid
from bidroom.cli.submitting import check_receipt
from bidroom.crypto.receipt import ReceiptKey
from bidroom.crypto.timeline import parse_timeline
from bidroom.facts import Refused, rfc3339
from tests.cli.offline import (
    TENDER,
    agent,
    bidder,
    command_by,
    documents,
    identity,
    notice,
    receipt_for,
    sealed,
    tenderee,
    trust,
)

OTHER = (1, "ab" * 32)


@pytest.fixture(scope="module")
def bid(tmp_path_factory: pytest.TempPathFactory) -> SealedBid:
    """A sealed bid with its receipt."""
    found = sealed(tmp_path_factory.mktemp("sealed"))
    (found.folder / RECEIPT).write_text(json.dumps(receipt_for(found)))
    return found


def finals(bid: SealedBid) -> list[tuple[int, str]]:
    return [(1, bid.header.digest), OTHER]


def reason(check: Callable[[], object]) -> str:
    with pytest.raises(Refused) as caught:
        check()
    return caught.value.reason


def command_refused(command: Commanded, bid: SealedBid, given: Notice | None = None, late: int = 1) -> str:
    found = given or notice()
    return reason(
        lambda: check_command(command, found, finals(bid), trust(), found.timeline.deadline + timedelta(minutes=late))
    )


@pytest.mark.parametrize("host", [agent, tenderee])
def test_the_hosts_command_over_these_bids_is_in_order(bid: SealedBid, host: Callable[[], Identity]) -> None:
    after = notice().timeline.deadline + timedelta(minutes=1)
    check_command(command_by(host(), finals(bid)), notice(), finals(bid), trust(), after)


def test_not_before_the_deadline(bid: SealedBid) -> None:
    command = command_by(agent(), finals(bid))
    assert command_refused(command, bid, late=0) == "deadline_is_not_past"


def test_not_to_somebody_whom_the_timeline_does_not_list(bid: SealedBid) -> None:
    assert command_refused(command_by(bidder(), finals(bid)), bid) == "host_is_not_listed"


def test_not_to_a_namesake_of_the_host(bid: SealedBid) -> None:
    namesake = identity("浙江信诚工程咨询有限公司", "91330102MAAY4CL123")
    assert command_refused(command_by(namesake, finals(bid)), bid) == "host_is_not_listed"


def test_not_over_other_bids(bid: SealedBid) -> None:
    assert command_refused(command_by(agent(), [OTHER]), bid) == "final_root_is_another"


def test_not_for_another_tender_or_another_command(bid: SealedBid) -> None:
    other = command_by(agent(), finals(bid), stream="00" * 16)
    another = command_by(agent(), finals(bid), kind="CallLast")
    assert command_refused(other, bid) == command_refused(another, bid) == "command_of_another_tender"


def test_not_where_the_signature_is_over_other_bytes(bid: SealedBid) -> None:
    command = command_by(agent(), finals(bid))
    forged = replace(command, data=command.data.replace(b'"window":600', b'"window":601'))
    assert command_refused(forged, bid) == "signature_over_other_bytes"


def test_ones_own_bid_is_in_order(bid: SealedBid) -> None:
    check_own(bid, notice(), finals(bid), bidder().certificate)


def test_not_where_ones_own_bid_is_not_final(bid: SealedBid) -> None:
    assert reason(lambda: check_own(bid, notice(), [OTHER], bidder().certificate)) == "bid_is_not_final"
    elsewhere = [(2, bid.header.digest)]
    assert reason(lambda: check_own(bid, notice(), elsewhere, bidder().certificate)) == "bid_is_not_final"


def test_not_under_another_certificate(bid: SealedBid) -> None:
    other = agent().certificate
    assert reason(lambda: check_own(bid, notice(), finals(bid), other)) == "signed_by_another_certificate"


def test_not_to_terms_that_it_was_not_sealed_to(bid: SealedBid) -> None:
    given = documents()
    changed = notice(replace(given, terms=given.terms, timeline=given.timeline))
    terms = replace(changed.terms, digest=bytes(32))
    found = replace(changed, terms=terms)
    assert reason(lambda: check_own(bid, found, finals(bid), bidder().certificate)) == "sealed_to_other_terms"


def test_never_to_a_deadline_earlier_than_receipted(bid: SealedBid) -> None:
    earlier = notice(documents(-timedelta(days=2)))
    assert earlier.timeline.deadline < notice().timeline.deadline
    check = lambda: check_own(bid, earlier, finals(bid), bidder().certificate)  # noqa: E731
    assert reason(check) == "deadline_is_earlier_than_receipted"


def test_a_deadline_that_was_postponed_is_in_order(bid: SealedBid) -> None:
    check_own(bid, notice(documents(timedelta(days=2))), finals(bid), bidder().certificate)


def test_not_where_the_receipt_names_another_timeline(bid: SealedBid, tmp_path: Path) -> None:
    other = sealed(tmp_path)
    (tmp_path / RECEIPT).write_text(json.dumps(receipt_for(other, timeline="00" * 32)))
    mine = [(1, other.header.digest)]
    assert reason(lambda: check_own(other, notice(), mine, bidder().certificate)) == "receipt_of_another_timeline"


def test_a_release_holds_the_bidders_pieces_alone(bid: SealedBid) -> None:
    body = release_body(bid, notice(), "cd" * 32, bidder())
    assert (body["command"], body["digest"]) == ("cd" * 32, bid.header.digest)
    assert [each["j"] for each in body["pieces"]] == [0]


def test_another_key_fails_at_the_layer_key_and_names_its_serial(bid: SealedBid) -> None:
    with pytest.raises(Refused) as caught:
        release_body(bid, notice(), "cd" * 32, agent())
    assert (layer_of(caught.value), caught.value.details["serial"]) == ("key", agent().serial)


def test_a_damaged_share_fails_at_the_layer_share(bid: SealedBid) -> None:
    stanza = bid.header.stanzas[0]
    broken = replace(stanza, ct=stanza.ct[:-1] + bytes([stanza.ct[-1] ^ 1]))
    header = replace(bid.header, stanzas=(broken, *bid.header.stanzas[1:]))
    with pytest.raises(Refused) as caught:
        release_body(replace(bid, header=header), notice(), "cd" * 32, bidder())
    assert layer_of(caught.value) == "share"


def test_the_tender_is_the_one_of_these_tests() -> None:
    assert parse_timeline(documents().timeline).tender == TENDER


class Elsewhere(Client):
    """A client of a server that says that it runs a demo, a year ahead."""

    def get(self, path: str, **query: Any) -> Any:
        assert path == "/time"
        return {"now": rfc3339(datetime.now(UTC) + timedelta(days=365)), "demo": True}


def test_no_server_elsewhere_talks_a_client_out_of_its_own_clock() -> None:
    for url in (
        "https://bids.example",
        "http://192.0.2.7:8765",
        "http://localhost.example",
        "http://127.0.0.1.example",
    ):
        assert abs(Elsewhere(url).deciding_time() - datetime.now(UTC)) < timedelta(minutes=1)
    for url in ("http://127.0.0.1:8765", "http://localhost:8765", "http://[::1]:8765"):
        assert Elsewhere(url).deciding_time() - datetime.now(UTC) > timedelta(days=364)


def test_a_release_is_receipted_as_this_release(bid: SealedBid) -> None:
    key = ReceiptKey.generate("bidroom.invalid")
    said = {"v": 1, "tender": TENDER, "lot": 1, "digest": bid.header.digest, "act": "release"}
    check_receipt(key.sign_receipt("receipt", said), bid, key.vkey, "release")
    for other in ({"digest": "ab" * 32}, {"tender": "00" * 16}, {"lot": 2}, {"act": "withdrawal"}):
        receipt = key.sign_receipt("receipt", {**said, **other})
        assert reason(lambda: check_receipt(receipt, bid, key.vkey, "release")) == "receipt_is_not_of_this_bid"  # noqa: B023
    withdrawn = key.sign_receipt("receipt", {**said, "act": "withdrawal"})
    assert reason(lambda: check_receipt(withdrawn, bid, key.vkey)) == "receipt_is_not_of_this_bid"
