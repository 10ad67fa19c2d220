"""The small parts of the edge, each alone."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding
from engineio.socket import Socket
from flask import request

from bidroom.config import Settings
from bidroom.crypto.testca import TestCa
from bidroom.facts import Refused, Role
from bidroom.machine import shape_of
from bidroom.opening.visibility import Audience
from bidroom.rules import TABLES
from bidroom.web.edge import TrustStore
from bidroom.web.feed import Events
from bidroom.web.http import web_app
from bidroom.web.parse import parse_command
from bidroom.web.people import Lifetime, Session
from bidroom.web.sockets import NAMESPACE
from bidroom.web.throttle import KEEP, Throttle

NOON = datetime(2026, 9, 18, 4, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


# --- throttle


def test_so_many_at_once_and_one_more_with_time() -> None:
    now = [0.0]
    throttle = Throttle(2, 10.0, lambda: now[0])
    throttle.take("a")
    throttle.take("a")
    with pytest.raises(Refused, match="too_many_requests") as refused:
        throttle.take("a")
    assert refused.value.details["retry_after"] == 10
    throttle.take("b")
    now[0] = 10.0
    throttle.take("a")


def test_who_is_refused_does_not_wait_the_longer_for_it() -> None:
    now = [0.0]
    throttle = Throttle(1, 10.0, lambda: now[0])
    throttle.take("a")
    for _ in range(20):
        with pytest.raises(Refused):
            throttle.take("a")
    now[0] = 10.0
    throttle.take("a")


def test_it_remembers_only_so_many() -> None:
    throttle = Throttle(1, 10.0, lambda: 0.0)
    for number in range(KEEP + 100):
        throttle.take(str(number))
    assert len(throttle._left) == KEEP


# --- sessions


def test_a_session_lasts_while_it_is_used_but_not_for_ever() -> None:
    lifetime = Lifetime(longest=60 * MINUTE, idle=10 * MINUTE)
    assert lifetime.until(NOON, NOON) == NOON + 10 * MINUTE
    assert lifetime.until(NOON, NOON + 55 * MINUTE) == NOON + 60 * MINUTE
    session = Session("t", "u", None, NOON, lifetime.until(NOON, NOON))
    assert not lifetime.is_to_be_kept(session, NOON + MINUTE / 2)
    assert lifetime.is_to_be_kept(session, NOON + 2 * MINUTE)


# --- trust


def test_a_new_revocation_list_is_seen_at_once(tmp_path: Path) -> None:
    ca = TestCa.create("root", NOON)
    ca.write_trust(tmp_path, NOON)
    store = TrustStore((tmp_path, tmp_path / "none"))
    assert len(store.now().roots) == 1
    before = store.now().crls
    assert store.now() is store.now()
    ca.revoke(17, NOON)
    ca.write_trust(tmp_path, NOON + MINUTE)
    assert store.now().crls != before


def test_files_are_added_all_or_none(tmp_path: Path) -> None:
    store = TrustStore((tmp_path / "own", tmp_path / "demo"))
    ca = TestCa.create("root", NOON)
    pem = ca.certificate.public_bytes(Encoding.PEM)
    store.add({"root.pem": pem}, {"root.crl": ca.crl(NOON)})
    held = store.now()
    with pytest.raises(Refused, match="trust_unreadable"):
        store.add({"bad.pem": b"nothing"}, {})
    assert store.now() == held


# --- commands


def command(kind: str, body: dict[str, Any]) -> bytes:
    told = {"v": 1, "id": "00" * 16, "stream": "11" * 16, "type": kind, "lot": None, "checkpoint": None, "body": body}
    return json.dumps(told, sort_keys=True, separators=(",", ":")).encode()


PIECE = {"j": 0, "piece": "22" * 32}


def test_pieces_are_taken_out_where_they_come_in() -> None:
    body: dict[str, Any] = {"command": "33" * 32, "digest": "44" * 32, "pieces": [PIECE]}
    parsed = parse_command(command("ReleaseShare", body), None)
    assert parsed.secret == {"pieces": {"44" * 32: {0: b"\x22" * 32}}}
    assert set(parsed.body) == {"command", "digest"}
    body = {"command": "33" * 32, "slot": "tenderee", "digests": ["44" * 32], "pieces": {"44" * 32: [PIECE]}}
    parsed = parse_command(command("ReleaseHolderShares", body), None)
    assert parsed.secret == {"pieces": {"44" * 32: {0: b"\x22" * 32}}}
    assert "pieces" not in parsed.body


@pytest.mark.parametrize(
    ("pieces", "field"),
    [
        (None, "body.pieces"),
        ([], "body.pieces"),
        ([PIECE, PIECE], "body.pieces[1].j"),
        ([{"j": 0}], "body.pieces[0].piece"),
        ([{**PIECE, "piece": "22" * 31}], "body.pieces[0].piece"),
        ([{**PIECE, "j": -1}], "body.pieces[0].j"),
    ],
)
def test_malformed_pieces_are_named(pieces: Any, field: str) -> None:
    with pytest.raises(Refused, match="command_malformed") as refused:
        parse_command(command("ReleaseShare", {"command": "33" * 32, "digest": "44" * 32, "pieces": pieces}), None)
    assert refused.value.field == field


def test_a_release_without_pieces_is_none() -> None:
    with pytest.raises(Refused, match="command_malformed") as refused:
        parse_command(command("ReleaseShare", {"command": "33" * 32, "digest": "44" * 32}), None)
    assert refused.value.field == "body.pieces"


def test_pieces_belong_into_releases_alone() -> None:
    with pytest.raises(Refused, match="command_malformed") as refused:
        parse_command(command("SignIn", {"pieces": [PIECE]}), None)
    assert refused.value.field == "body.pieces"


def test_an_account_number_is_taken_out_too() -> None:
    body = {
        "organization": "55" * 16, "kind": "paid", "amount": "1.00", "received_at": "2026-09-18T04:00:00Z",
        "basic_account": True, "account": "3305 0161",
    }  # fmt: skip
    parsed = parse_command(command("RegisterDeposit", body), None)
    assert parsed.secret == {"account": "3305 0161"}
    assert "account" not in parsed.body


def test_every_command_has_a_shape() -> None:
    for table in TABLES:
        for row in table.rows:
            assert shape_of(TABLES, row.on) is not None


# --- slow clients


def test_a_client_that_does_not_keep_up_is_dropped_and_the_others_are_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bidroom.web.sockets.MOST_WAITING", 3)
    _, live = web_app(Settings(data=tmp_path, async_mode="threading"))
    server = live.socketio.server
    for name in ("slow", "quick"):
        server.eio.sockets[name] = Socket(server.eio, name)
        server.manager.enter_room(server.manager.connect(name, NAMESPACE), NAMESPACE, "t/bidder")
    told = [(Audience(Role.BIDDER), Events(0, 1, ({"type": "BidsAnnounced"},)))]
    for _ in range(6):
        live.broadcast("t", (), told)
        quick = server.eio.sockets["quick"].queue
        while not quick.empty():
            quick.get()
    assert server.eio.sockets["slow"].closed
    assert not server.eio.sockets["quick"].closed


# --- the app


def test_a_fault_of_ours_tells_nothing_of_its_inside(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    app, _ = web_app(Settings(data=tmp_path, async_mode="threading"))

    def broken() -> str:
        raise RuntimeError("the secret inside")

    app.add_url_rule("/api/broken", view_func=broken)
    answer = app.test_client().get("/api/broken")
    assert (answer.status_code, answer.json["reason"]) == (500, "server_failed")  # type: ignore[index]
    assert "secret" not in answer.text
    assert "the secret inside" in capsys.readouterr().out


def test_behind_a_proxy_tries_are_counted_by_the_clients_address(tmp_path: Path) -> None:
    app, _ = web_app(Settings(data=tmp_path, async_mode="threading", proxies=1))
    seen: list[str | None] = []

    def who() -> str:
        seen.append(request.remote_addr)
        return ""

    app.add_url_rule("/who", view_func=who)
    app.test_client().get("/who", headers={"X-Forwarded-For": "1.2.3.4, 203.0.113.9"})
    assert seen == ["203.0.113.9"]


def test_over_tls_it_stays_over_tls(tmp_path: Path) -> None:
    for demo, header in ((False, "max-age=31536000"), (True, None)):
        app, _ = web_app(Settings(data=tmp_path, async_mode="threading", demo=demo))
        assert app.test_client().get("/nowhere").headers.get("Strict-Transport-Security") == header
