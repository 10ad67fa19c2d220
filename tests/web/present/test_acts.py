"""The personal panel: every row of the table is a button somewhere, and no button promises what the rules refuse."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from bidroom.facts import Actor, Command, Role, Signed
from bidroom.machine import decide
from bidroom.opening.guards import roles_of
from bidroom.opening.rules import OPENING, TABLE
from bidroom.opening.state import Opening, Phase
from bidroom.web.feed import audience_in
from bidroom.web.present.acts import BUILDERS, OwnPanel, own_view, sample
from bidroom.web.present.acts_bids import certificates_of
from bidroom.web.present.acts_forms import Act
from tests.attempts import Attempt
from tests.builders import MICROSECOND, World, member, published, reached
from tests.opening import cases
from tests.opening.cases import CASES, GOOD, SMALL
from tests.web.present.showing import room_of, speaking

P = Phase
PEOPLE = tuple(row for row in TABLE if Role.CLOCK not in row.who)
ELSEWHERE = {"PublishNotice"}
"""Given before there is a room, at the centre's own page."""
EVERYBODY = ("agent", "tenderee", "甲", "乙", "丁", "supervisor", "clerk", "auditor")


def panel(world: World, who: str | None) -> OwnPanel:
    """Somebody's; None is the public board."""
    actor = Actor() if who is None else world.actor(who)
    return panel_of(world.opening, actor)


def panel_of(opening: Opening, actor: Actor) -> OwnPanel:
    role = audience_in({OPENING.name: opening}, actor).role
    return own_view(opening, {}, role, roles_of(opening, actor), actor.organization)


def command_of(opening: Opening, act: Act) -> Command:
    """What its button sends, once somebody has filled in its form; the browser's part of it and the edge's as well."""
    at = act.until or (act.since + MICROSECOND if act.since else opening.clock or opening.deadline)
    assert at is not None
    pause = opening.pause
    command = sample(opening, act, (pause.at if pause else at) + timedelta(days=1))
    row = next(row for row in TABLE if row.on == act.command)
    assert bool(row.signed) == act.is_signed
    signed = Signed(row.signed, b"", b"") if row.signed else None
    return replace(command, id="ab" * 16, signed=signed)


def is_taken(opening: Opening, act: Act, actor: Actor) -> bool:
    """Whether the rules take what the button sends, in the moment in which the page offers it."""
    pause = opening.pause
    at = act.until or (act.since + MICROSECOND if act.since else None) or (pause.at if pause else opening.deadline)
    assert at is not None
    return bool(decide((OPENING,), {OPENING.name: opening}, command_of(opening, act), actor, at))


# --- nothing is missing


def test_every_row_for_people_has_its_button() -> None:
    assert {row.on for row in PEOPLE} - BUILDERS.keys() == ELSEWHERE


@pytest.mark.parametrize("command", sorted({row.on for row in PEOPLE} - ELSEWHERE))
def test_whoever_may_give_a_command_finds_it_in_the_panel(command: str) -> None:
    attempt = GOOD[command]()
    acts = [act for act in panel_of(attempt.world.opening, attempt.actor).acts if act.command == command]
    assert [act.why_not for act in acts if None in (act.lot, attempt.command.lot) or act.lot == attempt.command.lot][
        :1
    ] == [None]
    assert all(is_taken(attempt.world.opening, act, attempt.actor) for act in acts if act.is_possible)


@pytest.mark.parametrize("role", [Role.HOST, Role.SUPERVISOR])
@pytest.mark.parametrize("phase", [P.CHECKED, P.DECRYPTING, P.CLOSING, P.ATTRIBUTING, P.ANNOUNCING, P.OBJECTIONS])
def test_host_and_supervisor_can_stop_it_in_every_phase(role: Role, phase: Phase) -> None:
    who = "agent" if role is Role.HOST else "supervisor"
    grave = {act.command for act in panel(reached(phase), who).grave if act.is_possible}
    assert {"SuspendOpening", "EndLot", "TerminateOpening"} <= grave


# --- nothing is promised that is not so


def offered(attempt: Attempt) -> Iterator[tuple[Actor, Act]]:
    for who in EVERYBODY:
        actor = attempt.world.actor(who)
        yield from ((actor, act) for act in panel_of(attempt.world.opening, actor).acts)


