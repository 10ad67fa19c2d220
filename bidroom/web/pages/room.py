"""The room's page: the first rendering of the two views that the socket then keeps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from flask import Blueprint, current_app, request
from markupsafe import Markup

from bidroom.facts import Actor
from bidroom.web.auth import reader_now
from bidroom.web.edge import the_edge
from bidroom.web.i18n import language
from bidroom.web.live import OWN, OWN_PLACE, ROOM, Live, View, views_of
from bidroom.web.pages.page import page
from bidroom.web.parse import hex_id
from bidroom.web.rooms import state_of

pages = Blueprint("room", __name__)


@pages.get("/tenders/<tender>/room")
def room(tender: str) -> str:
    """The room as one's role sees it; the public board for whoever has none here."""
    edge, stream = the_edge(), hex_id(tender, 16, "tender")
    views = views_of(state_of(edge, stream), stream, reader_now(), language(), request.script_root)
    return shown(stream, views, "")


@pages.get("/tenders/<tender>/board")
def board(tender: str) -> str:
    """The public board, whoever looks."""
    edge, stream = the_edge(), hex_id(tender, 16, "tender")
    views = views_of(state_of(edge, stream), stream, Actor(), language(), request.script_root)
    return shown(stream, views, "board")


def live() -> Live:
    """The app's views."""
    return cast("Live", current_app.extensions["bidroom_live"])


def shown(stream: str, views: Mapping[str, View], seat: str) -> str:
    """The whole page, with the digests from which its socket goes on."""
    edge = the_edge()
    shared, own = live().render(edge, views[ROOM]), live().render(edge, views[OWN])
    opening = edge.opening(stream)
    return page(
        "room/room.html",
        tender=stream,
        title=opening.the_terms.title,
        number=opening.the_terms.number,
        role=str(views[ROOM].role),
        seat=seat,
        shared_digest=shared.digest,
        own_digest=own.digest,
        body=Markup(shared.html.replace(OWN_PLACE, own.html)),  # noqa: S704 - rendered by our own templates
    )
