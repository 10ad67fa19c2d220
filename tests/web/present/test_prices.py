"""The announcement: every form as it was bid, flagged and never mended, nothing of it a moment too early."""

from __future__ import annotations

import pytest

from bidroom.facts import Role
from bidroom.opening.state import Phase
from bidroom.web.present.prices import PriceRow, Prices
from tests.builders import World, form_of, member, published, reached
from tests.opening import cases
from tests.web.present.showing import ROLES, WORLDS, closed, forms_of, room_of, speaking, with_items

P = Phase


def table(world: World, role: Role = Role.ANYONE, lot: int = 1) -> Prices:
    return room_of(world, role).lots[lot - 1].prices


def rows(world: World, role: Role = Role.ANYONE) -> dict[str, PriceRow]:
    return {row.label.name: row for row in table(world, role).rows}


def price_of(key: str) -> str:
    return form_of(key, 1).decode().split('"')[3]


def test_all_forms_are_shown_at_once() -> None:
    shown = rows(reached(P.ANNOUNCING))
    assert {name: row.price for name, row in shown.items()} == {member(key).name: price_of(key) for key in "甲乙丙"}
    assert shown["甲公司"].capitals.endswith("元整")
    assert shown["甲公司"].capitals.startswith(("壹佰", "玖拾"))


@pytest.mark.parametrize("phase", [P.CHECKED, P.DECRYPTING, P.CLOSING, P.ATTRIBUTING])
@pytest.mark.parametrize("role", ROLES)
def test_before_there_are_only_empty_places(phase: Phase, role: Role) -> None:
    prices = table(reached(phase), role)
    assert (prices.is_shown, prices.is_awaited, len(prices.rows)) == (False, True, 3)
    assert {(row.price, row.capitals, row.say, row.flags, row.outcome) for row in prices.rows} == {
        ("", "", "", (), None)
    }


def test_without_an_extraction_there_is_no_place_to_count() -> None:
    assert table(reached(P.SIGN_IN)).rows == ()
    assert not table(reached(P.SIGN_IN)).is_awaited


def test_the_items_are_the_terms() -> None:
    world = WORLDS["more than a price"]()
    with speaking("zh-CN"):
        prices = table(world)
    assert [(column.label, column.is_figure) for column in prices.columns] == [
        ("工期（日历天）", True),
        ("项目经理", False),
    ]
    assert prices.rows[0].items == ("540", "周启明")
    with speaking("en"):
        assert [column.label for column in table(world).columns] == ["Duration (days)", "Project manager"]


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_it_is_read_out_in_chinese(language: str) -> None:
    with speaking(language):
        prices = table(WORLDS["more than a price"]())
    row = prices.rows[0]
    assert row.say == f"1 号，{row.label.name}，投标报价{row.capitals}，工期540日历天，项目经理周启明。"
    assert prices.can_be_read


def test_a_price_over_the_control_price_is_flagged_and_shown_as_it_is() -> None:
    world = with_items(reached(P.ANNOUNCING), control_price=price_of("乙"))
    flagged = {name for name, row in rows(world).items() if row.flags}
    assert flagged == {f"{key}公司" for key in "甲乙丙" if float(price_of(key)) > float(price_of("乙"))}
    assert flagged
    assert rows(world)["甲公司"].price == price_of("甲")


def test_without_a_control_price_nothing_is_over_it() -> None:
    assert not any(row.flags for row in rows(with_items(reached(P.ANNOUNCING), control_price=None)).values())


def test_amounts_of_another_currency_have_no_capitals() -> None:
    row = table(with_items(reached(P.ANNOUNCING), currency="EUR")).rows[0]
    assert row.capitals == ""
    assert f"{row.price} EUR" in row.say


def test_what_did_not_open_says_what_became_of_it() -> None:
    row = rows(cases.ruled())["丙公司"]
    assert row.outcome is not None
    assert (row.outcome.text, row.price, row.say) == ("视为撤销", "", "")


def test_what_is_flagged_of_deposits_is_for_those_who_know_them() -> None:
    world = published()
    for key in "甲乙丙":
        world.deposit(key, basic_account=False)
        world.submit(key)
    world.past_deadline().preflight().decrypt().release_all().open().announce()
    assert {flag.text for row in rows(world, Role.SUPERVISOR).values() for flag in row.flags} == {"非基本账户"}
    assert not any(row.flags for row in rows(world, Role.BIDDER).values())


def test_confirmations() -> None:
    assert {row.confirmation.text for row in rows(reached(P.ANNOUNCING)).values()} == {"未开始"}
    assert {row.confirmation.text for row in rows(reached(P.CONFIRMING)).values()} == {"待确认"}
    said = {name: (row.confirmation.text, row.refusal) for name, row in rows(closed()).items()}
    assert said == {
        "甲公司": ("已确认", ""), "乙公司": ("拒绝确认", "工期与投标文件不一致"), "丙公司": ("未答复", ""),
    }  # fmt: skip


def test_forms_that_are_given_too_early_change_nothing() -> None:
    world = cases.one_missing()
    assert room_of(world, Role.HOST, forms_of(world)) == room_of(world, Role.HOST, {})
