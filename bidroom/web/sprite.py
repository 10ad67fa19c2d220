"""The icons of the pages in one file: `ui/icons.json` names them, @tabler/icons draws them, pages point at symbols."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from pathlib import Path

NAMES = "icons.json"
PACKAGE = "@tabler/icons"
FILLED = "-filled"
"""What the name of a filled drawing ends with; all others are outlines."""
_DRAWN = re.compile(r"<(?:path|circle|rect|line|polyline|ellipse)\b[^>]*/>")
_FRAME = 'stroke="none"'
"""Marks the invisible square that every drawing begins with."""


def sprite(ui: Path) -> str:
    """An SVG document with one symbol a name; KeyError for a name that the package does not draw."""
    names = json.loads((ui / NAMES).read_text("utf-8"))
    folder = ui / "node_modules" / PACKAGE / "icons"
    symbols = "".join(_symbol(name, folder) for name in sorted(set(names)))
    return f'<svg xmlns="http://www.w3.org/2000/svg">{symbols}</svg>\n'


def _symbol(name: str, folder: Path) -> str:
    """Outlines take stroke and width from the page that uses them, filled ones only its colour."""
    kind = "filled" if name.endswith(FILLED) else "outline"
    path = folder / kind / f"{name.removesuffix(FILLED)}.svg"
    if not path.exists():
        raise KeyError(f"{NAMES}: {PACKAGE} has no {kind} icon {name}")
    paint = ' fill="currentColor" stroke="none"' if kind == "filled" else ""
    return f'<symbol id="{name}" viewBox="0 0 24 24"{paint}>{"".join(_shapes(path.read_text("utf-8")))}</symbol>'


def _shapes(drawing: str) -> Iterable[str]:
    return (re.sub(r"\s+", " ", shape) for shape in _DRAWN.findall(drawing) if _FRAME not in shape)
