"""The command, the release of the keys, the close, the holders, the opened forms (seal.md, Release)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bidroom.crypto.slots import BIDDER
from bidroom.facts import Actor, Command, Entry, Fact, KeepPieces, rfc3339
from bidroom.opening.extraction import needs_decision
from bidroom.opening.state import Bid, Opening, put, put_all

LONGEST_EXTENSION = 24 * 3600
LAYERS = ("share", "commitment", "key")


# --- the command


def every_lot_under_the_minimum_is_decided(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The host has said of each such lot whether it ends or goes on."""
    return all(lot.decision is not None for lot in state.live_lots if needs_decision(state, lot))


def some_lot_goes_on(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """There is a lot to open; where there is none the opening is terminated instead."""
    return bool(_lots_to_open(state))


def every_holder_signed_a_preflight(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """In each slot but the bidder's, as many holders as it needs have tried their stanzas."""
    return all(
        len({h.organization for h in slot.holders} & set(state.preflights))
        >= min(slot.needed, len({h.organization for h in slot.holders}))
        for slot in state.the_terms.slots
        if slot.name != BIDDER
    )


def window_is_the_timelines(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """`window` is the number of seconds that the timeline gives bidders to release."""
    return command.body.get("window") == int(state.the_timeline.windows.release.total_seconds())


def it_names_a_checkpoint(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The host says which log it commands on: the door has compared it with the tender's own."""
    return command.checkpoint is not None


def _lots_to_open(state: Opening) -> list[int]:
    return [lot.no for lot in state.live_lots if not (needs_decision(state, lot) and lot.decision == "end")]


def command_decryption(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """LotEnded for each lot that was decided to end, then DecryptionCommanded."""
    going_on = _lots_to_open(state)
    for lot in state.live_lots:
        if lot.no not in going_on:
            yield Fact("LotEnded", {"lot": lot.no, "reason": "under_minimum", "because": lot.decision_reason})
    body = {
        "command": command.digest,
        "root": state.root,
        "window": command.body["window"],
        "nonce": command.body.get("nonce"),
        "until": rfc3339(at + timedelta(seconds=command.body["window"])),
    }
    yield Fact("DecryptionCommanded", body)


def commanded(state: Opening, entry: Entry) -> Opening:
    """DecryptionCommanded: t0 is its time, t1 the end of its window."""
    body = entry.body
    until = entry.time + timedelta(seconds=body["window"])
    return replace(state, command=body["command"], commanded_at=entry.time, clock=until)


# --- bidders release


def not_released_yet(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """This bid's key has not been released before."""
    return state.bids[command.body["digest"]].released_at is None


def pieces_match_their_commitments(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """Each piece's HMAC is the header's c_j; computed where the pieces are, as they may not come nearer than this."""
    return command.evidence.get("pieces_match") is True


def release_share(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """ShareReleased: that it happened and the hash of the message, never the pieces."""
    bid = state.bids[command.body["digest"]]
    told = {"command": state.command, "message": command.digest, "nonce": command.evidence["nonce"]}
    body = {**_own_bid(bid), **told}
    yield Fact("ShareReleased", body, effects=kept(command, (bid,)))


def _own_bid(bid: Bid) -> dict[str, Any]:
    return {"lot": bid.lot, "digest": bid.digest, "organization": bid.organization}


def kept(command: Command, bids: tuple[Bid, ...]) -> tuple[KeepPieces, ...]:
    """The effects that hold the pieces which came with this command."""
    pieces: Mapping[str, Mapping[int, bytes]] = command.secret.get("pieces", {})
    if command.signed is None:
        return ()
    return tuple(KeepPieces(bid.digest, pieces[bid.digest], command.signed) for bid in bids if bid.digest in pieces)


def released(state: Opening, entry: Entry) -> Opening:
    """ShareReleased."""
    bid = state.bids[entry.body["digest"]]
    bid = replace(bid, released_at=entry.time, message=entry.body["message"])
    return replace(state, bids=put(state.bids, bid.digest, bid))


def failure_names_a_layer(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """`layer` is one of those that a release can fail at."""
    return command.body.get("layer") in LAYERS


def report_failure(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """ReleaseFailureReported: which layer, and the serial of the certificate that was tried."""
    told = {key: command.body[key] for key in ("layer", "serial")}
    yield Fact("ReleaseFailureReported", {**_own_bid(state.bids[command.body["digest"]]), **told})


def failure_reported(state: Opening, entry: Entry) -> Opening:
    """ReleaseFailureReported: evidence for the attribution."""
    bid = state.bids[entry.body["digest"]]
    reported = {"layer": entry.body["layer"], "serial": entry.body["serial"], "at": rfc3339(entry.time)}
    return replace(state, bids=put(state.bids, bid.digest, replace(bid, reported=reported)))


# --- windows


def extension_is_of_a_sound_length(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """`seconds` is 1 to 24 hours' worth."""
    return 0 < int(command.body["seconds"]) <= LONGEST_EXTENSION


def extend(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """WindowExtended: the window of the phase runs on."""
    assert state.clock is not None
    until = state.clock + timedelta(seconds=command.body["seconds"])
    told = {key: command.body[key] for key in ("seconds", "reason", "command")}
    yield Fact("WindowExtended", {**told, "phase": str(state.phase), "until": rfc3339(until)})


def extended(state: Opening, entry: Entry) -> Opening:
    """WindowExtended."""
    assert state.clock is not None
    until = state.clock + timedelta(seconds=entry.body["seconds"])
    told = {key: entry.body[key] for key in ("phase", "seconds", "reason")}
    note = {**told, "at": rfc3339(entry.time), "until": rfc3339(until)}
    return replace(state, clock=until, extensions=(*state.extensions, note))


def the_window_is_over_or_all_have_released(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """Nothing is decrypted before the window ends or all shares are in."""
    return all_have_released(state) or (state.clock is not None and at > state.clock)


def all_have_released(state: Opening) -> bool:
    """No bidder of a live lot has a move left."""
    return all(bid.released_at is not None for bid in state.finals())


def close_release(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """ReleaseClosed: who released and who did not; from here no bidder has a move."""
    finals = state.finals()
    body = {
        "command": state.command,
        "released": [bid.digest for bid in finals if bid.released_at is not None],
        "missing": [bid.digest for bid in finals if bid.released_at is None],
        "until": rfc3339(at + state.the_timeline.windows.closing),
    }
    yield Fact("ReleaseClosed", body)


def release_closed(state: Opening, entry: Entry) -> Opening:
    """ReleaseClosed: the holders' clock runs."""
    missing = {digest: replace(state.bids[digest], cause="not_released") for digest in entry.body["missing"]}
    bad = (bid for bid in state.released() if disputed(state, bid))
    in_dispute = {bid.digest: replace(bid, cause="disputed", failed_layer="stanza") for bid in bad}
    bids = put_all(state.bids, {**missing, **in_dispute})
    clock = entry.time + state.the_timeline.windows.closing
    return replace(state, bids=bids, closed_at=entry.time, clock=clock)


# --- what the other holders get to open


def disputed(state: Opening, bid: Bid) -> bool:
    """Whether a holder's preflight said that its stanza for this bid does not open."""
    return any(bid.digest in bad for bad in state.preflights.values())


def to_open(state: Opening) -> tuple[Bid, ...]:
    """The bids that holders release all or nothing: released by their bidder, and in no dispute."""
    return tuple(bid for bid in state.released() if not disputed(state, bid))


def pieces_matched(act: tuple[Entry, ...]) -> Mapping[str, Any]:
    """For a replay: the server held the pieces and let them through; their own check looks at them again."""
    return {"pieces_match": True, "nonce": act[0].body["nonce"]}


FOLDS = {
    "DecryptionCommanded": commanded,
    "ShareReleased": released,
    "ReleaseFailureReported": failure_reported,
    "WindowExtended": extended,
    "ReleaseClosed": release_closed,
}
