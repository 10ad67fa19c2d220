"""What a bidder's client checks before it lets a key go (seal.md, Release, step 4), and the release itself."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bidroom.cli.identity import Identity
from bidroom.cli.notice import Notice
from bidroom.cli.sealing import SealedBid
from bidroom.crypto import tree
from bidroom.crypto.canonical import digest_of, parse_canonical
from bidroom.crypto.certificates import Trust, check_certificate
from bidroom.crypto.header import check_header
from bidroom.crypto.release import unwrap_own
from bidroom.crypto.signatures import verify
from bidroom.crypto.slots import BIDDER
from bidroom.crypto.timeline import parse_timeline
from bidroom.facts import Refused, instant

COMMAND_LIMIT = 1 << 20


@dataclass(frozen=True, slots=True)
class Commanded:
    """The host's command as the room shows it: its exact signed bytes, and who signed."""

    digest: str
    data: bytes
    cms: bytes
    certificate: bytes


def commanded(answer: Mapping[str, Any]) -> Commanded:
    """Out of what `GET /tenders/<id>/command` answers."""
    data, cms = base64.b64decode(answer["bytes"]), base64.b64decode(answer["cms"])
    return Commanded(digest_of("command", data), data, cms, base64.b64decode(answer["certificate"]))


def check_command(
    command: Commanded, notice: Notice, finals: Iterable[tuple[int, str]], trust: Trust, now: datetime
) -> None:
    """That a host whom the timeline lists gave it, for this tender and exactly these final bids, after the deadline.

    `finals` are (lot, digest) as the room was told. Refused: deadline_is_not_past, command_malformed,
    command_of_another_tender, final_root_is_another, host_is_not_listed, and what certificate and signature refuse.
    """
    if now <= notice.timeline.deadline:
        raise Refused("deadline_is_not_past", deadline=notice.timeline.deadline.isoformat())
    verify("command", command.data, command.cms, command.certificate)
    said = parse_canonical(command.data, COMMAND_LIMIT, "command_malformed")
    if not isinstance(said, dict) or not isinstance(said.get("body"), dict):
        raise Refused("command_malformed")
    if (said.get("stream"), said.get("type")) != (notice.terms.tender, "CommandDecryption"):
        raise Refused("command_of_another_tender", field="stream")
    if said["body"].get("root") != tree.final_root(finals).hex():
        raise Refused("final_root_is_another", field="root")
    _check_host(command.certificate, notice, trust, now)


def _check_host(certificate: bytes, notice: Notice, trust: Trust, now: datetime) -> None:
    """A certificate of an organization names it; the tenderee's and the agent's codes are in the terms as well."""
    holding = check_certificate(certificate, trust, now)
    listed = {host.organization: host.name for host in notice.timeline.hosts}
    parties = [party for party in (notice.terms.tenderee, notice.terms.agent) if party is not None]
    known = {(party.name, party.uscc) for party in parties if listed.get(party.organization) == party.name}
    others = set(listed.values()) - {party.name for party in parties}
    if (holding.name, holding.uscc) not in known and not (holding.organization_certificate and holding.name in others):
        raise Refused("host_is_not_listed", field="host", name=holding.name)


def check_own(sealed: SealedBid, notice: Notice, finals: Iterable[tuple[int, str]], certificate: bytes) -> None:
    """That one's own bid is among the final ones, sealed to these terms, and the deadline no earlier than receipted.

    B is recomputed from the terms, the tender, the lot, the certificate and the bid's id that the client shows.
    Refused: bid_is_not_final, deadline_is_earlier_than_receipted, receipt_of_another_timeline, and what
    `check_header` refuses.
    """
    if (sealed.header.lot, sealed.header.digest) not in set(finals):
        raise Refused("bid_is_not_final", field="digest", digest=sealed.header.digest)
    check_header(sealed.header, notice.terms, certificate)
    then = parse_timeline(base64.b64decode(sealed.notice["notice"]["timeline"]))
    receipt = sealed.receipt
    if receipt is not None and receipt["receipt"]["timeline"] != then.digest:
        raise Refused("receipt_of_another_timeline", field="receipt.timeline")
    if notice.timeline.deadline < then.deadline:
        raise Refused("deadline_is_earlier_than_receipted", field="deadline")
    if receipt is not None and instant(receipt["receipt"]["time"]) > notice.timeline.deadline:
        raise Refused("deadline_is_earlier_than_receipted", field="receipt.time")


def release_body(sealed: SealedBid, notice: Notice, command: str, identity: Identity) -> dict[str, Any]:
    """{command, digest, pieces} of a ReleaseShare; Refused as `unwrap_own` refuses, the serial named."""
    pieces = unwrap_own(sealed.header, notice.terms, BIDDER, identity.agreement_key, identity.serial)
    told = [{"j": j, "piece": piece.hex()} for j, piece in sorted(pieces.items())]
    return {"command": command, "digest": sealed.header.digest, "pieces": told}


def layer_of(refused: Refused) -> str:
    """Where a release failed, as ReportReleaseFailure names it: share, commitment or key."""
    return {"share_damaged": "share", "piece_does_not_match": "commitment"}.get(refused.reason, "key")
