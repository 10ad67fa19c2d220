"""Who is asking: the session of a request, its person and actor, and what keeps other sites and floods away."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app, request

from bidroom.clock import SystemClock
from bidroom.facts import Actor, Refused
from bidroom.web.edge import Edge, the_edge
from bidroom.web.people import Person, Session
from bidroom.web.throttle import Throttle

COOKIE = "bidroom_session"
REAL = SystemClock()
"""Sessions and challenges live in real time: a rehearsal's clock jumps over weeks."""


@dataclass(frozen=True)
class Gate:
    """How often one may try: a password of an account from an address, anything without a session from an address, and
    sealed headers with one.

    Never an account alone: nobody may keep a bidder out by asking in its name.
    """

    password: Throttle
    address: Throttle
    header: Throttle

    @classmethod
    def standard(cls) -> Gate:
        """Ten passwords, then one every six seconds; of an address 2,000 requests, then twenty a second.

        Of an account 100 sealed headers, then one every six seconds: each leaves a fact, refused or not.
        """
        return cls(Throttle(10, 6.0), Throttle(2_000, 0.05), Throttle(100, 6.0))

    def take(self) -> None:
        """One request of this address; Refused("too_many_requests")."""
        self.address.take(request.remote_addr or "-")

    def take_password(self, account: str) -> None:
        """One password; Refused("too_many_requests")."""
        self.take()
        self.password.take(f"{account} {request.remote_addr}")

    def take_header(self, account: str) -> None:
        """One sealed header; Refused("too_many_requests")."""
        self.header.take(account)


def gate() -> Gate:
    """The app's gate."""
    found: Gate = current_app.extensions["bidroom_gate"]
    return found


# --- who is asking


def session_of(edge: Edge, token: str | None) -> Session | None:
    """The session of a cookie, which is used by that; None without one or where it is over."""
    now = REAL.now()
    session = edge.people.session(token, now) if token else None
    if session is not None and edge.people.lifetime.is_to_be_kept(session, now):
        edge.offload(lambda: edge.people.keep(session, now))
    return session


def session_now() -> Session | None:
    """The session of this request."""
    return session_of(the_edge(), request.cookies.get(COOKIE))


def person_of(edge: Edge, session: Session) -> Person:
    """Whose session it is, as the streams have it now; Refused("session_over")."""
    person = edge.people.person(session.user)
    if person is None:
        raise Refused("session_over")
    return person


def actor_of(edge: Edge, session: Session | None, certificate: str | None = None) -> Actor:
    """The actor of a request, fresh: with `certificate`, else the one that logged in; it must be bound now."""
    if session is None:
        return Actor(certificate=certificate)
    return person_of(edge, session).actor(certificate or session.certificate)


def reader_now() -> Actor:
    """Who reads: the session's actor, or anyone."""
    return actor_of(the_edge(), session_now())


def member_now() -> Actor:
    """Who asks, where a session is needed; Refused("not_logged_in")."""
    session = session_now()
    if session is None:
        raise Refused("not_logged_in")
    return actor_of(the_edge(), session)


def check_origin_and_token() -> None:
    """Before every request that changes something: it comes from our own pages, and knows the session's token."""
    if request.method in ("GET", "HEAD", "OPTIONS"):
        return
    edge = the_edge()
    origin = request.headers.get("Origin")
    if origin is not None and origin != edge.settings.origin:
        raise Refused("origin_wrong", field="Origin")
    token = request.cookies.get(COOKIE)
    if token and session_now() and not edge.people.csrf_is(token, _given_token()):
        raise Refused("csrf_token_wrong", field="X-CSRF-Token")


def _given_token() -> str:
    """A script's header; the field of a form that is sent without one."""
    if request.mimetype == "application/x-www-form-urlencoded":
        return request.headers.get("X-CSRF-Token") or request.form.get("csrf", "")
    return request.headers.get("X-CSRF-Token", "")
