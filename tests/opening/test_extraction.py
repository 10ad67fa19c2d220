"""What is final, what is counted, and who decides under the minimum."""

from __future__ import annotations

import pytest

from bidroom.crypto.tree import final_root
from bidroom.facts import Refused
from bidroom.opening.state import Phase
from tests.attempts import attempt
from tests.builders import BIDDERS, Plan, published, reached
from tests.opening.audited import audited
from tests.opening.cases import SMALL, decided, thin

P = Phase


def test_the_last_bid_counts_and_a_withdrawn_one_does_not() -> None:
    world = published(Plan(lots=2))
    first = world.submit("甲")
    second = world.submit("甲", number=1)
    gone = world.submit("乙")
    world.give("乙", "WithdrawBid", {"digest": gone}, 1)
    other = world.submit("乙", lot=2)
    world.past_deadline()
    assert [body["digests"] for body in world.said("BidsExtracted")] == [[second], [other]]
    assert world.opening.root == final_root([(1, second), (2, other)]).hex()
    assert not world.opening.bids[first].final
    assert audited(world).opening.lots[1].counted == 1


def test_no_bid_at_all_is_extracted_too() -> None:
    world = published().past_deadline()
    assert world.phase is P.CHECKED
    assert audited(world).opening.lots[1].counted == 0


def test_a_damaged_file_is_found_and_stays_counted() -> None:
    world = reached(P.SIGN_IN)
    world.damaged = (world.digest_of("乙"),)
    world.past_deadline()
    assert world.said("BidsChecked") == [{"lot": 1, "counted": 3, "deposits": 3, "damaged": list(world.damaged)}]
    assert [bid.damaged for bid in audited(world).opening.finals()].count(True) == 1


def test_cn_mandatory_offers_only_the_end() -> None:
    made = attempt(thin(), "agent", "DecideUnderMinimum", {"decision": "go_on", "reason": "急用"}, 1)
    assert made.reason() == "going_on_is_allowed"
    world = decided(thin())
    world.preflight()
    assert attempt(world, "agent", "CommandDecryption", world.command_body()).reason() == "some_lot_goes_on"
    world.give("agent", "TerminateOpening", {"reason": "投标人不足三个"})
    assert world.said("LotEnded") == [{"lot": 1, "reason": "under_minimum", "because": "投标人不足三个"}]
    assert audited(world).phase is P.TERMINATED


def test_cn_small_may_go_on_but_not_with_nobody() -> None:
    world = decided(thin(SMALL), "go_on")
    world.preflight().decrypt()
    assert audited(world).phase is P.DECRYPTING
    nobody = published(SMALL).past_deadline()
    made = attempt(nobody, "agent", "DecideUnderMinimum", {"decision": "go_on", "reason": "急用"}, 1)
    assert made.reason() == "going_on_is_allowed"


def test_too_few_deposits_are_the_hosts_to_decide_under_both_packs() -> None:
    for plan in (Plan(), SMALL):
        world = published(plan)
        for key in BIDDERS:
            world.submit(key)
        world.deposit("甲")
        world.past_deadline().preflight()
        assert (world.opening.lots[1].counted, world.opening.lots[1].deposits) == (3, 1)
        refused = attempt(world, "agent", "CommandDecryption", world.command_body(), checkpoint=world.checkpoint())
        assert refused.reason() == "every_lot_under_the_minimum_is_decided"
        assert audited(decided(world, "go_on").decrypt()).phase is P.DECRYPTING


def test_a_decision_is_replaced_until_the_command() -> None:
    world = decided(decided(thin(SMALL)), "go_on")
    assert world.opening.lots[1].decision == "go_on"
    world.preflight().decrypt()
    with pytest.raises(Refused, match="command_not_allowed_in_this_phase"):
        decided(world)


def test_one_lot_ends_under_the_minimum_and_the_other_goes_on() -> None:
    world = published(Plan(lots=2))
    for key in BIDDERS:
        for lot in (1, 2) if key != "丙" else (1,):
            world.deposit(key, lot)
            world.submit(key, lot)
    world.past_deadline()
    world.give("agent", "DecideUnderMinimum", {"decision": "end", "reason": "投标人不足三个"}, 2)
    world.preflight().decrypt()
    assert world.said("LotEnded") == [{"lot": 2, "reason": "under_minimum", "because": "投标人不足三个"}]
    assert [bid.lot for bid in world.opening.finals()] == [1, 1, 1]
    made = attempt(world, "甲", "ReleaseShare", {"command": world.opening.command, "digest": world.digest_of("甲", 2)})
    assert made.reason() == "that_bid_is_final_and_ones_own"
    world.release_all().open().announce().last_call().lay_out().confirm_all()
    assert audited(world).phase is P.CLOSED


def test_a_holder_may_try_again_and_its_last_word_counts() -> None:
    world = reached(P.CHECKED)
    bad = world.digest_of("乙")
    world.preflight([bad]).preflight()
    assert set(world.opening.preflights.values()) == {()}
    world.preflight([bad]).decrypt().release_all()
    assert world.hold_body()["digests"] == sorted(world.digest_of(key) for key in ("甲", "丙"))
    world.open()
    bid = audited(world).opening.bids[bad]
    assert (bid.cause, bid.failed_layer, bid.fault) == ("disputed", "stanza", None)
