"""Commands from HTTP and from sockets take the same way: parse, stamp, find out, submit, present."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify

from bidroom.facts import Actor, Command, Entry, Refused, StreamKind, rfc3339
from bidroom.ports import Done
from bidroom.web.auth import actor_of, gate, session_now
from bidroom.web.edge import Edge, the_edge
from bidroom.web.evidence import with_evidence
from bidroom.web.feed import audience_in, own_audience
from bidroom.web.models import CommandGiven
from bidroom.web.parse import parse_command
from bidroom.web.people import Session
from bidroom.web.receipts import receipt_for, refusal_for

WITHOUT_SESSION = frozenset({"RegisterOrganization", "ApplyForBinding"})
"""What somebody may ask whom nobody knows yet."""

api = APIBlueprint("commands", __name__, url_prefix="/api/v1", tag="Commands")


@api.post("/commands")
@api.input(CommandGiven, arg_name="given")
@api.doc(
    summary="Give a command",
    description="The one door. The same id with the same bytes gets the same answer again; before a tender's deadline "
    "an answer holds no number of the log.",
)
def command(given: CommandGiven) -> Response:
    return jsonify(give(the_edge(), session_now(), given))


def give(edge: Edge, session: Session | None, given: CommandGiven) -> dict[str, Any]:
    """What became of a command. Raises Refused, with the signed `refusal` in its details where the act has one."""
    cms = None if given.cms is None else base64.b64decode(given.cms)
    asked = parse_command(base64.b64decode(given.bytes), cms)
    if session is None:
        check_newcomer(asked.type)
    with edge.door.arrive(asked.stream) as at:
        actor = edge.offload(lambda: actor_of(edge, session, given.certificate))
        done = submit(edge, asked, actor, at)
    return present(edge, asked, actor, done)


def check_newcomer(kind: str) -> None:
    """Without a session one registers or applies, and not too often. Refused: not_logged_in, too_many_requests."""
    if kind not in WITHOUT_SESSION:
        raise Refused("not_logged_in")
    gate().take()


def submit(edge: Edge, asked: Command, actor: Actor, at: datetime) -> Done:
    """Find out what the rules want to know, and bring it to the door."""
    try:
        ready = edge.offload(lambda: with_evidence(edge, asked, actor, at))
        return edge.door.submit(ready, actor, at)
    except Refused as refused:
        sign_refusal(edge, asked, actor, refused, at)
        raise


def sign_refusal(edge: Edge, asked: Command, actor: Actor, refused: Refused, at: datetime) -> None:
    """Put the signed refusal into the details of an act that would have had a receipt."""
    signed = edge.offload(lambda: refusal_for(edge, asked, actor, refused, at))
    if signed is not None:
        refused.details["refusal"] = signed


def present(edge: Edge, asked: Command, actor: Actor, done: Done) -> dict[str, Any]:
    """The answer to a command that was done."""
    return {
        "id": asked.id,
        "stream": asked.stream,
        "type": asked.type,
        "receipt": receipt_for(edge, done.entries),
        "entries": seen_by(edge, asked.stream, actor, done.entries),
    }


def seen_by(edge: Edge, stream: str, actor: Actor, entries: Sequence[Entry]) -> list[dict[str, Any]]:
    """The entries as their actor may see them; without numbers."""
    view = edge.door.view(stream)
    if view.kind is not StreamKind.TENDER:
        return [{"type": each.type, "time": rfc3339(each.time), "body": dict(each.body)} for each in entries]
    audiences = [each for each in (own_audience(actor), audience_in(view.state, actor)) if each is not None]
    return edge.feed.seen(entries, audiences)
