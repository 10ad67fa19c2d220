"""The pages of tenders, notices and audit over HTTP: who sees what, and how a notice is signed by two parties."""

from __future__ import annotations

import hashlib
import re
import secrets
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests

from bidroom.cli.client import Client, b64
from bidroom.crypto.canonical import canonical
from bidroom.crypto.signatures import verify
from bidroom.facts import Refused, rfc3339
from tests.web.parties import DAY, Centre, Organization, Tender, publish, the_terms, the_timeline
from tests.web.serving import Server

CHANGING = re.compile(r'data-(now|csrf)="[^"]*"|datetime="[^"]*">\d\d:\d\d:\d\d</time>')


def page(who: Client | str, path: str) -> requests.Response:
    """A page as somebody sees it; a URL is anyone's."""
    if isinstance(who, str):
        return requests.get(who + path, timeout=30, allow_redirects=False)
    cookies = {name: value for name, _, value in (each.partition("=") for each in who.cookies().split("; "))}
    return requests.get(who.origin + path, cookies=cookies, timeout=30, allow_redirects=False)


@pytest.fixture(scope="module")
def tender(centre: Centre) -> Tender:
    """A published tender of two lots."""
    return publish(centre, lots=2)


@pytest.fixture(scope="module")
def stranger(centre: Centre) -> Organization:
    """An organization that has no part in it."""
    return centre.organization("苏澄环境工程有限公司")


# --- everyone


def test_anyone_finds_a_published_tender_and_reads_its_notice(server: Server, tender: Tender) -> None:
    found = page(server.url, "/tenders?q=城东&state=coming")
    assert f"/tenders/{tender.id}" in found.text
    assert f"/tenders/{tender.id}" not in page(server.url, "/tenders?q=城西").text
    assert f"/tenders/{tender.id}" not in page(server.url, "/tenders?state=ended").text
    notice = page(server.url, f"/tenders/{tender.id}")
    assert notice.status_code == 200
    for said in ("标段1", "标段2", "200,000,000.00", "800,000.00", "城东水务集团有限公司", "联合解密", "工期"):
        assert said in notice.text


@pytest.mark.parametrize("asked", ["?page=-3", "?page=zz", "?page=99999999", "?state=nonsense", "?q=%00", "?q=%3Cb%3E"])
def test_a_list_bears_whatever_is_asked_of_it(server: Server, tender: Tender, asked: str) -> None:
    found = page(server.url, f"/tenders{asked}")
    assert found.status_code == 200
    assert "<b>" not in found.text.split("<main")[1].split('class="tn-finder-q"')[1].split("</form>")[0]


def test_a_bid_changes_no_page_before_the_deadline(
    server: Server, tender: Tender, stranger: Organization, tmp_path: Path
) -> None:
    paths = ("/tenders", f"/tenders/{tender.id}", f"/tenders/{tender.id}/audit")
    readers: tuple[Client | str, ...] = (server.url, tender.agent.client, tender.tenderee.client, stranger.client)
    before = [CHANGING.sub("", page(who, path).text) for who in readers for path in paths]
    tender.bid(stranger, 1, "126480000.00", tmp_path / "bid")
    after = [CHANGING.sub("", page(who, path).text) for who in readers for path in paths]
    assert before == after


def test_the_papers_are_the_signed_bytes(server: Server, tender: Tender) -> None:
    for kind, data in (("terms", tender.terms), ("timeline", tender.timeline)):
        assert page(server.url, f"/tenders/{tender.id}/papers/{kind}.json").content == data
        cms = page(server.url, f"/tenders/{tender.id}/papers/{kind}.p7s").content
        verify(kind, data, cms, tender.tenderee.identity.certificate)
    assert page(server.url, f"/tenders/{tender.id}/papers/terms.exe").status_code == 404


def test_before_the_deadline_the_audit_page_shows_no_checkpoint(server: Server, tender: Tender) -> None:
    shown = page(server.url, f"/tenders/{tender.id}/audit")
    assert shown.status_code == 200
    assert "投标截止后公布" in shown.text
    assert "data-size" not in shown.text
    assert page(server.url, f"/tenders/{tender.id}/checkpoint.note").status_code == 422


def test_whoever_may_not_draft_is_led_to_the_login_or_refused(server: Server, centre: Centre) -> None:
    led = page(server.url, "/tenders/new")
    assert (led.status_code, "/login" in led.headers["Location"]) == (303, True)
    assert page(centre.clerk.client, "/tenders/new").status_code == 403


def test_what_is_no_tender_is_not_found(server: Server, tender: Tender) -> None:
    for path in (
        f"/tenders/{'ab' * 16}",
        "/tenders/zz",
        f"/tenders/{'ab' * 16}/audit",
        f"/tenders/{tender.id}/nothing",
    ):
        assert page(server.url, path).status_code == 404, path


# --- a notice in the making


