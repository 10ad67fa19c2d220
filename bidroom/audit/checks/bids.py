"""5. Each bid: header, digest, signature, certificate chain and revocation at its time, segment roots; each refusal."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace

from bidroom.audit.checks.signatures import check_signature
from bidroom.audit.findings import Finding, Found, Note, attempt
from bidroom.audit.layout import bid_file, entry_file
from bidroom.audit.material import Material
from bidroom.crypto.canonical import digest_of
from bidroom.crypto.header import Header, check_header, check_part, parse_header
from bidroom.crypto.tree import Frontier, leaf_hash, segments_of
from bidroom.facts import Command, Entry, Refused, Signed
from bidroom.machine import decide
from bidroom.opening.state import Bid
from bidroom.replay import actor_of
from bidroom.rules import TABLES

UNSEEN = frozenset({"upload_is_complete", "revocation_list_stale"})
"""Causes that only the server could see: what lay there then."""
UNBOUND = frozenset({"certificate_unknown", "certificate_unbound", "certificate_not_the_bound_one"})
"""Causes that lie in the certificate that the uploader named, which the fact does not keep."""
SIGNATURE = ("signature_", "certificate_", "signed_by_another_certificate")
"""How the names of causes begin that lie in the signature or in the certificate."""


def check(material: Material) -> Iterator[Found]:
    """Accepted bids, then refused ones."""
    for entry in material.of_type("BidSubmitted"):
        yield from attempt(_place(entry), entry.seq, _bid, material, entry)
    for bid in material.opening.bids.values():
        yield from attempt(bid_file(bid.digest, "header.json"), None, _parts, material, bid)
    for entry in material.of_type("UploadRefused"):
        yield from attempt(entry_file(entry.seq), entry.seq, _refused, material, entry)


def _place(entry: Entry) -> str:
    return bid_file(str(entry.body.get("digest")), "header.json")


def _bid(material: Material, entry: Entry) -> Iterator[Found]:
    data, cms = _signed(entry)
    digest = digest_of("bid", data)
    for name, own in (("header.json", data), ("header.p7s", cms)):
        if material.bundle.read(bid_file(digest, name)) != own:
            yield Finding("file_differs_from_the_log", bid_file(digest, name), entry.seq)
    header = parse_header(data)
    for name, one, other in _agreement(material, entry, header):
        if one != other:
            yield Finding("entry_differs_from_the_header", f"{entry_file(entry.seq)}#{name}", entry.seq)
    check_header(header, material.moment(entry).the_terms)
    check_signature(material, entry, "header", data)


def _signed(entry: Entry) -> tuple[bytes, bytes]:
    signed = entry.signed or {}
    return base64.b64decode(signed["bytes"]), base64.b64decode(signed["cms"])


def _agreement(material: Material, entry: Entry, header: Header) -> Iterator[tuple[str, object, object]]:
    """What the entry says and what the header, the actor and the notice say."""
    body, actor = entry.body, entry.actor
    yield "body.digest", body["digest"], header.digest
    yield "body.bid", body["bid"], header.bid
    yield "body.lot", body["lot"], header.lot
    yield "body.supersedes", body["supersedes"], header.supersedes
    yield "body.organization", body["organization"], actor["organization"]
    yield "actor.certificate", actor["certificate"], header.bidder
    yield "body.timeline", body["timeline"], material.moment(entry).the_timeline.digest


def _parts(material: Material, bid: Bid) -> Iterator[Found]:
    if bid.damaged:
        yield Note("stored_bid_was_damaged", {"digest": bid.digest})
    header = parse_header(bid.header)
    for part in header.parts:
        name = bid_file(bid.digest, f"part{part.id}.bin")
        if name in material.bundle:
            yield from attempt(name, None, _part, material, header, part.id, name)


def _part(material: Material, header: Header, part: int, name: str) -> None:
    frontier, length = Frontier(), 0
    for segment in segments_of(material.bundle.blocks(name)):
        frontier, length = frontier.append(leaf_hash(segment)), length + len(segment)
    check_part(header, part, length, frontier.root)


# --- refused uploads


def _refused(material: Material, entry: Entry) -> Iterator[Found]:
    """What was refused had to be: the same rules refuse it for the same cause."""
    cause, found = entry.body["reason"], _cause(material, entry)
    place = f"{entry_file(entry.seq)}#body.reason"
    data, _ = _signed(entry)
    if entry.body["digest"] != digest_of("bid", data):
        yield Finding("entry_differs_from_the_header", f"{entry_file(entry.seq)}#body.digest", entry.seq)
    if cause in UNBOUND:
        yield Note("refused_for_a_certificate_that_is_not_kept", {"entry": entry.seq, "reason": cause})
    elif cause != found and not (found is None and cause in UNSEEN):
        yield Finding("upload_was_refused_without_cause", place, entry.seq, {"reason": cause, "found": found})


def _cause(material: Material, entry: Entry) -> str | None:
    """Why the rules refuse this upload, as far as that can be seen here; None where they would take it."""
    data, cms = _signed(entry)
    state, actor = material.state_before(entry), actor_of(entry.actor)
    asked = Command(
        id="", stream=entry.stream, type="SubmitBid", lot=entry.body["lot"], body={"digest": entry.body["digest"]},
        signed=Signed("header", data, cms), evidence={"nonce": entry.body["nonce"], "parts": {}},
    )  # fmt: skip
    wrong = _wrong(material, entry)
    if wrong is not None:
        asked = replace(asked, evidence={**asked.evidence, "refusal": {"reason": wrong, "field": None}})
    try:
        header = parse_header(data)
        stored = {str(part.id): {"length": part.length, "root": part.root} for part in header.parts}
        asked = replace(asked, id=header.bid, evidence={**asked.evidence, "parts": stored})
    except Refused:
        pass  # the rules say so themselves, in their own order
    try:
        decide(TABLES, state, asked, actor, entry.time)
    except Refused as refused:
        return refused.reason
    return None


def _wrong(material: Material, entry: Entry) -> str | None:
    """What is wrong with signature or certificate; as recorded where the certificate is not here."""
    if entry.actor.get("certificate") in material.left_out:
        said = str(entry.body["reason"])
        return said if said.startswith(SIGNATURE) else None
    try:
        check_signature(material, entry, "header", _signed(entry)[0])
    except Refused as refused:
        return refused.reason
    return None
