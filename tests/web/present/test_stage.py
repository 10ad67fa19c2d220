"""The steps, the clock card and the banners of every phase."""

from __future__ import annotations

import pytest

from bidroom.facts import Role, rfc3339
from bidroom.opening.state import Phase
from bidroom.web.present.stage import STEP_OF, stage_of
from tests.builders import World, name_of, published, reached
from tests.opening import cases
from tests.web.present.showing import WORLDS, disturbed, room_of, seen_by, speaking

P = Phase


def states(world: World) -> list[str]:
    return [step.state for step in stage_of(world.opening, seen_by(world, Role.BIDDER)).steps]


@pytest.mark.parametrize("phase", [P.SIGN_IN, P.CHECKED, P.DECRYPTING, P.CLOSING, P.ATTRIBUTING, P.ANNOUNCING,
                                   P.OBJECTIONS, P.CONFIRMING])  # fmt: skip
def test_what_came_before_is_done_and_what_comes_after_is_not(phase: Phase) -> None:
    at = STEP_OF[phase]
    assert states(reached(phase)) == ["done"] * at + ["now"] + ["todo"] * (7 - at)


def test_before_and_after() -> None:
    assert states(published()) == ["todo"] * 8
    assert states(reached(P.CLOSED)) == ["done"] * 8


def test_a_stop_shows_where_it_stopped() -> None:
    assert states(disturbed("SuspendOpening")) == ["done", "done", "held", *["todo"] * 5]
    assert states(disturbed("TerminateOpening")) == ["done", "done", "ended", *["todo"] * 5]
    suspended = cases.suspended()
    suspended.give("agent", "TerminateOpening", {"reason": "重大变更"})
    assert states(suspended)[2] == "ended"


def test_a_step_begins_when_the_one_before_ends() -> None:
    world = reached(P.CLOSED)
    steps = stage_of(world.opening, seen_by(world, Role.ANYONE)).steps
    assert [step.until for step in steps[:-1]] == [step.since for step in steps[1:]]
    assert all(step.since for step in steps)
    assert steps[2].since == rfc3339(world.opening.commanded_at or world.clock.at)
    assert steps[-1].until == ""


def test_what_has_not_come_has_no_time() -> None:
    steps = stage_of(reached(P.CHECKED).opening, seen_by(reached(P.CHECKED), Role.HOST)).steps
    assert [bool(step.since) for step in steps] == [True, True, *[False] * 6]
    assert steps[1].until == ""
    world = published()
    planned = stage_of(world.opening, seen_by(world, Role.HOST)).steps[0].planned
    assert planned == rfc3339(world.opening.the_timeline.sign_in)


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("scheduled", "尚未开始签到"),
        ("decrypting", "当前环节：投标人解密"),
        ("suspended", "开标已中止，停在：投标人解密"),
        ("terminated", "开标已终止，停在：投标人解密"),
        ("closed", "开标已结束"),
    ],
)
def test_a_change_of_phase_is_said(name: str, said: str) -> None:
    assert room_of(WORLDS[name](), Role.ANYONE).stage.said == said


# --- the clock card


@pytest.mark.parametrize("phase", [P.DECRYPTING, P.CLOSING, P.OBJECTIONS, P.CONFIRMING])
def test_a_window_counts_down_to_its_end(phase: Phase) -> None:
    world = reached(phase)
    timer = room_of(world, Role.BIDDER).timer
    assert world.opening.clock is not None
    assert timer.until == rfc3339(world.opening.clock)
    assert "" < timer.since < timer.until
    assert timer.kind == "warn"


@pytest.mark.parametrize("phase", [P.CHECKED, P.ATTRIBUTING, P.ANNOUNCING, P.CLOSED])
def test_where_nothing_runs_nothing_counts_down(phase: Phase) -> None:
    timer = room_of(reached(phase), Role.BIDDER).timer
    assert timer.until == ""
    assert timer.value


def test_before_the_deadline_the_deadline_counts() -> None:
    world = reached(P.SIGN_IN)
    assert world.opening.deadline is not None
    assert room_of(world, Role.ANYONE).timer.until == rfc3339(world.opening.deadline)
    assert room_of(published(), Role.ANYONE).timer.until == rfc3339(world.opening.the_timeline.sign_in)


def test_an_extension_is_told_with_its_length() -> None:
    world = reached(P.DECRYPTING)
    before = room_of(world, Role.BIDDER).timer.until
    world.give("agent", "ExtendWindow", {"command": world.opening.command, "seconds": 300, "reason": "网络拥堵"})
    timer = room_of(world, Role.BIDDER).timer
    assert timer.until > before
    assert "已延长 5 分" in timer.notes


def test_nothing_counts_down_while_it_is_suspended_but_the_resumption() -> None:
    world = cases.suspended()
    timer = room_of(world, Role.BIDDER).timer
    assert (timer.until, timer.value) == ("", "待恢复")
    assert any("剩余" in note for note in timer.notes)
    at = cases.resumption(world)
    world.give("agent", "AnnounceResumption", {"at": at})
    assert room_of(world, Role.BIDDER).timer.until == at


