"""Logging in, certificates, commands that are wrong, headers, and what only demo mode has."""

from __future__ import annotations

import base64
import json
import secrets
from datetime import timedelta
from typing import Any

import pytest
import requests

from bidroom.cli.client import Client, b64, command_bytes, envelope
from bidroom.cli.identity import Identity
from bidroom.crypto.canonical import canonical, sha256_hex
from bidroom.crypto.testca import TestCa
from bidroom.facts import CENTRE, Refused
from bidroom.machine import shape_of
from bidroom.rules import TABLES
from tests.web.parties import DAY, PASSWORD, Centre, Organization, Tender, a_code, problem, publish
from tests.web.serving import Server


@pytest.fixture(scope="module")
def firm(centre: Centre) -> Organization:
    return centre.organization("城建集团有限公司")


@pytest.fixture(scope="module")
def tender(centre: Centre) -> Tender:
    return publish(centre)


def challenge(client: Client, account: str) -> bytes:
    return base64.b64decode(client.post("/login/challenge", {"account": account})["bytes"])


def signed(client: Client, identity: Identity, data: bytes, kind: str = "login") -> dict[str, str]:
    cms = identity.sign(kind, data, client.now())
    return {"bytes": b64(data), "cms": b64(cms), "certificate": identity.digest}


@pytest.fixture(scope="module")
def draft(centre: Centre) -> str:
    """The stream of a tender that has no notice yet."""
    stream = secrets.token_hex(16)
    body = {"number": f"N-{stream[:8]}", "title": "草稿"}
    centre.organization("代理有限公司").give("DraftTender", stream, body)
    return stream


# --- login


def test_a_challenge_is_used_once(centre: Centre, firm: Organization) -> None:
    client = Client(centre.url, "en")
    document = signed(client, firm.identity, challenge(client, firm.user))
    assert client.post("/login", document)["organization"] == firm.id
    client.csrf = None
    with pytest.raises(Refused, match="challenge_used"):
        Client(centre.url, "en").post("/login", document)


def test_a_challenge_of_another_origin_or_account_is_refused(centre: Centre, firm: Organization) -> None:
    client = Client(centre.url, "en")
    data = challenge(client, firm.user)
    for change, reason in (
        (("origin", "https://evil.example"), "origin_wrong"),
        (("account", "somebody"), "challenge_unknown"),
        (("expires", "2999-01-01T00:00:00.000000Z"), "challenge_unknown"),
    ):
        other = canonical({**json.loads(data), change[0]: change[1]})
        with pytest.raises(Refused, match=reason):
            client.post("/login", signed(client, firm.identity, other))


def test_a_login_is_signed_as_a_login_by_the_bound_certificate(centre: Centre, firm: Organization) -> None:
    client = Client(centre.url, "en")
    data = challenge(client, firm.user)
    with pytest.raises(Refused, match="signature_over_other_bytes"):
        client.post("/login", signed(client, firm.identity, data, "command"))
    stranger = centre.certificate(firm.name, firm.uscc)
    with pytest.raises(Refused, match="certificate_not_the_bound_one"):
        client.post("/login", signed(client, stranger, data))
    with pytest.raises(Refused, match="signed_by_another_certificate"):
        client.post("/login", {**signed(client, stranger, data), "certificate": firm.identity.digest})


def test_an_unknown_account_is_challenged_like_any_other(centre: Centre, firm: Organization) -> None:
    client = Client(centre.url, "en")
    known, unknown = challenge(client, firm.user), challenge(client, "x" * len(firm.user))
    assert len(known) == len(unknown)
    with pytest.raises(Refused, match="certificate_unbound"):
        client.post("/login", signed(client, firm.identity, unknown))


def test_a_wrong_password_is_refused_and_slowed_down(centre: Centre) -> None:
    client = Client(centre.url, "en")
    account = f"nobody-{secrets.token_hex(4)}"
    reasons = []
    for _ in range(12):
        with pytest.raises(Refused) as refused:
            client.log_in_with_password(account, "wrong")
        reasons.append(refused.value.reason)
    assert reasons[0] == "login_failed"
    assert reasons[-1] == "too_many_requests"
    with pytest.raises(Refused, match="login_failed"):
        client.log_in_with_password(centre.clerk.user, PASSWORD + "!")