@pytest.mark.parametrize(("command", "guard"), sorted(CASES))
def test_what_a_panel_offers_is_taken_and_what_it_denies_is_refused(command: str, guard: str) -> None:
    attempt = CASES[command, guard]()
    opening = attempt.world.opening
    for actor, act in offered(attempt):
        if act.is_possible:
            assert is_taken(opening, act, actor), act.command
        else:
            needs = {each.__name__ for row in TABLE if row.on == act.command for each in row.needs}
            assert act.why_not in needs


def test_ids_are_the_same_in_every_rendering_and_stand_once() -> None:
    for phase in (P.CHECKED, P.DECRYPTING, P.ATTRIBUTING, P.ANNOUNCING, P.CONFIRMING):
        for who in EVERYBODY:
            ids = [act.id for act in panel(reached(phase), who).acts]
            assert len(set(ids)) == len(ids)
            assert ids == [act.id for act in panel(reached(phase), who).acts]


# --- the one next step


def told(world: World, who: str) -> tuple[str | None, str | None]:
    first = panel(world, who).first
    return (None, None) if first is None else (first.command, first.why_not)


def test_what_the_host_does_next() -> None:
    assert told(reached(P.CHECKED), "agent") == ("CommandDecryption", "every_holder_signed_a_preflight")
    assert told(reached(P.CHECKED).preflight(), "agent") == ("CommandDecryption", None)
    assert told(cases.thin(), "agent") == ("DecideUnderMinimum", None)
    assert told(cases.decided(cases.thin()), "agent") == ("TerminateOpening", None)
    assert told(reached(P.DECRYPTING), "agent") == (None, None)
    assert told(cases.one_missing(), "agent") == ("RuleAttribution", None)
    assert told(reached(P.ATTRIBUTING), "agent") == ("AnnounceBids", None)
    assert told(cases.none_opened(), "agent") == ("TerminateOpening", None)
    assert told(reached(P.ANNOUNCING), "agent") == ("CallLast", None)
    assert told(cases.objected(reached(P.OBJECTIONS)), "agent") == ("AnswerObjection", None)
    assert told(reached(P.OBJECTIONS), "agent") == ("OpenConfirmation", None)
    assert told(reached(P.CONFIRMING), "agent") == ("SignRecord", None)
    assert told(cases.suspended(), "agent") == ("AnnounceResumption", None)
    assert told(cases.suspended("supervisor"), "agent") == ("AnnounceResumption", "who_suspended_may_lift")
    assert told(cases.suspended("supervisor"), "supervisor") == ("AnnounceResumption", None)
    assert told(cases.held(reached(P.DECRYPTING)), "clerk") == ("AnnounceRecovery", None)


def test_what_the_tenderee_and_bidders_do_next() -> None:
    assert told(reached(P.CHECKED), "tenderee") == ("SignPreflight", None)
    assert told(reached(P.CHECKED).preflight(), "tenderee") == (None, None)
    assert told(reached(P.CLOSING), "tenderee") == ("ReleaseHolderShares", None)
    assert told(reached(P.CONFIRMING), "tenderee") == ("SignRecord", None)
    assert told(reached(P.SIGN_IN), "甲") == ("SignIn", None)
    assert told(reached(P.SIGN_IN), "丁") == ("SignIn", "it_has_a_live_bid")
    assert told(reached(P.DECRYPTING), "甲") == ("ReleaseShare", None)
    assert told(reached(P.DECRYPTING).release("甲"), "甲") == (None, None)
    assert told(reached(P.CONFIRMING), "甲") == ("ConfirmRecord", None)


def test_a_deputy_has_one_thing_to_do_and_then_all_of_the_hosts() -> None:
    world = reached(P.CHECKED).preflight()
    assert "TakeOver" in {act.command for act in panel(world, "tenderee").grave}
    world.give("tenderee", "TakeOver", {"reason": "主持人失去联系"})
    assert told(world, "tenderee") == ("CommandDecryption", None)
    assert panel(world, "agent").seat is Role.DEPUTY


def test_whoever_has_no_part_has_no_button() -> None:
    for phase in (P.SIGN_IN, P.DECRYPTING, P.CONFIRMING, P.CLOSED):
        assert panel(reached(phase), None).acts == ()
        assert panel(reached(phase), "auditor").acts == ()


# --- times are the browser's to wait for


def test_what_only_the_clock_forbids_says_when() -> None:
    world = reached(P.OBJECTIONS)
    act = panel(world, "agent").first
    assert act is not None
    assert (act.since, act.until) == (world.opening.clock, None)
    world = reached(P.DECRYPTING)
    act = panel(world, "甲").first
    assert act is not None
    assert (act.since, act.until) == (None, world.opening.clock)
    held = panel(cases.held(world), "甲").first
    assert held is not None
    assert (held.why_not, held.until) == (None, None)


