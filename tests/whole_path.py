"""Log, door, ticker and demo clock in one process: 400 commands by 40 clients, then the clock closes.

Prints the longest time that the hub stood still, and the end. Every real thread logs too.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta

import sqlalchemy as sa

from bidroom.clock import DemoClock
from bidroom.concurrency import concurrency
from bidroom.config import AsyncMode
from bidroom.crypto.checkpoint import LogKey
from bidroom.dispatch import Door
from bidroom.jobs import Ticker
from bidroom.ports import Concurrency
from bidroom.storage.agenda import SqlAgenda
from bidroom.storage.database import engine_for
from bidroom.storage.log import SqlLog
from bidroom.storage.schema import migrate
from tests.fakes import NOON
from tests.tally import ADDER, STREAM, TABLES, Tally, add, close_after

CLIENTS, EACH = 40, 10
_LOGGER = logging.getLogger(__name__)


class Server:
    """Everything but the pages."""

    def __init__(self, green: Concurrency, engine: sa.Engine) -> None:
        self.green = green
        self.ticker: Ticker
        agenda = SqlAgenda(engine)
        self.clock = DemoClock(agenda, demo=True, speed=60, start=NOON)
        log = SqlLog(engine, TABLES, LogKey.generate("log.example"))
        waits = frozenset({"Close"})
        self.door = Door(log, TABLES, self.clock, lambda stream, entries: self.ticker.wake(), green, waits=waits)
        self.ticker = Ticker(self.door, agenda, TABLES, self.clock, green, {"audit": lambda stream, due: self.audit()})
        self.ended = 0

    def tally(self) -> Tally:
        """The state."""
        tally: Tally = self.door.state(STREAM)["tally"]
        return tally

    def audit(self) -> dict[str, int]:
        """The heavy work."""
        _LOGGER.info("audited")
        return {"total": self.tally().total}

    def client(self) -> None:
        """Adds ten times."""
        for _ in range(EACH):
            with self.door.arrive(STREAM) as at:
                self.door.submit(add(), ADDER, at)
            self.green.offload(lambda: _LOGGER.info("in a real thread"))
            _LOGGER.info("on the hub")
        self.ended += 1

    def wait_while(self, true: Callable[[], bool]) -> float:
        """Wait as long as it is so; the longest time that a millisecond took."""
        longest = 0.0
        while true():
            before = time.monotonic()
            self.green.sleep(0.001)
            longest = max(longest, time.monotonic() - before)
        return longest

    def close(self) -> None:
        """Let the clock jump to the close."""
        with self.door.arrive(STREAM) as at:
            self.door.submit(close_after(self.clock.now(), audit=True, days=20), ADDER, at)
        self.wait_while(lambda: self.ticker.busy)
        due = self.ticker.next_due()
        assert due is not None
        assert due - self.clock.now() > timedelta(days=19)
        self.green.offload(lambda: self.clock.jump(due))
        self.ticker.wake()
        self.wait_while(lambda: self.ticker.busy)


def main(mode: AsyncMode, url: str) -> None:
    """Run it."""
    logging.basicConfig(level=logging.INFO)
    green, engine = concurrency(mode), engine_for(url)
    migrate(engine)
    server = Server(green, engine)
    server.door.start()
    server.ticker.start()
    for _ in range(CLIENTS):
        green.spawn(server.client)
    longest = server.wait_while(lambda: server.ended < CLIENTS)
    print(f"the hub stood still for {1000 * longest:.0f} ms at most")
    server.close()
    server.ticker.stop()
    server.door.stop()
    assert not server.tally().audit
    print(server.tally().phase, server.tally().total)
