"""`bidroom init`: what an operator does before the first start."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bidroom.cli.__main__ import main
from bidroom.crypto.checkpoint import parse_vkey
from bidroom.crypto.testca import TestCa

NOW = datetime.now(UTC)


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder for a server that has never run."""
    (tmp_path / "trust").mkdir()
    monkeypatch.setenv("BIDROOM_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("BIDROOM_TRUST", str(tmp_path / "trust"))
    monkeypatch.setenv("BIDROOM_LOG_NAME", "log.example")
    monkeypatch.setenv("BIDROOM_LANGUAGE", "en")
    return tmp_path / "data"


def run(*arguments: str, password: str = "correct horse") -> Result:
    return CliRunner().invoke(main, ["init", *arguments], env={"BIDROOM_PASSWORD": password})


def test_it_makes_database_and_keys_and_prints_what_to_pin(data: Path) -> None:
    said = run()
    assert said.exit_code == 0
    log, receipt = (line.split()[1] for line in said.output.splitlines())
    assert (parse_vkey(log).name, parse_vkey(receipt).name) == ("log.example", "log.example/receipt")
    assert (data / "bidroom.sqlite").exists()
    assert run().output == said.output


def test_it_appoints_the_first_clerk_once(data: Path) -> None:
    first, second = run("--account", "window1", "--name", "窗口"), run("--account", "window1")
    assert first.exit_code == 0
    assert (second.exit_code, second.output.rstrip().endswith("[already_claimed]")) == (1, True)


def test_a_short_password_is_refused_by_its_field(data: Path) -> None:
    said = run("--account", "window1", password="short")
    assert said.exit_code == 1
    assert "(password: " in said.output
    assert "[request_malformed]" in said.output


def test_a_certificate_that_is_none_is_refused(data: Path, tmp_path: Path) -> None:
    path = tmp_path / "me.pem"
    path.write_text("nothing")
    said = run("--account", "watch1", "--role", "supervisor", "--certificate", str(path))
    assert said.exit_code == 1
    assert "(me.pem) [certificate_malformed]" in said.output


@pytest.mark.parametrize(
    ("name", "value"), [("PORT", "many"), ("ASYNC_MODE", "fibres"), ("DATABASE_URL", "nothing"), ("LOG_NAME", "a b")]
)
def test_a_setting_that_is_wrong_is_named(data: Path, monkeypatch: pytest.MonkeyPatch, name: str, value: str) -> None:
    monkeypatch.setenv(f"BIDROOM_{name}", value)
    said = run()
    assert said.exit_code == 1
    assert f"(BIDROOM_{name}" in said.output
    assert said.output.rstrip().endswith("[setting_malformed]")


def test_a_database_that_is_not_there_is_named(data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIDROOM_DATABASE_URL", f"sqlite:///{data}/no/such/folder/file.sqlite")
    said = run()
    assert said.exit_code == 1
    assert said.output.rstrip().endswith("[database_unreachable]")


def test_nobody_else_may_look_into_the_data(data: Path) -> None:
    assert run().exit_code == 0
    assert data.stat().st_mode & 0o077 == 0


def test_a_supervisor_who_could_not_sign_is_not_appointed(data: Path) -> None:
    said = run("--account", "watch1", "--role", "supervisor")
    assert said.exit_code == 2
    assert "--certificate" in said.output
    assert not data.exists()


def test_a_name_is_not_lost_to_a_certificate_that_nobody_trusts(data: Path, tmp_path: Path) -> None:
    _, certificate = TestCa.create("unknown", NOW).issue_person("某人", "某中心", at=NOW)
    path = tmp_path / "me.der"
    path.write_bytes(certificate)
    refused = run("--account", "watch1", "--role", "supervisor", "--certificate", str(path))
    assert refused.exit_code == 1
    assert refused.output.rstrip().endswith("[certificate_of_unknown_issuer]")
    assert run("--account", "watch1", "--role", "auditor").exit_code == 0
