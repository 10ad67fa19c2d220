"""A world of plain objects for tests of the rules: people with real certificates, real notices and sealed bids.

`World` drives the tables as the door does, without a door: it decides, writes real entries, folds them, and stands
still in time until it is told to go on. Nothing here verifies a signature: that is the edge's work, not the rules'.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import json
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from stdnum.cn import uscc

from bidroom.crypto import tree
from bidroom.crypto.canonical import canonical, digest_of, sha256_hex
from bidroom.crypto.certificates import spki
from bidroom.crypto.context import content_key, part_key
from bidroom.crypto.envelope import Sealed, parse_header, seal
from bidroom.crypto.policy import Terms, parse_terms
from bidroom.crypto.testca import Key, TestCa
from bidroom.facts import (
    CENTRE,
    CLOCK,
    OPERATOR,
    Actor,
    Claim,
    Command,
    Entry,
    ErasePieces,
    Fact,
    KeepPieces,
    Refused,
    Role,
    Signed,
    rfc3339,
)
from bidroom.machine import Due, State, Table, acting_role, begin, decide, fold, next_look, owed, table_for
from bidroom.opening.decryption import to_open
from bidroom.opening.state import Opening, Phase
from bidroom.registry.tenders import Tender
from bidroom.rules import REFUSAL_FACTS, TABLES
from bidroom.storage.entries import entry_bytes, entry_from, signed_body
from tests.fakes import NOON, FakeClock

Effect = KeepPieces | ErasePieces
STAFF = {"clerk": Role.CLERK, "supervisor": Role.SUPERVISOR, "auditor": Role.AUDITOR}
MICROSECOND = timedelta(microseconds=1)
DAY = timedelta(days=1)


def name_of(label: str, size: int) -> str:
    """`size` bytes of hex that only the label decides."""
    return hashlib.sha256(label.encode()).hexdigest()[: 2 * size]


# --- people


@dataclass(frozen=True)
class Member:
    """One organization: its stream's id, its code, its certificate (DER) with its key."""

    key: str
    id: str
    name: str
    uscc: str
    certificate: bytes
    private: Key

    @property
    def user(self) -> str:
        """The main user's name."""
        return f"user-{self.id[:8]}"

    @property
    def digest(self) -> str:
        """What stands for the certificate everywhere."""
        return sha256_hex(self.certificate)


@cache
def authority() -> TestCa:
    """The one authority of all tests of the rules."""
    return TestCa.create("rules", NOON - 30 * DAY)


@cache
def member(key: str) -> Member:
    """The organization of this key, the same at every call; its certificate names its code."""
    first = "91330000" + f"{int(name_of(key, 4), 16) % 10**9:09d}"
    code = first + uscc.calc_check_digit(first)
    private, certificate = authority().issue_organization(f"{key}公司", code, at=NOON)
    return Member(key, name_of(f"organization {key}", 16), f"{key}公司", code, certificate, private)


# --- the notice


@dataclass(frozen=True)
class Plan:
    """What a tender is like; times count from the world's beginning."""

    lots: int = 1
    rule_pack: str = "cn-mandatory"
    minimum: int = 3
    deposit: str = "800000.00"
    hosts: tuple[str, ...] = ("agent", "tenderee")
    holder: str = "tenderee"
    days: int = 21
    sale: int = 6
    sign_in: timedelta = timedelta(hours=1)
    windows: tuple[int, int, int, int] = (600, 1800, 600, 900)

    @property
    def id(self) -> str:
        """The tender's stream: another one for another plan."""
        return name_of(f"tender {self}", 16)

    @property
    def number(self) -> str:
        """The tender's number."""
        return f"A3301-{self.id[:8]}"


MORNING = NOON + timedelta(hours=1)
"""When documents are issued; a plan's days count from here."""


