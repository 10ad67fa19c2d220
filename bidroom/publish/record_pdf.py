"""The opening record as PDF: the same record gives the same bytes, anywhere and at any time.

What people typed reaches the typesetter as data and never as its language.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from io import BytesIO
from typing import Any

import segno

from bidroom.publish.glyphs import is_there
from bidroom.publish.typesetting import typeset
from bidroom.web.present.record_cells import Document, code_point

LONG_RUN = re.compile(r"[^\s\u2e80-\uffef\U00020000-\U0003ffff]{20,}")
STEP = 10
BREAK = "\u200b"
"""Zero width: a line may end here. Only in what would run out of its column otherwise, never in a digest."""


def record_pdf(document: Document, at: datetime) -> bytes:
    """The PDF of this record; `at` (when the opening ended) is the time that the file gives as its own."""
    return typeset(data(document), int(at.timestamp()))


def data(document: Document) -> str:
    """All that the typesetter is given, as JSON."""
    told = _drawn(asdict(document), "")
    return json.dumps({**told, "note": document.note, "qr": qr(document.note)}, ensure_ascii=False)


def qr(text: str) -> str:
    """A QR code of the text, as SVG."""
    out = BytesIO()
    code = segno.make(text, error="m", micro=False)
    code.save(out, kind="svg", border=2, xmldecl=False, svgclass=None, lineclass=None)
    return out.getvalue().decode()


def qr_data(text: str) -> str:
    """The same code as a data address, for a page's `img`."""
    return "data:image/svg+xml;base64," + base64.b64encode(qr(text).encode()).decode()


# --- text that can be drawn


def _drawn(value: Any, kind: str) -> Any:
    """The same structure with texts that the font can show and lines that can end."""
    if isinstance(value, dict):
        return {name: _drawn(each, value.get("kind", kind)) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_drawn(each, kind) for each in value]
    if not isinstance(value, str):
        return value
    text = "".join(_glyphs(value))
    return text if kind == "code" else LONG_RUN.sub(_breakable, text)


def _glyphs(text: str) -> Iterator[str]:
    for character in text:
        yield character if character == "\n" or is_there(character) else code_point(character)


def _breakable(run: re.Match[str]) -> str:
    return BREAK.join(run[0][start : start + STEP] for start in range(0, len(run[0]), STEP))
