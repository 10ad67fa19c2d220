"""An opening by hand: every command given by a person at a screen, signed in the browser, taken by the server."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bidroom.crypto.receipt import verify_receipt
from bidroom.crypto.testca import to_p12
from bidroom.web.seats import Plan
from bidroom.web.seats import Seat as Chair
from tests.e2e.conftest import Faults, NewContext
from tests.e2e.seat import PASSPHRASE, Seat
from tests.web.acts import Play
from tests.web.parties import Centre
from tests.web.serving import Server

pytestmark = pytest.mark.timeout(900)
SECOND = timedelta(seconds=1)
TOKEN = "a" * 32


class Room:
    """A real opening whose bids are in, and its people's seats."""

    def __init__(self, server: Server, new_context: NewContext, folder: Path) -> None:
        self.server, self.new_context, self.folder = server, new_context, folder
        self.centre = Centre.at(server.url)
        self.play = Play(self.centre, folder)
        for _ in self.play.before_the_deadline():
            pass
        self.tender = self.play.tender
        self.url = f"{server.url}/tenders/{self.tender.id}/room"
        self.centre.go_to(self.tender.deadline + SECOND)

    def host(self) -> Seat:
        return self._seat(self.tender.agent)

    def tenderee(self) -> Seat:
        return self._seat(self.tender.tenderee)

    def supervisor(self) -> Seat:
        return self._seat(self.centre.supervisor)

    def bidder(self, number: int = 0, language: str = "zh-CN") -> Seat:
        return self._seat(self.play.bidders[number], language)

    def _seat(self, who: object, language: str = "zh-CN") -> Seat:
        context = self.new_context(language)
        return Seat.at(context, who.client, who.identity, self.url, self.folder)  # type: ignore[attr-defined]

    @property
    def phase(self) -> str:
        self.centre.rest()
        return str(self.tender.view()["phase"])

    def command(self) -> None:
        """Preflight and command, by the others' clients."""
        root = self.tender.view()["root"]
        self.tender.tenderee.give("SignPreflight", self.tender.id, {"root": root, "bad": []})
        self.tender.command(root)


@pytest.fixture
def room(server: Server, new_context: NewContext, tmp_path: Path) -> Room:
    return Room(server, new_context, tmp_path)


def save(page: Page, into: Path) -> dict[str, object]:
    """What the link in the dialog of a receipt saves."""
    with page.expect_download() as download:
        page.locator("dialog[aria-labelledby^=asked] a[download]").click()
    download.value.save_as(into)
    found: dict[str, object] = json.loads(into.read_text("utf-8"))
    return found


def test_everybody_opens_it_by_hand(room: Room, tmp_path: Path) -> None:
    host, tenderee, bidder, supervisor = room.host(), room.tenderee(), room.bidder(language="en"), room.supervisor()
    expect(host.next).to_be_disabled()
    expect(host.page.locator("#own-next .why").first).to_contain_text("仍有持钥方没有签署解密预检")
    tenderee.act("SignPreflight")
    expect(host.next).to_be_enabled()
    host.act("CommandDecryption")
    assert room.phase == "decrypting"
    bidder.act("ReleaseShare")
    receipt = save(bidder.page, tmp_path / "receipt.json")
    assert verify_receipt(receipt, bidder_key(room))["act"] == "release"
    assert "Verified with the platform's key" in bidder.asked("close")
    expect(bidder.page.locator("#own-facts")).to_contain_text("Key released")
    host.act("ExtendWindow", {"seconds": "600", "reason": "网络拥堵"})
    for who, sealed in list(zip(room.play.bidders, room.play.sealed, strict=True))[1:]:
        room.tender.release(who, sealed)
    assert room.phase == "closing"
    tenderee.act("ReleaseHolderShares")
    assert room.phase == "attributing"
    host.act("AnnounceBids")
    bidder.act("RaiseObjection", {"text": "大写与小写不一致\n请核对"})
    host.act("AnswerObjection", {"ruling": "rejected", "text": "经核对一致"})
    host.act("CallLast")
    expect(host.next).to_be_disabled()
    room.centre.go_to(room.centre.clerk.client.now() + 601 * SECOND)
    host.page.reload()
    host.has_key = False
    expect(host.next).to_be_enabled()
    host.act("OpenConfirmation")
    bidder.act("ConfirmRecord", agrees=True)
    bidder.asked("close")
    for seat in (host, tenderee, supervisor):
        seat.act("SignRecord")
    for who in room.play.bidders[1:]:
        who.give("ConfirmRecord", room.tender.id, {"record": room.tender.view()["record"]})
    assert room.phase == "closed"
    expect(host.page.locator("#own-next")).to_contain_text("开标结束")


