"""Taking sealed bids: what the server refuses, and what a receipt says (seal.md, Upload and receipt)."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from bidroom.crypto.envelope import check_header
from bidroom.crypto.header import Header, parse_header
from bidroom.facts import Actor, Command, Entry, Fact, Refused

if TYPE_CHECKING:
    from bidroom.registry.tenders import Tender


DIGEST = re.compile(r"[0-9a-f]{64}")
LONGEST_FIELD = 200
"""Characters of the place in the input that a refusal names; an unknown key can be as long as a header."""


@dataclass(frozen=True, slots=True)
class Upload:
    """The last accepted bid of one organization for one lot."""

    digest: str
    bid: str
    organization: str
    lot: int
    live: bool = True


def upload_is_acceptable_at_the_edge(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """Certificate and signature were found good where the upload came in; raises what was found instead."""
    found = command.evidence.get("refusal")
    if found:
        raise Refused(found["reason"], field=found.get("field"))
    return True


def upload_is_in_time(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """Its last byte came before the deadline, by the server's clock; an outage holds a deadline that fell into it."""
    return state.deadline is not None and (at <= state.deadline or state.outage)


def header_is_sealed_to_this_tender(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """The header is well formed and sealed to these terms, this tender and its keys; raises which is not so."""
    check_header(_header(command), state.the_terms)
    return True


def header_names_the_signers_certificate(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """`bidder` is the digest of the certificate that signed."""
    return _header(command).bidder == actor.certificate


def header_is_the_commands(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """Lot, bid id and digest of the command are the header's."""
    header = _header(command)
    return (header.lot, header.bid, header.digest) == (command.lot, command.id, command.body["digest"])


def bid_id_is_new(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """No accepted bid had this id or digest before."""
    header = _header(command)
    return all(header.bid != each.bid and header.digest != each.digest for each in state.uploads.values())


def upload_is_complete(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """The server holds every part with the length and the segment root that the header names."""
    stored: Mapping[str, Any] = command.evidence.get("parts", {})
    return all(
        stored.get(str(part.id)) == {"length": part.length, "root": part.root} for part in _header(command).parts
    )


def it_supersedes_the_live_bid(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """`supersedes` names the live bid of this organization and lot, after a withdrawal the withdrawn one, or none."""
    before = state.last_bid(actor.organization, command.lot)
    return _header(command).supersedes == (before.digest if before else None)


def that_bid_is_live_and_ones_own(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """`digest` is the live bid of this organization for this lot."""
    before = state.last_bid(actor.organization, command.lot)
    return before is not None and before.live and before.digest == command.body["digest"]


def _header(command: Command) -> Header:
    data = command.signed.data if command.signed else b""
    return parse_header(data)


def submit(state: Tender, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """BidSubmitted; with its nonce and the timeline in force it is all that the receipt says."""
    header = _header(command)
    body = {
        "lot": header.lot,
        "digest": header.digest,
        "bid": header.bid,
        "organization": actor.organization,
        "supersedes": header.supersedes,
        "timeline": state.the_timeline.digest,
        "nonce": command.evidence["nonce"],
    }
    yield Fact("BidSubmitted", body)


def upload_of(act: tuple[Entry, ...]) -> Mapping[str, Any]:
    """For a replay: the parts as the header names them; their own check hashes them again."""
    parts = {
        str(part.id): {"length": part.length, "root": part.root} for part in parse_header(header_bytes(act[0])).parts
    }
    return {"parts": parts, "nonce": act[0].body["nonce"]}


def refusal(state: Tender, command: Command, actor: Actor, refused: Refused) -> Fact | None:
    """UploadRefused: the fact that a refused upload leaves, and all that its signed refusal says, within bounds.

    None before the notice is published, as there is no deadline yet that it could be held against; and for what is
    signed as no header, or anyone could leave an upload on record that no auditor can judge.
    """
    if state.published_at is None or command.signed is None or command.signed.kind != "header":
        return None
    digest = command.body.get("digest")
    body = {
        "lot": command.lot,
        "digest": digest if isinstance(digest, str) and DIGEST.fullmatch(digest) else None,
        "organization": actor.organization,
        "timeline": state.timeline.digest if state.timeline else None,
        "nonce": command.evidence.get("nonce"),
        "reason": refused.reason,
        "field": refused.field and refused.field[:LONGEST_FIELD],
    }
    return Fact("UploadRefused", body)


def withdraw(state: Tender, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """BidWithdrawn: it stays sealed for ever."""
    body = {
        "lot": command.lot,
        "digest": command.body["digest"],
        "organization": actor.organization,
        "timeline": state.the_timeline.digest,
        "nonce": command.evidence["nonce"],
    }
    yield Fact("BidWithdrawn", body)


def submitted(state: Tender, entry: Entry) -> Tender:
    """BidSubmitted."""
    body = entry.body
    upload = Upload(body["digest"], body["bid"], body["organization"], body["lot"])
    before = state.last_bid(upload.organization, upload.lot)
    uploads = dict(state.uploads)
    if before is not None:
        uploads[before.digest] = replace(before, live=False)
    uploads[upload.digest] = upload
    last = {**state.last, (upload.organization, upload.lot): upload.digest}
    return replace(state, uploads=MappingProxyType(uploads), last=MappingProxyType(last))


def withdrawn(state: Tender, entry: Entry) -> Tender:
    """BidWithdrawn."""
    upload = replace(state.uploads[entry.body["digest"]], live=False)
    return replace(state, uploads=MappingProxyType({**state.uploads, upload.digest: upload}))


def header_bytes(entry: Entry) -> bytes:
    """The exact header of a BidSubmitted entry."""
    return base64.b64decode((entry.signed or {})["bytes"])


FOLDS = {"BidSubmitted": submitted, "BidWithdrawn": withdrawn}
