"""What may be prepared for a tenderee to sign, what the rules would refuse in it, and the signatures over it."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Annotated, Any

from pydantic import Field

from bidroom.crypto.certificates import check_certificate
from bidroom.crypto.policy import Terms, parse_terms
from bidroom.crypto.signatures import verify
from bidroom.crypto.timeline import parse_timeline
from bidroom.facts import Actor, Command, Refused, Role, rfc3339
from bidroom.registry.tenders import TENDERS, Tender
from bidroom.storage.prepared import AMENDMENT, NOTICE, Prepared, SqlPrepared
from bidroom.web.edge import Edge
from bidroom.web.evidence import notice_keys, tenderees_certificate
from bidroom.web.models import Digest, Document, Request, Signature

COMMANDS: Mapping[str, tuple[str, str]] = {NOTICE: ("SubmitNotice", "draft"), AMENDMENT: ("AmendTimeline", "published")}
"""The command that each kind ends in, and the phase in which it may be given."""

Fault = tuple[str, str | None]
"""A reason, and the field that it is about."""


class PreparedGiven(Request):
    """Exact bytes in base64: `terms` and `timeline` of a notice, `timeline` and `reason` of an amendment."""

    timeline: Document
    terms: Document | None = None
    reason: Annotated[str, Field(max_length=2000)] | None = None


class SignaturesGiven(Request):
    """The tenderee's signatures over what is prepared; `digest` is that of the timeline which it has read."""

    digest: Digest
    timeline_cms: Signature
    terms_cms: Signature | None = None


# --- reading


def open_for(edge: Edge, stream: str, actor: Actor) -> Prepared:
    """What is prepared and not yet handed in; Refused("nothing_is_prepared") for strangers too."""
    state, ready = edge.tender(stream), SqlPrepared(edge.engine).get(stream)
    if ready is None or not is_open(state, ready) or not may_read(state, ready, actor):
        raise Refused("nothing_is_prepared", field="tender")
    return ready


def is_open(state: Tender, ready: Prepared) -> bool:
    """Whether it can still be handed in: a notice of a draft, an amendment of the timeline in force."""
    if state.phase != COMMANDS[ready.kind][1]:
        return False
    return ready.kind == NOTICE or parse_timeline(ready.timeline).previous == state.the_timeline.digest


def may_read(state: Tender, ready: Prepared, actor: Actor) -> bool:
    """Its drafter, the tenderee that it names, and the clerks."""
    roles = TENDERS.roles(state, actor)
    mine = actor.organization is not None and actor.organization == ready.tenderee
    return mine or bool(roles & {Role.AGENT, Role.CLERK})


def terms_of(edge: Edge, ready: Prepared) -> Terms:
    """The terms that it brings, or those in force."""
    return edge.tender(ready.tender).the_terms if ready.terms is None else parse_terms(ready.terms)


# --- preparing


def made_of(edge: Edge, stream: str, actor: Actor, given: PreparedGiven) -> Prepared:
    """What was sent, read strictly; Refused: not_your_role, command_not_allowed_in_this_phase, what is malformed."""
    state = edge.tender(stream)
    if Role.AGENT not in TENDERS.roles(state, actor):
        raise Refused("not_your_role")
    kind = AMENDMENT if given.terms is None else NOTICE
    if state.phase != COMMANDS[kind][1]:
        raise Refused("command_not_allowed_in_this_phase", phase=state.phase)
    timeline = base64.b64decode(given.timeline)
    parse_timeline(timeline)
    data = None if given.terms is None else base64.b64decode(given.terms)
    terms = state.the_terms if data is None else parse_terms(data)
    reason = given.reason if kind == AMENDMENT else None
    return Prepared(stream, terms.tenderee.organization, kind, timeline, data, reason)


def kept(edge: Edge, stream: str, actor: Actor, given: PreparedGiven) -> tuple[Prepared, list[Fault]]:
    """Keep it; what is wrong with it comes back, and does not keep one from going on later."""
    made = made_of(edge, stream, actor, given)
    SqlPrepared(edge.engine).put(made, edge.clock.now())
    return made, faults(edge, actor, made)


