"""Reading a parsed JSON document strictly: every place knows its own name and the reason to refuse with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bidroom import facts
from bidroom.facts import Refused

SAFE = 2**53 - 1
_HEX = re.compile(r"[0-9a-f]*\Z")
_MONEY = re.compile(r"(0|[1-9][0-9]{0,14})(\.[0-9]{1,2})?\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """One value of a document, its path in it (`stanzas[1].ct`), and the reason for refusing it."""

    value: Any
    reason: str
    path: str = ""

    def refused(self, cause: str, **details: Any) -> Refused:
        """The refusal that names this place."""
        return Refused(self.reason, field=self.path or None, cause=cause, **details)

    def members(self, *names: str, optional: tuple[str, ...] = ()) -> dict[str, Place]:
        """The members of an object that has all of `names`, maybe some of `optional`, and no other."""
        if not isinstance(self.value, dict):
            raise self.refused("not_an_object")
        for name in self.value:
            if name not in names and name not in optional:
                raise self._at(name).refused("unknown")
        for name in names:
            if name not in self.value:
                raise self._at(name).refused("missing")
        return {name: self._at(name) for name in self.value}

    def _at(self, name: str) -> Place:
        value = self.value.get(name)
        return Place(value, self.reason, f"{self.path}.{name}" if self.path else name)

    def items(self, least: int = 0, most: int = 1000) -> tuple[Place, ...]:
        """The items of a list of `least` to `most`."""
        if not isinstance(self.value, list) or not least <= len(self.value) <= most:
            raise self.refused("not_a_list", least=least, most=most)
        return tuple(Place(item, self.reason, f"{self.path}[{i}]") for i, item in enumerate(self.value))

    def integer(self, least: int = 0, most: int = SAFE) -> int:
        """An integer within both bounds."""
        if type(self.value) is not int or not least <= self.value <= most:
            raise self.refused("not_an_integer", least=least, most=most)
        return self.value

    def text(self, most: int = 500) -> str:
        """A string of 1 to `most` characters without control characters."""
        if not isinstance(self.value, str) or not 0 < len(self.value) <= most or not self.value.isprintable():
            raise self.refused("not_a_text", most=most)
        return self.value

    def matching(self, pattern: str) -> str:
        """A string that all of `pattern` matches."""
        if not isinstance(self.value, str) or re.fullmatch(pattern, self.value) is None:
            raise self.refused("not_of_the_form", pattern=pattern)
        return self.value

    def money(self) -> str:
        """A decimal string of at most 15 digits and 2 decimals; never negative, never a float."""
        if not isinstance(self.value, str) or _MONEY.match(self.value) is None:
            raise self.refused("not_an_amount")
        return self.value

    def hexed(self, size: int | None = None) -> str:
        """Lowercase hex of `size` bytes."""
        value = self.value
        if not isinstance(value, str) or len(value) % 2 or _HEX.match(value) is None:
            raise self.refused("not_hex")
        if size is not None and len(value) != 2 * size:
            raise self.refused("wrong_length", bytes=size)
        return value

    def one_of(self, *options: Any) -> Any:
        """One of `options`, of the same type (True is not 1)."""
        if not any(type(self.value) is type(option) and self.value == option for option in options):
            raise self.refused("not_one_of", options=list(options))
        return self.value

    def instant(self) -> datetime:
        """An RFC 3339 time with its offset, in UTC."""
        if not isinstance(self.value, str):
            raise self.refused("not_a_time")
        try:
            return facts.instant(self.value)
        except Refused as fault:
            raise self.refused(fault.reason) from None
