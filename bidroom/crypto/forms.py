"""The bid form: which items a lot announces, and whether a form has exactly those."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Protocol

from bidroom.crypto.canonical import parse_canonical
from bidroom.crypto.shape import Place
from bidroom.facts import Refused

FORM_LIMIT = 1 << 20
MALFORMED = "form_malformed"
PRICE = "price"
TYPES = ("integer", "decimal", "text")
LONGEST_TEXT = 2000


@dataclass(frozen=True, slots=True)
class FormItem:
    """One announced item beside the price; `label` by language, `unit` as the form schema has it."""

    key: str
    label: Mapping[str, str]
    type: str
    unit: str | None = None


class HasForm(Protocol):
    """A lot, as far as its form goes."""

    @property
    def form(self) -> tuple[FormItem, ...]:
        """The announced items beside the price."""
        ...


def parse_items(at: Place) -> tuple[FormItem, ...]:
    """A lot's form schema; `price` is always there and may not be defined again, nor any key twice."""
    items: list[FormItem] = []
    for place in at.items(0, 100):
        item = _item(place)
        if item.key == PRICE or any(item.key == other.key for other in items):
            raise place.refused("key_defined_twice", key=item.key)
        items.append(item)
    return tuple(items)


def _item(at: Place) -> FormItem:
    has = at.members("key", "label", "type", optional=("unit",))
    label = has["label"].members("zh", "en")
    return FormItem(
        key=has["key"].matching("[a-z][a-z0-9_]{0,39}"),
        label={language: text.text(100) for language, text in label.items()},
        type=has["type"].one_of(*TYPES),
        unit=has["unit"].text(20) if "unit" in has else None,
    )


def check_form(data: bytes, lot: HasForm) -> dict[str, Any]:
    """The bid form in `data`: price and the lot's items, each of its type.

    Refused("form_malformed") names the item. A decimal is a string as money is, an integer is not negative.
    """
    keys = [item.key for item in lot.form]
    at = Place(parse_canonical(data, FORM_LIMIT, MALFORMED), MALFORMED).members(PRICE, *keys)
    form: dict[str, Any] = {PRICE: at[PRICE].money()}
    if Decimal(form[PRICE]) <= 0:
        raise at[PRICE].refused("not_above_zero")
    for item in lot.form:
        form[item.key] = _value(at[item.key], item.type)
    return form


def _value(at: Place, kind: str) -> Any:
    if kind == "integer":
        return at.integer()
    if kind == "decimal":
        return at.matching(r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,9})?")
    if kind == "text":
        return at.text(LONGEST_TEXT)
    raise Refused(MALFORMED, field=at.path, cause="type_unknown")
