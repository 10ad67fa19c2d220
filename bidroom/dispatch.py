"""The one door: every command comes in here, one writer decides and commits in groups, and then everyone is told.

Waiting, stamping and queueing happen on the hub; deciding and committing in one `offload` a batch. What the two sides
share is handed over whole, so there is no lock between them.
"""

from __future__ import annotations

import logging
import re
from collections import deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta

from bidroom.facts import Actor, Command, Entry, Refused
from bidroom.judging import Brought, Judge, RefusalFact, Stamp, Verdict, is_clock
from bidroom.machine import State, Table
from bidroom.ports import Arrival, Broadcast, Clock, Concurrency, Done, Event, Log, View

BATCH = 256
"""Commands in one commit at most."""
_MICROSECOND = timedelta(microseconds=1)
_ID = re.compile("[0-9a-f]{32}")
_LOGGER = logging.getLogger(__name__)


class Pending:
    """A command on its way; `wait` for what becomes of it."""

    def __init__(self, event: Event) -> None:
        self._event = event
        self._outcome: Done | Exception | None = None

    def answer(self, outcome: Done | Exception) -> None:
        """Let the caller go on."""
        self._outcome = outcome
        self._event.set()

    def wait(self) -> Done:
        """What was done. Raises Refused, and whatever else went wrong."""
        self._event.wait()
        assert self._outcome is not None
        if isinstance(self._outcome, Exception):
            raise self._outcome
        return self._outcome


@dataclass(frozen=True)
class _Asked:
    """One command in the queue, and who waits for it."""

    brought: Brought
    pending: Pending

    @property
    def stamp(self) -> Stamp:
        """When it came in, and for which stream."""
        return (self.brought.arrival.at, self.brought.arrival.command.stream)


class Door:
    """The path of every command; `start` it before use.

    `refusal_facts`: by command type, which refusals are facts themselves.
    `waits`: the clock's command types that wait until nothing stamped earlier is undecided.
    """

    def __init__(
        self,
        log: Log,
        tables: Sequence[Table],
        clock: Clock,
        broadcast: Broadcast,
        concurrency: Concurrency,
        *,
        refusal_facts: Mapping[str, RefusalFact] | None = None,
        waits: frozenset[str] = frozenset(),
    ) -> None:
        self._log = log
        self._clock = clock
        self._concurrency = concurrency
        self._judge = Judge(log, tuple(tables), refusal_facts or {}, waits)
        self._teller = _Teller(broadcast, concurrency)
        self._queue: deque[_Asked] = deque()
        self._open: dict[datetime, str | None] = {}
        self._last: datetime | None = None
        self._lock = concurrency.lock()
        self._bell, self._ended = concurrency.event(), concurrency.event()
        self._shut = False

    # --- in ---

    @contextmanager
    def arrive(self, stream: str | None = None) -> Iterator[datetime]:
        """Stamp what has just come in whole; no two stamps are equal, and none is earlier than the one before.

        Until it is submitted or the block ends, the clock's steps on this stream (without one: on any) wait for it.
        """
        with self._lock:
            now = self._clock.now()
            at = self._last = now if self._last is None else max(now, self._last + _MICROSECOND)
            self._open[at] = stream
        try:
            yield at
        finally:
            self._open.pop(at, None)

    def submit(self, command: Command, actor: Actor, received_at: datetime) -> Done:
        """Decide this command, and wait until it is committed. Raises Refused; nothing of a refused one is done."""
        return self.post(command, actor, received_at).wait()

    def post(self, command: Command, actor: Actor, received_at: datetime) -> Pending:
        """The same without waiting: several commands posted at once are committed together.

        Raises Refused('command_id_malformed', 'stream_unknown') at once.
        """
        if _ID.fullmatch(command.id) is None:
            raise Refused("command_id_malformed", field="id")
        if _ID.fullmatch(command.stream) is None:
            raise Refused("stream_unknown", field="stream")
        return self._enqueue(Arrival(command, actor, received_at), durable=is_clock(actor))

    def _enqueue(self, arrival: Arrival, durable: bool) -> Pending:
        asked = _Asked(Brought(arrival, durable), Pending(self._concurrency.event()))
        with self._lock:
            if self._shut:
                raise RuntimeError("the door is shut")
            self._queue.append(asked)
        self._open.pop(arrival.at, None)  # only now: at every moment it is seen in one of the two
        self._bell.set()
        return asked.pending

    def replay(self) -> None:
        """Decide what was received and never decided, with its first stamp."""
        for arrival in self._concurrency.offload(self._log.undecided):
            self._enqueue(arrival, durable=True)

    # --- reading ---

    def view(self, stream: str) -> View:
        """The stream as it is committed. Raises Refused('stream_unknown')."""
        return self._log.view(stream)

    def state(self, stream: str) -> State:
        """What folding the stream's committed facts gives. Raises Refused('stream_unknown')."""
        return self._log.view(stream).state

    def entries(self, stream: str, start: int = 0) -> Iterator[Entry]:
        """The committed entries from `start` on."""
        return self._log.entries(stream, start)

    # --- the writer ---

    def start(self) -> None:
        """Take up what a crash left undecided, and begin to serve."""
        self.replay()
        self._concurrency.spawn(self._write)
        self._concurrency.spawn(self._teller.tell)

    def stop(self) -> None:
        """Take no more, decide what is queued, tell it, and end."""
        with self._lock:
            self._shut = True
        self._bell.set()
        self._ended.wait()
        self._teller.stop()

    def _write(self) -> None:
        while not (self._shut and not self._queue):
            self._bell.wait()
            self._bell.clear()
            while self._queue:
                self._decide_batch()
        self._ended.set()

    def _decide_batch(self) -> None:
        """One batch. What fails as a whole fails to each caller; it stays durable, and is replayed."""
        batch = [self._queue.popleft() for _ in range(min(BATCH, len(self._queue)))]
        waiting = [*self._open.items(), *(left.stamp for left in list(self._queue))]
        try:
            verdicts = self._concurrency.offload(lambda: self._judge.judge([asked.brought for asked in batch], waiting))
        except Exception as failure:  # noqa: BLE001 - every caller gets it, and raises it
            verdicts = [Verdict(failure)] * len(batch)
        for asked, verdict in zip(batch, verdicts, strict=True):
            asked.pending.answer(verdict.outcome)
            _report(asked, verdict.outcome)
        self._teller.add(entry for verdict in verdicts for entry in verdict.fresh)


