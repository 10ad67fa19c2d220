"""Whatever the audit can find is told in both languages."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

import bidroom.audit
from bidroom.audit import container
from bidroom.audit.report import CHECKS, GREEN, LATER, RED
from bidroom.audit.words import CAUSES, LABELS, NOTES, REASONS, STATES, words
from bidroom.audit.words import CHECKS as TITLES

SOURCES = sorted(Path(bidroom.audit.__file__).parent.rglob("*.py"))
CHINESE = re.compile(r"[一-鿿]")


def named_in(call: str) -> set[str]:
    """The first argument of every call of this name in the package, where it is written out."""
    found = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == call:
                found |= {arg.value for arg in node.args[:2] if isinstance(arg, ast.Constant)}
    return {str(name) for name in found if isinstance(name, str) and re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", name)}


def test_every_finding_has_its_words() -> None:
    assert named_in("Finding") | named_in("Refused") | named_in("wrong") <= set(REASONS)


def test_every_note_has_its_words() -> None:
    assert named_in("Note") <= set(NOTES)


def test_every_cause_of_a_container_has_its_words() -> None:
    source = Path(container.__file__).read_text("utf-8")
    causes = set(re.findall(r'_refused\("([a-z_]+)"', source))
    assert len(causes) > 8
    assert causes <= set(CAUSES)


def test_every_check_and_state_has_its_words() -> None:
    assert {check.name for check in CHECKS} == set(TITLES)
    assert {GREEN, RED, LATER} == set(STATES)


@pytest.mark.parametrize("table", [TITLES, STATES, LABELS, NOTES, REASONS, CAUSES])
def test_both_languages(table: dict[str, tuple[str, str]]) -> None:
    for name in table:
        assert CHINESE.search(str(words(table, name, "zh-CN"))), name
        assert not CHINESE.search(str(words(table, name, "en"))), name
    assert words(table, "no such name", "en") is None
