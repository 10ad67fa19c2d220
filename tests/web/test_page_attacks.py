"""The pages under attack: what they must not tell before its time, and what nobody may make them do."""

from __future__ import annotations

import base64
import difflib
import re
import sqlite3
import time
from collections.abc import Mapping
from datetime import timedelta
from html.parser import HTMLParser
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from urllib.parse import urljoin, urlsplit

import pytest
import requests
import socketio
from engineio.socket import Socket

from bidroom.cli.client import Client
from bidroom.concurrency import Threads
from bidroom.config import Settings
from bidroom.crypto.testca import to_p12
from bidroom.web.http import web_app
from bidroom.web.live import ROOM, View
from bidroom.web.parts import Part
from bidroom.web.seats import Plan, Seat, file_in
from bidroom.web.sockets import NAMESPACE
from tests.system.steps import pay
from tests.web import parties
from tests.web.acts import Play
from tests.web.parties import Centre, Organization, publish
from tests.web.serving import Server

OF_A_MOMENT = re.compile(r'data-now="[^"]*"|<time class="num" data-clock .*?</time>')
EVERYWHERE = ("/", "/tenders", "/about", "/organization", "/centre/bindings", "/centre/notices")
OF_A_TENDER = ("", "/notice", "/desk", "/room", "/board", "/record", "/record.json", "/record.pdf", "/audit",
               "/checkpoint.note")  # fmt: skip


def got(client: Client, path: str, **more: Any) -> requests.Response:
    """A page as this client's session receives it."""
    return client._session.get(client.origin + path, timeout=30, allow_redirects=False, **more)


def everything(seats: Mapping[str, Client], tender: str) -> dict[str, Any]:
    """All pages of all seats: status, headers, text."""
    paths = (*EVERYWHERE, *(f"/tenders/{tender}{path}" for path in OF_A_TENDER), f"/centre/deposits/{tender}")
    found = {}
    for seat, client in seats.items():
        for path in paths:
            if (seat, path) == ("clerk", f"/centre/deposits/{tender}"):
                continue  # the one who matches payments sees them
            answer = got(client, path)
            headers = {k: v for k, v in answer.headers.items() if k not in ("Date", "Set-Cookie")}
            found[f"{seat} {path}"] = (answer.status_code, headers, OF_A_MOMENT.sub("", answer.text))
    return found


class Watcher:
    """A socket that looks at a tender's room as a page, and keeps all that it is told."""

    def __init__(self, client: Client, tender: str, seat: str = "") -> None:
        self.heard: list[tuple[str, Any]] = []
        self.socket = socketio.Client(reconnection=False, handle_sigint=False)
        self.socket.on("*", lambda name, data: self.heard.append((name, data)), namespace="/room")
        token = client._session.cookies.get("bidroom_session")
        auth = {"csrf": client.get("/me")["csrf"]} if token else None
        self.socket.connect(
            client.origin, headers={"Cookie": client.cookies()}, auth=auth, namespaces=["/room"],
            transports=["websocket"], wait_timeout=10,
        )  # fmt: skip
        self.asked = {"tender": tender, "seat": seat, "language": "en", "room": "", "own": ""}
        self.first = self.watch()

    def watch(self) -> Any:
        return self.socket.call("watch", self.asked, namespace="/room", timeout=20)


def differing(few: Mapping[str, Any], many: Mapping[str, Any]) -> dict[str, list[str]]:
    """The lines that differ, by page."""
    found = {}
    for name, (status, headers, text) in few.items():
        said = difflib.unified_diff(text.splitlines(), many[name][2].splitlines(), lineterm="", n=0)
        lines = [line[:300] for line in said if not line.startswith(("---", "+++", "@@"))]
        more = [
            f"{key}: {headers.get(key)} != {value}" for key, value in many[name][1].items() if headers.get(key) != value
        ]
        if lines or more or status != many[name][0]:
            found[name] = [*lines[:6], *more]
    return found


def settled(centre: Centre) -> None:
    """Nothing is owed, and what was to be sent is sent."""
    centre.rest()
    time.sleep(0.5)


