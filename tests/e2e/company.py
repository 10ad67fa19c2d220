"""A whole rehearsal inside the test's own process, with browsers that look on from everyone's seat."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page
from rich.console import Console

from bidroom.cli.client import Client
from bidroom.crypto.checkpoint import parse_vkey
from bidroom.facts import instant
from bidroom.rehearsal.cast import Authority, Cast, cast_of, open_centre, staff_of
from bidroom.rehearsal.director import Conductor, acting, prepare
from bidroom.rehearsal.party import Party
from bidroom.rehearsal.place import Place, Turn
from bidroom.rehearsal.reading import read
from bidroom.rehearsal.show import Show

SCENARIOS = Path(__file__).parent.parent.parent / "demo" / "scenarios"


@dataclass
class Observed(Conductor):
    """Lets somebody look after each round in which anything was said."""

    look: Callable[[], None] = field(default=lambda: None)
    _heard: int = 0

    def _round(self, now: datetime) -> list[Turn]:
        turns = super()._round(now)
        heard = sum(len(party.heard) for party in self.cast.parties)
        if heard != self._heard:
            self._heard = heard
            self.look()
        return turns


@dataclass(frozen=True)
class Company:
    """Everyone who takes part, and where."""

    url: str
    cast: Cast
    director: Client

    @property
    def tender(self) -> str:
        """The tender's id, once it is published."""
        return str(self.cast.host.tender)

    def party(self, role: str, number: int = 0) -> Party:
        """One of those of a role."""
        return [party for party in self.cast.parties if party.role == role][number]

    def conduct(self, look: Callable[[], None]) -> None:
        """Act it all."""
        Observed(self.director, self.cast, Show(Console(quiet=True)), look=look).run()


@contextmanager
def company(url: str, name: str, folder: Path, kind: type[Party] = Party) -> Iterator[Company]:
    """The parties of a scenario at a server in demo mode, ready to act; `kind` is what they are."""
    scenario = read(SCENARIOS / f"{name}.yaml")
    director = Client(url)
    started = instant(director.get("/time")["now"])
    authority = Authority.made(started)
    staff = staff_of(scenario, authority)
    open_centre(director, authority, staff)
    prepare(folder / "out")
    vkey = parse_vkey(director.get("/keys")["receipt"])
    place = Place(url, scenario.number, authority.trust, vkey, folder, folder / "out" / "receipts", lambda *_: None)
    cast = cast_of(scenario, place, authority, staff, kind=kind)
    with acting(cast):
        yield Company(url, cast, director)
    director.close()


def seated(context: BrowserContext, party: Party) -> BrowserContext:
    """This profile is logged in as the party is."""
    for cookie in filter(None, party.client.cookies().split("; ")):
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": party.place.url}])
    return context


SAME = """
async () => {
  const plain = (root) => {
    const copy = root.cloneNode(true);
    for (const each of copy.querySelectorAll("[data-until]")) {
      each.textContent = "";
      each.removeAttribute("data-over-now");
    }
    for (const each of copy.querySelectorAll("[data-open-from], [data-open-until]")) each.removeAttribute("disabled");
    for (const each of copy.querySelectorAll("[data-ring]")) each.removeAttribute("stroke-dasharray");
    for (const each of copy.querySelectorAll("*")) {
      for (const name of ["open", "tabindex", "aria-selected", "data-filled", "style"]) each.removeAttribute(name);
    }
    return copy.innerHTML.replace(/>\\s+</g, "><").replace(/\\s+/g, " ").trim();
  };
  const live = document.querySelector("[data-shared]");
  const text = await (await fetch(location.href)).text();
  const fresh = new DOMParser().parseFromString(text, "text/html").querySelector("[data-shared]");
  const [a, b] = [plain(live), plain(fresh)];
  if (a === b) return null;
  let at = 0;
  while (a[at] === b[at]) at += 1;
  return { shown: a.slice(Math.max(0, at - 120), at + 300), anew: b.slice(Math.max(0, at - 120), at + 300) };
}
"""
"""Null where the page shows what it would show if it were loaded now; else both around the first difference.

What the browser alone fills in (countdowns, which buttons' time has come, what a person opened) is left out.
"""


def difference(page: Page, tries: int = 400) -> Mapping[str, Any] | None:
    """What the page and the page anew differ in, once they have had time to be the same."""
    found: Mapping[str, Any] | None = None
    for _ in range(tries):
        found = page.evaluate(SAME)
        if found is None:
            return None
        page.wait_for_timeout(50)
    return found
