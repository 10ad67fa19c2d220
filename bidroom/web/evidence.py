"""What the edge finds out for the rules: certificates and signatures at the time of receipt, pieces, stored parts.

Each finding is made once, where the bytes are, and travels in `Command.evidence`; nothing of it comes from the client.
All of this is heavy enough to run off the hub.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bidroom.crypto.certificates import Holding, check_certificate, spki
from bidroom.crypto.header import parse_header
from bidroom.crypto.policy import Holder, Terms, parse_terms
from bidroom.crypto.release import check_pieces, pieces_of_holder, pieces_of_slot
from bidroom.crypto.signatures import verify
from bidroom.crypto.slots import BIDDER
from bidroom.crypto.timeline import parse_timeline
from bidroom.facts import Actor, Command, Refused
from bidroom.web.edge import Edge
from bidroom.web.minutes import minutes_of

Find = Callable[[Edge, Command, Actor, datetime], Command]
COMMAND, TERMS, TIMELINE, HEADER = "command", "terms", "timeline", "header"


def with_evidence(edge: Edge, command: Command, actor: Actor, at: datetime) -> Command:
    """The command with all that its rules want to know. Refused where what was signed is not in order."""
    if command.signed is not None and command.type != "ApplyForBinding":
        check_signature(edge, command, actor.certificate, at)
    find = FINDINGS.get(command.type)
    return command if find is None else find(edge, command, actor, at)


def check_signature(edge: Edge, command: Command, certificate: str | None, at: datetime) -> None:
    """That the command was signed by this certificate, which held when it came in."""
    assert command.signed is not None
    if certificate is None:
        raise Refused("certificate_unknown", field="certificate")
    der = edge.certificates.get(certificate)
    check_certificate(der, edge.trust.now(), at)
    verify(command.signed.kind, command.signed.data, command.signed.cms, der)


def _nonce(edge: Edge, command: Command, actor: Actor, at: datetime) -> Command:
    return replace(command, evidence={"nonce": secrets.token_hex(16)})


# --- bindings


def _application(edge: Edge, command: Command, actor: Actor, at: datetime) -> Command:
    """Whoever applies shows the certificate itself, and its key by the command's signature."""
    if command.signed is None:
        raise Refused("signature_required", type=command.type)
    der = _document(command, "der")
    holding = check_certificate(der, edge.trust.now(), at)
    verify(COMMAND, command.signed.data, command.signed.cms, der)
    edge.certificates.keep(der)
    return replace(command, evidence={"holding": _told(holding)})


def _binding(edge: Edge, command: Command, actor: Actor, at: datetime) -> Command:
    """At the window it is checked once more."""
    der = edge.certificates.get(str(command.body["certificate"]))
    return replace(command, evidence={"holding": _told(check_certificate(der, edge.trust.now(), at))})


def _told(holding: Holding) -> dict[str, str | None]:
    return {"name": holding.name, "uscc": holding.uscc, "serial": holding.serial, "digest": holding.digest}


# --- a tender


def _notice(edge: Edge, command: Command, actor: Actor, at: datetime) -> Command:
    """Both documents are signed by the tenderee's bound certificate, and every holder's key is its own."""
    terms = parse_terms(_document(command, "terms"))
    timeline = parse_timeline(_document(command, "timeline"))
    der = notice_keys(edge, terms, at)
    verify(TERMS, terms.data, _document(command, "terms_cms"), der)
    verify(TIMELINE, timeline.data, _document(command, "timeline_cms"), der)
    return command


def notice_keys(edge: Edge, terms: Terms, at: datetime) -> bytes:
    """The tenderee's certificate, once every holder's key was found to be its own. Refused where one is not."""
    der = tenderees_certificate(edge, terms, at)
    for slot in terms.slots:
        for holder in slot.holders:
            _check_holder(edge, holder, at)
    return der


def _amendment(edge: Edge, command: Command, actor: Actor, at: datetime) -> Command:
    timeline = parse_timeline(_document(command, "timeline"))
    terms = edge.tender(command.stream).terms
    if terms is None:
        raise Refused("command_not_allowed_in_this_phase", type=command.type)
    verify(TIMELINE, timeline.data, _document(command, "timeline_cms"), tenderees_certificate(edge, terms, at))
    return command


def tenderees_certificate(edge: Edge, terms: Terms, at: datetime) -> bytes:
    """The certificate that the terms name for the tenderee: bound to it, and good now."""
    assert terms.tenderee.certificate is not None
    return _bound(edge, terms.tenderee.organization, terms.tenderee.certificate, at)


def _bound(edge: Edge, organization: str, certificate: str, at: datetime) -> bytes:
    der = edge.certificates.get(certificate)
    state = edge.door.state(organization).get("organization")
    binding = state.bindings.get(certificate) if state else None
    if binding is None or binding.state != "bound":
        raise Refused("certificate_unbound", field="certificate", certificate=certificate)
    check_certificate(der, edge.trust.now(), at)
    return der


