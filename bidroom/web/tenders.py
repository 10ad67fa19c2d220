"""Published tenders: what anyone may read of them, and what a client needs in order to seal a bid."""

from __future__ import annotations

import base64
from typing import Any

import sqlalchemy as sa
from apiflask import APIBlueprint
from flask import Response, jsonify

from bidroom.crypto.policy import Terms
from bidroom.facts import Actor, Refused, Role, StreamKind, rfc3339
from bidroom.registry.tenders import TENDERS, Tender
from bidroom.storage.database import reading
from bidroom.storage.tables import STREAMS
from bidroom.web.auth import reader_now
from bidroom.web.edge import Edge, the_edge
from bidroom.web.parse import hex_id

api = APIBlueprint("api_tenders", __name__, url_prefix="/api/v1", tag="Tenders")


@api.get("/tenders")
@api.doc(summary="The published tenders")
def tenders() -> Response:
    edge = the_edge()
    return jsonify({"tenders": edge.offload(lambda: published(edge))})


def published(edge: Edge) -> list[dict[str, Any]]:
    """In short, the latest deadline first."""
    asked = sa.select(STREAMS.c.id).where(STREAMS.c.kind == str(StreamKind.TENDER))
    with reading(edge.engine) as connection:
        streams = list(connection.execute(asked).scalars())
    known = [edge.tender(stream) for stream in streams]
    shown = sorted((t for t in known if t.published_at), key=lambda t: (t.the_timeline.deadline, t.id), reverse=True)
    return [in_short(edge, tender) for tender in shown]


def in_short(edge: Edge, tender: Tender) -> dict[str, Any]:
    """A tender in a list."""
    terms = tender.the_terms
    return {
        "tender": tender.id,
        "number": terms.number,
        "title": terms.title,
        "tenderee": terms.tenderee.name,
        "lots": [{"no": lot.no, "name": lot.name} for lot in terms.lots],
        "published_at": tender.published_at and rfc3339(tender.published_at),
        "deadline": tender.deadline and rfc3339(tender.deadline),
        "phase": str(edge.opening(tender.id).phase),
    }


@api.get("/tenders/<tender>")
@api.doc(
    summary="A tender's notice",
    description="Terms and timeline as their exact signed bytes (base64), with every certificate that they name. "
    "Before its publication only its own parties and the clerks see it.",
)
def tender(tender: str) -> Response:
    edge, stream = the_edge(), hex_id(tender, 16, "tender")
    return jsonify(described(edge, readable(edge, stream, reader_now())))


def readable(edge: Edge, stream: str, actor: Actor) -> Tender:
    """The tender, if this actor may read its notice; Refused("tender_unknown")."""
    state = edge.tender(stream)
    if state.terms is None or (state.published_at is None and not is_party(state, actor)):
        raise Refused("tender_unknown", field="tender")
    return state


def is_party(state: Tender, actor: Actor) -> bool:
    """Whether it is a clerk, the tenderee or the agent."""
    return bool(TENDERS.roles(state, actor) & {Role.CLERK, Role.AGENT}) or (
        state.terms is not None and actor.organization == state.terms.tenderee.organization
    )


def described(edge: Edge, state: Tender) -> dict[str, Any]:
    """All that a client needs to check the notice and to seal to it."""
    named = edge.certificates.all_of(certificates_in(state.the_terms))
    return {
        **in_short(edge, state),
        "notice": dict(edge.feed.papers(state.id).notice),
        "certificates": {digest: base64.b64encode(der).decode() for digest, der in sorted(named.items())},
    }


def certificates_in(terms: Terms) -> set[str]:
    """Every certificate that the terms name."""
    named = {holder.certificate for slot in terms.slots for holder in slot.holders}
    return named | ({terms.tenderee.certificate} if terms.tenderee.certificate else set())
