"""Canonical JSON: what goes in comes out, byte for byte, and nothing else does."""

from __future__ import annotations

import hashlib
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidroom.crypto.canonical import canonical, digest_of, parse_canonical, sha256_hex
from bidroom.facts import Refused

TEXT = st.text(st.characters(codec="utf-8"))
SCALARS = st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | TEXT
JSON = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner), max_leaves=20)


@given(JSON)
def test_round_trip(value: Any) -> None:
    data = canonical(value)
    assert parse_canonical(data, 1 << 20, "malformed") == value


@given(JSON, st.integers(0), st.binary(min_size=1, max_size=2))
def test_no_other_bytes_say_the_same(value: Any, at: int, more: bytes) -> None:
    data = canonical(value)
    at %= len(data) + 1
    other = data[:at] + more + data[at:]
    with suppress(Refused):
        assert canonical(parse_canonical(other, 1 << 20, "malformed")) == other


@given(st.binary(max_size=200))
def test_any_bytes_are_parsed_or_refused(data: bytes) -> None:
    with suppress(Refused):
        assert canonical(parse_canonical(data, 100, "malformed")) == data


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"a": [1, {"b": 1.5}]}, "a[1].b"),
        ({"a": 2**53}, "a"),
        ({"a": "\ud800"}, "a"),
        ({1: "a"}, None),
        ({"a": b"bytes"}, "a"),
        (float("nan"), None),
    ],
)
def test_what_has_no_exact_form_is_refused(value: Any, field: str | None) -> None:
    with pytest.raises(Refused) as refused:
        canonical(value)
    assert (refused.value.reason, refused.value.field) == ("json_malformed", field)


def test_too_deep_to_write() -> None:
    value: list[Any] = []
    for _ in range(100_000):
        value = [value]
    with pytest.raises(Refused) as refused:
        canonical(value)
    assert refused.value.details == {"cause": "too_deep"}


def test_a_digest_is_over_the_tagged_bytes() -> None:
    assert digest_of("bid", b"{}") == hashlib.sha256(b"bidroom/v1/bid\0{}").hexdigest()
    assert digest_of("command", b"{}") != digest_of("bid", b"{}")
    assert sha256_hex(b"") == hashlib.sha256(b"").hexdigest()
