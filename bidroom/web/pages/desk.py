"""The bidder's desk: one's own bids of a tender, and their signed papers. What is done there, the browser does."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify

from bidroom.facts import Role
from bidroom.opening.visibility import Audience, Seen
from bidroom.registry.tenders import TENDERS, Tender
from bidroom.web.auth import actor_of, person_of
from bidroom.web.edge import Edge, the_edge
from bidroom.web.i18n import language
from bidroom.web.pages.page import Me, need_me, page
from bidroom.web.parse import hex_id
from bidroom.web.present.desk import barred, desk_page, paper_among, paper_name
from bidroom.web.receipts import paper_of
from bidroom.web.rooms import state_of

pages = Blueprint("desk", __name__)


@pages.get("/tenders/<tender>/desk")
def desk(tender: str) -> str | tuple[str, int]:
    """Every lot with one's own bid; who is no bidder here is told why."""
    me, edge, stream = need_me(), the_edge(), hex_id(tender, 16, "tender")
    state_of(edge, stream)
    known = edge.tender(stream)
    if not may_bid(edge, known, me):
        why = barred(known.the_terms, me.organization)
        return page("desk/barred.html", terms=known.the_terms, why=why, desk=None), 403
    shown = desk_page(known, own_events(edge, stream, me), edge.clock.now(), language())
    return page("desk/desk.html", desk=shown, certificates=bound(edge, me), organization=name_of(edge, me))


@pages.get("/tenders/<tender>/desk/papers/<paper>.json")
def paper(tender: str, paper: str) -> Response:
    """A signed receipt or refusal of one's own, to be kept."""
    me, edge, stream = need_me(), the_edge(), hex_id(tender, 16, "tender")
    state_of(edge, stream)
    event = paper_among(own_events(edge, stream, me), paper)
    response = jsonify(paper_of(edge, stream, event))
    response.headers["Content-Disposition"] = f'attachment; filename="{paper_name(edge.tender(stream), event)}"'
    return response


def may_bid(edge: Edge, tender: Tender, me: Me) -> bool:
    """Whether one is a bidder of this tender."""
    return me.organization is not None and Role.BIDDER in TENDERS.roles(tender, actor_of(edge, me.session))


def own_events(edge: Edge, stream: str, me: Me) -> tuple[Seen, ...]:
    """All that one's own panel was told."""
    if me.organization is None:
        return ()
    return edge.feed.snapshot(stream, Audience(Role.BIDDER, me.organization))[1]


def bound(edge: Edge, me: Me) -> list[tuple[str, str]]:
    """(digest, serial) of the certificates that are bound to this user now."""
    found = person_of(edge, me.session).bindings.items()
    mine = [(digest, each) for digest, each in found if each.state == "bound" and each.user == me.user]
    return sorted((digest, each.serial) for digest, each in mine)


def name_of(edge: Edge, me: Me) -> str:
    """The organization's name, as its certificates and papers have it."""
    return str(edge.door.state(me.organization)["organization"].name) if me.organization else ""
