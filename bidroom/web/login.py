"""Logging in: by a signed challenge for everyone with a bound certificate, by password for staff; and logging out."""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, current_app, jsonify, request

from bidroom.crypto.canonical import canonical, parse_canonical
from bidroom.crypto.certificates import check_certificate
from bidroom.crypto.shape import Place
from bidroom.crypto.signatures import verify
from bidroom.facts import Refused, instant, rfc3339
from bidroom.storage.database import insert_once, writing
from bidroom.storage.tables import LOGIN_NONCES
from bidroom.web.auth import COOKIE, REAL, gate, person_of, session_now
from bidroom.web.edge import Edge, the_edge
from bidroom.web.models import ChallengeAsked, PasswordLogin, SignedLogin
from bidroom.web.people import Person

LOGIN = "login"
CHALLENGE = timedelta(minutes=2)
CHALLENGE_LIMIT = 4096
MALFORMED = "login_malformed"

api = APIBlueprint("login", __name__, url_prefix="/api/v1", tag="Login")


@api.post("/login/challenge")
@api.input(ChallengeAsked, arg_name="asked")
@api.doc(summary="What to sign in order to log in", description="The same answer for an account that does not exist.")
def challenge(asked: ChallengeAsked) -> Response:
    gate().take()
    return jsonify({"bytes": base64.b64encode(new_challenge(the_edge(), asked.account)).decode()})


def new_challenge(edge: Edge, account: str) -> bytes:
    """Canonical {v, origin, account, nonce, expires}; its nonce carries our own mark, so nothing need be kept."""
    expires, random = rfc3339(REAL.now() + CHALLENGE), secrets.token_hex(16)
    nonce = random + _mark(edge, account, expires, random)
    return canonical({"v": 1, "origin": edge.settings.origin, "account": account, "nonce": nonce, "expires": expires})


def _mark(edge: Edge, account: str, expires: str, random: str) -> str:
    return edge.keyed("login", account.encode(), expires.encode(), random.encode())[:32]


@api.post("/login")
@api.input(SignedLogin, arg_name="asked")
@api.doc(summary="Log in with a signed challenge")
def login(asked: SignedLogin) -> Response:
    gate().take()
    edge = the_edge()
    data, cms = base64.b64decode(asked.bytes), base64.b64decode(asked.cms)
    account = check_challenge(edge, data)
    person = edge.offload(lambda: check_login(edge, account, data, cms, asked.certificate))
    return logged_in(edge, person, asked.certificate)


def check_challenge(edge: Edge, data: bytes) -> str:
    """The account of a challenge of ours that still holds. Refused: login_malformed, origin_wrong, challenge_over."""
    at = Place(parse_canonical(data, CHALLENGE_LIMIT, MALFORMED), MALFORMED).members(
        "v", "origin", "account", "nonce", "expires"
    )
    at["v"].one_of(1)
    if at["origin"].text() != edge.settings.origin:
        raise Refused("origin_wrong", field="origin")
    account, nonce, expires = at["account"].text(64), at["nonce"].hexed(32), at["expires"].text(40)
    if not hmac.compare_digest(nonce[32:], _mark(edge, account, expires, nonce[:32])):
        raise Refused("challenge_unknown", field="nonce")
    if instant(expires) < REAL.now():
        raise Refused("challenge_over", field="expires")
    return account


def check_login(edge: Edge, account: str, data: bytes, cms: bytes, certificate: str) -> Person:
    """The person who signed this challenge; each challenge once. Reads, verifies, writes: off the hub."""
    person = edge.people.person(account)
    if person is None:
        raise Refused("certificate_unbound", field="certificate")
    person.binding(certificate)
    der = edge.certificates.get(certificate)
    check_certificate(der, edge.trust.now(), edge.clock.now())
    verify(LOGIN, data, cms, der)
    _use_up(edge, account, data)
    return person


def _use_up(edge: Edge, account: str, data: bytes) -> None:
    said = parse_canonical(data, CHALLENGE_LIMIT, MALFORMED)
    row = {"nonce": said["nonce"], "account": account, "expires": said["expires"], "used": True}
    with writing(edge.engine) as connection:
        connection.execute(sa.delete(LOGIN_NONCES).where(LOGIN_NONCES.c.expires < rfc3339(REAL.now() - CHALLENGE)))
        if not insert_once(connection, LOGIN_NONCES, row):
            raise Refused("challenge_used", field="nonce")


@api.post("/login/password")
@api.input(PasswordLogin, arg_name="asked")
@api.doc(summary="Log in with a password (staff)")
def login_with_password(asked: PasswordLogin) -> Response:
    edge = the_edge()
    gate().take_password(asked.account)
    right = edge.offload(lambda: edge.people.check_password(asked.account, asked.password))
    person = edge.people.person(asked.account) if right else None
    if person is None or not person.staff:
        raise Refused("login_failed")
    return logged_in(edge, person, None)


def logged_in(edge: Edge, person: Person, certificate: str | None) -> Response:
    """A new session's cookie, and who it is."""
    token = edge.offload(lambda: edge.people.log_in(person, certificate, REAL.now()))
    response = jsonify(who(edge, person, token))
    response.set_cookie(
        COOKIE, token, max_age=edge.settings.session_minutes * 60, httponly=True, samesite="Strict",
        path=request.script_root or "/",
        secure=edge.settings.cookie_secure and not edge.settings.demo,
    )  # fmt: skip
    return response


def who(edge: Edge, person: Person, token: str) -> Mapping[str, Any]:
    """What a client is told about itself."""
    return {
        "account": person.user,
        "user": person.user,
        "name": person.name,
        "organization": person.organization,
        "roles": sorted(person.staff),
        "csrf": edge.people.csrf(token),
    }


@api.post("/logout")
@api.doc(summary="End the session")
def logout() -> Response:
    edge, token = the_edge(), request.cookies.get(COOKIE)
    if token:
        edge.offload(lambda: edge.people.log_out(token))
        current_app.extensions["bidroom_sockets"].drop_session(token)
    response = jsonify({})
    response.delete_cookie(COOKIE, samesite="Strict", path=request.script_root or "/")
    return response


@api.get("/me")
@api.doc(summary="Who this session is")
def me() -> Response:
    edge, session = the_edge(), session_now()
    if session is None:
        raise Refused("not_logged_in")
    return jsonify(who(edge, person_of(edge, session), session.token))
