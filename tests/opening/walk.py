"""Anybody does anything at any time: steps by chance, most of them to the point, and what must hold after each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from functools import partial
from random import Random
from typing import Any

import pytest

from bidroom.facts import Command, Refused, StreamKind, rfc3339
from bidroom.machine import Due, begin, decide, fold, shape_of
from bidroom.opening.decryption import to_open
from bidroom.opening.rules import OPENING, PAST, due, due_at
from bidroom.opening.state import Opening, Phase
from bidroom.registry.tenders import TENDERS
from bidroom.replay import replay
from bidroom.rules import TABLES
from tests.builders import BIDDERS, MICROSECOND, Plan, World, member, name_of, published, reached, sealed
from tests.opening import cases
from tests.opening.invariants import Chronicle

PEOPLE = ("agent", "tenderee", *BIDDERS, "丁", "clerk", "supervisor", "auditor", "clock")
COMMANDS = tuple(sorted({row.on for row in (*OPENING.rows, *TENDERS.rows)}))
PLANS = (Plan(), Plan(lots=2), Plan(lots=2, rule_pack="cn-small"))
STARTS: tuple[Callable[[Plan], World], ...] = tuple(
    partial(reached, phase)
    for phase in (
        Phase.SCHEDULED, Phase.SIGN_IN, Phase.CHECKED, Phase.DECRYPTING, Phase.CLOSING, Phase.ATTRIBUTING,
        Phase.ANNOUNCING, Phase.OBJECTIONS, Phase.CONFIRMING,
    )
)  # fmt: skip
TROUBLES: tuple[Callable[[], World], ...] = (
    cases.thin, lambda: cases.thin(cases.SMALL), cases.one_missing, cases.lapsed, cases.ruled, cases.suspended,
    lambda: cases.upheld(cases.ruled()), lambda: cases.suspended("supervisor"), published,
)  # fmt: skip
FAR = datetime.fromisoformat("2999-01-01T00:00:00+00:00")
OTHER = "00" * 32
WHO_DOES: Mapping[str, tuple[str, ...]] = {
    "bidder": BIDDERS, "host": ("agent", "tenderee"), "deputy": ("tenderee", "agent"), "agent": ("agent",),
}  # fmt: skip
RIGHT_AT = (0, 1, 31, 61)
WRONG_AT = (-300, -1, 5)


def right(world: World, who: str, type: str, name: str) -> list[Any]:
    """Values for one member of a body that may well be right; empty where there can be none now."""
    opening, now = world.opening, world.clock.at
    mine = [bid.digest for bid in opening.finals() if bid.organization == member_of(who)]
    failed = [bid.digest for bid in opening.finals() if not bid.opened]
    waiting = [each.id for each in opening.objections.values() if each.answered_at is None]
    upheld = [each.id for each in opening.objections.values() if each.ruling == "upheld"]
    roles = {"supervisor": ["supervisor"], "tenderee": ["tenderee"]}
    values: dict[str, list[Any]] = {
        "digest": mine if who in BIDDERS else failed,
        "digests": [[bid.digest for bid in to_open(opening)]],
        "bad": [[], [bid.digest for bid in opening.finals()][:1]],
        "command": [opening.command],
        "root": [opening.root],
        "window": [600],
        "seconds": [60, 3600],
        "decision": ["end", "go_on"],
        "reason": ["事出有因"],
        "text": ["有异议"],
        "layer": ["share", "key"],
        "slot": ["tenderee"],
        "fault": ["bidder", "other"],
        "ruling": ["upheld", "upheld", "rejected", "referred"],
        "objection": waiting if type == "AnswerObjection" else upheld,
        "organization": [member(key).id for key in (("丁", "戊") if type == "AppointDeputy" else BIDDERS)],
        "state": ["paid", "none"],
        "record": [opening.record or RECORD],
        "as": roles.get(who, ["host"]),
        "at": [rfc3339(now + timedelta(minutes=minutes)) for minutes in RIGHT_AT],
        "from": [rfc3339(now - timedelta(minutes=minutes)) for minutes in (10, 60)],
        "to": [rfc3339(now)],
        "received_at": [rfc3339(now - timedelta(minutes=minutes)) for minutes in (0, 10_000)],
        "deposit": sorted(opening.deposits),
        "verified": [True, False],
        "basic_account": [True, False],
        "kind": ["paid", "guarantee"],
        "amount": ["800000.00", "1.00"],
        "nonce": [OTHER[:32]],
        "letter": [OTHER],
    }
    return [value for value in values.get(name, ["x"]) if value is not None]


def wrong(world: World, name: str) -> list[Any]:
    """Values that are of the right kind and are not right."""
    now = world.clock.at
    times = [rfc3339(now + timedelta(minutes=minutes)) for minutes in WRONG_AT]
    values: dict[str, list[Any]] = {
        "digest": [OTHER, *sorted(world.opening.bids)], "digests": [[], [bid.digest for bid in world.opening.finals()]],
        "bad": [[OTHER]], "window": [601], "seconds": [0, 24 * 3600 + 1], "reason": [" "], "text": [" "],
        "objection": [OTHER[:32], *sorted(world.opening.objections)], "organization": [member("agent").id, OTHER[:32]],
        "as": ["host", "tenderee", "supervisor", "bidder"], "at": times, "from": times, "received_at": times,
        "deposit": [OTHER[:32]], "verified": [True], "basic_account": [True], "amount": ["0.00"], "nonce": [OTHER[:32]],
    }  # fmt: skip
    words = ("decision", "layer", "slot", "fault", "ruling", "state", "kind", "name", "uscc", "number", "title")
    return values.get(name, ["x"] if name in words else [OTHER])


RECORD = name_of("record", 32)
ENDS = ("EndLot", "TerminateOpening")
"""Seldom given, or few runs would come far."""


class Walk:
    """A world in which anybody does anything, and the chronicle that is told of it."""

    def __init__(self, chance: Random) -> None:
        """Begin somewhere on the straight way, or with too few bids."""
        self.world = chance.choice(STARTS)(chance.choice(PLANS)) if chance.randrange(3) else chance.choice(TROUBLES)()
        self.chronicle, self.told = Chronicle(), 0
        self.check()

    def attempt(self, who: str, command: Command) -> None:
        """Give it, twice over in thought: refused, it changes nothing; taken, it makes facts, the same each time."""
        world, actor = self.world, self.world.actor(who)
        before, size = world.states[world.plan.id], len(world.log)
        try:
            facts = decide(TABLES, before, command, actor, world.clock.at)
        except Refused:
            with pytest.raises(Refused):
                world.do(actor, command)
            assert world.states[world.plan.id] is before
            assert len(world.log) == size
            return
        assert facts, "taken, and no fact"
        assert facts == decide(TABLES, before, command, actor, world.clock.at)
        fresh = world.do(actor, command)
        state = before
        for entry in fresh:
            state = fold(TABLES, state, entry)
        assert dict(state) == dict(world.states[world.plan.id])

    def commands_of_the_phase(self, chance: Random) -> None:
        """Commands that the phase knows, mostly by one whose they are, with a body that is mostly right."""
        for _ in range(4):
            part = {"tender": self.world.tender.phase, "opening": self.world.phase}
            known = [row.on for table in (TENDERS, OPENING) for row in table.rows if part[table.name] in row.at]
            type = chance.choice(known)
            if type not in ENDS or not chance.randrange(8):
                self.command(chance, type, bool(chance.randrange(6)))
            self.world.clock.at += timedelta(seconds=chance.choice((0, 0, 30)))

    def any_command(self, chance: Random) -> None:
        """Any command at all."""
        self.command(chance, chance.choice(COMMANDS), bool(chance.randrange(2)))

    def command(self, chance: Random, type: str, careful: bool) -> None:
        """By one who may, and all members may be right; or by anybody with anything."""
        world, takes = self.world, shape_of(TABLES, type)
        rows = [row for table in (TENDERS, OPENING) for row in table.rows_on(type)]
        mine = [key for role in rows[0].who for key in WHO_DOES.get(role, (str(role),))]
        who = chance.choice(mine if careful else PEOPLE)
        if type == "SubmitBid":
            return self.upload(chance, who)
        body = {name: self.value(chance, who, type, name, careful) for name in takes.needs}
        if type == "AmendTimeline":
            body = self.amendment(chance)
        lot = None if takes.lot == "none" else chance.randint(1, world.plan.lots if careful else 3)
        if type == "WithdrawBid" and (before := world.tender.last_bid(member_of(who), lot)):
            body["digest"] = before.digest
        found: dict[str, Any] = {"pieces_match": careful, "record": body.get("record"), "damaged": []}
        if type == "OpenBids":
            found.update(world.evidence(Due(type, job="open")))
        checkpoint = world.checkpoint() if type == "CommandDecryption" else None
        secret = {"pieces": {digest: {0: b"0" * 32} for digest in (body.get("digest"), *body.get("digests", ()))}}
        made = world.command(type, body, lot, evidence=found, checkpoint=checkpoint, secret=secret)
        return self.attempt(who, made)

    def value(self, chance: Random, who: str, type: str, name: str, careful: bool) -> Any:
        """One member of a body."""
        values = right(self.world, who, type, name)
        return chance.choice(values if careful and values else [*values, *wrong(self.world, name)])

    def amendment(self, chance: Random) -> dict[str, Any]:
        """Another deadline or other hosts."""
        later = self.world.tender.the_timeline.deadline + timedelta(hours=chance.choice((-1, 0, 1, 48)))
        hosts = [{"organization": member(key).id, "name": key} for key in chance.sample(("agent", "tenderee"), 2)]
        return self.world.amendment(deadline=rfc3339(later), hosts=hosts[: chance.randint(1, 2)])

    def upload(self, chance: Random, who: str) -> None:
        """A sealed bid, a new one or one that was sealed before, superseding what it should or nothing."""
        world, lot = self.world, chance.randint(1, self.world.plan.lots)
        who = who if who in BIDDERS else "丁"
        before = world.tender.last_bid(member(who).id, lot)
        supersedes = before.digest if before and chance.randrange(4) else None
        bid = sealed(world.plan, who, lot, chance.randrange(3), supersedes)
        world.bids.setdefault(bid.digest, (who, bid))
        self.attempt(who, world.upload_of(bid))

    def forward(self, chance: Random) -> None:
        """The next thing on the straight way, where there is one, so that runs come far."""
        world, opening = self.world, self.world.opening
        host = next(key for key in ("agent", "tenderee", "丁", "戊") if member(key).id == opening.hosts[opening.host])
        for bid in opening.finals():
            if opening.phase is Phase.DECRYPTING and chance.randrange(5):
                body = {"command": opening.command, "digest": bid.digest}
                secret = {"pieces": {bid.digest: {0: b"0" * 32}}}
                made = world.command("ReleaseShare", body, evidence={"pieces_match": True}, secret=secret)
                self.attempt(world.bids[bid.digest][0], made)
            if opening.phase is Phase.ATTRIBUTING and chance.randrange(5):
                told = {"digest": bid.digest, "fault": chance.choice(("bidder", "other")), "reason": "查明"}
                self.attempt(host, world.command("RuleAttribution", told))
        for who, made in straight(world, host):
            self.attempt(who, made)

    def wait(self, chance: Random) -> None:
        """Time goes by, and the clock does not notice."""
        self.world.clock.at += timedelta(seconds=chance.choice((0, 1, 59, 300, 1800, 7200)), microseconds=1)

    def jump(self, chance: Random) -> None:
        """To the next time at which the clock has something to do."""
        look = due_at(self.world.opening)
        if look is not None:
            self.world.clock.at = max(self.world.clock.at, look)

    def tick(self, chance: Random) -> None:
        """The clock does what it owes: never is a step refused, never does it go on for ever."""
        self.world.failing = {bid.digest: "tag" for bid in to_open(self.world.opening) if not chance.randrange(5)}
        self.world.tick()

    def outage(self, chance: Random) -> None:
        """Nobody was there for a while, and what was due meanwhile is held before anything else."""
        gap = {"from": rfc3339(self.world.clock.at)}
        self.world.clock.at += timedelta(minutes=chance.choice((9, 10, 60)))
        self.attempt("clock", self.world.command("HoldForOutage", {**gap, "to": rfc3339(self.world.clock.at)}))

    def check(self) -> None:
        """Each new entry keeps the rules of the domain, and both accounts are one."""
        world, chronicle = self.world, self.chronicle
        for entries, effects in world.history[self.told :]:
            chronicle.act(entries, effects)
        self.told = len(world.history)
        chronicle.check()
        opening = world.opening
        assert chronicle.phase == str(opening.phase)
        assert chronicle.lots == {no: lot.ended for no, lot in opening.lots.items()}
        assert {digest for digest, bid in chronicle.bids.items() if bid.live} == {
            digest for digest, bid in opening.bids.items() if bid.live
        }
        if chronicle.phase in ("decrypting", "closing", "objections", "confirming"):
            assert chronicle.clock == opening.clock
        if chronicle.phase in ("scheduled", "sign_in"):
            assert chronicle.deadline == opening.deadline == world.tender.deadline
        self._check_due_at(opening)

    def _check_due_at(self, opening: Opening) -> None:
        """It is the first time at which something is due: never later, and never before."""
        look = due_at(opening)
        if look is None:
            assert not due(opening, FAR)
        elif look == PAST:
            assert due(opening, PAST)
        else:
            assert due(opening, look)
            assert not due(opening, look - MICROSECOND)

    def replay(self) -> None:
        """An auditor decides the whole log again, and comes to the same state."""
        *_, (state, _) = replay(TABLES, self.world.log, begin(TABLES, StreamKind.TENDER))
        assert dict(state) == dict(self.world.states[self.world.plan.id])


def member_of(who: str) -> str | None:
    """The organization behind a key, if it is one."""
    return member(who).id if who in (*BIDDERS, "丁", "agent", "tenderee") else None


def straight(world: World, host: str) -> list[tuple[str, Command]]:
    """What the parties would do next if all went well."""
    opening, record = world.opening, {"record": world.opening.record or RECORD}
    if opening.phase is Phase.CHECKED:
        preflight = world.command("SignPreflight", {"root": opening.root, "bad": []})
        command = world.command("CommandDecryption", world.command_body(), checkpoint=world.checkpoint())
        return [("tenderee", preflight), (host, command)]
    if opening.phase is Phase.CLOSING:
        body = world.hold_body()
        secret = {"pieces": {digest: {1: b"1" * 32} for digest in body["digests"]}}
        hold = world.command("ReleaseHolderShares", body, evidence={"pieces_match": True}, secret=secret)
        return [("tenderee", hold)]
    if opening.phase is Phase.CONFIRMING:
        sign = world.command("SignRecord", {**record, "as": "host"})
        return [*((key, world.command("ConfirmRecord", record)) for key in BIDDERS), (host, sign)]
    simple = {
        Phase.ATTRIBUTING: lambda: world.command("AnnounceBids"),
        Phase.ANNOUNCING: lambda: world.command("CallLast"),
        Phase.OBJECTIONS: lambda: world.command("OpenConfirmation", record, evidence=record),
    }
    return [(host, simple[opening.phase]())] if opening.phase in simple else []


STEPS = (
    Walk.commands_of_the_phase, Walk.commands_of_the_phase, Walk.any_command, Walk.forward, Walk.wait, Walk.jump,
    Walk.tick, Walk.tick, Walk.outage,
)  # fmt: skip
"""What can happen; what stands there twice happens more often."""


def walked(seed: int, steps: int) -> Walk:
    """A walk of so many steps, the same for the same seed."""
    chance = Random(seed)
    walk = Walk(chance)
    for _ in range(steps):
        chance.choice(STEPS)(walk, chance)
        walk.check()
    walk.replay()
    return walk
