"""How any table decides: role, phase, signature and body first, then the guards; and it changes nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bidroom.bodies import ONE_LOT, body, number, words
from bidroom.facts import Actor, Command, Entry, Fact, Refused, Role, Signed, StreamKind
from bidroom.machine import Due, Row, Table, acting_role, begin, decide, fold, next_look, owed, shape_of, table_for
from bidroom.rules import TABLES
from tests.attempts import Attempt, Key
from tests.builders import STAFF
from tests.fakes import NOON
from tests.opening import cases as opening
from tests.registry import cases as registry

# --- a table of its own


@dataclass(frozen=True)
class Lamp:
    """Off, lit, broken."""

    phase: str = "off"
    switched: int = 0

    def in_phase(self, phase: str) -> Lamp:
        return replace(self, phase=phase)


def there_is_power(state: Lamp, command: Command, actor: Actor, at: datetime) -> bool:
    return command.evidence.get("power") is True


def it_is_not_too_often(state: Lamp, command: Command, actor: Actor, at: datetime) -> bool:
    return state.switched < 3


def twice(state: Lamp, command: Command, actor: Actor, at: datetime) -> list[Fact]:
    return [Fact("Smashed", {"part": part, "by": str(actor.role)}) for part in ("glass", "wire")]


def switched(state: Lamp, entry: Entry) -> Lamp:
    return replace(state, switched=state.switched + 1)


def roles(state: Lamp, actor: Actor) -> frozenset[Role]:
    return actor.staff


LAMP = Table(
    "lamp",
    StreamKind.CENTRE,
    Lamp(),
    (
        Row(("off",), "Light", (Role.CLERK, Role.CLOCK), (there_is_power, it_is_not_too_often), "Lit", "lit",
            takes=body({"watts": number}, note=words)),
        Row(("lit",), "Extinguish", (Role.CLERK,), (), "Extinguished", "off", signed="command"),
        Row(("off", "lit"), "Smash", (Role.SUPERVISOR,), (), "Smashed", "broken", twice,
            lambda lamp: lamp.switched >= 2, takes=body(lot=ONE_LOT)),
        Row(("lit",), "Stop", (Role.CLOCK,), (), "Extinguished", "off"),
    ),
    switched,
    roles,
    lambda lamp, now: (Due("Stop"),) if lamp.phase == "lit" and now >= NOON else (),
    lambda lamp: NOON if lamp.phase == "lit" else None,
)  # fmt: skip
ROOM = (LAMP,)
OFF = begin(ROOM, StreamKind.CENTRE)
POWER = {"power": True}


def by(*roles: Role) -> Actor:
    return Actor(user="x", staff=frozenset(roles))


def asked(type: str, lot: int | None = None, evidence: Any = POWER, signed: str | None = None, **body: Any) -> Command:
    sign = Signed(signed, b"", b"") if signed else None
    return Command("00" * 16, "00" * 16, type, body, lot=lot, evidence=evidence, signed=sign)


def entry(type: str, seq: int = 0) -> Entry:
    return Entry("00" * 16, seq, type, NOON, {"role": "clerk"}, {}, b"")


def reason(command: Command, actor: Actor, state: Any = OFF) -> str:
    with pytest.raises(Refused) as refused:
        decide(ROOM, state, command, actor, NOON)
    return refused.value.reason


def test_a_command_without_says_becomes_its_fact() -> None:
    assert decide(ROOM, OFF, asked("Light", watts=5), by(Role.CLERK), NOON) == (Fact("Lit", {"watts": 5}),)


def test_the_actor_acts_in_the_first_role_that_the_row_names() -> None:
    both = by(Role.CLOCK, Role.CLERK, Role.SUPERVISOR)
    assert acting_role(ROOM, OFF, asked("Light", watts=5), both) is Role.CLERK
    assert {fact.body["by"] for fact in decide(ROOM, OFF, asked("Smash", lot=1), both, NOON)} == {"supervisor"}


def test_what_is_wrong_first_is_said() -> None:
    lit = fold(ROOM, OFF, entry("Lit"))
    nothing = asked("Light", evidence={})
    assert reason(asked("Dim"), by(Role.CLERK)) == "command_unknown"
    assert reason(nothing, by(Role.BIDDER), lit) == "not_your_role"
    assert reason(nothing, by(Role.CLERK), lit) == "command_not_allowed_in_this_phase"
    assert reason(asked("Extinguish", more=1), by(Role.CLERK), lit) == "signature_required"
    assert reason(asked("Extinguish", more=1, signed="header"), by(Role.CLERK), lit) == "signature_required"
    assert reason(asked("Extinguish", more=1, signed="command"), by(Role.CLERK), lit) == "command_malformed"
    assert reason(nothing, by(Role.CLERK)) == "command_malformed"
    assert reason(asked("Light", evidence={}, watts=5), by(Role.CLERK)) == "there_is_power"


def test_a_lot_is_taken_where_the_command_is_about_one() -> None:
    assert reason(asked("Smash"), by(Role.SUPERVISOR)) == "command_malformed"
    assert reason(asked("Light", lot=1, watts=5), by(Role.CLERK)) == "command_malformed"
    for lot in (0, -1, 2**16, True, "1", 1.0, [1]):
        assert reason(asked("Smash", lot=lot), by(Role.SUPERVISOR)) == "command_malformed"  # type: ignore[arg-type]


def test_a_command_of_another_kind_of_stream_is_refused() -> None:
    with pytest.raises(Refused, match="command_for_another_kind_of_stream"):
        decide(TABLES, begin(TABLES, StreamKind.CENTRE), asked("DraftTender"), by(Role.CLERK), NOON)


def test_the_phase_moves_with_the_rows_fact_once_its_condition_holds() -> None:
    lit = fold(ROOM, OFF, entry("Lit"))
    assert (lit["lamp"].phase, lit["lamp"].switched) == ("lit", 1)
    once = fold(ROOM, OFF, entry("Smashed"))
    assert once["lamp"].phase == "off"
    assert fold(ROOM, once, entry("Smashed", 1))["lamp"].phase == "broken"
    assert fold(ROOM, lit, entry("Unheard", 1))["lamp"].phase == "lit"


def test_what_the_clock_owes_is_asked_of_every_part() -> None:
    lit = fold(ROOM, OFF, entry("Lit"))
    assert owed(ROOM, OFF, NOON) == ()
    assert owed(ROOM, lit, NOON) == (Due("Stop"),)
    assert owed(ROOM, lit, NOON - timedelta(microseconds=1)) == ()
    assert next_look(ROOM, OFF) is None
    assert next_look(ROOM, lit) == NOON


def test_the_shape_of_a_command_is_its_rows() -> None:
    assert set(shape_of(ROOM, "Light").needs) == {"watts"}
    with pytest.raises(Refused, match="command_unknown"):
        shape_of(ROOM, "Dim")


# --- what holds for every row of every table of the house

GOOD: dict[Key, Callable[[], Attempt]] = {
    **{("opening", command): make for command, make in opening.GOOD.items()},
    **registry.GOOD,
}
rows = pytest.mark.parametrize("key", GOOD, ids=lambda key: key[1])


def row_of(key: Key) -> Row:
    (row,) = table_for(TABLES, key[1]).rows_on(key[1])
    return row


@rows
def test_deciding_twice_says_the_same_and_changes_nothing(key: Key) -> None:
    attempt = GOOD[key]()
    before = {stream: dict(state) for stream, state in attempt.world.states.items()}
    assert attempt.decide() == attempt.decide()
    assert before == {stream: dict(state) for stream, state in attempt.world.states.items()}


@rows
def test_every_other_phase_refuses(key: Key) -> None:
    attempt, row = GOOD[key](), row_of(key)
    for phase in {phase for table in TABLES if table.name == key[0] for each in table.rows for phase in each.at}:
        if phase in row.at or phase == "new" or attempt.command.stream not in attempt.world.states:
            continue
        reason = in_phase(attempt, key[0], phase).reason()
        assert reason == ("suspended" if phase == "suspended" else "command_not_allowed_in_this_phase"), phase


def in_phase(attempt: Attempt, part: str, phase: str) -> Attempt:
    """The attempt in a state that differs in its phase alone."""
    world, stream = attempt.world.copy(), attempt.command.stream
    state = world.states[stream]
    world.states[stream] = {**state, part: state[part].in_phase(phase)}
    return replace(attempt, world=world)


@rows
def test_every_other_role_refuses(key: Key) -> None:
    attempt, row = GOOD[key](), row_of(key)
    everyone = ("agent", "tenderee", "甲", "clock", "operator", *STAFF)
    state = attempt.world.states.get(attempt.command.stream)
    roles = table_for(TABLES, key[1]).roles
    strangers = [who for who in everyone if state and not roles(state[key[0]], attempt.world.actor(who)) & set(row.who)]
    assert strangers or Role.ANYONE in row.who or state is None
    for who in strangers:
        assert attempt.by(who).reason() == "not_your_role", who
    assert replace(attempt, actor=Actor(user="nobody")).reason() in ("not_your_role", None)


@rows
def test_no_signature_or_anothers_kind_refuses(key: Key) -> None:
    attempt, row = GOOD[key](), row_of(key)
    for signed in (None, Signed("login", b"", b"")):
        assert attempt.but(signed=signed).reason() == ("signature_required" if row.signed else None)


# --- no body, however odd, does anything but be refused by name

ODD: tuple[Any, ...] = (
    None, True, False, 0, -1, 1.5, float("nan"), float("inf"), 2**53, 10**400, "", " ", "x", "0" * 64, "g" * 64, "\0",
    "\ud800", "x" * 100_000, [], [[]], [{}], ["x", ["y"]], [None] * 20_000, {}, {"x": []}, {"reason": "x"}, b"x", (1,),
    "9999-12-31T23:59:59+00:00", "0001-01-01T00:00:00+23:59", "2026-02-30T00:00:00Z",
)  # fmt: skip


def told(attempt: Attempt) -> Refused:
    with pytest.raises(Refused) as refused:
        attempt.decide()
    return refused.value


@rows
def test_a_body_with_a_member_more_or_less_is_malformed(key: Key) -> None:
    attempt, row = GOOD[key](), row_of(key)
    for member in row.takes.needs:
        refused = told(attempt.without(member))
        assert (refused.reason, refused.field) == ("command_malformed", f"body.{member}")
    refused = told(attempt.body(unheard_of=1))
    assert (refused.reason, refused.field) == ("command_malformed", "body.unheard_of")


@rows
def test_a_body_that_is_no_object_is_malformed(key: Key) -> None:
    attempt = GOOD[key]()
    odds: tuple[Any, ...] = (None, [], "x", 1, [["reason", "x"]])
    for odd in odds:
        refused = told(attempt.but(body=odd))
        assert (refused.reason, refused.field) == ("command_malformed", "body")


@rows
def test_a_member_of_another_kind_is_refused_by_name_or_taken(key: Key) -> None:
    attempt, row = GOOD[key](), row_of(key)
    for member in (*row.takes.needs, *row.takes.may):
        for odd in ODD:
            reason = attempt.body(**{member: odd}).reason()
            assert reason is None or reason.isidentifier()
            kind = type(attempt.command.body.get(member, ""))
            if type(odd) is not kind:
                assert reason == "command_malformed", (member, odd)


@rows
def test_an_odd_lot_is_refused_by_name(key: Key) -> None:
    attempt = GOOD[key]()
    odds: tuple[Any, ...] = (True, False, 0, -1, 1.0, "1", [1], {}, 2**16, 10**400)
    for odd in odds:
        assert told(attempt.but(lot=odd)).reason == "command_malformed"
