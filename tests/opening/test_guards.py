"""Each row of TABLE takes what it should, and each of its guards refuses, by its own name, what it should."""

from __future__ import annotations

import pytest

from bidroom.opening.rules import OPENING
from bidroom.rules import TABLES
from tests.attempts import pairs
from tests.opening.cases import CASES, GOOD

OF_THE_REGISTRY = {"PublishNotice"}
"""The registry decides it; the opening only moves with its fact."""


def test_no_row_is_without_a_good_attempt() -> None:
    assert set(GOOD) == {row.on for row in OPENING.rows} - OF_THE_REGISTRY


def test_no_guard_is_without_a_case() -> None:
    assert set(CASES) == {(command, guard) for (table, command), guard in pairs(TABLES) if table == "opening"}


@pytest.mark.parametrize("command", GOOD)
def test_a_good_attempt_makes_its_rows_fact(command: str) -> None:
    (row,) = OPENING.rows_on(command)
    assert [fact.type for fact in GOOD[command]().decide()][-1] == row.fact


@pytest.mark.parametrize(("command", "guard"), CASES)
def test_the_guard_refuses_by_its_name(command: str, guard: str) -> None:
    assert CASES[command, guard]().reason() == guard
