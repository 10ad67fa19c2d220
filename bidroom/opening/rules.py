"""TABLE: every phase of an opening, every command that moves it, and what each needs. Read it top to bottom."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta

from bidroom.bodies import (
    MAYBE_A_LOT,
    ONE_LOT,
    REASON,
    TEXT,
    body,
    digest,
    digests,
    identifier,
    name,
    number,
    time,
)
from bidroom.facts import Entry, Role, StreamKind
from bidroom.machine import Due, Row, Table
from bidroom.opening import (
    attribution,
    confirmation,
    decryption,
    extraction,
    holders,
    interruptions,
    notice,
    objections,
)
from bidroom.opening.attribution import (
    announce,
    every_failure_is_attributed,
    fault_is_bidder_or_other,
    no_holder_lapsed,
    revise,
    rule,
    some_bid_was_opened,
    that_bid_was_not_opened,
)
from bidroom.opening.confirmation import (
    all_have_answered,
    close,
    confirm,
    it_bid_for_a_live_lot,
    it_names_the_record,
    it_signs_in_a_role_it_has,
    not_answered_yet,
    not_signed_in_that_role,
    open_confirmation,
    refuse,
    the_host_has_signed,
    the_record_is_the_one_shown,
    the_window_is_over_or_all_have_answered,
)
from bidroom.opening.decryption import (
    all_have_released,
    close_release,
    command_decryption,
    every_holder_signed_a_preflight,
    every_lot_under_the_minimum_is_decided,
    extend,
    extension_is_of_a_sound_length,
    failure_names_a_layer,
    it_names_a_checkpoint,
    not_released_yet,
    pieces_match_their_commitments,
    pieces_matched,
    release_share,
    report_failure,
    some_lot_goes_on,
    the_window_is_over_or_all_have_released,
    window_is_the_timelines,
)
from bidroom.opening.extraction import (
    check,
    damage_of,
    deadline_is_past,
    decision_is_to_end_or_go_on,
    every_lot_is_checked,
    every_lot_is_extracted,
    extract,
    going_on_is_allowed,
    it_has_a_live_bid,
    it_holds_a_key,
    lot_is_under_the_minimum,
    not_signed_in_yet,
    preflight_names_only_final_bids,
    rehash_names_only_final_bids,
    sign_in_is_due,
)
from bidroom.opening.guards import (
    a_reason_is_given,
    a_text_is_given,
    every_lot_has_ended,
    every_objection_is_answered,
    it_names_the_final_root,
    it_names_this_command,
    lot_is_live,
    no_outage_is_open,
    roles_of,
    some_lot_is_live,
    that_bid_is_final_and_ones_own,
    the_window_is_open,
    the_window_is_over,
)
from bidroom.opening.holders import (
    every_holder_has_released,
    every_lot_is_opened,
    holders_missing,
    it_covers_every_released_bid,
    lapse,
    open_forms,
    release_holder_shares,
    results_cover_every_released_bid,
    results_of,
    some_holder_is_missing,
    the_slot_is_ones_own,
    the_slot_owes_its_pieces,
)
from bidroom.opening.interruptions import (
    MICROSECOND,
    an_outage_is_open,
    announce_resumption,
    end_lot,
    it_has_no_bid_here,
    it_is_not_a_host_already,
    outage_touches_a_clock,
    recover,
    resume,
    resumption_gives_notice,
    resumption_is_due,
    suspend,
    take_over,
    terminate,
    who_suspended_may_lift,
)
from bidroom.opening.objections import (
    an_upheld_objection_permits_it,
    call_last,
    deposit_state_is_known,
    it_has_a_final_bid,
    last_call_is_over,
    objection_is_new,
    raise_objection,
    ruling_is_known,
    that_objection_is_open,
    the_bidder_bid_for_that_lot,
    the_lot_it_names_exists,
)
from bidroom.opening.state import IN_SESSION, Opening, Phase

P, R = Phase, Role
BEFORE_THE_END = (P.SCHEDULED, P.SIGN_IN, *IN_SESSION)
UNTIL_CLOSE = (P.SIGN_IN, P.EXTRACTED, P.CHECKED, P.DECRYPTING)
WITH_A_RELEASE = (P.DECRYPTING, P.CLOSING, P.ATTRIBUTING)
HOST_OR_SUPERVISOR = (R.HOST, R.SUPERVISOR)
BY_COMMAND = "command"

# fmt: off
# Row(at, on, who, needs (their names are the refusals), fact, to, ...)
TABLE = (
    Row((P.DRAFT,), "PublishNotice", (R.CLERK,), (), "NoticePublished", P.SCHEDULED),
    Row((P.SCHEDULED,), "OpenSignIn", (R.CLOCK,), (sign_in_is_due,), "SignInOpened", P.SIGN_IN),
    Row(UNTIL_CLOSE, "SignIn", (R.BIDDER,), (not_signed_in_yet, it_has_a_live_bid),
        "BidderSignedIn", signed=BY_COMMAND),
    Row((P.SIGN_IN,), "ExtractBids", (R.CLOCK,), (deadline_is_past, no_outage_is_open),
        "BidsExtracted", P.EXTRACTED, extract, every_lot_is_extracted),
    Row((P.EXTRACTED,), "CheckBids", (R.CLOCK,), (some_lot_is_live, rehash_names_only_final_bids),
        "BidsChecked", P.CHECKED, check, every_lot_is_checked, recalls=damage_of),

    Row((P.CHECKED,), "DecideUnderMinimum", (R.HOST,),
        (lot_is_under_the_minimum, decision_is_to_end_or_go_on, going_on_is_allowed, a_reason_is_given),
        "UnderMinimumDecided", signed=BY_COMMAND, takes=body({"decision": name, **REASON}, lot=ONE_LOT)),
    Row((P.CHECKED,), "SignPreflight", (R.TENDEREE,),
        (it_holds_a_key, it_names_the_final_root, preflight_names_only_final_bids),
        "PreflightSigned", signed=BY_COMMAND, takes=body({"root": digest, "bad": digests})),
    Row((P.CHECKED,), "CommandDecryption", (R.HOST,),
        (every_lot_under_the_minimum_is_decided, some_lot_goes_on, every_holder_signed_a_preflight,
         it_names_the_final_root, it_names_a_checkpoint, window_is_the_timelines),
        "DecryptionCommanded", P.DECRYPTING, command_decryption, signed=BY_COMMAND, also=("LotEnded",),
        takes=body({"root": digest, "window": number, "nonce": identifier})),

    Row((P.DECRYPTING,), "ReleaseShare", (R.BIDDER,),
        (it_names_this_command, that_bid_is_final_and_ones_own, not_released_yet, the_window_is_open,
         pieces_match_their_commitments),
        "ShareReleased", None, release_share, signed=BY_COMMAND, recalls=pieces_matched,
        takes=body({"command": digest, "digest": digest}, lot=MAYBE_A_LOT)),
    Row(WITH_A_RELEASE, "ReportReleaseFailure", (R.BIDDER,), (that_bid_is_final_and_ones_own, failure_names_a_layer),
        "ReleaseFailureReported", None, report_failure, signed=BY_COMMAND,
        takes=body({"digest": digest, "layer": name, "serial": name}, lot=MAYBE_A_LOT)),
    Row((P.DECRYPTING, P.CLOSING), "ExtendWindow", (R.HOST,),
        (it_names_this_command, the_window_is_open, extension_is_of_a_sound_length, a_reason_is_given),
        "WindowExtended", None, extend, signed=BY_COMMAND,
        takes=body({"command": digest, "seconds": number, **REASON})),
    Row((P.DECRYPTING,), "CloseRelease", (R.CLOCK,), (the_window_is_over_or_all_have_released, no_outage_is_open),
        "ReleaseClosed", P.CLOSING, close_release),

    Row((P.CLOSING,), "ReleaseHolderShares", (R.TENDEREE,),
        (it_names_this_command, the_slot_is_ones_own, the_slot_owes_its_pieces, it_covers_every_released_bid,
         the_window_is_open, pieces_match_their_commitments),
        "HolderSharesReleased", None, release_holder_shares, signed=BY_COMMAND, recalls=pieces_matched,
        takes=body({"command": digest, "slot": name, "digests": digests})),
    Row((P.CLOSING,), "LapseHolders", (R.CLOCK,), (some_holder_is_missing, the_window_is_over, no_outage_is_open),
        "HoldersLapsed", P.ATTRIBUTING, lapse),
    Row((P.CLOSING,), "OpenBids", (R.CLOCK,),
        (some_lot_is_live, every_holder_has_released, results_cover_every_released_bid),
        "BidFormsOpened", P.ATTRIBUTING, open_forms, every_lot_is_opened, recalls=results_of),

    Row((P.ATTRIBUTING,), "RuleAttribution", (R.HOST,),
        (that_bid_was_not_opened, no_holder_lapsed, fault_is_bidder_or_other, a_reason_is_given),
        "FailureAttributed", None, rule, signed=BY_COMMAND,
        takes=body({"digest": digest, "fault": name, **REASON}, lot=MAYBE_A_LOT)),
    Row((P.ATTRIBUTING,), "AnnounceBids", (R.HOST,), (every_failure_is_attributed, some_bid_was_opened),
        "BidsAnnounced", P.ANNOUNCING, announce, signed=BY_COMMAND, also=("LotEnded",)),
    Row((P.ANNOUNCING,), "CallLast", (R.HOST,), (), "LastCallOpened", P.OBJECTIONS, call_last, signed=BY_COMMAND),

    Row(IN_SESSION, "RaiseObjection", (R.BIDDER,),
        (it_has_a_final_bid, the_lot_it_names_exists, objection_is_new, a_text_is_given),
        "ObjectionRaised", None, raise_objection, signed=BY_COMMAND, takes=body(TEXT, lot=MAYBE_A_LOT)),
    Row(IN_SESSION, "AnswerObjection", (R.HOST,), (that_objection_is_open, ruling_is_known, a_text_is_given),
        "ObjectionAnswered", signed=BY_COMMAND, takes=body({"objection": identifier, "ruling": name, **TEXT})),
    Row(IN_SESSION, "CorrectDeposit", (R.HOST,),
        (an_upheld_objection_permits_it, the_bidder_bid_for_that_lot, deposit_state_is_known, a_reason_is_given),
        "DepositCorrected", signed=BY_COMMAND,
        takes=body({"objection": identifier, "organization": identifier, "state": name, **REASON}, lot=ONE_LOT)),
    Row((P.ANNOUNCING, P.OBJECTIONS, P.CONFIRMING), "ReviseAttribution", (R.HOST,),
        (an_upheld_objection_permits_it, that_bid_was_not_opened, no_holder_lapsed, fault_is_bidder_or_other,
         a_reason_is_given),
        "AttributionRevised", None, revise, signed=BY_COMMAND,
        takes=body({"objection": identifier, "digest": digest, "fault": name, **REASON}, lot=MAYBE_A_LOT)),

    Row((P.OBJECTIONS,), "OpenConfirmation", (R.HOST,),
        (last_call_is_over, no_outage_is_open, every_objection_is_answered, the_record_is_the_one_shown),
        "ConfirmationOpened", P.CONFIRMING, open_confirmation, signed=BY_COMMAND, takes=body({"record": digest})),
    Row((P.CONFIRMING,), "ConfirmRecord", (R.BIDDER,),
        (it_bid_for_a_live_lot, not_answered_yet, it_names_the_record, the_window_is_open),
        "RecordConfirmed", None, confirm, signed=BY_COMMAND, takes=body({"record": digest})),
    Row((P.CONFIRMING,), "RefuseRecord", (R.BIDDER,),
        (it_bid_for_a_live_lot, not_answered_yet, it_names_the_record, the_window_is_open, a_reason_is_given),
        "RecordRefused", None, refuse, signed=BY_COMMAND, takes=body({"record": digest, **REASON})),
    Row((P.CONFIRMING,), "SignRecord", (R.HOST, R.TENDEREE, R.SUPERVISOR),
        (it_names_the_record, it_signs_in_a_role_it_has, not_signed_in_that_role),
        "RecordSigned", signed=BY_COMMAND, takes=body({"record": digest, "as": name})),
    Row((P.CONFIRMING,), "CloseOpening", (R.CLOCK,),
        (some_lot_is_live, the_window_is_over_or_all_have_answered, every_objection_is_answered, the_host_has_signed,
         no_outage_is_open),
        "OpeningClosed", P.CLOSED, close),

    Row(IN_SESSION, "SuspendOpening", HOST_OR_SUPERVISOR, (a_reason_is_given,),
        "OpeningSuspended", P.SUSPENDED, suspend, signed=BY_COMMAND, takes=body(REASON)),
    Row((P.SUSPENDED,), "AnnounceResumption", HOST_OR_SUPERVISOR, (who_suspended_may_lift, resumption_gives_notice),
        "ResumptionAnnounced", None, announce_resumption, signed=BY_COMMAND, takes=body({"at": time})),
    Row((P.SUSPENDED,), "ResumeOpening", (R.CLOCK,), (resumption_is_due,), "OpeningResumed", None, resume),
    Row(IN_SESSION, "EndLot", HOST_OR_SUPERVISOR, (lot_is_live, a_reason_is_given),
        "LotEnded", None, end_lot, signed=BY_COMMAND, takes=body(REASON, lot=ONE_LOT)),
    Row((*IN_SESSION, P.SUSPENDED), "TerminateOpening", HOST_OR_SUPERVISOR, (a_reason_is_given,),
        "OpeningTerminated", P.TERMINATED, terminate, signed=BY_COMMAND, also=("LotEnded",), takes=body(REASON)),
    Row((*IN_SESSION, P.SUSPENDED), "TerminateEndedOpening", (R.CLOCK,), (every_lot_has_ended,),
        "OpeningTerminated", P.TERMINATED, terminate),

    Row(BEFORE_THE_END, "HoldForOutage", (R.CLOCK,), (outage_touches_a_clock,),
        "OutageHeld", takes=body({"from": time, "to": time})),
    Row(BEFORE_THE_END, "AnnounceRecovery", (R.CLERK,), (an_outage_is_open, a_reason_is_given),
        "RecoveryAnnounced", None, recover, signed=BY_COMMAND, takes=body(REASON)),
    Row((P.SIGN_IN, *IN_SESSION, P.SUSPENDED), "TakeOver", (R.DEPUTY,), (a_reason_is_given,),
        "HostReplaced", None, take_over, signed=BY_COMMAND, takes=body(REASON)),
    Row((*IN_SESSION, P.SUSPENDED), "AppointDeputy", (R.CLERK,), (it_is_not_a_host_already, it_has_no_bid_here),
        "DeputyAppointed", signed=BY_COMMAND,
        takes=body({"organization": identifier, "name": name, "uscc": name, "letter": digest})),
    Row((P.SIGN_IN, *IN_SESSION, P.SUSPENDED), "Remind", (R.SUPERVISOR,), (a_text_is_given,), "Reminded",
        takes=body(TEXT)),
)
# fmt: on

FOLDS: Mapping[str, Callable[[Opening, Entry], Opening]] = {
    **notice.FOLDS,
    **extraction.FOLDS,
    **decryption.FOLDS,
    **holders.FOLDS,
    **attribution.FOLDS,
    **objections.FOLDS,
    **confirmation.FOLDS,
    **interruptions.FOLDS,
}


def evolve(state: Opening, entry: Entry) -> Opening:
    """The state after one more fact of the tender's stream, but for the phase, which TABLE moves."""
    apply = FOLDS.get(entry.type)
    return state if apply is None else apply(state, entry)


