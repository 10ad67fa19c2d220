"""Whose fault it is that a bid was not opened, and the announcement of those that were (办法 31)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

from bidroom.facts import Actor, Command, Entry, Fact
from bidroom.opening.state import Bid, Opening, put

FAULTS = ("bidder", "other")


def that_bid_was_not_opened(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The digest is of a final bid of a live lot (the one named, if any) that did not open."""
    return any(
        bid.digest == command.body.get("digest") and not bid.opened and command.lot in (None, bid.lot)
        for bid in state.finals()
    )


def no_holder_lapsed(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """A holder's lapse is never the bidder's fault, and nobody rules otherwise."""
    bid = state.bids.get(str(command.body.get("digest")))
    return bid is None or bid.cause != "holder_lapsed"


def fault_is_bidder_or_other(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """`fault` is bidder (视为撤销) or other (视为撤回)."""
    return command.body.get("fault") in FAULTS


def every_failure_is_attributed(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The host has ruled on each bid that was not opened."""
    return not unattributed(state)


def some_bid_was_opened(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """There is something to announce; where there is not the opening is terminated."""
    return any(bid.opened for bid in state.finals())


def unattributed(state: Opening) -> tuple[Bid, ...]:
    """Bids that neither opened nor have a ruling."""
    return tuple(bid for bid in state.finals() if not bid.opened and bid.fault is None)


def rule(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """FailureAttributed: the cause as the system found it, the fault as the host rules."""
    yield Fact("FailureAttributed", _ruling(state, command))


def revise(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """AttributionRevised: another ruling, and the upheld objection that permits it."""
    yield Fact("AttributionRevised", {**_ruling(state, command), "objection": command.body["objection"]})


def _ruling(state: Opening, command: Command) -> dict[str, Any]:
    bid = state.bids[command.body["digest"]]
    told = {key: command.body[key] for key in ("fault", "reason")}
    return {"lot": bid.lot, "digest": bid.digest, "cause": bid.cause, **told}


def ruled(state: Opening, entry: Entry) -> Opening:
    """FailureAttributed, AttributionRevised."""
    bid = replace(state.bids[entry.body["digest"]], fault=entry.body["fault"])
    return replace(state, bids=put(state.bids, bid.digest, bid))


def announce(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """LotEnded for each lot in which nothing opened, then BidsAnnounced: all forms are shown at once."""
    announced = [lot for lot in state.live_lots if any(bid.opened for bid in state.finals(lot.no))]
    for lot in state.live_lots:
        if lot not in announced:
            yield Fact("LotEnded", {"lot": lot.no, "reason": "none_opened", "because": None})
    yield Fact("BidsAnnounced", {"lots": [lot.no for lot in announced]})


def announced(state: Opening, entry: Entry) -> Opening:
    """BidsAnnounced."""
    return replace(state, announced_at=entry.time)


FOLDS = {"FailureAttributed": ruled, "AttributionRevised": ruled, "BidsAnnounced": announced}
