"""A good attempt at every row of the registry's tables, and for each of their guards one that only this refuses."""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from bidroom.crypto.canonical import canonical, sha256_hex
from bidroom.facts import CENTRE, rfc3339
from tests.attempts import Attempt, Key, attempt
from tests.builders import (
    DAY,
    MICROSECOND,
    MORNING,
    Member,
    Plan,
    World,
    member,
    name_of,
    notice_body,
    published,
    sealed,
    terms_document,
    world,
)

BLANK = " \n "
OTHER = "00" * 32
HOUR = timedelta(hours=1)
PLAN = Plan()


# --- organizations


def holding_of(who: Member) -> dict[str, Any]:
    """What the edge found of a certificate."""
    return {"name": who.name, "uscc": who.uscc, "serial": "01", "digest": who.digest}


def _register() -> Attempt:
    who = member("戊")
    told = {"name": who.name, "uscc": who.uscc, "user": who.user}
    return attempt(world(), "戊", "RegisterOrganization", told, stream=who.id)


def _registered() -> World:
    here, made = world(), _register()
    here.do(made.actor, made.command)
    return here


def _apply(here: World) -> Attempt:
    who = member("戊")
    told = {"user": who.user, "der": base64.b64encode(who.certificate).decode()}
    return attempt(here, "戊", "ApplyForBinding", told, stream=who.id, evidence={"holding": holding_of(who)})


def _applied() -> World:
    here = _registered()
    made = _apply(here)
    here.do(made.actor, made.command)
    return here


def _at_the_window(command: str, here: World, **more: Any) -> Attempt:
    who = member("戊")
    found = {"holding": holding_of(who)}
    return attempt(here, "clerk", command, {"certificate": who.digest, **more}, stream=who.id, evidence=found)


def _bound() -> World:
    here = _applied()
    made = _at_the_window("BindCertificate", here)
    here.do(made.actor, made.command)
    return here


# --- the centre


def _appoint() -> Attempt:
    told = {"user": "wang", "name": "王工", "role": "clerk"}
    return attempt(world(), "operator", "AppointStaff", told, stream=CENTRE)


def _staff_certificate() -> Attempt:
    found = {"holding": {**holding_of(member("clerk")), "uscc": None}}
    return attempt(world(), "operator", "BindStaffCertificate", {"user": "clerk"}, stream=CENTRE, evidence=found)


def _staff_bound() -> World:
    made = _staff_certificate()
    made.world.do(made.actor, made.command)
    return made.world


def _serve_bundle() -> Attempt:
    return attempt(world(), "operator", "ServeBundle", {"digest": OTHER}, stream=CENTRE)


def _served_already() -> Attempt:
    made = _serve_bundle()
    made.world.do(made.actor, made.command)
    return attempt(made.world, "operator", "ServeBundle", {"digest": OTHER}, stream=CENTRE)


def _undo_staff() -> Attempt:
    told = {"certificate": member("clerk").digest, "reason": "调离"}
    return attempt(_staff_bound(), "operator", "UndoStaffBinding", told, stream=CENTRE)


# --- tenders


def _draft() -> Attempt:
    return attempt(world(), "agent", "DraftTender", {"number": PLAN.number, "title": "城东污水处理厂"})


def _drafted() -> World:
    made = _draft()
    made.world.do(made.actor, made.command)
    return made.world


def _submit_notice(terms: Mapping[str, Any] | None = None, /, **timeline: Any) -> Attempt:
    document = terms_document(PLAN, **(terms or {}))
    named = {"terms": sha256_hex(canonical(document)), **timeline}
    return attempt(_drafted(), "agent", "SubmitNotice", notice_body(PLAN, document, **named))


def _submitted() -> World:
    made = _submit_notice()
    made.world.do(made.actor, made.command)
    return made.world


def _amend(reason: str = "应投标人要求", **changes: Any) -> Attempt:
    here = published()
    later = here.tender.the_timeline.deadline + DAY
    body = here.amendment(reason, **{"deadline": rfc3339(later), **changes})
    return attempt(here, "agent", "AmendTimeline", body)


def _documents(start: datetime, end: datetime) -> dict[str, str]:
    return {"from": rfc3339(start), "to": rfc3339(end)}