def due(state: Opening, now: datetime) -> tuple[Due, ...]:
    """What the clock owes this opening at `now`."""
    if state.phase in (*IN_SESSION, P.SUSPENDED) and state.lots and not state.live_lots:
        return (Due("TerminateEndedOpening"),)
    step = DUE.get(state.phase)
    owed = step(state, now) if step else None
    return () if owed is None else (owed,)


def _due_scheduled(state: Opening, now: datetime) -> Due | None:
    return Due("OpenSignIn") if state.timeline and now >= state.timeline.sign_in else None


def _due_sign_in(state: Opening, now: datetime) -> Due | None:
    over = state.outage is None and state.deadline is not None and now > state.deadline
    return Due("ExtractBids") if over else None


def _due_extracted(state: Opening, now: datetime) -> Due | None:
    return Due("CheckBids", job="rehash")


def _due_decrypting(state: Opening, now: datetime) -> Due | None:
    return Due("CloseRelease") if state.outage is None and (_over(state, now) or all_have_released(state)) else None


def _due_closing(state: Opening, now: datetime) -> Due | None:
    if not holders_missing(state):
        return Due("OpenBids", job="open")
    return Due("LapseHolders") if state.outage is None and _over(state, now) else None


def _due_confirming(state: Opening, now: datetime) -> Due | None:
    over = _over(state, now) or all_have_answered(state)
    return Due("CloseOpening") if over and _may_close(state) else None


