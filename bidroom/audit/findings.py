"""What a check finds: something wrong with its place, something that cannot be seen here, or something to know."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, ParamSpec

from cryptography.exceptions import UnsupportedAlgorithm

from bidroom.facts import Refused, nothing

P = ParamSpec("P")
STUMBLES = (
    LookupError, TypeError, ValueError, AttributeError, ArithmeticError, AssertionError, RuntimeError,
    UnsupportedAlgorithm,
)  # fmt: skip
"""What a hostile document can make a reader stumble over; that is red, never a crash and never green."""


@dataclass(frozen=True, slots=True)
class Finding:
    """Something wrong: the reason's name, the file or field it is in, and the entry's number where it is one's."""

    reason: str
    place: str | None = None
    seq: int | None = None
    details: Mapping[str, Any] = field(default_factory=nothing)


@dataclass(frozen=True, slots=True)
class Note:
    """Something to know beside green: what could not be checked here, or is odd without being wrong."""

    text: str
    details: Mapping[str, Any] = field(default_factory=nothing)


Found = Finding | Note


def finding(refused: Refused, place: str | None = None, seq: int | None = None) -> Finding:
    """A refusal as a finding; the file stands before the field within it."""
    details = dict(refused.details)
    number = details.pop("seq", seq)
    where = "#".join(part for part in (place, refused.field) if part) or None
    return Finding(refused.reason, where, number, details)


def stumbled(reason: str, stumble: Exception, place: str | None, seq: int | None) -> Finding:
    """What a reader stumbled over as a finding."""
    return Finding(reason, place, seq, {"cause": f"{type(stumble).__name__}: {stumble}"[:200]})


def attempt(
    place: str | None, seq: int | None, work: Callable[P, Iterator[Found] | None], *args: P.args, **kwargs: P.kwargs
) -> Iterator[Found]:
    """What `work` yields, and what it stumbles over at this place, so that one bad thing hides no other."""
    try:
        yield from work(*args, **kwargs) or ()
    except Refused as refused:
        yield finding(refused, place, seq)
    except STUMBLES as stumble:
        yield stumbled("not_understood", stumble, place, seq)
