"""Openings that do not run smoothly, by clicks: too few bids, a suspension, objections, a host that is replaced."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from bidroom.facts import Refused, instant
from tests.e2e.conftest import NewContext
from tests.e2e.interrupting import SECOND, Interrupted, chinese_in, ends
from tests.e2e.seat import Seat
from tests.web.serving import Server

pytestmark = [pytest.mark.xdist_group("interrupted"), pytest.mark.timeout(900)]


@pytest.fixture
def room(server: Server, new_context: NewContext, tmp_path: Path) -> Interrupted:
    """Under the pack that lets no lot go on with fewer than three."""
    return Interrupted(server, new_context, tmp_path, "cn-mandatory")


@pytest.fixture
def lenient(server: Server, new_context: NewContext, tmp_path: Path) -> Interrupted:
    """Under the pack that lets the host decide."""
    return Interrupted(server, new_context, tmp_path, "cn-small")


def all_say(room: Interrupted, place: str, *texts: str) -> None:
    """On everybody's page."""
    for _, page in room.pages:
        for text in texts:
            expect(page.locator(place)).to_contain_text(text)


# --- one lot ends, the other is suspended, objected to, and closed all the same


def test_a_lot_with_too_few_ends_and_the_other_is_suspended_and_objected_to(room: Interrupted) -> None:
    host, bidder = room.sit("host", room.tender.agent), room.sit("bidder", room.bidders[0])
    supervisor = room.sit("supervisor", room.centre.supervisor)
    end_the_second_lot(room, host)
    expect(bidder.page.locator("form[data-command=ReleaseShare]")).to_have_count(1)
    bidder.act("ReleaseShare")
    bidder.asked("close")
    suspend(room, host, supervisor)
    resume(room, host, bidder)
    room.release((1, 1), (1, 2))
    room.at("closing")
    room.tender.release_as_tenderee(room.digests(1))
    room.at("attributing")
    host.act("AnnounceBids")
    object_and_answer(room, host, bidder)
    close_it(room, host, bidder, supervisor)


def end_the_second_lot(room: Interrupted, host: Seat) -> None:
    """The pack offers nothing but its end; it ends when the decryption of the other is commanded."""
    room.preflight()
    all_say(room, "#bn-under-2", "第 2 标段不足法定数量", "投标文件 2 份", "等待主持人作出决定")
    expect(room.seats["bidder"].page.locator("[data-command=DecideUnderMinimum]")).to_have_count(0)
    expect(host.next).to_contain_text("决定是否继续")
    says_why(host, "CommandDecryption", "投标人不足的标段尚未作出决定")
    because = room.say("投标人只有两家")
    form = host.fill_in("DecideUnderMinimum", {"decision": "end"})
    assert [each.get_attribute("value") for each in form.locator("[name=decision]").all()] == ["end"]
    form.locator("button[type=submit]").click()  # without a reason nothing is sent
    expect(form).to_be_visible()
    expect(host.page.locator("#key-dialog")).to_be_hidden()
    form.locator("[data-close]").first.click()
    host.act("DecideUnderMinimum", {"decision": "end", "reason": because})
    all_say(room, "#bn-under-2", f"主持人决定终止：{because}")
    host.act("CommandDecryption")
    room.at("decrypting")
    all_say(room, "#lot-2", "已终止", because)
    all_say(room, "#lot-1", "待提交")
    [ended] = room.events("LotEnded")
    assert (ended["lot"], ended["reason"]) == (2, "under_minimum")


def suspend(room: Interrupted, host: Seat, supervisor: Seat) -> None:
    """All seats stand still."""
    for _, page in room.pages:
        expect(page.locator("#timer [data-until]")).to_have_count(1)
    reason = room.say("开标现场停电")
    host.act("SuspendOpening", {"reason": reason})
    room.at("suspended")
    all_say(room, "#bn-suspended", "开标由主持人中止", reason, "所有时限停止计算", "恢复时间另行宣布")
    all_say(room, "#timer", "开标已中止", "本环节剩余")
    stands_still(room)
    with pytest.raises(Refused):
        room.release((1, 1))
    expect(host.page.locator("[data-command=ExtendWindow]")).to_have_count(0)
    expect(supervisor.page.locator("#log-list")).to_contain_text(reason)


