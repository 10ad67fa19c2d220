"""100 MiB sealed in the browser: it shows how far it is, answers all the while, holds none of it, and goes on later."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect

from bidroom.crypto.tree import SEGMENT
from tests.e2e.conftest import PATIENCE, Faults, chromium_path
from tests.e2e.test_desk import LONG, STORED, Desk, choose, fill_in, open_key, seal, state, submitted
from tests.web.serving import Server

pytestmark = [pytest.mark.xdist_group("large bid"), pytest.mark.timeout(900)]
MIB = 1 << 20
SIZE = 100 * MIB
MOST, GROWTH = 300, 128
"""MB: what the page may take at most, also with the browser's own process; by how much both may grow."""
LONGEST = 250
"""Milliseconds for which the page may not answer, where the machine lets it."""
IDLE = """
import select, sys, time
worst, last = 0.0, time.monotonic()
while not select.select([sys.stdin], [], [], 0.01)[0]:
    worst, last = max(worst, time.monotonic() - last), time.monotonic()
print(worst * 1000)
"""
"""For how many ms a process that does nothing had to wait: the machine is to blame for it, not the page."""
UPLOAD = 16 * MIB
"""Bytes a second, so that the tab can be closed in the middle."""

WATCHING = """
() => {
  const lot = document.querySelector("#lot-1");
  const [bar, sealed] = [lot.querySelector("[data-sealing] progress"), lot.querySelector("[data-sealed]")];
  const watch = globalThis.watch = { gap: 0, ticks: 0, values: [], over: false };
  let last = performance.now();
  setInterval(() => {
    const now = performance.now();
    if (!watch.over) [watch.gap, watch.ticks] = [Math.max(watch.gap, now - last), watch.ticks + 1];
    last = now;
  }, 10);
  const note = () => {
    if (!bar.parentElement.hidden && watch.values.at(-1) !== bar.value) watch.values.push(bar.value);
  };
  new MutationObserver(note).observe(bar, { attributeFilter: ["value"] });
  new MutationObserver(() => { watch.over ||= !sealed.hidden; }).observe(sealed, { attributeFilter: ["hidden"] });
}
"""
"""Notes until the sealed bid is shown how long the page did not answer, and what the progress showed."""


# --- memory


@dataclass
class Memory:
    """MB (10^6 bytes) of one browser's processes, what is shared counted in parts (PSS).

    `page`: the renderer of the page and its worker (the largest: the others are spare). `both`: that and the browser's
    own process. `all`: every process. `... held`: without what is mapped from files, above all the browser's own code,
    whose share depends on how many other browsers run on the machine.
    """

    root: int
    before: dict[str, float] = field(default_factory=dict)
    peaks: dict[str, float] = field(default_factory=dict)

    def look(self) -> dict[str, float]:
        """As it is now."""
        found = [kind_and_sizes(pid) for pid in descendants(self.root)]
        return {**summed("", found, 0), **summed(" held", found, 1)}

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Keep the peaks of what runs inside, looking twenty times a second."""
        self.before, over = self.look(), threading.Event()

        def keep() -> None:
            while not over.wait(0.05):
                for kind, size in self.look().items():
                    self.peaks[kind] = max(size, self.peaks.get(kind, 0.0))

        thread = threading.Thread(target=keep)
        thread.start()
        try:
            yield
        finally:
            over.set()
            thread.join()

    def __str__(self) -> str:
        return ", ".join(f"{kind} {self.before.get(kind, 0):.0f} -> {self.peaks[kind]:.0f} MB" for kind in self.peaks)


def browser_of(folder: Path) -> int:
    """The process of the browser that has this profile: the one with no other of its kind above it."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        said = _read(path)
        if f"--user-data-dir={folder}".encode() in said and b"--type=" not in said and b"chrom" in said.split(b"\0")[0]:
            return int(path.parent.name)
    raise AssertionError("the browser does not run")


def descendants(root: int) -> list[int]:
    """A process and all beneath it."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        after = _read(path).rpartition(b")")[2].split()
        if after:
            children.setdefault(int(after[1]), []).append(int(path.parent.name))
    found = [root]
    for pid in found:
        found += children.get(pid, [])
    return found


def kind_and_sizes(pid: int) -> tuple[str, tuple[float, float]]:
    """Its --type (browser where it has none), its PSS, and how much of that is not mapped from files."""
    kind = re.search(rb"--type=([a-z-]+)", _read(Path(f"/proc/{pid}/cmdline")))
    lines = (line.split() for line in _read(Path(f"/proc/{pid}/smaps_rollup")).splitlines()[1:])
    sizes = {name: int(size) * 1024 / 1e6 for name, size, *_ in lines}
    pss = sizes.get(b"Pss:", 0.0)
    return kind[1].decode() if kind else "browser", (pss, pss - sizes.get(b"Pss_File:", 0.0))


def summed(name: str, found: list[tuple[str, tuple[float, float]]], which: int) -> dict[str, float]:
    """One of the two sizes of all processes, by what a person would ask about."""
    page = max((sizes[which] for kind, sizes in found if kind == "renderer"), default=0.0)
    browser = sum(sizes[which] for kind, sizes in found if kind == "browser")
    every = sum(sizes[which] for _, sizes in found)
    return {f"page{name}": page, f"browser{name}": browser, f"both{name}": page + browser, f"all{name}": every}


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # the process has just ended
        return b""


@contextmanager
def idle() -> Iterator[list[float]]:
    """What a process that does nothing waited at most while something ran."""
    command, waited = [sys.executable, "-c", IDLE], list[float]()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield waited
        finally:
            waited.append(float(process.communicate("over", timeout=30)[0]))


# --- the test


@pytest.fixture
def desk(server: Server, tmp_path: Path) -> Desk:
    return Desk(server, tmp_path)


@pytest.fixture
def profile(desk: Desk, browser: Browser, faults: Faults, tmp_path: Path) -> Iterator[BrowserContext]:
    """The bidder's browser with a profile on disk: what a private window stores lies in memory."""
    options = ["--no-sandbox", "--disable-dev-shm-usage"]
    context = browser.browser_type.launch_persistent_context(
        tmp_path / "profile", executable_path=chromium_path(), args=options, locale="zh-CN"
    )
    context.set_default_timeout(PATIENCE)
    context.on("page", faults.watch)
    faults.expected.append("404")  # whether this is a demo's seat is found out by asking
    yield desk.log_in(context)
    context.close()
    shutil.rmtree(tmp_path / "profile", ignore_errors=True)


