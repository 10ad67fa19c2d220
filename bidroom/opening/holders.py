"""The holders beside the bidders: all or nothing, or by name that they did not; then the forms (seal.md, Release)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from bidroom.crypto.slots import BIDDER
from bidroom.facts import Actor, Command, Entry, ErasePieces, Fact
from bidroom.opening.decryption import kept, to_open
from bidroom.opening.state import Opening, put, put_all


def it_covers_every_released_bid(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """All or nothing: `digests` are exactly the released ones."""
    return command.body.get("digests") == [bid.digest for bid in to_open(state)]


def the_slot_is_ones_own(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The actor's organization holds a key of the slot that it names, and the slot is not the bidder's."""
    name = command.body.get("slot")
    return name != BIDDER and any(
        slot.name == name and any(holder.organization == actor.organization for holder in slot.holders)
        for slot in state.the_terms.slots
    )


def the_slot_owes_its_pieces(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """There is something to open, and this slot's pieces for it are not here yet."""
    return command.body.get("slot") in holders_missing(state)


def release_holder_shares(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """HolderSharesReleased: one message with the pieces for every released bid."""
    body = {
        "slot": command.body["slot"],
        "command": state.command,
        "digests": command.body["digests"],
        "message": command.digest,
        "nonce": command.evidence["nonce"],
    }
    yield Fact("HolderSharesReleased", body, effects=kept(command, to_open(state)))


def holder_released(state: Opening, entry: Entry) -> Opening:
    """HolderSharesReleased."""
    return replace(state, holders=put(state.holders, entry.body["slot"], entry.time))


def holders_missing(state: Opening) -> tuple[str, ...]:
    """The slots that still owe their pieces; none where there is nothing to open."""
    if not to_open(state):
        return ()
    return tuple(slot.name for slot in state.the_terms.slots if slot.name not in (BIDDER, *state.holders))


def every_holder_has_released(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """Every slot's pieces are here."""
    return not holders_missing(state)


def some_holder_is_missing(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """A slot owes its pieces."""
    return bool(holders_missing(state))


def lapse(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """HoldersLapsed: by name, and for the bidders always 视为撤回."""
    missing = holders_missing(state)
    names = [
        {"slot": slot.name, "organizations": sorted({holder.organization for holder in slot.holders})}
        for slot in state.the_terms.slots
        if slot.name in missing
    ]
    digests = tuple(bid.digest for bid in state.released())
    yield Fact("HoldersLapsed", {"missing": names}, effects=(ErasePieces(digests),))


def lapsed(state: Opening, entry: Entry) -> Opening:
    """HoldersLapsed: no bidder that released is at fault for it, in dispute or not."""
    lost = {bid.digest: replace(bid, fault="other", cause="holder_lapsed", failed_layer="holder")
            for bid in state.released()}  # fmt: skip
    bids = put_all(state.bids, lost)
    names = tuple(each["slot"] for each in entry.body["missing"])
    return replace(state, bids=bids, lapsed=names, clock=None)


# --- the forms


def results_cover_every_released_bid(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """Each bid was either opened or failed at a named layer."""
    results = [*command.evidence.get("opened", ()), *command.evidence.get("failures", ())]
    return sorted(each["digest"] for each in results) == [bid.digest for bid in to_open(state)]


def open_forms(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """BidFormsOpened, one a lot: K_0 and the digest of the form of each opened bid, the layer of each failure."""
    opened, failures = command.evidence["opened"], command.evidence["failures"]
    lots = state.live_lots
    for lot in lots:
        body = {
            "lot": lot.no,
            "opened": [{k: o[k] for k in ("digest", "k0", "form")} for o in opened if o["lot"] == lot.no],
            "failures": [{k: f[k] for k in ("digest", "layer", "at")} for f in failures if f["lot"] == lot.no],
        }
        last = lot is lots[-1]
        erased = tuple(bid.digest for bid in state.released())
        effects = (ErasePieces(erased, tuple(sorted(o["digest"] for o in opened))),) if last else ()
        yield Fact("BidFormsOpened", body, effects=effects)


def forms_opened(state: Opening, entry: Entry) -> Opening:
    """BidFormsOpened."""
    came = {each["digest"]: {"k0": each["k0"], "form": each["form"]} for each in entry.body["opened"]}
    for each in entry.body["failures"]:
        came[each["digest"]] = {"failed_layer": each["layer"], "cause": "not_decrypted"}
    bids = put_all(state.bids, {digest: replace(state.bids[digest], **what) for digest, what in came.items()})
    lot = replace(state.lots[entry.body["lot"]], opened=True)
    return replace(state, bids=bids, lots=put(state.lots, lot.no, lot), clock=None)


def every_lot_is_opened(state: Opening) -> bool:
    """Each live lot's forms are there."""
    return all(lot.opened for lot in state.live_lots)


def results_of(act: tuple[Entry, ...]) -> Mapping[str, Any]:
    """For a replay: what came of each bid, as the facts of all lots together say."""
    told: dict[str, list[Mapping[str, Any]]] = {"opened": [], "failures": []}
    for entry in act:
        for key, found in told.items():
            found += [{**each, "lot": entry.body["lot"]} for each in entry.body[key]]
    return told


FOLDS = {
    "HolderSharesReleased": holder_released,
    "HoldersLapsed": lapsed,
    "BidFormsOpened": forms_opened,
}
