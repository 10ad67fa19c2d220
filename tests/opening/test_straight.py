"""The straight way: from the notice to the signed record, with one lot and with several."""

from __future__ import annotations

import pytest

from bidroom.facts import ErasePieces, KeepPieces
from bidroom.opening.record import outcome
from bidroom.opening.state import Phase
from tests.builders import BIDDERS, MICROSECOND, STEPS, Plan, member, published, reached
from tests.opening.audited import audited

P = Phase


@pytest.mark.parametrize("plan", [Plan(), Plan(lots=3), Plan(rule_pack="cn-small", days=6, sale=6)])
def test_everything_goes_well(plan: Plan) -> None:
    world = audited(reached(P.CLOSED, plan))
    assert world.tender.phase == "ended"
    assert all(lot.ended is None and lot.counted == 3 and lot.deposits == 3 for lot in world.opening.lots.values())
    assert {outcome(world.opening, bid) for bid in world.opening.finals()} == {"opened"}
    assert world.said("OpeningClosed") == [{"record": world.opening.record, "silent": [], "unsigned": []}]


def test_every_phase_but_extracted_is_stopped_at() -> None:
    seen = [reached(phase).phase for phase in P if phase not in (P.DRAFT, P.EXTRACTED, P.SUSPENDED, P.TERMINATED)]
    assert seen == [phase for phase in P if phase not in (P.DRAFT, P.EXTRACTED, P.SUSPENDED, P.TERMINATED)]
    assert len(STEPS) == 10


def test_a_fact_a_lot_and_one_move() -> None:
    world = reached(P.CLOSED, Plan(lots=3))
    for type in ("BidsExtracted", "BidsChecked", "BidFormsOpened"):
        assert [body["lot"] for body in world.said(type)] == [1, 2, 3]
    assert len({body["root"] for body in world.said("BidsExtracted")}) == 1
    assert len({entry.time for entry in world.log if entry.type == "BidsExtracted"}) == 1


def test_all_forms_are_opened_in_one_act_and_shown_by_one_fact() -> None:
    world = reached(P.ANNOUNCING, Plan(lots=2))
    times = [entry.time for entry in world.log if entry.type == "BidFormsOpened"]
    assert len(times) == 2
    assert len(set(times)) == 1
    assert world.said("BidsAnnounced") == [{"lots": [1, 2]}]


def test_pieces_are_kept_at_release_and_go_to_the_auditor_at_opening() -> None:
    world = reached(P.ATTRIBUTING)
    digests = {bid.digest for bid in world.opening.finals()}
    kept = [effect for effect in world.effects if isinstance(effect, KeepPieces)]
    assert [len(effect.pieces) for effect in kept] == [1] * 6
    (erased,) = [effect for effect in world.effects if isinstance(effect, ErasePieces)]
    assert set(erased.digests) == set(erased.to_auditor) == digests


def test_no_piece_is_in_the_log() -> None:
    world = reached(P.CLOSED)
    data = b"".join(entry.data for entry in world.log)
    for _, bid in world.bids.values():
        assert all(piece.hex().encode() not in data for piece in bid.pieces)
    releases = [entry for entry in world.log if entry.type in ("ShareReleased", "HolderSharesReleased")]
    assert {tuple(entry.signed or {}) for entry in releases} == {("hash",)}


def test_sign_in_opens_at_its_time_and_bids_are_taken_to_the_last_microsecond() -> None:
    world = published()
    for key in BIDDERS[:2]:
        world.submit(key)
    deadline = world.opening.the_timeline.deadline
    world.until(world.opening.the_timeline.sign_in - MICROSECOND)
    assert world.owed() == ()
    world.until(world.opening.the_timeline.sign_in)
    assert world.types()[-1] == "SignInOpened"
    world.until(deadline)
    assert world.types()[-1] == "SignInOpened"
    world.submit("丙")
    world.past_deadline()
    assert world.phase is P.CHECKED
    assert audited(world).opening.lots[1].counted == 3


def test_sign_in_is_taken_late_until_close_and_a_release_needs_none() -> None:
    world = reached(P.DECRYPTING)
    world.give("甲", "SignIn")
    world.release_all()
    assert set(world.opening.signed_in) == {member("甲").id}
    assert audited(world).phase is P.CLOSING


def test_one_bidders_two_lots_are_signed_in_for_once_and_confirmed_once() -> None:
    world = reached(P.CONFIRMING, Plan(lots=2))
    assert len(world.opening.bidders()) == 3
    assert len(world.confirm_all().opening.confirmations) == 3
