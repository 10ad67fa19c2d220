"""A party: its own thread, its own client, its own knowledge; it acts on what it is told and when its time comes."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from bidroom.cli.client import Client
from bidroom.cli.identity import Identity
from bidroom.cli.room import ROOM, Event, Room
from bidroom.cli.words import language
from bidroom.facts import Refused, instant, rfc3339
from bidroom.rehearsal.place import Deed, Letter, Place, Turn
from bidroom.rehearsal.told import Told
from bidroom.rehearsal.words import deed

T = TypeVar("T")


@dataclass
class Duty:
    """One thing that a party takes care of. `act` does what can be done now, and says whether it did anything."""

    party: Party = field(init=False, repr=False)
    works_offline = False
    """Whether it goes on while the connection is lost."""

    def act(self) -> bool:
        """Do what can be done now."""
        raise NotImplementedError

    def read(self, letter: Letter) -> None:
        """Take note of a letter."""


class Party:
    """Somebody with a client. Runs in its own thread from `start` to `stop`."""

    def __init__(self, name: str, role: str, place: Place, duties: tuple[Duty, ...], identity: Identity | None = None):
        self.name, self.role, self.place, self.identity = name, role, place, identity
        self.duties = duties
        for duty in duties:
            duty.party = self
        self.client = Client(place.url)
        self.told = Told()
        self.room: Room | None = None
        self.tender: str | None = None
        self.is_ready = False
        """Whether it may look for the tender and enter its room: logged in, or a mere watcher."""
        self.now = datetime.fromtimestamp(0, UTC)
        self.wakes: datetime | None = None
        self.fault: Exception | None = None
        self.deeds: list[Deed] = []
        self.heard: list[tuple[str, float]] = []
        self.on_phase: Callable[[datetime, str], None] | None = None
        self._rung = threading.Event()
        self._did = False  # since the last round was answered
        self._inbox: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    # --- the thread

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Hang up and end."""
        self._inbox.put(None)
        self._thread.join(30)
        if self.room is not None:
            self.room.leave()
        self.client.close()

    def ask_round(self, now: datetime, catch_up: bool = True) -> Future[Turn]:
        """Look at everything once, the clock on the wall showing `now`; `catch_up`: ask the room for what is new too.

        What it did since the last round counts too.
        """
        asked: Future[Turn] = Future()
        self._inbox.put((asked, now, catch_up))
        return asked

    def write_to(self, other: Party, letter: Letter) -> None:
        """Hand a letter to somebody."""
        other.receive({**letter, "from": self})

    def receive(self, letter: Letter) -> None:
        """A letter has come."""
        self._inbox.put(letter)

    def _run(self) -> None:
        while (item := self._inbox.get()) is not None:
            try:
                if isinstance(item, tuple):
                    self._answer(*item)
                else:
                    self._between_rounds(item)
            except Exception as fault:  # noqa: BLE001 - the director ends the rehearsal with it
                self.fault = self.fault or fault

    def _answer(self, asked: Future[Turn], now: datetime, catch_up: bool) -> None:
        try:
            self.now = now
            did, self._did = self._turn(catch_up) or self._did, False
            asked.set_result(Turn(did, self.wakes))
        except Exception as fault:
            asked.set_exception(fault)
            raise

    def _ring(self) -> None:
        """The room was told something: look at it, once for all that comes until then."""
        if not self._rung.is_set():
            self._rung.set()
            self._inbox.put({})

    def _between_rounds(self, item: Letter) -> None:
        """A letter, or (empty) something that the room was told."""
        if not item:
            self._rung.clear()
        self.now = self.client.now()
        for duty in self.duties if item else ():
            duty.read(item)
        self._did = self._turn(catch_up=False) or bool(item) or self._did

    def _turn(self, catch_up: bool) -> bool:
        """Hear what is new, then act until nothing is left to do now."""
        if self.fault is not None:
            raise self.fault
        did = self._look_for_tender()
        did = self._listen(catch_up) or did
        for _ in range(100):
            self.wakes = None
            acted = [self._act(duty) for duty in self._duties_now()]
            if not any(acted):
                return did
            did = True
            self._listen(catch_up=True)  # what one did oneself is told too, before one decides again
        raise Refused("party_goes_round_in_circles", field=self.name)

    def _act(self, duty: Duty) -> bool:
        """Let one duty be done."""
        return duty.act()

    def _duties_now(self) -> list[Duty]:
        offline = self.room is not None and not self.room.is_connected
        return [duty for duty in self.duties if duty.works_offline or not offline]

    def _look_for_tender(self) -> bool:
        if not self.is_ready or self.tender is not None:
            return False
        published = self.client.get("/tenders")["tenders"]
        found = [each["tender"] for each in published if each["number"] == self.place.number]
        if found:
            self.tender = found[0]
            self.enter()
        return bool(found)

    def _listen(self, catch_up: bool) -> bool:
        if self.room is None or not self.room.is_connected:
            return False
        fresh = list(self.room.news())
        fresh += list(self.room.catch_up()) if catch_up else []
        for _, event in fresh:
            self._hear(event)
        return bool(fresh)

    def _hear(self, event: Event) -> None:
        self.heard.append((event["type"], time.monotonic()))
        before = self.told.phase
        self.told.hear(event)
        if self.told.phase != before and self.on_phase is not None:
            self.on_phase(instant(event["time"]), self.told.phase)

    # --- what duties use

    @property
    def the_identity(self) -> Identity:
        """The key and certificate of those who have one."""
        assert self.identity is not None, self.name
        return self.identity

    def enter(self) -> None:
        """Take one's seat in the room, for the first time or again."""
        assert self.tender is not None
        if self.room is None:
            self.room = Room(self.client, self.tender, on_news=self._ring, channels=(ROOM,))
        self.room.enter()

    def leave(self) -> None:
        """Lose the connection."""
        assert self.room is not None
        self.room.leave()

    def has_come(self, at: datetime) -> bool:
        """Whether this time has come; where it has not, the party wants to be woken then."""
        if self.now >= at:
            return True
        self.wakes = at if self.wakes is None else min(self.wakes, at)
        return False

    def has_waited(self, phase: str, wait: timedelta) -> bool:
        """Whether a phase that was come to has lasted so long; one that was passed over has."""
        since = self.told.since.get(phase)
        return not wait or since is None or self.has_come(since + wait)

    def may_sign(self, who: str) -> bool:
        """Whether host, tenderee or supervisor has looked at the record for long enough."""
        return self.has_waited("confirming", self.place.pace.signature(who))

    def do(self, what: str, work: Callable[[], T], lot: int | None = None, say: bool = True) -> T:
        """Do something, and keep when it was done and how long it took."""
        begun = time.monotonic()
        result = work()
        self.deeds.append(Deed(what, rfc3339(self.now), round(time.monotonic() - begun, 4), lot))
        if say:
            self.say(what, lot)
        return result

    def say(self, what: str, lot: int | None = None) -> None:
        """Tell whoever watches the rehearsal."""
        self.place.report(self.now, self.name, deed(what, language(), lot))

    def command(
        self, what: str, kind: str, body: Mapping[str, Any], lot: int | None = None,
        checkpoint: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:  # fmt: skip
        """Give a signed command in the room."""
        assert self.room is not None
        room = self.room
        return self.do(what, lambda: room.command(kind, body, lot, self.identity, checkpoint), lot)
