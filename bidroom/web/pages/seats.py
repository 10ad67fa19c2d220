"""A demo's seats: the link that lets one sit down, the key that lies there, and the page that shows all of them."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, jsonify, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bidroom.facts import Refused
from bidroom.web.auth import COOKIE, REAL, session_now
from bidroom.web.edge import Edge, the_edge
from bidroom.web.pages.page import own_path, page
from bidroom.web.present.seats import seat_cards
from bidroom.web.seats import SEAT, Seat, Seats

SEAT_COOKIE = "bidroom_seat"
"""Holds the token of the link by which one came: whoever has it may have the seat's key."""
NOBODY = "-"
"""The session of the public's seat: none, whatever another one a browser holds for the whole site."""

pages = Blueprint("seats", __name__)


def the_seats() -> Seats:
    """The demo's seats; Refused("page_unknown") on a server that counts."""
    seats = current_app.extensions.get("bidroom_seats")
    if not isinstance(seats, Seats):
        raise Refused("page_unknown")
    return seats


def the_seat() -> Seat:
    """The seat below whose path the request came; Refused("page_unknown")."""
    seat = the_seats().plan().seat(request.environ.get(SEAT, ""))
    if seat is None:
        raise Refused("page_unknown")
    return seat


@pages.get("/enter/<token>")
def enter(token: str) -> BaseResponse:
    """Sit down: from now on a person acts here."""
    seats, seat, edge = the_seats(), the_seat(), the_edge()
    if not seat.is_opened_by(token):
        raise Refused("page_unknown")
    seats.take(seat.name, REAL.now())
    response = redirect(request.script_root + (own_path(request.args.get("next")) or seat.page), 303)
    for name, value in ((COOKIE, session_for(edge, seat)), (SEAT_COOKIE, token)):
        response.set_cookie(name, value, httponly=True, samesite="Strict", path=request.script_root)
    return response


def session_for(edge: Edge, seat: Seat) -> str:
    """The token of a session of this seat: the one that the browser has, so that its other pages stay good, or new."""
    if seat.account is None:
        return NOBODY
    session = session_now()
    if session is not None and session.user == seat.account:
        return session.token
    person = edge.people.person(seat.account)
    if person is None:
        raise Refused("page_unknown")
    return edge.offload(lambda: edge.people.log_in(person, seat.certificate, REAL.now()))


@pages.get("/demo/key")
def key() -> Response:
    """The seat's own key, for whoever came by its link and is still logged in."""
    seat, session = the_seat(), session_now()
    if not seat.is_opened_by(request.cookies.get(SEAT_COOKIE, "")) or seat.p12 is None:
        raise Refused("page_unknown")
    if session is None or session.user != seat.account:
        raise Refused("not_logged_in")
    response = jsonify({"name": seat.title, "p12": seat.p12, "passphrase": seat.passphrase})
    response.headers["Cache-Control"] = "no-store"
    return response


@pages.get("/seats/<token>")
def overview(token: str) -> str:
    """All seats with their links."""
    seats = the_seats()
    plan = seats.plan()
    if not plan.is_opened_by(token):
        raise Refused("page_unknown")
    return page("demo/seats.html", openings=plan.openings, token=token, seats=seat_cards(plan, seats.taken))


@pages.post("/seats/<token>/<name>")
def give_back(token: str, name: str) -> BaseResponse:
    """Let the autopilot play this seat again."""
    seats = the_seats()
    if not seats.plan().is_opened_by(token):
        raise Refused("page_unknown")
    seats.give_back(name)
    return redirect(url_for("seats.overview", token=token), 303)
