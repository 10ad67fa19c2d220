"""The one font of what leaves the room as PDF, and which characters it has (OpenType, `cmap` format 12)."""

from __future__ import annotations

import struct
from bisect import bisect_right
from functools import cache
from pathlib import Path

from noto_cjk_sans_otc import FONT_PATH

FONT = Path(str(FONT_PATH))
"""Noto Sans CJK; the one of simplified Chinese is the third of the collection."""
FACE = 2
FORMAT_12 = 12


def is_there(character: str) -> bool:
    """Whether the font can show this character."""
    starts, ends = _ranges()
    place = bisect_right(starts, ord(character)) - 1
    return place >= 0 and ord(character) <= ends[place]


@cache
def _ranges() -> tuple[tuple[int, ...], tuple[int, ...]]:
    """First and last code points of the runs of characters that have a glyph."""
    with FONT.open("rb") as file:
        data = file.read()
    start = _cmap(data)
    (count,) = struct.unpack_from(">I", data, start + 12)
    groups = (struct.unpack_from(">III", data, start + 16 + 12 * number) for number in range(count))
    found = [(first, last) for first, last, glyph in groups if glyph]
    return tuple(first for first, _ in found), tuple(last for _, last in found)


def _cmap(data: bytes) -> int:
    """Where the face's mapping of all of Unicode begins."""
    (face,) = struct.unpack_from(">I", data, 12 + 4 * FACE)
    (tables,) = struct.unpack_from(">H", data, face + 4)
    directory = (struct.unpack_from(">4sIII", data, face + 12 + 16 * number) for number in range(tables))
    table = next(offset for tag, _, offset, _ in directory if tag == b"cmap")
    (count,) = struct.unpack_from(">H", data, table + 2)
    records = (struct.unpack_from(">HHI", data, table + 4 + 8 * number) for number in range(count))
    places = (table + offset for _, _, offset in records)
    found = (place for place in places if struct.unpack_from(">H", data, place) == (FORMAT_12,))
    return int(next(found))
