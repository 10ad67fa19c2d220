"""`bidroom audit`: what it prints, and how it ends."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bidroom.cli.audit import audit
from bidroom.cli.client import Client
from bidroom.facts import Refused
from tests.audit.forging import files_of, packed, with_manifest
from tests.audit.signed import bundle, pins, root


@pytest.fixture
def trust(tmp_path: Path) -> Path:
    """A folder of what an auditor trusts."""
    folder = tmp_path / "trust"
    (folder / "ca").mkdir(parents=True)
    (folder / "ca" / "rules.pem").write_bytes(x509.load_der_x509_certificate(root()).public_bytes(Encoding.PEM))
    (folder / "log.vkey").write_text(f"{pins().log}\n")
    (folder / "receipt.vkey").write_text(f"{pins().receipt}\n")
    return folder


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A green bundle."""
    path = tmp_path / "bundle.zip"
    path.write_bytes(bundle("ordinary", "public"))
    return path


def run(*arguments: object, language: str = "en") -> Result:
    """The command, run here."""
    return CliRunner().invoke(audit, [str(each) for each in arguments], env={"BIDROOM_LANGUAGE": language})


def forged(file: Path) -> Path:
    """The same bundle with a price of one yuan in its record."""
    files = files_of(file.read_bytes(), file.parent)
    record = json.loads(files["record/record.json"])
    record["lots"][0]["bidders"][0]["form"]["price"] = "1.00"
    told = json.dumps(record, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
    file.write_bytes(packed(with_manifest({**files, "record/record.json": told})))
    return file


def test_a_green_bundle(file: Path, trust: Path) -> None:
    done = run("verify", file, "--trust", trust)
    assert done.exit_code == 0, done.output
    lines = done.output.splitlines()
    assert sum(line.startswith("✓") for line in lines) == 8
    assert [line for line in lines if line.startswith("–")] == [
        "–  2 time stamps: not checkable here", "– 10 platform log: not checkable here"
    ]  # fmt: skip
    assert lines[-1] == "all green: public bundle, 33 entries"


def test_a_green_bundle_in_chinese(file: Path, trust: Path) -> None:
    done = run("verify", file, "--trust", trust, language="zh_CN.UTF-8")
    assert done.exit_code == 0
    assert done.output.splitlines()[-1] == "全部通过：公开包，33 条记录"


def test_a_red_one_names_the_place(file: Path, trust: Path) -> None:
    done = run("verify", forged(file), "--trust", trust)
    assert done.exit_code == 1
    assert "✗  9 announced values and the record: red" in done.output
    assert "record/record.json#lots[0].bidders[0].form.price" in done.output
    assert "[record_is_not_what_the_facts_say]" in done.output
    assert done.output.splitlines()[-1] == "red checks: 1"


def test_the_entrys_number_is_printed(file: Path, trust: Path) -> None:
    files = files_of(file.read_bytes(), file.parent)
    name = next(name for name, data in files.items() if name.startswith("entries/") and b"DepositRegistered" in data)
    files[name] = files[name].replace(b"800000.00", b"700000.00")
    file.write_bytes(packed(with_manifest(files)))
    done = run("verify", file, "--trust", trust)
    assert done.exit_code == 1
    assert f"entry {int(name[8:-5])} · checkpoints/" in done.output
    done = run("verify", file, "--trust", trust, language="zh")
    assert "条 · checkpoints/" in done.output


def test_as_json(file: Path, trust: Path) -> None:
    told = json.loads(run("verify", file, "--trust", trust, "--json").output)
    assert told["green"] is True
    assert [check["no"] for check in told["checks"]] == list(range(1, 11))
    done = run("verify", forged(file), "--trust", trust, "--json")
    told = json.loads(done.output)
    assert (done.exit_code, told["green"]) == (1, False)
    (check,) = [check for check in told["checks"] if check["state"] == "red"]
    assert check["findings"][0]["reason"] == "record_is_not_what_the_facts_say"


@pytest.mark.parametrize("data", [b"", b"no bundle", b"PK\3\4" * 30])
def test_what_is_no_bundle(data: bytes, trust: Path, tmp_path: Path) -> None:
    path = tmp_path / "other.zip"
    path.write_bytes(data)
    done = run("verify", path, "--trust", trust)
    assert done.exit_code == 2
    assert "[bundle_malformed]" in done.output


def test_no_file_and_no_trust(file: Path, trust: Path, tmp_path: Path) -> None:
    done = run("verify", tmp_path / "nowhere.zip", "--trust", trust)
    assert (done.exit_code, "[bundle_unreadable]" in done.output) == (2, True)
    for name in ("log.vkey", "receipt.vkey", "ca/rules.pem"):
        (trust / name).rename(trust / "hidden")
        done = run("verify", file, "--trust", trust)
        assert (done.exit_code, "[trust_unreadable]" in done.output) == (2, True), name
        (trust / "hidden").rename(trust / name)
    (trust / "log.vkey").write_text("not a key")
    assert run("verify", file, "--trust", trust).exit_code == 2


def test_export_writes_what_the_server_gives(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    asked: list[object] = []

    def download(self: Client, path: str) -> bytes:
        asked.append(path)
        return b"the bundle"

    monkeypatch.setattr(Client, "download", download)
    monkeypatch.setattr(Client, "log_in_with_password", lambda self, *who: asked.append(who))
    out = tmp_path / "out.zip"
    assert run("export", "00" * 16, "--out", out).exit_code == 0
    assert out.read_bytes() == b"the bundle"
    more = ("--kind", "auditor", "--account", "auditor", "--password", "secret")
    assert run("export", "00" * 16, *more, "--out", out).exit_code == 0
    public, auditors = (f"/tenders/{'00' * 16}/bundle/{kind}" for kind in ("public", "auditor"))
    assert asked == [public, ("auditor", "secret"), auditors]


def test_a_refused_export_leaves_no_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def refuse(self: Client, path: str) -> bytes:
        raise Refused("opening_has_not_ended")

    monkeypatch.setattr(Client, "download", refuse)
    out = tmp_path / "out.zip"
    done = run("export", "00" * 16, "--out", out)
    assert done.exit_code == 1
    assert not out.exists()


def test_a_place_where_nothing_can_be_written_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(Client, "download", lambda self, path: b"the bundle")
    done = run("export", "00" * 16, "--out", tmp_path / "nowhere" / "out.zip")
    assert done.exit_code == 1
    assert done.output.rstrip().endswith("[file_unwritable]")


@pytest.mark.parametrize(("language", "cause"), [("en", "(no ZIP file)"), ("zh-CN", "(不是 ZIP 文件)")])
def test_the_cause_is_told_in_words(trust: Path, tmp_path: Path, language: str, cause: str) -> None:
    path = tmp_path / "none.zip"
    path.write_text("nothing")
    done = run("verify", path, "--trust", trust, language=language)
    assert done.exit_code == 2
    assert cause in done.output


def test_both_commands_are_there() -> None:
    assert isinstance(audit, click.Group)
    assert set(audit.commands) == {"export", "verify"}
