"""The state of one opening: what the facts of its tender's stream fold to."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from bidroom.crypto.policy import Terms
from bidroom.crypto.timeline import Timeline
from bidroom.facts import Entry, nothing
from bidroom.rulepacks import RulePack, rule_pack


class Phase(StrEnum):
    """The opening's phases, in the order in which they come."""

    DRAFT = "draft"
    SCHEDULED = "scheduled"
    SIGN_IN = "sign_in"
    EXTRACTED = "extracted"
    CHECKED = "checked"
    DECRYPTING = "decrypting"
    CLOSING = "closing"
    ATTRIBUTING = "attributing"
    ANNOUNCING = "announcing"
    OBJECTIONS = "objections"
    CONFIRMING = "confirming"
    CLOSED = "closed"
    SUSPENDED = "suspended"
    TERMINATED = "terminated"


IN_SESSION = (
    Phase.EXTRACTED, Phase.CHECKED, Phase.DECRYPTING, Phase.CLOSING,
    Phase.ATTRIBUTING, Phase.ANNOUNCING, Phase.OBJECTIONS, Phase.CONFIRMING,
)  # fmt: skip
"""From extraction until the end: when objections may be raised and an opening can be suspended or ended."""

WINDOWS = (Phase.DECRYPTING, Phase.CLOSING, Phase.OBJECTIONS, Phase.CONFIRMING)
"""The phases whose clock runs down."""


@dataclass(frozen=True, slots=True)
class Party:
    """An organization as its binding entry names it."""

    organization: str
    name: str
    uscc: str


@dataclass(frozen=True, slots=True)
class Bid:
    """One accepted sealed bid and what became of it. `header` its exact bytes, digests and ids in hex."""

    digest: str
    lot: int
    organization: str
    certificate: str
    bid: str
    received_at: datetime
    header: bytes
    timeline: str
    nonce: str
    live: bool = True
    final: bool = False
    damaged: bool = False
    released_at: datetime | None = None
    message: str | None = None
    failed_layer: str | None = None
    reported: Mapping[str, Any] | None = None
    k0: str | None = None
    form: str | None = None
    fault: str | None = None
    cause: str | None = None

    @property
    def opened(self) -> bool:
        """Whether its bid form was decrypted and is sound."""
        return self.form is not None


@dataclass(frozen=True, slots=True)
class LotState:
    """One lot: live until `ended` names why not."""

    no: int
    extracted: bool = False
    checked: bool = False
    opened: bool = False
    counted: int = 0
    deposits: int = 0
    decision: str | None = None
    decision_reason: str | None = None
    ended: str | None = None
    ended_because: str | None = None


@dataclass(frozen=True, slots=True)
class Deposit:
    """One registered deposit; it `counts` if it was verified before the bids were extracted."""

    id: str
    lot: int
    organization: str
    kind: str
    amount: str
    received_at: datetime
    account: str | None = None
    basic_account: bool = True
    verified: bool = False
    counts: bool = False