def test_pages_do_not_change_with_bids_deposits_and_sign_ins(centre: Centre, tmp_path: Path) -> None:
    tender = publish(centre)
    bidders = [centre.organization(f"投标人{n}有限公司") for n in range(9)]
    seats = {
        "bidder": bidders[0].client,
        "stranger": centre.organization("旁人建设有限公司").client,
        "host": tender.agent.client,
        "tenderee": tender.tenderee.client,
        "supervisor": centre.supervisor.client,
        "clerk": centre.clerk.client,
        "auditor": centre.staff["auditor"].client,
        "observer": Client(centre.url, "en"),
    }
    tender.bid(bidders[0], 1, "126480000.00", tmp_path / "0")
    pay(tender, bidders[:1])
    watchers = {seat: Watcher(client, tender.id) for seat, client in seats.items()}
    few = everything(seats, tender.id)
    for n, who in enumerate(bidders[1:]):
        tender.bid(who, 1, f"12648000{n}.00", tmp_path / who.user)
    pay(tender, bidders[1:])
    settled(centre)
    many = everything(seats, tender.id)
    assert differing(few, many) == {}
    assert {seat: each.heard for seat, each in watchers.items() if each.heard} == {}
    centre.go_to(tender.deadline - timedelta(minutes=59))
    bidders[0].give("SignIn", tender.id, {})
    settled(centre)
    for each in watchers.values():
        each.heard.clear()
    few = everything(seats, tender.id)
    for who in bidders[1:]:
        who.give("SignIn", tender.id, {})
    settled(centre)
    many = everything(seats, tender.id)
    assert differing(few, many) == {}
    assert {seat: each.heard for seat, each in watchers.items() if each.heard} == {}
    for each in watchers.values():
        each.socket.disconnect()


# --- who looks at a page is never left behind, and never costs the others


VIEW = View("t", ROOM, "en")


def lately(text: str) -> Part:
    """A rendering."""
    return Part("", (Part("room", (f'<div id="room">{text}</div>',)),))


def test_what_is_committed_while_a_view_is_rendered_first_reaches_it(tmp_path: Path) -> None:
    _, sockets = web_app(Settings(data=tmp_path, async_mode="threading"))
    live, edge, state = sockets.live, SimpleNamespace(concurrency=Threads()), ["before"]
    manager = live.socketio.server.manager
    manager.enter_room(manager.connect("one", NAMESPACE), NAMESPACE, VIEW.room)

    def render(_edge: object, _view: View) -> Part:
        seen = lately(state[0])
        if state[0] == "before":
            state[0] = "announced"
            live.touched(edge, "t")  # type: ignore[arg-type]
            time.sleep(0.3)
        return seen

    live.render = render  # type: ignore[method-assign, assignment]
    live.watch(edge, VIEW, None)  # type: ignore[arg-type]
    until = time.monotonic() + 3
    while live.shown[VIEW].html != lately("announced").html and time.monotonic() < until:
        time.sleep(0.02)
    assert live.shown[VIEW].html == lately("announced").html


def test_a_page_that_does_not_keep_up_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bidroom.web.sockets.MOST_WAITING", 3)
    _, sockets = web_app(Settings(data=tmp_path, async_mode="threading"))
    live, edge, number = sockets.live, SimpleNamespace(concurrency=Threads()), iter(range(100))
    server = live.socketio.server
    for name in ("slow", "quick"):
        server.eio.sockets[name] = Socket(server.eio, name)
        server.manager.enter_room(server.manager.connect(name, NAMESPACE), NAMESPACE, VIEW.room)
    live.render = lambda edge, view: lately(str(next(number)))  # type: ignore[method-assign]
    live.watch(edge, VIEW, None)  # type: ignore[arg-type]
    for _ in range(6):
        live._renew_all(edge, "t")  # type: ignore[arg-type]
        while not server.eio.sockets["quick"].queue.empty():
            server.eio.sockets["quick"].queue.get()
    assert server.eio.sockets["slow"].closed
    assert not server.eio.sockets["quick"].closed


# --- an opening in which every free text attacks


