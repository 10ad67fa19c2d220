"""The bidder's desk over HTTP: one's own bids and papers, nobody else's; and who is sent away."""

from __future__ import annotations

import base64
import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from bidroom.cli.client import Client
from bidroom.cli.submitting import send_header, upload_parts
from bidroom.crypto.checkpoint import parse_vkey
from bidroom.crypto.receipt import verify_receipt
from bidroom.facts import Refused
from tests.web.parties import Centre, Organization, Tender, publish

PAPER = re.compile(r"/desk/papers/([0-9a-f]{32})\.json")


@pytest.fixture(scope="module")
def tender(centre: Centre) -> Tender:
    """A published tender of two lots."""
    return publish(centre, lots=2)


@pytest.fixture
def bidder(centre: Centre) -> Organization:
    """A bidder without a bid."""
    return centre.organization("投标人有限公司")


def asked(who: Client | str, path: str) -> requests.Response:
    """A page as somebody sees it; a URL is anyone's."""
    if isinstance(who, str):
        return requests.get(who + path, timeout=30, allow_redirects=False)
    headers = {"Cookie": who.cookies(), "Accept-Language": "zh-CN"}
    return requests.get(who.origin + path, headers=headers, timeout=30, allow_redirects=False)


def desk(who: Organization, tender: Tender) -> str:
    """One's desk."""
    answer = asked(who.client, f"{tender.path}/desk")
    assert answer.status_code == 200, answer.text
    return answer.text


def part(page: str, lot: int) -> str:
    """The state of one lot, as the page says it."""
    found = re.search(rf'<div id="state-{lot}".*?<div class="notice"', page, re.DOTALL)
    assert found is not None
    return found[0]


def vkey(centre: Centre) -> Any:
    return parse_vkey(centre.clerk.client.get("/keys")["receipt"])


def test_a_desk_without_a_bid_has_a_form_for_each_lot(tender: Tender, bidder: Organization) -> None:
    page = desk(bidder, tender)
    for lot in (1, 2):
        assert 'data-state="none"' in part(page, lot)
        assert f'id="f-{lot}-price"' in page
        assert f'id="f-{lot}-duration"' in page
    assert "日历天" in page
    assert 'data-control="200000000.00"' in page
    assert bidder.identity.digest in page
    assert PAPER.search(page) is None


def test_uploaded_is_not_submitted(centre: Centre, tender: Tender, bidder: Organization, tmp_path: Path) -> None:
    sealed = tender.seal(bidder, 1, "100.00", tmp_path / "bid")
    upload_parts(bidder.client, sealed)
    assert 'data-state="none"' in part(desk(bidder, tender), 1)
    receipt = send_header(bidder.client, sealed, vkey(centre))
    shown = part(desk(bidder, tender), 1)
    assert f'data-state="submitted" data-live="{sealed.header.digest}"' in shown
    assert 'data-state="none"' in part(desk(bidder, tender), 2)
    assert receipt["receipt"]["time"] in shown


def test_the_paper_is_the_receipt_that_was_given(
    centre: Centre, tender: Tender, bidder: Organization, tmp_path: Path
) -> None:
    sealed = tender.seal(bidder, 1, "100.00", tmp_path / "bid")
    upload_parts(bidder.client, sealed)
    receipt = send_header(bidder.client, sealed, vkey(centre))
    answer = asked(bidder.client, f"{tender.path}/desk/papers/{receipt['receipt']['nonce']}.json")
    assert answer.json() == receipt
    assert "no-cache" in answer.headers["Cache-Control"]
    assert re.fullmatch(r'attachment; filename="receipt-[\w-]+-1-\w+\.json"', answer.headers["Content-Disposition"])
    withdrawn = bidder.give("WithdrawBid", tender.id, {"digest": sealed.header.digest}, 1)["receipt"]
    page = desk(bidder, tender)
    assert 'data-state="withdrawn" data-live="" data-last="' + sealed.header.digest in part(page, 1)
    paper = asked(bidder.client, f"{tender.path}/desk/papers/{withdrawn['receipt']['nonce']}.json")
    assert paper.json() == withdrawn


