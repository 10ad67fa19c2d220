"""Keys for trials, .p12 files, and the words of the command line."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from bidroom.cli.__main__ import main
from bidroom.cli.identity import load_p12
from bidroom.cli.words import language, sentence
from bidroom.crypto.certificates import check_certificate, load_trust
from bidroom.facts import Refused

CODE = "91330102MAAY4CL123"
MADE = ("--name", "试用有限公司", "--uscc", CODE, "--passphrase", "secret")


def run(*arguments: object, language: str = "en") -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments], env={"BIDROOM_LANGUAGE": language})


@pytest.fixture
def ca(tmp_path: Path) -> Path:
    assert run("keys", "ca", tmp_path / "ca").exit_code == 0
    return tmp_path / "ca"


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_trials_certificate_is_good_under_its_authority(ca: Path, tmp_path: Path, kind: str) -> None:
    file = tmp_path / "me.p12"
    made = run("keys", "p12", file, "--ca", ca, "--type", kind, *MADE)
    identity = load_p12(file, "secret")
    holding = check_certificate(identity.certificate, load_trust(ca), datetime.now(UTC))
    assert made.output.split()[0] == identity.digest
    assert (holding.name, holding.uscc, holding.can_agree) == ("试用有限公司", CODE, kind == "ec")
    assert file.stat().st_mode & 0o077 == 0
    assert (ca / "ca.key").stat().st_mode & 0o077 == 0


def test_what_a_file_holds_is_shown(ca: Path, tmp_path: Path) -> None:
    file = tmp_path / "me.p12"
    run("keys", "p12", file, "--ca", ca, *MADE)
    shown = json.loads(run("keys", "show", file, "--passphrase", "secret").output)
    assert shown["sha256"] == load_p12(file, "secret").digest
    assert "试用有限公司" in shown["subject"]


def test_no_key_is_overwritten(ca: Path, tmp_path: Path) -> None:
    file = tmp_path / "me.p12"
    run("keys", "p12", file, "--ca", ca, *MADE)
    before = file.read_bytes(), (ca / "ca.key").read_bytes()
    assert run("keys", "p12", file, "--ca", ca, *MADE).exit_code == 1
    assert run("keys", "ca", ca).exit_code == 1
    assert (file.read_bytes(), (ca / "ca.key").read_bytes()) == before


def test_a_wrong_passphrase_is_said_in_both_languages(ca: Path, tmp_path: Path) -> None:
    file = tmp_path / "me.p12"
    run("keys", "p12", file, "--ca", ca, *MADE)
    chinese = run("keys", "show", file, "--passphrase", "guess", language="zh_CN.UTF-8")
    english = run("keys", "show", file, "--passphrase", "guess")
    assert (chinese.exit_code, english.exit_code) == (1, 1)
    for said in (chinese, english):
        assert said.output.rstrip().endswith("[passphrase_wrong]")
    assert chinese.output != english.output


def test_what_is_no_key_file_is_said(tmp_path: Path) -> None:
    file = tmp_path / "me.p12"
    file.write_bytes(b"nothing of the kind")
    with pytest.raises(Refused) as caught:
        load_p12(file, "secret")
    assert (caught.value.reason, caught.value.field) == ("key_file_unreadable", "me.p12")


def test_a_servers_own_words_are_taken_as_they_came() -> None:
    assert sentence(Refused("suspended", detail="开标已中止")) == "开标已中止 [suspended]"


def test_place_and_cause_are_said() -> None:
    refused = Refused("form_malformed", field="price", cause="missing")
    assert sentence(refused, "en").endswith("(price: missing) [form_malformed]")
    assert "（price：" in sentence(refused, "zh-CN")


@pytest.mark.parametrize(
    ("environment", "tongue"),
    [
        ({}, "zh-CN"),
        ({"LANG": "C.UTF-8"}, "zh-CN"),
        ({"LANG": "en_US.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_ALL": "zh_CN.UTF-8"}, "zh-CN"),
        ({"LANG": "zh_CN.UTF-8", "BIDROOM_LANGUAGE": "en"}, "en"),
        ({"LANG": "en_GB.UTF-8", "BIDROOM_LANGUAGE": ""}, "en"),
    ],
)
def test_the_language_is_the_environments(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], tongue: str
) -> None:
    for name in ("BIDROOM_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert language() == tongue