def stands_still(room: Interrupted) -> None:
    """No countdown runs anywhere, and none changes."""
    places = [(page.locator("#timer"), page.locator("#own")) for _, page in room.pages]
    before = [[place.inner_text() for place in both] for both in places]
    room.seats["host"].page.wait_for_timeout(1_300)
    assert [[place.inner_text() for place in both] for both in places] == before
    for _, page in room.pages:
        expect(page.locator("main [data-until]")).to_have_count(0)


def resume(room: Interrupted, host: Seat, bidder: Seat) -> None:
    """Announced by the host, done by the clock, with the time that was left."""
    expect(host.next).to_contain_text("公布恢复时间")
    host.act("AnnounceResumption", {"at": "10"})
    [announced] = room.events("ResumptionAnnounced")
    for _, page in room.pages:
        expect(page.locator("#timer")).to_contain_text("距恢复开标")
        assert ends(page) == instant(announced["at"])
    room.at("suspended")
    room.centre.go_to(instant(announced["at"]) + SECOND)
    room.at("decrypting")
    [suspended], [resumed] = room.events("OpeningSuspended"), room.events("OpeningResumed")
    for _, page in room.pages:  # by patches alone
        expect(page.locator("#bn-suspended")).to_have_count(0)
        expect(page.locator("#timer")).to_contain_text("投标人解密剩余时间")
        assert ends(page) == instant(resumed["until"])
    left = instant(resumed["until"]) - instant(announced["at"])
    assert abs(left - timedelta(microseconds=suspended["left"])) < 10 * SECOND
    expect(bidder.page.locator("#own-next")).to_contain_text("密钥已提交")


def object_and_answer(room: Interrupted, host: Seat, bidder: Seat) -> None:
    """The record cannot be laid before anyone while the objection is unanswered, and the button says why."""
    text, answer = room.say("唱标的工期与投标函不一致"), room.say("经核对一致，以开标一览表为准")
    bidder.act("RaiseObjection", {"text": text})
    all_say(room, "#talk-list", text)
    all_say(room, "#talk-h", "1 待答复")
    host.act("CallLast")
    room.at("objections")
    room.go_to(room.now() + 601 * SECOND)
    expect(host.next).to_contain_text("答复异议")
    says_why(host, "OpenConfirmation", "仍有异议没有答复")
    host.act("AnswerObjection", {"ruling": "rejected", "text": answer})
    all_say(room, "#talk-list", text, answer)
    all_say(room, "#talk-h", "均已答复")
    host.act("OpenConfirmation")
    room.at("confirming")


def says_why(seat: Seat, command: str, why: str) -> None:
    """Its button cannot be pressed, and says why next to it."""
    act = seat.page.locator(f".act[id^=act-{command}]")
    expect(act.locator("button")).to_be_disabled()
    expect(act.locator(".why")).to_contain_text(why)


def close_it(room: Interrupted, host: Seat, bidder: Seat, supervisor: Seat) -> None:
    """All have confirmed and signed: one objection more keeps it open until it is answered."""
    text, answer = room.say("确认前再次提出异议"), room.say("不影响开标结果")
    confirm_while_another_objects(room, bidder, text)
    room.confirm(*room.bidders[1:])
    room.sign("host", "tenderee")
    supervisor.act("SignRecord")
    room.at("confirming")
    expect(host.next).to_contain_text("答复异议")
    expect(host.page.locator("#own-next")).to_contain_text("1 条异议待答复")
    host.act("AnswerObjection", {"ruling": "rejected", "text": answer})
    all_say(room, "#talk-list", text, answer)
    all_say(room, "#own-next", "开标结束")
    room.at("closed")
    all_say(room, "#lot-2", "已终止")


def confirm_while_another_objects(room: Interrupted, bidder: Seat, text: str) -> None:
    """The record has moved and the page does not know it yet: it waits for the patch that says so."""
    line, act = room.lines["bidder"], bidder.page.locator(".act[id^=act-ConfirmRecord]")
    expect(act.locator("button")).to_be_enabled()
    line.is_slow = True
    room.bidders[1].give("RaiseObjection", room.tender.id, {"text": text})
    act.locator("button").click()
    bidder.page.wait_for_timeout(700)
    expect(act.locator("[data-fault]")).to_be_empty()
    expect(bidder.page.locator("#talk-list")).not_to_contain_text(text)
    assert line.catch_up() > 0
    assert "又增加了内容" in bidder.asked("yes")
    bidder.open_key()
    bidder.has_key = True
    bidder.asked("close")