def bidder_key(room: Room) -> str:
    """The platform's verifier key of receipts."""
    key: str = room.centre.clerk.client.get("/keys")["receipt"]
    return key


def test_a_wrong_certificate_is_named_reported_and_put_right(room: Room, faults: Faults) -> None:
    room.command()
    bidder, owner = room.bidder(1), room.play.bidders[1]
    wrong = room.centre.certificate(owner.name, owner.uscc)
    bidder.form("ReleaseShare").locator("button[type=submit]").click()
    bidder.open_key(wrong, "nonsense")
    dialog = bidder.page.locator("#key-dialog")
    expect(dialog.locator("[data-fault]")).to_contain_text("密码不正确")
    bidder.page.fill("#key-passphrase", PASSPHRASE)
    dialog.locator("button[type=submit]").click()
    expect(dialog.locator("[data-key-other]")).to_contain_text(owner.identity.serial)
    dialog.locator("[data-key-anyway]").click()
    assert wrong.serial in bidder.asked("no")
    report = bidder.form("ReportReleaseFailure")
    expect(report.locator("[name=layer]")).to_have_value("key")
    expect(report.locator("[name=serial]")).to_have_value(wrong.serial)
    report.locator("button[type=submit]").click()
    bidder.open_key()  # the wrong one was forgotten
    expect(bidder.page.locator("#toasts", has_text="报告已提交")).to_be_visible()
    [told] = [event for event in room.play.events() if event["type"] == "ReleaseFailureReported"]
    assert (told["body"]["layer"], told["body"]["serial"]) == ("key", wrong.serial)
    check_a_broken_line(bidder, faults)
    assert room.play.events()[-1]["type"] == "ShareReleased"


def check_a_broken_line(bidder: Seat, faults: Faults) -> None:
    """While the line is down the button is busy; once it is back the key goes, once."""
    faults.expected += ["ERR_INTERNET_DISCONNECTED"]
    bidder.page.context.set_offline(True)
    form = bidder.form("ReleaseShare")
    form.locator("button[type=submit]").click()
    expect(form).to_have_attribute("aria-busy", "true")
    bidder.page.wait_for_timeout(1_000)
    bidder.page.context.set_offline(False)
    bidder.asked("close")


def test_a_seat_of_a_demo_has_its_key_at_hand(room: Room, new_context: NewContext) -> None:
    room.command()
    who = room.play.bidders[0]
    p12 = to_p12(who.identity.key, who.identity.certificate, PASSPHRASE)
    chair = Chair(
        "bidder", TOKEN, f"/tenders/{room.tender.id}/room", who.user, who.name, who.identity.digest,
        base64.b64encode(p12).decode(), PASSPHRASE,
    )  # fmt: skip
    Plan("b" * 32, {}, (chair,)).keep(room.server.folder / "data")
    page = new_context(phone=True).new_page()
    posts: list[str] = []
    page.context.on("request", lambda asked: posts.append(asked.url) if asked.method == "POST" else None)
    page.goto(f"{room.server.url}/seat/bidder/enter/{TOKEN}")
    page.wait_for_selector("#live[data-state=on]")
    page.locator("#own-bar button").dblclick()
    page.locator("[data-key-own]").click()
    seat = Seat(page, who.identity, room.folder)
    seat.asked("close")
    assert [url for url in posts if "/commands" in url] == [f"{room.server.url}/seat/bidder/api/v1/commands"]
    page.locator("[data-keys] button").click()
    expect(page.locator("[data-keys]")).to_be_empty()


def test_what_is_being_typed_survives_what_others_do(room: Room) -> None:
    room.command()
    host = room.host()
    form = host.fill_in("ExtendWindow", {"seconds": "1800", "reason": "正在输入的理由"})
    form.locator("[name=seconds]").focus()
    room.play.bidders[2].give("RaiseObjection", room.tender.id, {"text": "异议"})
    room.tender.release(room.play.bidders[0], room.play.sealed[0])
    expect(host.page.locator("#own-next .act-first")).to_contain_text("答复异议")
    expect(form.locator("[name=reason]")).to_have_value("正在输入的理由")
    expect(form.locator("[name=seconds]")).to_have_value("1800")
    form.locator("[data-close]").first.click()
    host.act("SuspendOpening", {"reason": "停电"})
    host.act("AnnounceResumption", {"at": "5"})
    again = host.page.locator("#own-more [data-open^='dialog-act-AnnounceResumption']")
    expect(again).to_have_text("更改恢复时间")
    supervisor = room.supervisor()
    supervisor.act("TerminateOpening", {"reason": "重大变更"})
    assert room.phase == "terminated"
