"""Documents that are wrong in one or two places, drawn from the accepted vectors; the same ones for the same seed."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from random import Random
from typing import Any

FILES = ("canonical", "forms", "headers", "terms", "timelines")
VALUES: tuple[Any, ...] = (
    None, True, False, 0, 1, -1, 2**53 - 1, 2**53, 1.5, "", "a", "0", "01", "1.00", "x\0", "\ud800", "\u3000", "\u200b",
    "ab" * 16, "ab" * 32, "AB" * 32, "é" * 201, "\U00020000" * 200, "٣", [], [1], {}, {"a": 1},
    "2026-09-18T09:00:00", "2026-09-18T09:00:00+08:00", "2026-02-30T09:00:00Z",
)  # fmt: skip
KEYS = ("more", "A", "é", "\ud800", "\U00020000")


def mutated(text: str, random: Random) -> bytes:
    """The document with one or two of its values changed, taken out or added; sometimes its bytes are spoilt too."""
    document = json.loads(text)
    for _ in range(random.choice((1, 1, 2))):
        document = _change(copy.deepcopy(document), random)
    return _spoilt(_bytes(document), random)


def _change(document: Any, random: Random) -> Any:
    places = list(_places(document))
    if not places:
        return document
    parent, key = random.choice(places)
    match random.choice(("set", "remove", "add", "shuffle")):
        case "set":
            parent[key] = random.choice(VALUES)
        case "remove":
            parent.pop(key)
        case "add" if isinstance(parent, dict):
            parent[random.choice(KEYS)] = random.choice(VALUES)
        case "add":
            parent.append(random.choice([random.choice(VALUES), copy.deepcopy(parent[key])]))
        case _ if isinstance(parent, list):
            random.shuffle(parent)
    return document


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else range(len(value)) if isinstance(value, list) else ()
    for key in keys:
        yield value, key
        yield from _places(value[key])


def _bytes(document: Any) -> bytes:
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    try:
        return text.encode()
    except UnicodeEncodeError:  # half a pair can only be written as an escape
        return json.dumps(document, separators=(",", ":"), sort_keys=True).encode()


def _spoilt(data: bytes, random: Random) -> bytes:
    at = random.randrange(len(data))
    match random.randrange(30):
        case 0:
            return data[:at] + random.randbytes(1) + data[at + 1 :]
        case 1:
            return data[:at]
        case 2:
            return data[:at] + data[at : at + random.randrange(1, 30)] + data[at:]
        case _:
            return data
