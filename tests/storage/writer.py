"""A process that adds numbers until it is killed: `writer.py URL KEY FIRST…`; a line for each that is acknowledged.

Four clients add every fourth number each, as fast as they are answered. A client's command has the id of its number,
so that one who was not answered asks again under the same id, as a real client does.
"""

from __future__ import annotations

import sys
import threading
from pathlib import Path

from bidroom.clock import SystemClock
from bidroom.concurrency import Threads
from bidroom.crypto.checkpoint import LogKey
from bidroom.dispatch import Door
from bidroom.storage.database import engine_for
from bidroom.storage.log import SqlLog
from tests.tally import ADDER, STREAM, TABLES, add

CLIENTS = 4


def client(door: Door, number: int) -> None:
    """Add this number, and every fourth after it."""
    while True:
        with door.arrive(STREAM) as at:
            door.submit(add(number, id=f"{number:032x}"), ADDER, at)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()
        number += CLIENTS


def main(url: str, key: str, *firsts: str) -> None:
    """Serve four clients for ever."""
    log = SqlLog(engine_for(url), TABLES, LogKey.load(Path(key), "log.example"))
    door = Door(log, TABLES, SystemClock(), lambda stream, entries: None, Threads())
    door.start()
    threads = [threading.Thread(target=client, args=(door, int(first)), daemon=True) for first in firsts]
    for thread in threads:
        thread.start()
    threads[0].join()


if __name__ == "__main__":
    main(*sys.argv[1:])