def test_a_session_needs_its_token_and_our_origin(centre: Centre, firm: Organization) -> None:
    client = Client(centre.url, "en")
    client.log_in(firm.user, firm.identity)
    document = envelope(command_bytes("CallLast", "00" * 16, {}), None)
    token, client.csrf = client.csrf, "0" * 64
    with pytest.raises(Refused, match="csrf_token_wrong"):
        client.post("/commands", document)
    client.csrf = token
    client._session.headers["Origin"] = "https://evil.example"
    with pytest.raises(Refused, match="origin_wrong"):
        client.post("/commands", document)


def test_the_cookie_is_kept_from_scripts_and_other_sites(centre: Centre, firm: Organization) -> None:
    client = Client(centre.url, "en")
    data = challenge(client, firm.user)
    answer = client._send("POST", "/login", json=signed(client, firm.identity, data))
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Strict" in cookie


# --- certificates and bindings


def test_certificates_are_kept_by_their_digest(centre: Centre) -> None:
    client = Client(centre.url, "en")
    identity = centre.certificate("某某有限公司", "91330000MA00000000")
    put = [client._send("PUT", f"/certificates/{identity.digest}", data=identity.certificate) for _ in range(2)]
    assert [answer.status_code for answer in put] == [201, 200]
    assert client.download(f"/certificates/{identity.digest}") == identity.certificate
    with pytest.raises(Refused, match="certificate_digest_wrong"):
        client.put(f"/certificates/{'0' * 64}", identity.certificate)
    with pytest.raises(Refused, match="request_too_large"):
        client.put(f"/certificates/{'0' * 64}", b"x" * 8193)
    junk = b"no certificate"
    with pytest.raises(Refused, match="certificate_malformed"):
        client.put(f"/certificates/{sha256_hex(junk)}", junk)
    with pytest.raises(Refused, match="certificate_unknown"):
        client.get(f"/certificates/{'0' * 64}")


@pytest.mark.parametrize(
    ("made", "reason"),
    [
        (lambda of, code: of.ca.issue_organization("甲", code, at=of.start - 400 * DAY, days=30), "expired"),
        (lambda of, code: of.ca.issue_organization("甲", code, at=of.start + 9 * DAY), "not_yet_valid"),
        (lambda of, code: TestCa.create("other", of.start - DAY).issue_organization("甲", code), "unknown_issuer"),
    ],
    ids=["expired", "not yet valid", "of a foreign authority"],
)
def test_a_certificate_that_does_not_hold_is_not_bound(centre: Centre, made: Any, reason: str) -> None:
    stream, code, user = centre.registered("甲有限公司")
    with pytest.raises(Refused, match=f"certificate_.*{reason}"):
        centre.apply(stream, user, Identity(*made(centre, code)))


def test_a_certificate_of_another_code_is_not_bound(centre: Centre, firm: Organization) -> None:
    stream, _, user = centre.registered("甲有限公司")
    with pytest.raises(Refused, match="certificate_is_the_organizations"):
        centre.apply(stream, user, centre.certificate("乙有限公司", firm.uscc))


def test_who_applies_holds_the_key(centre: Centre, firm: Organization) -> None:
    stream, code, user = centre.registered("甲有限公司")
    identity = centre.certificate("甲有限公司", code)
    body = {"user": user, "der": b64(identity.certificate)}
    with pytest.raises(Refused, match="signed_by_another_certificate"):
        Client(centre.url, "en").command("ApplyForBinding", stream, body, None, firm.identity)


def test_code_account_and_certificate_are_taken_once(centre: Centre, firm: Organization) -> None:
    client = Client(centre.url, "en")
    for body in (
        {"name": "乙", "uscc": firm.uscc, "user": f"u{secrets.token_hex(4)}"},
        {"name": "乙", "uscc": centre.registered("丙")[1], "user": f"u{secrets.token_hex(4)}"},
    ):
        with pytest.raises(Refused, match="already_claimed"):
            client.command("RegisterOrganization", secrets.token_hex(16), body)


