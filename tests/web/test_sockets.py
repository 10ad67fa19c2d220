"""The live room: joining, events in one's own numbering, catching up, commands, observers, who is turned away."""

from __future__ import annotations

import secrets
import sqlite3
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import socketio

from bidroom.cli.client import Client, b64, command_bytes, envelope
from bidroom.cli.room import Room
from bidroom.facts import Refused
from tests.web.parties import Centre, Organization, Tender, publish
from tests.web.serving import Server

SECOND = timedelta(seconds=1)


@pytest.fixture(scope="module")
def tender(centre: Centre) -> Tender:
    return publish(centre)


def until(what: Any, seconds: float = 10.0) -> Any:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if found := what():
            return found
        time.sleep(0.02)
    raise AssertionError("it does not come")


@pytest.fixture
def observer(centre: Centre, tender: Tender) -> Iterator[Room]:
    room = Room(Client(centre.url, "en"), tender.id)
    room.enter()
    yield room
    room.leave()


def raw(centre: Centre, client: Client | None, **auth: Any) -> socketio.Client:
    socket = socketio.Client(reconnection=False, handle_sigint=False)
    headers = {"Cookie": client.cookies()} if client else {}
    socket.connect(
        centre.url, headers=headers, auth=auth or None, namespaces=["/room"], transports=["websocket"], wait_timeout=10
    )
    return socket


def test_everyone_hears_the_same_in_order(centre: Centre, tmp_path: Path) -> None:
    tender = publish(centre)
    bidder = centre.organization("投标人甲有限公司")
    watcher = Room(Client(centre.url, "en"), tender.id)
    host = Room(tender.agent.client, tender.id)
    own = Room(bidder.client, tender.id)
    rooms = (watcher, host, own)
    for room in rooms:
        room.enter()
    tender.bid(bidder, 1, "100.00", tmp_path / "bid")
    news = list(until(lambda: [(channel, event["type"]) for channel, event in own.news() if channel == "own"]))
    assert news == [("own", "BidSubmitted")]
    centre.go_to(tender.deadline + SECOND)
    kinds: dict[Room, list[str]] = {room: [] for room in rooms}

    def heard(room: Room) -> bool:
        kinds[room] += [event["type"] for channel, event in room.news() if channel == "room"]
        return kinds[room][-1:] == ["BidsChecked"]

    for room in rooms:
        until(lambda room=room: heard(room))
        assert kinds[room][-3:] == ["SignInOpened", "BidsExtracted", "BidsChecked"]
        room.leave()


def test_what_was_missed_is_caught_up_once_and_in_order(observer: Room, tender: Tender) -> None:
    told = list(observer.catch_up())
    assert [event["type"] for _, event in told][:1] == ["NoticePublished"]
    assert list(observer.catch_up()) == []
    with pytest.raises(Refused, match="events_unknown"):
        observer._ask("catch_up", {"tender": tender.id, "channel": "room", "after": 1_000})
    with pytest.raises(Refused, match="not_yours_to_see"):
        observer._ask("catch_up", {"tender": tender.id, "channel": "own", "after": 0})
    with pytest.raises(Refused, match="request_malformed"):
        observer._ask("catch_up", {"tender": tender.id, "channel": "everything", "after": 0})


def test_a_command_over_the_socket_is_the_one_over_http(tender: Tender) -> None:
    room = Room(tender.agent.client, tender.id)
    room.enter()
    data = command_bytes("CallLast", tender.id, {})
    document = envelope(data, tender.agent.identity, tender.agent.client.now())
    with pytest.raises(Refused) as over_socket:
        room._ask("command", document)
    with pytest.raises(Refused) as over_http:
        tender.agent.client.post("/commands", document)
    room.leave()
    assert over_socket.value.reason == over_http.value.reason == "command_not_allowed_in_this_phase"
    assert over_socket.value.details["status"] == 409


