"""The record is confirmed, refused or met with silence, signed, and the opening is closed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from bidroom.facts import Actor, Command, Entry, Fact, Role, rfc3339
from bidroom.opening.guards import roles_of
from bidroom.opening.state import Opening, put

SIGNERS = (Role.HOST, Role.TENDEREE, Role.SUPERVISOR)


def the_record_is_the_one_shown(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The digest that the host signs is that of the minutes as they stand."""
    shown = command.evidence.get("record")
    return shown is not None and command.body.get("record") == shown


def it_names_the_record(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """`record` is the digest of the minutes laid before everyone."""
    return state.record is not None and command.body.get("record") == state.record


def not_answered_yet(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """This bidder has neither confirmed nor refused."""
    return actor.organization not in state.confirmations


def it_bid_for_a_live_lot(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The organization has a final bid in a lot that was not ended."""
    return actor.organization in state.bidders()


def it_signs_in_a_role_it_has(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """`as` is host, tenderee or supervisor, and the actor is that."""
    return command.body.get("as") in SIGNERS and command.body.get("as") in roles_of(state, actor)


def not_signed_in_that_role(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """Nobody has signed the record in this role yet."""
    return command.body.get("as") not in state.signatures


def the_host_has_signed(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The record carries the host's signature; a deputy can take over where the host is gone."""
    return Role.HOST in state.signatures


def the_window_is_over_or_all_have_answered(state: Opening, command: Command, actor: Actor, at: datetime) -> bool:
    """The confirmation's time has run down, or nobody is left who could still sign."""
    return all_have_answered(state) or (state.clock is not None and at > state.clock)


def all_have_answered(state: Opening) -> bool:
    """Every bidder has confirmed or refused, and host, tenderee and a supervisor have signed."""
    return set(state.bidders()) <= set(state.confirmations) and set(SIGNERS) <= set(state.signatures)


def open_confirmation(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """ConfirmationOpened: the minutes are laid before everyone."""
    until = rfc3339(at + state.the_timeline.windows.confirming)
    yield Fact("ConfirmationOpened", {"record": command.body["record"], "until": until})


def confirmation_opened(state: Opening, entry: Entry) -> Opening:
    """ConfirmationOpened."""
    clock = entry.time + state.the_timeline.windows.confirming
    return replace(state, record=entry.body["record"], clock=clock)


def confirm(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """RecordConfirmed."""
    yield Fact("RecordConfirmed", _answer(command, actor))


def refuse(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """RecordRefused, with its reason."""
    yield Fact("RecordRefused", {**_answer(command, actor), "reason": command.body["reason"]})


def _answer(command: Command, actor: Actor) -> dict[str, str]:
    return {
        "organization": actor.organization or "",
        "record": command.body["record"],
        "nonce": command.evidence["nonce"],
    }


def confirmed(state: Opening, entry: Entry) -> Opening:
    """RecordConfirmed."""
    organization = entry.body["organization"]
    return replace(state, confirmations=put(state.confirmations, organization, ("signed", None)))


def refused(state: Opening, entry: Entry) -> Opening:
    """RecordRefused."""
    answer = ("refused", entry.body["reason"])
    return replace(state, confirmations=put(state.confirmations, entry.body["organization"], answer))


def signed(state: Opening, entry: Entry) -> Opening:
    """RecordSigned."""
    return replace(state, signatures=put(state.signatures, entry.body["as"], entry.time))


def close(state: Opening, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """OpeningClosed: who was silent, whose signature is missing (未签)."""
    silent = sorted(set(state.bidders()) - set(state.confirmations))
    unsigned = [str(role) for role in SIGNERS if role not in state.signatures]
    yield Fact("OpeningClosed", {"record": state.record, "silent": silent, "unsigned": unsigned})


def closed(state: Opening, entry: Entry) -> Opening:
    """OpeningClosed."""
    answers = state.confirmations
    for organization in entry.body["silent"]:
        answers = put(answers, organization, ("silent", None))
    return replace(state, confirmations=answers, clock=None, ended_at=entry.time)


FOLDS = {
    "ConfirmationOpened": confirmation_opened,
    "RecordConfirmed": confirmed,
    "RecordRefused": refused,
    "RecordSigned": signed,
    "OpeningClosed": closed,
}
