"""Ruling, announcing, objecting, correcting, confirming, closing."""

from __future__ import annotations

from datetime import timedelta

from bidroom.opening.notice import deposit_state
from bidroom.opening.record import outcome
from bidroom.opening.state import Phase
from tests.attempts import attempt
from tests.builders import MICROSECOND, Plan, member, name_of, reached
from tests.opening.audited import audited
from tests.opening.cases import OBJECTION, called, none_opened, objected, one_missing, over, ruled, upheld

P = Phase
MINUTE = timedelta(minutes=1)


def test_a_bidders_fault_revokes_and_anothers_withdraws() -> None:
    for fault, becomes in (("bidder", "revoked"), ("other", "withdrawn")):
        world = one_missing()
        body = {"digest": world.digest_of("丙"), "fault": fault, "reason": "查明"}
        world.give("agent", "RuleAttribution", body)
        world.announce()
        assert outcome(world.opening, world.opening.bids[world.digest_of("丙")]) == becomes
        assert audited(world).phase is P.ANNOUNCING


def test_a_ruling_is_replaced_until_the_announcement() -> None:
    world = one_missing()
    for fault in ("bidder", "other"):
        world.give("agent", "RuleAttribution", {"digest": world.digest_of("丙"), "fault": fault, "reason": "查明"})
    assert world.opening.bids[world.digest_of("丙")].fault == "other"
    assert attempt(world.announce(), "agent", "RuleAttribution", world.said("FailureAttributed")[0]).reason() == (
        "command_not_allowed_in_this_phase"
    )


def test_a_lot_in_which_nothing_opened_ends_with_the_announcement() -> None:
    world = reached(P.CLOSING, Plan(lots=2))
    world.failing = {bid.digest: "tag" for bid in world.opening.finals(2)}
    world.open()
    for bid in world.opening.finals(2):
        world.give("agent", "RuleAttribution", {"digest": bid.digest, "fault": "other", "reason": "平台存储损坏"})
    world.announce()
    assert world.said("LotEnded") == [{"lot": 2, "reason": "none_opened", "because": None}]
    assert world.said("BidsAnnounced") == [{"lots": [1]}]
    assert {outcome(world.opening, bid) for bid in world.opening.finals(2)} == {"withdrawn"}
    assert audited(world.last_call().lay_out().confirm_all()).phase is P.CLOSED


def test_nothing_opened_anywhere_is_the_end() -> None:
    world = none_opened()
    world.give("agent", "TerminateOpening", {"reason": "无一开启"})
    assert world.said("LotEnded")[0]["reason"] == "none_opened"
    assert audited(world).phase is P.TERMINATED


def test_objections_are_raised_from_the_check_to_the_confirmation() -> None:
    for phase in (P.CHECKED, P.DECRYPTING, P.CLOSING, P.ATTRIBUTING, P.ANNOUNCING, P.OBJECTIONS, P.CONFIRMING):
        assert audited(objected(reached(phase))).opening.objections[OBJECTION].answered_at is None
    for phase in (P.SCHEDULED, P.SIGN_IN, P.CLOSED):
        made = attempt(reached(phase), "甲", "RaiseObjection", {"text": "有异议"})
        assert made.reason() == "command_not_allowed_in_this_phase"


def test_the_opening_waits_for_the_answer() -> None:
    world = over(reached(P.CONFIRMING).sign("agent", "host"))
    objected(world)
    assert world.owed() == ()
    world.give("agent", "AnswerObjection", {"objection": OBJECTION, "ruling": "referred", "text": "另行答复"})
    assert audited(world.tick()).phase is P.CLOSED


def test_an_upheld_objection_corrects_a_deposit_and_the_count() -> None:
    world = upheld(reached(P.CHECKED))
    told = {"objection": OBJECTION, "organization": member("乙").id, "state": "none", "reason": "保函系伪造"}
    world.give("agent", "CorrectDeposit", told, 1)
    assert deposit_state(world.opening, member("乙").id, 1) == "none"
    assert world.opening.lots[1].deposits == 2
    world.preflight()
    made = attempt(world, "agent", "CommandDecryption", world.command_body(), checkpoint=world.checkpoint())
    assert made.reason() == "every_lot_under_the_minimum_is_decided"
    audited(world)