def puts_of(page: Page) -> list[tuple[int, int]]:
    """Part and number of every segment that the page sends, as it goes on."""
    sent: list[tuple[int, int]] = []

    def note(url: str) -> None:
        if found := re.search(r"/parts/(\d)/segments/(\d+)$", url):
            sent.append((int(found[1]), int(found[2])))

    page.on("request", lambda request: note(request.url) if request.method == "PUT" else None)
    return sent


def held(desk: Desk, bid: str) -> set[tuple[int, int]]:
    """What the server has of it, once nothing more arrives."""
    place, seen = f"{desk.tender.path}/bids/{bid}/segments", [set[tuple[int, int]](), {(-1, -1)}]
    until = time.monotonic() + 30
    while seen[-1] != seen[-2]:
        assert time.monotonic() < until, "segments go on coming"
        time.sleep(0.5)
        told: dict[str, Any] = desk.bidder.client.get(place)
        seen.append({(int(part), number) for part, numbers in told.items() for number in numbers})
    return seen[-1]


def until(is_so: Callable[[], bool]) -> None:
    """Wait for it; the page's policy forbids the ways in which a browser would look by itself."""
    last = time.monotonic() + LONG / 1000
    while not is_so():
        assert time.monotonic() < last, "it never came"
        time.sleep(0.05)


ABOUT = """
async () => {
  const root = await (await navigator.storage.getDirectory()).getDirectoryHandle("bidroom");
  for await (const bid of root.values()) {
    return JSON.parse(await (await (await bid.getFileHandle("about.json")).getFile()).text());
  }
}
"""


def test_a_hundred_megabytes_are_sealed_and_sent_without_being_held(
    desk: Desk, profile: BrowserContext, tmp_path: Path, record_property: Any
) -> None:
    big = desk.document("技术标.pdf", SIZE)
    page = desk.open(profile)
    memory, lot = Memory(browser_of(tmp_path / "profile")), page.locator("#lot-1")
    fill_in(lot)
    choose(page, "#lot-1 [data-files]", big)
    slow = page.context.new_cdp_session(page)
    slow.send("Network.enable")
    slow.send("Network.emulateNetworkConditions",
              {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": UPLOAD})  # fmt: skip
    page.wait_for_timeout(1000)
    started = time.monotonic()
    with memory.watched():
        with idle() as waited:
            page.evaluate(WATCHING)
            seal(lot)
            open_key(page, desk.key())
            expect(lot.locator("[data-sealed]")).to_be_visible(timeout=LONG)
        took, watch = time.monotonic() - started, page.evaluate("watch")
        about = page.evaluate(ABOUT)
        until(lambda: page.evaluate("document.querySelector('#lot-1 [data-sealed] progress').value") > 0.2)
        page.close(run_before_unload=False)
        there = held(desk, about["bid"])
        again = desk.open(profile)
        whole = {(part["id"], n) for part in about["parts"] for n in range(-(-part["length"] // SEGMENT))}
        assert len(whole) > 100
        assert whole > there, "it was closed in the middle"
        lot, sent = again.locator("#lot-1"), puts_of(again)
        expect(state(lot)).to_have_attribute("data-state", "none")
        expect(lot.locator("[data-sealed]")).to_contain_text("从断点继续")
        lot.locator("[data-go]").click()
        digest = submitted(lot)
    steps, gap = len(watch["values"]), watch["gap"]
    told = f"{memory}; sealed in {took:.1f} s, {steps} steps, longest gap {gap:.0f} ms (idle process: {waited[0]:.0f})"
    record_property("large bid", told)
    print(told)
    assert sorted(sent) == sorted(whole - there), "what is missing, each once"
    assert digest == about["digest"]
    expect(state(lot)).to_contain_text("回执时间")
    with again.expect_download() as download:
        lot.get_by_role("link", name="下载回执").click()
    assert desk.receipt(json.loads(download.value.path().read_text("utf-8")))["digest"] == digest
    assert again.evaluate(STORED) == ["about.json"]
    assert memory.peaks["page"] > memory.before["page"] > 0, told
    assert memory.peaks["page"] < MOST, told
    assert memory.peaks["both held"] < MOST, told
    assert memory.peaks["both"] - memory.before["both"] < GROWTH, told
    assert watch["ticks"] > 50, told
    assert watch["gap"] - waited[0] < LONGEST, told
    assert watch["values"] == sorted(watch["values"]), told
    assert len(watch["values"]) >= 10, told