def test_who_lost_the_binding_acts_no_more(centre: Centre, tender: Tender) -> None:
    lost = centre.organization("失证有限公司")
    centre.clerk.ask("UndoBinding", lost.id, {"certificate": lost.identity.digest, "reason": "丢失"})
    with pytest.raises(Refused, match="certificate_unbound"):
        lost.give("SignIn", tender.id, {})
    with pytest.raises(Refused, match="certificate_unbound"):
        lost.client.get(f"{tender.path}/room")


# --- commands


def test_the_same_command_twice_has_the_same_answer(centre: Centre) -> None:
    stream, number = secrets.token_hex(16), f"N-{secrets.token_hex(4)}"
    firm = centre.organization("两次有限公司")
    data = command_bytes("DraftTender", stream, {"number": number, "title": "一个项目"})
    document = envelope(data, firm.identity, firm.client.now())
    assert firm.client.post("/commands", document) == firm.client.post("/commands", document)
    other = command_bytes("DraftTender", stream, {"number": number, "title": "另一个项目"}, id=json.loads(data)["id"])
    with pytest.raises(Refused, match="same_id_other_bytes"):
        firm.client.post("/commands", envelope(other, firm.identity, firm.client.now()))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"v": 2}, "v"),
        ({"id": "0"}, "id"),
        ({"stream": 5}, "stream"),
        ({"lot": 0}, "lot"),
        ({"lot": 1.0}, "lot"),
        ({"checkpoint": {"size": 1}}, "checkpoint.root"),
        ({"body": []}, "body"),
        ({"body": {"reason": 5}}, "body.reason"),
        ({"body": {"reason": "x", "more": 1}}, "body.more"),
        ({"more": 1}, "more"),
        ({"type": "suspend"}, "type"),
    ],
)
def test_a_malformed_command_names_its_field(firm: Organization, change: dict[str, Any], field: str) -> None:
    told = {
        "v": 1, "id": "00" * 16, "stream": "11" * 16, "type": "SuspendOpening", "lot": None, "checkpoint": None,
        "body": {"reason": "x"}, **change,
    }  # fmt: skip
    data = json.dumps(told, sort_keys=True, separators=(",", ":")).encode()
    with pytest.raises(Refused, match="command_malformed") as refused:
        firm.client.post("/commands", {"bytes": b64(data)})
    assert refused.value.field == field
    assert refused.value.details["status"] == 400


def test_commands_are_refused_by_name(centre: Centre, firm: Organization, tender: Tender) -> None:
    for kind, stream, body, reason in (
        ("Abracadabra", tender.id, {}, "command_unknown"),
        ("PublishNotice", tender.id, {}, "not_your_role"),
        ("SignIn", tender.id, {}, "command_not_allowed_in_this_phase"),
        ("SignIn", firm.id, {}, "command_for_another_kind_of_stream"),
        ("AppointStaff", CENTRE, {"user": "abc", "name": "x", "role": "clerk"}, "not_your_role"),
        ("ExtractBids", tender.id, {}, "not_your_role"),
    ):
        with pytest.raises(Refused, match=reason):
            firm.give(kind, stream, body)
    with pytest.raises(Refused, match="not_logged_in"):
        Client(centre.url, "en").command("SignIn", tender.id, {})
    with pytest.raises(Refused, match="signature_required"):
        firm.client.command("DraftTender", secrets.token_hex(16), {"number": "N-1", "title": "x"})


SAMPLES: dict[str, Any] = {
    "name": "x", "words": "x", "digest": "00" * 32, "identifier": "00" * 16, "digests": ["00" * 32], "number": 1,
    "yes_or_no": True, "money": "1.00", "time": "2026-09-18T04:00:00Z", "document": "AA==",
}  # fmt: skip
PIECES = {
    "ReleaseShare": [{"j": 0, "piece": "00" * 32}],
    "ReleaseHolderShares": {"00" * 32: [{"j": 0, "piece": "00" * 32}]},
}


