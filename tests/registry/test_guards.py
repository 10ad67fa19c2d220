"""Each row of the registry's tables takes what it should, and each of its guards refuses what it should by name."""

from __future__ import annotations

import pytest

from bidroom.rules import TABLES
from tests.attempts import Key, pairs
from tests.registry.cases import CASES, GOOD, SAYS


def test_no_row_is_without_a_good_attempt() -> None:
    assert set(GOOD) == {(table.name, row.on) for table in TABLES if table.name != "opening" for row in table.rows}


def test_no_guard_is_without_a_case() -> None:
    assert set(CASES) == {(key, guard) for key, guard in pairs(TABLES) if key[0] != "opening"}


@pytest.mark.parametrize("key", GOOD)
def test_a_good_attempt_makes_its_rows_fact(key: Key) -> None:
    (row,) = [row for table in TABLES if table.name == key[0] for row in table.rows_on(key[1])]
    assert [fact.type for fact in GOOD[key]().decide()] == [row.fact]


@pytest.mark.parametrize(("key", "guard"), CASES)
def test_the_guard_refuses_by_its_name(key: Key, guard: str) -> None:
    assert CASES[key, guard]().reason() == SAYS.get((key, guard), guard)
