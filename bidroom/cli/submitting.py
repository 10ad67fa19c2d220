"""Uploading a sealed bid: segments that go on where they stopped, the header last, a receipt that is verified."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from bidroom.cli.client import Client, b64
from bidroom.cli.identity import Identity
from bidroom.cli.sealing import NOTICE, RECEIPT, REFUSAL, SealedBid
from bidroom.crypto.canonical import digest_of, sha256_hex
from bidroom.crypto.checkpoint import VerifierKey
from bidroom.crypto.envelope import part_file
from bidroom.crypto.policy import parse_terms
from bidroom.crypto.receipt import verify_receipt
from bidroom.crypto.release import unwrap_own
from bidroom.crypto.slots import BIDDER
from bidroom.crypto.tree import SEGMENT
from bidroom.facts import Refused

TOO_LATE = "upload_is_in_time"


def upload_parts(client: Client, sealed: SealedBid) -> int:
    """Put every segment there that is not there yet; how many were sent."""
    place = f"/tenders/{sealed.header.tender}/bids/{sealed.header.bid}"
    there = client.get(f"{place}/segments")
    sent = 0
    for part in sealed.header.parts:
        held = set(there.get(str(part.id), ()))
        for number, data in _segments(sealed.folder / part_file(part.id), held):
            client.put(f"{place}/parts/{part.id}/segments/{number}", data)
            sent += 1
    return sent


def _segments(path: Path, held: set[int]) -> Iterator[tuple[int, bytes]]:
    """Number and bytes of each 1 MiB segment that is not held."""
    with path.open("rb") as file:
        for number in range(-(-path.stat().st_size // SEGMENT)):
            if number not in held:
                file.seek(number * SEGMENT)
                yield number, file.read(SEGMENT)


def send_header(client: Client, sealed: SealedBid, vkey: VerifierKey | None) -> dict[str, Any]:
    """Submit: the verified receipt, kept in the folder; a refused one leaves the signed refusal there.

    Refused: the server's reason; receipt_is_not_of_this_bid, receipt_signature_wrong.
    """
    path = f"/tenders/{sealed.header.tender}/bids/{sealed.header.bid}"
    document = {"header": b64(sealed.header.data), "cms": b64(sealed.signature)}
    try:
        answer = client.post(path, {**document, "certificate": sealed.header.bidder})
    except Refused as refused:
        _keep_refusal(sealed, refused, vkey)
        raise
    check_receipt(answer["receipt"], sealed, vkey)
    _write(sealed.folder / RECEIPT, answer["receipt"])
    _keep_notice(client, sealed, answer["receipt"]["receipt"]["timeline"])
    return dict(answer["receipt"])


def _keep_refusal(sealed: SealedBid, refused: Refused, vkey: VerifierKey | None) -> None:
    refusal = refused.details.get("refusal")
    if isinstance(refusal, Mapping):
        if vkey is not None:
            verify_receipt(refusal, vkey, "refusal")
        _write(sealed.folder / REFUSAL, refusal)


def _keep_notice(client: Client, sealed: SealedBid, timeline: str) -> None:
    """The timeline that the receipt names, where it was amended since the bid was sealed: a release asks for it."""
    if sha256_hex(base64.b64decode(sealed.notice["notice"]["timeline"])) == timeline:
        return
    notice = client.get(f"/tenders/{sealed.header.tender}")
    if sha256_hex(base64.b64decode(notice["notice"]["timeline"])) != timeline:
        raise Refused("receipt_of_another_timeline", field="receipt.timeline")
    _write(sealed.folder / NOTICE, notice)


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.write_text(json.dumps(dict(document), ensure_ascii=False, indent=1) + "\n", "utf-8")


def check_receipt(
    receipt: Mapping[str, Any], sealed: SealedBid, vkey: VerifierKey | None, act: str | None = None
) -> None:
    """That it names this bid and this act (None: the upload), and is signed by the pinned key where there is one."""
    body = verify_receipt(receipt, vkey) if vkey is not None else receipt.get("receipt", {})
    header = sealed.header
    named = (body.get("tender"), body.get("lot"), body.get("digest"), body.get("act"))
    if named != (header.tender, header.lot, header.digest, act):
        raise Refused("receipt_is_not_of_this_bid", field="receipt")


def prove_it_opens(client: Client, sealed: SealedBid, identity: Identity) -> None:
    """Download the header again, and open one's own stanza (the rehearsal of a release); nothing is released.

    Refused: header_is_another, and what `unwrap_own` refuses.
    """
    answer = client.get(f"/tenders/{sealed.header.tender}/bids/{sealed.header.digest}/header")
    data = base64.b64decode(answer["header"])
    if data != sealed.header.data or digest_of("bid", data) != sealed.header.digest:
        raise Refused("header_is_another", field="header")
    terms = parse_terms(base64.b64decode(sealed.notice["notice"]["terms"]))
    unwrap_own(sealed.header, terms, BIDDER, identity.agreement_key, identity.serial)


def submit_bid(client: Client, sealed: SealedBid, vkey: VerifierKey | None, identity: Identity) -> dict[str, Any]:
    """Upload, submit, prove that it opens; the receipt. What comes too late still gets its signed refusal."""
    try:
        upload_parts(client, sealed)
    except Refused as refused:
        if refused.reason != TOO_LATE:
            raise
    receipt = send_header(client, sealed, vkey)
    prove_it_opens(client, sealed, identity)
    return receipt
