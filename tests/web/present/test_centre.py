"""The window: certificates compared with particulars, notices with the rules, deposits with what is asked."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from bidroom.crypto.canonical import canonical
from bidroom.crypto.timeline import parse_timeline
from bidroom.facts import Role, rfc3339
from bidroom.opening.state import Phase
from bidroom.registry.centre import Centre, Member
from bidroom.registry.organizations import Binding, Organization
from bidroom.web.present.centre import Application, application, decided, notice, staff
from bidroom.web.present.deposits import deposits_of, may_pay
from bidroom.web.present.papers import paper_of
from tests.builders import DAY, Plan, World, authority, member, name_of, published, reached

ME = member("甲")
NOW = World().clock.at
NAMED = {member(key).id: (member(key).name, member(key).uscc) for key in ("甲", "乙", "丙", "丁", "tenderee", "agent")}


def organization(name: str = ME.name, code: str = ME.uscc, **bindings: Binding) -> Organization:
    return Organization("registered", ME.id, name, code, ME.user, {ME.user: "main"}, bindings)


def compared(known: Organization, der: bytes = ME.certificate, fault: str = "", days: float = 0) -> Application:
    paper = paper_of(der)
    binding = Binding(paper.digest, ME.user, "applied", paper.serial)
    return application(known, binding, paper, NOW, fault, NOW + timedelta(days=days))


def kinds(found: Application) -> list[str]:
    return [check.chip[0] for check in found.checks]


# --- bindings


def test_what_matches_may_be_bound() -> None:
    found = compared(organization())
    assert (kinds(found), found.may_be_bound) == (["ok"] * 4, True)
    assert [(check.asked, check.found) for check in found.checks[:2]] == [(ME.name, ME.name), (ME.uscc, ME.uscc)]


@pytest.mark.parametrize("name", ["甲 公司", "甲公司\u3000"])
def test_blanks_tell_no_names_apart(name: str) -> None:
    assert compared(organization(name)).may_be_bound


def test_brackets_tell_no_names_apart() -> None:
    der = authority().issue_organization("甲(集团)公司", ME.uscc, at=NOW)[1]
    assert compared(organization("甲（集团）公司"), der).may_be_bound
    assert not compared(organization("甲集团公司"), der).may_be_bound


@pytest.mark.parametrize(
    ("found", "chips"),
    [
        (compared(organization("乙公司")), ["bad", "ok", "ok", "ok"]),
        (compared(organization(code=member("乙").uscc)), ["ok", "bad", "ok", "ok"]),
        (compared(organization(), days=4000), ["ok", "ok", "bad", "ok"]),
        (compared(organization(), days=-4000), ["ok", "ok", "bad", "ok"]),
        (compared(organization(), fault="证书已被吊销"), ["ok", "ok", "ok", "bad"]),
    ],
    ids=["name", "code", "expired", "not yet", "revoked"],
)
def test_what_does_not_match_is_named_and_only_returned(found: Application, chips: list[str]) -> None:
    assert (kinds(found), found.may_be_bound) == (chips, False)


def test_a_persons_certificate_is_a_matter_of_judgement() -> None:
    found = compared(organization(), authority().issue_person("王敏", ME.name, at=NOW)[1])
    assert (kinds(found), found.may_be_bound) == (["ok", "warn", "ok", "ok"], True)


def test_decided_bindings_are_found_by_whatever_is_known_of_them() -> None:
    one = organization(
        a=Binding("a", "wang", "bound", "0fa1"), b=Binding("b", "wang", "returned", "0fb2", "原因"),
        c=Binding("c", "wang", "applied", "0fc3"),
    )  # fmt: skip
    other = replace(organization("乙公司", member("乙").uscc), bindings={"d": Binding("d", "li", "undone", "77")})
    assert [row.binding.certificate for row in decided([other, one], "")] == ["d", "a", "b"]
    for wanted, shown in (("乙", ["d"]), ("0FB", ["b"]), (member("乙").uscc, ["d"]), (" wang ", ["a", "b"]), ("x", [])):
        assert [row.binding.certificate for row in decided([one, other], wanted)] == shown


def test_the_staff_by_role() -> None:
    people = {user: Member(user, user, role) for user, role in (("s", Role.SUPERVISOR), ("c", Role.CLERK))}
    centre = Centre(staff=people, bindings={"x": Binding("x", "s", "bound", "1")})
    assert [(who.user, len(papers)) for who, papers in staff(centre)] == [("c", 0), ("s", 1)]


# --- notices


def chips(here: World, **later: float) -> dict[str, str]:
    shown = notice(here.tender, None, here.clock.at + timedelta(**later))
    return {check.label: check.chip[0] for check in shown.checks}


def test_a_notice_in_order() -> None:
    here = published(Plan(lots=2))
    shown = notice(here.tender, here.clock.at, here.clock.at)
    assert shown.may_be_published
    assert [(check.asked, check.found) for check in shown.checks[:2]] == [
        ("不少于 20 天", "21 天"), ("不少于 5 天", "6 天"),
    ]  # fmt: skip
    assert {"第 1 标段保证金", "第 2 标段保证金"} <= set(chips(here))


def test_a_notice_that_waited_too_long() -> None:
    here = published()
    assert chips(here)["文件发出时间"] == "ok"
    assert chips(here, days=3)["文件发出时间"] == "bad"
    assert not notice(here.tender, None, here.clock.at + 3 * DAY).may_be_published


def with_timeline(here: World, **changes: object) -> World:
    """The same notice with another timeline, as no rule would have let it in."""
    document = json.loads(here.tender.the_timeline.data) | changes
    return here.alter("tender", timeline=parse_timeline(canonical(document)))


def test_rules_that_a_notice_breaks_are_named() -> None:
    here = published()
    start = here.tender.the_timeline.documents_from
    early, brief = rfc3339(start + 19 * DAY), {"from": rfc3339(start), "to": rfc3339(start + 4 * DAY)}
    times = {"deadline": early, "sign_in": early, "clarifications": early, "documents": brief}
    strange = [{"organization": member("甲").id, "name": "甲公司"}]
    told = chips(with_timeline(here, **times, hosts=strange))
    assert {label for label, chip in told.items() if chip == "bad"} == {
        "文件发出至投标截止",
        "招标文件发售期",
        "主持人",
    }


def test_another_pack_asks_for_something_else() -> None:
    small = published(Plan(rule_pack="cn-small"))
    assert notice(small.tender, None, small.clock.at).checks[0].asked == "不少于 3 个工作日"


@pytest.mark.parametrize(("price", "chip"), [("39999999.99", "warn"), ("40000000.00", "ok"), (None, "info")])
def test_a_deposit_above_two_per_cent_is_pointed_at(price: str | None, chip: str) -> None:
    here = published()
    terms = here.tender.the_terms
    lots = tuple(replace(lot, control_price=price) for lot in terms.lots)
    priced = here.alter("tender", terms=replace(terms, lots=lots))
    assert chips(priced)["第 1 标段保证金"] == chip


# --- deposits


def flags(here: World, key: str = "甲", lot: int = 1) -> list[list[str]]:
    shown = deposits_of(here.opening, NAMED)[lot - 1]
    (payer,) = (each for each in shown.payers if each.organization == member(key).id)
    return [[flag[2] for flag in payment.flags] for payment in payer.payments]


def test_payments_by_lot_and_bidder() -> None:
    here = published(Plan(lots=2))
    here.deposit("乙")
    here.deposit("甲", verified=False)
    here.deposit("甲", 2, kind="guarantee")
    first, second = deposits_of(here.opening, NAMED)
    assert [(payer.name, payer.chip[2]) for payer in first.payers] == [("乙公司", "已到账"), ("甲公司", "未核验")]
    assert [(payer.name, payer.chip[2]) for payer in second.payers] == [("甲公司", "保函")]


def test_no_count_before_the_bids_are_checked() -> None:
    here = published()
    for key in ("甲", "乙", "丙"):
        here.deposit(key)
        here.submit(key)
    assert [lot.verified for lot in deposits_of(here.opening, NAMED)] == [None]
    here.to_sign_in()
    assert [lot.verified for lot in deposits_of(here.opening, NAMED)] == [None]
    assert [lot.verified for lot in deposits_of(reached(Phase.CHECKED).opening, NAMED)] == [3]


def test_what_a_person_must_look_at() -> None:
    here = published()
    here.deposit("甲")
    assert flags(here) == [[]]
    here.deposit("甲", amount="1.00", basic_account=False)
    assert [] in flags(here)
    assert ["非基本账户", "单笔不足额"] in flags(here)
    late = reached(Phase.CHECKED)
    late.deposit("甲")
    assert ["晚于投标截止"] in flags(late)


def test_one_account_of_two_bidders_is_seen() -> None:
    here = published()
    here.deposit("甲")
    here.deposit("乙")
    assert flags(here) == flags(here, "乙") == [[]]
    body = {"organization": member("丙").id, "kind": "paid", "amount": here.plan.deposit, "basic_account": True}
    shared = {"account": name_of("account 甲", 32)}
    here.give("clerk", "RegisterDeposit", {**body, "received_at": rfc3339(here.clock.at)}, 1, evidence=shared)
    assert flags(here) == flags(here, "丙") == [["与其他单位同一账户"]]
    assert flags(here, "乙") == [[]]


def test_the_tenders_own_parties_pay_nothing() -> None:
    offered = [id for id, _ in may_pay(published().opening, NAMED)]
    assert member("甲").id in offered
    assert member("tenderee").id not in offered
    assert member("agent").id not in offered
