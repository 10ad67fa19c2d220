"""A tender from its draft to its notice and the amendments of its timeline, and the table of its registry."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from bidroom.bodies import (
    MAYBE_A_LOT,
    ONE_LOT,
    REASON,
    body,
    digest,
    document,
    identifier,
    money,
    name,
    time,
    yes_or_no,
)
from bidroom.crypto.policy import Terms, parse_terms
from bidroom.crypto.timeline import Timeline, parse_timeline
from bidroom.facts import Actor, Claim, Command, Entry, Fact, Refused, Role, StreamKind, instant, nothing
from bidroom.machine import Row, Table
from bidroom.registry import bids, deposits
from bidroom.registry.bids import (
    Upload,
    bid_id_is_new,
    header_is_sealed_to_this_tender,
    header_is_the_commands,
    header_names_the_signers_certificate,
    it_supersedes_the_live_bid,
    that_bid_is_live_and_ones_own,
    upload_is_acceptable_at_the_edge,
    upload_is_complete,
    upload_is_in_time,
)
from bidroom.registry.deposits import (
    deposit_is_new,
    deposit_is_well_formed,
    that_deposit_is_registered,
    that_lot_exists,
)
from bidroom.registry.organizations import a_reason_is_given
from bidroom.rulepacks import RulePack, rule_pack, working_days

CHINA = ZoneInfo("Asia/Shanghai")
NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{2,63}")
SUPPORTED_METHODS = ("joint",)
SAME_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tender:
    """A tender as the registry sees it. Phases: new, draft, submitted, published, extracted, ended."""

    phase: str = "new"
    id: str = ""
    number: str = ""
    owner: str = ""
    terms: Terms | None = None
    timeline: Timeline | None = None
    published_at: datetime | None = None
    deadline: datetime | None = None
    outage: bool = False
    uploads: Mapping[str, Upload] = field(default_factory=nothing)
    last: Mapping[tuple[str, int], str] = field(default_factory=nothing)
    deposits: Mapping[str, bool] = field(default_factory=nothing)

    def in_phase(self, phase: str) -> Tender:
        """The same tender in another phase."""
        return replace(self, phase=phase)

    @property
    def the_terms(self) -> Terms:
        """The terms, once there is a notice."""
        assert self.terms is not None, "no notice yet"
        return self.terms

    @property
    def the_timeline(self) -> Timeline:
        """The timeline in force, once there is a notice."""
        assert self.timeline is not None, "no notice yet"
        return self.timeline

    @property
    def pack(self) -> RulePack:
        """The rules that the terms name."""
        return rule_pack(self.the_terms.rule_pack)

    def last_bid(self, organization: str | None, lot: int | None) -> Upload | None:
        """The last accepted bid of an organization for a lot, live or withdrawn."""
        digest = self.last.get((organization or "", lot or 0))
        return None if digest is None else self.uploads[digest]


# --- guards


def number_and_title_are_given(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """`number` is the tender's number, `title` its name."""
    number, title = command.body["number"], command.body["title"]
    return NUMBER.fullmatch(number) is not None and 0 < len(title.strip()) <= 300


