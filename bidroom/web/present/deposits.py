"""Deposits as the clerk who matches them sees them: payments one by one, and no sum before the bids are extracted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from bidroom.crypto.policy import Lot
from bidroom.opening.notice import deposit_state, shares_an_account
from bidroom.opening.state import Deposit, Opening
from bidroom.web.i18n import gettext as _
from bidroom.web.present.organizations import Chip

Named = Mapping[str, tuple[str, str]]
"""Name and code of organizations, by their ids."""


@dataclass(frozen=True, slots=True)
class Payment:
    """One registered deposit, with what must be looked at."""

    deposit: Deposit
    chip: Chip
    flags: tuple[Chip, ...]


@dataclass(frozen=True, slots=True)
class Payer:
    """One organization's payments for one lot, and what they come to."""

    organization: str
    name: str
    uscc: str
    payments: tuple[Payment, ...]
    chip: Chip


@dataclass(frozen=True, slots=True)
class LotOfDeposits:
    """One lot: what each bidder is to bring, and who has brought it; `verified` only once it is no secret."""

    lot: Lot
    payers: tuple[Payer, ...]
    verified: int | None


def deposits_of(opening: Opening, named: Named) -> tuple[LotOfDeposits, ...]:
    """Every lot with its payers, by name."""
    return tuple(_lot(opening, lot, named) for lot in opening.the_terms.lots)


def _lot(opening: Opening, lot: Lot, named: Named) -> LotOfDeposits:
    payers = dict.fromkeys(each.organization for each in opening.deposits.values() if each.lot == lot.no)
    rows = sorted((_payer(opening, lot.no, each, named) for each in payers), key=lambda row: (row.name, row.uscc))
    checked = opening.lots.get(lot.no)
    return LotOfDeposits(lot, tuple(rows), checked.deposits if checked is not None and checked.checked else None)


def _payer(opening: Opening, lot: int, organization: str, named: Named) -> Payer:
    name, uscc = named.get(organization, (organization, ""))
    payments = sorted(opening.deposits_of(organization, lot), key=lambda each: each.received_at)
    rows = tuple(_payment(opening, each) for each in payments)
    return Payer(organization, name, uscc, rows, _state(opening, organization, lot))


def _payment(opening: Opening, deposit: Deposit) -> Payment:
    chip = ("ok", "circle-check", _("已核验")) if deposit.verified else ("wait", "hourglass", _("未核验"))
    return Payment(deposit, chip, tuple(_flags(opening, deposit)))


def _flags(opening: Opening, deposit: Deposit) -> list[Chip]:
    """What a person must look at (条例 26, 40); none of it bars a bid from being opened."""
    flags: list[Chip] = []
    if opening.deadline is not None and deposit.received_at > opening.deadline:
        flags.append(("bad", "clock-exclamation", _("晚于投标截止")))
    if not deposit.basic_account and deposit.kind == "paid":
        flags.append(("warn", "alert-triangle", _("非基本账户")))
    if shares_an_account(opening, deposit.organization, deposit.lot):
        flags.append(("bad", "users", _("与其他单位同一账户")))
    if Decimal(deposit.amount) < Decimal(opening.the_terms.lot(deposit.lot).deposit):
        flags.append(("warn", "coin-yuan", _("单笔不足额")))
    return flags


def _state(opening: Opening, organization: str, lot: int) -> Chip:
    return {
        "paid": ("ok", "building-bank", _("已到账")),
        "guarantee": ("info", "shield-check", _("保函")),
        "short": ("warn", "coin-yuan", _("不足额")),
        "late": ("bad", "clock-exclamation", _("逾期")),
        "none": ("wait", "hourglass", _("未核验")),
    }[deposit_state(opening, organization, lot)]


def may_pay(opening: Opening, organizations: Mapping[str, tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    """Whom a deposit may be registered for, as options of a choice: anyone but the tender's own parties."""
    terms = opening.the_terms
    parties = {party.organization for party in (terms.tenderee, terms.agent) if party}
    rows = ((name, uscc, id) for id, (name, uscc) in organizations.items() if id not in parties)
    return tuple((id, f"{name} · {uscc}") for name, uscc, id in sorted(rows))


def received_default(now: datetime) -> str:
    """Now, to the minute, as an input of local time has it; `now` is in Beijing's zone."""
    return now.strftime("%Y-%m-%dT%H:%M")