def test_a_refusal_is_on_the_desk_with_its_paper(centre: Centre, tender: Tender, bidder: Organization) -> None:
    document = {"header": base64.b64encode(b"{}").decode(), "cms": "AAAA", "certificate": bidder.identity.digest}
    with pytest.raises(Refused) as found:
        bidder.client.post(f"{tender.path}/bids/{'0f' * 16}", document)
    signed = found.value.details["refusal"]
    assert "平台拒收" in desk(bidder, tender)
    paper = asked(bidder.client, f"{tender.path}/desk/papers/{signed['refusal']['nonce']}.json")
    assert paper.json() == signed
    assert verify_receipt(paper.json(), vkey(centre), "refusal")["reason"] == found.value.reason


def test_nothing_of_a_bid_is_seen_by_anyone_else(
    centre: Centre, tender: Tender, bidder: Organization, tmp_path: Path
) -> None:
    sealed = tender.bid(bidder, 1, "100.00", tmp_path / "bid")
    (nonce,) = set(PAPER.findall(desk(bidder, tender)))
    rival = centre.organization("对手有限公司")
    page = desk(rival, tender)
    for secret in (sealed.header.digest, sealed.header.bid, nonce, bidder.id, bidder.name, bidder.identity.digest):
        assert secret not in page
    assert 'data-state="none"' in part(page, 1)
    everyone = (rival, tender.agent, tender.tenderee, centre.clerk, centre.supervisor, centre.staff["auditor"])
    for who in everyone:
        assert asked(who.client, f"{tender.path}/desk/papers/{nonce}.json").status_code == 404


@pytest.mark.parametrize(
    ("role", "said"),
    [("tenderee", "是该项目的招标人"), ("agent", "是该项目的招标代理机构"), ("clerk", "须使用投标单位的账号")],
)
def test_who_is_no_bidder_is_told_why(centre: Centre, tender: Tender, role: str, said: str) -> None:
    clients = {"tenderee": tender.tenderee.client, "agent": tender.agent.client, "clerk": centre.clerk.client}
    answer = asked(clients[role], f"{tender.path}/desk")
    assert answer.status_code == 403
    assert said in answer.text
    assert "data-bid" not in answer.text


def test_anyone_is_led_to_the_login(tender: Tender, centre: Centre) -> None:
    for path in (f"{tender.path}/desk", f"{tender.path}/desk/papers/{'0' * 32}.json"):
        answer = asked(centre.url, path)
        assert (answer.status_code, answer.headers["Location"]) == (303, f"/login?next={path}")


def test_a_tender_that_nobody_published_has_no_desk(bidder: Organization) -> None:
    assert asked(bidder.client, f"/tenders/{'0' * 32}/desk").status_code == 404
    assert asked(bidder.client, "/tenders/nonsense/desk").status_code == 404


def test_after_the_deadline_there_is_no_form_and_the_receipt_remains(centre: Centre, tmp_path: Path) -> None:
    tender, bidder = publish(centre, lots=2), centre.organization("投标人有限公司")
    sealed = tender.bid(bidder, 1, "100.00", tmp_path / "bid")
    centre.go_to(tender.deadline + timedelta(seconds=1))
    page = desk(bidder, tender)
    assert f'data-live="{sealed.header.digest}"' in part(page, 1)
    assert "截止时间前没有收到本标段的投标文件" in part(page, 2)
    assert 'data-open=""' in page
    assert "data-bid " not in page
    assert "data-replace" not in page
    assert PAPER.search(part(page, 1)) is not None


def test_the_page_carries_no_script_and_no_style_of_its_own(tender: Tender, bidder: Organization) -> None:
    page = desk(bidder, tender)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|<script(?![^>]*\ssrc=)", page)
    assert json.dumps(bidder.client.csrf)[1:-1] in page
