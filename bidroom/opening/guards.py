"""Guards that several subjects share: true statements, whose names are the refusals."""

from __future__ import annotations

from datetime import datetime

from bidroom.facts import Actor, Command, Role
from bidroom.opening.state import Opening


def a_reason_is_given(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The body says why, in words."""
    return _is_text(command.body.get("reason"))


def a_text_is_given(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The body says something, in words."""
    return _is_text(command.body.get("text"))


def _is_text(value: object) -> bool:
    return isinstance(value, str) and len(value.strip()) > 0


def lot_is_live(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The command names a lot that has not ended."""
    return any(lot.no == command.lot for lot in state.live_lots)


def some_lot_is_live(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """A lot is left to go on with; where there is none the opening is terminated instead."""
    return bool(state.live_lots)


def no_outage_is_open(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """No outage holds this clock until a clerk announces the recovery."""
    return state.outage is None


def the_window_is_open(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """It came before the window's end, or an outage keeps the window open until recovery is announced."""
    return state.outage is not None or (state.clock is not None and at <= state.clock)


def the_window_is_over(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The window has run down."""
    return state.clock is not None and at > state.clock


def it_names_this_command(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The body names H(command) of the decryption command in force."""
    return state.command is not None and command.body.get("command") == state.command


def it_names_the_final_root(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The body names the root over the final sealed bids."""
    return state.root is not None and command.body.get("root") == state.root


def that_bid_is_final_and_ones_own(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The digest is one of the final ones of a live lot (the one named, if any), and the actor's organization's."""
    return any(
        bid.digest == command.body.get("digest")
        and bid.organization == actor.organization
        and command.lot in (None, bid.lot)
        for bid in state.finals()
    )


def every_objection_is_answered(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """条例 44: the opening cannot close with one unanswered."""
    return all(objection.answered_at is not None for objection in state.objections.values())


def every_lot_has_ended(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """No lot is left to go on with."""
    return bool(state.lots) and not state.live_lots


def roles_of(state: Opening, actor: Actor) -> frozenset[Role]:
    """What this actor is in this opening; one organization can be tenderee and host at once."""
    roles = set(actor.staff)
    if actor.organization is None or state.terms is None or actor.staff:
        return frozenset(roles)
    if actor.organization in state.hosts:
        roles.add(Role.HOST if state.hosts[state.host] == actor.organization else Role.DEPUTY)
    if actor.organization == state.terms.tenderee.organization:
        roles.add(Role.TENDEREE)
    if state.terms.agent and actor.organization == state.terms.agent.organization:
        roles.add(Role.AGENT)
    return frozenset(roles or {Role.BIDDER})
