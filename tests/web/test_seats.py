"""A demo's seats: one browser, many sessions; nothing of it on a server that counts."""

from __future__ import annotations

import base64
import stat
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import requests
import socketio

from bidroom.cli.identity import load_p12
from bidroom.crypto.testca import to_p12
from bidroom.web.seats import SEAT, Opening, Plan, Seat, Seats, below_seats, file_in
from tests.web.parties import PASSWORD, Centre, Organization, publish
from tests.web.serving import Server

TENDER = "ab" * 16
OPENINGS = {name: Opening(TENDER, name, "2026-12-01T01:30:00Z") for name in ("archived", "live", "tomorrow")}
ROOM = f"/tenders/{TENDER}/room"


# --- the paths


def seen_below(path: str, seats: Seats) -> dict[str, Any]:
    """The environment that the site is given for a request of this path."""
    given: dict[str, Any] = {"PATH_INFO": path, "SCRIPT_NAME": ""}
    list(below_seats(lambda environ, _: [given.update(environ) or b""], seats)(dict(given), None))
    return given


@pytest.fixture
def seats(tmp_path: Path) -> Seats:
    Plan("all", OPENINGS, (Seat("host", "t", "/"), Seat("board", "u", "/"))).keep(tmp_path)
    return Seats(tmp_path)


@pytest.mark.parametrize("rest", ["/tenders", "/", "", "/socket.io/", "/seat/board/"])
def test_a_seats_path_is_taken_off(seats: Seats, rest: str) -> None:
    seen = seen_below(f"/seat/host{rest}", seats)
    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"], seen[SEAT]) == ("/seat/host", rest or "/", "host")


@pytest.mark.parametrize(
    "path", ["/", "/seat", "/seat/", "/seat/nobody/x", "/seats/host", "/x/seat/host/", "/seat/hosts"]
)
def test_every_other_path_stays_as_it_is(seats: Seats, path: str) -> None:
    seen = seen_below(path, seats)
    assert (seen["SCRIPT_NAME"], seen["PATH_INFO"], seen.get(SEAT)) == ("", path, None)


def test_a_plan_is_kept_for_its_owner_alone_and_a_new_one_is_seen(seats: Seats, tmp_path: Path) -> None:
    assert stat.S_IMODE(file_in(tmp_path).stat().st_mode) == 0o600
    assert [seat.name for seat in seats.plan().seats] == ["host", "board"]
    fresh = Plan("other", OPENINGS, (Seat("clerk", "t", "/", "a", "A", "d", "p", "q"),))
    fresh.keep(tmp_path)
    assert seats.plan() == fresh
    assert stat.S_IMODE(file_in(tmp_path).stat().st_mode) == 0o600


def test_without_a_plan_there_is_no_seat_and_no_token_opens_anything(tmp_path: Path) -> None:
    seats = Seats(tmp_path)
    assert seats.plan().seats == ()
    assert not seats.plan().is_opened_by("")


def test_keys_and_tokens_are_not_shown_by_accident() -> None:
    seat = Seat("host", "secret-token", "/", p12="secret-key", passphrase="secret-phrase")
    assert "secret" not in repr(seat) + repr(Plan("secret", OPENINGS, (seat,)))


# --- on a demo's server


@pytest.fixture(scope="module")
def host(centre: Centre) -> Organization:
    return centre.organization("浙江信诚工程咨询有限公司")


@pytest.fixture(scope="module")
def bidder(centre: Centre) -> Organization:
    return centre.organization("华东云岭建设集团有限公司")


@pytest.fixture(scope="module")
def plan(server: Server, centre: Centre, host: Organization, bidder: Organization) -> Plan:
    def seat(name: str, who: Organization) -> Seat:
        p12 = base64.b64encode(to_p12(who.identity.key, who.identity.certificate, "demo")).decode()
        return Seat(name, f"{name}-token", ROOM, who.user, who.name, who.identity.digest, p12, "demo")

    clerk = Seat("clerk", "clerk-token", "/centre/bindings", centre.clerk.user, "clerk")
    made = Plan("all-token", OPENINGS, (seat("host", host), seat("bidder", bidder), clerk, Seat("board", "b", ROOM)))
    made.keep(server.folder / "data")
    return made


@pytest.fixture
def browser() -> Iterator[requests.Session]:
    with requests.Session() as session:
        yield session


def enter(browser: requests.Session, server: Server, name: str, token: str | None = None) -> requests.Response:
    path = f"/seat/{name}/enter/{token or f'{name}-token'}"
    return browser.get(server.url + path, allow_redirects=False, timeout=30)


def get(browser: requests.Session, server: Server, path: str) -> requests.Response:
    return browser.get(server.url + path, allow_redirects=False, timeout=30)


def me(browser: requests.Session, server: Server, seat: str) -> Any:
    return get(browser, server, f"/seat/{seat}/api/v1/me").json()


