"""Suspension keeps the time that was left, outages move it by the pack's numbers, and nobody's absence holds it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bidroom.facts import ErasePieces, Refused, rfc3339
from bidroom.machine import next_look
from bidroom.opening.state import IN_SESSION, WINDOWS, Phase
from tests.attempts import attempt
from tests.builders import MICROSECOND, Plan, World, member, name_of, published, reached
from tests.opening.audited import audited
from tests.opening.cases import ended, lapsed, suspended

P = Phase
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
STOPPED = tuple(phase for phase in IN_SESSION if phase is not P.EXTRACTED)


def hold(world: World, minutes: int) -> World:
    """Nobody is there for so long."""
    gap = {"from": rfc3339(world.clock.at), "to": rfc3339(world.clock.at + minutes * MINUTE)}
    world.clock.at += minutes * MINUTE
    world.give("clock", "HoldForOutage", gap)
    return world


def resume(world: World, by: str = "agent", after: timedelta = MINUTE) -> World:
    """Announce the resumption, and wait for it."""
    at = world.clock.at + after
    world.give(by, "AnnounceResumption", {"at": rfc3339(at)})
    return world.until(at)


@pytest.mark.parametrize("phase", STOPPED)
def test_it_goes_on_where_it_was_with_the_time_that_was_left(phase: Phase) -> None:
    world = reached(phase)
    world.clock.at += 3 * MINUTE
    left = world.opening.clock - world.clock.at if world.opening.clock and phase in WINDOWS else None
    world.give("agent", "SuspendOpening", {"reason": "网络故障"})
    assert next_look(world.tables, world.states[world.plan.id]) is None
    world.go(minutes=20)
    assert world.phase is P.SUSPENDED
    resume(world)
    assert world.phase is phase
    if left is not None and world.opening.clock is not None:
        assert world.opening.clock - world.opening.pauses[-1].resumed_at == left  # type: ignore[operator]
    audited(world)


def test_no_release_is_taken_while_suspended() -> None:
    world = suspended()
    with pytest.raises(Refused, match="suspended"):
        world.release("甲")
    resume(world).release_all()
    assert audited(world).phase is P.CLOSING


def test_a_suspension_in_the_last_moment_leaves_that_moment() -> None:
    world = reached(P.DECRYPTING)
    assert world.opening.clock is not None
    world.clock.at = world.opening.clock
    world.give("agent", "SuspendOpening", {"reason": "网络故障"})
    assert world.said("OpeningSuspended")[0]["left"] == 0
    assert audited(resume(world).go(seconds=1)).phase is P.ATTRIBUTING


def test_notice_is_given_after_more_than_an_hour_and_not_after_less() -> None:
    world = suspended()
    world.clock.at += 59 * MINUTE
    for minutes, reason in ((1, None), (2, "resumption_gives_notice"), (29, "resumption_gives_notice"), (30, None)):
        body = {
            "at": rfc3339(world.opening.pauses[-1].at + HOUR if minutes == 1 else world.clock.at + minutes * MINUTE)
        }
        assert attempt(world, "agent", "AnnounceResumption", body).reason() == reason, minutes
    for odd in ("tomorrow", "2026-10-09T10:00:00"):
        assert attempt(world, "agent", "AnnounceResumption", {"at": odd}).reason() == "command_malformed"


def test_a_later_announcement_takes_an_earlier_ones_place() -> None:
    world = suspended()
    world.give("agent", "AnnounceResumption", {"at": rfc3339(world.clock.at + MINUTE)})
    later = world.clock.at + 10 * MINUTE
    world.give("supervisor", "AnnounceResumption", {"at": rfc3339(later)})
    world.until(later - MICROSECOND)
    assert world.phase is P.SUSPENDED
    assert audited(world.until(later)).phase is P.DECRYPTING


def test_a_supervisors_suspension_is_lifted_by_a_supervisor() -> None:
    world = suspended("supervisor")
    with pytest.raises(Refused, match="who_suspended_may_lift"):
        resume(world)
    assert audited(resume(world, "supervisor")).phase is P.DECRYPTING
    assert audited(resume(suspended(), "supervisor")).phase is P.DECRYPTING


def test_it_is_suspended_twice_and_each_is_kept() -> None:
    world = resume(suspended())
    world.give("supervisor", "SuspendOpening", {"reason": "核查"})
    resume(world, "supervisor")
    assert [pause.role for pause in audited(world).opening.pauses] == ["host", "supervisor"]


def test_suspension_and_resumption_name_the_command() -> None:
    world = resume(suspended())
    for type in ("OpeningSuspended", "ResumptionAnnounced", "OpeningResumed"):
        assert world.said(type)[0]["command"] == world.opening.command is not None


def test_there_is_no_suspension_before_extraction() -> None:
    for phase in (P.SCHEDULED, P.SIGN_IN):
        for who in ("agent", "supervisor"):
            made = attempt(reached(phase), who, "SuspendOpening", {"reason": "网络故障"})
            assert made.reason() == "command_not_allowed_in_this_phase"


@pytest.mark.parametrize("phase", STOPPED)
def test_it_is_terminated_in_every_phase_and_from_suspension(phase: Phase) -> None:
    for by, reason in (("agent", "host"), ("supervisor", "ordered")):
        for stop in (False, True):
            world = reached(phase, Plan(lots=2))
            if stop:
                world.give("agent", "SuspendOpening", {"reason": "网络故障"})
            world.give(by, "TerminateOpening", {"reason": "发现重大问题"})
            assert {lot.ended for lot in world.opening.lots.values()} == {reason}
            assert audited(world).owed() == ()
            assert isinstance(world.effects[-1], ErasePieces)


def test_the_last_lot_that_ends_ends_the_opening() -> None:
    world = reached(P.CHECKED, Plan(lots=2))
    ended(world).tick()
    assert world.phase is P.CHECKED
    world.give("supervisor", "EndLot", {"reason": "投诉成立"}, 2)
    assert audited(world.tick()).phase is P.TERMINATED
    assert world.said("OpeningTerminated") == [{"reason": None}]


def test_the_last_lot_may_have_ended_just_before_a_suspension() -> None:
    world = ended(reached(P.CHECKED))
    world.give("agent", "SuspendOpening", {"reason": "网络故障"})
    look = next_look(world.tables, world.states[world.plan.id])
    assert look is not None
    assert look <= world.clock.at
    assert audited(world.tick()).phase is P.TERMINATED


# --- outages


def test_an_outage_over_the_deadline_holds_it_and_two_hours_are_given() -> None:
    world = reached(P.SIGN_IN)
    deadline = world.opening.the_timeline.deadline
    world.clock.at = deadline - 5 * MINUTE
    hold(world, 20).tick()
    assert world.phase is P.SIGN_IN
    late = world.submit("丁")
    world.go(hours=1)
    assert world.phase is P.SIGN_IN
    recovered = world.clock.at
    world.give("clerk", "AnnounceRecovery", {"reason": "机房停电"})
    assert world.opening.deadline == world.tender.deadline == recovered + 2 * HOUR
    world.give("丁", "WithdrawBid", {"digest": late}, 1)
    world.until(recovered + 2 * HOUR)
    assert world.phase is P.SIGN_IN
    assert audited(world.past_deadline()).phase is P.CHECKED
    assert world.opening.lots[1].counted == 3


def test_a_deadline_soon_after_the_outage_is_two_hours_later() -> None:
    world = reached(P.SIGN_IN)
    deadline = world.opening.the_timeline.deadline
    world.clock.at = deadline - 50 * MINUTE
    hold(world, 20)
    world.give("clerk", "AnnounceRecovery", {"reason": "机房停电"})
    assert audited(world).opening.deadline == deadline + 2 * HOUR


def test_what_was_amended_to_a_later_day_keeps_it() -> None:
    world = reached(P.SIGN_IN)
    deadline = world.opening.the_timeline.deadline
    world.clock.at = deadline - 5 * MINUTE
    hold(world, 20)
    world.amend(deadline=rfc3339(deadline + 72 * HOUR))
    world.give("clerk", "AnnounceRecovery", {"reason": "机房停电"})
    assert audited(world).opening.deadline == deadline + 72 * HOUR


@pytest.mark.parametrize(("before", "length", "touched"), [
    (5, 10, True), (5, 9, False), (60, 11, True), (2 * 60 + 11, 11, True), (2 * 60 + 12, 11, False),
])  # fmt: skip
def test_which_outage_touches_the_deadline(before: int, length: int, touched: bool) -> None:
    world = reached(P.SCHEDULED)
    world.clock.at = world.opening.the_timeline.deadline - before * MINUTE
    if touched:
        assert hold(world, length).opening.outage is not None
        return
    with pytest.raises(Refused, match="outage_touches_a_clock"):
        hold(world, length)


def test_a_gap_that_began_after_the_deadline_touches_nothing() -> None:
    world = reached(P.SIGN_IN)
    world.clock.at = world.opening.the_timeline.deadline + MICROSECOND
    with pytest.raises(Refused, match="outage_touches_a_clock"):
        hold(world, 20)


@pytest.mark.parametrize("phase", [P.DECRYPTING, P.CLOSING, P.OBJECTIONS, P.CONFIRMING])
def test_an_outage_holds_a_window(phase: Phase) -> None:
    world = reached(phase)
    if phase is P.CONFIRMING:
        world.sign("agent", "host")
    assert world.opening.clock is not None
    world.clock.at = world.opening.clock - 5 * MINUTE
    hold(world, 20).tick()
    assert world.phase is phase
    recovered = world.clock.at
    world.give("clerk", "AnnounceRecovery", {"reason": "机房停电"})
    assert world.opening.clock == recovered + 2 * HOUR
    assert audited(world).tender.outage is False


def test_releases_are_taken_during_an_outage_of_the_window() -> None:
    world = reached(P.DECRYPTING)
    assert world.opening.clock is not None
    world.clock.at = world.opening.clock - 5 * MINUTE
    hold(world, 20).release_all()
    assert world.phase is P.DECRYPTING
    world.give("clerk", "AnnounceRecovery", {"reason": "机房停电"})
    assert audited(world.tick()).phase is P.CLOSING


def test_an_outage_of_the_window_lets_no_bid_in() -> None:
    world = reached(P.DECRYPTING)
    assert world.opening.clock is not None
    world.clock.at = world.opening.clock - 5 * MINUTE
    hold(world, 20)
    assert world.refuse_upload("丁", world.upload("丁")).reason == "upload_is_in_time"


def test_an_outage_can_be_declared_over_in_a_phase_without_a_clock() -> None:
    world = reached(P.CLOSING)
    assert world.opening.clock is not None
    world.clock.at = world.opening.clock - 5 * MINUTE
    hold(world, 20).open()
    assert world.phase is P.ATTRIBUTING
    world.give("clerk", "AnnounceRecovery", {"reason": "机房停电"})
    assert world.said("RecoveryAnnounced") == [{"deadline": None, "until": None, "reason": "机房停电"}]
    world.announce().last_call().lay_out().confirm_all()
    assert audited(world).phase is P.CLOSED


# --- who hosts


def test_a_deputy_takes_over_and_the_host_becomes_its_deputy() -> None:
    world = reached(P.CHECKED).preflight()
    world.give("tenderee", "TakeOver", {"reason": "主持人电脑故障"})
    assert attempt(world, "agent", "CommandDecryption", world.command_body()).reason() == "not_your_role"
    world.decrypt("tenderee").give("agent", "TakeOver", {"reason": "已恢复"})
    assert len(audited(world).opening.takeovers) == 2


def test_without_a_deputy_the_clerk_appoints_one() -> None:
    world = reached(P.CHECKED, Plan(hosts=("agent",)))
    assert attempt(world, "丁", "TakeOver", {"reason": "主持人失联"}).reason() == "not_your_role"
    who = member("丁")
    told = {"organization": who.id, "name": who.name, "uscc": who.uscc, "letter": name_of("letter", 32)}
    world.give("clerk", "AppointDeputy", told)
    world.give("丁", "TakeOver", {"reason": "主持人失联"})
    world.preflight().decrypt("丁").release_all().open().announce("丁").last_call("丁").lay_out("丁").sign("丁", "host")
    assert world.opening.clock is not None
    assert audited(world.until(world.opening.clock + MICROSECOND)).phase is P.CLOSED


def test_before_extraction_nobody_is_appointed_as_that_would_tell_who_bids() -> None:
    who = member("甲")
    told = {"organization": who.id, "name": who.name, "uscc": who.uscc, "letter": name_of("letter", 32)}
    for phase in (P.SCHEDULED, P.SIGN_IN):
        made = attempt(reached(phase), "clerk", "AppointDeputy", told)
        assert made.reason() == "command_not_allowed_in_this_phase"


def test_who_took_over_hosts_on_after_an_amendment_that_lists_it() -> None:
    world = reached(P.SIGN_IN)
    world.give("tenderee", "TakeOver", {"reason": "主持人失联"})
    hosts = [{"organization": member(key).id, "name": key} for key in ("agent", "tenderee")]
    later = rfc3339(world.opening.the_timeline.deadline + HOUR)
    both = world.copy().amend(deadline=later, hosts=hosts[::-1])
    assert both.opening.hosts[both.opening.host] == member("tenderee").id
    alone = world.copy().amend(deadline=later, hosts=hosts[:1])
    assert alone.opening.hosts[alone.opening.host] == member("agent").id
    audited(both)
    audited(alone)


def test_a_reminder_changes_nothing_but_is_kept() -> None:
    world = reached(P.CHECKED)
    world.give("supervisor", "Remind", {"text": "请注意时间"})
    assert [each["text"] for each in audited(world).opening.reminders] == ["请注意时间"]


def test_everybody_but_the_clock_is_away() -> None:
    world = published()
    world.submit("甲")
    world.until(world.opening.the_timeline.deadline + 100 * HOUR)
    assert audited(world).phase is P.CHECKED
    assert lapsed().owed() == ()
