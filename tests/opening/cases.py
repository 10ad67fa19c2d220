"""A good attempt at every row of the opening's table, and for each of its guards one that only this guard refuses."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta

from bidroom.crypto.canonical import canonical
from bidroom.crypto.policy import parse_terms
from bidroom.facts import rfc3339
from bidroom.opening.state import Phase
from tests.attempts import Attempt, attempt
from tests.builders import MICROSECOND, Plan, World, member, name_of, published, reached, terms_document

P = Phase
MINUTE = timedelta(minutes=1)
OTHER = "00" * 32
BLANK = " \n "
SMALL = Plan(rule_pack="cn-small")


# --- worlds


def over(world: World) -> World:
    """Past the running window, before the clock has noticed."""
    assert world.opening.clock is not None
    world.clock.at = world.opening.clock + MICROSECOND
    return world


def held(world: World) -> World:
    """With an outage that nobody has declared over."""
    return world.alter("opening", outage=(world.clock.at - 20 * MINUTE, world.clock.at))


def extracted() -> World:
    """The bids are extracted and not checked yet."""
    world = reached(P.SIGN_IN)
    assert world.opening.deadline is not None
    world.clock.at = world.opening.deadline + MICROSECOND
    world.give("clock", "ExtractBids")
    return world


def thin(plan: Plan | None = None) -> World:
    """Checked: two bids where three are asked."""
    world = published(plan)
    for key in ("甲", "乙"):
        world.deposit(key)
        world.submit(key)
    return world.past_deadline()


def decided(world: World, decision: str = "end") -> World:
    """The host has decided about lot 1."""
    world.give("agent", "DecideUnderMinimum", {"decision": decision, "reason": "投标人不足三个"}, 1)
    return world


def holding(world: World) -> World:
    """The tenderee's pieces are here, the clock has not noticed."""
    world.give("tenderee", "ReleaseHolderShares", world.hold_body(), evidence={"pieces_match": True})
    return world


def one_missing() -> World:
    """Attributing: 丙 never released."""
    world = reached(P.DECRYPTING).release_all("丙")
    assert world.opening.clock is not None
    return world.until(world.opening.clock + MICROSECOND).open()


def lapsed() -> World:
    """Attributing: the tenderee never released."""
    world = reached(P.CLOSING)
    assert world.opening.clock is not None
    return world.until(world.opening.clock + MICROSECOND)


def none_opened() -> World:
    """Attributing: every file was damaged, and the host has ruled on each."""
    world = reached(P.CLOSING)
    world.failing = {bid.digest: "tag" for bid in world.opening.finals()}
    world.open()
    for bid in world.opening.finals():
        world.give("agent", "RuleAttribution", {"digest": bid.digest, "fault": "other", "reason": "平台存储损坏"})
    return world


def ruled() -> World:
    """Announcing: 丙 never released, the bidder's fault."""
    world = one_missing()
    body = {"digest": world.digest_of("丙"), "fault": "bidder", "reason": "未按时解密"}
    world.give("agent", "RuleAttribution", body)
    return world.announce()


def objected(world: World) -> World:
    """甲 objects to something."""
    world.give("甲", "RaiseObjection", {"text": "第三名投标人资质等级与公告不符"}, id=OBJECTION)
    return world


OBJECTION = name_of("objection", 16)


def upheld(world: World, ruling: str = "upheld") -> World:
    """The host has answered."""
    body = {"objection": OBJECTION, "ruling": ruling, "text": "已核对"}
    objected(world).give("agent", "AnswerObjection", body)
    return world


def called() -> World:
    """The last call is over."""
    return over(reached(P.OBJECTIONS))


def host_signed() -> World:
    """The record carries the host's signature."""
    return reached(P.CONFIRMING).sign("agent", "host")


def suspended(by: str = "agent") -> World:
    """The opening stands still while bidders release."""
    world = reached(P.DECRYPTING)
    world.give(by, "SuspendOpening", {"reason": "网络故障"})
    return world


def resumption(world: World) -> str:
    """A sound time to go on."""
    return rfc3339(world.clock.at + MINUTE)


def ended(world: World) -> World:
    """Lot 1 has ended."""
    world.give("agent", "EndLot", {"reason": "重大变更"}, 1)
    return world


# --- good attempts


def _by_clock(type: str, world: World) -> Attempt:
    due = next(due for due in world.owed() if due.type == type)
    return attempt(world, "clock", type, due.body, due.lot, evidence=world.evidence(due))