@pytest.mark.parametrize("kind", sorted({row.on for table in TABLES for row in table.rows}))
def test_no_command_breaks_anything_wherever_it_goes(
    centre: Centre, firm: Organization, tender: Tender, draft: str, kind: str
) -> None:
    shape = shape_of(TABLES, kind)
    body = {member: SAMPLES[read.__name__] for member, read in {**shape.needs, **shape.may}.items()}
    body |= {"pieces": PIECES[kind]} if kind in PIECES else {}
    for stream in (tender.id, draft, firm.id, CENTRE, "99" * 16):
        for who in (tender.agent, centre.clerk):
            for lot in (None, 1):
                with pytest.raises(Refused) as refused:
                    who.give(kind, stream, body, lot)
                assert refused.value.reason != "server_failed", (stream, who.user, lot)


def test_a_signature_over_other_bytes_is_refused(firm: Organization, tender: Tender) -> None:
    data, other = (command_bytes("SignIn", tender.id, {}) for _ in range(2))
    at = firm.client.now()
    document = {**envelope(data, firm.identity, at), "cms": b64(firm.identity.sign("command", other, at))}
    with pytest.raises(Refused, match="signature_over_other_bytes"):
        firm.client.post("/commands", document)


def test_an_amendment_is_the_tenderees(tender: Tender) -> None:
    data = tender.timeline
    cms = tender.agent.identity.sign("timeline", data, tender.agent.client.now())
    body = {"timeline": b64(data), "timeline_cms": b64(cms), "reason": "顺延"}
    with pytest.raises(Refused, match="signed_by_another_certificate"):
        tender.agent.give("AmendTimeline", tender.id, body)


def test_an_account_number_reaches_no_log(server: Server, centre: Centre, tender: Tender, firm: Organization) -> None:
    number = "33050161612300" + secrets.token_hex(4)
    body = {
        "organization": firm.id, "kind": "paid", "amount": "1.00", "basic_account": True,
        "received_at": firm.client.get("/time")["now"], "account": number,
    }  # fmt: skip
    centre.clerk.give("RegisterDeposit", tender.id, body, 1)
    files = [path for path in server.folder.rglob("*") if path.is_file()]
    assert any(path.name == "bidroom.sqlite" for path in files)
    needles = (number.encode(), base64.b64encode(number.encode()))
    assert [path.name for path in files if any(needle in path.read_bytes() for needle in needles)] == []


# --- HTTP itself


def test_every_fault_is_a_problem_in_ones_language(centre: Centre) -> None:
    url = centre.url
    zh = problem(requests.get(f"{url}/api/v1/nowhere", timeout=10))
    en = problem(requests.get(f"{url}/api/v1/nowhere", headers={"Accept-Language": "en"}, timeout=10))
    assert (zh["title"], en["title"]) == ("没有这个页面", "There is nothing here")
    assert problem(requests.delete(f"{url}/api/v1/me", timeout=10))["reason"] == "method_not_allowed"
    assert problem(requests.get(f"{url}/api/v1/me", timeout=10))["status"] == 401
    for data in (b"{", b"[]", b'"x"', b"\xff"):
        headers = {"Content-Type": "application/json"}
        answer = requests.post(f"{url}/api/v1/commands", data=data, headers=headers, timeout=10)
        assert problem(answer)["reason"] == "request_malformed", data
    huge = requests.post(f"{url}/api/v1/commands", json={"bytes": "A" * (4 << 20)}, timeout=10)
    assert problem(huge)["reason"] == "request_too_large"


def test_every_answer_has_its_headers(centre: Centre) -> None:
    for path in ("/healthz", "/api/v1/tenders", "/nowhere", "/openapi.json"):
        answer = requests.get(centre.url + path, timeout=10)
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'none'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "ETag" not in answer.headers
    assert requests.get(f"{centre.url}/api/v1/tenders", timeout=10).headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("path", ["/tenders/zz", f"/tenders/{'0' * 32}", f"/tenders/{CENTRE}/room"])
def test_a_tender_that_is_none_is_not_there(centre: Centre, path: str) -> None:
    answer = requests.get(f"{centre.url}/api/v1{path}", timeout=10)
    assert problem(answer)["status"] == 404


