"""Frames and their lengths, at every boundary."""

from __future__ import annotations

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from bidroom.crypto.frames import (
    DOCUMENTS,
    FORM,
    FrameReader,
    frame_length,
    framed,
    is_sealed_length,
    padme,
    sealed_length,
)
from bidroom.facts import Refused
from tests.vectors import reference

B = b"B" * 32
SIZES = st.integers(0, 1 << 41)


@given(st.integers(48, 1 << 62))
def test_padme_is_the_reference_and_costs_little(length: int) -> None:
    padded = padme(length)
    assert padded == reference.padme(length)
    assert padme(padded) == padded
    assert length <= padded <= length + length // 8


@given(st.sampled_from([FORM, DOCUMENTS]), SIZES)
@example(FORM, 65488)
@example(FORM, 65489)
def test_a_part_can_have_the_length_that_it_has(part: int, size: int) -> None:
    length = sealed_length(frame_length(part, size))
    assert is_sealed_length(part, length)
    assert not is_sealed_length(part, length - 1)


@pytest.mark.parametrize("part", [FORM, DOCUMENTS])
@pytest.mark.parametrize("size", [0, 1, 16335, 16336, 16337, (1 << 20) - 1, 1 << 20, (1 << 20) + 1])
@pytest.mark.parametrize("cut", [1, 47, 48, 49, 16384, 1 << 20])
def test_a_frame_is_read_however_it_is_cut(part: int, size: int, cut: int) -> None:
    data = reference.chance("frame", size)
    frame = b"".join(framed(part, B, [data], size))
    assert len(frame) == frame_length(part, size)
    step = cut if cut > 40 else len(frame) // 7 + 1
    reader = FrameReader(part, B)
    read = b"".join(reader.feed(frame[start : start + step]) for start in range(0, len(frame), step))
    reader.finish()
    assert read == data


@pytest.mark.parametrize("found", [9, 11])
def test_documents_that_change_while_they_are_sealed(found: int) -> None:
    with pytest.raises(Refused) as refused:
        list(framed(DOCUMENTS, B, [bytes(found)], 10))
    assert (refused.value.reason, refused.value.details) == ("documents_changed", {"expected": 10, "found": found})