# --- the lenient pack, another host, a bidder who reads English


def test_too_few_go_on_under_another_host_while_a_bidder_reads_english(lenient: Interrupted) -> None:
    room = lenient
    host, deputy = room.sit("host", room.tender.agent), room.sit("deputy", room.tender.tenderee)
    bidder = room.sit("bidder", room.bidders[1], "en")
    supervisor = room.sit("supervisor", room.centre.supervisor)
    reads_english(room, bidder.page, "checked")
    because = room.say("仅两家投标，经论证继续")
    form = host.fill_in("DecideUnderMinimum", {"decision": "go_on", "reason": because})
    assert [each.get_attribute("value") for each in form.locator("[name=decision]").all()] == ["end", "go_on"]
    form.locator("[data-close]").first.click()
    host.act("DecideUnderMinimum", {"decision": "go_on", "reason": because})
    expect(bidder.page.locator("#bn-under-2")).to_contain_text(f": {because}")
    replace_the_host(room, host, deputy)
    deputy.act("SignPreflight")
    deputy.act("CommandDecryption")
    room.at("decrypting")
    assert room.events("LotEnded") == []
    reads_english(room, bidder.page, "decrypting")
    bidder.act("ReleaseShare")
    reads_english(room, bidder.page, "a receipt")
    bidder.asked("close")
    order_a_stop(room, supervisor, deputy, bidder)
    bidder.act("RaiseObjection", {"text": room.say("请说明第一项")})
    expect(bidder.page.locator("#talk-list")).to_contain_text("请说明第一项")
    reads_english(room, bidder.page, "an objection")
    supervisor.act("TerminateOpening", {"reason": room.say("招标文件违法")})
    room.at("terminated")
    expect(bidder.page.locator("#bn-terminated")).to_contain_text("招标文件违法")
    reads_english(room, bidder.page, "terminated")


def replace_the_host(room: Interrupted, host: Seat, deputy: Seat) -> None:
    """The deputy takes over unaided; whoever was host can command nothing more."""
    expect(deputy.page.locator("[data-command=CommandDecryption]")).to_have_count(0)
    deputy.act("TakeOver", {"reason": room.say("主持人失去联系")})
    expect(deputy.page.locator("#own-head")).to_contain_text("主持控制")
    expect(host.page.locator("#own-head")).to_contain_text("候补主持人")
    expect(host.page.locator("[data-command=SuspendOpening], [data-command=CommandDecryption]")).to_have_count(0)
    expect(deputy.page.locator("form[data-command=CommandDecryption]")).to_have_count(1)


def order_a_stop(room: Interrupted, supervisor: Seat, host: Seat, bidder: Seat) -> None:
    """What a supervisor suspended, only a supervisor lets go on."""
    reason = room.say("核查投诉")
    supervisor.act("SuspendOpening", {"reason": reason})
    room.at("suspended")
    expect(bidder.page.locator("#bn-suspended")).to_contain_text(reason)
    reads_english(room, bidder.page, "suspended")
    says_why(host, "AnnounceResumption", "行政监督")
    supervisor.act("AnnounceResumption", {"at": "1"})
    [announced] = room.events("ResumptionAnnounced")
    reads_english(room, bidder.page, "resumption announced")
    room.centre.go_to(instant(announced["at"]) + SECOND)
    room.at("decrypting")
    expect(bidder.page.locator("#bn-suspended")).to_have_count(0)
    expect(bidder.page.locator("#timer [data-until]")).to_have_count(1)


def reads_english(room: Interrupted, page: Page, moment: str) -> None:
    """Nothing but data is Chinese on it."""
    notice = room.tender.notice()
    data = [*room.typed, *(who.name for who in room.bidders), notice.terms.title, "标段1", "标段2",
            room.tender.agent.name, room.tender.tenderee.name]  # fmt: skip
    assert chinese_in(page, data) == [], moment
