"""What the core needs of the world, as protocols; storage, web and tests provide them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol, TypeVar

from bidroom.facts import Actor, Body, Command, Entry, Fact, Refused, StreamKind

T = TypeVar("T")


@dataclass(frozen=True)
class Done:
    """What became of a command: its entries, in order; `again` when the same command came a second time."""

    entries: tuple[Entry, ...]
    again: bool = False


@dataclass(frozen=True)
class View:
    """One stream as it is committed: how many entries, their RFC 6962 root, and what folding them gives."""

    kind: StreamKind
    size: int
    root: bytes
    state: Mapping[str, Any]


@dataclass(frozen=True)
class Arrival:
    """A command that has come in whole, who gave it, and when its last byte was here."""

    command: Command
    actor: Actor
    at: datetime


class Clock(Protocol):
    """The server's time."""

    def now(self) -> datetime:
        """The time now, in UTC."""
        ...


class Transaction(Protocol):
    """One commit over any number of streams."""

    def by_command(self, command: Command, actor: Actor) -> Done | None:
        """What this command did before, if this actor gave it before; Refused('same_id_other_bytes') on other bytes."""
        ...

    def kind(self, stream: str) -> StreamKind | None:
        """The kind of this stream, None where it does not exist."""
        ...

    def state(self, stream: str, kind: StreamKind) -> Any:
        """The stream's state with everything that this transaction has appended."""
        ...

    def append(self, command: Command, facts: Sequence[Fact], actor: Actor, at: datetime, kind: StreamKind) -> Done:
        """Write entries, claims, effects, tree and checkpoint; a stream that is not there yet begins, of this `kind`.

        Raises Refused('already_claimed', 'entry_too_large'), and then nothing has happened.
        """
        ...

    def refuse(
        self, command: Command, refused: Refused, actor: Actor, at: datetime, fact: Fact | None = None
    ) -> Refused:
        """Keep the refusal, in the stream too where `fact` is given: then the answer is a RefusedOnRecord."""
        ...

    def settle(self, command: Command, actor: Actor) -> None:
        """This command waits no longer; what was kept of it to decide it after a crash is erased."""
        ...

    def arrived_before(self, stream: str, at: datetime) -> bool:
        """Whether a command stamped earlier than `at` still waits to be decided."""
        ...

    def knows_checkpoint(self, stream: str, checkpoint: Body) -> bool:
        """Whether {"size", "root"} is a checkpoint that this stream was committed with."""
        ...


class Log(Protocol):
    """The streams. Reading sees only what is committed."""

    def transaction(self, arrivals: Sequence[Arrival] = ()) -> AbstractContextManager[Transaction]:
        """A commit at its end, nothing at an exception; Conflict. `arrivals` are looked up in one go beforehand."""
        ...

    def receive(self, arrivals: Sequence[Arrival]) -> tuple[datetime | None, ...]:
        """Make these durable in one commit. The stamp of each: an earlier one of the same command stands.

        None for a command that came before with other bytes under its id.
        """
        ...

    def undecided(self) -> tuple[Arrival, ...]:
        """What was received and never decided, earliest first."""
        ...

    def view(self, stream: str) -> View:
        """The stream as it is committed. Raises Refused('stream_unknown')."""
        ...

    def entries(self, stream: str, start: int = 0) -> Iterator[Entry]:
        """The committed entries from `start` on."""
        ...


class Blobs(Protocol):
    """Content by name, in a local folder or an object store; names are chosen by the caller."""

    def put(self, name: str, data: bytes) -> None:
        """Write durably; the same name with the same bytes is no change."""
        ...

    def get(self, name: str) -> bytes:
        """All of a small blob; Refused('blob_missing') where it is not there."""
        ...

    def chunks(self, name: str, size: int = 1 << 20) -> Iterator[bytes]:
        """The blob in pieces of at most `size` bytes."""
        ...

    def exists(self, name: str) -> bool:
        """Whether there is such a blob."""
        ...

    def delete(self, names: Iterable[str]) -> None:
        """Remove these; one that is not there is no error."""
        ...


class Broadcast(Protocol):
    """Tells everyone who may know; called after the commit, never inside."""

    def __call__(self, stream: str, entries: Sequence[Entry]) -> None:
        """Announce these committed entries."""
        ...


Offload = Callable[[Callable[[], Any]], Any]
"""Runs heavy work off the hub and returns its result: eventlet's tpool, or a direct call where threads are real."""


class Event(Protocol):
    """What `threading.Event` is, or its green twin."""

    def set(self) -> None:
        """Let everyone go on who waits."""
        ...

    def clear(self) -> None:
        """Let the next ones wait."""
        ...

    def is_set(self) -> bool:
        """Whether one need not wait."""
        ...

    def wait(self, timeout: float | None = None) -> bool:
        """Wait, at most so many seconds; whether it is set."""
        ...


class Lock(Protocol):
    """What `threading.Lock` is, or its green twin."""

    def acquire(self, blocking: bool = True) -> bool:
        """Take it; False where that would wait and `blocking` is False."""
        ...

    def release(self) -> None:
        """Give it back."""
        ...

    def __enter__(self) -> bool:
        """Take it."""
        ...

    def __exit__(self, kind: Any, value: Any, traceback: Any, /) -> None:
        """Give it back."""
        ...


class Concurrency(Protocol):
    """Greenlets or threads, whichever serve."""

    def spawn(self, work: Callable[[], None]) -> None:
        """Run `work` beside the caller."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let the others run for so long."""
        ...

    def offload(self, work: Callable[[], T]) -> T:
        """Run `work` in a real thread while the hub goes on, and return its result."""
        ...

    def event(self) -> Event:
        """A new event, for greenlets of one hub; never shared with offloaded work."""
        ...

    def lock(self) -> Lock:
        """A new lock, for greenlets of one hub; never shared with offloaded work."""
        ...


class Timestamper(Protocol):
    """An RFC 3161 authority."""

    def stamp(self, digest: bytes) -> bytes:
        """The DER response over this SHA-256."""
        ...