def _clock(type: str) -> Callable[[World], Attempt]:
    return lambda world: _by_clock(type, world)


def _open_sign_in() -> Attempt:
    world = published()
    world.clock.at = world.opening.the_timeline.sign_in
    return _by_clock("OpenSignIn", world)


def _extract() -> Attempt:
    world = reached(P.SIGN_IN)
    assert world.opening.deadline is not None
    world.clock.at = world.opening.deadline + MICROSECOND
    return _by_clock("ExtractBids", world)


def _preflight() -> Attempt:
    world = reached(P.CHECKED)
    return attempt(world, "tenderee", "SignPreflight", {"root": world.opening.root, "bad": []})


def _command(world: World) -> Attempt:
    return attempt(world, "agent", "CommandDecryption", world.command_body(), checkpoint=world.checkpoint())


def _release() -> Attempt:
    world = reached(P.DECRYPTING)
    body = {"command": world.opening.command, "digest": world.digest_of("甲")}
    return attempt(world, "甲", "ReleaseShare", body, evidence={"pieces_match": True})


def _report() -> Attempt:
    world = reached(P.DECRYPTING)
    body = {"digest": world.digest_of("甲"), "layer": "key", "serial": "5f"}
    return attempt(world, "甲", "ReportReleaseFailure", body)


def _extend() -> Attempt:
    world = reached(P.DECRYPTING)
    body = {"command": world.opening.command, "seconds": 300, "reason": "网络拥堵"}
    return attempt(world, "agent", "ExtendWindow", body)


def _hold() -> Attempt:
    world = reached(P.CLOSING)
    return attempt(world, "tenderee", "ReleaseHolderShares", world.hold_body(), evidence={"pieces_match": True})


def _rule(world: World) -> Attempt:
    body = {"digest": world.digest_of("丙"), "fault": "bidder", "reason": "未按时解密"}
    return attempt(world, "agent", "RuleAttribution", body)


def _answer() -> Attempt:
    body = {"objection": OBJECTION, "ruling": "rejected", "text": "资质等级与公告一致"}
    return attempt(objected(reached(P.ANNOUNCING)), "agent", "AnswerObjection", body)


def _correct(world: World) -> Attempt:
    told = {"objection": OBJECTION, "organization": member("乙").id, "state": "none", "reason": "保函失效"}
    return attempt(world, "agent", "CorrectDeposit", told, 1)


def _revise(world: World) -> Attempt:
    told = {"objection": OBJECTION, "digest": world.digest_of("丙"), "fault": "other", "reason": "平台网络中断"}
    return attempt(world, "agent", "ReviseAttribution", told)


def _lay_out(world: World) -> Attempt:
    record = name_of("record", 32)
    return attempt(world, "agent", "OpenConfirmation", {"record": record}, evidence={"record": record})


def _confirm() -> Attempt:
    world = reached(P.CONFIRMING)
    return attempt(world, "甲", "ConfirmRecord", {"record": world.opening.record})


def _refuse() -> Attempt:
    world = reached(P.CONFIRMING)
    return attempt(world, "甲", "RefuseRecord", {"record": world.opening.record, "reason": "唱标价格有误"})


def _sign() -> Attempt:
    world = reached(P.CONFIRMING)
    return attempt(world, "agent", "SignRecord", {"record": world.opening.record, "as": "host"})


def _resume(world: World) -> Attempt:
    world.give("agent", "AnnounceResumption", {"at": resumption(world)})
    world.clock.at += MINUTE
    return _by_clock("ResumeOpening", world)


def _outage() -> Attempt:
    world = over(reached(P.DECRYPTING))
    gap = {"from": rfc3339(world.clock.at - 20 * MINUTE), "to": rfc3339(world.clock.at)}
    return attempt(world, "clock", "HoldForOutage", gap)


def _deputy() -> Attempt:
    who = member("丁")
    told = {"organization": who.id, "name": who.name, "uscc": who.uscc, "letter": name_of("letter", 32)}
    return attempt(reached(P.CHECKED), "clerk", "AppointDeputy", told)


WHY: Mapping[str, str] = {"reason": "事出有因"}

