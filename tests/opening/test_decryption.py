"""The command, the windows, all or nothing, and what a lapse costs whom."""

from __future__ import annotations

from datetime import timedelta

import pytest

from bidroom.facts import ErasePieces, Refused
from bidroom.opening.state import Phase
from tests.attempts import attempt
from tests.builders import MICROSECOND, Plan, reached
from tests.opening.audited import audited
from tests.opening.cases import lapsed, one_missing

P = Phase
MINUTE = timedelta(minutes=1)


def test_the_last_share_closes_the_window() -> None:
    world = reached(P.DECRYPTING).release("甲").release("乙").tick()
    assert world.said("ReleaseClosed") == []
    world.release("丙").tick()
    assert world.phase is P.CLOSING
    assert world.said("ReleaseClosed")[0]["missing"] == []


def test_a_release_is_taken_at_the_windows_last_microsecond() -> None:
    world = reached(P.DECRYPTING)
    assert world.opening.clock is not None
    world.until(world.opening.clock)
    world.release("甲").tick()
    assert world.phase is P.CLOSING
    assert len(audited(world).said("ReleaseClosed")[0]["missing"]) == 2


def test_an_extension_moves_the_end_and_keeps_earlier_releases() -> None:
    world = reached(P.DECRYPTING).release("甲")
    before = world.opening.clock
    assert before is not None
    body = {"command": world.opening.command, "seconds": 300, "reason": "网络拥堵"}
    world.give("agent", "ExtendWindow", body)
    world.until(before + MINUTE)
    assert world.phase is P.DECRYPTING
    world.release("乙").until(before + 5 * MINUTE + MICROSECOND)
    assert world.said("ReleaseClosed")[0]["missing"] == [world.digest_of("丙")]
    assert audited(world).opening.extensions[0]["seconds"] == 300


def test_the_holders_window_is_extended_too() -> None:
    world = reached(P.CLOSING)
    before = world.opening.clock
    assert before is not None
    world.give("agent", "ExtendWindow", {"command": world.opening.command, "seconds": 60, "reason": "等待招标人"})
    world.until(before + MICROSECOND)
    assert world.phase is P.CLOSING
    assert audited(world.open()).phase is P.ATTRIBUTING


def test_a_bidder_who_does_not_release_is_left_out_of_what_the_tenderee_opens() -> None:
    world = one_missing()
    bid = world.opening.bids[world.digest_of("丙")]
    assert (bid.cause, bid.opened, bid.released_at) == ("not_released", False, None)
    assert [each.opened for each in world.opening.finals()].count(True) == 2
    assert audited(world).phase is P.ATTRIBUTING


def test_nobody_releases_and_nothing_is_asked_of_the_tenderee() -> None:
    world = reached(P.DECRYPTING)
    assert world.opening.clock is not None
    world.until(world.opening.clock + MICROSECOND)
    assert world.phase is P.ATTRIBUTING
    assert world.said("BidFormsOpened")[0]["opened"] == []
    assert audited(world).opening.holders == {}


def test_the_tenderee_releases_nothing_where_nothing_is_owed() -> None:
    world = reached(P.DECRYPTING)
    assert world.opening.clock is not None
    world.clock.at = world.opening.clock + MICROSECOND
    world.give("clock", "CloseRelease")
    made = attempt(world, "tenderee", "ReleaseHolderShares", world.hold_body(), evidence={"pieces_match": True})
    assert made.command.body["digests"] == []
    assert made.reason() == "the_slot_owes_its_pieces"


def test_a_lapse_is_the_holders_by_name_and_never_a_bidders_fault() -> None:
    world = lapsed()
    (said,) = world.said("HoldersLapsed")
    assert [each["slot"] for each in said["missing"]] == ["tenderee"]
    assert {(bid.fault, bid.cause) for bid in world.opening.finals()} == {("other", "holder_lapsed")}
    (erased,) = [effect for effect in world.effects if isinstance(effect, ErasePieces)]
    assert set(erased.digests) == {bid.digest for bid in world.opening.finals()}
    assert not erased.to_auditor
    assert attempt(world, "agent", "AnnounceBids").reason() == "some_bid_was_opened"
    world.give("agent", "TerminateOpening", {"reason": "招标人未解密"})
    assert world.said("LotEnded")[0]["reason"] == "none_opened"
    assert audited(world).phase is P.TERMINATED


def test_a_lapse_spares_a_bidder_in_dispute_too() -> None:
    world = reached(P.CHECKED)
    bad = world.digest_of("乙")
    world.preflight([bad]).decrypt().release_all()
    assert world.opening.clock is not None
    world.until(world.opening.clock + MICROSECOND)
    assert (world.opening.bids[bad].fault, world.opening.bids[bad].cause) == ("other", "holder_lapsed")


def test_a_failure_names_its_layer() -> None:
    world = reached(P.CLOSING)
    world.failing = {world.digest_of("乙"): "tag"}
    world.open()
    bid = audited(world).opening.bids[world.digest_of("乙")]
    assert (bid.cause, bid.failed_layer, bid.opened) == ("not_decrypted", "tag", False)


def test_a_report_is_kept_with_its_bid() -> None:
    world = reached(P.DECRYPTING)
    world.give("甲", "ReportReleaseFailure", {"digest": world.digest_of("甲"), "layer": "key", "serial": "5f"})
    reported = audited(world).opening.bids[world.digest_of("甲")].reported
    assert reported is not None
    assert (reported["layer"], reported["serial"]) == ("key", "5f")


def test_a_lot_that_ends_while_bidders_release_is_not_opened() -> None:
    world = reached(P.DECRYPTING, Plan(lots=2)).release("甲", 2)
    released = world.digest_of("甲", 2)
    world.give("supervisor", "EndLot", {"reason": "投诉成立"}, 2)
    assert world.effects[-1] == ErasePieces(tuple(bid.digest for bid in world.opening.finals(2)))
    assert world.said("LotEnded")[0]["reason"] == "ordered"
    with pytest.raises(Refused, match="that_bid_is_final_and_ones_own"):
        world.release("乙", 2)
    world.release_all().open()
    assert released not in [each["digest"] for body in world.said("BidFormsOpened") for each in body["opened"]]
    assert audited(world).phase is P.ATTRIBUTING


def test_results_for_a_lot_that_has_ended_meanwhile_are_asked_for_again() -> None:
    world = reached(P.CLOSING, Plan(lots=2))
    body = world.hold_body()
    world.give("tenderee", "ReleaseHolderShares", body, evidence={"pieces_match": True})
    (due,) = world.owed()
    stale = world.evidence(due)
    world.give("agent", "EndLot", {"reason": "重大变更"}, 2)
    assert attempt(world, "clock", "OpenBids", evidence=stale).reason() == "results_cover_every_released_bid"
    assert audited(world.tick()).phase is P.ATTRIBUTING