def terms_document(plan: Plan, **changes: Any) -> dict[str, Any]:
    """The terms of this plan as JSON."""
    tenderee, agent, holder = member("tenderee"), member("agent"), member(plan.holder)
    party = {"organization": tenderee.id, "name": tenderee.name, "uscc": tenderee.uscc}
    key = {"organization": holder.id, "certificate": holder.digest, "key": spki(holder.certificate).hex()}
    lots = [
        {"no": no, "name": f"{no}标段", "control_price": "1000000.00", "currency": "CNY", "deposit": plan.deposit,
         "form": []}
        for no in range(1, plan.lots + 1)
    ]  # fmt: skip
    slots = [{"name": "bidder", "needed": 1, "holders": []}, {"name": "tenderee", "needed": 1, "holders": [key]}]
    return {
        "v": 1, "suite": 1, "tender": plan.id, "number": plan.number, "title": "城东污水处理厂二期扩建工程",
        "rule_pack": plan.rule_pack, "minimum": plan.minimum, "decryption": "joint",
        "tenderee": {**party, "certificate": tenderee.digest},
        "agent": {"organization": agent.id, "name": agent.name, "uscc": agent.uscc},
        "slots": slots, "lots": lots, "draws": [],
    } | changes  # fmt: skip


def timeline_document(plan: Plan, **changes: Any) -> dict[str, Any]:
    """The first timeline of this plan as JSON."""
    deadline = MORNING + plan.days * DAY
    names = ("release", "closing", "last_call", "confirming")
    return {
        "v": 1, "tender": plan.id, "terms": terms_of(plan).digest.hex(), "version": 1, "previous": None,
        "hosts": [{"organization": member(key).id, "name": member(key).name} for key in plan.hosts],
        "documents": {"from": rfc3339(MORNING), "to": rfc3339(MORNING + plan.sale * DAY)},
        "clarifications": rfc3339(MORNING), "sign_in": rfc3339(deadline - plan.sign_in),
        "deadline": rfc3339(deadline), "windows": dict(zip(names, plan.windows, strict=True)),
        "witnesses": [], "quorum": 0,
    } | changes  # fmt: skip


@cache
def terms_of(plan: Plan) -> Terms:
    """The terms of this plan, parsed from their exact bytes."""
    return parse_terms(canonical(terms_document(plan)))


def base64_of(document: Any) -> str:
    """Canonical JSON as a command carries it."""
    return base64.b64encode(canonical(document)).decode()


def notice_body(plan: Plan, terms: Mapping[str, Any] | None = None, /, **timeline: Any) -> dict[str, Any]:
    """The body of SubmitNotice."""
    documents = {"terms": terms or terms_document(plan), "timeline": timeline_document(plan, **timeline)}
    signed = {f"{name}_cms": base64.b64encode(b"checked at the edge").decode() for name in documents}
    return {name: base64_of(document) for name, document in documents.items()} | signed


# --- bids


@cache
def sealed(plan: Plan, key: str, lot: int, number: int = 0, supersedes: str | None = None) -> Sealed:
    """The really sealed bid `number` of one organization for one lot; sealed once, as it never changes."""
    bidder = member(key)
    bid = bytes.fromhex(name_of(f"bid {plan.id} {key} {lot} {number}", 16))
    with tempfile.TemporaryDirectory() as folder:
        return seal(
            terms_of(plan), lot, bidder.certificate, [spki(bidder.certificate)], form_of(key, lot), None, 0,
            Path(folder), supersedes, bid,
        )  # fmt: skip


def form_of(key: str, lot: int) -> bytes:
    """The bid form of one organization for one lot."""
    return canonical({"price": f"{900_000 + 1000 * lot + int(name_of(key, 1), 16)}.00"})


def opened_by(plan: Plan, bid: Sealed, key: str) -> dict[str, Any]:
    """What the opening job finds of a sound bid: K_0 and the form's digest, from its real pieces."""
    header = parse_header(bid.header)
    k0 = part_key(content_key(header.context.digest, bid.pieces), 0)
    return {"lot": header.lot, "digest": bid.digest, "k0": k0.hex(), "form": sha256_hex(form_of(key, header.lot))}


def parts_of(header: bytes) -> dict[str, Any]:
    """What the server holds of a whole upload."""
    return {str(part.id): {"length": part.length, "root": part.root} for part in parse_header(header).parts}


# --- the world


