"""A bidder's desk out of what its own channel was told: what counts, what was replaced, what nobody else may see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bidroom.facts import Refused, rfc3339
from bidroom.opening.visibility import Seen
from bidroom.web.present.desk import (
    MANY_LOTS,
    DeskPage,
    LotDesk,
    barred,
    desk_page,
    is_open,
    paper_among,
    paper_name,
)
from tests.builders import Plan, published
from tests.fakes import NOON
from tests.web.present.showing import speaking

PLAN = Plan(lots=2)
TENDER = published(PLAN).tender
SECOND = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """Words are said within a request."""
    with speaking("zh-CN"):
        yield


def event(kind: str, digest: str, minute: int, lot: int | None = 1, **more: Any) -> Seen:
    """As the own channel tells it."""
    body = {"lot": lot, "digest": digest * 64, "nonce": f"{minute:032x}", "timeline": "00" * 32, **more}
    at = rfc3339(NOON + timedelta(minutes=minute))
    return {"type": kind, "time": at, "role": "bidder", "phase": "scheduled", "body": body}


def desk(*events: Seen) -> DeskPage:
    return desk_page(TENDER, events, NOON, "zh-CN")


def lot(*events: Seen) -> LotDesk:
    return desk(*events).lots[0]


SENT = event("BidSubmitted", "a", 1)
AGAIN = event("BidSubmitted", "b", 2)
GONE = event("BidWithdrawn", "b", 3)
REFUSED = event("UploadRefused", "c", 4, reason="upload_is_in_time", field="time")


def test_without_a_receipt_nothing_is_submitted() -> None:
    for shown in (lot(), lot(REFUSED)):
        assert (shown.state, shown.live, shown.last, shown.withdrawal) == ("none", None, None, None)
        assert shown.chip.text == "尚未递交"


def test_the_last_receipted_bid_is_the_one_that_counts() -> None:
    shown = lot(SENT, AGAIN)
    assert (shown.state, shown.chip.kind, shown.has_replaced) == ("submitted", "ok", True)
    assert shown.live is not None
    assert (shown.live.digest, shown.live.at) == ("b" * 64, AGAIN["time"])
    assert [(act.digest[0], act.fate) for act in shown.acts] == [("b", ""), ("a", "replaced")]


def test_a_withdrawn_bid_is_still_the_one_that_the_next_supersedes() -> None:
    shown = lot(SENT, AGAIN, GONE)
    assert (shown.state, shown.live, shown.chip.kind) == ("withdrawn", None, "warn")
    assert shown.last is not None
    assert shown.last.digest == "b" * 64
    assert shown.withdrawal is not None
    assert shown.withdrawal.at == GONE["time"]
    assert [act.fate for act in shown.acts if act.type == "BidSubmitted"] == ["withdrawn", "replaced"]


def test_after_a_withdrawal_one_may_submit_again() -> None:
    shown = lot(SENT, event("BidWithdrawn", "a", 3), event("BidSubmitted", "d", 5))
    assert (shown.state, shown.has_replaced, shown.withdrawal) == ("submitted", False, None)
    assert [act.fate for act in shown.acts if act.type == "BidSubmitted"] == ["", "withdrawn"]


def test_a_refusal_says_why_in_words() -> None:
    (act,) = lot(REFUSED).acts
    assert act.reason == "已过投标截止时间，投标文件不予接收"
    assert act.paper == REFUSED["body"]["nonce"]


def test_lots_are_apart_and_what_names_none_is_shown_too() -> None:
    stray = event("UploadRefused", "e", 6, lot=None, reason="header_malformed")
    page = desk(SENT, event("BidSubmitted", "f", 2, lot=2), stray, event("BidderSignedIn", "0", 7))
    assert [each.live.digest[0] for each in page.lots if each.live] == ["a", "f"]
    assert [act.digest[0] for act in page.strays] == ["e"]


def test_it_is_open_until_the_deadline_or_as_long_as_an_outage_holds_it() -> None:
    deadline = TENDER.deadline
    assert deadline is not None
    assert is_open(TENDER, deadline)
    assert not is_open(TENDER, deadline + SECOND)
    assert is_open(replace(TENDER, outage=True), deadline + SECOND)
    assert not is_open(TENDER.in_phase("extracted"), deadline)


def test_the_form_is_that_of_the_terms_with_the_price_first() -> None:
    fields = lot().fields
    terms = TENDER.the_terms.lots[0]
    assert [field.key for field in fields] == ["price", *(item.key for item in terms.form)]
    assert [field.type for field in fields] == ["price", *(item.type for item in terms.form)]
    assert fields[0].unit == "元"
    other = desk_page(TENDER, (), NOON, "en").lots[0].fields
    assert [field.label for field in other[1:]] == [item.label["en"] for item in terms.form]


def test_many_lots_wait_until_they_are_asked_for() -> None:
    assert not desk().is_long
    assert desk_page(published(Plan(lots=MANY_LOTS + 1)).tender, (), NOON, "zh-CN").is_long


def test_who_has_no_desk() -> None:
    terms = TENDER.the_terms
    assert terms.agent is not None
    assert barred(terms, None) == "staff"
    assert barred(terms, terms.tenderee.organization) == "tenderee"
    assert barred(terms, terms.agent.organization) == "agent"


def test_a_paper_is_found_by_its_nonce_alone() -> None:
    assert paper_among((SENT, AGAIN), AGAIN["body"]["nonce"]) == AGAIN
    signed_in = event("BidderSignedIn", "0", 8)
    for nonce in ("", "00" * 16, signed_in["body"]["nonce"]):
        with pytest.raises(Refused, match="page_unknown"):
            paper_among((SENT, signed_in, event("UploadRefused", "c", 9, nonce="")), nonce)


def test_a_paper_has_a_name_for_any_file_system() -> None:
    tender = replace(TENDER, terms=replace(TENDER.the_terms, number="A/3. 号"))
    assert paper_name(tender, REFUSED) == f"refusal-A-3----1-{NOON + timedelta(minutes=4):%Y%m%dT%H%M%SZ}.json"
    assert paper_name(tender, event("BidWithdrawn", "b", 3, lot=None)).startswith("withdrawal-A-3----0-")