def taken(server: Server) -> set[str]:
    told = requests.get(f"{server.url}/api/v1/demo/seats", timeout=30).json()["seats"]
    return {seat["name"] for seat in told if seat["taken_at"]}


def test_all_seats_are_open_side_by_side(
    server: Server, plan: Plan, browser: requests.Session, host: Organization, bidder: Organization, centre: Centre
) -> None:
    for name in ("host", "bidder", "clerk"):
        assert enter(browser, server, name).status_code == 303
    found = {name: me(browser, server, name) for name in ("host", "bidder", "clerk")}
    assert {name: each["account"] for name, each in found.items()} == {
        "host": host.user, "bidder": bidder.user, "clerk": centre.clerk.user,
    }  # fmt: skip
    assert found["clerk"]["roles"] == ["clerk"]
    assert get(browser, server, "/api/v1/me").status_code == 401


def test_a_link_leads_to_the_seats_page_with_cookies_of_its_own_path(server: Server, plan: Plan) -> None:
    answer = requests.get(f"{server.url}/seat/host/enter/host-token", allow_redirects=False, timeout=30)
    assert answer.headers["Location"] == f"/seat/host{ROOM}"
    assert [(each.name, each.path) for each in answer.cookies] == [
        ("bidroom_session", "/seat/host"), ("bidroom_seat", "/seat/host"),
    ]  # fmt: skip
    assert answer.headers["Set-Cookie"].count("HttpOnly") == answer.headers["Set-Cookie"].count("SameSite=Strict") == 2


@pytest.mark.parametrize(
    ("asked", "page"), [("/tenders/x/desk", "/tenders/x/desk"), ("//evil.example", ROOM), ("https://x", ROOM)]
)
def test_a_link_may_lead_on_within_the_seat_alone(server: Server, plan: Plan, asked: str, page: str) -> None:
    way = f"{server.url}/seat/host/enter/host-token"
    answer = requests.get(way, params={"next": asked}, allow_redirects=False, timeout=30)
    assert answer.headers["Location"] == f"/seat/host{page}"


def test_a_second_tab_keeps_the_session_of_the_first(server: Server, plan: Plan, browser: requests.Session) -> None:
    enter(browser, server, "host")
    first = me(browser, server, "host")["csrf"]
    enter(browser, server, "host")
    assert me(browser, server, "host")["csrf"] == first


@pytest.mark.parametrize(
    "path",
    [
        "/seat/host/enter/wrong",
        "/seat/host/enter/bidder-token",
        "/enter/host-token",
        "/seat/nobody/enter/host-token",
        "/seats/wrong",
    ],
)
def test_without_its_token_nothing_opens(server: Server, plan: Plan, browser: requests.Session, path: str) -> None:
    answer = get(browser, server, path)
    assert answer.status_code == 404
    assert not browser.cookies


def test_a_seat_is_taken_once_its_link_is_opened_and_can_be_given_back(
    server: Server, plan: Plan, browser: requests.Session
) -> None:
    page = f"{server.url}/seats/all-token"
    browser.post(f"{page}/bidder", allow_redirects=False, timeout=30)
    enter(browser, server, "bidder", "wrong")
    assert "bidder" not in taken(server)
    enter(browser, server, "bidder")
    assert "bidder" in taken(server)
    assert browser.post(f"{server.url}/seats/wrong/bidder", timeout=30).status_code == 404
    assert "bidder" in taken(server)
    elsewhere = browser.post(f"{page}/bidder", headers={"Origin": "http://evil.example"}, timeout=30)
    assert elsewhere.status_code == 403
    assert "bidder" in taken(server)
    back = browser.post(f"{page}/bidder", allow_redirects=False, timeout=30)
    assert (back.status_code, back.headers["Location"]) == (303, "/seats/all-token")
    assert "bidder" not in taken(server)


def test_the_page_of_all_seats_has_every_link(server: Server, plan: Plan, browser: requests.Session) -> None:
    answer = get(browser, server, "/seats/all-token")
    assert answer.status_code == 200
    for seat in plan.seats:
        assert f'href="/seat/{seat.name}/enter/{seat.token}?next=' in answer.text
    assert all(seat.p12 is None or seat.p12 not in answer.text for seat in plan.seats)


# --- the key at hand


def test_the_seats_key_is_the_one_that_it_logged_in_with(
    server: Server, plan: Plan, browser: requests.Session, bidder: Organization, tmp_path: Path
) -> None:
    enter(browser, server, "bidder")
    answer = get(browser, server, "/seat/bidder/demo/key")
    told = answer.json()
    path = tmp_path / "key.p12"
    path.write_bytes(base64.b64decode(told["p12"]))
    assert load_p12(path, told["passphrase"]).digest == bidder.identity.digest
    assert told["name"] == bidder.name
    assert "no-store" in answer.headers["Cache-Control"]


