"""An opening of two lots that does not run smoothly: one lot has too few bids; some people act at screens."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, Page, WebSocketRoute

from bidroom.cli.sealing import SealedBid
from bidroom.facts import instant
from tests.e2e.conftest import NewContext
from tests.e2e.seat import Seat
from tests.system.steps import pay
from tests.web.parties import Centre, Organization, Tender, publish
from tests.web.serving import Server

SECOND = timedelta(seconds=1)
NAMES = ("华东云岭建设集团有限公司", "皖江路桥市政有限公司", "江南水利工程有限公司")
LOTS = {1: (0, 1, 2), 2: (0, 1)}
"""Who bids for which lot: the second has too few."""
SHOWN = """
() => {
  const found = [];
  const isSeen = (each) => !each.closest("script, style, template, [lang^=zh], .mark, .ava");
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) if (isSeen(walker.currentNode.parentElement)) found.push(walker.currentNode.nodeValue);
  for (const each of [...document.querySelectorAll("body *")].filter(isSeen)) {
    for (const name of ["title", "aria-label", "placeholder", "alt", "data-done", "data-why", "data-over"]) {
      if (each.hasAttribute(name)) found.push(`${name}=${each.getAttribute(name)}`);
    }
  }
  return [document.title, ...found];
}
"""
"""Everything that a page says, or has ready to say; but what it marks as Chinese, and the signs in circles."""
CHINESE = re.compile("[\u2e80-\u2fff\u3001-\u303f\u3400-\u9fff\uf900-\ufaff\uff00-\uffef]")


class Line:
    """One person's live connection: what the server says can be held back for a while, as a slow network does."""

    def __init__(self, context: BrowserContext) -> None:
        self.is_slow = False
        self._held: list[tuple[WebSocketRoute, str | bytes]] = []
        context.route_web_socket(re.compile(r"/socket\.io/"), self._connect)

    def _connect(self, page: WebSocketRoute) -> None:
        page.connect_to_server().on_message(lambda said: self._pass(page, said))

    def _pass(self, page: WebSocketRoute, said: str | bytes) -> None:
        if self.is_slow:
            self._held.append((page, said))
        else:
            page.send(said)

    def catch_up(self) -> int:
        """Deliver what was held back; how many messages it was."""
        self.is_slow, held, self._held = False, self._held, []
        for page, said in held:
            page.send(said)
        return len(held)


class Interrupted:
    """A real opening past its deadline, and its people's seats."""

    def __init__(self, server: Server, new_context: NewContext, folder: Path, pack: str) -> None:
        self.new_context, self.folder = new_context, folder
        self.centre = Centre.at(server.url)
        self.tender: Tender = publish(self.centre, len(LOTS), pack)
        self.url = f"{server.url}/tenders/{self.tender.id}/room"
        self.bidders = [self.centre.organization(name) for name in NAMES]
        self.sealed: dict[tuple[int, int], SealedBid] = {}
        self.typed: list[str] = []
        self.seats: dict[str, Seat] = {}
        self.lines: dict[str, Line] = {}
        for lot, numbers in LOTS.items():
            for no in numbers:
                out = folder / f"{lot}-{no}"
                self.sealed[lot, no] = self.tender.bid(self.bidders[no], lot, f"1264800{lot}{no}.00", out)
            pay(self.tender, [self.bidders[no] for no in numbers], lot)
        self.centre.go_to(self.tender.deadline + SECOND)
        self.at("checked")

    # --- seats

    def sit(self, name: str, who: Any, language: str = "zh-CN") -> Seat:
        """Somebody's page of the room."""
        context = self.new_context(language)
        self.lines[name] = Line(context)
        seat = Seat.at(context, who.client, who.identity, self.url, self.folder)
        self.seats[name] = seat
        return seat

    @property
    def pages(self) -> Iterator[tuple[str, Page]]:
        """All of them."""
        return ((name, seat.page) for name, seat in self.seats.items())

    def say(self, text: str) -> str:
        """Something that a person types, which is nobody's to translate."""
        self.typed.append(text)
        return text

    # --- the clock and the others

    def at(self, phase: str) -> None:
        """This is the phase that everybody sees."""
        self.centre.rest()
        assert self.tender.view()["phase"] == phase

    def go_to(self, at: datetime) -> None:
        """Let the clock jump; pages learn the time anew, as a person's page does that was loaded then."""
        self.centre.go_to(at)
        for seat in self.seats.values():
            seat.page.reload()
            seat.page.wait_for_selector("#live[data-state=on]")
            seat.has_key = False

    def now(self) -> datetime:
        """The server's time."""
        return self.centre.clerk.client.now()

    def preflight(self) -> None:
        """The tenderee's."""
        self.tender.tenderee.give("SignPreflight", self.tender.id, {"root": self.tender.view()["root"], "bad": []})

    def release(self, *which: tuple[int, int]) -> None:
        """Keys of bids (lot, bidder), by their own clients."""
        for lot, no in which:
            self.tender.release(self.bidders[no], self.sealed[lot, no])

    def digests(self, *lots: int) -> list[str]:
        """The bids of these lots."""
        return sorted(sealed.header.digest for (lot, _), sealed in self.sealed.items() if lot in lots)

    def confirm(self, *bidders: Organization) -> None:
        """The record as it lies before everyone."""
        for who in bidders:
            who.give("ConfirmRecord", self.tender.id, {"record": self.tender.view()["record"]})

    def sign(self, *roles: str) -> None:
        """The record, by the clients of these roles."""
        signers = {"host": self.tender.agent, "tenderee": self.tender.tenderee, "supervisor": self.centre.supervisor}
        for role in roles:
            signers[role].give("SignRecord", self.tender.id, {"record": self.tender.view()["record"], "as": role})  # type: ignore[attr-defined]

    def events(self, kind: str) -> list[dict[str, Any]]:
        """The bodies of those that everybody was told."""
        told = self.tender.agent.client.get(f"{self.tender.path}/events", channel="room")
        return [event["body"] for event in told["events"] if event["type"] == kind]


def ends(page: Page) -> datetime:
    """When the clock card's countdown is over."""
    return instant(page.locator("#timer [data-until]").get_attribute("data-until") or "")


def chinese_in(page: Page, data: list[str]) -> list[str]:
    """What is still said in Chinese, once the data (names, titles, what people typed) is taken out."""
    known = re.compile("|".join(re.escape(value) for value in sorted(data, key=len, reverse=True)))
    said = (known.sub("", text).strip() for text in page.evaluate(SHOWN))
    return [text for text in said if CHINESE.search(text)]
