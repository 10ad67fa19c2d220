"""Heavy work that a step of the clock needs first: hashing every final ciphertext, opening every released form.

Off the hub, at most 1 MiB at a time. What is found is evidence; the rules make facts of it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from typing import Any

import structlog

from bidroom.crypto.canonical import canonical
from bidroom.crypto.context import part_key
from bidroom.crypto.envelope import open_form, open_part
from bidroom.crypto.forms import check_form
from bidroom.crypto.frames import DOCUMENTS, FORM
from bidroom.crypto.header import Header, check_part, parse_header
from bidroom.crypto.release import combine
from bidroom.crypto.tree import SEGMENT, Frontier, leaf_hash, segments_of
from bidroom.facts import Refused
from bidroom.machine import Due
from bidroom.opening.decryption import to_open
from bidroom.opening.state import Bid
from bidroom.storage.uploads import Place, document_blob, documents_done_blob, form_blob
from bidroom.web.edge import Edge

LOG = structlog.get_logger()
LAYERS: Mapping[str, str] = {
    "piece_missing": "share",
    "piece_does_not_match": "commitment",
    "key_commitment_wrong": "commitment",
    "payload_damaged": "payload",
    "frame_malformed": "frame",
    "form_malformed": "form",
    "blob_missing": "storage",
}
"""What a bid failed at, by the name of the refusal."""


def place_of(tender: str, bid: Bid, part: int) -> Place:
    """Where a part of an accepted bid lies."""
    return Place(tender, bid.organization, bid.bid, part)


# --- rehash


def rehash(edge: Edge, stream: str, due: Due) -> dict[str, Any]:
    """Evidence for CheckBids: the final bids whose stored bytes are not those of their headers."""
    finals = edge.opening(stream).finals()
    return {"damaged": [bid.digest for bid in finals if not is_whole(edge, stream, bid)]}


def is_whole(edge: Edge, stream: str, bid: Bid) -> bool:
    """Whether every byte of this bid is as it was when it was receipted."""
    header = parse_header(bid.header)
    try:
        for part in header.parts:
            check_part(header, part.id, *measured(edge.uploads.read(place_of(stream, bid, part.id))))
    except Refused as refused:
        LOG.error("a stored bid is damaged", stream=stream, digest=bid.digest, reason=refused.reason)
        return False
    return True


def measured(segments: Iterator[bytes]) -> tuple[int, bytes]:
    """Length and segment root of what is read."""
    frontier, length = Frontier(), 0
    for segment in segments:
        frontier, length = frontier.append(leaf_hash(segment)), length + len(segment)
    return length, frontier.root


# --- open


def open_forms(edge: Edge, stream: str, due: Due) -> dict[str, Any]:
    """Evidence for OpenBids: every released bid, opened or with the layer it failed at. Forms go to blobs."""
    opened, failures = [], []
    for bid in to_open(edge.opening(stream)):
        told = {"lot": bid.lot, "digest": bid.digest}
        try:
            opened.append({**told, **opened_form(edge, stream, bid)})
        except Refused as refused:
            if refused.reason not in LAYERS:
                raise
            failures.append({**told, "layer": LAYERS[refused.reason], "at": refused.field})
    return {"opened": opened, "failures": failures}


def opened_form(edge: Edge, stream: str, bid: Bid) -> dict[str, str]:
    """K_0 and the digest of one bid's form, which is kept; Refused names the layer."""
    header = parse_header(bid.header)
    key = part_key(combine(header, edge.log.pieces(stream, bid.digest)), FORM)
    form = open_form(edge.uploads.read(place_of(stream, bid, FORM)), key, header.context.digest)
    check_form(form, edge.opening(stream).the_terms.lot(bid.lot))
    edge.blobs.put(form_blob(stream, bid.digest), form)
    return {"k0": key.hex(), "form": hashlib.sha256(form).hexdigest()}


# --- documents, afterwards


def open_documents(edge: Edge, stream: str) -> None:
    """Decrypt the documents of every opened bid into blobs; what is there already is not done again."""
    for bid in edge.opening(stream).finals():
        if bid.opened and not edge.blobs.exists(documents_done_blob(stream, bid.digest)):
            told = _documents(edge, stream, bid)
            edge.blobs.put(documents_done_blob(stream, bid.digest), canonical(told))


def _documents(edge: Edge, stream: str, bid: Bid) -> dict[str, Any]:
    """{"segments", "failed"}: how many blobs there are, or where it failed; the pieces are the auditor's by now."""
    header = parse_header(bid.header)
    try:
        key = part_key(combine(header, kept_pieces(edge, stream, bid.digest)), DOCUMENTS)
        return {"segments": _write_documents(edge, stream, bid, header, key), "failed": None}
    except Refused as refused:
        if refused.reason not in LAYERS:
            raise
        return {"segments": 0, "failed": {"layer": LAYERS[refused.reason], "at": refused.field}}


def kept_pieces(edge: Edge, stream: str, digest: str) -> dict[int, bytes]:
    """The pieces of an opened bid, from what only the auditor may read."""
    kept = edge.log.auditor_only(stream).get(f"bids/{digest}/pieces.json", b"[]")
    return {each["j"]: bytes.fromhex(each["piece"]) for each in json.loads(kept)}


def _write_documents(edge: Edge, stream: str, bid: Bid, header: Header, key: bytes) -> int:
    number = 0
    plain = open_part(edge.uploads.read(place_of(stream, bid, DOCUMENTS)), key, header.context.digest, DOCUMENTS)
    for number, segment in enumerate(segments_of(plain), start=1):
        assert len(segment) <= SEGMENT
        edge.blobs.put(document_blob(stream, bid.digest, number - 1), segment)
    return number