def test_a_draft_is_its_parties_alone(centre: Centre) -> None:
    agent = centre.organization("代理有限公司")
    stream = secrets.token_hex(16)
    agent.give("DraftTender", stream, {"number": f"N-{stream[:8]}", "title": "草稿"})
    for client in (agent.client, Client(centre.url, "en")):
        for path in ("", "/room", "/events"):
            with pytest.raises(Refused, match="tender_unknown"):
                client.get(f"/tenders/{stream}{path}")
    assert stream not in str(agent.client.get("/tenders"))


def test_a_server_that_counts_has_no_demo(fresh: Server) -> None:
    fresh.more["BIDROOM_DEMO"] = "false"
    fresh.start()
    client = Client(fresh.url, "en")
    assert client.get("/time")["demo"] is False
    with pytest.raises(Refused, match="page_unknown"):
        client.get("/demo/clock")
    for path, document in (
        ("/demo/clock", {"to": "2999-01-01T00:00:00Z"}),
        ("/demo/centre", {"ca": [], "crl": [], "staff": []}),
        ("/demo/centre", {"ca": "of another shape"}),
    ):
        with pytest.raises(Refused, match="page_unknown"):
            client.post(path, document)


def test_the_demos_clock_only_goes_forward(centre: Centre) -> None:
    client = Client(centre.url, "en")
    with pytest.raises(Refused, match="clock_only_goes_forward"):
        client.post("/demo/clock", {"to": "2020-01-01T00:00:00Z"})
    with pytest.raises(Refused, match="time_malformed"):
        client.post("/demo/clock", {"to": "tomorrow"})
    before = client.now()
    centre.go_to(before + timedelta(hours=1))
    assert client.now() - before >= timedelta(hours=1)


def test_nothing_secret_is_in_the_servers_log(server: Server, firm: Organization) -> None:
    cookie = firm.client.cookies().partition("=")[2]
    said = server.errors
    assert PASSWORD not in said
    assert cookie not in said
    assert str(firm.client.csrf) not in said


# --- what is written to break a parser


@pytest.mark.parametrize("data", ["[" * 100_000, '{"account":' * 50_000, "[" * 9_999 + "]" * 9_999])
def test_json_without_a_bottom_is_malformed(centre: Centre, data: str) -> None:
    headers = {"Content-Type": "application/json"}
    answer = requests.post(f"{centre.url}/api/v1/login/challenge", data=data, headers=headers, timeout=30)
    assert (answer.status_code, problem(answer)["reason"]) == (400, "request_malformed")


def test_half_a_character_as_a_key_is_malformed(centre: Centre) -> None:
    document = {"bytes": b64(b'{"\\ud800":1,"\\ud800":2}')}
    answer = requests.post(f"{centre.url}/api/v1/commands", json=document, timeout=30)
    assert (answer.status_code, problem(answer)["cause"]) == (400, "surrogate")


def test_nobody_takes_the_centres_stream_before_the_operator(fresh: Server) -> None:
    fresh.start()
    body = {"name": "先到者有限公司", "uscc": a_code(), "user": "first"}
    with pytest.raises(Refused) as found:
        Client(fresh.url, "en").command("RegisterOrganization", CENTRE, body)
    assert found.value.reason == "command_for_another_kind_of_stream"
    assert Centre.at(fresh.url).clerk.client.get("/me")["roles"] == ["clerk"]


def test_a_persons_certificate_is_shown_to_staff_alone(centre: Centre, firm: Organization) -> None:
    """A public bundle names its digest and leaves it out; that is worth nothing where anyone may fetch it by that."""
    _, person = centre.person("clerk")
    firm.client.put(f"/certificates/{person.digest}", person.certificate)
    path = f"/certificates/{person.digest}"
    for client in (Client(centre.url, "en"), firm.client):
        with pytest.raises(Refused) as found:
            client.get(path)
        assert found.value.reason == "certificate_unknown"
    assert centre.supervisor.client.download(path) == person.certificate
    assert Client(centre.url, "en").download(f"/certificates/{firm.identity.digest}") == firm.identity.certificate
