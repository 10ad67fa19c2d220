"""kill -9 at any moment: nothing that was acknowledged is lost, nothing is there twice, and the tree is whole."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from bidroom.concurrency import Threads
from bidroom.crypto import checkpoint
from bidroom.crypto.checkpoint import LogKey
from bidroom.crypto.tree import Frontier, leaf_hash
from bidroom.dispatch import Door
from bidroom.storage.log import SqlLog
from tests.fakes import FakeClock
from tests.storage.writer import CLIENTS
from tests.tally import STREAM, TABLES

ROOT = Path(__file__).parents[2]


def run_and_kill(url: str, key: Path, acknowledged: list[int], after: int) -> None:
    """Let the writer go on where its clients were, and kill it some answers later, at no particular moment."""
    goal = len(acknowledged) + after
    firsts = [
        max((n for n in acknowledged if n % CLIENTS == client), default=client) + CLIENTS for client in range(CLIENTS)
    ]
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.storage.writer", url, str(key), *map(str, firsts)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    for line in process.stdout:
        acknowledged.append(int(line))
        if len(acknowledged) == goal:
            threading.Timer(random.uniform(0, 0.02), process.kill).start()
    assert process.wait() == -9
    process.stdout.close()
    assert len(acknowledged) >= goal


@pytest.fixture
def key(tmp_path: Path, log_key: LogKey) -> Path:
    """The log key in a file."""
    log_key.save(tmp_path / "log.key")
    return tmp_path / "log.key"


def test_kill_9_loses_nothing_and_doubles_nothing(
    database_url: str, engine: sa.Engine, engines: Callable[[], sa.Engine], key: Path, log_key: LogKey
) -> None:
    acknowledged: list[int] = []
    for after in (1, 30, 2, 60, 10):
        run_and_kill(database_url, key, acknowledged, after)
    log = SqlLog(engines(), TABLES, log_key)
    door = Door(log, TABLES, FakeClock(), lambda stream, entries: None, Threads())
    door.start()
    door.stop()
    numbers = [entry.body["n"] for entry in log.entries(STREAM)]
    assert len(numbers) == len(set(numbers)), "twice"
    assert set(acknowledged) <= set(numbers), "lost"
    assert len(numbers) - len(acknowledged) <= CLIENTS, "more than what was on its way"
    assert log.undecided() == ()
    frontier = Frontier()
    notes = log.checkpoints(STREAM)
    for entry in log.entries(STREAM):
        frontier = frontier.append(leaf_hash(entry.data))
        note = checkpoint.verify(notes[frontier.size], log_key.vkey)
        assert note == (f"log.example/{STREAM}", frontier.size, frontier.root)
    assert log.view(STREAM).root == frontier.root
