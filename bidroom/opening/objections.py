"""Objections, their answers, and what an upheld one permits (条例 44)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from bidroom.facts import Actor, Command, Entry, Fact, rfc3339
from bidroom.opening.notice import verified_deposits
from bidroom.opening.state import Objection, Opening, put

RULINGS = ("upheld", "rejected", "referred")
DEPOSIT_STATES = ("paid", "guarantee", "late", "short", "none")


def it_has_a_final_bid(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The organization takes part in this opening with a bid that was there at the deadline."""
    return any(bid.final and bid.organization == actor.organization for bid in state.bids.values())


def objection_is_new(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """No objection has this id: everyone in the room sees the ids, and nobody may write over another's."""
    return command.id not in state.objections


def that_objection_is_open(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """`objection` names one that has not been answered."""
    objection = state.objections.get(str(command.body.get("objection")))
    return objection is not None and objection.answered_at is None


def ruling_is_known(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """`ruling` is upheld, rejected or referred."""
    return command.body.get("ruling") in RULINGS


def an_upheld_objection_permits_it(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """`objection` names one that was upheld."""
    objection = state.objections.get(str(command.body.get("objection")))
    return objection is not None and objection.ruling == "upheld"


def deposit_state_is_known(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """`state` is one of those that a deposit can have."""
    return command.body.get("state") in DEPOSIT_STATES


def the_bidder_bid_for_that_lot(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """`organization` has a final bid for the command's lot."""
    return any(bid.organization == command.body["organization"] for bid in state.finals(command.lot))


def the_lot_it_names_exists(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """It is about one of the tender's lots, or about all."""
    return command.lot is None or command.lot in state.lots


def last_call_is_over(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The time of the last call has run down."""
    return state.clock is not None and at > state.clock


def raise_objection(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """ObjectionRaised; the command's id is the objection's."""
    body = {"objection": command.id, "text": command.body["text"], "lot": command.lot}
    yield Fact("ObjectionRaised", {**body, "organization": actor.organization})


def raised(state: Opening, entry: Entry) -> Opening:
    """ObjectionRaised."""
    body = entry.body
    objection = Objection(body["objection"], body["organization"], body["lot"], entry.time, body["text"])
    return replace(state, objections=put(state.objections, objection.id, objection))


def answered(state: Opening, entry: Entry) -> Opening:
    """ObjectionAnswered."""
    body = entry.body
    objection = state.objections[body["objection"]]
    answer = replace(objection, answer=body["text"], ruling=body["ruling"], answered_at=entry.time)
    return replace(state, objections=put(state.objections, objection.id, answer))


def deposit_corrected(state: Opening, entry: Entry) -> Opening:
    """DepositCorrected: what the record says of a deposit, after an upheld objection; the lot is counted anew."""
    body, no = entry.body, entry.body["lot"]
    corrected = put(state.corrected_deposits, (body["organization"], no), body["state"])
    after = replace(state, corrected_deposits=corrected)
    lot = state.lots[no]
    counted = replace(lot, deposits=verified_deposits(after, no) if lot.checked else lot.deposits)
    return replace(after, lots=put(after.lots, no, counted))


def call_last(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """LastCallOpened: objections are taken at least until then."""
    yield Fact("LastCallOpened", {"until": rfc3339(at + state.the_timeline.windows.last_call)})


def last_called(state: Opening, entry: Entry) -> Opening:
    """LastCallOpened."""
    return replace(state, clock=entry.time + state.the_timeline.windows.last_call)


FOLDS = {
    "ObjectionRaised": raised,
    "ObjectionAnswered": answered,
    "DepositCorrected": deposit_corrected,
    "LastCallOpened": last_called,
}