def test_an_extension_moves_the_time_and_nothing_else() -> None:
    world = reached(P.DECRYPTING)
    body = {"command": world.opening.command, "seconds": 600, "reason": "网络拥堵"}
    before, after = panel(world, "甲").first, None
    world.give("agent", "ExtendWindow", body)
    after = panel(world, "甲").first
    assert before is not None
    assert after is not None
    assert replace(after, until=before.until) == before
    assert after.until == before.until + timedelta(seconds=600)  # type: ignore[operator]


# --- what the pack allows, what a role may know


def decisions(world: World) -> list[str]:
    act = next(act for act in panel(world, "agent").acts if act.command == "DecideUnderMinimum")
    return [choice.value for choice in act.fields[0].choices]


def test_going_on_is_offered_where_the_pack_allows_it() -> None:
    assert decisions(cases.thin()) == ["end"]
    assert decisions(cases.thin(SMALL)) == ["end", "go_on"]


@pytest.mark.parametrize("who", ["agent", "tenderee", "supervisor", "clerk", "auditor", "丁", None])
def test_before_the_deadline_nobody_learns_of_others_bids(who: str | None) -> None:
    quiet = published().to_sign_in()
    busy = published()
    for key in ("甲", "乙", "丙"):
        busy.deposit(key)
        busy.submit(key)
    busy.to_sign_in().give("甲", "SignIn")
    assert panel(quiet, who) == panel(busy, who)


@pytest.mark.parametrize("who", ["甲", "乙", "丁", "clerk", None])
def test_nobody_learns_from_a_panel_what_is_told_to_others_alone(who: str | None) -> None:
    """Preflights and reminders are for those who run and watch the opening (visibility.IN_THE_ROOM)."""
    before, after = reached(P.CHECKED), reached(P.CHECKED)
    assert not before.opening.preflights
    after.preflight().give("supervisor", "Remind", {"text": "请注意时间"})
    role = audience_in({OPENING.name: after.opening}, Actor() if who is None else after.actor(who)).role
    with speaking("zh-CN"):
        assert panel(after, who) == panel(before, who)
        assert room_of(after, role) == room_of(before, role)
        assert panel(after, "supervisor") != panel(before, "supervisor")
        assert room_of(after, Role.SUPERVISOR) != room_of(before, Role.SUPERVISOR)


def test_names_are_said_to_those_who_know_them_already() -> None:
    world = cases.objected(reached(P.DECRYPTING))
    act = next(act for act in panel(world, "agent").acts if act.command == "AnswerObjection")
    assert member("甲").name in act.text


# --- a bidder's own bids


def test_a_bidder_sees_what_became_of_its_bid() -> None:
    world = reached(P.DECRYPTING).release("甲")
    [mine] = panel(world, "甲").bids
    assert (mine.digest, mine.state.kind, mine.message != "") == (world.digest_of("甲"), "ok", True)
    assert panel(world, "agent").bids == ()
    [ruled] = panel(cases.ruled(), "丙").bids
    assert "视为撤销" in ruled.state.text + ruled.said[0]
    [lost] = panel(cases.lapsed(), "甲").bids
    assert lost.state.text == "视为撤回"


def test_the_serial_that_fits_is_named() -> None:
    world = reached(P.DECRYPTING)
    [digest] = certificates_of(world.opening, member("甲").id)
    assert digest == member("甲").digest
    roles = roles_of(world.opening, world.actor("甲"))
    seen = own_view(world.opening, {}, Role.BIDDER, roles, member("甲").id, {digest: "5f01"})
    assert (seen.bids[0].serial, "5f01" in seen.bids[0].said[0]) == ("5f01", True)
    assert seen.first is not None
    assert seen.first.needs == (digest,)
    assert certificates_of(world.opening, member("tenderee").id) == (member("tenderee").digest,)


def test_a_bidder_with_several_lots_releases_each() -> None:
    world = reached(P.DECRYPTING, replace(cases.SMALL, lots=2))
    seen = panel(world, "甲")
    releases = [act for act in seen.acts if act.command == "ReleaseShare"]
    assert [act.lot for act in releases] == [1, 2]
    assert len({act.text for act in releases}) == 2
    assert [bid.lot for bid in seen.bids] == [1, 2]


def test_a_record_that_moved_since_is_told_so() -> None:
    world = reached(P.CONFIRMING)
    act = panel(world, "甲").first
    assert act is not None
    assert act.has_moved  # its record is not the digest of these minutes: the builders lay out a name