def _check_holder(edge: Edge, holder: Holder, at: datetime) -> None:
    """A holder's key is that of its certificate, whose usage lets it hold pieces."""
    der = _bound(edge, holder.organization, holder.certificate, at)
    holding = check_certificate(der, edge.trust.now(), at)
    if not holding.can_agree or spki(der) != holder.key:
        raise Refused("holder_key_is_not_the_certificates", field="slots", certificate=holder.certificate)


def _deposit(edge: Edge, command: Command, actor: Actor, at: datetime) -> Command:
    """The account number goes no further than here; what is kept tells equal from different, within this tender."""
    account = command.secret.get("account")
    keyed = None if account is None else edge.keyed("account", command.stream.encode(), _plain(account))
    return replace(command, signed=None, secret={}, evidence={"account": keyed})


def _plain(account: str) -> bytes:
    return "".join(account.split()).upper().encode()


# --- the seal


def bid_evidence(edge: Edge, command: Command, actor: Actor, at: datetime, refusal: Refused | None) -> Command:
    """What is known of an upload; what is wrong with it becomes evidence, so that its refusal is a fact."""
    assert command.signed is not None
    found: dict[str, Any] = {
        "nonce": secrets.token_hex(16),
        "header": base64.b64encode(command.signed.data).decode(),
        "parts": edge.uploads.stored(command.stream, str(actor.organization), command.id),
    }
    wrong = refusal or _wrong(edge, command, actor, at)
    if wrong is not None:
        found["refusal"] = {"reason": wrong.reason, "field": wrong.field}
    return replace(command, evidence=found)


def _wrong(edge: Edge, command: Command, actor: Actor, at: datetime) -> Refused | None:
    try:
        check_signature(edge, command, actor.certificate, at)
    except Refused as refused:
        return refused
    return None


def _release(edge: Edge, command: Command, actor: Actor, at: datetime) -> Command:
    """Whether the bidder's pieces are the committed ones; a wrong j is as wrong as wrong bytes."""
    opening = edge.opening(command.stream)
    digest = str(command.body["digest"])
    wanted = set(pieces_of_slot(opening.the_terms, BIDDER)) if opening.terms else set()
    match = _matches(opening, digest, command.secret["pieces"].get(digest, {}), wanted)
    return replace(command, evidence={"nonce": secrets.token_hex(16), "pieces_match": match})


def _holder_release(edge: Edge, command: Command, actor: Actor, at: datetime) -> Command:
    """The same over all bids: every one that is named has pieces, and none that is not."""
    opening = edge.opening(command.stream)
    slot, digests = str(command.body["slot"]), list(command.body["digests"])
    pieces = command.secret["pieces"]
    wanted = _held(opening.terms, slot, actor)
    match = set(pieces) == set(digests) and all(_matches(opening, d, pieces[d], wanted) for d in digests)
    return replace(command, evidence={"nonce": secrets.token_hex(16), "pieces_match": match})


def _held(terms: Terms | None, slot: str, actor: Actor) -> set[int]:
    """The numbers of the pieces that the actor's organization holds in this slot."""
    if terms is None or all(each.name != slot for each in terms.slots):
        return set()
    holders = enumerate(terms.slot(slot).holders)
    mine = (index for index, holder in holders if holder.organization == actor.organization)
    return {j for index in mine for j in pieces_of_holder(terms, slot, index)}


def _matches(opening: Any, digest: str, pieces: Mapping[int, bytes], wanted: set[int]) -> bool:
    bid = opening.bids.get(digest)
    if bid is None or not wanted or set(pieces) != wanted:
        return False
    try:
        check_pieces(parse_header(bid.header), pieces)
    except Refused:
        return False
    return True


# --- the record


def _record(edge: Edge, command: Command, actor: Actor, at: datetime) -> Command:
    """The digest of the minutes as they stand; before the announcement there are none."""
    is_shown = edge.opening(command.stream).announced_at is not None
    shown = minutes_of(edge, command.stream).digest if is_shown else None
    return replace(command, evidence={"nonce": secrets.token_hex(16), "record": shown})


def _document(command: Command, field: str) -> bytes:
    try:
        return base64.b64decode(str(command.body[field]), validate=True)
    except ValueError:
        raise Refused("command_malformed", field=f"body.{field}", cause="not_base64") from None


FINDINGS: Mapping[str, Find] = {
    "ApplyForBinding": _application,
    "BindCertificate": _binding,
    "SubmitNotice": _notice,
    "AmendTimeline": _amendment,
    "RegisterDeposit": _deposit,
    "WithdrawBid": _nonce,
    "ReleaseShare": _release,
    "ReleaseHolderShares": _holder_release,
    "OpenConfirmation": _record,
    "ConfirmRecord": _record,
    "RefuseRecord": _record,
    "SignRecord": _record,
}
"""What each command's rules want to know; of the others there is nothing to find out."""