EVIL = """<img src=x onerror=alert(1)>"'</script>%(n)s{{7*7}}"""
PRICES = ("1264800", "126,480,00", "壹亿贰仟陆佰肆拾捌万")


class Reader(HTMLParser):
    """What a browser would make of markup: elements that our templates never write, and handlers."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.wrong: list[str] = []
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "script" and not given.get("src"):
            self.wrong.append("an inline script")
        for name, value in attrs:
            if name.startswith("on") or name == "style" or "<" in name or '"' in name:
                self.wrong.append(f"{tag} {name}")
            if name in ("href", "src", "action", "formaction", "data-next") and value:
                is_ours = not urlsplit(value).scheme and not value.startswith(("//", "/\\"))
                if not (is_ours or value.startswith(("https://", "http://127.0.0.1", "data:image/", "data:,"))):
                    self.wrong.append(f"{tag} {name}={value}")
        if given.get("src") == "x":
            self.wrong.append("an injected element")


class EvilCentre:
    """The centre, where every organization has a name that attacks."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self.named: list[Organization] = []

    def __getattr__(self, name: str) -> Any:
        return getattr(self._centre, name)

    def organization(self, name: str) -> Organization:
        """One with an attack in its name."""
        made = self._centre.organization(f"{EVIL[:30]}{name[:4]}")
        self.named.append(made)
        return made


def evil_terms(*given: Any) -> dict[str, Any]:
    """Terms whose texts attack."""
    terms = TERMS(*given)
    terms["title"] += EVIL
    for lot in terms["lots"]:
        lot["name"] += EVIL
        for item in lot["form"]:
            item["label"] = {"zh": "工期" + EVIL, "en": "Duration" + EVIL}
    return terms


TERMS = parties.the_terms


def rooms_of(seats: Mapping[str, Client], tender: str) -> dict[str, str]:
    """The pages of one tender, by seat."""
    paths = ("", "/desk", "/room", "/board", "/record", "/record.json", "/audit")
    return {f"{seat} {path}": got(c, f"/tenders/{tender}{path}").text for seat, c in seats.items() for path in paths}


def secrets_of(who: Organization) -> list[str]:
    """What tells who a bidder is."""
    return [who.name, who.name.replace("<", "&lt;"), who.id, who.uscc, who.user, who.identity.digest,
            f"{int.from_bytes(bytes.fromhex(who.identity.digest)):x}"]  # fmt: skip


def check_markup(told: Mapping[str, str]) -> None:
    """No page has what our templates did not write."""
    wrong = {name: Reader(text).wrong for name, text in told.items() if not name.endswith(".json")}
    assert {name: found for name, found in wrong.items() if found} == {}


def provoked(play: Play, step: str) -> None:
    """Everybody says something evil where they may."""
    tender, host, first = play.tender, play.tender.agent, play.bidders[0]
    if step == "checked":
        play.centre.supervisor.ask("Remind", tender.id, {"text": EVIL})
        first.give("RaiseObjection", tender.id, {"text": EVIL})
    elif step == "decrypting":
        host.give("ExtendWindow", tender.id, {"command": tender.view()["command"], "seconds": 300, "reason": EVIL})
        told = {"digest": play.sealed[0].header.digest, "layer": "key", "serial": EVIL[:40]}
        first.give("ReportReleaseFailure", tender.id, told)
    elif step == "announcing":
        said = [e for e in play.events() if e["type"] == "ObjectionRaised"]
        host.give(
            "AnswerObjection",
            tender.id,
            {"objection": said[0]["body"]["objection"], "ruling": "rejected", "text": EVIL},
        )


UNTIL_THE_ANNOUNCEMENT = ("published", "submitted", "sign_in", "checked", "decrypting", "closing", "attributing")


def news_of(watchers: Mapping[str, Watcher]) -> dict[str, str]:
    """The markup that each was sent since it was asked for last."""
    time.sleep(1)
    told = {}
    for seat, watcher in watchers.items():
        patches = [patch for name, data in watcher.heard if name == "patches" for patch in data["patches"]]
        told[f"{seat} patches"] = "\n".join(patch.get("html", "") for patch in patches)
        watcher.heard.clear()
    return told


