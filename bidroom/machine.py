"""What a table of rules is, and how it decides. No clock, no I/O, no framework: time and evidence are given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bidroom.bodies import EMPTY, Shape
from bidroom.facts import Actor, Body, Command, Entry, Fact, Refused, Role, StreamKind

Guard = Callable[[Any, Command, Actor, datetime], bool]
"""A true statement about (state, command, actor, received_at); its name is the refusal when it is not true."""

Says = Callable[[Any, Command, Actor, datetime], Iterable[Fact]]
"""Builds the facts of a row whose command's body is not already the fact's."""

State = Mapping[str, Any]
"""One stream's state: a part for each table of its kind, by the table's name."""


def at_once(state: Any) -> bool:
    """The phase moves with the row's first fact."""
    return True


@dataclass(frozen=True)
class Row:
    """In phases `at`, on command `on` by one of `who`, if all of `needs` hold: `fact`, and the phase is `to`.

    `takes`: what the command's body must and may hold; looked at before any guard.
    `to` None: the phase stays (or the fold of the fact chooses it, as a resumption does).
    `once`: where a command makes a fact a lot, the phase moves only when this holds of the folded state.
    `signed`: the kind of signature that the act carries, None where a session is enough.
    `also`: other facts that this command may leave before its own, or instead of it where it is refused.
    `recalls`: for a replay, the evidence that the facts of one act attest; None where their bodies are it.
    """

    at: tuple[str, ...]
    on: str
    who: tuple[Role, ...]
    needs: tuple[Guard, ...]
    fact: str
    to: str | None = None
    says: Says | None = None
    once: Callable[[Any], bool] = at_once
    signed: str | None = None
    also: tuple[str, ...] = ()
    recalls: Callable[[tuple[Entry, ...]], Body] | None = None
    takes: Shape = EMPTY


@dataclass(frozen=True)
class Due:
    """A step that the clock owes: dispatched as a command by the actor `clock`.

    `job` names heavy work whose result the command needs as evidence (rehash, open), None where there is none.
    """

    type: str
    lot: int | None = None
    body: Mapping[str, Any] = field(default_factory=dict)
    job: str | None = None


@dataclass(frozen=True)
class Table:
    """The rules of one subject over one kind of stream.

    `start` is the state before the first fact; `evolve` folds an entry in (without the phase, which rows move);
    `roles` tells what an actor is here; `due` what the clock owes now; `due_at` when to look again.
    """

    name: str
    kind: StreamKind
    start: Any
    rows: tuple[Row, ...]
    evolve: Callable[[Any, Entry], Any]
    roles: Callable[[Any, Actor], frozenset[Role]]
    due: Callable[[Any, datetime], tuple[Due, ...]] = lambda state, now: ()
    due_at: Callable[[Any], datetime | None] = lambda state: None

    def rows_on(self, command: str) -> tuple[Row, ...]:
        """The rows that answer this command type, in order."""
        return tuple(row for row in self.rows if row.on == command)


def table_for(tables: Iterable[Table], command: str) -> Table:
    """The one table that knows this command type. Raises Refused('command_unknown')."""
    for table in tables:
        if table.rows_on(command):
            return table
    raise Refused("command_unknown", field="type", type=command)


def begin(tables: Iterable[Table], kind: StreamKind) -> State:
    """The state of an empty stream of this kind."""
    return MappingProxyType({table.name: table.start for table in tables if table.kind is kind})


def fold(tables: Iterable[Table], state: State, entry: Entry) -> State:
    """The state after one more entry: each part folds it, and the row that made it moves the part's phase."""
    parts = {table.name: _fold_part(table, state[table.name], entry) for table in tables if table.name in state}
    return MappingProxyType(parts)


def _fold_part(table: Table, part: Any, entry: Entry) -> Any:
    before = part.phase
    after = table.evolve(part, entry)
    for row in table.rows:
        if row.fact == entry.type and before in row.at and row.to is not None and row.once(after):
            return after.in_phase(row.to)
    return after


def decide(tables: Iterable[Table], state: State, command: Command, actor: Actor, at: datetime) -> tuple[Fact, ...]:
    """The facts that this command makes, or Refused with the name of what is not so. Folds nothing, changes nothing."""
    table = table_for(tables, command.type)
    if table.name not in state:
        raise Refused("command_for_another_kind_of_stream", field="type", type=command.type)
    part = state[table.name]
    roles = table.roles(part, actor)
    row = _row_for(table, part, command, roles)
    row.takes.check(command)
    actor = actor.acting_as(next(role for role in row.who if role in roles))
    for guard in row.needs:
        if not guard(part, command, actor, at):
            raise Refused(guard.__name__)
    if row.says is not None:
        return tuple(row.says(part, command, actor, at))
    return (Fact(row.fact, dict(command.body) if command.lot is None else {**command.body, "lot": command.lot}),)


def shape_of(tables: Iterable[Table], command: str) -> Shape:
    """What the body of this command type may hold; the same in every phase. Raises Refused('command_unknown')."""
    return table_for(tables, command).rows_on(command)[0].takes


def acting_role(tables: Iterable[Table], state: State, command: Command, actor: Actor) -> Role:
    """The role in which the actor may give this command now; Refused as `decide` refuses."""
    table = table_for(tables, command.type)
    if table.name not in state:
        raise Refused("command_for_another_kind_of_stream", field="type", type=command.type)
    part = state[table.name]
    roles = table.roles(part, actor)
    row = _row_for(table, part, command, roles)
    return next(role for role in row.who if role in roles)


def _row_for(table: Table, part: Any, command: Command, roles: frozenset[Role]) -> Row:
    rows = table.rows_on(command.type)
    mine = [row for row in rows if roles & set(row.who)]
    if not mine:
        raise Refused("not_your_role", type=command.type)
    here = [row for row in mine if part.phase in row.at]
    if not here:
        reason = "suspended" if part.phase == "suspended" else "command_not_allowed_in_this_phase"
        raise Refused(reason, type=command.type, phase=str(part.phase))
    row = here[0]
    if row.signed and (command.signed is None or command.signed.kind != row.signed):
        raise Refused("signature_required", type=command.type)
    return row


def owed(tables: Iterable[Table], state: State, now: datetime) -> tuple[Due, ...]:
    """Every step that the clock owes this stream at `now`."""
    return tuple(due for table in tables if table.name in state for due in table.due(state[table.name], now))


def next_look(tables: Iterable[Table], state: State) -> datetime | None:
    """When this stream's clock must be looked at next; None where nothing is to come."""
    times = [table.due_at(state[table.name]) for table in tables if table.name in state]
    return min((at for at in times if at is not None), default=None)
