"""Every seat's screens in every phase, on a desk and on a phone: accessible, nothing cut off, nothing sideways."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize

from bidroom.rehearsal.party import Duty, Party
from tests.e2e.company import Company, company, seated
from tests.e2e.conftest import DESKTOP, PHONE, Faults, NewContext
from tests.e2e.screens import Screens
from tests.web.serving import Server

Seats = Mapping[str, tuple[str, int, str, str]]
"""By name: role, number, language, colour scheme."""
SEATS: Seats = {
    "host": ("agent", 0, "zh-CN", "light"),
    "tenderee": ("tenderee", 0, "zh-CN", "light"),
    "bidder": ("bidder", 5, "zh-CN", "light"),
    "failing bidder": ("bidder", 2, "en", "light"),
    "supervisor": ("supervisor", 0, "zh-CN", "dark"),
    "auditor": ("auditor", 0, "en", "dark"),
    "clerk": ("clerk", 0, "zh-CN", "light"),
    "board": ("watcher", 0, "zh-CN", "light"),
}
LOTS: Seats = {
    "host": ("agent", 0, "zh-CN", "light"),
    "bidder": ("bidder", 0, "zh-CN", "dark"),
    "board": ("watcher", 0, "en", "light"),
}
BEFORE = {"tender": ("board", ""), "tender own": ("host", ""), "desk": ("bidder", "desk"), "notice": ("host", "notice")}
AFTER = {"tender over": ("board", ""), "record": ("board", "record"), "record en": ("auditor", "record"),
         "audit": ("auditor", "audit"), "desk over": ("failing bidder", "desk")}  # fmt: skip
ELSEWHERE = {
    "home": ("board", "/"), "home host": ("host", "/"), "home bidder": ("bidder", "/"), "home clerk": ("clerk", "/"),
    "home supervisor": ("supervisor", "/"), "tenders": ("board", "/tenders"), "tenders en": ("auditor", "/tenders"),
    "login": ("board", "/login?next=/tenders"), "register": ("board", "/register"), "about": ("board", "/about"),
    "about en": ("auditor", "/about"), "organization": ("bidder", "/organization"),
    "organization en": ("failing bidder", "/organization"), "bindings": ("clerk", "/centre/bindings"),
    "notices": ("clerk", "/centre/notices"), "new tender": ("host", "/tenders/new"),
    "refused": ("board", "/tenders/none"), "not one's role": ("bidder", "/centre/bindings"),
}  # fmt: skip

SIZES: Mapping[bool, ViewportSize] = {False: DESKTOP, True: PHONE}
NARROW: ViewportSize = {"width": 320, "height": 640}
CAUGHT_UP = """
async () => {
  const held = {};
  document.dispatchEvent(new CustomEvent("bidroom:state", { detail: held }));
  const anew = new DOMParser().parseFromString(await (await fetch(location.href)).text(), "text/html");
  const { shared, own } = anew.querySelector("[data-shared]").dataset;
  return held.room === shared && held.own === own;
}
"""
"""Whether the page holds what it would be given if it were loaded now."""
SYNC = "(now) => document.dispatchEvent(new CustomEvent('bidroom:time', { detail: { now } }))"
"""The rehearsal's clock jumps; a page learns the time when it comes and when it comes back."""


