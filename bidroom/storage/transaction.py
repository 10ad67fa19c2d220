"""One commit over any number of streams: everything is worked out first, and written in one go at its end."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from bidroom.crypto.tree import leaf_hash
from bidroom.facts import (
    Actor,
    Body,
    Claim,
    Command,
    Entry,
    ErasePieces,
    Fact,
    KeepPieces,
    Refused,
    RefusedOnRecord,
    StreamKind,
    rfc3339,
)
from bidroom.machine import State, Table, next_look, owed
from bidroom.ports import Done
from bidroom.storage import arrivals, outcomes, pieces
from bidroom.storage.entries import entry_bytes, entry_from, signed_body
from bidroom.storage.folding import Folded, Held
from bidroom.storage.outcomes import Key, Outcome, key_of
from bidroom.storage.tables import CHECKPOINTS, CLAIMS, COMMANDS, ENTRIES, REFUSALS, STREAMS

Sign = Callable[[str, int, bytes], bytes]
"""The signed note for (stream, size, root)."""


@dataclass(frozen=True, slots=True)
class _Growth:
    """What one command adds to one stream, ready to be written."""

    held: Held
    entries: tuple[Entry, ...]
    due_at: str | None
    note: bytes


class SqlTransaction:
    """Implements `ports.Transaction`; `write` is called once, by the log. Nothing is half there after a refusal."""

    def __init__(self, connection: sa.Connection, tables: tuple[Table, ...], folded: Folded, sign: Sign) -> None:
        self._connection = connection
        self._tables = tables
        self._folded = folded
        self._sign = sign
        self._outcomes: dict[Key, Outcome | None] = {}
        self._answers: dict[Key, tuple[str, str, Done | Refused]] = {}
        self._streams: dict[str, Held | None] = {}
        self._committed_sizes: dict[str, int] = {}
        self._due: dict[str, str | None] = {}
        self._rows: defaultdict[sa.Table, list[dict[str, Any]]] = defaultdict(list)
        self._claimed: set[Claim] = set()
        self._effects: list[tuple[str, KeepPieces | ErasePieces]] = []
        self._settled: dict[Key, None] = {}

    # --- looking ---

    def recall(self, keys: Iterable[Key]) -> None:
        """Look these commands up in one go; `by_command` then asks no more."""
        self._outcomes.update(outcomes.look_up(self._connection, keys))

    def by_command(self, command: Command, actor: Actor) -> Done | None:
        """See `ports.Transaction`; an earlier refusal is raised again."""
        key = key_of(command, actor)
        if key in self._answers:
            return self._same_again(command, *self._answers[key])
        if key not in self._outcomes:
            self.recall([key])
        outcome = self._outcomes[key]
        return None if outcome is None else outcomes.answer(self._connection, outcome, command)

    def _same_again(self, command: Command, digest: str, stream: str, answer: Done | Refused) -> Done:
        if (command.digest, command.stream) != (digest, stream):
            raise Refused("same_id_other_bytes", field="id")
        if isinstance(answer, Refused):
            raise answer
        return Done(answer.entries, again=True)

    def kind(self, stream: str) -> StreamKind | None:
        """See `ports.Transaction`."""
        held = self._look(stream)
        return None if held is None else held.kind

    def state(self, stream: str, kind: StreamKind) -> State:
        """See `ports.Transaction`."""
        return (self._look(stream) or self._folded.begin(kind)).state

    def _look(self, stream: str) -> Held | None:
        if stream not in self._streams:
            held = self._folded.committed(self._connection, stream)
            self._streams[stream] = held
            self._committed_sizes[stream] = 0 if held is None else held.size
        return self._streams[stream]

    def arrived_before(self, stream: str, at: datetime) -> bool:
        """See `ports.Transaction`."""
        return bool(arrivals.waiting(self._connection, stream, at) - self._settled.keys())

    def knows_checkpoint(self, stream: str, checkpoint: Body) -> bool:
        """See `ports.Transaction`."""
        size, root = checkpoint.get("size"), checkpoint.get("root")
        if type(size) is not int or not isinstance(root, str):
            return False
        known = self._connection.execute(
            sa.select(CHECKPOINTS.c.root).where(CHECKPOINTS.c.stream == stream, CHECKPOINTS.c.size == size)
        ).scalar_one_or_none()
        return known is not None and known.hex() == root

    # --- deciding ---

    def settle(self, command: Command, actor: Actor) -> None:
        """See `ports.Transaction`."""
        self._settled[key_of(command, actor)] = None

    def append(self, command: Command, facts: Sequence[Fact], actor: Actor, at: datetime, kind: StreamKind) -> Done:
        """See `ports.Transaction`."""
        held = self._look(command.stream) or self._folded.begin(kind)
        growth = self._grow(held, command, tuple(facts), actor, at)
        self._take(command, facts, growth)
        done = Done(growth.entries)
        self._rows[COMMANDS].append(outcomes.command_row(command, actor, held.size, len(growth.entries)))
        self._answers[key_of(command, actor)] = (command.digest, command.stream, done)
        return done

    def refuse(
        self, command: Command, refused: Refused, actor: Actor, at: datetime, fact: Fact | None = None
    ) -> Refused:
        """See `ports.Transaction`; where there is no such stream the refusal is no fact."""
        held, seq, answer = self._look(command.stream), None, refused
        if fact is not None and held is not None:
            growth = self._grow(held, command, (fact,), actor, at)
            self._take(command, (fact,), growth)
            seq, answer = held.size, RefusedOnRecord(refused, growth.entries[0])
        row = outcomes.refusal_row(command, actor, refused, at, seq)
        kept = [each for each in self._rows[REFUSALS] if (each["id"], each["actor"]) != (row["id"], row["actor"])]
        self._rows[REFUSALS] = [*kept, row]
        self._answers[key_of(command, actor)] = (command.digest, command.stream, answer)
        return answer

    def _grow(self, held: Held, command: Command, facts: tuple[Fact, ...], actor: Actor, at: datetime) -> _Growth:
        """Everything that can be refused or go wrong happens here, before anything is taken."""
        self._check_claims(facts)
        signed, entries = signed_body(command, facts), []
        for fact in facts:
            entry = entry_from(entry_bytes(fact, command, actor, at, held.size, signed))
            held = self._folded.after(held, entry)
            entries.append(entry)
        note = self._sign(command.stream, held.size, held.frontier.root) if entries else b""
        return _Growth(held, tuple(entries), due_at(self._tables, held.state, at), note)

    def _check_claims(self, facts: tuple[Fact, ...]) -> None:
        asked = [claim for fact in facts for claim in fact.claims]
        for number, claim in enumerate(asked):
            if claim in self._claimed or claim in asked[:number] or self._is_claimed(claim):
                raise Refused("already_claimed", field=claim.kind, kind=claim.kind, key=claim.key)

    def _is_claimed(self, claim: Claim) -> bool:
        found = sa.select(CLAIMS.c.stream).where(CLAIMS.c.kind == claim.kind, CLAIMS.c.key == claim.key)
        return self._connection.execute(found).one_or_none() is not None

    def _take(self, command: Command, facts: Sequence[Fact], growth: _Growth) -> None:
        if not growth.entries:
            return
        stream, held = command.stream, growth.held
        self._streams[stream], self._due[stream] = held, growth.due_at
        self._rows[ENTRIES].extend(map(_entry_row, growth.entries))
        checkpoint = {"stream": stream, "size": held.size, "root": held.frontier.root, "note": growth.note}
        self._rows[CHECKPOINTS].append(checkpoint)
        for fact in facts:
            self._claimed.update(fact.claims)
            self._rows[CLAIMS].extend({"kind": c.kind, "key": c.key, "stream": stream} for c in fact.claims)
            self._effects.extend((stream, effect) for effect in fact.effects)

    # --- writing ---

    def write(self) -> None:
        """Everything, in an order that is the same in every process, so that two of them do not lock crosswise."""
        for stream in sorted(self._due):
            self._write_stream(stream)
        outcomes.forget_refusals(self._connection, self._rows[REFUSALS])
        for table in (ENTRIES, CHECKPOINTS, CLAIMS, COMMANDS, REFUSALS):
            if self._rows[table]:
                self._connection.execute(sa.insert(table), self._rows[table])
        for stream, effect in self._effects:
            pieces.carry_out(self._connection, stream, effect)
        arrivals.settle(self._connection, sorted(self._settled))

    def _write_stream(self, stream: str) -> None:
        held = self._streams[stream]
        assert held is not None
        values = {"size": held.size, "root": held.frontier.root, "due_at": self._due[stream]}
        if self._committed_sizes[stream]:
            self._connection.execute(sa.update(STREAMS).where(STREAMS.c.id == stream).values(values))
        else:
            self._connection.execute(sa.insert(STREAMS).values(id=stream, kind=str(held.kind), **values))

    @property
    def grown(self) -> dict[str, Held]:
        """The streams that this transaction has appended to, as they are after it."""
        return {stream: held for stream in self._due if (held := self._streams[stream]) is not None}

    @property
    def erased(self) -> bool:
        """Whether pieces were erased."""
        return any(isinstance(effect, ErasePieces) for _, effect in self._effects)


def due_at(tables: tuple[Table, ...], state: State, now: datetime) -> str | None:
    """When the clock must look at a stream in this state: at once where it owes a step already."""
    if owed(tables, state, now):
        return rfc3339(now)
    look = next_look(tables, state)
    return None if look is None else rfc3339(look)


def _entry_row(entry: Entry) -> dict[str, Any]:
    return {
        "stream": entry.stream,
        "seq": entry.seq,
        "type": entry.type,
        "time": rfc3339(entry.time),
        "leaf": leaf_hash(entry.data),
        "data": entry.data,
    }
