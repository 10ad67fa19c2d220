"""From the draft to the notice, and the amendments of its timeline."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bidroom.facts import Refused, rfc3339
from bidroom.opening.state import Phase
from bidroom.rulepacks import PACKS, rule_pack, working_days
from tests.attempts import attempt
from tests.builders import DAY, MORNING, Plan, base64_of, notice_body, published, reached, timeline_document, world
from tests.fakes import NOON
from tests.opening.audited import audited
from tests.registry.cases import _drafted, _submitted

HOUR = timedelta(hours=1)


def test_returned_mended_and_submitted_again() -> None:
    here = _submitted()
    here.give("clerk", "ReturnNotice", {"reason": "缺附件"})
    assert here.tender.phase == "draft"
    assert here.phase is Phase.DRAFT
    here.give("agent", "SubmitNotice", notice_body(here.plan))
    here.give("clerk", "PublishNotice")
    assert audited(here).phase is Phase.SCHEDULED


def test_a_number_is_given_once() -> None:
    here = _drafted()
    other = here.plan
    here.plan = Plan(lots=2)
    with pytest.raises(Refused, match="already_claimed"):
        here.give("agent", "DraftTender", {"number": other.number, "title": "又一个"})


def test_only_who_drafted_it_goes_on_with_it() -> None:
    for who, reason in (("甲", "not_your_role"), ("tenderee", "not_your_role"), ("agent", None)):
        assert attempt(_drafted(), who, "SubmitNotice", notice_body(Plan())).reason() == reason


@pytest.mark.parametrize(("pack", "days", "reason"), [
    ("cn-mandatory", 20, None), ("cn-mandatory", 19, "deadline_leaves_the_days_that_the_pack_asks"),
    ("cn-small", 5, None), ("cn-small", 4, "deadline_leaves_the_days_that_the_pack_asks"),
])  # fmt: skip
def test_the_days_that_the_pack_asks(pack: str, days: int, reason: str | None) -> None:
    """The world begins on a Friday: three working days after it is Wednesday."""
    assert NOON.weekday() == 4
    plan = Plan(rule_pack=pack, days=days, sale=5)
    here = world(plan)
    here.give("agent", "DraftTender", {"number": plan.number, "title": "城东污水处理厂"})
    assert attempt(here, "agent", "SubmitNotice", notice_body(plan)).reason() == reason


def test_working_days() -> None:
    assert [working_days(5, days) for days in range(1, 8)] == [0, 0, 1, 2, 3, 4, 5]
    assert working_days(0, 7) == 5
    assert all(working_days(day, 7 * weeks) == 5 * weeks for day in range(7) for weeks in (1, 400_000))


def test_the_packs_are_those_of_the_law() -> None:
    assert set(PACKS) == {"cn-mandatory", "cn-small"}
    assert (rule_pack("cn-mandatory").minimum, rule_pack("cn-mandatory").may_go_on_under_minimum) == (3, False)
    assert (rule_pack("cn-small").minimum, rule_pack("cn-small").may_go_on_under_minimum) == (3, True)
    with pytest.raises(Refused, match="rule_pack_unknown"):
        rule_pack("eu-open")


def test_a_pack_that_nobody_knows_is_refused() -> None:
    here = _drafted()
    plan = Plan(rule_pack="eu-open")
    document = notice_body(plan, tender=here.plan.id)
    assert attempt(here, "agent", "SubmitNotice", document).reason() == "terms_are_of_this_tender"


@pytest.mark.parametrize("field", ["terms", "timeline"])
def test_documents_that_are_none_are_refused_by_name(field: str) -> None:
    for odd, reason in (("e30=", f"{field}_malformed"), ("AAAA", f"{field}_malformed"), ("A", "command_malformed"),
                        (base64_of([1]), f"{field}_malformed")):  # fmt: skip
        made = attempt(_drafted(), "agent", "SubmitNotice", {**notice_body(Plan()), field: odd})
        assert made.reason() == reason


def test_a_timeline_at_the_end_of_all_days_is_refused_by_name() -> None:
    for year in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00+14:00"):
        body = notice_body(Plan(), deadline=year)
        assert attempt(_drafted(), "agent", "SubmitNotice", body).reason() == "timeline_malformed"


def test_an_amendment_moves_the_deadline_and_what_is_due() -> None:
    here = published()
    deadline = here.opening.the_timeline.deadline
    here.amend(deadline=rfc3339(deadline + 3 * DAY), sign_in=rfc3339(deadline + 3 * DAY - HOUR))
    assert here.opening.deadline == here.tender.deadline == deadline + 3 * DAY
    here.until(deadline + DAY)
    assert here.phase is Phase.SCHEDULED
    here.amend(deadline=rfc3339(deadline + 4 * DAY))
    assert here.opening.the_timeline.version == 3
    assert audited(here.past_deadline()).phase is Phase.CHECKED


def test_a_sealed_bid_outlives_an_amendment() -> None:
    here = published()
    before = here.submit("甲")
    here.amend(deadline=rfc3339(here.opening.the_timeline.deadline + DAY))
    after = here.submit("乙")
    assert len({body["timeline"] for body in here.said("BidSubmitted")}) == 2
    assert all(here.opening.bids[digest].live for digest in (before, after))
    audited(here)


def test_nothing_is_amended_after_the_deadline() -> None:
    here = reached(Phase.CHECKED)
    body = here.amendment(deadline=rfc3339(here.clock.at + DAY))
    assert attempt(here, "agent", "AmendTimeline", body).reason() == "command_not_allowed_in_this_phase"


def test_a_timeline_of_another_previous_is_refused() -> None:
    here = published()
    document = timeline_document(here.plan, version=2, previous="00" * 32)
    body = {"timeline": base64_of(document), "timeline_cms": "AA==", "reason": "更正"}
    assert attempt(here, "agent", "AmendTimeline", body).reason() == "it_follows_the_timeline_in_force"


def test_the_documents_day_is_the_morning() -> None:
    assert published().opening.the_timeline.documents_from == MORNING