GOOD: Mapping[str, Callable[[], Attempt]] = {
    "OpenSignIn": _open_sign_in,
    "SignIn": lambda: attempt(reached(P.SIGN_IN), "甲", "SignIn"),
    "ExtractBids": _extract,
    "CheckBids": lambda: _by_clock("CheckBids", extracted()),
    "DecideUnderMinimum": lambda: attempt(thin(), "agent", "DecideUnderMinimum", {"decision": "end", **WHY}, 1),
    "SignPreflight": _preflight,
    "CommandDecryption": lambda: _command(reached(P.CHECKED).preflight()),
    "ReleaseShare": _release,
    "ReportReleaseFailure": _report,
    "ExtendWindow": _extend,
    "CloseRelease": lambda: _by_clock("CloseRelease", over(reached(P.DECRYPTING))),
    "ReleaseHolderShares": _hold,
    "LapseHolders": lambda: _by_clock("LapseHolders", over(reached(P.CLOSING))),
    "OpenBids": lambda: _by_clock("OpenBids", holding(reached(P.CLOSING))),
    "RuleAttribution": lambda: _rule(one_missing()),
    "AnnounceBids": lambda: attempt(reached(P.ATTRIBUTING), "agent", "AnnounceBids"),
    "CallLast": lambda: attempt(reached(P.ANNOUNCING), "agent", "CallLast"),
    "RaiseObjection": lambda: attempt(reached(P.ANNOUNCING), "甲", "RaiseObjection", {"text": "有异议"}, 1),
    "AnswerObjection": _answer,
    "CorrectDeposit": lambda: _correct(upheld(reached(P.ANNOUNCING))),
    "ReviseAttribution": lambda: _revise(upheld(ruled())),
    "OpenConfirmation": lambda: _lay_out(called()),
    "ConfirmRecord": _confirm,
    "RefuseRecord": _refuse,
    "SignRecord": _sign,
    "CloseOpening": lambda: _by_clock("CloseOpening", over(host_signed())),
    "SuspendOpening": lambda: attempt(reached(P.DECRYPTING), "agent", "SuspendOpening", WHY),
    "AnnounceResumption": lambda: _announce_resumption(suspended()),
    "ResumeOpening": lambda: _resume(suspended()),
    "EndLot": lambda: attempt(reached(P.CHECKED), "agent", "EndLot", WHY, 1),
    "TerminateOpening": lambda: attempt(reached(P.CHECKED), "agent", "TerminateOpening", WHY),
    "TerminateEndedOpening": lambda: _by_clock("TerminateEndedOpening", ended(reached(P.CHECKED))),
    "HoldForOutage": _outage,
    "AnnounceRecovery": lambda: attempt(held(reached(P.DECRYPTING)), "clerk", "AnnounceRecovery", WHY),
    "TakeOver": lambda: attempt(reached(P.CHECKED), "tenderee", "TakeOver", WHY),
    "AppointDeputy": _deputy,
    "Remind": lambda: attempt(reached(P.CHECKED), "supervisor", "Remind", {"text": "请注意时间"}),
}
"""A command that its row takes."""


def _announce_resumption(world: World) -> Attempt:
    return attempt(world, "agent", "AnnounceResumption", {"at": resumption(world)})


# --- what each guard refuses


def good(command: str) -> Attempt:
    """The good attempt at this command."""
    return GOOD[command]()


def in_outage(command: str) -> Callable[[], Attempt]:
    """The good attempt, during an outage."""
    return lambda: replace(made := good(command), world=held(made.world))


def in_place(command: str, world: Callable[[], World]) -> Callable[[], Attempt]:
    """The good attempt's command, given in another world."""
    return lambda: replace(good(command), world=world())


def saying(command: str, /, **body: object) -> Callable[[], Attempt]:
    """The good attempt with another body."""
    return lambda: good(command).body(**body)


def coming_late(command: str) -> Callable[[], Attempt]:
    """The good attempt, after the running window."""
    return lambda: replace(made := good(command), world=over(made.world))


def _without_a_key() -> Attempt:
    agent = member("agent")
    document = terms_document(Plan())
    document["slots"][1]["holders"][0]["organization"] = agent.id
    return good("SignPreflight").state("opening", terms=parse_terms(canonical(document)))


def _deadline_itself() -> Attempt:
    made = good("ExtractBids")
    return made.at(made.world.clock.at - MICROSECOND)


def _before_sign_in() -> Attempt:
    made = good("OpenSignIn")
    return made.at(made.world.clock.at - MICROSECOND)


def _all_bids_of_lot_ended() -> Attempt:
    return attempt(ended(reached(P.CLOSING)), "clock", "OpenBids", evidence={"opened": [], "failures": []})


