"""What waits for whom: in every phase, sorted, and before the deadline silent about everybody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from bidroom.facts import Role
from bidroom.opening.state import Phase
from bidroom.web.present.home import Case, Task, Who, of_the_centre, phase_words, tasks, to_sign, todays
from bidroom.web.present.steps import DONE, LATER, NOW, WAIT
from tests.builders import MICROSECOND, Plan, World, member, published, reached, world

P = Phase
BIDDER, HOST, TENDEREE, STRANGER = (Who(member(key).id) for key in ("甲", "agent", "tenderee", "丁"))
CLERK, SUPERVISOR, AUDITOR = (Who(None, frozenset({role})) for role in (Role.CLERK, Role.SUPERVISOR, Role.AUDITOR))


def of(here: World, who: Who) -> tuple[Task, ...]:
    return tasks([Case(here.tender, here.opening)], who, here.clock.at)


def clock(here: World) -> datetime:
    """When the running window is over."""
    assert here.opening.clock is not None
    return here.opening.clock


def deadline(here: World) -> datetime:
    """The tender's deadline."""
    assert here.opening.deadline is not None
    return here.opening.deadline


def one(here: World, who: Who) -> tuple[str, int]:
    (task,) = of(here, who)
    return task.step.what, task.step.urgency


WAITING = ("投标进行中，等待签到开始", WAIT)
SIGNING_IN = ("签到进行中，等待投标截止", WAIT)
ATTEND = ("开标进行中，请到场监督", NOW)
UNDER_WAY = ("开标进行中", WAIT)
SIGN = ("签署开标记录", NOW)
COMPARE = "核对开标一览表，有异议请当场提出"

EXPECTED = {  # bidder, host, tenderee, supervisor
    P.SCHEDULED: (("投标文件已递交，签到开始后请签到", WAIT), WAITING, WAITING, WAITING),
    P.SIGN_IN: (("签到", NOW), SIGNING_IN, SIGNING_IN, ATTEND),
    P.CHECKED: (("尚未签到，请补签到", NOW), ("等待招标人预检密钥", WAIT), ("预检招标人密钥", NOW), ATTEND),
    P.DECRYPTING: (("提交解密密钥", NOW), ("投标人正在提交密钥", WAIT), UNDER_WAY, ATTEND),
    P.CLOSING: (("等待招标人解密", WAIT), ("等待招标人解密", WAIT), ("提交招标人密钥", NOW), ATTEND),
    P.ATTRIBUTING: (("等待主持人认定未解密的投标文件", WAIT), ("公布开标一览表并唱标", NOW), UNDER_WAY, ATTEND),
    P.ANNOUNCING: ((COMPARE, LATER), ("唱标后发起最后征询异议", NOW), UNDER_WAY, ATTEND),
    P.OBJECTIONS: ((COMPARE, NOW), ("最后征询异议进行中", WAIT), UNDER_WAY, ATTEND),
    P.CONFIRMING: (("确认开标记录", NOW), SIGN, SIGN, SIGN),
}


@pytest.mark.parametrize("phase", EXPECTED)
def test_each_phase_has_a_next_step_for_everyone(phase: Phase) -> None:
    here = reached(phase)
    assert tuple(one(here, who) for who in (BIDDER, HOST, TENDEREE, SUPERVISOR)) == EXPECTED[phase]


def test_the_end() -> None:
    here = reached(P.CLOSED)
    assert [one(here, who) for who in (BIDDER, HOST, TENDEREE)] == [("开标结束，可以查看开标记录", DONE)] * 3
    assert one(here, AUDITOR) == ("下载审计包，离线核验", DONE)
    assert of(here, SUPERVISOR) == of(here, CLERK) == of(here, STRANGER) == ()


# --- a bidder's own way


def test_whoever_has_no_bid_may_still_bring_one() -> None:
    here = published()
    (task,) = of(here, STRANGER)
    assert (task.step.what, task.step.urgency, task.step.page) == ("递交投标文件", LATER, "desk.desk")
    assert task.step.until == here.opening.deadline
    assert one(here.to_sign_in(), STRANGER) == ("递交投标文件", NOW)
    for key in ("甲", "乙", "丙"):
        here.submit(key)
    assert of(here.past_deadline(), STRANGER) == ()


