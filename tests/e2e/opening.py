"""One opening of two lots, from sealing to record: five people at screens, a third bidder at a command line."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from playwright.sync_api import BrowserContext, expect

from bidroom.cli.sealing import SealedBid, seal_bid
from bidroom.cli.submitting import submit_bid
from bidroom.crypto.canonical import canonical
from tests.e2e.people import LEGACY, MODERN, Person
from tests.e2e.wire import Said, Tap
from tests.system.steps import pay
from tests.web.parties import Centre, Organization, Tender, publish
from tests.web.serving import Server, free_port

SECOND = timedelta(seconds=1)
LOTS = (1, 2)
PAINT = "() => performance.getEntriesByType('paint').map((each) => [each.name, each.startTime])"


@contextmanager
def tapped(folder: Path) -> Iterator[tuple[Server, Tap, str]]:
    """A server, the tap before it, and the origin at which everybody finds both."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    server = Server(folder, {"BIDROOM_ORIGIN": url})
    server.start()
    tap = Tap(port, server.port)
    try:
        yield server, tap, url
    finally:
        tap.close()
        server.kill()


@dataclass
class Opening:
    """Everyone, what they bid, and what was said until when."""

    server: Server
    tap: Tap
    url: str
    folder: Path
    new_context: Callable[[], BrowserContext]
    centre: Centre = field(init=False)
    tender: Tender = field(init=False)
    bidders: list[Organization] = field(init=False)
    people: dict[str, Person] = field(default_factory=dict)
    forms: dict[tuple[int, int], dict[str, Any]] = field(default_factory=dict)
    sealed: dict[int, SealedBid] = field(default_factory=dict)
    documents: list[Path] = field(default_factory=list)
    paints: list[dict[str, float]] = field(default_factory=list)
    said: dict[str, Said] = field(default_factory=dict)
    sessions: dict[str, str] = field(default_factory=dict)
    saved: dict[str, Path] = field(default_factory=dict)

    def run(self) -> Opening:
        """All of it."""
        self._begin()
        self._bid()
        self._sign_in()
        self._decrypt()
        self._announce()
        self._sign()
        self._keep()
        return self

    def at(self, phase: str) -> None:
        """This is the phase that everybody sees."""
        self.centre.rest()
        assert self.tender.view()["phase"] == phase

    def until(self, moment: str) -> None:
        """All that was said up to now."""
        self.said[moment] = Said(self.tap.messages())

    @property
    def room(self) -> str:
        """Its path."""
        return f"/tenders/{self.tender.id}/room"

    def _begin(self) -> None:
        self.centre = Centre.at(self.url)
        self.tender = publish(self.centre, lots=len(LOTS))
        names = ("华东云岭建设集团有限公司", "皖江路桥市政有限公司", "江南水利工程有限公司")
        self.bidders = [self.centre.organization(name) for name in names]
        for no, _ in enumerate(self.bidders):
            document = self.folder / f"方案-{secrets.token_hex(6)}.txt"
            document.write_text(f"施工组织设计 {secrets.token_hex(24)}\n" * 40, "utf-8")
            self.documents.append(document)
            for lot in LOTS:
                price = f"{100_000_000 + secrets.randbelow(80_000_000)}.{10 + secrets.randbelow(90)}"
                self.forms[no, lot] = {"price": price, "duration": 10**8 + secrets.randbelow(9 * 10**8)}

    def _person(self, name: str, account: str, identity: Any, path: str, how: tuple[str, ...] = MODERN) -> Person:
        person = Person.with_file(self.new_context(), self.url, identity, self.folder, how)
        person.log_in(account, path)
        self.people[name] = person
        self.sessions[person.session] = name
        return person

    def _bid(self) -> None:
        """Two seal on the desk's page, with an old .p12 and a new one; the third by command line."""
        for no, how in enumerate((LEGACY, MODERN)):
            who, path = self.bidders[no], f"/tenders/{self.tender.id}/desk"
            person = self._person(f"bidder {no}", who.user, who.identity, path, how)
            for lot in LOTS:
                form = {name: str(value) for name, value in self.forms[no, lot].items()}
                assert len(person.seal(lot, form, self.documents[no])) == 64
        third = self.bidders[2]
        for lot in LOTS:
            filled, out, now = canonical(self.forms[2, lot]), self.folder / f"third-{lot}", third.client.now()
            sealed = seal_bid(self.tender.notice(), lot, third.identity, filled, [self.documents[2]], out, now, None)
            submit_bid(third.client, sealed, None, third.identity)
            self.sealed[lot] = sealed
            pay(self.tender, self.bidders, lot)

    def _sign_in(self) -> None:
        self.centre.go_to(self.tender.deadline - timedelta(minutes=59))
        for no in range(2):
            self.people[f"bidder {no}"].enter(self.room)
            self.people[f"bidder {no}"].act("SignIn")
        self.bidders[2].give("SignIn", self.tender.id, {})
        tender, supervisor = self.tender, self.centre.supervisor
        for name, who in (("host", tender.agent), ("tenderee", tender.tenderee), ("supervisor", supervisor)):
            self._person(name, who.user, who.identity, self.room)
        host = self.people["host"]
        for _ in range(3):
            host.enter(self.room)
            self.paints.append(dict(host.page.evaluate(PAINT)))
        self.at("sign_in")
        self.until("deadline")
        self.centre.go_to(self.tender.deadline + SECOND)

    def _decrypt(self) -> None:
        self.at("checked")
        for person in self.people.values():
            person.enter(self.room)
        self.people["tenderee"].act("SignPreflight")
        self.people["host"].act("CommandDecryption")
        self.at("decrypting")
        for no in range(2):
            self.people[f"bidder {no}"].release(len(LOTS))
        for sealed in self.sealed.values():
            self.tender.release(self.bidders[2], sealed)
        self.at("closing")
        self.until("holders")
        self.people["tenderee"].act("ReleaseHolderShares")
        self.at("attributing")
        self.until("announcement")

    def _announce(self) -> None:
        host = self.people["host"]
        host.act("AnnounceBids")
        for no in range(3):
            for lot in LOTS:
                price = f"{float(self.forms[no, lot]['price']):,.2f}"
                for person in self.people.values():
                    expect(person.page.locator("[data-shared]")).to_contain_text(price)
        host.act("CallLast")
        self.at("objections")
        self.centre.go_to(self.centre.clerk.client.now() + 601 * SECOND)
        host.enter(self.room)
        host.act("OpenConfirmation")
        self.at("confirming")

    def _sign(self) -> None:
        for no in range(2):
            self.people[f"bidder {no}"].confirm()
        self.bidders[2].give("ConfirmRecord", self.tender.id, {"record": self.tender.view()["record"]})
        for name in ("host", "tenderee", "supervisor"):
            self.people[name].act("SignRecord")
        self.at("closed")
        for person in self.people.values():
            expect(person.page.locator("#own-next")).to_contain_text("开标结束")

    def _keep(self) -> None:
        """The record as a page and as files, by clicks; the auditor's bundle by the auditor."""
        host, number = self.people["host"], self.tender.notice().terms.number
        host.go(f"/tenders/{self.tender.id}/record")
        expect(host.page.locator("main")).to_contain_text(number)
        for name, link in (
            ("record.pdf", "main a[href*='lang=zh-CN']"),
            ("record.json", "main a[href$='record.json']"),
            ("public.zip", "main a[href$='/bundle/public']"),
        ):
            self.saved[name] = self.folder / name
            host.save(link, self.saved[name])
        self.until("end")
        self.saved["auditor.zip"] = self.folder / "auditor.zip"
        auditor = self.centre.staff["auditor"].client
        self.saved["auditor.zip"].write_bytes(auditor.download(f"{self.tender.path}/bundle/auditor"))
