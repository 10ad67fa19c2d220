"""Deposits: what counts at the deadline counts, and afterwards only an upheld objection changes it."""

from __future__ import annotations

import pytest

from bidroom.facts import rfc3339
from bidroom.opening.notice import deposit_state, shares_an_account
from bidroom.opening.state import Phase
from tests.attempts import attempt
from tests.builders import BIDDERS, World, member, name_of, published
from tests.opening.audited import audited

ME = member("甲").id


def checked(world: World) -> World:
    """With three bids, past the deadline."""
    for key in BIDDERS:
        world.submit(key)
    return audited(world.past_deadline())


def test_money_a_letter_too_little_and_nothing() -> None:
    for kind, amount, says in (("paid", "800000.00", "paid"), ("guarantee", "900000.00", "guarantee"),
                               ("paid", "799999.99", "short")):  # fmt: skip
        world = published()
        world.deposit("甲", amount=amount, kind=kind)
        assert deposit_state(world.opening, ME, 1) == says
        assert checked(world).opening.lots[1].deposits == (0 if says == "short" else 1)
    assert deposit_state(published().opening, ME, 1) == "none"


def test_two_payments_add_up() -> None:
    world = published()
    world.deposit("甲", amount="400000.00")
    assert deposit_state(world.opening, ME, 1) == "short"
    world.deposit("甲", amount="400000.00")
    assert deposit_state(world.opening, ME, 1) == "paid"


def test_what_is_not_verified_is_not_there() -> None:
    world = published()
    deposit = world.deposit("甲", verified=False)
    assert deposit_state(world.opening, ME, 1) == "none"
    for verified, says in ((True, "paid"), (False, "none"), (True, "paid")):
        world.give("clerk", "VerifyDeposit", {"deposit": deposit, "verified": verified})
        assert deposit_state(world.opening, ME, 1) == says


def test_money_that_came_after_the_deadline_is_late() -> None:
    world = checked(published())
    world.deposit("甲")
    assert deposit_state(world.opening, ME, 1) == "late"
    assert audited(world).opening.lots[1].deposits == 0


def test_verifying_or_reversing_after_the_extraction_changes_no_count() -> None:
    world = published()
    known, unknown = world.deposit("甲"), world.deposit("乙", verified=False)
    checked(world)
    world.give("clerk", "VerifyDeposit", {"deposit": known, "verified": False})
    world.give("clerk", "VerifyDeposit", {"deposit": unknown, "verified": True})
    assert deposit_state(world.opening, ME, 1) == "paid"
    assert deposit_state(world.opening, member("乙").id, 1) == "late"
    assert audited(world).opening.lots[1].deposits == 1


def test_two_bidders_from_one_account_are_seen() -> None:
    world = published()
    for key in ("甲", "乙"):
        body = {"organization": member(key).id, "kind": "paid", "amount": "800000.00", "basic_account": True}
        at = {"received_at": rfc3339(world.clock.at)}
        world.give("clerk", "RegisterDeposit", {**body, **at}, 1, evidence={"account": name_of("one account", 32)})
    assert shares_an_account(world.opening, ME, 1)
    assert not shares_an_account(world.opening, member("丙").id, 1)


def test_the_account_itself_is_not_in_the_log() -> None:
    world = published()
    world.deposit("甲", account="6222 0000 1111 2222")
    assert all(b"6222 0000" not in entry.data for entry in world.log)


@pytest.mark.parametrize("changes", [
    {"amount": "800000"}, {"amount": "0800000.00"}, {"amount": "8e5"}, {"kind": "cash"},
    {"received_at": "2026-12-31T00:00:00Z"},
])  # fmt: skip
def test_a_deposit_that_says_nothing_sound_is_refused(changes: dict[str, str]) -> None:
    world = published()
    body = {"organization": ME, "kind": "paid", "amount": "1.00", "received_at": rfc3339(world.clock.at)}
    made = attempt(world, "clerk", "RegisterDeposit", {**body, "basic_account": True, **changes}, 1)
    assert made.reason() in ("deposit_is_well_formed", "command_malformed")


def test_a_missing_deposit_never_bars_a_bid() -> None:
    world = checked(published())
    assert world.opening.lots[1].counted == 3
    world.give("agent", "DecideUnderMinimum", {"decision": "go_on", "reason": "评标时处理"}, 1)
    world.preflight().decrypt().release_all().open()
    assert all(bid.opened for bid in audited(world).opening.finals())
    assert world.phase is Phase.ATTRIBUTING