@pytest.fixture
def drafted(centre: Centre) -> Callable[[], Tender]:
    """A draft of its own, nothing of it prepared."""
    tenderee, agent = centre.organization("城东水务集团有限公司"), centre.organization("浙江信诚工程咨询有限公司")

    def made() -> Tender:
        stream, number = secrets.token_hex(16), f"B33-{secrets.token_hex(4)}"
        agent.give("DraftTender", stream, {"number": number, "title": "城北泵站改造"})
        terms = canonical(the_terms(stream, number, tenderee, agent, 1, "cn-mandatory"))
        timeline = canonical(the_timeline(stream, terms, tenderee, agent, agent.client.now()))
        return Tender(stream, centre, tenderee, agent, terms, timeline)

    return made


def papers(tender: Tender) -> dict[str, str]:
    return {"terms": b64(tender.terms), "timeline": b64(tender.timeline)}


def prepare(tender: Tender, **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = tender.agent.client.post(f"{tender.path}/prepared", {**papers(tender), **more})
    return told


def signatures(tender: Tender, signer: Organization | None = None) -> dict[str, str]:
    who, at = (signer or tender.tenderee).identity, tender.agent.client.now()
    signed = {f"{kind}_cms": b64(who.sign(kind, getattr(tender, kind), at)) for kind in ("terms", "timeline")}
    return {"digest": hashlib.sha256(tender.timeline).hexdigest(), **signed}


def refusal(act: Callable[[], Any]) -> str:
    with pytest.raises(Refused) as refused:
        act()
    return refused.value.reason


def test_two_parties_make_a_notice_and_a_clerk_publishes_it(drafted: Callable[[], Tender], server: Server) -> None:
    tender = drafted()
    assert prepare(tender)["faults"] == []
    shown = page(tender.tenderee.client, "/tenders")
    assert "待本单位签署" in shown.text
    assert f"/tenders/{tender.id}/notice" in shown.text
    assert "data-sign-papers" in page(tender.tenderee.client, f"/tenders/{tender.id}/notice").text
    tender.tenderee.client.post(f"{tender.path}/prepared/signatures", signatures(tender))
    assert "待本单位签署" not in page(tender.tenderee.client, "/tenders").text
    ready = tender.agent.client.get(f"{tender.path}/prepared")
    assert ready["signed"]
    names = ("terms", "terms_cms", "timeline", "timeline_cms")
    tender.agent.give("SubmitNotice", tender.id, {name: ready[name] for name in names})
    assert f"/tenders/{tender.id}" not in page(server.url, "/tenders").text
    assert "待窗口审核发布" in page(tender.agent.client, f"/tenders/{tender.id}/notice").text
    tender.centre.clerk.ask("PublishNotice", tender.id, {})
    assert f"/tenders/{tender.id}" in page(server.url, "/tenders").text


def test_a_draft_is_its_parties_own(drafted: Callable[[], Tender], server: Server, stranger: Organization) -> None:
    tender = drafted()
    prepare(tender)
    path = f"/tenders/{tender.id}"
    assert page(server.url, path).status_code == 404
    assert page(stranger.client, path).status_code == 404
    assert page(stranger.client, f"{path}/notice").status_code == 404
    assert page(server.url, f"{path}/notice").status_code == 303
    assert page(tender.agent.client, path).headers["Location"].endswith("/notice")
    assert refusal(lambda: stranger.client.get(f"{tender.path}/prepared")) == "nothing_is_prepared"
    assert refusal(lambda: Client(server.url).get(f"{tender.path}/prepared")) == "not_logged_in"
    posted = papers(tender)
    assert refusal(lambda: stranger.client.post(f"{tender.path}/prepared", posted)) == "not_your_role"
    assert refusal(lambda: tender.tenderee.client.post(f"{tender.path}/prepared", posted)) == "not_your_role"


def test_only_the_tenderee_signs_and_only_what_is_prepared(
    drafted: Callable[[], Tender], stranger: Organization
) -> None:
    tender = drafted()
    prepare(tender)
    path, good = f"{tender.path}/prepared/signatures", signatures(tender)
    client = tender.tenderee.client
    assert refusal(lambda: stranger.client.post(path, good)) == "nothing_is_prepared"
    assert refusal(lambda: tender.agent.client.post(path, good)) == "not_your_role"
    assert refusal(lambda: client.post(path, {**good, "digest": "00" * 32})) == "prepared_changed"
    assert refusal(lambda: client.post(path, {"digest": good["digest"], "timeline_cms": good["timeline_cms"]})) == (
        "prepared_changed"
    )
    wrong = signatures(tender, stranger)
    foreign = {**good, "terms_cms": wrong["terms_cms"]}
    assert refusal(lambda: client.post(path, foreign)) == "signed_by_another_certificate"
    swapped = {**good, "terms_cms": good["timeline_cms"]}
    assert refusal(lambda: client.post(path, swapped)) == "signature_over_other_bytes"
    assert not client.get(f"{tender.path}/prepared")["signed"]


def test_what_is_prepared_anew_is_signed_anew(drafted: Callable[[], Tender]) -> None:
    tender = drafted()
    prepare(tender)
    tender.tenderee.client.post(f"{tender.path}/prepared/signatures", signatures(tender))
    assert tender.agent.client.get(f"{tender.path}/prepared")["signed"]
    prepare(tender)
    again = tender.agent.client.get(f"{tender.path}/prepared")
    assert (again["signed"], again["terms_cms"], again["timeline_cms"]) == (False, None, None)


def test_everything_that_the_rules_would_refuse_is_said_at_once(drafted: Callable[[], Tender]) -> None:
    tender = drafted()
    now = tender.agent.client.now()
    dates = {
        "documents": {"from": rfc3339(now), "to": rfc3339(now + DAY)},
        "deadline": rfc3339(now + 9 * DAY),
        "sign_in": rfc3339(now + 8 * DAY),
    }
    document = the_timeline(tender.id, tender.terms, tender.tenderee, tender.agent, now) | dates
    asked = {"terms": b64(tender.terms), "timeline": b64(canonical(document))}
    told = tender.agent.client.post(f"{tender.path}/prepared/check", asked)
    assert {each["reason"] for each in told["faults"]} == {
        "deadline_leaves_the_days_that_the_pack_asks",
        "documents_are_on_sale_long_enough",
    }
    assert all(each["title"] and "_" not in each["title"] for each in told["faults"])
    assert refusal(lambda: tender.agent.client.get(f"{tender.path}/prepared")) == "nothing_is_prepared"


def test_a_key_that_is_not_the_certificates_is_found_before_anybody_signs(
    drafted: Callable[[], Tender], stranger: Organization
) -> None:
    tender = drafted()
    document = the_terms(tender.id, "x", tender.tenderee, tender.agent, 1, "cn-mandatory")
    document["slots"][1]["holders"][0]["key"] = stranger.identity.spki.hex()
    terms = canonical(document)
    timeline = canonical(the_timeline(tender.id, terms, tender.tenderee, tender.agent, tender.agent.client.now()))
    told = prepare(tender, terms=b64(terms), timeline=b64(timeline))
    assert {each["reason"] for each in told["faults"]} == {
        "terms_are_of_this_tender",
        "holder_key_is_not_the_certificates",
    }


def test_what_is_malformed_is_not_kept(drafted: Callable[[], Tender]) -> None:
    tender = drafted()
    assert refusal(lambda: prepare(tender, terms=b64(b"{}"))) == "terms_malformed"
    assert refusal(lambda: prepare(tender, timeline=b64(b"[]"))) == "timeline_malformed"
    assert refusal(lambda: prepare(tender, timeline="!")) == "request_malformed"
    assert refusal(lambda: tender.agent.client.get(f"{tender.path}/prepared")) == "nothing_is_prepared"


def test_a_tenderee_is_found_by_its_code_with_its_keys(centre: Centre, server: Server, tender: Tender) -> None:
    told = tender.agent.client.get(f"/tenderees/{tender.tenderee.uscc}")
    identity = tender.tenderee.identity
    assert (told["organization"], told["name"]) == (tender.tenderee.id, tender.tenderee.name)
    assert [(each["digest"], each["key"]) for each in told["certificates"]] == [(identity.digest, identity.spki.hex())]
    assert refusal(lambda: tender.agent.client.get("/tenderees/91330000000000000X")) == "organization_unknown"
    assert refusal(lambda: Client(server.url).get(f"/tenderees/{tender.tenderee.uscc}")) == "not_logged_in"


# --- amending


def test_an_amendment_is_signed_handed_in_and_told_with_its_reason(centre: Centre, server: Server) -> None:
    tender = publish(centre)
    digest = hashlib.sha256(tender.timeline).hexdigest()
    document = the_timeline(tender.id, tender.terms, tender.tenderee, tender.agent, centre.start) | {
        "version": 2, "previous": digest, "documents": {"from": rfc3339(tender.deadline - 21 * DAY),
                                                        "to": rfc3339(tender.deadline - 15 * DAY)},
        "deadline": rfc3339(tender.deadline + 3 * DAY),
    }  # fmt: skip
    timeline = canonical(document)
    client = tender.agent.client
    asked = {"timeline": b64(timeline), "reason": ""}
    told = client.post(f"{tender.path}/prepared", asked)
    assert [each["reason"] for each in told["faults"]] == ["a_reason_is_given"]
    assert client.post(f"{tender.path}/prepared", {**asked, "reason": "延长编制投标文件的时间"})["faults"] == []
    assert "待本单位签署" in page(tender.tenderee.client, "/tenders").text
    cms = b64(tender.tenderee.identity.sign("timeline", timeline, client.now()))
    signed = {"digest": hashlib.sha256(timeline).hexdigest(), "timeline_cms": cms}
    tender.tenderee.client.post(f"{tender.path}/prepared/signatures", signed)
    body = {"timeline": b64(timeline), "timeline_cms": cms, "reason": "延长编制投标文件的时间"}
    tender.agent.give("AmendTimeline", tender.id, body)
    shown = page(server.url, f"/tenders/{tender.id}").text
    assert "第 1 次变更" in shown
    assert "延长编制投标文件的时间" in shown
    assert page(server.url, f"/tenders/{tender.id}/papers/timeline.json").content == timeline
    assert refusal(lambda: client.get(f"{tender.path}/prepared")) == "nothing_is_prepared"
