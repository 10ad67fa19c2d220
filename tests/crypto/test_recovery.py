"""Recovery codes as they are printed and typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidroom.crypto.recovery import ALPHABET, P256_ORDER, key_of, new_code, read_code, scalar_of
from bidroom.facts import Refused


@given(st.binary(min_size=20, max_size=20))
def test_a_code_is_read_as_it_was_made(code: bytes) -> None:
    text = new_code(lambda size: code[:size])
    assert len(text) == 39
    assert set(text) <= {*ALPHABET, "-"}
    assert read_code(text) == read_code(text.lower().replace("-", " ")) == code
    assert 1 <= scalar_of(code) < P256_ORDER
    assert key_of(text).private_numbers().private_value == scalar_of(code)


@given(st.text(max_size=40))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="recovery_code_malformed"):
        read_code(text)


def test_codes_differ() -> None:
    assert len({new_code() for _ in range(100)}) == 100