def _held_by_another() -> Attempt:
    return _submit_notice({"slots": terms_document(replace(PLAN, holder="丁"))["slots"]})


def _committee() -> Attempt:
    bidder, tenderee = terms_document(PLAN)["slots"]
    return _submit_notice({"decryption": "committee", "slots": [bidder, {**tenderee, "name": "committee"}]})


def _host(key: str) -> list[dict[str, str]]:
    return [{"organization": member(key).id, "name": member(key).name}]


def _deposit() -> Attempt:
    here = published()
    told = {"organization": member("甲").id, "kind": "paid", "amount": "800000.00", "basic_account": True}
    return attempt(here, "clerk", "RegisterDeposit", {**told, "received_at": rfc3339(here.clock.at)}, 1)


def _verify() -> Attempt:
    here = published()
    deposit = here.deposit("甲", verified=False)
    return attempt(here, "clerk", "VerifyDeposit", {"deposit": deposit, "verified": True})


def _submit(here: World | None = None) -> Attempt:
    here = here or published()
    return Attempt(here, here.actor("甲"), here.upload("甲"))


def _of_another_tender() -> Attempt:
    here = published()
    return Attempt(here, here.actor("甲"), here.upload_of(sealed(Plan(lots=2), "甲", 1)))


def _superseding_nothing() -> Attempt:
    here = published()
    here.submit("甲")
    return Attempt(here, here.actor("甲"), here.upload_of(sealed(PLAN, "甲", 1, 1, None)))


def _submitted_again() -> Attempt:
    made = _submit()
    return made.after(lambda here: here.do(made.actor, made.command))


def _half_an_upload() -> Attempt:
    made = _submit()
    return made.evidence(parts={"0": made.command.evidence["parts"]["0"]})


def _withdraw() -> Attempt:
    here = published()
    return attempt(here, "甲", "WithdrawBid", {"digest": here.submit("甲")}, 1)


def _late(made: Attempt) -> Attempt:
    return made.at(made.world.tender.the_timeline.deadline + MICROSECOND)


GOOD: Mapping[Key, Callable[[], Attempt]] = {
    ("organization", "RegisterOrganization"): _register,
    ("organization", "ApplyForBinding"): lambda: _apply(_registered()),
    ("organization", "BindCertificate"): lambda: _at_the_window("BindCertificate", _applied()),
    ("organization", "ReturnBinding"): lambda: _at_the_window("ReturnBinding", _applied(), reason="营业执照不清"),
    ("organization", "UndoBinding"): lambda: _at_the_window("UndoBinding", _bound(), reason="证书遗失"),
    ("centre", "AppointStaff"): _appoint,
    ("centre", "BindStaffCertificate"): _staff_certificate,
    ("centre", "UndoStaffBinding"): _undo_staff,
    ("centre", "ServeBundle"): _serve_bundle,
    ("tender", "DraftTender"): _draft,
    ("tender", "SubmitNotice"): _submit_notice,
    ("tender", "ReturnNotice"): lambda: attempt(_submitted(), "clerk", "ReturnNotice", {"reason": "缺附件"}),
    ("tender", "PublishNotice"): lambda: attempt(_submitted(), "clerk", "PublishNotice"),
    ("tender", "AmendTimeline"): _amend,
    ("tender", "RegisterDeposit"): _deposit,
    ("tender", "VerifyDeposit"): _verify,
    ("tender", "SubmitBid"): _submit,
    ("tender", "WithdrawBid"): _withdraw,
}
"""A command that its row takes."""


def good(table: str, command: str) -> Attempt:
    """The good attempt at this command."""
    return GOOD[table, command]()


def saying(table: str, command: str, /, **body: Any) -> Callable[[], Attempt]:
    """The good attempt with another body."""
    return lambda: good(table, command).body(**body)


def _unbound() -> Attempt:
    made = _draft()
    return replace(made, actor=replace(made.actor, binding=None))


def _other_code() -> Attempt:
    return good("organization", "ApplyForBinding").evidence(holding={**holding_of(member("戊")), "uscc": "91"})


def _bound_already() -> Attempt:
    return replace(good("organization", "ApplyForBinding"), world=_bound())


def _another_certificate() -> Attempt:
    return good("organization", "BindCertificate").evidence(holding={**holding_of(member("戊")), "digest": OTHER})


