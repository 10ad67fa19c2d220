"""Deciding a batch of commands: in the order in which they were received, in one transaction, each for itself."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from bidroom.facts import (
    CENTRE,
    Actor,
    Command,
    Conflict,
    Entry,
    Fact,
    Refused,
    RefusedOnRecord,
    Role,
    StreamKind,
)
from bidroom.machine import State, Table, acting_role, decide, table_for
from bidroom.ports import Arrival, Done, Log, Transaction

T = TypeVar("T")

RefusalFact = Callable[[State, Command, Actor, Refused], Fact | None]
"""The fact that a refusal of this command in this state is, None where it is none."""

Stamp = tuple[datetime, str | None]
"""When something came in, and for which stream; None where that is not known yet."""

ATTEMPTS = 20
"""How often a batch is decided anew because another process was quicker."""


@dataclass(frozen=True)
class Brought:
    """One command of a batch; `durable` where it was received before a crash, or is the clock's, who asks again."""

    arrival: Arrival
    durable: bool


@dataclass(frozen=True)
class Verdict:
    """What a command's caller is told, and the entries that everyone is."""

    outcome: Done | Exception
    fresh: tuple[Entry, ...] = ()


class Judge:
    """Decides batches, off the hub."""

    def __init__(
        self, log: Log, tables: tuple[Table, ...], refusal_facts: Mapping[str, RefusalFact], waits: frozenset[str]
    ) -> None:
        self._log = log
        self._tables = tables
        self._refusal_facts = refusal_facts
        self._waits = waits
        self._first_tried: dict[tuple[str, str, int | None, datetime | None], datetime] = {}

    def judge(self, batch: Sequence[Brought], waiting: Sequence[Stamp]) -> list[Verdict]:
        """The verdict on each, in the batch's order; `waiting` are the stamps that are out and not in the batch."""
        verdicts = [Verdict(Refused("same_id_other_bytes", field="id"))] * len(batch)
        stamped = [(at, number) for number, at in enumerate(self._stamps(batch)) if at is not None]
        order = [number for _, number in sorted(stamped)]
        arrivals = [replace(batch[number].arrival, at=at) for at, number in sorted(stamped)]
        for number, verdict in zip(order, _anew(lambda: self._transact(arrivals, waiting)), strict=True):
            verdicts[number] = verdict
        return verdicts

    def _stamps(self, batch: Sequence[Brought]) -> list[datetime | None]:
        """When each was received, made durable; None where the id came before with other bytes."""
        new = [brought.arrival for brought in batch if not brought.durable]
        received = iter(_anew(lambda: self._log.receive(new)) if new else ())
        return [brought.arrival.at if brought.durable else next(received) for brought in batch]

    def _transact(self, arrivals: Sequence[Arrival], waiting: Sequence[Stamp]) -> list[Verdict]:
        with self._log.transaction(arrivals) as tx:
            return [self._decide_one(tx, arrival, waiting) for arrival in arrivals]

    def _decide_one(self, tx: Transaction, arrival: Arrival, waiting: Sequence[Stamp]) -> Verdict:
        """A refusal or a fault is the command's own: it has changed nothing, and the batch goes on."""
        try:
            tx.settle(arrival.command, arrival.actor)
            before = _answered(tx, arrival)
            return Verdict(before) if isinstance(before, Done) else self._decide_new(tx, arrival, waiting, before)
        except Conflict:
            raise
        except Exception as refused_or_fault:  # noqa: BLE001 - its caller gets it, and raises it
            return Verdict(refused_or_fault)

    def _decide_new(
        self, tx: Transaction, arrival: Arrival, waiting: Sequence[Stamp], before: RefusedOnRecord | None = None
    ) -> Verdict:
        """Decide it. What was refused `before` as a fact (an upload) may come again, once it is mended.

        For the same fault it gets the same answer, and the record no second fact.
        """
        try:
            done = self._do(tx, arrival, waiting)
            return Verdict(done, done.entries)
        except Refused as refused:
            if is_clock(arrival.actor):
                raise
            if before is not None and (before.reason, before.field) == (refused.reason, refused.field):
                return Verdict(before)
            answer = self._refuse(tx, arrival, refused)
            return Verdict(answer, (answer.entry,) if isinstance(answer, RefusedOnRecord) else ())

    def _do(self, tx: Transaction, arrival: Arrival, waiting: Sequence[Stamp]) -> Done:
        command, actor, at = arrival.command, arrival.actor, arrival.at
        table = table_for(self._tables, command.type)
        kind = tx.kind(command.stream) or (StreamKind.CENTRE if command.stream == CENTRE else table.kind)
        state = tx.state(command.stream, kind)
        if is_clock(actor) and command.type in self._waits:
            self._let_earlier_go_first(tx, arrival, waiting, table.due_at(state[table.name]))
        if command.checkpoint is not None and not tx.knows_checkpoint(command.stream, command.checkpoint):
            raise Refused("checkpoint_unknown", field="checkpoint")
        role = acting_role(self._tables, state, command, actor)
        facts = decide(self._tables, state, command, actor, at)
        return tx.append(command, facts, actor.acting_as(role), at, kind)

    def _let_earlier_go_first(
        self, tx: Transaction, arrival: Arrival, waiting: Sequence[Stamp], due_at: datetime | None
    ) -> None:
        """Refused('earlier_is_undecided') while something of the stream, stamped before the step was first tried, is.

        Later tries wait for no more than the first did, or a flood of late uploads could hold the step for ever;
        a changed due time (an extension) is a new step.
        """
        command = arrival.command
        step = (command.stream, command.type, command.lot, due_at)
        first = self._first_tried.setdefault(step, arrival.at)
        is_open = any(at < first and stream in (None, command.stream) for at, stream in waiting)
        if is_open or tx.arrived_before(command.stream, first):
            raise Refused("earlier_is_undecided")
        del self._first_tried[step]

    def _refuse(self, tx: Transaction, arrival: Arrival, refused: Refused) -> Refused:
        command, actor, at = arrival.command, arrival.actor, arrival.at
        role = self._role(tx, command, actor)
        make = self._refusal_facts.get(command.type)
        kind = tx.kind(command.stream)
        if make is None or role is None or kind is None:
            return tx.refuse(command, refused, actor, at)
        fact = make(tx.state(command.stream, kind), command, actor, refused)
        try:
            return tx.refuse(command, refused, actor.acting_as(role), at, fact)
        except Refused:  # the command is too large for an entry, and so is the fact that carries it
            return tx.refuse(command, refused, actor, at)

    def _role(self, tx: Transaction, command: Command, actor: Actor) -> Role | None:
        """The role in which the actor could give this command in some phase; None where there is no such stream."""
        kind = tx.kind(command.stream)
        tables = [table for table in self._tables if table.kind is kind and table.rows_on(command.type)]
        if kind is None or not tables:
            return None
        roles = tables[0].roles(tx.state(command.stream, kind)[tables[0].name], actor)
        asked = (role for row in tables[0].rows_on(command.type) for role in row.who)
        return next((role for role in asked if role in roles), None)


def is_clock(actor: Actor) -> bool:
    """Whether the clock asks: it asks again by itself, so nothing of what it asks is kept or remembered as refused."""
    return actor.role is Role.CLOCK


def _answered(tx: Transaction, arrival: Arrival) -> Done | RefusedOnRecord | None:
    """What this command was answered before; a refusal that is no fact is raised again."""
    try:
        return tx.by_command(arrival.command, arrival.actor)
    except RefusedOnRecord as refused:
        return refused


def _anew(work: Callable[[], T]) -> T:
    """What `work` gives, done again while another process is quicker."""
    for _ in range(ATTEMPTS - 1):
        try:
            return work()
        except Conflict:
            continue
    return work()