@dataclass(frozen=True, slots=True)
class Objection:
    """One objection and its answer."""

    id: str
    by: str
    lot: int | None
    at: datetime
    text: str
    answer: str | None = None
    ruling: str | None = None
    answered_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Pause:
    """A suspension: by whom, why, what phase it interrupted and how much of its clock was left."""

    at: datetime
    role: str
    reason: str
    back_to: Phase
    left: timedelta | None
    resumes_at: datetime | None = None
    resumed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Opening:
    """Everything that the table of the opening looks at. Mappings are never changed in place."""

    phase: Phase = Phase.DRAFT
    tender: str = ""
    terms: Terms | None = None
    timeline: Timeline | None = None
    deadline: datetime | None = None
    parties: Mapping[str, Party] = field(default_factory=nothing)
    host: int = 0
    appointed: tuple[tuple[str, str], ...] = ()
    signed_in: Mapping[str, datetime] = field(default_factory=nothing)
    bids: Mapping[str, Bid] = field(default_factory=nothing)
    lots: Mapping[int, LotState] = field(default_factory=nothing)
    deposits: Mapping[str, Deposit] = field(default_factory=nothing)
    root: str | None = None
    preflights: Mapping[str, tuple[str, ...]] = field(default_factory=nothing)
    command: str | None = None
    commanded_at: datetime | None = None
    clock: datetime | None = None
    closed_at: datetime | None = None
    holders: Mapping[str, datetime] = field(default_factory=nothing)
    lapsed: tuple[str, ...] = ()
    announced_at: datetime | None = None
    objections: Mapping[str, Objection] = field(default_factory=nothing)
    record: str | None = None
    confirmations: Mapping[str, tuple[str, str | None]] = field(default_factory=nothing)
    signatures: Mapping[str, datetime] = field(default_factory=nothing)
    extensions: tuple[Mapping[str, Any], ...] = ()
    pauses: tuple[Pause, ...] = ()
    outage: tuple[datetime, datetime] | None = None
    outages: tuple[Mapping[str, Any], ...] = ()
    refused_uploads: tuple[Mapping[str, Any], ...] = ()
    takeovers: tuple[Mapping[str, Any], ...] = ()
    reminders: tuple[Mapping[str, Any], ...] = ()
    ended_because: str | None = None
    ended_at: datetime | None = None
    corrected_deposits: Mapping[tuple[str, int], str] = field(default_factory=nothing)

    def in_phase(self, phase: str) -> Opening:
        """The same opening in another phase."""
        return replace(self, phase=Phase(phase))

    @property
    def the_terms(self) -> Terms:
        """The terms, for phases that have them."""
        assert self.terms is not None, "no notice yet"
        return self.terms

    @property
    def the_timeline(self) -> Timeline:
        """The timeline in force, for phases that have one."""
        assert self.timeline is not None, "no notice yet"
        return self.timeline

    @property
    def pack(self) -> RulePack:
        """The rules that the terms name."""
        return rule_pack(self.the_terms.rule_pack)

    @property
    def hosts(self) -> tuple[str, ...]:
        """Organizations that may host, the timeline's first, then those a clerk appointed."""
        listed = tuple(host.organization for host in self.timeline.hosts) if self.timeline else ()
        return listed + tuple(organization for organization, _ in self.appointed)

    @property
    def live_lots(self) -> tuple[LotState, ...]:
        """The lots that have not ended, by number."""
        return tuple(lot for _, lot in sorted(self.lots.items()) if lot.ended is None)

    @property
    def pause(self) -> Pause | None:
        """The suspension in force."""
        return self.pauses[-1] if self.pauses and self.pauses[-1].resumed_at is None else None

    def finals(self, lot: int | None = None) -> tuple[Bid, ...]:
        """The final bids of the live lots (or of one lot, live or not), by digest."""
        live = {each.no for each in self.live_lots} if lot is None else {lot}
        return tuple(bid for _, bid in sorted(self.bids.items()) if bid.final and bid.lot in live)

    def released(self) -> tuple[Bid, ...]:
        """The final bids of live lots whose key their bidder has released."""
        return tuple(bid for bid in self.finals() if bid.released_at is not None)

    def live_bid(self, organization: str | None, lot: int | None) -> Bid | None:
        """The one live bid of an organization for a lot."""
        mine = (bid for bid in self.bids.values() if bid.live and bid.organization == organization and bid.lot == lot)
        return next(mine, None)

    def numbers(self, lot: int) -> dict[str, int]:
        """投标人 1 … n of a lot: organization to number, in the order of their final digests (which tells nothing)."""
        return {bid.organization: no for no, bid in enumerate(self.finals(lot), start=1)}

    def bidders(self) -> tuple[str, ...]:
        """The organizations that have a final bid in a live lot, each once."""
        return tuple(dict.fromkeys(bid.organization for bid in self.finals()))

    def deposits_of(self, organization: str, lot: int) -> Iterator[Deposit]:
        """What was registered for one bidder and lot."""
        return (
            deposit for deposit in self.deposits.values() if deposit.organization == organization and deposit.lot == lot
        )


def put(mapping: Mapping[Any, Any], key: Any, value: Any) -> Mapping[Any, Any]:
    """The mapping with one more (or another) value, sealed against change."""
    return MappingProxyType({**mapping, key: value})


def put_all(mapping: Mapping[Any, Any], more: Mapping[Any, Any]) -> Mapping[Any, Any]:
    """The mapping with these in place of its own, sealed against change."""
    return MappingProxyType({**mapping, **more}) if more else mapping


def party_of(entry: Entry) -> Party | None:
    """The organization whose binding entry the act carries; None for acts without one."""
    binding = entry.actor.get("binding")
    if not binding:
        return None
    return party_in(binding)


def party_in(binding: str) -> Party:
    """The organization that a binding entry (base64 of its bytes) names."""
    body = json.loads(base64.b64decode(binding))
    return Party(body["stream"], body["body"]["name"], body["body"]["uscc"])
