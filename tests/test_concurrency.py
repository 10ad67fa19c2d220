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


RENDERING = """
import sys
import jinja2
from bidroom.concurrency import concurrency
green = concurrency(sys.argv[1])
sys.setswitchinterval(1e-5)  # so that threads meet in every lock
from babel import localedata
from threading import Thread
import os
pages = {"page": "{% import 'macros' as m %}{{ m.one(1) }}", "macros": "{% macro one(x) %}{{ x }}{% endmacro %}"}
templates = jinja2.Environment(loader=jinja2.DictLoader(pages))
def render():
    for _ in range(1500):
        templates.get_template("page").render()
        localedata.load("zh")
    return 1
found = []
work = [lambda: green.offload(render), render] * 4
threads = [Thread(target=lambda each=each: found.append(each())) for each in work]
for each in threads:
    each.start()
for each in threads:
    each.join()
print("rendered", sum(found), flush=True)
os._exit(0)
"""


@pytest.mark.parametrize("mode", [mode for mode in PATCH if mode != "gevent" or importlib.util.find_spec("gevent")])
def test_greenlets_and_offloaded_work_render_templates_at_once(mode: str) -> None:
    """Over a lock of the template cache they once waited for each other for ever, and with them whoever had asked."""
    script = f"{PATCH[mode]}\n{RENDERING}"
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", script, mode],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.stdout == "rendered 8\n", done.stderr


def test_offloaded_work_returns_its_result_and_raises_its_exception() -> None:
    threads = concurrency("threading")
    assert isinstance(threads, Threads)
    assert threads.offload(lambda: 7) == 7
    with pytest.raises(ZeroDivisionError):
        threads.offload(lambda: 1 // 0)