@dataclass
class Survey:
    """One page a seat, kept open from the publication to the end, looked at in every phase and once later in it."""

    company: Company
    new_context: NewContext
    seats: Seats
    screens: Screens
    story: str
    looked: set[str]
    """Phases that were looked at; in no other does anybody act."""
    contexts: dict[str, BrowserContext] = field(default_factory=dict)
    rooms: dict[str, Page] = field(default_factory=dict)
    said: dict[str, int] = field(default_factory=dict)
    """By phase: how much had been said in it when it was first looked at."""
    later: set[str] = field(default_factory=set)

    def look(self) -> None:
        """As a phase begins, and when six things more were said in it."""
        told, phase = self.company.cast.host.told, self.company.cast.host.told.phase
        if self.company.cast.host.tender is None:
            return
        if not self.rooms:
            self._open()
        said = sum(event["phase"] == phase for event in told.events)
        if phase not in self.said:
            self._survey(phase)
            self.said[phase] = said
            self.looked.add(phase)
        elif said >= self.said[phase] + 6 and phase not in self.later:
            self.later.add(phase)
            self._survey(f"{phase} later", axe=False)

    def _open(self) -> None:
        for seat, (role, number, language, colours) in self.seats.items():
            context = self.new_context(language, color_scheme=colours, reduced_motion="reduce")
            self.contexts[seat] = seated(context, self.company.party(role, number))
            page = context.new_page()
            page.goto(self._room)
            page.wait_for_selector("#live[data-state=on]")
            self.rooms[seat] = page

    @property
    def _room(self) -> str:
        return f"{self.company.url}/tenders/{self.company.tender}/room"

    def _survey(self, moment: str, axe: bool = True) -> None:
        at, now = len(self.said), self.company.director.get("/time")["now"]
        for index, (seat, page) in enumerate(self.rooms.items()):
            self._catch_up(page, seat)
            page.evaluate(SYNC, now)
            for phone in (True, False):
                page.set_viewport_size(SIZES[phone])
                self.screens.look(page, self._name(moment, seat, phone), axe and (index + at) % 2 == phone)

    @staticmethod
    def _catch_up(page: Page, seat: str) -> None:
        for _ in range(400):
            if page.evaluate(CAUGHT_UP):
                return
            page.wait_for_timeout(50)
        raise AssertionError(f"the page of {seat} does not show what has happened")

    def _name(self, moment: str, seat: str, phone: bool) -> str:
        return f"{self.story} {moment} {seat} {'phone' if phone else 'desk'}"

    def visit(self, places: Mapping[str, tuple[str, str]], under: str = "") -> None:
        """Other pages, at both sizes; axe on the phone, where more is folded and moved."""
        for name, (seat, path) in places.items():
            page = self.contexts[seat].new_page()
            page.goto(f"{self.company.url}{under}{path}".rstrip("/"))
            for phone in (False, True):
                page.set_viewport_size(SIZES[phone])
                self.screens.look(page, self._name("page", name, phone), axe=phone)
            page.close()

    def narrow(self, seat: str) -> None:
        """What fits on 320 px (WCAG 1.4.10: 1280 px at 400 %) is not cut off there either."""
        page = self.rooms[seat]
        page.set_viewport_size(NARROW)
        for name, path in {"room": f"/tenders/{self.company.tender}/room", "home": "/", "login": "/login"}.items():
            page.goto(f"{self.company.url}{path}")
            self.screens.look(page, f"{self.story} narrow {name} {seat}", axe=False)

    def tabs(self) -> None:
        """The phone's other tabs."""
        for tab, name in (("2", "prices"), ("3", "objections"), ("4", "log")):
            for seat in ("host", "board"):
                page = self.rooms[seat]
                page.set_viewport_size(PHONE)
                page.locator(f"[role=tab][data-tab='{tab}']").click()
                self.screens.look(page, self._name(f"tab {name}", seat, True))


def patient(looked: set[str]) -> type[Party]:
    """Parties who do nothing in a phase before somebody has looked at it: so none passes unseen."""

    class Patient(Party):
        def _act(self, duty: Duty) -> bool:
            return self.told.phase in looked and super()._act(duty)

    return Patient


class Terminating(Duty):
    """The host ends the opening while objections are heard."""

    def act(self) -> bool:
        """Once."""
        if self.party.told.phase != "objections":
            return False
        self.party.command(
            "终止开标", "TerminateOpening", {"reason": "招标文件存在重大错误，评标无法进行，招标人决定终止"}
        )
        return True


@pytest.mark.xdist_group("screens")
@pytest.mark.timeout(900)
def test_screens_of_an_opening_with_every_trouble(
    server: Server, new_context: NewContext, faults: Faults, tmp_path: Path
) -> None:
    screens = Screens.of(tmp_path)
    looked = {"scheduled"}
    with company(server.url, "trouble", tmp_path, patient(looked)) as everyone:
        survey = Survey(everyone, new_context, SEATS, screens, "trouble", looked)
        has_visited = False

        def look() -> None:
            nonlocal has_visited
            survey.look()
            if "sign_in" in survey.said and not has_visited:
                has_visited = True
                survey.visit(BEFORE, f"/tenders/{everyone.tender}/")

        everyone.conduct(look)
        survey.tabs()
        survey.visit(AFTER, f"/tenders/{everyone.tender}/")
        survey.visit({"deposits": ("clerk", f"/centre/deposits/{everyone.tender}")})
        faults.expected += ["status of 404", "status of 403"]  # as a refused page is logged; the last two are
        survey.visit(ELSEWHERE)
    assert not screens.faults, "\n".join(screens.faults)
    assert survey.said.keys() >= {
        "scheduled", "sign_in", "checked", "decrypting", "suspended", "closing", "attributing", "announcing",
        "objections", "confirming", "closed",
    }  # fmt: skip
    assert screens.checked > 11 * len(SEATS)


@pytest.mark.xdist_group("screens of two lots")
@pytest.mark.timeout(900)
def test_screens_of_two_lots_and_of_a_termination(server: Server, new_context: NewContext, tmp_path: Path) -> None:
    screens = Screens.of(tmp_path)
    looked = {"scheduled"}
    with company(server.url, "under-minimum", tmp_path, patient(looked)) as everyone:
        survey = Survey(everyone, new_context, LOTS, screens, "lots", looked)
        ending = Terminating()
        ending.party = everyone.cast.host
        everyone.cast.host.duties = (ending, *everyone.cast.host.duties)
        everyone.conduct(survey.look)
        survey.visit({"record ended": ("board", f"/tenders/{everyone.tender}/record")})
        for seat in LOTS:
            survey.narrow(seat)
    assert not screens.faults, "\n".join(screens.faults)
    assert survey.said.keys() >= {"sign_in", "checked", "decrypting", "announcing", "objections", "terminated"}
