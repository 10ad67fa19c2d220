"""The three modes: each runs the whole path in a process of its own, and the hub goes on meanwhile."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from bidroom.concurrency import Eventlet, Threads, concurrency

ROOT = Path(__file__).parents[1]

PATCH = {
    "eventlet": "import eventlet; eventlet.monkey_patch()",
    "gevent": "from gevent import monkey; monkey.patch_all()",
    "threading": "",
}


def run(mode: str, url: str) -> subprocess.CompletedProcess[str]:
    """The whole path in this mode."""
    return subprocess.run(
        [
            sys.executable,
            "-W",
            "ignore",
            "-c",
            f"{PATCH[mode]}\nfrom tests.whole_path import main\nmain({mode!r}, {url!r})",
        ],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.parametrize("mode", [mode for mode in PATCH if mode != "gevent" or importlib.util.find_spec("gevent")])
def test_the_whole_path_runs_in_every_mode(mode: str, database_url: str) -> None:
    done = run(mode, database_url)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == "closed 400"


@pytest.mark.filterwarnings(r"ignore:\s*Eventlet is deprecated")
def test_a_green_mode_without_its_patch_is_an_error_at_once() -> None:
    with pytest.raises(RuntimeError, match="before every other import"):
        Eventlet()


def test_offloaded_work_returns_its_result_and_raises_its_exception() -> None:
    threads = concurrency("threading")
    assert isinstance(threads, Threads)
    assert threads.offload(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        threads.offload(lambda: 1 // 0)
