"""The shapes of bodies: every reader takes what it should, and refuses the rest with the member's name."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidroom import bodies
from bidroom.bodies import EMPTY, MAYBE_A_LOT, ONE_LOT, Read, body
from bidroom.crypto.shape import Place
from bidroom.facts import Command, Refused
from bidroom.rules import TABLES

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
READERS: tuple[Read, ...] = (
    bodies.words, bodies.name, bodies.digest, bodies.digests, bodies.identifier, bodies.number, bodies.yes_or_no,
    bodies.money, bodies.time, bodies.document,
)  # fmt: skip


TAKEN_OR_MALFORMED = (None, "command_malformed")


def refusal(act: Callable[[], object]) -> str | None:
    """Why it is refused; None where it is not."""
    try:
        act()
    except Refused as refused:
        return refused.reason
    return None


def asked(told: Any, lot: Any = None) -> Command:
    return Command("00" * 16, "00" * 16, "Say", told, lot=lot)


@pytest.mark.parametrize(("read", "value"), [
    (bodies.words, ""), (bodies.words, "第一行\n\t第二行"), (bodies.words, "字" * 2000), (bodies.name, "王工"),
    (bodies.digest, "0f" * 32), (bodies.identifier, "0f" * 16), (bodies.digests, []), (bodies.digests, ["0f" * 32]),
    (bodies.number, 0), (bodies.number, 2**53 - 1), (bodies.yes_or_no, False), (bodies.money, "0.50"),
    (bodies.time, "2026-09-18T12:00:00+08:00"), (bodies.document, "AA=="),
])  # fmt: skip
def test_what_is_taken(read: Read, value: Any) -> None:
    body({"it": read}).check(asked({"it": value}))


@pytest.mark.parametrize(("read", "value"), [
    (bodies.words, "字" * 2001), (bodies.words, "\0"), (bodies.words, "\x1b[31m"), (bodies.words, "\ud800"),
    (bodies.words, "\u202e倒写"), (bodies.name, ""), (bodies.name, "两\n行"), (bodies.name, "x" * 501),
    (bodies.digest, "0F" * 32), (bodies.digest, "0f" * 31), (bodies.digests, ["0f" * 32] * 2),
    (bodies.digests, [["0f" * 32]]), (bodies.digests, ["0f" * 32, None]), (bodies.number, True), (bodies.number, 1.0),
    (bodies.number, -1), (bodies.number, 2**53), (bodies.number, float("nan")), (bodies.yes_or_no, 1),
    (bodies.yes_or_no, "true"), (bodies.money, "-1.00"), (bodies.money, "1e9"), (bodies.money, 1),
    (bodies.time, "2026-09-18T12:00:00"), (bodies.time, "9999-12-31T23:59:59+00:00"), (bodies.time, 0),
    (bodies.time, "0001-01-01T00:00:00+14:00"), (bodies.document, ""), (bodies.document, "A" * 700_001),
    (bodies.document, "%%%%"),
])  # fmt: skip
def test_what_is_refused(read: Read, value: Any) -> None:
    with pytest.raises(Refused) as refused:
        body({"it": read}).check(asked({"it": value}))
    assert refused.value.reason == "command_malformed"
    assert str(refused.value.field).startswith("body.it")


@given(value=JSON)
def test_no_value_does_anything_else_to_a_reader(value: Any) -> None:
    for read in READERS:
        assert refusal(partial(read, Place(value, "command_malformed", "body.it"))) in TAKEN_OR_MALFORMED


@given(told=JSON, lot=JSON)
def test_no_body_does_anything_else_to_a_shape(told: Any, lot: Any) -> None:
    for table in TABLES:
        for row in table.rows:
            assert refusal(partial(row.takes.check, asked(told, lot))) in TAKEN_OR_MALFORMED


def test_a_member_that_may_be_there_is_read_where_it_is() -> None:
    shape = body({"it": bodies.number}, note=bodies.words)
    shape.check(asked({"it": 1}))
    shape.check(asked({"it": 1, "note": "x"}))
    with pytest.raises(Refused, match=r"body\.note"):
        shape.check(asked({"it": 1, "note": 1}))


def test_a_command_is_about_one_lot_about_none_or_maybe_about_one() -> None:
    for lot, shapes in ((None, (EMPTY, body(lot=MAYBE_A_LOT))), (7, (body(lot=ONE_LOT), body(lot=MAYBE_A_LOT)))):
        for shape in shapes:
            shape.check(asked({}, lot))
    for lot, shape in ((None, body(lot=ONE_LOT)), (7, EMPTY), (0, body(lot=MAYBE_A_LOT))):
        with pytest.raises(Refused) as refused:
            shape.check(asked({}, lot))
        assert refused.value.field == "lot"


def test_what_must_be_in_a_body_is_found_among_other_things() -> None:
    assert body({"it": bodies.number}, note=bodies.words).of({"it": 1, "note": "x", "more": 2}) == {"it": 1}
