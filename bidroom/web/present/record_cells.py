"""What the opening record is made of, before it is a page or a PDF: parts, cells, tables, sections."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from bidroom.facts import instant

BEIJING = ZoneInfo("Asia/Shanghai")
NOT_SHOWN = frozenset({"Cc", "Cf", "Co", "Cs", "Cn", "Zl", "Zp"})
"""Categories of characters that leave no mark, or turn the text around: they are written by their numbers."""


@dataclass(frozen=True, slots=True)
class Part:
    """A line of a cell. `kind`: "" plain, strong, quiet, code, time, money, capitals, ok, warn, bad or wait."""

    text: str
    kind: str = ""
    exact: str = ""
    """Of a time: RFC 3339."""


Cell = tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Column:
    """A column; `width` in millimetres up to 15, else in parts of what is left; `align` start, center or end."""

    title: str
    width: int
    align: str = "start"


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under named columns."""

    title: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True, slots=True)
class Pair:
    """A label and what stands beside it."""

    label: str
    value: Cell


@dataclass(frozen=True, slots=True)
class Section:
    """A heading with facts and tables under it; without either it says `empty`. `level` 2 or 3."""

    id: str
    title: str
    pairs: tuple[Pair, ...] = ()
    tables: tuple[Table, ...] = ()
    empty: str = ""
    level: int = 2


@dataclass(frozen=True, slots=True)
class Signature:
    """Who should sign, in which name, and whether that happened."""

    role: str
    name: str
    state: Cell


@dataclass(frozen=True, slots=True)
class Document:
    """The whole record, in one language, as both the page and the PDF say it.

    `mark`: what must not be overlooked; `note`: the signed checkpoint.
    """

    language: str
    heading: str
    title: str
    number: str
    mark: str
    state: Part
    zone: str
    facts: tuple[Pair, ...]
    sections: tuple[Section, ...]
    signatures: Section
    signers: tuple[Signature, ...]
    proof: Section
    verify: tuple[str, ...]
    note: str
    note_label: str
    page_words: tuple[str, ...]
    """What stands before, between and after the two numbers of a page."""


# --- parts


def visible(text: str) -> str:
    """The text with every character that could hide or turn it written by its number; line ends stay."""
    return "".join(map(_visible, text.replace("\r\n", "\n")))


def _visible(character: str) -> str:
    if character == "\n" or unicodedata.category(character) not in NOT_SHOWN:
        return character
    return code_point(character)


def code_point(character: str) -> str:
    """〔U+202E〕 for what cannot be shown itself."""
    return f"〔U+{ord(character):04X}〕"


def plain(value: object, kind: str = "") -> Part:
    """Somebody's words, or a number, as given."""
    return Part(visible(str(value)), kind)


def cell(*parts: Part | None) -> Cell:
    """A cell of the parts that there are; a dash where there is none."""
    return tuple(part for part in parts if part is not None) or (Part("—", "quiet"),)


def at(time: str | None) -> Part | None:
    """A time in Beijing's zone, to the microsecond where it has any."""
    if time is None:
        return None
    local = instant(time).astimezone(BEIJING)
    fraction = f".{local.microsecond:06d}" if local.microsecond else ""
    return Part(local.strftime("%Y-%m-%d %H:%M:%S") + fraction, "time", time)


def money(amount: str | None) -> Part | None:
    """126,480,000.00."""
    if amount is None:
        return None
    whole, point, fen = amount.partition(".")
    return Part(f"{Decimal(whole):,}{point}{fen}", "money")


def code(text: str | None) -> Part | None:
    """A digest, an id, a number that a machine reads."""
    return None if text is None else Part(visible(text), "code")


def rows(cells: Iterable[Sequence[Cell]]) -> tuple[tuple[Cell, ...], ...]:
    """A table's rows."""
    return tuple(tuple(row) for row in cells)


Json = Mapping[str, Any]
