"""One command about to be given: what the directed cases of the tables are made of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from bidroom.facts import Actor, Command, Fact, Refused
from bidroom.machine import Guard, Row, Table, decide, table_for
from tests.builders import World

Key = tuple[str, str]
"""A row's table and command; no table answers one command with two rows."""


@dataclass(frozen=True)
class Attempt:
    """A world, who acts in it, and the command; every method makes another attempt, a little different."""

    world: World
    actor: Actor
    command: Command

    def body(self, **changes: Any) -> Attempt:
        """With other members in the body."""
        return self._with({**self.command.body, **changes})

    def without(self, member: str) -> Attempt:
        """With one member fewer."""
        return self._with({name: value for name, value in self.command.body.items() if name != member})

    def _with(self, body: Mapping[str, Any]) -> Attempt:
        return replace(self, command=replace(self.command, body=body))

    def evidence(self, **changes: Any) -> Attempt:
        """With other findings of the edge."""
        return replace(self, command=replace(self.command, evidence={**self.command.evidence, **changes}))

    def but(self, **changes: Any) -> Attempt:
        """With other members of the command itself: lot, checkpoint, signed."""
        return replace(self, command=replace(self.command, **changes))

    def by(self, who: str) -> Attempt:
        """Given by somebody else."""
        return replace(self, actor=self.world.actor(who))

    def at(self, when: datetime) -> Attempt:
        """Given at another time, before which nothing else happens."""
        world = self.world.copy()
        world.clock.at = when
        return replace(self, world=world)

    def state(self, part: str, **changes: Any) -> Attempt:
        """Given in a state that was set by hand."""
        return replace(self, world=self.world.alter(part, **changes))

    def after(self, *acts: Callable[[World], Any]) -> Attempt:
        """Given after these acts."""
        world = self.world.copy()
        for act in acts:
            act(world)
        return replace(self, world=world)

    def decide(self, tables: tuple[Table, ...] | None = None) -> tuple[Fact, ...]:
        """The facts that it makes under these tables."""
        tables = tables or self.world.tables
        state = self.world.state(self.command.stream, table_for(tables, self.command.type))
        return decide(tables, state, self.command, self.actor, self.world.clock.at)

    def reason(self, tables: tuple[Table, ...] | None = None) -> str | None:
        """Why it is refused; None where it is not."""
        try:
            self.decide(tables)
        except Refused as refused:
            return refused.reason
        return None


def attempt(
    world: World, who: str, type: str, body: Mapping[str, Any] | None = None, lot: int | None = None, **more: Any
) -> Attempt:
    """Somebody's command in a world."""
    return Attempt(world, world.actor(who), world.command(type, body, lot, **more))


def pairs(tables: tuple[Table, ...]) -> dict[tuple[Key, str], tuple[Table, Row, Guard]]:
    """Every guard of every row, by the row and the guard's name."""
    return {
        ((table.name, row.on), guard.__name__): (table, row, guard)
        for table in tables
        for row in table.rows
        for guard in row.needs
    }


def without_guard(tables: tuple[Table, ...], at: Row, guard: Guard) -> tuple[Table, ...]:
    """The tables with one guard taken out of one row."""
    return tuple(
        replace(table, rows=tuple(_less(row, guard) if row is at else row for row in table.rows)) for table in tables
    )


def _less(row: Row, guard: Guard) -> Row:
    return replace(row, needs=tuple(each for each in row.needs if each is not guard))
