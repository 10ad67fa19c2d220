"""A notice (or an amendment) in the making over HTTP: laid before the tenderee, signed there, handed back here.

Nothing of this is a fact: the command of whoever drafted the tender is, which carries bytes and signatures in the end.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify

from bidroom.facts import Refused, Role
from bidroom.storage.prepared import Prepared, SqlPrepared
from bidroom.web.auth import member_now
from bidroom.web.edge import Edge, the_edge
from bidroom.web.i18n import language, translate
from bidroom.web.parse import hex_id
from bidroom.web.preparing import (
    Fault,
    PreparedGiven,
    SignaturesGiven,
    faults,
    is_open,
    kept,
    made_of,
    open_for,
    particulars,
    signed,
    terms_of,
)

api = APIBlueprint("prepared", __name__, url_prefix="/api/v1", tag="Tenders")


@dataclass(frozen=True, slots=True)
class Waiting:
    """Something that waits for a tenderee's signature."""

    tender: str
    number: str
    title: str
    kind: str
    prepared_at: str


# --- what is prepared


@api.get("/tenders/<tender>/prepared")
@api.doc(summary="The notice or amendment in the making", description="For its drafter, the tenderee and the clerks.")
def prepared(tender: str) -> Response:
    edge, stream, actor = the_edge(), hex_id(tender, 16, "tender"), member_now()
    return jsonify(edge.offload(lambda: described(edge, open_for(edge, stream, actor))))


@api.post("/tenders/<tender>/prepared")
@api.input(PreparedGiven, arg_name="given")
@api.doc(summary="Lay a notice or an amendment before the tenderee", description="Signatures over others are dropped.")
def prepare(tender: str, given: PreparedGiven) -> Response:
    edge, stream, actor = the_edge(), hex_id(tender, 16, "tender"), member_now()
    made, found = edge.offload(lambda: kept(edge, stream, actor, given))
    return jsonify({"digest": made.digest, "faults": in_words(found)})


@api.post("/tenders/<tender>/prepared/check")
@api.input(PreparedGiven, arg_name="given")
@api.doc(summary="What the rules would refuse in these documents now", description="Nothing is kept.")
def check(tender: str, given: PreparedGiven) -> Response:
    edge, stream, actor = the_edge(), hex_id(tender, 16, "tender"), member_now()
    found = edge.offload(lambda: faults(edge, actor, made_of(edge, stream, actor, given)))
    return jsonify({"faults": in_words(found)})


@api.post("/tenders/<tender>/prepared/signatures")
@api.input(SignaturesGiven, arg_name="given")
@api.doc(summary="The tenderee's signatures over what is prepared")
def sign(tender: str, given: SignaturesGiven) -> Response:
    edge, stream, actor = the_edge(), hex_id(tender, 16, "tender"), member_now()
    return jsonify(edge.offload(lambda: signed(edge, stream, actor, given)))


@api.get("/tenderees/<uscc>")
@api.doc(
    summary="An organization as a notice names its tenderee",
    description="By its unified social credit code, with those of its bound certificates that can hold a key.",
)
def tenderee(uscc: str) -> Response:
    edge, actor = the_edge(), member_now()
    if actor.organization is None and Role.CLERK not in actor.staff:
        raise Refused("not_your_role")
    return jsonify(edge.offload(lambda: particulars(edge, uscc)))


def described(edge: Edge, ready: Prepared) -> dict[str, Any]:
    """All that the tenderee needs to read and sign, and the drafter to hand in."""
    papers = {"terms": ready.terms, "timeline": ready.timeline}
    papers |= {"terms_cms": ready.terms_cms, "timeline_cms": ready.timeline_cms}
    encoded = {name: None if data is None else base64.b64encode(data).decode() for name, data in papers.items()}
    told = {"kind": ready.kind, "digest": ready.digest, "reason": ready.reason, "signed": ready.is_signed}
    return {**told, **encoded, "certificate": terms_of(edge, ready).tenderee.certificate}


def waiting_for(edge: Edge, organization: str) -> list[Waiting]:
    """What this organization has to sign as a tenderee, the latest first."""
    laid = SqlPrepared(edge.engine).of_tenderee(organization)
    known = [(ready, edge.tender(ready.tender)) for ready in laid if not ready.is_signed]
    return [
        Waiting(ready.tender, state.number, terms_of(edge, ready).title, ready.kind, ready.prepared_at)
        for ready, state in known
        if is_open(state, ready) and state.owner != organization
    ]


def in_words(found: list[Fault]) -> list[dict[str, str | None]]:
    """The same with its sentence, in the language of the request."""
    tongue = language()
    return [{"reason": reason, "field": field, "title": translate(reason, tongue)} for reason, field in found]
