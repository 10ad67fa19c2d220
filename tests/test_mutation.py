"""A test of the tests: with any one guard taken out of its row, the case that it refused is refused no longer so.

So deleting a guard from a table breaks the test of its case, and adding one without a case breaks that of the cases.
"""

from __future__ import annotations

from collections.abc import Callable

import pytest

from bidroom.facts import Refused
from bidroom.rules import TABLES
from tests.attempts import Attempt, Key, pairs, without_guard
from tests.opening import cases as opening
from tests.registry import cases as registry

PAIRS = pairs(TABLES)
CASES: dict[tuple[Key, str], Callable[[], Attempt]] = {
    **{(("opening", command), guard): case for (command, guard), case in opening.CASES.items()},
    **registry.CASES,
}


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: f"{pair[0][1]}-{pair[1]}")
def test_a_guard_that_is_gone_is_missed(pair: tuple[Key, str]) -> None:
    _, row, guard = PAIRS[pair]
    attempt, said = CASES[pair](), registry.SAYS.get(pair, pair[1])
    assert attempt.reason() == said
    assert outcome(attempt, row, guard) != said


def outcome(attempt: Attempt, row: object, guard: object) -> object:
    """What comes of it without the guard; a guard that stood for another's safety may leave a fault behind."""
    try:
        return [fact.type for fact in attempt.decide(without_guard(TABLES, row, guard))]  # type: ignore[arg-type]
    except Refused as refused:
        return refused.reason
    except (KeyError, AttributeError, TypeError, AssertionError) as fault:
        return type(fault)


def test_each_guard_stands_in_a_row_once() -> None:
    assert len(PAIRS) == sum(len(row.needs) for table in TABLES for row in table.rows)


def test_no_table_answers_one_command_with_two_rows() -> None:
    keys = [(table.name, row.on) for table in TABLES for row in table.rows]
    assert len(set(keys)) == len(keys)
