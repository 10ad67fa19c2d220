"""What the opening takes from the registry's facts: the notice, the bids, the deposits."""

from __future__ import annotations

import base64
from dataclasses import replace
from decimal import Decimal

from bidroom.crypto.policy import parse_terms
from bidroom.crypto.timeline import parse_timeline
from bidroom.facts import Entry, instant
from bidroom.opening.state import Bid, Deposit, LotState, Opening, Party, party_of, put


def noticed(state: Opening, entry: Entry) -> Opening:
    """NoticeSubmitted: the terms and the first timeline."""
    terms = parse_terms(base64.b64decode(entry.body["terms"]))
    state = replace(
        state,
        tender=entry.stream,
        terms=terms,
        lots={lot.no: LotState(lot.no) for lot in terms.lots},
    )
    for party in filter(None, (terms.tenderee, terms.agent)):
        known = Party(party.organization, party.name, party.uscc)
        state = replace(state, parties=put(state.parties, party.organization, known))
    return timed(state, entry)


def timed(state: Opening, entry: Entry) -> Opening:
    """NoticeSubmitted, TimelineAmended: the timeline now in force, and its deadline; who hosts goes on if listed."""
    timeline = parse_timeline(base64.b64decode(entry.body["timeline"]))
    hosting = state.hosts[state.host] if state.hosts else None
    after = replace(state, timeline=timeline, deadline=timeline.deadline)
    return replace(after, host=after.hosts.index(hosting) if hosting in after.hosts else 0)


def bid_submitted(state: Opening, entry: Entry) -> Opening:
    """BidSubmitted: the new bid lives, the one that it supersedes does not."""
    body, signed = entry.body, entry.signed or {}
    before = state.live_bid(body["organization"], body["lot"])
    bids = state.bids if before is None else put(state.bids, before.digest, replace(before, live=False))
    bid = Bid(
        digest=body["digest"],
        lot=body["lot"],
        organization=body["organization"],
        certificate=entry.actor["certificate"],
        bid=body["bid"],
        received_at=entry.time,
        header=base64.b64decode(signed["bytes"]),
        timeline=body["timeline"],
        nonce=body["nonce"],
    )
    return with_party(replace(state, bids=put(bids, bid.digest, bid)), entry)


def bid_withdrawn(state: Opening, entry: Entry) -> Opening:
    """BidWithdrawn: it stays sealed for ever."""
    bid = state.bids[entry.body["digest"]]
    return replace(state, bids=put(state.bids, bid.digest, replace(bid, live=False)))


def upload_refused(state: Opening, entry: Entry) -> Opening:
    """UploadRefused: kept for the record."""
    known = with_party(state, entry)
    return replace(known, refused_uploads=(*state.refused_uploads, {**entry.body, "at": entry.time}))


def with_party(state: Opening, entry: Entry) -> Opening:
    """The state with the name of the entry's actor, as its binding has it."""
    party = party_of(entry)
    if party is None or party.organization in state.parties:
        return state
    return replace(state, parties=put(state.parties, party.organization, party))


def deposit_registered(state: Opening, entry: Entry) -> Opening:
    """DepositRegistered: money or a guarantee letter, not yet verified."""
    body = entry.body
    deposit = Deposit(
        id=body["deposit"],
        lot=body["lot"],
        organization=body["organization"],
        kind=body["kind"],
        amount=body["amount"],
        received_at=instant(body["received_at"]),
        account=body.get("account"),
        basic_account=body["basic_account"],
    )
    return replace(state, deposits=put(state.deposits, deposit.id, deposit))


def deposit_verified(state: Opening, entry: Entry) -> Opening:
    """DepositVerified: the clerk says that it is, or is not, what it claims; too late to count once extracted."""
    deposit, verified = state.deposits[entry.body["deposit"]], entry.body["verified"]
    deposit = replace(deposit, verified=verified, counts=verified if state.root is None else deposit.counts)
    return replace(state, deposits=put(state.deposits, deposit.id, deposit))


def deposit_state(state: Opening, organization: str, lot: int) -> str:
    """paid, guarantee, late, short or none: what was received by the deadline and verified by the extraction.

    From then on only an upheld objection changes it.
    """
    if (organization, lot) in state.corrected_deposits:
        return state.corrected_deposits[organization, lot]
    known = [deposit for deposit in state.deposits_of(organization, lot) if deposit.verified or deposit.counts]
    in_time = [each for each in known if each.counts and state.deadline and each.received_at <= state.deadline]
    if not in_time:
        return "late" if known else "none"
    if sum(Decimal(deposit.amount) for deposit in in_time) < Decimal(state.the_terms.lot(lot).deposit):
        return "short"
    return "guarantee" if all(deposit.kind == "guarantee" for deposit in in_time) else "paid"


def verified_deposits(state: Opening, lot: int) -> int:
    """How many of a lot's final bids have their deposit: money or a letter, enough and in time."""
    states = (deposit_state(state, bid.organization, lot) for bid in state.finals(lot))
    return sum(each in ("paid", "guarantee") for each in states)


def shares_an_account(state: Opening, organization: str, lot: int) -> bool:
    """Whether another organization's deposit was paid from one of this bidder's accounts (条例 40)."""
    mine = {deposit.account for deposit in state.deposits_of(organization, lot) if deposit.account}
    return any(d.organization != organization and d.account in mine for d in state.deposits.values() if d.account)


FOLDS = {
    "NoticeSubmitted": noticed,
    "TimelineAmended": timed,
    "BidSubmitted": bid_submitted,
    "BidWithdrawn": bid_withdrawn,
    "UploadRefused": upload_refused,
    "DepositRegistered": deposit_registered,
    "DepositVerified": deposit_verified,
}
