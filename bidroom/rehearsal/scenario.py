"""What a scenario says: the tender, its parties, and how each of them behaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from bidroom.facts import nothing

Lots = frozenset[int]
FormOf = Mapping[str, Any]
"""A bid form: price and the announced items, as form.json has them."""


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot; money as decimal strings, no control price where None."""

    no: int
    name: str
    control_price: str | None
    deposit: str


@dataclass(frozen=True, slots=True)
class Item:
    """One announced item beside the price."""

    key: str
    zh: str
    en: str
    type: str
    unit: str | None


@dataclass(frozen=True, slots=True)
class Deposit:
    """How a bidder's deposit for one lot comes: paid, guarantee, late, short, none; maybe from another's account."""

    kind: str
    account_of: str | None = None


@dataclass(frozen=True, slots=True)
class Bid:
    """One bid: its form, and how many bytes of documents come with it."""

    form: FormOf
    documents: int


@dataclass(frozen=True, slots=True)
class Objection:
    """What a bidder objects to, and in which phase."""

    at: str
    text: str


@dataclass(frozen=True, slots=True)
class Confirm:
    """What a bidder says to the record: signed, refused (with the reason) or silent."""

    state: str = "signed"
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Does:
    """How a bidder departs from doing everything properly and in time."""

    replace: Mapping[int, Bid] = field(default_factory=nothing)
    withdraw: Lots = frozenset()
    late: Lots = frozenset()
    sign_in: str = "in_time"
    release: str = "in_time"
    objections: tuple[Objection, ...] = ()
    confirm: Confirm = Confirm()


@dataclass(frozen=True, slots=True)
class Bidder:
    """One bidder with its bids and deposits by lot."""

    name: str
    uscc: str
    deposits: Mapping[int, Deposit]
    bids: Mapping[int, Bid]
    does: Does


@dataclass(frozen=True, slots=True)
class Company:
    """The tenderee or the agent; `release` is the tenderee's: in_time, late or never."""

    name: str
    uscc: str
    release: str = "in_time"


@dataclass(frozen=True, slots=True)
class Ruling:
    """What the host says of a bid that was not opened."""

    fault: str
    reason: str


@dataclass(frozen=True, slots=True)
class Suspension:
    """The host suspends the opening so long after a phase began, for so long."""

    at: str
    after: timedelta
    lasts: timedelta
    reason: str


@dataclass(frozen=True, slots=True)
class HostScript:
    """What the host decides; None where the scenario leaves it to the ordinary course."""

    absent_after: str | None = None
    under_minimum: str | None = None
    under_minimum_reason: str | None = None
    extend: timedelta | None = None
    attribute: Mapping[str, Ruling] = field(default_factory=nothing)
    answer: str | None = None
    suspend: Suspension | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """A whole rehearsal."""

    title: str
    number: str
    rule_pack: str
    window: timedelta
    minimum: int
    tenderee: Company
    agent: Company | None
    supervisors: int
    watchers: int
    lots: tuple[Lot, ...]
    form: tuple[Item, ...]
    bidders: tuple[Bidder, ...]
    host: HostScript
    later: timedelta = timedelta()
    """How much later than the first moment that is allowed it opens; a demo's second and third opening do."""

    @property
    def hosts(self) -> tuple[Company, ...]:
        """Who may host, in order: the agent where there is one, then the tenderee."""
        return (self.tenderee,) if self.agent is None else (self.agent, self.tenderee)
