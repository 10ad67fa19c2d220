"""The terms: all that a seal depends on, read strictly from the exact bytes that the tenderee signed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bidroom.crypto.canonical import parse_canonical
from bidroom.crypto.context import SUITE
from bidroom.crypto.forms import FormItem, check_form, parse_items
from bidroom.crypto.shape import Place
from bidroom.crypto.slots import BIDDER, MOST_BIDDER_KEYS, MOST_HOLDERS, Holder, Slot, load_spki
from bidroom.crypto.timeline import Timeline, parse_timeline
from bidroom.facts import Refused

__all__ = [
    "BIDDER", "MOST_BIDDER_KEYS", "METHODS", "Draw", "FormItem", "Holder", "Lot", "Party", "Slot", "Terms", "Timeline",
    "check_form", "parse_terms", "parse_timeline",
]  # fmt: skip

TERMS_LIMIT = 1 << 20
MALFORMED = "terms_malformed"
METHODS: Mapping[str, tuple[str, ...]] = {
    "joint": (BIDDER, "tenderee"),
    "joint-gated": (BIDDER, "tenderee", "gate"),
    "committee": (BIDDER, "committee"),
    "central": ("tenderee", "gate"),
}
"""The slots of each decryption method, in order."""


@dataclass(frozen=True, slots=True)
class Party:
    """The tenderee or the agent as the terms name it; only the tenderee's certificate is named."""

    organization: str
    name: str
    uscc: str
    certificate: str | None = None


@dataclass(frozen=True, slots=True)
class Lot:
    """One lot: money as decimal strings, the announced items beside the price."""

    no: int
    name: str
    control_price: str | None
    currency: str
    deposit: str
    form: tuple[FormItem, ...]


@dataclass(frozen=True, slots=True)
class Draw:
    """One public draw: its name, its options in order, its lot."""

    name: str
    options: tuple[str, ...]
    lot: int


@dataclass(frozen=True, slots=True)
class Terms:
    """The signed terms; `data` their exact bytes, `digest` H(terms), ids in hex."""

    data: bytes
    digest: bytes
    v: int
    suite: int
    tender: str
    number: str
    title: str
    rule_pack: str
    minimum: int
    decryption: str
    tenderee: Party
    agent: Party | None
    slots: tuple[Slot, ...]
    lots: tuple[Lot, ...]
    draws: tuple[Draw, ...]

    def lot(self, no: int) -> Lot:
        """The lot of this number; Refused("lot_unknown")."""
        for lot in self.lots:
            if lot.no == no:
                return lot
        raise Refused("lot_unknown", lot=no)

    def slot(self, name: str) -> Slot:
        """The slot of this name; Refused("slot_unknown")."""
        for slot in self.slots:
            if slot.name == name:
                return slot
        raise Refused("slot_unknown", slot=name)


def parse_terms(data: bytes) -> Terms:
    """The terms in `data`; Refused("terms_malformed") names the field and the cause."""
    at = Place(parse_canonical(data, TERMS_LIMIT, MALFORMED), MALFORMED).members(
        "v", "suite", "tender", "number", "title", "rule_pack", "minimum", "decryption",
        "tenderee", "agent", "slots", "lots", "draws",
    )  # fmt: skip
    method = at["decryption"].one_of(*METHODS)
    lots = _lots(at["lots"])
    return Terms(
        data=data,
        digest=hashlib.sha256(data).digest(),
        v=at["v"].one_of(1),
        suite=at["suite"].one_of(SUITE),
        tender=at["tender"].hexed(16),
        number=at["number"].text(100),
        title=at["title"].text(),
        rule_pack=at["rule_pack"].matching("[a-z][a-z0-9-]{0,39}"),
        minimum=at["minimum"].integer(1, 100),
        decryption=method,
        tenderee=_party(at["tenderee"], "certificate"),
        agent=None if at["agent"].value is None else _party(at["agent"]),
        slots=_slots(at["slots"], METHODS[method]),
        lots=lots,
        draws=_draws(at["draws"], method, {lot.no for lot in lots}),
    )


def _party(at: Place, *more: str) -> Party:
    has = at.members("organization", "name", "uscc", *more)
    return Party(
        organization=has["organization"].hexed(16),
        name=has["name"].text(200),
        uscc=has["uscc"].matching("[0-9A-Z]{18}"),
        certificate=has["certificate"].hexed(32) if "certificate" in has else None,
    )


def _slots(at: Place, names: tuple[str, ...]) -> tuple[Slot, ...]:
    places = at.items(len(names), len(names))
    slots = tuple(_slot(place, name) for place, name in zip(places, names, strict=True))
    keys = [holder.key for slot in slots for holder in slot.holders]
    if len(set(keys)) != len(keys):
        raise at.refused("key_held_twice")
    return slots


def _slot(at: Place, name: str) -> Slot:
    has = at.members("name", "needed", "holders")
    has["name"].one_of(name)
    if name == BIDDER:
        has["holders"].items(0, 0)
        return Slot(BIDDER, has["needed"].integer(1, 1), ())
    most = 2 if name == "tenderee" else MOST_HOLDERS
    holders = tuple(_holder(place) for place in has["holders"].items(1, most))
    return Slot(name, has["needed"].integer(1, 1 if name == "tenderee" else len(holders)), holders)


def _holder(at: Place) -> Holder:
    has = at.members("organization", "certificate", "key")
    key = bytes.fromhex(has["key"].hexed())
    try:
        load_spki(key)
    except Refused as fault:
        raise has["key"].refused(fault.reason) from None
    return Holder(has["organization"].hexed(16), has["certificate"].hexed(32), key)


def _lots(at: Place) -> tuple[Lot, ...]:
    return tuple(_lot(place, no) for no, place in enumerate(at.items(1, 100), start=1))


def _lot(at: Place, no: int) -> Lot:
    has = at.members("no", "name", "control_price", "currency", "deposit", "form")
    return Lot(
        no=has["no"].one_of(no),
        name=has["name"].text(200),
        control_price=None if has["control_price"].value is None else has["control_price"].money(),
        currency=has["currency"].matching("[A-Z]{3}"),
        deposit=has["deposit"].money(),
        form=parse_items(has["form"]),
    )


def _draws(at: Place, method: str, lots: set[int]) -> tuple[Draw, ...]:
    return tuple(_draw(place, lots) for place in at.items(0, 0 if method == "central" else 100))


def _draw(at: Place, lots: set[int]) -> Draw:
    has = at.members("name", "options", "lot")
    options: tuple[Any, ...] = tuple(place.text(100) for place in has["options"].items(2, 1000))
    return Draw(has["name"].text(100), options, has["lot"].one_of(*sorted(lots)))