def test_a_key_is_for_whoever_came_by_the_link(server: Server, plan: Plan, browser: requests.Session) -> None:
    assert get(browser, server, "/seat/bidder/demo/key").json()["reason"] == "page_unknown"
    assert get(browser, server, "/demo/key").json()["reason"] == "page_unknown"
    enter(browser, server, "host")
    browser.cookies.set("bidroom_seat", "host-token", domain="127.0.0.1", path="/seat/bidder")
    assert get(browser, server, "/seat/bidder/demo/key").json()["reason"] == "page_unknown"


def test_who_has_logged_out_of_a_seat_gets_no_key_and_disturbs_no_other(
    server: Server, plan: Plan, browser: requests.Session
) -> None:
    enter(browser, server, "host")
    enter(browser, server, "bidder")
    token = me(browser, server, "host")["csrf"]
    gone = browser.post(f"{server.url}/seat/host/api/v1/logout", headers={"X-CSRF-Token": token}, timeout=30)
    assert gone.status_code == 200
    assert get(browser, server, "/seat/host/demo/key").json()["reason"] == "not_logged_in"
    assert me(browser, server, "bidder")["organization"]
    assert get(browser, server, "/seat/bidder/demo/key").status_code == 200


def test_staff_and_the_public_have_no_key(server: Server, plan: Plan, browser: requests.Session) -> None:
    enter(browser, server, "clerk")
    enter(browser, server, "board", "b")
    for name in ("clerk", "board"):
        assert get(browser, server, f"/seat/{name}/demo/key").json()["reason"] == "page_unknown"


def test_the_publics_seat_is_nobody_whoever_is_logged_in_besides(
    server: Server, plan: Plan, browser: requests.Session, host: Organization
) -> None:
    token = host.client.cookies().split("=")[1]
    browser.cookies.set("bidroom_session", token, domain="127.0.0.1", path="/")
    assert get(browser, server, "/api/v1/me").json()["account"] == host.user
    assert enter(browser, server, "board", "b").status_code == 303
    assert me(browser, server, "board")["reason"] == "not_logged_in"


# --- below the path


def test_a_login_below_a_seat_stays_there(
    server: Server, plan: Plan, centre: Centre, browser: requests.Session
) -> None:

    asked = {"account": centre.clerk.user, "password": PASSWORD}
    answer = browser.post(f"{server.url}/seat/board/api/v1/login/password", json=asked, timeout=30)
    assert [(each.name, each.path) for each in answer.cookies] == [("bidroom_session", "/seat/board")]
    assert me(browser, server, "board")["account"] == centre.clerk.user
    assert get(browser, server, "/api/v1/me").status_code == 401


def test_a_socket_below_a_seat_has_the_seats_session(
    server: Server, plan: Plan, browser: requests.Session, host: Organization, centre: Centre
) -> None:
    tender = publish(centre)
    enter(browser, server, "host")
    prepared = requests.Request("GET", f"{server.url}/seat/host/socket.io/")
    cookie = browser.prepare_request(prepared).headers["Cookie"]
    socket = socketio.Client(reconnection=False)
    try:
        socket.connect(
            server.url, socketio_path="/seat/host/socket.io", headers={"Cookie": cookie}, namespaces=["/room"],
            auth={"csrf": me(browser, server, "host")["csrf"]}, transports=["websocket"], wait_timeout=30,
        )  # fmt: skip
        joined = socket.call("join", {"tender": tender.id}, namespace="/room", timeout=30)
    finally:
        socket.disconnect()
    assert joined["ok"]
    assert "own" in joined["channels"]


# --- on a server that counts


def test_a_server_that_counts_knows_no_seat_even_with_a_plan_in_its_folder(fresh: Server, plan: Plan) -> None:
    counts = replace(fresh, more={"BIDROOM_DEMO": "false"})
    (counts.folder / "data").mkdir()
    plan.keep(counts.folder / "data")
    counts.start()
    try:
        for path in (
            "/seat/host/enter/host-token",
            "/enter/host-token",
            "/seat/host/",
            "/seats/all-token",
            "/demo/key",
        ):
            answer = requests.get(counts.url + path, allow_redirects=False, timeout=30)
            assert (path, answer.status_code) == (path, 404)
            assert not answer.cookies
        for path in ("/seat/host/demo/key", "/demo/key", "/seat/host/api/v1/me", "/api/v1/demo/seats"):
            assert requests.get(counts.url + path, timeout=30).status_code == 404
        assert requests.post(f"{counts.url}/seats/all-token/host", timeout=30).status_code == 404
        told = requests.get(f"{counts.url}/api/v1/time", timeout=30).json()
        assert (told["speed"], told["demo"]) == (1.0, False)
    finally:
        counts.kill()
