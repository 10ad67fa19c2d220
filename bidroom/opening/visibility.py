"""What each audience sees of each entry: decided here and nowhere else (招标投标法 22).

Before extraction nobody is told of any bid, sign-in or deposit but their own; forms are shown to all at once by
BidsAnnounced; names of bidders are withheld from bidders and observers as long as the pack says.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from bidroom.facts import Entry, Role, rfc3339
from bidroom.opening.state import Opening

Seen = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Audience:
    """Those who see the same: a role in the room, or (with `organization`) one organization's own panel."""

    role: Role
    organization: str | None = None


ROOM_ROLES = (Role.HOST, Role.TENDEREE, Role.BIDDER, Role.SUPERVISOR, Role.AUDITOR, Role.CLERK, Role.ANYONE)
"""The audiences of a room; a deputy and the agent see what the host sees, anyone is the public board."""

KNOWS_NAMES = (Role.HOST, Role.SUPERVISOR, Role.AUDITOR)
INSIDE = (*KNOWS_NAMES, Role.TENDEREE, Role.BIDDER)

PUBLIC = frozenset({
    "NoticePublished", "TimelineAmended", "SignInOpened", "BidsExtracted", "BidsChecked", "UnderMinimumDecided",
    "DecryptionCommanded", "ShareReleased", "WindowExtended", "ReleaseClosed", "HolderSharesReleased", "HoldersLapsed",
    "BidFormsOpened", "FailureAttributed", "BidsAnnounced", "LastCallOpened", "ObjectionRaised", "ObjectionAnswered",
    "DepositCorrected", "AttributionRevised", "ConfirmationOpened", "RecordConfirmed", "RecordRefused", "RecordSigned",
    "OpeningClosed", "OpeningSuspended", "ResumptionAnnounced", "OpeningResumed", "LotEnded", "OpeningTerminated",
    "OutageHeld", "RecoveryAnnounced", "HostReplaced", "DeputyAppointed",
})  # fmt: skip
"""Told to every audience of the room."""

IN_THE_ROOM = frozenset({"PreflightSigned", "Reminded", "ReleaseFailureReported"})
"""Told to those who run and watch the opening."""
RUN_AND_WATCH = (*KNOWS_NAMES, Role.TENDEREE)
"""Host, supervisor, auditor, tenderee."""

SECRET_UNTIL_EXTRACTION = frozenset({"BidderSignedIn"})
"""Told to the room once the deadline has passed; before that to nobody but the one who acted."""

OWN = frozenset({
    "BidSubmitted", "BidWithdrawn", "UploadRefused", "BidderSignedIn", "ShareReleased", "ReleaseFailureReported",
    "RecordConfirmed", "RecordRefused", "ObjectionRaised",
})  # fmt: skip
"""Told to the organization that acted, in its own panel."""


def project(state: Opening, entry: Entry, audience: Audience) -> Seen | None:
    """What this audience sees of an entry, None for nothing; `state` is the state with the entry folded in.

    The projection has no `seq`: it would count what is secret.
    """
    if audience.organization is not None:
        return _own(state, entry, audience.organization)
    if not is_told(state, entry, audience.role):
        return None
    body = SHOWN.get(entry.type, _as_it_is)(state, entry, audience.role)
    seen = {"type": entry.type, "time": rfc3339(entry.time), "role": str(entry.role), "phase": str(state.phase)}
    return {**seen, "body": body}


def is_told(state: Opening, entry: Entry, role: Role) -> bool:
    """Whether this role hears of this entry at all."""
    if entry.type in PUBLIC:
        return True
    if entry.type in IN_THE_ROOM:
        return role in RUN_AND_WATCH
    return entry.type in SECRET_UNTIL_EXTRACTION and state.root is not None and role in INSIDE


def _own(state: Opening, entry: Entry, organization: str) -> Seen | None:
    if entry.type not in OWN or entry.actor.get("organization") != organization:
        return None
    seen = {"type": entry.type, "time": rfc3339(entry.time), "role": str(entry.role), "phase": str(state.phase)}
    return {**seen, "body": dict(entry.body)}


def names_are_shown(state: Opening, role: Role) -> bool:
    """Whether this role may know which organization is which bidder."""
    if role in KNOWS_NAMES:
        return state.root is not None
    if state.pack.names_shown_from == "checked":
        return any(lot.checked for lot in state.lots.values())
    return state.announced_at is not None


def bidder_label(state: Opening, lot: int, organization: str, role: Role) -> dict[str, Any]:
    """The bidder's number in the lot, and its name for those who may know it."""
    label: dict[str, Any] = {"no": state.numbers(lot).get(organization)}
    if names_are_shown(state, role):
        party = state.parties.get(organization)
        return {**label, "organization": organization, "name": party.name if party else None}
    return label