def it_acts_for_an_organization(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """Whoever drafts a tender does it for an organization with a bound certificate."""
    return actor.organization is not None and actor.binding is not None


def terms_are_of_this_tender(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """The terms name this stream and this number."""
    terms = _terms(command)
    return (terms.tender, terms.number) == (state.id, state.number)


def it_is_the_owner_named_in_the_terms(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """Who drafted the tender is its tenderee, or its agent, by the terms."""
    terms = _terms(command)
    return actor.organization in _parties(terms)


def decryption_method_is_supported(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """The method is one that this version opens."""
    return _terms(command).decryption in SUPPORTED_METHODS


def draws_are_not_supported_yet(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """The terms hold no draw: this version makes none."""
    return not _terms(command).draws


def tenderee_holds_its_own_key(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """The holders of the tenderee's slot are the tenderee."""
    terms = _terms(command)
    return all(holder.organization == terms.tenderee.organization for holder in terms.slot("tenderee").holders)


def minimum_is_the_packs_or_more(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """条例 44, 招标投标法 28: no fewer bidders than the law asks."""
    terms = _terms(command)
    return terms.minimum >= rule_pack(terms.rule_pack).minimum


def timeline_is_of_these_terms(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """The timeline names the tender, H(terms), version 1 and nothing before it."""
    terms, timeline = _terms(command), _timeline(command)
    named = (timeline.tender, timeline.terms, timeline.version, timeline.previous)
    return named == (terms.tender, terms.digest.hex(), 1, None)


def deadline_leaves_the_days_that_the_pack_asks(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """招标投标法 24: from the documents' issue to the deadline."""
    pack, timeline = _pack(state, command), _timeline(command)
    return _days_hold(pack, timeline.documents_from, timeline.deadline, pack.documents_to_deadline)


def documents_are_on_sale_long_enough(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """条例 16: how long the documents are to be had."""
    pack, timeline = _pack(state, command), _timeline(command)
    return _days_hold(pack, timeline.documents_from, timeline.documents_to, pack.documents_on_sale)


def documents_are_not_issued_in_the_past(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """Nobody was given documents before there was a notice (a day's leeway for the same day)."""
    return _timeline(command).documents_from >= at - SAME_DAY


def the_notice_is_not_out_of_date(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """It is published before its documents are issued (a day's leeway), or the days that it promises are not kept."""
    return state.the_timeline.documents_from >= at - SAME_DAY


def deadline_is_not_past(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """The deadline in force has not passed; an outage holds one that fell into it."""
    return state.deadline is not None and (at <= state.deadline or state.outage)


def documents_keep_their_day(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """An amendment does not say that documents were issued earlier than they were."""
    return _timeline(command).documents_from >= state.the_timeline.documents_from


def hosts_are_the_tenderee_or_its_agent(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """Either may host, and nobody who could bid."""
    terms = _terms(command) if "terms" in command.body else state.the_terms
    return {host.organization for host in _timeline(command).hosts} <= _parties(terms)


def new_deadline_is_to_come(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """The amended deadline lies ahead, and is not earlier than the one it replaces: receipts name that one."""
    timeline = _timeline(command)
    return timeline.deadline > at and state.deadline is not None and timeline.deadline >= state.deadline


def it_follows_the_timeline_in_force(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """Next version, H(previous), the same tender and terms."""
    timeline, before = _timeline(command), state.the_timeline
    named = (timeline.tender, timeline.terms, timeline.version, timeline.previous)
    return named == (before.tender, before.terms, before.version + 1, before.digest)


def _parties(terms: Terms) -> set[str]:
    return {party.organization for party in (terms.tenderee, terms.agent) if party}


def _bytes(command: Command, field: str) -> bytes:
    try:
        return base64.b64decode(command.body[field], validate=True)
    except (KeyError, TypeError, ValueError, binascii.Error):
        raise Refused("command_malformed", field=field) from None


def _terms(command: Command) -> Terms:
    return parse_terms(_bytes(command, "terms"))


def _timeline(command: Command) -> Timeline:
    return parse_timeline(_bytes(command, "timeline"))


def _pack(state: Tender, command: Command) -> RulePack:
    return rule_pack(_terms(command).rule_pack) if "terms" in command.body else state.pack


def _days_hold(pack: RulePack, start: datetime, end: datetime, least: timedelta) -> bool:
    if not pack.sale_in_working_days:
        return end - start >= least
    day = start.astimezone(CHINA)
    return end > start and working_days((day.weekday() + 1) % 7, (end - start).days) >= least.days


# --- facts


def draft(state: Tender, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """TenderDrafted; the number is taken for ever."""
    body = {"number": command.body["number"], "title": command.body["title"], "owner": actor.organization}
    yield Fact("TenderDrafted", body, (Claim("tender", body["number"]),))


def publish(state: Tender, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """NoticePublished: from here on bids are taken."""
    yield Fact("NoticePublished", {"terms": state.the_terms.digest.hex(), "timeline": state.the_timeline.digest})


def drafted(state: Tender, entry: Entry) -> Tender:
    """TenderDrafted."""
    return replace(state, id=entry.stream, number=entry.body["number"], owner=entry.body["owner"])


def noticed(state: Tender, entry: Entry) -> Tender:
    """NoticeSubmitted."""
    terms = parse_terms(base64.b64decode(entry.body["terms"]))
    return _timed(replace(state, terms=terms), entry)


def _timed(state: Tender, entry: Entry) -> Tender:
    timeline = parse_timeline(base64.b64decode(entry.body["timeline"]))
    return replace(state, timeline=timeline, deadline=timeline.deadline)


def published(state: Tender, entry: Entry) -> Tender:
    """NoticePublished."""
    return replace(state, published_at=entry.time)


def outage_held(state: Tender, entry: Entry) -> Tender:
    """OutageHeld: where it holds the deadline, uploads go on until the recovery names the new one."""
    return replace(state, outage=state.phase == "published")


def recovered(state: Tender, entry: Entry) -> Tender:
    """RecoveryAnnounced."""
    deadline = entry.body["deadline"]
    return replace(state, outage=False, deadline=instant(deadline) if deadline else state.deadline)


def extracted(state: Tender, entry: Entry) -> Tender:
    """BidsExtracted: no more bids."""
    return replace(state, phase="extracted")


def ended(state: Tender, entry: Entry) -> Tender:
    """OpeningClosed, OpeningTerminated."""
    return replace(state, phase="ended")


FOLDS: Mapping[str, Callable[[Tender, Entry], Tender]] = {
    "TenderDrafted": drafted,
    "NoticeSubmitted": noticed,
    "TimelineAmended": _timed,
    "NoticePublished": published,
    "OutageHeld": outage_held,
    "RecoveryAnnounced": recovered,
    "BidsExtracted": extracted,
    "OpeningClosed": ended,
    "OpeningTerminated": ended,
    **bids.FOLDS,
    **deposits.FOLDS,
}


def evolve(state: Tender, entry: Entry) -> Tender:
    """The tender after one more fact."""
    apply = FOLDS.get(entry.type)
    return state if apply is None else apply(state, entry)


def roles_of(state: Tender, actor: Actor) -> frozenset[Role]:
    """Staff have theirs; the organization that drafted is the agent; of the others each may bid, its parties not."""
    if actor.staff or actor.organization is None:
        return actor.staff
    if state.phase == "new" or actor.organization == state.owner:
        return frozenset({Role.AGENT})
    parties = _parties(state.terms) if state.terms else set()
    return frozenset() if actor.organization in parties else frozenset({Role.BIDDER})


PUBLISHED = ("published", "extracted", "ended")
A, B, C = Role.AGENT, Role.BIDDER, Role.CLERK

# fmt: off
TABLE = (
    Row(("new",), "DraftTender", (A,), (number_and_title_are_given, it_acts_for_an_organization),
        "TenderDrafted", "draft", draft, signed="command", takes=body({"number": name, "title": name})),
    Row(("draft",), "SubmitNotice", (A,),
        (terms_are_of_this_tender, it_is_the_owner_named_in_the_terms, decryption_method_is_supported,
         draws_are_not_supported_yet, tenderee_holds_its_own_key, minimum_is_the_packs_or_more,
         timeline_is_of_these_terms, hosts_are_the_tenderee_or_its_agent, documents_are_not_issued_in_the_past,
         deadline_leaves_the_days_that_the_pack_asks, documents_are_on_sale_long_enough),
        "NoticeSubmitted", "submitted", signed="command",
        takes=body({"terms": document, "terms_cms": document, "timeline": document, "timeline_cms": document})),
    Row(("submitted",), "ReturnNotice", (C,), (a_reason_is_given,), "NoticeReturned", "draft", takes=body(REASON)),
    Row(("submitted",), "PublishNotice", (C,), (the_notice_is_not_out_of_date,),
        "NoticePublished", "published", publish),
    Row(("published",), "AmendTimeline", (A,),
        (deadline_is_not_past, it_follows_the_timeline_in_force, hosts_are_the_tenderee_or_its_agent,
         new_deadline_is_to_come, documents_keep_their_day, deadline_leaves_the_days_that_the_pack_asks,
         documents_are_on_sale_long_enough, a_reason_is_given),
        "TimelineAmended", signed="command", takes=body({"timeline": document, "timeline_cms": document, **REASON})),

    Row(PUBLISHED, "RegisterDeposit", (C,), (that_lot_exists, deposit_is_well_formed, deposit_is_new),
        "DepositRegistered", None, deposits.register,
        takes=body({"organization": identifier, "kind": name, "amount": money, "received_at": time,
                    "basic_account": yes_or_no}, lot=ONE_LOT, account=name)),
    Row(PUBLISHED, "VerifyDeposit", (C,), (that_deposit_is_registered,), "DepositVerified",
        takes=body({"deposit": identifier, "verified": yes_or_no})),

    Row(PUBLISHED, "SubmitBid", (B,),
        (upload_is_in_time, upload_is_acceptable_at_the_edge, header_is_sealed_to_this_tender, header_is_the_commands,
         header_names_the_signers_certificate, bid_id_is_new, it_supersedes_the_live_bid, upload_is_complete),
        "BidSubmitted", None, bids.submit, signed="header", also=("UploadRefused",), recalls=bids.upload_of,
        takes=body({"digest": digest}, lot=MAYBE_A_LOT)),
    Row(("published",), "WithdrawBid", (B,), (deadline_is_not_past, that_bid_is_live_and_ones_own),
        "BidWithdrawn", None, bids.withdraw, signed="command", takes=body({"digest": digest}, lot=ONE_LOT)),
)
# fmt: on

TENDERS = Table("tender", StreamKind.TENDER, Tender(), TABLE, evolve, roles_of)
