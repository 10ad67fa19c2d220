"""Sealed bids come in: parts in segments, then the header; each is answered by a signed receipt or refusal."""

from __future__ import annotations

import base64
from typing import Any

from apiflask import APIBlueprint
from flask import Response, jsonify, request

from bidroom.crypto.canonical import digest_of, sha256_hex
from bidroom.crypto.certificates import is_a_persons, load_certificate
from bidroom.crypto.header import parse_header
from bidroom.crypto.tree import SEGMENT
from bidroom.facts import Actor, Command, Refused, Role, Signed
from bidroom.registry.tenders import TENDERS
from bidroom.storage.uploads import Place
from bidroom.web.auth import actor_of, gate, member_now, reader_now, session_now
from bidroom.web.commands import sign_refusal
from bidroom.web.edge import Edge, the_edge
from bidroom.web.evidence import bid_evidence
from bidroom.web.models import BidGiven
from bidroom.web.parse import hex_id
from bidroom.web.people import Session
from bidroom.web.receipts import receipt_for

CERTIFICATE = 8 * 1024
MOST_SEGMENTS = 4096
PIECE = 1 << 18
"""Bytes that are read from the socket at once."""

api = APIBlueprint("uploads", __name__, url_prefix="/api/v1", tag="Sealed bids")


def raw_body(limit: int) -> bytes:
    """The request's body of at most `limit` bytes. Refused: length_required, request_too_large, request_incomplete."""
    length = request.content_length
    if length is None:
        raise Refused("length_required", field="Content-Length")
    if length > limit:
        raise Refused("request_too_large", limit=limit)
    held = bytearray()
    while piece := request.stream.read(min(PIECE, length - len(held))):
        held += piece
    if len(held) != length:
        raise Refused("request_incomplete", field="Content-Length")
    return bytes(held)


# --- certificates


@api.put("/certificates/<digest>")
@api.doc(summary="Put a certificate here (DER)", responses={200: "It was here", 201: "It is here now"})
def put_certificate(digest: str) -> tuple[Response, int]:
    if session_now() is None:
        gate().take()
    edge, der = the_edge(), raw_body(CERTIFICATE)
    if sha256_hex(der) != hex_id(digest, 32, "digest"):
        raise Refused("certificate_digest_wrong", field="digest")
    load_certificate(der)
    new = edge.offload(lambda: edge.certificates.keep(der))
    return jsonify({"certificate": digest}), 201 if new else 200


@api.get("/certificates/<digest>")
@api.doc(summary="A certificate that somebody put here (DER)", description="A person's is there for the staff alone.")
def get_certificate(digest: str) -> Response:
    der = the_edge().certificates.get(hex_id(digest, 32, "digest"))
    if is_a_persons(der) and not reader_now().staff:
        raise Refused("certificate_unknown", field="certificate", certificate=digest)
    return Response(der, content_type="application/pkix-cert")


# --- segments


@api.put("/tenders/<tender>/bids/<bid>/parts/<int:part>/segments/<int:number>")
@api.doc(
    summary="Put one segment of a sealed part here",
    description="1 MiB of raw bytes, the last one fewer. Idempotent: an upload goes on where it stopped.",
)
def put_segment(tender: str, bid: str, part: int, number: int) -> tuple[Response, int]:
    edge, actor = the_edge(), member_now()
    place = Place(hex_id(tender, 16, "tender"), bidder(edge, tender, actor), hex_id(bid, 16, "bid"), part)
    if part > 1 or number >= MOST_SEGMENTS:
        raise Refused("page_unknown", field="segment")
    data = raw_body(SEGMENT)
    with edge.door.arrive(tender) as at:
        check_in_time(edge, tender, at)
    if not data:
        raise Refused("request_incomplete", field="segment")
    quota = (edge.settings.upload_quota_mib << 20) * len(edge.tender(tender).the_terms.lots)
    new = edge.offload(lambda: edge.uploads.put(place, number, data, quota))
    return jsonify({"part": part, "segment": number}), 201 if new else 200


def bidder(edge: Edge, tender: str, actor: Actor) -> str:
    """The organization that may bid here; Refused("not_your_role")."""
    state = edge.tender(tender)
    if state.published_at is None:
        raise Refused("tender_unknown", field="tender")
    if actor.organization is None or Role.BIDDER not in TENDERS.roles(state, actor):
        raise Refused("not_your_role")
    return actor.organization


def check_in_time(edge: Edge, tender: str, at: Any) -> None:
    """Bytes are taken until the deadline; a header that is late is still answered with a signed refusal."""
    state = edge.tender(tender)
    if state.phase != "published" or (state.deadline is not None and at > state.deadline and not state.outage):
        raise Refused("upload_is_in_time")


@api.get("/tenders/<tender>/bids/<bid>/segments")
@api.doc(summary="Which segments of one's own upload are here")
def segments(tender: str, bid: str) -> Response:
    edge, actor = the_edge(), member_now()
    if actor.organization is None:
        raise Refused("not_your_role")
    return jsonify(edge.uploads.numbers(tender, actor.organization, hex_id(bid, 16, "bid")))


# --- the header


@api.post("/tenders/<tender>/bids/<bid>")
@api.input(BidGiven, arg_name="given")
@api.doc(
    summary="Submit a sealed bid",
    description="Header and signature, once both parts are here. 201 with a signed receipt; a problem whose member "
    "`refusal` is a signed refusal.",
)
def submit(tender: str, bid: str, given: BidGiven) -> tuple[Response, int]:
    edge, session = the_edge(), session_now()
    with edge.door.arrive(hex_id(tender, 16, "tender")) as at:
        if session is None:
            raise Refused("not_logged_in")
        gate().take_header(session.user)
        return jsonify({"receipt": take(edge, session, given, tender, hex_id(bid, 16, "bid"), at)}), 201


def take(edge: Edge, session: Session, given: BidGiven, tender: str, bid: str, at: Any) -> dict[str, Any] | None:
    """The receipt of an accepted bid; what is wrong with certificate or signature is refused by a fact too."""
    asked = header_command(tender, bid, base64.b64decode(given.header), base64.b64decode(given.cms))
    actor, wrong = edge.offload(lambda: _who(edge, session, given.certificate, tender))
    try:
        ready = edge.offload(lambda: bid_evidence(edge, asked, actor, at, wrong))
        return receipt_for(edge, edge.door.submit(ready, actor, at).entries)
    except Refused as refused:
        sign_refusal(edge, asked, actor, refused, at)
        raise


def header_command(tender: str, bid: str, header: bytes, cms: bytes) -> Command:
    """SubmitBid; its id and lot are the header's, as only that is signed, or the address's where it cannot be read."""
    lot: int | None = None
    try:
        read = parse_header(header)
        bid, lot = read.bid, read.lot
    except Refused:
        pass  # the rules name what is malformed, and their refusal is a fact
    signed = Signed("header", header, cms)
    body = {"digest": digest_of("bid", header)}
    digest = digest_of("header", header)
    return Command(id=bid, stream=tender, type="SubmitBid", body=body, lot=lot, digest=digest, signed=signed)


def _who(edge: Edge, session: Session, certificate: str, tender: str) -> tuple[Actor, Refused | None]:
    """The bidder, with what is wrong with the certificate that it names."""
    bidder(edge, tender, actor_of(edge, session))
    try:
        return actor_of(edge, session, certificate), None
    except Refused as refused:
        return actor_of(edge, session), refused