def check_secrets(play: Play, step: str, told: Mapping[str, str]) -> None:
    """No price for anyone; who the bidders are for host and supervisor alone."""
    for name, text in told.items():
        assert [price for price in PRICES if price in text] == [], (step, name)
        if not name.startswith(("host", "supervisor")):
            others = [who for n, who in enumerate(play.bidders) if not name.startswith(f"bidder{n} ")]
            assert [each for who in others for each in secrets_of(who) if each in text] == [], (step, name)


def test_texts_stay_texts_names_and_prices_stay_secret(
    centre: Centre, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parties, "the_terms", evil_terms)
    evil = EvilCentre(centre)
    play = Play(evil, tmp_path)  # type: ignore[arg-type]
    stranger = centre.organization("旁人建设有限公司")
    watchers: dict[str, Watcher] = {}
    seats: dict[str, Client] = {}
    for step in play.steps():
        if step == "published":
            seats |= {f"bidder{n}": who.client for n, who in enumerate(play.bidders)}
            seats |= {
                "stranger": stranger.client,
                "observer": Client(centre.url, "en"),
                "host": play.tender.agent.client,
            }
            seats |= {"clerk": centre.clerk.client, "supervisor": centre.supervisor.client}
            watchers |= {seat: Watcher(client, play.tender.id) for seat, client in seats.items()}
        if step in ("released", "uploaded", "signed"):
            continue
        provoked(play, step)
        told = {**rooms_of(seats, play.tender.id), **news_of(watchers)}
        check_markup(told)
        if step in UNTIL_THE_ANNOUNCEMENT:
            check_secrets(play, step, told)
        if step == "announcing":
            assert all(PRICES[1] in told[f"{seat} /room"] for seat in seats)
    for each in watchers.values():
        each.socket.disconnect()
    pdf = got(Client(centre.url, "en"), f"/tenders/{play.tender.id}/record.pdf")
    assert (pdf.status_code, pdf.content[:5]) == (200, b"%PDF-")


def test_nothing_of_this_failed(server: Server) -> None:
    assert "could not be rendered" not in server.errors
    assert "request failed" not in server.errors


# --- what a browser keeps, where it is led


def test_a_seats_key_is_not_kept_by_the_browser(server: Server, centre: Centre) -> None:
    who = centre.organization("华东云岭建设集团有限公司")
    p12 = base64.b64encode(to_p12(who.identity.key, who.identity.certificate, "demo")).decode()
    seat = Seat("bidder", "a-token", "/", who.user, who.name, who.identity.digest, p12, "demo")
    Plan("all-token", {}, (seat, Seat("board", "b-token", "/"))).keep(server.folder / "data")
    with requests.Session() as browser:
        browser.get(f"{server.url}/seat/bidder/enter/a-token", timeout=30)
        answer = browser.get(f"{server.url}/seat/bidder/demo/key", timeout=30)
        assert answer.json()["passphrase"] == "demo"
        assert "no-store" in answer.headers["Cache-Control"]
        assert browser.get(f"{server.url}/seat/board/demo/key", timeout=30).status_code == 404
        assert browser.get(f"{server.url}/demo/key", timeout=30).status_code == 404
    file_in(server.folder / "data").unlink()


@pytest.mark.parametrize("path", ["/", "/organization", "/tenders"])
def test_what_a_person_saw_is_not_kept_by_the_browser(centre: Centre, path: str) -> None:
    """On a machine that several people use nobody comes back to it by the browser's way back after logging out."""
    client = centre.organization("共用电脑有限公司").client
    assert "no-store" in got(client, path).headers["Cache-Control"]


AWAY = (
    "//evil.example", "/\\evil.example", "///evil.example", "/%09/evil.example", "/\t/evil.example", "/.//evil.example",
    "/..//evil.example", "https://evil.example", "javascript:alert(1)", "/%2F/evil.example", "/\r\nX-Evil: 1",
    "/\u2028/evil.example", " //evil.example", "/;//evil.example", "/@evil.example", "\\\\evil.example",
)  # fmt: skip