@dataclass
class World:
    """Streams with their states and entries, and a clock. `give` a command, `tick` the clock's own, `until` a time."""

    plan: Plan = field(default_factory=Plan)
    tables: tuple[Table, ...] = TABLES
    clock: FakeClock = field(default_factory=FakeClock)
    states: dict[str, State] = field(default_factory=dict)
    entries: dict[str, list[Entry]] = field(default_factory=dict)
    history: list[tuple[tuple[Entry, ...], tuple[Effect, ...]]] = field(default_factory=list)
    claims: set[Claim] = field(default_factory=set)
    bids: dict[str, tuple[str, Sealed]] = field(default_factory=dict)
    damaged: tuple[str, ...] = ()
    failing: dict[str, str] = field(default_factory=dict)
    acts: int = 0

    def copy(self) -> World:
        """Another world that begins where this one is; states and entries are shared, as they never change."""
        other = copy.copy(self)
        other.clock = FakeClock(self.clock.at)
        other.states, other.bids, other.claims = dict(self.states), dict(self.bids), set(self.claims)
        other.entries = {stream: list(each) for stream, each in self.entries.items()}
        other.history, other.failing = list(self.history), dict(self.failing)
        return other

    # --- reading

    @property
    def tender(self) -> Tender:
        """The tender's part of its stream's state."""
        part: Tender = self._part("tender")
        return part

    @property
    def opening(self) -> Opening:
        """The opening's part of its stream's state."""
        part: Opening = self._part("opening")
        return part

    def _part(self, name: str) -> Any:
        table = next(table for table in self.tables if table.name == name)
        return self.state(self.plan.id, table)[name]

    def state(self, stream: str, table: Table) -> State:
        """The state of a stream, of its table's kind where nothing was written yet."""
        return self.states.get(stream) or begin(self.tables, table.kind)

    @property
    def phase(self) -> Phase:
        """Where the opening is."""
        return self.opening.phase

    @property
    def log(self) -> list[Entry]:
        """The tender's entries."""
        return self.entries.get(self.plan.id, [])

    @property
    def effects(self) -> list[Effect]:
        """What the tender's facts asked to be carried out, in order."""
        return [effect for _, effects in self.history for effect in effects]

    def types(self) -> list[str]:
        """The types of the tender's entries, in order."""
        return [entry.type for entry in self.log]

    def said(self, type: str) -> list[Any]:
        """The bodies of the tender's entries of one type."""
        return [entry.body for entry in self.log if entry.type == type]

    def alter(self, part: str, **changes: Any) -> World:
        """Another world whose state was set by hand: for what no log would lead to."""
        other = self.copy()
        state = other.states[self.plan.id]
        other.states[self.plan.id] = MappingProxyType({**state, part: replace(state[part], **changes)})
        return other

    def digest_of(self, key: str, lot: int = 1) -> str:
        """The live bid of one organization for one lot."""
        bid = self.opening.live_bid(member(key).id, lot)
        assert bid is not None, f"{key} has no live bid for lot {lot}"
        return bid.digest

    # --- who

    def actor(self, key: str) -> Actor:
        """Somebody, with the binding entry that makes the act valid; unbound where nothing was bound."""
        if key == "clock":
            return CLOCK
        if key == "operator":
            return OPERATOR
        if key in STAFF:
            return Actor(user=key, staff=frozenset({STAFF[key]}), certificate=name_of(f"certificate {key}", 32))
        who = member(key)
        state = self.states.get(who.id)
        binding = state["organization"].bindings.get(who.digest) if state else None
        return Actor(who.id, who.user, certificate=who.digest, binding=binding.entry if binding else None)

    # --- commands

    def command(
        self, type: str, body: Mapping[str, Any] | None = None, lot: int | None = None, *, stream: str | None = None,
        evidence: Mapping[str, Any] | None = None, secret: Mapping[str, Any] | None = None,
        checkpoint: Mapping[str, Any] | None = None, signed: str | None = "", id: str | None = None,
    ) -> Command:  # fmt: skip
        """A command with its exact bytes; signed as its row asks, unless `signed` says otherwise."""
        stream, id = stream or self.plan.id, id or name_of(f"act {self.acts} {type} {lot}", 16)
        kind = next((row.signed for table in self.tables for row in table.rows_on(type)), None)
        told = {"v": 1, "id": id, "stream": stream, "type": type, "lot": lot, "checkpoint": checkpoint}
        data = canonical({**told, "body": dict(body or {})})
        kind = kind if signed == "" else signed
        return Command(
            id=id, stream=stream, type=type, body=dict(body or {}), lot=lot, checkpoint=checkpoint,
            digest=digest_of("command", data), signed=Signed(kind, data, b"checked at the edge") if kind else None,
            evidence={"nonce": name_of(f"nonce {self.acts}", 16), **(evidence or {})}, secret=secret or {},
        )  # fmt: skip

    def give(self, who: str, type: str, body: Mapping[str, Any] | None = None, lot: int | None = None, **more: Any) -> (
        tuple[Entry, ...]
    ):  # fmt: skip
        """Let somebody give a command now; its entries. Refused changes nothing."""
        return self.do(self.actor(who), self.command(type, body, lot, **more))

    def do(self, actor: Actor, command: Command) -> tuple[Entry, ...]:
        """Decide, write and fold, as the door does; time goes on by a microsecond, as no two stamps are equal."""
        at = self.clock.at
        state = self.state(command.stream, table_for(self.tables, command.type))
        facts = decide(self.tables, state, command, actor, at)
        role = acting_role(self.tables, state, command, actor)
        claims = [claim for fact in facts for claim in fact.claims]
        if self.claims & set(claims):
            raise Refused("already_claimed")
        fresh = self._write(command, facts, actor.acting_as(role), at, state)
        self.claims.update(claims)
        return fresh

    def _write(
        self, command: Command, facts: tuple[Fact, ...], actor: Actor, at: datetime, state: State
    ) -> tuple[Entry, ...]:
        held = self.entries.setdefault(command.stream, [])
        signed, fresh = signed_body(command, facts), []
        for fact in facts:
            entry = entry_from(entry_bytes(fact, command, actor, at, len(held), signed))
            state = fold(self.tables, state, entry)
            held.append(entry)
            fresh.append(entry)
        self.states[command.stream] = state
        if command.stream == self.plan.id:
            self.history.append((tuple(fresh), tuple(effect for fact in facts for effect in fact.effects)))
        self.clock.at += MICROSECOND
        self.acts += 1
        return tuple(fresh)

    # --- the clock

    def owed(self) -> tuple[Due, ...]:
        """What the clock owes the tender now."""
        return owed(self.tables, self.states[self.plan.id], self.clock.at)

    def step(self, due: Due) -> tuple[Entry, ...]:
        """One step of the clock, with what its heavy work finds."""
        return self.do(CLOCK, self.command(due.type, due.body, due.lot, evidence=self.evidence(due)))

    def evidence(self, due: Due) -> Mapping[str, Any]:
        """What the heavy work of a step finds: `damaged` files, `failing` bids by layer, the others open."""
        if due.job == "rehash":
            return {"damaged": sorted(set(self.damaged) & {bid.digest for bid in self.opening.finals()})}
        if due.job != "open":
            return {}
        bids = to_open(self.opening)
        failures = [
            {"lot": bid.lot, "digest": bid.digest, "layer": self.failing[bid.digest], "at": None}
            for bid in bids if bid.digest in self.failing
        ]  # fmt: skip
        sound = (self.bids[bid.digest] for bid in bids if bid.digest not in self.failing)
        return {"opened": [opened_by(self.plan, bid, key) for key, bid in sound], "failures": failures}

    def tick(self) -> World:
        """Everything that the clock owes now, and what that makes it owe."""
        for _ in range(20):
            steps = self.owed()
            if not steps:
                return self
            for due in steps:
                self.step(due)
        raise AssertionError(f"the clock never comes to rest: {self.owed()}")

    def until(self, at: datetime) -> World:
        """Go on to a time (never back), doing what falls due on the way."""
        self.tick()
        while (look := next_look(self.tables, self.states[self.plan.id])) is not None and look <= at:
            self.clock.at = max(self.clock.at, look)
            self.tick()
        self.clock.at = max(self.clock.at, at)
        return self.tick()

    def go(self, **by: float) -> World:
        """Go on by hours=, minutes=, seconds=."""
        return self.until(self.clock.at + timedelta(**by))

    # --- registry

    def register(self, *keys: str) -> World:
        """Organizations with a main user and a bound certificate."""
        for key in keys:
            who = member(key)
            user = {"user": who.user}
            holding = {"holding": {"name": who.name, "uscc": who.uscc, "serial": "01", "digest": who.digest}}
            self.give(key, "RegisterOrganization", {"name": who.name, "uscc": who.uscc, **user}, stream=who.id)
            der = base64.b64encode(who.certificate).decode()
            self.give(key, "ApplyForBinding", {**user, "der": der}, evidence=holding, stream=who.id)
            self.give("clerk", "BindCertificate", {"certificate": who.digest}, evidence=holding, stream=who.id)
        return self

    def appoint(self) -> World:
        """The staff of the centre."""
        for key, role in STAFF.items():
            self.give("operator", "AppointStaff", {"user": key, "name": key, "role": str(role)}, stream=CENTRE)
        return self

    def notice(self) -> World:
        """Draft, notice and publication."""
        self.give("agent", "DraftTender", {"number": self.plan.number, "title": "城东污水处理厂二期扩建工程"})
        self.give("agent", "SubmitNotice", notice_body(self.plan))
        self.give("clerk", "PublishNotice")
        return self

    def amend(self, who: str = "agent", reason: str = "应投标人要求", **changes: Any) -> World:
        """Another timeline, which follows the one in force."""
        self.give(who, "AmendTimeline", self.amendment(reason, **changes))
        return self

    def amendment(self, reason: str = "应投标人要求", **changes: Any) -> dict[str, Any]:
        """The body of AmendTimeline."""
        before = self.tender.the_timeline
        follows = {"version": before.version + 1, "previous": before.digest}
        document = json.loads(before.data) | follows | changes
        return {"timeline": base64_of(document), "timeline_cms": "AA==", "reason": reason}

    def deposit(self, key: str, lot: int = 1, amount: str | None = None, verified: bool = True, **more: Any) -> str:
        """Money for one organization and lot; the deposit's id."""
        told = {"organization": member(key).id, "kind": "paid", "amount": amount or self.plan.deposit}
        body = {**told, "received_at": rfc3339(self.clock.at), "basic_account": True, **more}
        (entry,) = self.give("clerk", "RegisterDeposit", body, lot, evidence={"account": name_of(f"account {key}", 32)})
        deposit = str(entry.body["deposit"])
        if verified:
            self.give("clerk", "VerifyDeposit", {"deposit": deposit, "verified": True})
        return deposit

    def upload(self, key: str, lot: int = 1, number: int = 0) -> Command:
        """The command that a whole upload is; it supersedes what the organization has here."""
        before = self.tender.last_bid(member(key).id, lot)
        bid = sealed(self.plan, key, lot, number, before.digest if before else None)
        self.bids[bid.digest] = (key, bid)
        return self.upload_of(bid)

    def upload_of(self, bid: Sealed, **evidence: Any) -> Command:
        """The command with which this sealed bid comes in."""
        header = parse_header(bid.header)
        found = {"parts": parts_of(bid.header), **evidence}
        blank = self.command("SubmitBid", {"digest": bid.digest}, header.lot, evidence=found, id=header.bid)
        return replace(
            blank, signed=Signed("header", bid.header, b"checked at the edge"), digest=digest_of("header", bid.header)
        )

    def submit(self, key: str, lot: int = 1, number: int = 0) -> str:
        """A sealed bid; its digest."""
        (entry,) = self.do(self.actor(key), self.upload(key, lot, number))
        return str(entry.body["digest"])

    def refuse_upload(self, key: str, command: Command) -> Refused:
        """An upload that must be refused: the refusal, whose fact is written as the door writes it."""
        actor, state = self.actor(key), self.states[self.plan.id]
        try:
            self.do(actor, command)
        except Refused as refused:
            fact = REFUSAL_FACTS["SubmitBid"](state, command, actor, refused)
            assert fact is not None
            self._write(command, (fact,), actor.acting_as(Role.BIDDER), self.clock.at, state)
            return refused
        raise AssertionError("the upload was accepted")

    # --- the opening

    def to_sign_in(self) -> World:
        """Until sign-in opens."""
        return self.until(self.opening.the_timeline.sign_in)

    def past_deadline(self) -> World:
        """Until the bids are extracted and checked."""
        assert self.opening.deadline is not None
        return self.until(self.opening.deadline + MICROSECOND)

    def preflight(self, bad: Iterable[str] = ()) -> World:
        """The tenderee tries its stanzas."""
        self.give("tenderee", "SignPreflight", {"root": self.opening.root, "bad": sorted(bad)})
        return self

    def command_body(self) -> dict[str, Any]:
        """The body of CommandDecryption."""
        window = int(self.opening.the_timeline.windows.release.total_seconds())
        return {"root": self.opening.root, "window": window, "nonce": name_of("nonce", 16)}

    def checkpoint(self) -> dict[str, Any]:
        """The log as it stands."""
        return {"size": len(self.log), "root": tree.root(tree.leaf_hash(entry.data) for entry in self.log).hex()}

    def decrypt(self, host: str = "agent") -> World:
        """The host gives the command."""
        self.give(host, "CommandDecryption", self.command_body(), checkpoint=self.checkpoint())
        return self

    def release(self, key: str, lot: int = 1, pieces_match: bool = True) -> World:
        """A bidder's key."""
        digest = self.digest_of(key, lot)
        body = {"command": self.opening.command, "digest": digest}
        pieces = {"pieces": {digest: {0: self.bids[digest][1].pieces[0]}}}
        self.give(key, "ReleaseShare", body, evidence={"pieces_match": pieces_match}, secret=pieces)
        return self

    def release_all(self, *but: str) -> World:
        """Every bidder's key for every live lot but those of `but`; the clock then closes what is complete."""
        for bid in self.opening.finals():
            key = self.bids[bid.digest][0]
            if key not in but and bid.released_at is None:
                self.release(key, bid.lot)
        return self.tick()

    def hold_body(self) -> dict[str, Any]:
        """The body of ReleaseHolderShares."""
        digests = [bid.digest for bid in to_open(self.opening)]
        return {"command": self.opening.command, "slot": "tenderee", "digests": digests}

    def open(self) -> World:
        """The tenderee's pieces; the clock then opens the forms."""
        body = self.hold_body()
        pieces = {"pieces": {digest: {1: self.bids[digest][1].pieces[1]} for digest in body["digests"]}}
        self.give("tenderee", "ReleaseHolderShares", body, evidence={"pieces_match": True}, secret=pieces)
        return self.tick()

    def announce(self, host: str = "agent") -> World:
        """All forms at once."""
        self.give(host, "AnnounceBids")
        return self

    def last_call(self, host: str = "agent") -> World:
        """The last call, until it is over."""
        self.give(host, "CallLast")
        assert self.opening.clock is not None
        return self.until(self.opening.clock + MICROSECOND)

    def lay_out(self, host: str = "agent") -> World:
        """The minutes are laid before everyone."""
        record = name_of("record", 32)
        self.give(host, "OpenConfirmation", {"record": record}, evidence={"record": record})
        return self

    def sign(self, key: str, role: str) -> World:
        """The record, signed in a role."""
        self.give(key, "SignRecord", {"record": self.opening.record, "as": role})
        return self

    def confirm_all(self) -> World:
        """Every bidder, host, tenderee and supervisor; the clock then closes."""
        for organization in self.opening.bidders():
            key = next(key for key, _ in self.bids.values() if member(key).id == organization)
            self.give(key, "ConfirmRecord", {"record": self.opening.record})
        self.sign("agent", "host").sign("tenderee", "tenderee").sign("supervisor", "supervisor")
        return self.tick()