class _Teller:
    """Tells what is committed, in order, beside the writer."""

    def __init__(self, broadcast: Broadcast, concurrency: Concurrency) -> None:
        self._broadcast = broadcast
        self._told: deque[tuple[str, tuple[Entry, ...]]] = deque()
        self._bell, self._ended = concurrency.event(), concurrency.event()
        self._stopping = False

    def add(self, entries: Iterable[Entry]) -> None:
        """Tell these, stream by stream."""
        by_stream: dict[str, list[Entry]] = {}
        for entry in entries:
            by_stream.setdefault(entry.stream, []).append(entry)
        for stream, fresh in by_stream.items():
            self._told.append((stream, tuple(sorted(fresh, key=lambda entry: entry.seq))))
        self._bell.set()

    def tell(self) -> None:
        """Until it is stopped."""
        while not (self._stopping and not self._told):
            self._bell.wait()
            self._bell.clear()
            while self._told:
                self._tell_one(*self._told.popleft())
        self._ended.set()

    def _tell_one(self, stream: str, entries: tuple[Entry, ...]) -> None:
        try:
            self._broadcast(stream, entries)
        except Exception:  # a client that misses something asks for it by number; the next must still be told
            _LOGGER.exception("telling %s from %d on failed", stream, entries[0].seq)

    def stop(self) -> None:
        """Tell what is left, and end."""
        self._stopping = True
        self._bell.set()
        self._ended.wait()


def _report(asked: _Asked, outcome: Done | Exception) -> None:
    """Nobody waits for what is replayed, so a fault in it is logged."""
    if asked.brought.durable and isinstance(outcome, Exception) and not isinstance(outcome, Refused):
        command = asked.brought.arrival.command
        _LOGGER.error("%s %s on %s failed", command.type, command.id, command.stream, exc_info=outcome)