def test_an_observer_gives_no_command(observer: Room, tender: Tender) -> None:
    with pytest.raises(Refused, match="not_logged_in"):
        observer.command("CallLast", {})


def test_a_cookie_without_its_token_is_turned_away(centre: Centre, tender: Tender) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        raw(centre, tender.agent.client, csrf="0" * 64)
    with pytest.raises(socketio.exceptions.ConnectionError):
        raw(centre, tender.agent.client)


def test_a_page_of_another_origin_is_turned_away(centre: Centre) -> None:
    socket = socketio.Client(reconnection=False, handle_sigint=False)
    with pytest.raises(socketio.exceptions.ConnectionError):
        socket.connect(centre.url, headers={"Origin": "https://evil.example"}, namespaces=["/room"], wait_timeout=5)


def test_malformed_words_are_answered_and_nothing_breaks(centre: Centre) -> None:
    socket = raw(centre, None)
    for name, said in (("join", None), ("join", {"tender": 7}), ("join", {"tender": "0" * 32}), ("command", [1]),
                       ("catch_up", {"x": 1}), ("leave", "me")):  # fmt: skip
        answer = socket.call(name, said, namespace="/room", timeout=10)
        assert answer["ok"] is False
        assert answer["problem"]["reason"] in ("request_malformed", "tender_unknown")
    socket.disconnect()


def test_logging_out_ends_the_sockets(centre: Centre) -> None:
    bidder = centre.organization("投标人乙有限公司")
    socket = raw(centre, bidder.client, csrf=bidder.client.csrf)
    assert socket.namespaces
    bidder.client.post("/logout", {})
    until(lambda: not socket.namespaces or not socket.connected)
    with pytest.raises(Refused, match="not_logged_in"):
        bidder.client.get("/me")


def test_an_undone_binding_ends_the_sockets(centre: Centre) -> None:
    bidder = centre.organization("投标人丙有限公司")
    socket = raw(centre, bidder.client, csrf=bidder.client.csrf)
    centre.clerk.ask("UndoBinding", bidder.id, {"certificate": bidder.identity.digest, "reason": "丢失"})
    until(lambda: not socket.namespaces or not socket.connected)


def refused_upload(tender: Tender, who: Organization) -> None:
    """Something that only this organization's own panel hears of."""
    data = b"{}"
    document = {"header": b64(data), "cms": b64(who.identity.sign("header", data, who.client.now()))}
    with pytest.raises(Refused):
        who.client.post(f"{tender.path}/bids/{secrets.token_hex(16)}", {**document, "certificate": who.identity.digest})


def test_who_feigns_a_disconnection_hears_no_more(centre: Centre, tender: Tender) -> None:
    """Or it would be in its rooms still, and no undone binding could end that."""
    bidder = centre.organization("投标人己有限公司")
    heard: list[Any] = []
    socket = raw(centre, bidder.client, csrf=bidder.client.csrf)
    socket.on("events", heard.append, namespace="/room")
    assert socket.call("join", {"tender": tender.id}, namespace="/room")["ok"]
    refused_upload(tender, bidder)
    until(lambda: heard)
    socket.call("disconnect", namespace="/room")
    refused_upload(tender, bidder)
    time.sleep(0.5)
    assert len(heard) == 1
    socket.disconnect()


@pytest.mark.slow
def test_a_session_that_is_over_ends_its_sockets(fresh: Server) -> None:
    fresh.more = {"BIDROOM_SESSION_IDLE_MINUTES": "1"}
    fresh.start()
    centre = Centre.at(fresh.url)
    bidder = centre.organization("投标人庚有限公司")
    socket = raw(centre, bidder.client, csrf=bidder.client.csrf)
    with sqlite3.connect(fresh.folder / "data" / "bidroom.sqlite") as database:
        database.execute("UPDATE sessions SET expires = '2000-01-01T00:00:00.000000Z'")
    until(lambda: "/room" not in socket.namespaces, 20)
