"""Page and patches are the page rendered anew: for every audience, after everything that happens in `trouble`.

In the same opening others lose their connection as each phase begins, and come back as the next one has begun.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.e2e.company import Company, company, difference, seated
from tests.e2e.conftest import Faults, profile
from tests.web.serving import Server

pytestmark = [pytest.mark.xdist_group("trouble"), pytest.mark.timeout(900)]
PHASES = {
    "scheduled", "sign_in", "checked", "decrypting", "suspended", "closing", "attributing", "announcing", "objections",
    "confirming", "closed",
}  # fmt: skip
SEATS = {
    "host": ("agent", 0, "zh-CN"),
    "tenderee": ("tenderee", 0, "zh-CN"),
    "bidder": ("bidder", 0, "zh-CN"),
    "bidder in English": ("bidder", 3, "en"),
    "supervisor": ("supervisor", 0, "zh-CN"),
    "auditor": ("auditor", 0, "zh-CN"),
    "clerk": ("clerk", 0, "zh-CN"),
    "board": ("watcher", 0, "en"),
}
CUT_OFF = {
    "cut-off host": ("agent", 0, "zh-CN"),
    "cut-off bidder": ("bidder", 1, "zh-CN"),
    "cut-off board": SEATS["board"],
}
TWICE = """() => {
  const ids = [...document.querySelectorAll("[id]")].map((each) => each.id);
  return ids.filter((id, place) => ids.indexOf(id) !== place);
}"""


@dataclass
class Seat:
    """One person's page, and how often it was loaded."""

    name: str
    context: BrowserContext
    page: Page
    loads: int = 0

    def loaded(self, _: Page) -> None:
        """It was loaded once more."""
        self.loads += 1


@dataclass
class Watch:
    """Everyone's pages over one opening: what was compared, and what was not as it should be."""

    company: Company
    browser: Browser
    faults: Faults
    seats: dict[str, Seat] = field(default_factory=dict)
    phases: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    compared: int = 0
    looks: int = 0

    def look(self) -> None:
        """All of them in a new phase, two of them in turn after anything else."""
        told = self.company.cast.host.told
        if self.company.cast.host.tender is None:
            return
        self.looks += 1
        if told.phase in self.phases[-1:]:
            turn = 2 * self.looks % len(SEATS)
            self._compare(list(SEATS)[turn : turn + 2])
            return
        self.phases.append(told.phase)
        if not self.seats:
            self.seats = {name: self._open(name) for name in (*SEATS, *CUT_OFF)}
        elif len(self.phases) > 2:
            self._mend()
        self._compare(SEATS)
        if not told.is_over:
            self._cut()

    def _open(self, name: str) -> Seat:
        role, number, language = {**SEATS, **CUT_OFF}[name]
        context = seated(profile(self.browser, self.faults, language), self.company.party(role, number))
        page = context.new_page()
        page.goto(f"{self.company.url}/tenders/{self.company.tender}/room")
        page.wait_for_selector("#live[data-state=on]")
        seat = Seat(name, context, page)
        page.on("load", seat.loaded)
        return seat

    def _compare(self, names: object) -> None:
        for name in names if isinstance(names, list) else list(SEATS):
            found = difference(self.seats[name].page)
            self.compared += 1
            if found is not None:
                self.wrong.append(f"{name}, {self.phases[-1]}: {found}")

    def _cut(self) -> None:
        for name in CUT_OFF:
            self.seats[name].context.set_offline(True)
            self.seats[name].page.wait_for_selector("#live[data-state=off]")

    def _mend(self) -> None:
        for name in CUT_OFF:
            seat = self.seats[name]
            seat.context.set_offline(False)
            seat.page.wait_for_selector("#live[data-state=on]")
            found = difference(seat.page), seat.page.evaluate(TWICE)
            if found != (None, []):
                self.wrong.append(f"{name}, back in {self.phases[-1]}: {found}")


@pytest.fixture(scope="module")
def watch(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Watch]:
    folder = tmp_path_factory.mktemp("trouble")
    server = Server(folder)
    server.start()
    with company(server.url, "trouble", folder) as everyone:
        found = Watch(everyone, browser, Faults(["ERR_INTERNET_DISCONNECTED"]))
        everyone.conduct(found.look)
        found.look()
    yield found
    for seat in found.seats.values():
        seat.context.close()
    server.kill()


def test_page_and_patches_are_the_page_anew(watch: Watch) -> None:
    assert watch.wrong == []
    assert set(watch.phases) >= PHASES
    assert watch.compared > 12 * len(SEATS)


def test_nothing_was_loaded_twice(watch: Watch) -> None:
    assert {name: seat.loads for name, seat in watch.seats.items()} == dict.fromkeys((*SEATS, *CUT_OFF), 0)


def test_no_page_complained(watch: Watch) -> None:
    assert watch.faults.said == []
