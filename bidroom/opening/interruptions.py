"""Suspension, resumption, the end of a lot or of all, outages, and who hosts when the host is gone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from bidroom.facts import Actor, Command, Entry, ErasePieces, Fact, Role, instant, rfc3339
from bidroom.opening.extraction import needs_decision
from bidroom.opening.state import WINDOWS, Opening, Party, Pause, Phase, put

MICROSECOND = timedelta(microseconds=1)


# --- suspension


def suspend(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """OpeningSuspended: all clocks stop; what was left of the phase's is kept, in microseconds."""
    running = state.clock is not None and state.phase in WINDOWS
    left = max(state.clock - at, timedelta()) // MICROSECOND if running and state.clock else None
    body = {"reason": command.body["reason"], "phase": str(state.phase), "left": left}
    yield Fact("OpeningSuspended", {**body, "command": state.command})


def suspended(state: Opening, entry: Entry) -> Opening:
    """OpeningSuspended."""
    body = entry.body
    left = None if body["left"] is None else body["left"] * MICROSECOND
    pause = Pause(entry.time, str(entry.role), body["reason"], Phase(body["phase"]), left)
    return replace(state, pauses=(*state.pauses, pause), clock=None if left is not None else state.clock)


def who_suspended_may_lift(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """A supervisor's suspension is lifted by a supervisor."""
    pause = state.pause
    return pause is not None and (pause.role != Role.SUPERVISOR or actor.role is Role.SUPERVISOR)


def resumption_gives_notice(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """`at` is not past, and as far ahead as the pack asks after so long a suspension."""
    pause = state.pause
    if pause is None:
        return False
    resumes = instant(command.body["at"])
    long = resumes - pause.at > state.pack.resume_notice_after
    return resumes >= at + (state.pack.resume_notice if long else timedelta())


def announce_resumption(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """ResumptionAnnounced: everyone knows when it goes on."""
    yield Fact("ResumptionAnnounced", {"at": rfc3339(instant(command.body["at"])), "command": state.command})


def resumption_announced(state: Opening, entry: Entry) -> Opening:
    """ResumptionAnnounced; a later one replaces it."""
    return _with_pause(state, replace(state.pauses[-1], resumes_at=instant(entry.body["at"])))


def resumption_is_due(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The announced time has come."""
    return state.pause is not None and state.pause.resumes_at is not None and at >= state.pause.resumes_at


def resume(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """OpeningResumed: the phase it was in, with the time that was left."""
    pause = state.pauses[-1]
    until = None if pause.left is None else rfc3339(at + pause.left)
    yield Fact("OpeningResumed", {"phase": str(pause.back_to), "until": until, "command": state.command})


def resumed(state: Opening, entry: Entry) -> Opening:
    """OpeningResumed."""
    until = entry.body["until"]
    back = _with_pause(state, replace(state.pauses[-1], resumed_at=entry.time))
    clock = back.clock if until is None else instant(until)
    return replace(back, phase=Phase(entry.body["phase"]), clock=clock)


def _with_pause(state: Opening, pause: Pause) -> Opening:
    return replace(state, pauses=(*state.pauses[:-1], pause))


# --- the end of a lot, or of all


def end_lot(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """LotEnded; its bids stay sealed, pieces that came are erased."""
    reason = "ordered" if actor.role is Role.SUPERVISOR else "host"
    digests = tuple(bid.digest for bid in state.finals(command.lot))
    body = {"lot": command.lot, "reason": reason, "because": command.body["reason"]}
    yield Fact("LotEnded", body, effects=(ErasePieces(digests),))


def lot_ended(state: Opening, entry: Entry) -> Opening:
    """LotEnded."""
    body = entry.body
    lot = replace(state.lots[body["lot"]], ended=body["reason"], ended_because=body["because"])
    return replace(state, lots=put(state.lots, lot.no, lot))


def terminate(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """LotEnded for each lot that still lived, then OpeningTerminated."""
    because = command.body.get("reason")
    for lot in state.live_lots:
        yield Fact("LotEnded", {"lot": lot.no, "reason": _why_it_ends(state, lot.no, actor), "because": because})
    digests = tuple(bid.digest for bid in state.released())
    yield Fact("OpeningTerminated", {"reason": because}, effects=(ErasePieces(digests),))


def _why_it_ends(state: Opening, lot: int, actor: Actor) -> str:
    each = state.lots[lot]
    if needs_decision(state, each) and each.decision == "end":
        return "under_minimum"
    if state.phase == Phase.ATTRIBUTING and not any(bid.opened for bid in state.finals(lot)):
        return "none_opened"
    return "ordered" if actor.role is Role.SUPERVISOR else "host"


def terminated(state: Opening, entry: Entry) -> Opening:
    """OpeningTerminated."""
    return replace(state, ended_because=entry.body["reason"], ended_at=entry.time, clock=None)


# --- outages


def outage_touches_a_clock(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """None is held yet, the gap was as long as the pack says, and what runs now ends in it or soon after."""
    if state.outage is not None or state.deadline is None:
        return False
    start, end = _gap(command)
    due = _running(state)
    long = end - start >= state.pack.outage_after
    return due is not None and long and start <= due <= end + state.pack.after_recovery


def an_outage_is_open(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """A clock is held, waiting for somebody to announce the recovery."""
    return state.outage is not None


def _gap(command: Command) -> tuple[datetime, datetime]:
    return instant(command.body["from"]), instant(command.body["to"])


def _running(state: Opening) -> datetime | None:
    return state.clock if state.phase in WINDOWS else state.deadline if state.root is None else None


def outage_held(state: Opening, entry: Entry) -> Opening:
    """OutageHeld: the clock's step waits."""
    return replace(state, outage=(instant(entry.body["from"]), instant(entry.body["to"])))


def recover(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """RecoveryAnnounced: due during the outage, two hours after recovery; due soon after it, two hours more.

    What was amended meanwhile to a later time keeps it; where the phase has moved on, nothing is left to move.
    """
    due, hours = _running(state), state.pack.after_recovery
    moved = None if due is None else at + hours if due <= at else due + hours if due <= at + hours else due
    told = moved and rfc3339(moved)
    held = state.phase in WINDOWS
    body = {"deadline": None if held else told, "until": told if held else None}
    yield Fact("RecoveryAnnounced", {**body, "reason": command.body["reason"]})


def recovered(state: Opening, entry: Entry) -> Opening:
    """RecoveryAnnounced: the held clock has its new time."""
    deadline, until = entry.body["deadline"], entry.body["until"]
    note = {"from": state.outage and rfc3339(state.outage[0]), "recovered": rfc3339(entry.time), **entry.body}
    return replace(
        state,
        outage=None,
        outages=(*state.outages, note),
        deadline=instant(deadline) if deadline else state.deadline,
        clock=instant(until) if until else state.clock,
    )


# --- who hosts


def take_over(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """HostReplaced: a deputy goes on in the host's place."""
    yield Fact("HostReplaced", {"organization": actor.organization, "reason": command.body["reason"]})


def host_replaced(state: Opening, entry: Entry) -> Opening:
    """HostReplaced."""
    note = {**entry.body, "at": rfc3339(entry.time)}
    host = state.hosts.index(entry.body["organization"])
    return replace(state, host=host, takeovers=(*state.takeovers, note))


def it_is_not_a_host_already(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The organization to appoint is none of the hosts."""
    return command.body["organization"] not in state.hosts


def it_has_no_bid_here(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The organization to appoint has submitted no bid; asked after extraction only, when that is no secret."""
    return all(bid.organization != command.body["organization"] for bid in state.bids.values())


def deputy_appointed(state: Opening, entry: Entry) -> Opening:
    """DeputyAppointed."""
    body = entry.body
    party = Party(body["organization"], body["name"], body["uscc"])
    appointed = (*state.appointed, (party.organization, party.name))
    return replace(state, appointed=appointed, parties=put(state.parties, party.organization, party))


def reminded(state: Opening, entry: Entry) -> Opening:
    """Reminded."""
    return replace(state, reminders=(*state.reminders, {"text": entry.body["text"], "at": rfc3339(entry.time)}))


FOLDS = {
    "OpeningSuspended": suspended,
    "ResumptionAnnounced": resumption_announced,
    "OpeningResumed": resumed,
    "LotEnded": lot_ended,
    "OpeningTerminated": terminated,
    "OutageHeld": outage_held,
    "RecoveryAnnounced": recovered,
    "HostReplaced": host_replaced,
    "DeputyAppointed": deputy_appointed,
    "Reminded": reminded,
}