def faults(edge: Edge, actor: Actor, made: Prepared) -> list[Fault]:
    """Everything for which handing it in would be refused now: (reason, field), each once."""
    found = refusals(edge, actor, made, edge.clock.now())
    return list(dict.fromkeys((refused.reason, refused.field) for refused in found))


def refusals(edge: Edge, actor: Actor, made: Prepared, at: datetime) -> Iterator[Refused]:
    """The same as refusals: what the guards of its command say (the same that decide), then the keys."""
    state = edge.tender(made.tender)
    told = {"terms": made.terms, "timeline": made.timeline}
    body = {name: base64.b64encode(data).decode() for name, data in told.items() if data is not None}
    command = Command("", made.tender, COMMANDS[made.kind][0], {**body, "reason": made.reason or ""})
    for guard in TENDERS.rows_on(command.type)[0].needs:
        try:
            if not guard(state, command, actor, at):
                yield Refused(guard.__name__)
        except Refused as refused:
            yield refused
    yield from _wrong_keys(edge, made, at)


def _wrong_keys(edge: Edge, made: Prepared, at: datetime) -> Iterator[Refused]:
    """Certificates that are not bound or do not hold, and a name that no client would accept."""
    terms = terms_of(edge, made)
    try:
        der = tenderees_certificate(edge, terms, at) if made.terms is None else notice_keys(edge, terms, at)
        holding = check_certificate(der, edge.trust.now(), at)
    except Refused as refused:
        yield Refused(refused.reason, field="tenderee")
        return
    if (holding.name, holding.uscc) != (terms.tenderee.name, terms.tenderee.uscc):
        yield Refused("tenderee_is_not_the_certificates", field="tenderee")


# --- signing


def signed(edge: Edge, stream: str, actor: Actor, given: SignaturesGiven) -> dict[str, Any]:
    """Keep the tenderee's signatures. Refused: not_your_role, prepared_changed, what is wrong with a signature."""
    ready = open_for(edge, stream, actor)
    if actor.organization != ready.tenderee:
        raise Refused("not_your_role")
    if given.digest != ready.digest or (ready.terms is None) != (given.terms_cms is None):
        raise Refused("prepared_changed", field="digest")
    now, timeline_cms = edge.clock.now(), base64.b64decode(given.timeline_cms)
    terms_cms = None if given.terms_cms is None else base64.b64decode(given.terms_cms)
    der = tenderees_certificate(edge, terms_of(edge, ready), now)
    verify("timeline", ready.timeline, timeline_cms, der)
    if ready.terms is not None and terms_cms is not None:
        verify("terms", ready.terms, terms_cms, der)
    if not SqlPrepared(edge.engine).sign(ready, terms_cms, timeline_cms, now):
        raise Refused("prepared_changed", field="digest")
    return {"digest": ready.digest, "signed": True}


# --- who the tenderee is


def particulars(edge: Edge, uscc: str) -> dict[str, Any]:
    """{organization, name, uscc, certificates: [{digest, serial, not_after, key}]}; Refused("organization_unknown")."""
    stream = edge.people.stream_of("uscc", uscc)
    if stream is None:
        raise Refused("organization_unknown", field="uscc")
    state = edge.door.state(stream)["organization"]
    bound = [digest for digest, binding in sorted(state.bindings.items()) if binding.state == "bound"]
    found = [told for digest in bound if (told := _holding(edge, digest, state.uscc)) is not None]
    return {"organization": stream, "name": state.name, "uscc": state.uscc, "certificates": found}


def _holding(edge: Edge, digest: str, uscc: str) -> dict[str, Any] | None:
    """A certificate that can hold a share: the organization's own, in force, its key fit for it; None for others."""
    try:
        holding = check_certificate(edge.certificates.get(digest), edge.trust.now(), edge.clock.now())
    except Refused:
        return None  # an expired or revoked one is no choice
    if not holding.can_agree or holding.uscc != uscc:
        return None
    until = rfc3339(holding.not_after)
    return {"digest": digest, "serial": holding.serial, "not_after": until, "key": holding.spki.hex()}