def _as_it_is(state: Opening, entry: Entry, role: Role) -> Seen:
    return dict(entry.body)


def _notice(state: Opening, entry: Entry, role: Role) -> Seen:
    return {key: value for key, value in entry.body.items() if key != "timeline_cms"}


def _of_a_bid(state: Opening, entry: Entry, role: Role) -> Seen:
    """One bidder's step: who, as far as the role may know, and no digest that a name could be read from."""
    bid = state.bids[entry.body["digest"]]
    told = {"lot": bid.lot, "bidder": bidder_label(state, bid.lot, bid.organization, role)}
    more = ("fault", "reason", "cause", "layer", "serial")
    return {**told, **{key: entry.body[key] for key in more if key in entry.body}, "digest": bid.digest}


def _of_an_organization(state: Opening, entry: Entry, role: Role) -> Seen:
    """One organization's step in the room, by the numbers it has in its lots."""
    organization = entry.body.get("organization") or entry.actor["organization"]
    labels = _of_lots(state, organization, role)
    kept = {key: value for key, value in entry.body.items() if key not in ("organization", "nonce")}
    return {**kept, "bidder": labels}


def _closed(state: Opening, entry: Entry, role: Role) -> Seen:
    silent = [_of_lots(state, organization, role) for organization in entry.body["silent"]]
    return {**entry.body, "silent": silent}


def _of_lots(state: Opening, organization: str, role: Role) -> list[dict[str, Any]]:
    lots = sorted({bid.lot for bid in state.bids.values() if bid.final and bid.organization == organization})
    return [{"lot": lot, **bidder_label(state, lot, organization, role)} for lot in lots]


def _forms_opened(state: Opening, entry: Entry, role: Role) -> Seen:
    """How many opened and which failed; keys and digests of forms are told with the announcement."""
    failures = [{"digest": each["digest"], "layer": each["layer"]} for each in entry.body["failures"]]
    return {"lot": entry.body["lot"], "opened": [o["digest"] for o in entry.body["opened"]], "failures": failures}


SHOWN: Mapping[str, Callable[[Opening, Entry, Role], Seen]] = {
    "TimelineAmended": _notice,
    "ShareReleased": _of_a_bid,
    "FailureAttributed": _of_a_bid,
    "AttributionRevised": _of_a_bid,
    "ReleaseFailureReported": _of_a_bid,
    "BidderSignedIn": _of_an_organization,
    "ObjectionRaised": _of_an_organization,
    "DepositCorrected": _of_an_organization,
    "RecordConfirmed": _of_an_organization,
    "RecordRefused": _of_an_organization,
    "OpeningClosed": _closed,
    "BidFormsOpened": _forms_opened,
}


def forms_are_shown(state: Opening) -> bool:
    """Whether the opened bid forms may be seen by the room: from the announcement on, by everyone at once."""
    return state.announced_at is not None


def header_may_be_read(state: Opening, digest: str, audience: Audience) -> bool:
    """A sealed bid's header: by its own bidder always, by holders, host, supervisor and auditor once extracted."""
    bid = state.bids.get(digest)
    if bid is None:
        return False
    if bid.organization == audience.organization:
        return True
    seats = (Role.HOST, Role.DEPUTY, Role.AGENT, Role.TENDEREE, Role.SUPERVISOR, Role.AUDITOR)
    return bid.final and audience.role in seats


def room_view(state: Opening, role: Role) -> Seen:
    """The opening as a page or a client needs it to begin with: phase, clock, lots, bidders as this role may see."""
    view: dict[str, Any] = {
        "tender": state.tender,
        "number": state.the_terms.number,
        "title": state.the_terms.title,
        "phase": str(state.phase),
        "deadline": state.deadline and rfc3339(state.deadline),
        "clock": state.clock and rfc3339(state.clock),
        "host": state.hosts[state.host],
        "command": state.command,
        "root": state.root,
        "record": state.record,
        "outage": state.outage is not None,
    }
    if state.root is None:
        return view
    return {**view, "lots": [_lot_view(state, lot, role) for lot in sorted(state.lots)]}


def _lot_view(state: Opening, no: int, role: Role) -> dict[str, Any]:
    lot = state.lots[no]
    told = {"no": no, "counted": lot.counted, "deposits": lot.deposits, "decision": lot.decision, "ended": lot.ended}
    return {**told, "bids": [_bid_view(state, bid.digest, role) for bid in state.finals(no)]}


def _bid_view(state: Opening, digest: str, role: Role) -> dict[str, Any]:
    bid = state.bids[digest]
    return {
        "digest": digest,
        "bidder": bidder_label(state, bid.lot, bid.organization, role),
        "signed_in": bid.organization in state.signed_in,
        "released": bid.released_at is not None,
        "cause": bid.cause,
        "layer": bid.failed_layer,
        "fault": bid.fault,
        "opened": bid.opened,
    }