def _may_close(state: Opening) -> bool:
    answered = all(objection.answered_at for objection in state.objections.values())
    return answered and R.HOST in state.signatures and state.outage is None


def _due_suspended(state: Opening, now: datetime) -> Due | None:
    pause = state.pause
    return Due("ResumeOpening") if pause and pause.resumes_at and now >= pause.resumes_at else None


def _over(state: Opening, now: datetime) -> bool:
    return state.clock is not None and now > state.clock


DUE: Mapping[Phase, Callable[[Opening, datetime], Due | None]] = {
    P.SCHEDULED: _due_scheduled,
    P.SIGN_IN: _due_sign_in,
    P.EXTRACTED: _due_extracted,
    P.DECRYPTING: _due_decrypting,
    P.CLOSING: _due_closing,
    P.CONFIRMING: _due_confirming,
    P.SUSPENDED: _due_suspended,
}


def due_at(state: Opening) -> datetime | None:
    """The first time at which the clock owes something as things stand; now is written as the past, never as None."""
    if due(state, PAST):
        return PAST
    times = (at + wait for at, wait in _to_come(state) if at is not None)
    return min((at for at in times if due(state, at)), default=None)


def _to_come(state: Opening) -> tuple[tuple[datetime | None, timedelta], ...]:
    """The times that a step may wait for, and how long after: a deadline's or a window's last moment belongs to it."""
    return (
        (state.timeline.sign_in if state.timeline else None, timedelta()),
        (state.pause.resumes_at if state.pause else None, timedelta()),
        (state.deadline, MICROSECOND),
        (state.clock, MICROSECOND),
    )


PAST = datetime.fromisoformat("1970-01-01T00:00:00+00:00")

OPENING = Table("opening", StreamKind.TENDER, Opening(), TABLE, evolve, roles_of, due, due_at)