def test_a_withdrawn_bid_can_be_brought_again() -> None:
    here = reached(P.SCHEDULED)
    here.give("甲", "WithdrawBid", {"digest": here.digest_of("甲")}, 1, evidence={"nonce": "0" * 32})
    assert one(here, BIDDER) == ("投标文件已撤回，截止前可以重新递交", LATER)


def test_what_a_bidder_has_done_is_done() -> None:
    here = reached(P.SIGN_IN)
    here.give("甲", "SignIn")
    assert one(here, BIDDER) == ("已签到，等待投标截止", WAIT)
    here = reached(P.DECRYPTING)
    here.release("甲")
    assert one(here, BIDDER) == ("已提交密钥，等待解密结束", WAIT)
    here = reached(P.CONFIRMING)
    here.give("甲", "ConfirmRecord", {"record": here.opening.record}, evidence={"nonce": "0" * 32})
    assert one(here, BIDDER) == ("已答复开标记录，等待开标结束", WAIT)


def test_a_key_for_each_lot() -> None:
    here = reached(P.DECRYPTING, Plan(lots=2))
    here.release("甲", 1)
    assert one(here, BIDDER) == ("提交解密密钥", NOW)
    here.release("甲", 2)
    assert one(here, BIDDER)[1] == WAIT


# --- those who run it


def test_the_host_is_led_to_the_command() -> None:
    assert one(reached(P.CHECKED).preflight(), HOST) == ("下达解密指令", NOW)


def test_under_the_minimum_the_host_decides_first() -> None:
    here = published(Plan(rule_pack="cn-small"))
    here.submit("甲")
    here.to_sign_in().past_deadline()
    assert one(here, HOST) == ("决定投标人或保证金不足规定数量的标段", NOW)
    here.give("agent", "DecideUnderMinimum", {"decision": "end", "reason": "不足三家"}, 1)
    assert one(here, HOST) == ("各标段均不再开标，终止开标", NOW)


def test_the_tenderee_tries_no_key_where_nothing_came() -> None:
    here = published().to_sign_in().past_deadline()
    assert here.phase is P.CHECKED
    assert one(here, TENDEREE) == ("开标进行中", WAIT)


def test_failures_are_attributed_before_anything_is_announced() -> None:
    here = reached(P.DECRYPTING)
    here.release("甲")
    here.until(clock(here) + MICROSECOND)
    assert one(here.open(), HOST) == ("认定未解密投标文件的原因", NOW)


def test_an_objection_comes_first() -> None:
    here = reached(P.ANNOUNCING)
    here.give("甲", "RaiseObjection", {"text": "报价读错"})
    assert one(here, HOST) == ("答复异议", NOW)


def test_after_the_last_call_the_record_is_laid_out() -> None:
    here = reached(P.OBJECTIONS)
    here.until(clock(here) + MICROSECOND)
    assert one(here, HOST) == ("提交开标记录供确认", NOW)


def test_who_suspended_announces_when_it_goes_on() -> None:
    here = reached(P.ANNOUNCING)
    here.give("supervisor", "SuspendOpening", {"reason": "核查"})
    assert one(here, SUPERVISOR) == ("宣布恢复开标的时间", NOW)
    assert one(here, HOST) == one(here, BIDDER) == one(here, TENDEREE) == ("开标已中止，等待宣布恢复时间", WAIT)
    here = reached(P.ANNOUNCING)
    here.give("agent", "SuspendOpening", {"reason": "设备故障"})
    assert one(here, HOST) == ("宣布恢复开标的时间", NOW)
    assert one(here, SUPERVISOR) == ("开标已中止，等待宣布恢复时间", WAIT)


def test_a_notice_on_its_way() -> None:
    here = world()
    here.give("agent", "DraftTender", {"number": here.plan.number, "title": "污水处理厂"})
    (task,) = of(here, HOST)
    assert (task.step.what, task.number, task.title, task.step.page) == (
        "编制并提交招标公告", here.plan.number, "", "notices.draft",
    )  # fmt: skip
    assert of(here, BIDDER) == of(here, TENDEREE) == of(here, CLERK) == of(here, SUPERVISOR) == ()
    for phase, told in (("submitted", "等待交易中心审核招标公告"), ("draft", "招标公告被退回，修改后重新提交")):
        after = published()
        case = Case(replace(after.tender, phase=phase, published_at=None), after.opening)
        assert [task.step.what for task in tasks([case], HOST, after.clock.at)] == [told]