def test_an_outage_holds_the_clock() -> None:
    timer = room_of(WORLDS["outage"](), Role.BIDDER).timer
    assert (timer.until, timer.value, timer.kind) == ("", "待顺延", "mute")


def test_the_slots_that_are_missing_are_named_while_they_are() -> None:
    world = reached(P.CLOSING)
    assert "待 招标人 提交" in room_of(world, Role.BIDDER).timer.notes
    assert room_of(cases.holding(world), Role.BIDDER).timer.value == "正在解密"


def test_preflights_are_counted_for_those_who_are_told_of_them() -> None:
    world = reached(P.CHECKED).preflight()
    assert "密钥持有人已预检 1 次" in room_of(world, Role.TENDEREE).timer.notes
    assert "密钥持有人已预检 1 次" not in room_of(world, Role.BIDDER).timer.notes


def test_rulings_are_counted() -> None:
    world = cases.one_missing()
    assert room_of(world, Role.HOST).timer.value == "0 / 1"
    world.give("agent", "RuleAttribution", {"digest": world.digest_of("丙"), "fault": "bidder", "reason": "未提交"})
    assert (room_of(world, Role.HOST).timer.value, room_of(world, Role.HOST).timer.part) == ("1 / 1", 100)


# --- banners


def banners(world: World) -> dict[str, str]:
    return {
        banner.id: f"{banner.title}。{'；'.join(banner.lines)}" for banner in room_of(world, Role.ANYONE).stage.banners
    }


@pytest.mark.parametrize("phase", [P.SIGN_IN, P.CHECKED, P.DECRYPTING, P.ANNOUNCING, P.CLOSED])
def test_an_ordinary_opening_has_no_banner(phase: Phase) -> None:
    assert banners(reached(phase)) == {}


def test_a_suspension_says_by_whom_why_and_what_is_left() -> None:
    told = banners(cases.suspended("supervisor"))["bn-suspended"]
    assert "行政监督" in told
    assert "网络故障" in told
    assert "剩余 9 分 59 秒" in told or "剩余 10 分" in told
    assert "恢复时间另行宣布" in told
    assert "主持人" in banners(cases.suspended())["bn-suspended"]


def test_the_end_says_why() -> None:
    assert "网络故障" in banners(disturbed("TerminateOpening"))["bn-terminated"]
    ended = cases.ended(reached(P.CHECKED)).tick()
    assert "全部标段均已终止" in banners(ended)["bn-terminated"]


def test_under_the_minimum_the_law_is_named_and_then_the_decision() -> None:
    told = banners(cases.thin())["bn-under-1"]
    assert "投标文件 2 份，已核验保证金 2 份，规定不少于 3" in told
    assert "第四十四条" in told
    assert "等待主持人作出决定" in told
    assert "投标人不足三个" in banners(cases.decided(cases.thin()))["bn-under-1"]
    assert "第四十四条" not in banners(cases.thin(cases.SMALL))["bn-under-1"]


def test_a_lapse_is_told_by_name() -> None:
    assert "tenderee公司 未在时限内提交密钥" in banners(cases.lapsed())["bn-lapsed"]


def test_an_outage_is_told_until_the_recovery() -> None:
    world = WORLDS["outage"]()
    assert "系统中断" in banners(world)["bn-outage"]
    world.give("clerk", "AnnounceRecovery", {"reason": "机房供电恢复"})
    assert "bn-outage" not in banners(world)


# --- the head, the record


def test_the_head_counts_nothing_before_the_extraction() -> None:
    assert room_of(reached(P.SIGN_IN), Role.HOST).head.stats == ()
    assert room_of(reached(P.CHECKED), Role.ANYONE).head.stats == (("投标文件", "3"), ("已签到", "0"))
    assert dict(room_of(reached(P.ATTRIBUTING), Role.ANYONE).head.stats)["已解密"] == "3"


def test_the_head_names_who_hosts_now() -> None:
    world = reached(P.CHECKED)
    assert room_of(world, Role.ANYONE).head.host == "agent公司"
    world.give("tenderee", "TakeOver", {"reason": "主持人断线"})
    assert room_of(world, Role.ANYONE).head.host == "tenderee公司"


def test_the_record_comes_with_the_confirmation() -> None:
    assert room_of(reached(P.OBJECTIONS), Role.HOST).result is None
    result = room_of(reached(P.CONFIRMING).sign("agent", "host"), Role.ANYONE).result
    assert result is not None
    assert result.digest == name_of("record", 32)
    assert [bool(at) for _, at in result.signatures] == [True, False, False]
    assert (result.is_over, result.may_read) == (False, False)


def test_at_the_end_the_record_can_be_taken_away() -> None:
    with speaking("zh-CN"):
        for name, is_closed in (("closed", True), ("terminated", False)):
            result = room_of(WORLDS[name](), Role.AUDITOR).result
            assert result is not None
            assert (result.is_over, result.is_closed, result.is_auditor) == (True, is_closed, True)
