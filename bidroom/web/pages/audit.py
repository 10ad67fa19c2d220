"""What can be checked of a tender, and the means to do it."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response

from bidroom.facts import Refused
from bidroom.opening.rules import OPENING
from bidroom.opening.state import Opening
from bidroom.web.auth import reader_now
from bidroom.web.edge import Edge, the_edge
from bidroom.web.pages.page import page
from bidroom.web.parse import hex_id
from bidroom.web.present import audit as present
from bidroom.web.present.tenders import phase_chip
from bidroom.web.rooms import state_of

pages = Blueprint("audit", __name__)


@pages.get("/tenders/<tender>/audit", endpoint="page")
def audit(tender: str) -> str:
    """For everyone; an auditor is offered the auditor's bundle too."""
    edge, stream = the_edge(), hex_id(tender, 16, "tender")
    opening = state_of(edge, stream)["opening"]
    roles = OPENING.roles(opening, reader_now())
    return page("audit/page.html", **shown(edge, opening), downloads=present.downloads(opening, roles))


@pages.get("/tenders/<tender>/checkpoint.note")
def note(tender: str) -> Response:
    """The last signed note as a file to keep."""
    edge, stream = the_edge(), hex_id(tender, 16, "tender")
    if state_of(edge, stream)["opening"].root is None:
        raise Refused("checkpoint_not_yet", field="checkpoint")
    told = checkpoint_of(edge, stream)
    response = Response(told.note, mimetype="text/plain")
    response.headers["Content-Disposition"] = f'attachment; filename="{told.size:06d}.note"'
    return response


def shown(edge: Edge, opening: Opening) -> dict[str, Any]:
    """The tender, its checkpoint (nobody sees one before the deadline), the keys to check it with."""
    return {
        "tender": opening.tender,
        "opening": opening,
        "terms": opening.the_terms,
        "chip": phase_chip(opening),
        "checkpoint": None if opening.root is None else checkpoint_of(edge, opening.tender),
        "keys": {"log": str(edge.log_key.vkey), "receipt": str(edge.receipt_key.vkey)},
        "checks": present.checks(),
        "command": present.command(opening, "public"),
        "file": present.file_name(opening, "public"),
    }


def checkpoint_of(edge: Edge, stream: str) -> present.Checkpoint:
    """The log's last signed state."""
    view = edge.door.view(stream)
    note = edge.log.checkpoint(stream, view.size).decode()
    return present.Checkpoint(view.size, view.root.hex(), note)
