"""Deposits: registered and verified by a clerk, counted per lot, never a bar to opening."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from types import MappingProxyType
from typing import TYPE_CHECKING

from bidroom.facts import Actor, Command, Entry, Fact, instant, rfc3339

if TYPE_CHECKING:
    from bidroom.registry.tenders import Tender

KINDS = ("paid", "guarantee")
MONEY = re.compile(r"(0|[1-9][0-9]{0,14})\.[0-9]{2}")


def that_lot_exists(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """The command names one of the tender's lots."""
    return any(lot.no == command.lot for lot in state.the_terms.lots)


def deposit_is_well_formed(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """Kind paid or guarantee, an amount with its fen, received before now."""
    body = command.body
    is_money = MONEY.fullmatch(body["amount"]) is not None
    return body["kind"] in KINDS and is_money and instant(body["received_at"]) <= at


def deposit_is_new(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """No deposit has this id: one clerk does not write over another's."""
    return command.id not in state.deposits


def that_deposit_is_registered(state: Tender, command: Command, actor: Actor, at: datetime) -> bool:
    """`deposit` is the id of a registered one."""
    return command.body["deposit"] in state.deposits


def register(state: Tender, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """DepositRegistered; the account only as a keyed digest, good for seeing that two are the same."""
    body = {key: command.body[key] for key in ("organization", "kind", "amount", "basic_account")}
    more = {"deposit": command.id, "lot": command.lot, "account": command.evidence.get("account")}
    yield Fact("DepositRegistered", {**body, **more, "received_at": rfc3339(instant(command.body["received_at"]))})


def registered(state: Tender, entry: Entry) -> Tender:
    """DepositRegistered."""
    deposits = {**state.deposits, entry.body["deposit"]: False}
    return replace(state, deposits=MappingProxyType(deposits))


def verified(state: Tender, entry: Entry) -> Tender:
    """DepositVerified."""
    deposits = {**state.deposits, entry.body["deposit"]: entry.body["verified"]}
    return replace(state, deposits=MappingProxyType(deposits))


FOLDS = {"DepositRegistered": registered, "DepositVerified": verified}
