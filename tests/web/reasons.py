"""Every reason that is raised anywhere in the package, read out of its source."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import bidroom
from bidroom.rules import TABLES

PACKAGE = Path(bidroom.__file__).parent


@cache
def modules() -> tuple[ast.Module, ...]:
    """Every module of the package, parsed."""
    return tuple(ast.parse(path.read_text("utf-8")) for path in sorted(PACKAGE.rglob("*.py")))


def name_of(node: ast.expr) -> str:
    """What is called, without what it is called on."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def calls(name: str) -> Iterator[ast.Call]:
    """Every call of something of this name."""
    for module in modules():
        for node in ast.walk(module):
            if isinstance(node, ast.Call) and name_of(node.func) == name:
                yield node


def texts(node: ast.expr) -> Iterator[str]:
    """The strings that an expression can be: itself, or either branch of a choice."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def constants() -> Iterator[str]:
    """Reasons that have a name of their own in a module, such as MALFORMED."""
    for module in modules():
        for node in module.body:
            if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant):
                value = node.value.value
                if isinstance(value, str) and value.endswith("_malformed"):
                    yield value


def mapped() -> Iterator[str]:
    """Reasons that stand in tables of reasons."""
    from bidroom.web.errors import HTTP_REASONS, STATUS

    yield from STATUS
    yield from HTTP_REASONS.values()


RAISED = re.compile(r'Refused\(\s*(?:\w+ \? "(\w+)" : )?"(\w+)"')
NAMED = re.compile(r'"(\w+_malformed)"')


def scripts() -> Iterator[str]:
    """Reasons that the browser's code refuses for."""
    for path in sorted((PACKAGE / "web" / "ui").rglob("*.mjs")):
        if "node_modules" not in path.parts:
            text = path.read_text("utf-8")
            yield from (name for found in RAISED.findall(text) for name in found if name)
            yield from NAMED.findall(text)


def reasons() -> set[str]:
    """Each reason that somebody may meet."""
    raised = {text for call in calls("Refused") if call.args for text in texts(call.args[0])}
    parsed = {text for call in calls("parse_canonical") for arg in call.args[2:3] for text in texts(arg)}
    guards = {guard.__name__ for table in TABLES for row in table.rows for guard in row.needs}
    return raised | parsed | guards | set(constants()) | set(mapped()) | set(scripts())


def causes() -> set[str]:
    """Each cause that a malformed input is refused with."""
    placed = {text for call in calls("refused") for arg in call.args[:1] for text in texts(arg)}
    named = {
        text
        for name in ("Refused", "_refused")
        for call in calls(name)
        for word in call.keywords
        if word.arg == "cause"
        for text in texts(word.value)
    }
    faults = {"float", "number", "surrogate", "duplicate_key", "not_json", "too_deep"}
    return placed | named | faults
