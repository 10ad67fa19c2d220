"""What a record must say, read from its JSON without the product's help, and the text of a PDF to hold it against."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from io import BytesIO
from typing import Any

from pypdf import PdfReader

Path = tuple[str | int, ...]
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z")
AMOUNTS = ("control_price", "price")
NAMED = (
    "rule_pack", "decryption", "state", "deposit", "outcome", "cause", "layer", "ruling", "phase", "decision", "as",
)  # fmt: skip
"""Members whose value is a name that the record puts into words."""


def leaves(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Every value in a document, with its path."""
    if isinstance(value, dict | list):
        for key, each in value.items() if isinstance(value, dict) else enumerate(value):
            yield from leaves(each, (*path, key))
    else:
        yield path, value


def is_named(path: Path) -> bool:
    """Whether words stand for the value."""
    names = [key for key in path if isinstance(key, str)]
    if names[-1] in NAMED:
        return True
    return "flags" in names or names == ["suspensions", "by"] or (names[0] == "lots" and names[1:] == ["reason"])


def expected(record: Any) -> Iterator[str]:
    """What has to be readable, in the order of the JSON, without its spaces."""
    for path, value in leaves(record):
        if value is None or isinstance(value, bool) or is_named(path):
            continue
        if isinstance(value, str) and TIME.fullmatch(value):
            at = datetime.fromisoformat(value).astimezone(timezone(timedelta(hours=8)))
            yield squeezed(at.strftime("%Y-%m-%d%H:%M:%S.%f").removesuffix(".000000"))
        elif path[-1] in AMOUNTS:
            whole, _, fen = str(value).partition(".")
            yield f"{int(whole):,}.{fen}"
        else:
            yield squeezed(str(value))


def squeezed(text: str) -> str:
    """Without spaces, line ends and places where a line may end."""
    return re.sub(r"[\s\u200b]", "", text)


def pages_of(pdf: bytes) -> list[str]:
    """The text of each page."""
    return [page.extract_text() for page in PdfReader(BytesIO(pdf)).pages]