ORG, C, T = "organization", "centre", "tender"

CASES: Mapping[tuple[Key, str], Callable[[], Attempt]] = {
    ((ORG, "RegisterOrganization"), "code_is_valid"): lambda: (made := _register()).body(
        uscc=made.command.body["uscc"].lower()[:17] + "I"
    ),
    ((ORG, "RegisterOrganization"), "name_is_given"): saying(ORG, "RegisterOrganization", name="  "),
    ((ORG, "RegisterOrganization"), "user_name_is_well_formed"): saying(ORG, "RegisterOrganization", user="Wang"),
    ((ORG, "ApplyForBinding"), "certificate_is_checked"): lambda: good(ORG, "ApplyForBinding").evidence(holding=None),
    ((ORG, "ApplyForBinding"), "user_is_known"): saying(ORG, "ApplyForBinding", user="nobody"),
    ((ORG, "ApplyForBinding"), "certificate_is_the_organizations"): _other_code,
    ((ORG, "ApplyForBinding"), "certificate_is_not_bound_here"): _bound_already,
    ((ORG, "BindCertificate"), "an_application_waits"): lambda: _at_the_window("BindCertificate", _bound()),
    ((ORG, "BindCertificate"), "certificate_is_checked"): _another_certificate,
    ((ORG, "ReturnBinding"), "an_application_waits"): lambda: _at_the_window("ReturnBinding", _bound(), reason="不清"),
    ((ORG, "ReturnBinding"), "a_reason_is_given"): saying(ORG, "ReturnBinding", reason=BLANK),
    ((ORG, "UndoBinding"), "that_certificate_is_bound"): lambda: _at_the_window(
        "UndoBinding", _applied(), reason="遗失"
    ),
    ((ORG, "UndoBinding"), "a_reason_is_given"): saying(ORG, "UndoBinding", reason=BLANK),
    ((C, "AppointStaff"), "user_name_is_well_formed"): saying(C, "AppointStaff", user="x"),
    ((C, "AppointStaff"), "name_is_given"): saying(C, "AppointStaff", name=" "),
    ((C, "AppointStaff"), "role_is_a_staff_role"): saying(C, "AppointStaff", role="clock"),
    ((C, "BindStaffCertificate"), "user_is_staff"): saying(C, "BindStaffCertificate", user="nobody"),
    ((C, "BindStaffCertificate"), "certificate_is_checked"): lambda: _staff_certificate().evidence(holding=None),
    ((C, "BindStaffCertificate"), "certificate_is_not_bound_here"): lambda: replace(
        _staff_certificate(), world=_staff_bound()
    ),
    ((C, "UndoStaffBinding"), "that_certificate_is_bound"): saying(C, "UndoStaffBinding", certificate=OTHER),
    ((C, "UndoStaffBinding"), "a_reason_is_given"): saying(C, "UndoStaffBinding", reason=BLANK),
    ((C, "ServeBundle"), "bundle_is_another"): _served_already,
    ((T, "DraftTender"), "number_and_title_are_given"): saying(T, "DraftTender", title=" "),
    ((T, "DraftTender"), "it_acts_for_an_organization"): _unbound,
    ((T, "SubmitNotice"), "terms_are_of_this_tender"): lambda: _submit_notice({"number": "A3301-X"}),
    ((T, "SubmitNotice"), "it_is_the_owner_named_in_the_terms"): lambda: _submit_notice({"agent": None}),
    ((T, "SubmitNotice"), "decryption_method_is_supported"): _committee,
    ((T, "SubmitNotice"), "draws_are_not_supported_yet"): lambda: _submit_notice(
        {"draws": [{"name": "下浮率", "options": ["5.0%", "5.5%"], "lot": 1}]}
    ),
    ((T, "SubmitNotice"), "tenderee_holds_its_own_key"): _held_by_another,
    ((T, "SubmitNotice"), "minimum_is_the_packs_or_more"): lambda: _submit_notice({"minimum": 2}),
    ((T, "SubmitNotice"), "timeline_is_of_these_terms"): lambda: _submit_notice(tender=OTHER[:32]),
    ((T, "SubmitNotice"), "hosts_are_the_tenderee_or_its_agent"): lambda: _submit_notice(hosts=_host("丁")),
    ((T, "SubmitNotice"), "documents_are_not_issued_in_the_past"): lambda: _submit_notice(
        documents=_documents(MORNING - 2 * DAY, MORNING + 6 * DAY)
    ),
    ((T, "SubmitNotice"), "deadline_leaves_the_days_that_the_pack_asks"): lambda: _submit_notice(
        documents=_documents(MORNING + DAY + HOUR, MORNING + 7 * DAY)
    ),
    ((T, "SubmitNotice"), "documents_are_on_sale_long_enough"): lambda: _submit_notice(
        documents=_documents(MORNING, MORNING + 5 * DAY - HOUR)
    ),
    ((T, "ReturnNotice"), "a_reason_is_given"): saying(T, "ReturnNotice", reason=BLANK),
    ((T, "PublishNotice"), "the_notice_is_not_out_of_date"): lambda: good(T, "PublishNotice").at(MORNING + 2 * DAY),
    ((T, "AmendTimeline"), "deadline_is_not_past"): lambda: _late(_amend()),
    ((T, "AmendTimeline"), "it_follows_the_timeline_in_force"): lambda: _amend(version=3),
    ((T, "AmendTimeline"), "hosts_are_the_tenderee_or_its_agent"): lambda: _amend(hosts=_host("甲")),
    ((T, "AmendTimeline"), "new_deadline_is_to_come"): lambda: _amend(deadline=rfc3339(MORNING + 21 * DAY - HOUR)),
    ((T, "AmendTimeline"), "documents_keep_their_day"): lambda: _amend(
        documents=_documents(MORNING - DAY, MORNING + 6 * DAY)
    ),
    ((T, "AmendTimeline"), "deadline_leaves_the_days_that_the_pack_asks"): lambda: _amend(
        documents=_documents(MORNING + 3 * DAY, MORNING + 9 * DAY)
    ),
    ((T, "AmendTimeline"), "documents_are_on_sale_long_enough"): lambda: _amend(
        documents=_documents(MORNING, MORNING + 4 * DAY)
    ),
    ((T, "AmendTimeline"), "a_reason_is_given"): lambda: _amend(BLANK),
    ((T, "RegisterDeposit"), "that_lot_exists"): lambda: _deposit().but(lot=2),
    ((T, "RegisterDeposit"), "deposit_is_well_formed"): saying(T, "RegisterDeposit", kind="promised"),
    ((T, "RegisterDeposit"), "deposit_is_new"): lambda: (made := _deposit()).after(
        lambda here: here.do(here.actor("clerk"), made.command)
    ),
    ((T, "VerifyDeposit"), "that_deposit_is_registered"): saying(T, "VerifyDeposit", deposit=OTHER[:32]),
    ((T, "SubmitBid"), "upload_is_in_time"): lambda: _late(_submit()),
    ((T, "SubmitBid"), "upload_is_acceptable_at_the_edge"): lambda: _submit().evidence(
        refusal={"reason": "certificate_expired", "field": "certificate"}
    ),
    ((T, "SubmitBid"), "header_is_sealed_to_this_tender"): _of_another_tender,
    ((T, "SubmitBid"), "header_is_the_commands"): lambda: _submit().but(id=name_of("another id", 16)),
    ((T, "SubmitBid"), "header_names_the_signers_certificate"): lambda: _submit().by("乙"),
    ((T, "SubmitBid"), "bid_id_is_new"): _submitted_again,
    ((T, "SubmitBid"), "it_supersedes_the_live_bid"): _superseding_nothing,
    ((T, "SubmitBid"), "upload_is_complete"): _half_an_upload,
    ((T, "WithdrawBid"), "deadline_is_not_past"): lambda: _late(_withdraw()),
    ((T, "WithdrawBid"), "that_bid_is_live_and_ones_own"): lambda: _withdraw().by("乙"),
}
"""By row and guard: an attempt that this guard, and no earlier one, refuses."""

SAYS: Mapping[tuple[Key, str], str] = {
    ((T, "SubmitBid"), "upload_is_acceptable_at_the_edge"): "certificate_expired",
    ((T, "SubmitBid"), "header_is_sealed_to_this_tender"): "sealed_to_other_tender",
}
"""Guards that raise what they found, with more than their own name."""
