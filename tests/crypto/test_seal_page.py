"""The worked example of docs/seal.md runs as it is printed, and its numbers are right."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from bidroom.crypto.frames import FORM, frame_length, sealed_length

PAGE = (Path(__file__).parents[2] / "docs" / "seal.md").read_text("utf-8")


def test_the_example_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    _, _, rest = PAGE.partition("```python\n")
    example, _, _ = rest.partition("```")
    names: dict[str, object] = {}
    exec(compile(example, "docs/seal.md", "exec"), names)
    assert names["documents"] == b"documents, as an uncompressed ZIP"


def test_the_lengths_are_right() -> None:
    assert f"{sealed_length(frame_length(FORM, 24)):,} bytes" in PAGE