# --- silence before the deadline


@pytest.mark.parametrize("who", [HOST, TENDEREE, STRANGER, CLERK, SUPERVISOR, AUDITOR])
@pytest.mark.parametrize("phase", [P.SCHEDULED, P.SIGN_IN])
def test_before_the_deadline_nobodys_list_tells_of_others(who: Who, phase: Phase) -> None:
    empty, full = published(), published()
    for key in ("甲", "乙", "丙"):
        full.deposit(key)
        full.submit(key)
    if phase is P.SIGN_IN:
        empty.to_sign_in()
        full.to_sign_in()
        full.give("甲", "SignIn")
    now = max(empty.clock.at, full.clock.at)
    lists = [tasks([Case(here.tender, here.opening)], who, now) for here in (empty, full)]
    assert lists[0] == lists[1]
    boards = [todays([Case(here.tender, here.opening)], now) for here in (empty, full)]
    assert boards[0] == boards[1]


def test_an_outage_stops_every_countdown_and_calls_the_clerk() -> None:
    here = reached(P.SIGN_IN)
    outage = (here.clock.at, here.clock.at + timedelta(hours=1))
    held = here.alter("opening", outage=outage)
    assert one(held, CLERK) == ("系统中断已恢复，请宣布恢复", NOW)
    assert [task.step.until for who in (BIDDER, HOST, SUPERVISOR) for task in of(held, who)] == [None] * 3
    assert [task.step.until for task in of(here, BIDDER)] == [here.opening.deadline]


# --- the list


def test_the_most_urgent_comes_first() -> None:
    soon, later, live = reached(P.SIGN_IN), published(Plan(days=30)), reached(P.CONFIRMING)
    cases = [Case(here.tender, here.opening) for here in (later, live, soon)]
    shown = tasks(cases, BIDDER, soon.clock.at)
    assert [task.step.what for task in shown] == ["签到", "确认开标记录", "递交投标文件"]
    assert [task.step.urgency for task in shown] == [NOW, NOW, LATER]


def test_what_is_due_within_a_day_is_due_now() -> None:
    here = published()
    (task,) = of(here, CLERK)
    assert (task.step.what, task.step.urgency) == ("登记并核验投标保证金", LATER)
    here.until(deadline(here) - timedelta(hours=23))
    assert one(here, CLERK) == ("登记并核验投标保证金", NOW)


def test_the_window_and_the_tenderees_desk() -> None:
    assert of_the_centre(0, 0) == ()
    assert [task.step.page for task in of_the_centre(2, 1)] == ["centre.bindings", "centre.notices"]
    assert [task.step.what for task in of_the_centre(2, 0)] == ["2 件数字证书绑定申请待核对"]
    (task,) = to_sign([("ab" * 16, "A33-1", "污水处理厂")])
    assert (task.tender, task.step.page, task.step.urgency) == ("ab" * 16, "notices.draft", NOW)


def test_todays_openings() -> None:
    here = published()
    case = Case(here.tender, here.opening)
    assert todays([case], here.clock.at) == ()
    (row,) = todays([case], deadline(here) - timedelta(hours=1))
    assert (row.title, row.is_live, row.phase) == (here.tender.the_terms.title, False, P.SCHEDULED)
    live = reached(P.DECRYPTING)
    rows = todays([case, Case(live.tender, live.opening)], deadline(here))
    assert [row.is_live for row in rows] == [True, False]
    draft = world()
    assert todays([Case(draft.tender, draft.opening)], here.clock.at) == ()


@pytest.mark.parametrize("phase", Phase)
def test_every_phase_has_its_word(phase: Phase) -> None:
    kind, icon, word = phase_words(phase)
    assert kind in ("ok", "info", "warn", "bad", "mute", "run")
    assert icon
    assert word