def _results_but_one() -> Attempt:
    made = good("OpenBids")
    return made.evidence(opened=made.command.evidence["opened"][:-1])


def _revise_a_lapse() -> Attempt:
    made = good("ReviseAttribution")
    digest = made.world.digest_of("丙")
    bids = made.world.opening.bids
    lost = replace(bids[digest], cause="holder_lapsed")
    return made.state("opening", bids={**bids, digest: lost})


def _no_lot_to_close() -> Attempt:
    made = good("CloseOpening")
    lots = made.world.opening.lots
    return made.state("opening", lots={no: replace(lot, ended="host") for no, lot in lots.items()})


def _release_again() -> Attempt:
    return good("ReleaseShare").after(lambda world: world.release("甲"))


def _short_gap() -> Attempt:
    made = good("HoldForOutage")
    return made.body(**{"from": rfc3339(made.world.clock.at - 9 * MINUTE)})


CASES: Mapping[tuple[str, str], Callable[[], Attempt]] = {
    ("OpenSignIn", "sign_in_is_due"): _before_sign_in,
    ("SignIn", "not_signed_in_yet"): lambda: good("SignIn").after(lambda world: world.give("甲", "SignIn")),
    ("SignIn", "it_has_a_live_bid"): lambda: good("SignIn").by("丁"),
    ("ExtractBids", "deadline_is_past"): _deadline_itself,
    ("ExtractBids", "no_outage_is_open"): in_outage("ExtractBids"),
    ("CheckBids", "some_lot_is_live"): lambda: good("CheckBids").after(ended),
    ("CheckBids", "rehash_names_only_final_bids"): lambda: good("CheckBids").evidence(damaged=[OTHER]),
    ("DecideUnderMinimum", "lot_is_under_the_minimum"): in_place("DecideUnderMinimum", lambda: reached(P.CHECKED)),
    ("DecideUnderMinimum", "decision_is_to_end_or_go_on"): saying("DecideUnderMinimum", decision="later"),
    ("DecideUnderMinimum", "going_on_is_allowed"): saying("DecideUnderMinimum", decision="go_on"),
    ("DecideUnderMinimum", "a_reason_is_given"): saying("DecideUnderMinimum", reason=BLANK),
    ("SignPreflight", "it_holds_a_key"): _without_a_key,
    ("SignPreflight", "it_names_the_final_root"): saying("SignPreflight", root=OTHER),
    ("SignPreflight", "preflight_names_only_final_bids"): saying("SignPreflight", bad=[OTHER]),
    ("CommandDecryption", "every_lot_under_the_minimum_is_decided"): lambda: _command(thin().preflight()),
    ("CommandDecryption", "some_lot_goes_on"): lambda: _command(decided(thin()).preflight()),
    ("CommandDecryption", "every_holder_signed_a_preflight"): in_place("CommandDecryption", lambda: reached(P.CHECKED)),
    ("CommandDecryption", "it_names_the_final_root"): saying("CommandDecryption", root=OTHER),
    ("CommandDecryption", "it_names_a_checkpoint"): lambda: good("CommandDecryption").but(checkpoint=None),
    ("CommandDecryption", "window_is_the_timelines"): saying("CommandDecryption", window=601),
    ("ReleaseShare", "it_names_this_command"): saying("ReleaseShare", command=OTHER),
    ("ReleaseShare", "that_bid_is_final_and_ones_own"): lambda: good("ReleaseShare").by("乙"),
    ("ReleaseShare", "not_released_yet"): _release_again,
    ("ReleaseShare", "the_window_is_open"): coming_late("ReleaseShare"),
    ("ReleaseShare", "pieces_match_their_commitments"): lambda: good("ReleaseShare").evidence(pieces_match=False),
    ("ReportReleaseFailure", "that_bid_is_final_and_ones_own"): lambda: good("ReportReleaseFailure").by("乙"),
    ("ReportReleaseFailure", "failure_names_a_layer"): saying("ReportReleaseFailure", layer="weather"),
    ("ExtendWindow", "it_names_this_command"): saying("ExtendWindow", command=OTHER),
    ("ExtendWindow", "the_window_is_open"): coming_late("ExtendWindow"),
    ("ExtendWindow", "extension_is_of_a_sound_length"): saying("ExtendWindow", seconds=24 * 3600 + 1),
    ("ExtendWindow", "a_reason_is_given"): saying("ExtendWindow", reason=BLANK),
    ("CloseRelease", "the_window_is_over_or_all_have_released"): in_place(
        "CloseRelease", lambda: reached(P.DECRYPTING)
    ),
    ("CloseRelease", "no_outage_is_open"): in_outage("CloseRelease"),
    ("ReleaseHolderShares", "it_names_this_command"): saying("ReleaseHolderShares", command=OTHER),
    ("ReleaseHolderShares", "the_slot_is_ones_own"): saying("ReleaseHolderShares", slot="bidder"),
    ("ReleaseHolderShares", "the_slot_owes_its_pieces"): lambda: good("ReleaseHolderShares").after(holding),
    ("ReleaseHolderShares", "it_covers_every_released_bid"): lambda: (made := good("ReleaseHolderShares")).body(
        digests=made.command.body["digests"][:-1]
    ),
    ("ReleaseHolderShares", "the_window_is_open"): coming_late("ReleaseHolderShares"),
    ("ReleaseHolderShares", "pieces_match_their_commitments"): lambda: good("ReleaseHolderShares").evidence(
        pieces_match=False
    ),
    ("LapseHolders", "some_holder_is_missing"): in_place("LapseHolders", lambda: over(holding(reached(P.CLOSING)))),
    ("LapseHolders", "the_window_is_over"): in_place("LapseHolders", lambda: reached(P.CLOSING)),
    ("LapseHolders", "no_outage_is_open"): in_outage("LapseHolders"),
    ("OpenBids", "some_lot_is_live"): _all_bids_of_lot_ended,
    ("OpenBids", "every_holder_has_released"): in_place("OpenBids", lambda: reached(P.CLOSING)),
    ("OpenBids", "results_cover_every_released_bid"): _results_but_one,
    ("RuleAttribution", "that_bid_was_not_opened"): lambda: (made := good("RuleAttribution")).body(
        digest=made.world.digest_of("甲")
    ),
    ("RuleAttribution", "no_holder_lapsed"): lambda: _rule(lapsed()),
    ("RuleAttribution", "fault_is_bidder_or_other"): saying("RuleAttribution", fault="both"),
    ("RuleAttribution", "a_reason_is_given"): saying("RuleAttribution", reason=BLANK),
    ("AnnounceBids", "every_failure_is_attributed"): in_place("AnnounceBids", one_missing),
    ("AnnounceBids", "some_bid_was_opened"): in_place("AnnounceBids", none_opened),
    ("RaiseObjection", "it_has_a_final_bid"): lambda: good("RaiseObjection").by("丁"),
    ("RaiseObjection", "the_lot_it_names_exists"): lambda: good("RaiseObjection").but(lot=2),
    ("RaiseObjection", "objection_is_new"): lambda: good("RaiseObjection").after(objected).by("乙").but(id=OBJECTION),
    ("RaiseObjection", "a_text_is_given"): saying("RaiseObjection", text=BLANK),
    ("AnswerObjection", "that_objection_is_open"): in_place("AnswerObjection", lambda: upheld(reached(P.ANNOUNCING))),
    ("AnswerObjection", "ruling_is_known"): saying("AnswerObjection", ruling="perhaps"),
    ("AnswerObjection", "a_text_is_given"): saying("AnswerObjection", text=BLANK),
    ("CorrectDeposit", "an_upheld_objection_permits_it"): in_place(
        "CorrectDeposit", lambda: upheld(reached(P.ANNOUNCING), "rejected")
    ),
    ("CorrectDeposit", "the_bidder_bid_for_that_lot"): saying("CorrectDeposit", organization=member("丁").id),
    ("CorrectDeposit", "deposit_state_is_known"): saying("CorrectDeposit", state="lost"),
    ("CorrectDeposit", "a_reason_is_given"): saying("CorrectDeposit", reason=BLANK),
    ("ReviseAttribution", "an_upheld_objection_permits_it"): in_place(
        "ReviseAttribution", lambda: upheld(ruled(), "referred")
    ),
    ("ReviseAttribution", "that_bid_was_not_opened"): lambda: (made := good("ReviseAttribution")).body(
        digest=made.world.digest_of("甲")
    ),
    ("ReviseAttribution", "no_holder_lapsed"): _revise_a_lapse,
    ("ReviseAttribution", "fault_is_bidder_or_other"): saying("ReviseAttribution", fault="both"),
    ("ReviseAttribution", "a_reason_is_given"): saying("ReviseAttribution", reason=BLANK),
    ("OpenConfirmation", "last_call_is_over"): in_place("OpenConfirmation", lambda: reached(P.OBJECTIONS)),
    ("OpenConfirmation", "no_outage_is_open"): in_outage("OpenConfirmation"),
    ("OpenConfirmation", "every_objection_is_answered"): lambda: good("OpenConfirmation").after(objected),
    ("OpenConfirmation", "the_record_is_the_one_shown"): saying("OpenConfirmation", record=OTHER),
    ("ConfirmRecord", "it_bid_for_a_live_lot"): lambda: good("ConfirmRecord").by("丁"),
    ("ConfirmRecord", "not_answered_yet"): lambda: (made := good("ConfirmRecord")).after(
        lambda world: world.give("甲", "ConfirmRecord", made.command.body)
    ),
    ("ConfirmRecord", "it_names_the_record"): saying("ConfirmRecord", record=OTHER),
    ("ConfirmRecord", "the_window_is_open"): coming_late("ConfirmRecord"),
    ("RefuseRecord", "it_bid_for_a_live_lot"): lambda: good("RefuseRecord").by("丁"),
    ("RefuseRecord", "not_answered_yet"): lambda: (made := good("RefuseRecord")).after(
        lambda world: world.give("甲", "RefuseRecord", made.command.body)
    ),
    ("RefuseRecord", "it_names_the_record"): saying("RefuseRecord", record=OTHER),
    ("RefuseRecord", "the_window_is_open"): coming_late("RefuseRecord"),
    ("RefuseRecord", "a_reason_is_given"): saying("RefuseRecord", reason=BLANK),
    ("SignRecord", "it_names_the_record"): saying("SignRecord", record=OTHER),
    ("SignRecord", "it_signs_in_a_role_it_has"): saying("SignRecord", **{"as": "supervisor"}),
    ("SignRecord", "not_signed_in_that_role"): lambda: good("SignRecord").after(
        lambda world: world.sign("agent", "host")
    ),
    ("CloseOpening", "some_lot_is_live"): _no_lot_to_close,
    ("CloseOpening", "the_window_is_over_or_all_have_answered"): in_place("CloseOpening", host_signed),
    ("CloseOpening", "every_objection_is_answered"): lambda: good("CloseOpening").after(objected),
    ("CloseOpening", "the_host_has_signed"): in_place("CloseOpening", lambda: over(reached(P.CONFIRMING))),
    ("CloseOpening", "no_outage_is_open"): in_outage("CloseOpening"),
    ("SuspendOpening", "a_reason_is_given"): saying("SuspendOpening", reason=BLANK),
    ("AnnounceResumption", "who_suspended_may_lift"): in_place("AnnounceResumption", lambda: suspended("supervisor")),
    ("AnnounceResumption", "resumption_gives_notice"): lambda: (made := good("AnnounceResumption")).body(
        at=rfc3339(made.world.clock.at - MICROSECOND)
    ),
    ("ResumeOpening", "resumption_is_due"): lambda: (made := good("ResumeOpening")).at(
        made.world.clock.at - 2 * MICROSECOND
    ),
    ("EndLot", "lot_is_live"): lambda: good("EndLot").after(ended),
    ("EndLot", "a_reason_is_given"): saying("EndLot", reason=BLANK),
    ("TerminateOpening", "a_reason_is_given"): saying("TerminateOpening", reason=BLANK),
    ("TerminateEndedOpening", "every_lot_has_ended"): in_place("TerminateEndedOpening", lambda: reached(P.CHECKED)),
    ("HoldForOutage", "outage_touches_a_clock"): _short_gap,
    ("AnnounceRecovery", "an_outage_is_open"): in_place("AnnounceRecovery", lambda: reached(P.DECRYPTING)),
    ("AnnounceRecovery", "a_reason_is_given"): saying("AnnounceRecovery", reason=BLANK),
    ("TakeOver", "a_reason_is_given"): saying("TakeOver", reason=BLANK),
    ("AppointDeputy", "it_is_not_a_host_already"): saying("AppointDeputy", organization=member("agent").id),
    ("AppointDeputy", "it_has_no_bid_here"): saying("AppointDeputy", organization=member("甲").id),
    ("Remind", "a_text_is_given"): saying("Remind", text=BLANK),
}
"""By command and guard: an attempt that this guard, and no earlier one, refuses."""
