"""The room as each may see it: the view to begin with, events by number, sealed headers, the record."""

from __future__ import annotations

import base64
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify

from bidroom.facts import Actor, Refused, Role
from bidroom.opening.state import Opening, Phase
from bidroom.opening.visibility import Audience, forms_are_shown, header_may_be_read, room_view
from bidroom.web.auth import member_now, reader_now
from bidroom.web.edge import Edge, the_edge
from bidroom.web.feed import audience_in, audience_of, heads, own_audience
from bidroom.web.minutes import forms_of, minutes_of
from bidroom.web.models import EventsAsked
from bidroom.web.parse import hex_id

IN_THE_ROOM = (Role.HOST, Role.TENDEREE, Role.BIDDER, Role.SUPERVISOR, Role.AUDITOR)

api = APIBlueprint("rooms", __name__, url_prefix="/api/v1/tenders", tag="Room")


def state_of(edge: Edge, tender: str) -> Any:
    """The folded stream of a published tender; Refused("tender_unknown")."""
    state = edge.door.state(tender) if edge.tender(tender).published_at else None
    if state is None:
        raise Refused("tender_unknown", field="tender")
    return state


@api.get("/<tender>/room")
@api.doc(
    summary="The room as the caller sees it",
    description="`channels` holds the last number of each channel: go on from there with events.",
)
def room(tender: str) -> Response:
    edge, stream, actor = the_edge(), hex_id(tender, 16, "tender"), reader_now()
    return jsonify(seen(edge, stream, actor))


def seen(edge: Edge, stream: str, actor: Actor) -> dict[str, Any]:
    """Numbers first, view second: what happens in between is seen twice rather than never."""
    channels = heads(edge.feed, stream, state_of(edge, stream), actor)
    state = state_of(edge, stream)
    audience, opening = audience_in(state, actor), state["opening"]
    view = dict(room_view(opening, audience.role))
    if forms_are_shown(opening):
        view["forms"] = edge.offload(lambda: forms_of(edge, opening))
    return {"view": view, "audience": str(audience.role), "channels": dict(channels)}


@api.get("/<tender>/events")
@api.input(EventsAsked, location="query", arg_name="asked")
@api.doc(summary="What came after a number, in order", description="At most 200 at once; ask again from `seq`.")
def events(tender: str, asked: EventsAsked) -> Response:
    edge, stream, actor = the_edge(), hex_id(tender, 16, "tender"), reader_now()
    return jsonify(caught_up(edge, stream, actor, asked))


def caught_up(edge: Edge, stream: str, actor: Actor, asked: EventsAsked) -> dict[str, Any]:
    """{prev, seq, events} of one of the actor's channels."""
    audience = audience_of(asked.channel, state_of(edge, stream), actor)
    return edge.feed.after(stream, audience, asked.after).as_json()


@api.get("/<tender>/bids/<digest>/header")
@api.doc(summary="A sealed bid's exact header and its signature", description="One's own; others after extraction.")
def header(tender: str, digest: str) -> Response:
    edge, stream, actor = the_edge(), hex_id(tender, 16, "tender"), member_now()
    state = state_of(edge, stream)
    if not _may_read(state, actor, digest):
        raise Refused("bid_unknown", field="digest")
    data = base64.b64encode(state["opening"].bids[digest].header).decode()
    return jsonify({"header": data, "cms": edge.feed.papers(stream).headers[digest]})


def _may_read(state: Any, actor: Actor, digest: str) -> bool:
    audiences = (own_audience(actor), audience_in(state, actor))
    return any(header_may_be_read(state["opening"], digest, each) for each in audiences if each is not None)


@api.get("/<tender>/checkpoint")
@api.doc(
    summary="The tender's last signed checkpoint",
    description="{size, root (hex)} is what a command names, `note` the signed C2SP note. Nobody sees a tender's tree "
    "before its deadline.",
)
def checkpoint(tender: str) -> Response:
    edge, stream = the_edge(), hex_id(tender, 16, "tender")
    if state_of(edge, stream)["opening"].root is None:
        raise Refused("checkpoint_not_yet", field="checkpoint")
    view = edge.door.view(stream)
    note = edge.log.checkpoint(stream, view.size)
    return jsonify({"size": view.size, "root": view.root.hex(), "note": note.decode()})


@api.get("/<tender>/command")
@api.doc(
    summary="The host's decryption command",
    description="Its exact signed bytes, the CMS and the host's certificate (DER), all base64: what a client checks "
    "before it lets a key go.",
)
def command(tender: str) -> Response:
    edge, stream = the_edge(), hex_id(tender, 16, "tender")
    state_of(edge, stream)
    told = edge.feed.papers(stream).command
    if not told:
        raise Refused("command_not_given_yet", field="command")
    der = edge.certificates.get(told["certificate"])
    return jsonify({"bytes": told["bytes"], "cms": told["cms"], "certificate": base64.b64encode(der).decode()})


@api.get("/<tender>/record")
@api.doc(
    summary="The opening record",
    description="From the announcement on, for those in the room. `digest` is that of `minutes`, which the host lays "
    "before everyone and each bidder signs; `record` adds what was said to them.",
)
def record(tender: str) -> Response:
    edge, stream, actor = the_edge(), hex_id(tender, 16, "tender"), member_now()
    state = state_of(edge, stream)
    check_record(state["opening"], audience_in(state, actor))
    found = edge.offload(lambda: minutes_of(edge, stream))
    return jsonify({"record": found.record, "minutes": found.minutes, "digest": found.digest})


def check_record(opening: Opening, audience: Audience) -> None:
    """Refused: not_yours_to_see, record_not_yet."""
    if audience.role not in IN_THE_ROOM:
        raise Refused("not_yours_to_see", field="record")
    if not forms_are_shown(opening) and opening.phase is not Phase.TERMINATED:
        raise Refused("record_not_yet", field="record")
