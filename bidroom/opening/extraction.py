"""Sign-in, the final bids, the check against the minimum, the holders' preflight."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from bidroom.crypto import tree
from bidroom.crypto.slots import BIDDER
from bidroom.facts import Actor, Body, Command, Entry, Fact
from bidroom.opening.notice import verified_deposits, with_party
from bidroom.opening.state import LotState, Opening, put, put_all


def sign_in_is_due(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The timeline's sign-in time has come."""
    return at >= state.the_timeline.sign_in


def not_signed_in_yet(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """This organization has not signed in before."""
    return actor.organization not in state.signed_in


def it_has_a_live_bid(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """This organization has a sealed bid here that it has not withdrawn."""
    return any(bid.live and bid.organization == actor.organization for bid in state.bids.values())


def deadline_is_past(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The deadline in force has passed."""
    return state.deadline is not None and at > state.deadline


def rehash_names_only_final_bids(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """What was found damaged is among the final bids."""
    damaged = command.evidence.get("damaged")
    return isinstance(damaged, list) and set(damaged) <= {bid.digest for bid in state.finals()}


def lot_is_under_the_minimum(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """There is something to decide: fewer bids or verified deposits than the minimum."""
    lot = state.lots.get(command.lot or 0)
    return lot is not None and needs_decision(state, lot)


def decision_is_to_end_or_go_on(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """`decision` is end or go_on."""
    return command.body.get("decision") in ("end", "go_on")


def going_on_is_allowed(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """条例 44: under cn-mandatory a lot with fewer bids than the minimum is not opened, only ended."""
    lot = state.lots[command.lot or 0]
    enough = lot.counted >= state.the_terms.minimum or (lot.counted > 0 and state.pack.may_go_on_under_minimum)
    return command.body.get("decision") == "end" or enough


def it_holds_a_key(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The actor's organization holds a key of a slot other than the bidder's."""
    return any(
        holder.organization == actor.organization
        for slot in state.the_terms.slots
        if slot.name != BIDDER
        for holder in slot.holders
    )


def preflight_names_only_final_bids(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """`bad` lists digests of final bids."""
    return set(command.body["bad"]) <= {bid.digest for bid in state.finals()}


def needs_decision(state: Opening, lot: LotState) -> bool:
    """Whether the host must decide about this lot before the command."""
    minimum = state.the_terms.minimum
    return lot.ended is None and lot.checked and (lot.counted < minimum or lot.deposits < minimum)


def final_root(state: Opening) -> str:
    """RFC 6962 MTH over (lot u16 ‖ digest), sorted, of all live bids; hex."""
    return tree.final_root((bid.lot, bid.digest) for bid in state.bids.values() if bid.live).hex()


def extract(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """BidsExtracted, one a lot: its final digests, and the root over all."""
    final = final_root(state)
    for lot in state.live_lots:
        digests = sorted(bid.digest for bid in state.bids.values() if bid.live and bid.lot == lot.no)
        yield Fact("BidsExtracted", {"lot": lot.no, "digests": digests, "root": final})


def check(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """BidsChecked, one a lot: how many bids and verified deposits, which ciphertexts are damaged."""
    damaged = set(command.evidence["damaged"])
    for lot in state.live_lots:
        finals = state.finals(lot.no)
        hurt = [bid.digest for bid in finals if bid.digest in damaged]
        counts = {"counted": len(finals), "deposits": verified_deposits(state, lot.no)}
        yield Fact("BidsChecked", {"lot": lot.no, **counts, "damaged": hurt})


def damage_of(act: tuple[Entry, ...]) -> Body:
    """For a replay: the damaged bids that the facts of all lots together name."""
    return {"damaged": [digest for entry in act for digest in entry.body["damaged"]]}


def every_lot_is_extracted(state: Opening) -> bool:
    """Each live lot has its final digests."""
    return all(lot.extracted for lot in state.live_lots)


def every_lot_is_checked(state: Opening) -> bool:
    """Each live lot is counted."""
    return all(lot.checked for lot in state.live_lots)


def signed_in(state: Opening, entry: Entry) -> Opening:
    """BidderSignedIn."""
    known = with_party(state, entry)
    return replace(known, signed_in=put(state.signed_in, entry.actor["organization"], entry.time))


def extracted(state: Opening, entry: Entry) -> Opening:
    """BidsExtracted."""
    body, bids = entry.body, state.bids
    bids = put_all(bids, {digest: replace(bids[digest], final=True) for digest in body["digests"]})
    lot = replace(state.lots[body["lot"]], extracted=True)
    return replace(state, bids=bids, lots=put(state.lots, lot.no, lot), root=body["root"])


def checked(state: Opening, entry: Entry) -> Opening:
    """BidsChecked."""
    body, bids = entry.body, state.bids
    bids = put_all(bids, {digest: replace(bids[digest], damaged=True) for digest in body["damaged"]})
    lot = replace(state.lots[body["lot"]], checked=True, counted=body["counted"], deposits=body["deposits"])
    return replace(state, bids=bids, lots=put(state.lots, lot.no, lot))


def decided(state: Opening, entry: Entry) -> Opening:
    """UnderMinimumDecided; a later decision replaces it until the command."""
    body = entry.body
    lot = replace(state.lots[body["lot"]], decision=body["decision"], decision_reason=body["reason"])
    return replace(state, lots=put(state.lots, lot.no, lot))


def preflighted(state: Opening, entry: Entry) -> Opening:
    """PreflightSigned."""
    return replace(state, preflights=put(state.preflights, entry.actor["organization"], tuple(entry.body["bad"])))


FOLDS = {
    "BidderSignedIn": signed_in,
    "BidsExtracted": extracted,
    "BidsChecked": checked,
    "UnderMinimumDecided": decided,
    "PreflightSigned": preflighted,
}
