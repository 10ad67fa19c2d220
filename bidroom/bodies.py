"""What the body of a command may hold: read strictly before any guard, so that rules meet only values of their kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from bidroom.crypto.shape import Place
from bidroom.facts import Body, Command, Refused, nothing

Read = Callable[[Place], Any]
"""Looks at one member; Refused('command_malformed') with its name where it is of another kind."""

MALFORMED = "command_malformed"
LONGEST_TEXT = 2_000
LONGEST_NAME = 500
LONGEST_DOCUMENT = 700_000
"""Characters of base64 of the longest signed document: it must fit into an entry."""
MOST_DIGESTS = 10_000
MOST_LOTS = 0xFFFF

NO_LOT, ONE_LOT, MAYBE_A_LOT = "none", "one", "maybe"


@dataclass(frozen=True, slots=True)
class Shape:
    """The members of a body: every one of `needs`, maybe some of `may`, no other; and whether it is about one lot."""

    needs: Mapping[str, Read] = field(default_factory=nothing)
    may: Mapping[str, Read] = field(default_factory=nothing)
    lot: str = NO_LOT

    def check(self, command: Command) -> None:
        """Refused("command_malformed") names the member, and the cause."""
        self.check_body(Place(command.body, MALFORMED, "body"))
        self._check_lot(command.lot)

    def check_body(self, at: Place) -> None:
        """The members alone, wherever they were read."""
        for name, place in at.members(*self.needs, optional=tuple(self.may)).items():
            (self.needs.get(name) or self.may[name])(place)

    def _check_lot(self, lot: Any) -> None:
        if lot is None and self.lot == ONE_LOT:
            raise Refused(MALFORMED, field="lot", cause="missing")
        if lot is not None and self.lot == NO_LOT:
            raise Refused(MALFORMED, field="lot", cause="unknown")
        if lot is not None:
            Place(lot, MALFORMED, "lot").integer(1, MOST_LOTS)

    def of(self, told: Body) -> dict[str, Any]:
        """What must be in such a body, out of `told`: how a replay finds an unsigned command in its facts."""
        return {name: told[name] for name in self.needs if name in told}


def body(needs: Mapping[str, Read] | None = None, *, lot: str = NO_LOT, **may: Read) -> Shape:
    """A shape, written shortly."""
    return Shape(needs or nothing(), may, lot)


EMPTY = Shape()
"""A command that says all it says by its name."""


def words(at: Place) -> None:
    """Anything that people write, several lines too; whether it says enough is for the guards."""
    value = at.value
    if not isinstance(value, str) or len(value) > LONGEST_TEXT or not _is_readable(value):
        raise at.refused("not_a_text", most=LONGEST_TEXT)


def _is_readable(text: str) -> bool:
    one_line = text.translate({ord("\n"): None, ord("\t"): None})
    return one_line.isprintable()


def name(at: Place) -> None:
    """One line."""
    at.text(LONGEST_NAME)


def digest(at: Place) -> None:
    """32 bytes in hex."""
    at.hexed(32)


def identifier(at: Place) -> None:
    """16 bytes in hex."""
    at.hexed(16)


def digests(at: Place) -> None:
    """A list of digests, none twice."""
    found = [place.hexed(32) for place in at.items(0, MOST_DIGESTS)]
    if len(set(found)) != len(found):
        raise at.refused("named_twice")


def number(at: Place) -> None:
    """A whole number that is not negative."""
    at.integer()


def yes_or_no(at: Place) -> None:
    """true or false."""
    at.one_of(True, False)


def money(at: Place) -> None:
    """A decimal string."""
    at.money()


def time(at: Place) -> None:
    """RFC 3339 with its offset."""
    at.instant()


def document(at: Place) -> None:
    """Base64 of a signed document or of its signature."""
    if not isinstance(at.value, str) or not 0 < len(at.value) <= LONGEST_DOCUMENT:
        raise at.refused("not_base64", limit=LONGEST_DOCUMENT)
    at.matching(r"[A-Za-z0-9+/]+={0,2}")


REASON: Mapping[str, Read] = {"reason": words}
TEXT: Mapping[str, Read] = {"text": words}
