"""The documents name commands that exist: every `make` target and every `bidroom` command in their examples."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import click
import pytest

from bidroom.cli.__main__ import COMMANDS, main
from bidroom.config import Settings

ROOT = Path(__file__).parent.parent.parent
DOCUMENTS = ("README.md", "CONTRIBUTING.md", "docs/operations.md")
BLOCK = re.compile(r"^```sh\n(.*?)^```", re.MULTILINE | re.DOTALL)


def examples(program: str) -> list[list[str]]:
    """The words of every example line that calls `program`, without comments."""
    blocks = [b for d in DOCUMENTS for b in BLOCK.findall((ROOT / d).read_text(encoding="utf-8"))]
    lines = [shlex.split(line, comments=True) for block in blocks for line in block.splitlines()]
    return [line for line in lines if line and line[0] == program]


def test_the_two_commands_come_first() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    first = BLOCK.search(text)
    assert first
    assert first.start() < 20
    assert [line.split()[:2] for line in first[1].splitlines()] == [["make", "demo"], ["make", "test"]]


def test_every_make_target_named_exists() -> None:
    targets = set(re.findall(r"^([a-z0-9]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    named = {word for line in examples("make") for word in line[1:] if "=" not in word}
    assert named
    assert named <= targets


def test_every_setting_is_documented_and_none_else() -> None:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    assert set(re.findall(r"BIDROOM_([A-Z_]+)", text)) == {name.upper() for name in Settings.model_fields}


@pytest.mark.parametrize("words", examples("bidroom"), ids=" ".join)
def test_every_command_named_exists(words: list[str]) -> None:
    command: click.Command = main
    context = click.Context(main)
    for word in words[1:]:
        if word.startswith("-") or not isinstance(command, click.Group):
            break
        found = command.get_command(context, word)
        assert found, f"bidroom has no {word}"
        command = found
    options = {option for parameter in command.params for option in parameter.opts} | {"--help"}
    assert {word for word in words if word.startswith("--")} <= options


@pytest.mark.parametrize("name", list(COMMANDS))
def test_every_command_of_the_table_loads(name: str) -> None:
    command = main.get_command(click.Context(main), name) if isinstance(main, click.Group) else None
    assert isinstance(command, click.Command)
    assert command.name == name