BIDDERS = ("甲", "乙", "丙")


@cache
def _registered() -> World:
    return World().register("tenderee", "agent", *BIDDERS, "丁").appoint()


def world(plan: Plan | None = None) -> World:
    """Everybody is registered, nothing else has happened."""
    fresh = _registered().copy()
    fresh.plan = plan or Plan()
    return fresh


@cache
def _published(plan: Plan) -> World:
    return world(plan).notice()


def published(plan: Plan | None = None) -> World:
    """A tender whose notice is published; no bid yet."""
    return _published(plan or Plan()).copy()


@cache
def _reached(phase: Phase, plan: Plan) -> World:
    here = published(plan)
    for lot in range(1, plan.lots + 1):
        for key in BIDDERS:
            here.deposit(key, lot)
            here.submit(key, lot)
    for step in STEPS:
        if here.phase is phase:
            return here
        step(here)
    assert here.phase is phase, f"{phase} is not on the straight way"
    return here


def reached(phase: Phase, plan: Plan | None = None) -> World:
    """Three bidders in each lot, with their deposits, on the straight way to this phase (extracted is not stopped at).

    Confirming: laid out, nobody has answered.
    """
    return _reached(phase, plan or Plan()).copy()


STEPS = (
    World.to_sign_in,
    World.past_deadline,
    World.preflight,
    World.decrypt,
    World.release_all,
    World.open,
    World.announce,
    lambda here: here.give("agent", "CallLast"),
    lambda here: here.until(here.opening.clock + MICROSECOND).lay_out(),
    World.confirm_all,
)
"""The straight way from the notice to the end."""
