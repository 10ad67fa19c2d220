"""The announcement: every opened bid form of a lot, as it was bid, in figures and in capitals, and what is flagged."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from bidroom.crypto.forms import FormItem
from bidroom.crypto.policy import Lot
from bidroom.facts import Role
from bidroom.opening.record import Forms, flags, in_capitals, outcome
from bidroom.opening.state import Bid, LotState, Opening, Phase
from bidroom.opening.visibility import KNOWS_NAMES, forms_are_shown
from bidroom.web.i18n import get_locale
from bidroom.web.i18n import gettext as _
from bidroom.web.present.bidders import Deposits, closed_chip
from bidroom.web.present.chips import Chip
from bidroom.web.present.labels import Label, Labels

ABOUT_DEPOSITS = frozenset({"shared_account", "not_basic_account"})
"""Flags that say something of a bidder's deposit: for those who are told of deposits."""


@dataclass(frozen=True, slots=True)
class Column:
    """One announced item: its label with its unit, and whether it is a figure."""

    key: str
    label: str
    is_figure: bool


@dataclass(frozen=True, slots=True)
class PriceRow:
    """One bid. `price` a decimal string, empty where nothing is shown; `say` the sentence that is read out."""

    id: str
    label: Label
    price: str
    capitals: str
    items: tuple[str, ...]
    flags: tuple[Chip, ...]
    outcome: Chip | None
    confirmation: Chip
    refusal: str
    say: str


@dataclass(frozen=True, slots=True)
class Prices:
    """One lot's table. `is_shown`: announced, `is_awaited`: to be. No rows before the extraction."""

    columns: tuple[Column, ...]
    rows: tuple[PriceRow, ...]
    is_shown: bool
    currency: str
    is_awaited: bool

    @property
    def can_be_read(self) -> bool:
        """Whether there is anything to read out."""
        return any(row.say for row in self.rows)


def prices_of(state: Opening, lot: LotState, forms: Forms, labels: Labels, role: Role) -> Prices:
    """The table as this role may see it; prices for everyone at once, by the announcement."""
    terms, is_shown = state.the_terms.lot(lot.no), forms_are_shown(state)
    columns = tuple(_column(item) for item in terms.form)
    told = Announced(state, terms, forms if is_shown else {}, Deposits(state), role)
    bids = state.finals(lot.no) if state.root is not None else ()
    rows = tuple(told.row(bid, labels.of(lot.no, bid.organization)) for bid in bids)
    is_over = lot.ended is not None or state.phase is Phase.TERMINATED
    return Prices(columns, rows, is_shown, terms.currency, bool(rows) and not is_shown and not is_over)


def _column(item: FormItem) -> Column:
    label = item.label.get(_language(), item.key)
    unit = f"{label} ({_unit(item.unit)})" if _language() == "en" else f"{label}（{_unit(item.unit)}）"
    return Column(item.key, unit if item.unit else label, item.type != "text")


def _language() -> str:
    return "en" if get_locale() == "en" else "zh"


def _unit(unit: str | None) -> str:
    known = {"d": _("日历天"), "m": _("月"), "y": _("年"), "CNY": _("元")}
    return known.get(unit or "", unit or "")


@lru_cache(maxsize=4096)
def capitals(price: str) -> str:
    """The amount in Chinese capitals, reckoned once."""
    return in_capitals(price)


@dataclass(frozen=True, slots=True)
class Announced:
    """What rows are made of."""

    state: Opening
    terms: Lot
    forms: Forms
    deposits: Deposits
    role: Role

    def row(self, bid: Bid, label: Label) -> PriceRow:
        """One bid: its form where it was opened and announced, what became of it otherwise."""
        form = self.forms.get(bid.digest) if outcome(self.state, bid) == "opened" else None
        confirmation, refusal = self._confirmation(bid)
        return PriceRow(
            id=f"p-{bid.lot}-{label.no}",
            label=label,
            price=form["price"] if form else "",
            capitals=capitals(form["price"]) if form and self.terms.currency == "CNY" else "",
            items=tuple(str(form[item.key]) for item in self.terms.form) if form else (),
            flags=self._flags(bid, form),
            outcome=None if form else self._outcome(bid),
            confirmation=confirmation,
            refusal=refusal,
            say=self._say(label, form) if form else "",
        )

    def _outcome(self, bid: Bid) -> Chip | None:
        """What stands in a price's place; nothing before the announcement."""
        if not forms_are_shown(self.state) and self.state.lots[bid.lot].ended is None:
            return None
        became = outcome(self.state, bid)
        return closed_chip(became) if became in ("revoked", "withdrawn", "sealed") else None

    def _flags(self, bid: Bid, form: Mapping[str, Any] | None) -> tuple[Chip, ...]:
        if not forms_are_shown(self.state):
            return ()
        found = flags(self.deposits.narrowed(bid), bid, form)
        hidden = frozenset() if self.role in KNOWS_NAMES else ABOUT_DEPOSITS
        return tuple(flag(name) for name in found if name not in hidden)

    def _confirmation(self, bid: Bid) -> tuple[Chip, str]:
        said, reason = self.state.confirmations.get(bid.organization, (None, None))
        is_over = self.state.lots[bid.lot].ended or self.state.phase in (Phase.CLOSED, Phase.TERMINATED)
        if said is None and is_over:
            return Chip("mute", "minus", _("未参加确认")), ""
        if said is None and self.state.record is None:
            return Chip("mute", "hourglass-empty", _("未开始")), ""
        return answer(said or ""), reason or ""

    def _say(self, label: Label, form: Mapping[str, Any]) -> str:
        """What the voice says: always in Chinese, as it stands in the record."""
        amount = capitals(form["price"]) if self.terms.currency == "CNY" else f"{form['price']} {self.terms.currency}"
        items = [_spoken(item, form[item.key]) for item in self.terms.form]
        who = label.name or f"投标人 {label.no}"
        return "，".join([f"{label.no} 号，{who}", f"投标报价{amount}", *items]) + "。"


def _spoken(item: FormItem, value: object) -> str:
    units = {"d": "日历天", "m": "个月", "y": "年", "CNY": "元"}
    return f"{item.label['zh']}{value}{units.get(item.unit or '', item.unit or '')}"


def answer(said: str) -> Chip:
    """What a bidder said to the record; nothing yet while it may still say something."""
    if said == "signed":
        return Chip("ok", "signature", _("已确认"))
    if said == "refused":
        return Chip("bad", "signature-off", _("拒绝确认"))
    return Chip("mute", "minus", _("未答复")) if said == "silent" else Chip("wait", "clock", _("待确认"))


def flag(name: str) -> Chip:
    """What the evaluation should look at, in words."""
    return {
        "over_control_price": Chip("warn", "alert-triangle", _("超过控制价")),
        "capitals_differ": Chip("warn", "alert-triangle", _("大小写不一致")),
        "arithmetic": Chip("warn", "alert-triangle", _("算术有误")),
        "shared_account": Chip("bad", "users", _("保证金出自同一账户")),
        "not_basic_account": Chip("warn", "building-bank", _("非基本账户")),
        "damaged": Chip("bad", "file-alert", _("密文损坏")),
    }.get(name) or Chip("warn", "flag", name)
