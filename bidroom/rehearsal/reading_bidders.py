"""The bidders of a scenario, out of YAML: what they offer, and how they depart from doing everything properly."""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from stdnum.cn import uscc

from bidroom.rehearsal.scenario import Bid, Bidder, Confirm, Deposit, Does, Item, Objection
from bidroom.rehearsal.yaml_place import Place

OBJECTION_PHASES = (
    "extracted", "checked", "decrypting", "closing", "attributing", "announcing", "objections", "confirming",
)  # fmt: skip
RELEASES = ("in_time", "never", "wrong_key", "after_extension", "drop_and_return")
DEPOSITS = ("paid", "guarantee", "late", "short", "none")
MOST_DOCUMENTS = 1 << 30


def code_of(at: Place | None) -> str:
    """The unified social credit code written here, or a valid one that is made up."""
    if at is None:
        return made_up_code()
    value = at.scalar("str", "int", "float")
    if not uscc.is_valid(value):
        at.refuse("not_a_valid_uscc")
    return value


def made_up_code() -> str:
    """A code of the right form with the right check digit: 91 (an enterprise), Zhejiang, a random rest."""
    body = "91330" + "".join(secrets.choice("0123456789") for _ in range(3))
    body += "MA" + "".join(secrets.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(7))
    return body + str(uscc.calc_check_digit(body))


@dataclass(frozen=True)
class Bidders:
    """Reads bidders for a tender with these lots and this form."""

    lots: frozenset[int]
    form: tuple[Item, ...]

    def read(self, at: Place) -> tuple[Bidder, ...]:
        """Every bidder, none twice."""
        places = at.items(0, 500)
        bidders = tuple(self._bidder(place) for place in places)
        names = [bidder.name for bidder in bidders]
        for number, (place, bidder) in enumerate(zip(places, bidders, strict=True)):
            if bidder.name in names[:number]:
                place.refuse("bidder_named_twice", name=bidder.name)
            for lot, deposit in bidder.deposits.items():
                if deposit.account_of not in (None, *names):
                    deposits = place.members()["deposit"].by_lot(self.lots)
                    deposits[lot].refuse("no_such_bidder", name=deposit.account_of)
        return bidders

    def _bidder(self, at: Place) -> Bidder:
        found = at.members()
        if "consortium" in found:
            found["consortium"].refuse_as_unsupported()
        has = at.known(("name", "bids"), ("uscc", "key", "deposit", "does"))
        if "key" in has and has["key"].one_of("ec", "rsa") == "rsa":
            has["key"].refuse_as_unsupported("rsa")
        bids = {lot: self._bid(place) for lot, place in has["bids"].by_lot(self.lots).items()}
        places = has["deposit"].by_lot(self.lots) if "deposit" in has else {}
        given = {lot: _deposit(place) for lot, place in places.items()}
        deposits = {lot: given.get(lot, Deposit("paid")) for lot in sorted({*bids, *given})}
        does = self._does(has["does"], bids) if "does" in has else Does()
        return Bidder(has["name"].text(200), code_of(has.get("uscc")), deposits, bids, does)

    def _bid(self, at: Place) -> Bid:
        has = at.known(("price", *(item.key for item in self.form)), ("documents",))
        return Bid(self._values(has), _documents(has["documents"]) if "documents" in has else 0)

    def _values(self, has: Mapping[str, Place]) -> dict[str, Any]:
        form: dict[str, Any] = {"price": _price(has["price"])} if "price" in has else {}
        return {**form, **{item.key: _value(has[item.key], item) for item in self.form if item.key in has}}

    def _does(self, at: Place, bids: Mapping[int, Bid]) -> Does:
        has = at.known((), ("replace", "withdraw", "late", "sign_in", "release", "object", "confirm"))
        mine = frozenset(bids)
        replace = self._replacements(has["replace"], bids) if "replace" in has else {}
        late = _late(has["late"], mine) if "late" in has else frozenset()
        in_time = mine - (late - set(replace))
        return Does(
            replace=replace,
            withdraw=_some_lots(has["withdraw"], in_time) if "withdraw" in has else frozenset(),
            late=late,
            sign_in=has["sign_in"].one_of("in_time", "late", "never") if "sign_in" in has else "in_time",
            release=_release(has["release"]) if "release" in has else "in_time",
            objections=tuple(_objection(each) for each in has["object"].items(0, 50)) if "object" in has else (),
            confirm=_confirm(has["confirm"]) if "confirm" in has else Confirm(),
        )

    def _replacements(self, at: Place, bids: Mapping[int, Bid]) -> dict[int, Bid]:
        """What is not named anew stays as it was."""
        found = {}
        for lot, place in at.by_lot(frozenset(bids)).items():
            has = place.known((), ("price", "documents", *(item.key for item in self.form)))
            documents = _documents(has["documents"]) if "documents" in has else bids[lot].documents
            found[lot] = Bid({**bids[lot].form, **self._values(has)}, documents)
        return found


def _price(at: Place) -> str:
    price = at.money()
    if Decimal(price) <= 0:
        at.refuse("not_above_zero")
    return price


def _value(at: Place, item: Item) -> Any:
    if item.type == "integer":
        return at.integer()
    if item.type == "text":
        return at.text(2000)
    value = at.scalar("str")
    if re.fullmatch(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?", value) is None:
        at.refuse("not_a_decimal")
    return value


def _documents(at: Place) -> int:
    size = at.size()
    if size > MOST_DOCUMENTS:
        at.refuse("too_large", most=MOST_DOCUMENTS)
    return size


def _deposit(at: Place) -> Deposit:
    if at.is_mapping:
        return Deposit("paid", at.known(("same_account_as",))["same_account_as"].text(200))
    return Deposit(at.one_of(*DEPOSITS))


def _some_lots(at: Place, mine: frozenset[int]) -> frozenset[int]:
    lots = [place.integer(1) for place in at.items(1, 100)]
    for place, lot in zip(at.items(), lots, strict=True):
        if lot not in mine or lots.count(lot) > 1:
            place.refuse("no_such_lot", lots=sorted(mine))
    return frozenset(lots)


def _late(at: Place, mine: frozenset[int]) -> frozenset[int]:
    return mine if at.is_true() else _some_lots(at, mine)


def _release(at: Place) -> str:
    value = at.one_of(*RELEASES, "recovery_code")
    if value == "recovery_code":
        at.refuse_as_unsupported(value)
    return value


def _objection(at: Place) -> Objection:
    has = at.known(("at", "text"))
    return Objection(has["at"].one_of(*OBJECTION_PHASES), has["text"].text(2000))


def _confirm(at: Place) -> Confirm:
    if at.is_mapping:
        return Confirm("refused", at.known(("refuse",))["refuse"].text(2000))
    return Confirm() if at.is_true() else Confirm(at.one_of("true", "silent"))
