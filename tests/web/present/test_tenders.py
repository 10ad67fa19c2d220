"""The list, the notice, the draft's dates and the audit page, out of plain states."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from bidroom.audit.report import CHECKS
from bidroom.crypto.canonical import canonical
from bidroom.crypto.policy import METHODS, parse_terms
from bidroom.crypto.timeline import Timeline, parse_timeline
from bidroom.facts import Actor, Command, Role, instant, rfc3339
from bidroom.opening.state import IN_SESSION, Opening, Phase
from bidroom.registry.tenders import TENDERS
from bidroom.rulepacks import PACKS
from bidroom.web.present import audit, drafts, notices, tenders
from tests.builders import (
    DAY,
    Plan,
    base64_of,
    member,
    published,
    reached,
    terms_document,
    terms_of,
    timeline_document,
)
from tests.fakes import NOON
from tests.web.present.showing import LANGUAGES, speaking

P = Phase
PLAN = Plan(lots=2)


@pytest.fixture(autouse=True)
def chinese() -> Iterator[None]:
    """Words are said within a request."""
    with speaking("zh-CN"):
        yield


def opening(number: int = 0, phase: Phase = P.SCHEDULED, **more: Any) -> Opening:
    """A published tender of its own number, in this phase."""
    state = published(PLAN).opening
    terms = parse_terms(canonical(terms_document(PLAN, number=f"A-{number:03d}", title=f"第{number}号工程")))
    return replace(state, terms=terms, **more).in_phase(phase)


def listed(openings: list[Opening], query: str = "", group: str = "", page: int = 1) -> tenders.TenderList:
    return tenders.listed(openings, query, group, page, NOON)


# --- the list


def test_a_search_looks_at_number_and_title() -> None:
    found = [opening(number) for number in range(12)]
    assert [row.number for row in listed(found, " a-007 ").rows] == ["A-007"]
    assert [row.number for row in listed(found, "第11号").rows] == ["A-011"]
    assert listed(found, "城西").rows == ()


def test_twenty_a_page_and_no_page_beyond_the_last() -> None:
    found = [opening(number) for number in range(45)]
    pages = [listed(found, page=number) for number in (1, 2, 3, 4, -7)]
    assert [len(each.rows) for each in pages] == [20, 20, 5, 5, 20]
    assert [each.page for each in pages] == [1, 2, 3, 3, 1]
    assert {row.tender for row in pages[0].rows} == {PLAN.id}
    assert len({row.number for each in pages[:3] for row in each.rows}) == 45


def test_live_ones_come_first_then_the_nearest_deadline() -> None:
    soon, late = NOON + DAY, NOON + 9 * DAY
    found = [opening(1, deadline=late), opening(2, P.CLOSED), opening(3, deadline=soon), opening(4, P.DECRYPTING)]
    assert [row.number for row in listed(found).rows] == ["A-004", "A-003", "A-001", "A-002"]


@pytest.mark.parametrize("phase", [each for each in P if each is not P.DRAFT])
def test_every_phase_belongs_to_one_group(phase: Phase) -> None:
    own = tenders.group_of(phase)
    shown = {group: len(listed([opening(1, phase)], group=group).rows) for group in tenders.GROUPS}
    assert shown == {group: int(group == own) for group in tenders.GROUPS}
    expected = "live" if phase in (*IN_SESSION, P.SUSPENDED) else "ended" if phase in tenders.OVER else "coming"
    assert own == expected


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("phase", list(P))
def test_every_phase_has_its_chip(phase: Phase, language: str) -> None:
    with speaking(language):
        chip = tenders.phase_chip(opening(1, phase))
    assert chip.text
    assert chip.text.isascii() == (language == "en")


def test_bids_change_nothing_that_is_shown_before_the_deadline() -> None:
    empty, full = published(PLAN), published(PLAN)
    for lot in (1, 2):
        full.deposit("甲", lot)
        full.submit("甲", lot)
    assert full.opening.bids
    assert not empty.opening.bids
    assert listed([empty.opening]) == listed([full.opening])
    for roles in ({Role.AGENT, Role.HOST}, {Role.BIDDER}, {Role.CLERK}, set[Role]()):
        assert tenders.actions(empty.opening, roles, True, True, False) == tenders.actions(
            full.opening, roles, True, True, False
        )


# --- where to go


def endpoints(state: Opening, *roles: Role, me: bool = True, amend: bool = False, waits: bool = False) -> list[str]:
    found = tenders.actions(state, set(roles), me, amend, waits)
    assert [each.kind for each in found] == ["primary", *["plain"] * (len(found) - 1)]
    return [each.endpoint for each in found]


def test_each_is_led_where_its_role_leads() -> None:
    before, after = published().opening, reached(P.CHECKED).opening
    assert endpoints(before, me=False) == ["room.room", "entrance.login"]
    assert endpoints(before, Role.BIDDER) == ["desk.desk", "room.room"]
    assert endpoints(before, Role.AGENT, Role.HOST, amend=True) == ["notices.draft", "room.room"]
    assert endpoints(before, Role.TENDEREE, waits=True) == ["notices.draft", "room.room"]
    signing_in = reached(P.SIGN_IN).opening
    assert endpoints(signing_in, Role.AGENT, Role.HOST, amend=True) == ["room.room", "notices.draft"]
    assert endpoints(before, Role.CLERK) == ["room.room", "centre.deposits"]
    assert endpoints(after, Role.BIDDER) == ["room.room", "desk.desk", "audit.page"]
    assert endpoints(after, me=False) == ["room.room", "audit.page"]
    assert "record.page" in endpoints(reached(P.ANNOUNCING).opening, Role.SUPERVISOR)


# --- a notice


def timeline(**changes: Any) -> Timeline:
    return parse_timeline(canonical(timeline_document(PLAN, **changes)))


def test_dates_are_a_line_in_their_order_and_the_next_one_is_marked() -> None:
    first = timeline()
    line = notices.moments(first, first.deadline, first.documents_from + timedelta(hours=1))
    assert [each.at for each in line] == sorted(each.at for each in line)
    assert [each.state for each in line] == ["done", "done", "now", "todo", "todo"]
    assert line[-1].key == "deadline"
    over = notices.moments(first, first.deadline, first.deadline + DAY)
    assert {each.state for each in over} == {"done"}


def test_a_deadline_that_an_outage_moved_is_the_one_that_is_shown() -> None:
    first = timeline()
    moved = first.deadline + timedelta(hours=2)
    shown = notices.notice_view(terms_of(PLAN), first, moved, NOON, "zh-CN")
    assert {each.key: each.at for each in shown.moments}["deadline"] == moved


def test_an_amendment_says_what_it_changed_and_nothing_else() -> None:
    first = timeline()
    later = rfc3339(first.deadline + 3 * DAY)
    windows = {"release": 900, "closing": 1800, "last_call": 600, "confirming": 900}
    second = timeline(version=2, previous=first.digest, deadline=later, windows=windows)
    (found,) = notices.amendments(first, [("2026-11-20T00:00:00.000000Z", "延长编制时间", second)])
    assert found.reason == "延长编制时间"
    assert [(each.name, each.before, each.after) for each in found.changes] == [
        ("投标截止 · 开标", first.deadline, instant(later)),
        ("投标人解密", "10 分", "15 分"),
    ]


def test_amendments_follow_one_another_the_latest_first() -> None:
    first = timeline()
    times = [rfc3339(first.deadline + days * DAY) for days in (1, 2)]
    told = [
        ("t", f"第{n}次", timeline(version=n + 1, previous="00" * 32, deadline=at)) for n, at in enumerate(times, 1)
    ]
    found = notices.amendments(first, told)
    assert [each.version for each in found] == [3, 2]
    assert [found[0].changes[0].before, found[1].changes[0].before] == [instant(times[0]), first.deadline]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_decryption_method_is_explained(method: str, language: str) -> None:
    with speaking(language):
        name, words = notices.decryption_words(method)
    assert len(words) > len(name) > 0


def test_items_are_told_in_the_readers_language_with_their_unit() -> None:
    item = {"key": "duration", "label": {"zh": "工期", "en": "Duration"}, "type": "integer", "unit": "d"}
    lots = [{**lot, "form": [item]} for lot in terms_document(PLAN)["lots"]]
    (lot, _) = parse_terms(canonical(terms_document(PLAN, lots=lots))).lots
    assert notices.lot_view(lot, "zh-CN").items == (notices.Announced("工期", "整数 · 日历天"),)
    assert notices.lot_view(lot, "en").items[0].label == "Duration"


# --- a new one

HOURS = [NOON + timedelta(hours=hours) for hours in range(0, 24 * 15, 7)]


@pytest.mark.parametrize("pack", PACKS)
def test_the_dates_that_a_draft_begins_with_are_allowed_on_any_day(pack: str) -> None:
    row = TENDERS.rows_on("SubmitNotice")[0]
    plan = replace(PLAN, rule_pack=pack)
    for now in HOURS:
        found = {name: rfc3339(at) for name, at in drafts.preset(PACKS[pack], now).items()}
        dates = {"documents": {"from": found.pop("documents_from"), "to": found.pop("documents_to")}, **found}
        document = timeline_document(plan, **dates)
        assert parse_timeline(canonical(document)).documents_to <= parse_timeline(canonical(document)).deadline
        assert refused(row, plan, document, now) == []
        assert refused(row, plan, document, now + DAY) == [], "a day for the signatures"


def refused(row: Any, plan: Plan, document: dict[str, Any], now: datetime) -> list[str]:
    """The guards of a submission that do not hold."""
    body = {"terms": base64_of(terms_document(plan)), "timeline": base64_of(document)}
    state = replace(TENDERS.start, phase="draft", id=plan.id, number=plan.number, owner=member("agent").id)
    command, actor = Command("", plan.id, "SubmitNotice", body), Actor(organization=member("agent").id)
    return [guard.__name__ for guard in row.needs if not guard(state, command, actor, now)]


def test_a_draft_without_anything_begins_with_one_lot_and_the_law() -> None:
    form = drafts.drafted(None, None, NOON)
    assert (form["pack"], form["minimum"], len(form["lots"]), form["exact"]) == ("cn-mandatory", 3, 1, {})
    assert form["dates"]["deadline"].endswith("T09:30")


def test_what_a_field_cannot_show_is_kept_beside_it() -> None:
    first = timeline(deadline=rfc3339(NOON + 30 * DAY + timedelta(microseconds=17)))
    form = drafts.drafted(terms_of(PLAN), first, NOON)
    assert form["exact"]["deadline"] == rfc3339(first.deadline)
    assert form["exact"]["release"] == 600
    assert form["windows"]["release"] == 10
    assert (form["host"], form["deputy"]) == ("agent", True)


@pytest.mark.parametrize(
    ("kind", "at", "states"),
    [
        ("notice", "draft", ["now", "todo", "todo", "todo"]),
        ("notice", "submit", ["done", "done", "now", "todo"]),
        ("amendment", "sign", ["done", "now", "todo"]),
    ],
)
def test_the_way_of_a_notice_shows_where_it_is(kind: str, at: str, states: list[str]) -> None:
    assert [state for _, state in notices.stages(kind, at)] == states


# --- audit


def test_bundles_are_there_once_the_opening_has_ended_and_the_auditors_for_auditors_alone() -> None:
    during, after = opening(1, P.ANNOUNCING), opening(1, P.CLOSED)
    assert [(each.kind, each.ready) for each in audit.downloads(during, {Role.SUPERVISOR})] == [("public", False)]
    assert [(each.kind, each.ready) for each in audit.downloads(after, {Role.AUDITOR})] == [
        ("public", True),
        ("auditor", True),
    ]


def test_the_page_promises_those_checks_that_this_version_makes() -> None:
    assert len(audit.checks()) == sum(each.run is not None for each in CHECKS)


def test_the_command_names_the_file_as_it_is_downloaded() -> None:
    state = opening(7)
    assert audit.command(state, "public") == "bidroom audit verify A-007-public.zip --trust trust/"