@pytest.mark.parametrize("way", AWAY)
def test_nobody_is_led_away(centre: Centre, way: str) -> None:
    answer = requests.get(f"{centre.url}/language/en", params={"next": way}, allow_redirects=False, timeout=10)
    target = urljoin(f"{centre.url}/language/en", answer.headers["Location"])
    assert urlsplit(target).netloc == urlsplit(centre.url).netloc
    assert "X-Evil" not in answer.headers
    page = requests.get(f"{centre.url}/login", params={"next": way}, timeout=10).text
    onward = re.findall(r'data-next="([^"]*)"', page)
    assert onward
    for each in onward:
        assert (
            urlsplit(urljoin(centre.url, each.replace("\\", "/").replace("\t", ""))).netloc
            == urlsplit(centre.url).netloc
        )


ODD = (
    "/tenders?page=99999999999999999999999", "/tenders?page=-5", "/tenders?q=" + "%25" * 500,
    "/tenders?q=%00&state=%00",
    "/tenders/%00", "/tenders/..%2f..%2fetc", "/words/..%2f..%2fmessages", "/static/..%2f..%2fapp.py",
    "/static/%2e%2e/http.py",
    "/language/..", "/register/zz", "/register/" + "0" * 32, "/seat/nobody/", "/seat/host/../x", "/enter/x", "/seats/x",
    "/demo/key", "/tenders?page=%EF%BC%91", "/tenders?q=%ED%A0%80", "/login?next=%ED%A0%80", "/login?next=/%ff",
    "/tenders/" + "0" * 32 + "/record.pdf?lang=../../x", "/centre/deposits/" + "0" * 32, "/seats/%ff", "/static/",
)  # fmt: skip


@pytest.mark.parametrize("path", ODD)
def test_odd_addresses_are_refused_or_answered(server: Server, centre: Centre, path: str) -> None:
    for client in (Client(centre.url, "en"), centre.clerk.client):
        answer = got(client, path)
        assert answer.status_code < 500, answer.text[:500]


def test_an_odd_cookie_is_no_fault(centre: Centre) -> None:
    for name in ("bidroom_session", "bidroom_language", "bidroom_applicant", "bidroom_seat"):
        for value in ("", "x" * 3000, "%00", "a.b.c", "é".encode().decode("latin-1"), '"'):
            answer = requests.get(f"{centre.url}/", headers={"Cookie": f"{name}={value}"}, timeout=10)
            assert answer.status_code == 200, (name, value)


def test_a_person_who_is_logged_in_may_use_every_form(centre: Centre) -> None:
    """Also those that no script sends: their token is a field."""
    stream, code, user = centre.registered("另一家有限公司")
    client = centre.organization("已登录有限公司").client
    page = got(client, "/register/find").text
    fields = dict(re.findall(r'<input type="hidden" name="([a-z]+)" value="([^"]*)"', page))
    session = client._session
    told = {**fields, "uscc": code, "user": user}
    answer = session.post(f"{centre.url}/register/find", data=told, allow_redirects=False, timeout=10)
    assert (answer.status_code, answer.headers.get("Location")) == (303, f"/register/{stream}"), answer.text[:300]
    assert session.post(f"{centre.url}/register/find", data={**told, "csrf": "0" * 64}, timeout=10).status_code == 403


def test_a_broken_database_tells_nothing_of_our_inside(fresh: Server) -> None:
    fresh.start()
    centre = Centre.at(fresh.url)
    with sqlite3.connect(fresh.folder / "data" / "bidroom.sqlite") as database:
        database.execute("ALTER TABLE sessions RENAME TO gone")
    for path in ("/", "/tenders", "/nowhere", "/api/v1/me", "/words/en"):
        answer = got(centre.clerk.client, path)
        assert "Traceback" not in answer.text, path
        assert "sqlalchemy" not in answer.text, path
        assert answer.status_code in (200, 404, 500)
        assert answer.headers["Content-Security-Policy"], path
    assert "could not be shown" in fresh.errors
    assert str(centre.clerk.client._session.cookies["bidroom_session"]) not in fresh.errors
