"""docs/log.md: its example runs, and it names every check and every folder of a bundle."""

from __future__ import annotations

import re
from pathlib import Path

from bidroom.audit.layout import LIMITS
from bidroom.audit.report import CHECKS

PAGE = (Path(__file__).parent.parent.parent / "docs" / "log.md").read_text(encoding="utf-8")


def test_the_example_runs() -> None:
    (example,) = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile(example, "docs/log.md", "exec"), {})  # the page is ours


def test_every_check_has_its_row() -> None:
    rows = re.findall(r"^\| ([0-9]+) \| ", PAGE, re.MULTILINE)
    assert [int(row) for row in rows] == [check.no for check in CHECKS]


def test_every_folder_of_a_bundle_is_named() -> None:
    for pattern, _ in LIMITS:
        top = pattern.pattern.partition("/")[0].replace("\\", "")
        assert f"`{top}" in PAGE, top
