"""docs/rules.md is what the tables say, no older and no newer."""

from __future__ import annotations

from pathlib import Path

from click.testing import CliRunner

from bidroom.cli.rules import rules
from bidroom.rules import TABLES

PAGE = Path(__file__).parents[2] / "docs" / "rules.md"


def test_the_page_is_what_the_tables_say() -> None:
    printed = CliRunner().invoke(rules).output
    assert PAGE.read_text("utf-8") == printed, "run: bidroom rules > docs/rules.md"


def test_the_page_names_every_row() -> None:
    printed = CliRunner().invoke(rules).output
    for table in TABLES:
        for row in table.rows:
            assert f"`{row.on}`" in printed
            assert f"`{row.fact}`" in printed
