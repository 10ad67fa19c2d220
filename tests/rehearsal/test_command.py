"""`bidroom rehearse`: what it says and how it ends where nothing can be acted."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bidroom.cli.__main__ import main
from bidroom.cli.rehearse import shipped
from bidroom.rehearsal.server import free_port
from tests.rehearsal.acted import LOT, TITLE, bidders


def run(scenario: Path, *more: str, language: str = "en") -> Result:
    arguments = ["rehearse", str(scenario), "--out", str(scenario.parent / "out"), *more]
    return CliRunner().invoke(main, arguments, env={"BIDROOM_LANGUAGE": language})


@pytest.fixture
def scenario(tmp_path: Path) -> Path:
    path = tmp_path / "mine.yaml"
    path.write_text(TITLE + LOT + bidders(), "utf-8")
    return path


def test_a_mistake_ends_it_with_2_and_names_file_and_line(scenario: Path) -> None:
    scenario.write_text(scenario.read_text("utf-8").replace("rule_pack: cn-small", "rule_pack: none"), "utf-8")
    said = run(scenario)
    assert said.exit_code == 2
    assert said.output.startswith(f"{scenario}:4: ")
    assert "rule_pack" in said.output
    assert not (scenario.parent / "out").exists()


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_what_cannot_be_acted_yet_ends_it_with_2(scenario: Path, language: str) -> None:
    scenario.write_text(scenario.read_text("utf-8") + "draw: {name: 下浮率}\n", "utf-8")
    said = run(scenario, language=language)
    lines = scenario.read_text("utf-8").count("\n")
    assert said.exit_code == 2
    assert said.output.startswith(f"{scenario}:{lines}: ")
    assert "draw" in said.output
    assert "[scenario_field_not_supported]" in said.output


def test_a_file_that_is_not_there_ends_it_with_2(tmp_path: Path) -> None:
    assert run(tmp_path / "none.yaml").exit_code == 2


def test_a_server_that_nobody_started_ends_it_with_1(scenario: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bidroom.cli.client.PATIENCE", 0.2)
    said = run(scenario, "--url", f"http://127.0.0.1:{free_port()}")
    assert said.exit_code == 1
    assert "[server_unreachable]" in said.output


def test_an_address_that_is_none_ends_it_with_1(scenario: Path) -> None:
    said = run(scenario, "--url", "nowhere")
    assert said.exit_code == 1
    assert "[url_malformed]" in said.output


def test_the_help_names_every_scenario_that_is_shipped() -> None:
    said = CliRunner().invoke(main, ["rehearse", "--help"]).output
    assert {"ordinary", "trouble", "under-minimum"} == set(shipped())
    assert all(name in said for name in shipped())
    assert all(path.is_file() for path in shipped().values())


def test_a_name_that_is_not_shipped_ends_it_with_2(tmp_path: Path) -> None:
    assert CliRunner().invoke(main, ["rehearse", "nowhere", "--out", str(tmp_path)]).exit_code == 2