def test_a_correction_before_the_check_waits_for_it() -> None:
    world = reached(P.SIGN_IN)
    assert world.opening.deadline is not None
    world.clock.at = world.opening.deadline + MICROSECOND
    world.give("clock", "ExtractBids")
    upheld(world)
    told = {"objection": OBJECTION, "organization": member("乙").id, "state": "none", "reason": "保函系伪造"}
    world.give("agent", "CorrectDeposit", told, 1)
    assert audited(world.tick()).opening.lots[1].deposits == 2


def test_an_upheld_objection_revises_an_attribution_but_opens_nothing() -> None:
    world = upheld(ruled())
    told = {"objection": OBJECTION, "digest": world.digest_of("丙"), "fault": "other", "reason": "平台网络中断"}
    world.give("agent", "ReviseAttribution", told)
    assert outcome(world.opening, world.opening.bids[world.digest_of("丙")]) == "withdrawn"
    release = {"command": world.opening.command, "digest": world.digest_of("丙")}
    made = attempt(world, "丙", "ReleaseShare", release, evidence={"pieces_match": True})
    assert made.reason() == "command_not_allowed_in_this_phase"
    (said,) = audited(world).said("AttributionRevised")
    assert (said["lot"], said["cause"], said["objection"]) == (1, "not_released", OBJECTION)


def test_some_confirm_one_refuses_one_is_silent() -> None:
    world = reached(P.CONFIRMING).sign("agent", "host")
    record = {"record": world.opening.record}
    world.give("甲", "ConfirmRecord", record)
    world.give("乙", "RefuseRecord", {**record, "reason": "唱标价格有误"})
    over(world).tick()
    assert world.opening.confirmations == {
        member("甲").id: ("signed", None), member("乙").id: ("refused", "唱标价格有误"),
        member("丙").id: ("silent", None),
    }  # fmt: skip
    (closed,) = audited(world).said("OpeningClosed")
    assert (closed["silent"], closed["unsigned"]) == ([member("丙").id], ["tenderee", "supervisor"])


def test_the_last_signature_closes_without_waiting() -> None:
    world = reached(P.CONFIRMING)
    before = world.opening.clock
    assert before is not None
    assert audited(world.confirm_all()).phase is P.CLOSED
    assert world.clock.at < before


def test_the_hosts_signature_is_waited_for_and_a_deputys_will_do() -> None:
    world = over(reached(P.CONFIRMING)).tick()
    assert world.phase is P.CONFIRMING
    world.give("tenderee", "TakeOver", {"reason": "主持人失联"})
    assert attempt(world, "agent", "SignRecord", {"record": world.opening.record, "as": "host"}).reason() in (
        "not_your_role", "it_signs_in_a_role_it_has",
    )  # fmt: skip
    world.sign("tenderee", "host").tick()
    assert audited(world).phase is P.CLOSED
    assert world.said("OpeningClosed")[0]["unsigned"] == ["tenderee", "supervisor"]


def test_the_record_that_was_shown_is_the_one_that_is_signed() -> None:
    world = called()
    made = attempt(world, "agent", "OpenConfirmation", {"record": name_of("an older record", 32)})
    assert made.evidence(record=name_of("record", 32)).reason() == "the_record_is_the_one_shown"
    assert made.evidence(record=None).reason() == "the_record_is_the_one_shown"


def test_nothing_is_taken_after_the_close() -> None:
    world = reached(P.CLOSED)
    for who, type, body in (
        ("agent", "TerminateOpening", {"reason": "反悔"}), ("supervisor", "SuspendOpening", {"reason": "反悔"}),
        ("甲", "RefuseRecord", {"record": world.opening.record, "reason": "反悔"}),
        ("tenderee", "TakeOver", {"reason": "反悔"}),
    ):  # fmt: skip
        assert attempt(world, who, type, body).reason() == "command_not_allowed_in_this_phase"
    assert world.owed() == ()
