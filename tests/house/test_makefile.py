"""`make` does what it says, sets itself up once, and says in one line what is missing."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """A folder with what make reads, and no .venv."""
    for name in ("Makefile", "setup.cfg", "pyproject.toml", "constraints.txt"):
        shutil.copy(ROOT / name, tmp_path / name)
    (tmp_path / "bidroom" / "web").mkdir(parents=True)
    (tmp_path / "bidroom" / "web" / "assets.py").touch()
    return tmp_path


def make(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("MAKE", "MFLAGS", "PYTHON"))}
    return subprocess.run(["make", *arguments], cwd=folder, env=kept, text=True, capture_output=True, check=False)


def python_that(folder: Path, script: str) -> str:
    """An interpreter that is `script` in sh; it may end in the real one."""
    path = folder / "python-for-this-test"
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
    return f"PYTHON={path}"


@pytest.mark.parametrize("target", ["help", "setup", "demo", "run", "test", "e2e", "lint", "clean"])
def test_the_targets_exist(target: str) -> None:
    assert make(ROOT, "--dry-run", target).returncode == 0


def test_no_python_at_all(house: Path) -> None:
    said = refusal(house, "PYTHON=no-such-python")
    assert said.startswith("no-such-python was not found: install Python 3.11 or newer")


def test_a_python_that_is_too_old(house: Path) -> None:
    old = python_that(house, 'case "$2" in *print*) echo 3.9;; *) exit 1;; esac')
    assert "is Python 3.9, bidroom needs 3.11 or newer: install one" in refusal(house, old)


@pytest.mark.parametrize("missing", ["venv", "ensurepip"])
def test_a_python_without_venv(house: Path, missing: str) -> None:
    script = f'case "$2" in *"import"*"{missing}"*) exit 1;; esac\nexec {sys.executable} "$@"'
    assert f"apt install python3-venv (or python{VERSION}-venv)" in refusal(house, python_that(house, script))


def refusal(house: Path, python: str) -> str:
    """The one line that setup says before it gives up; make's own remark aside."""
    done = make(house, python, "setup")
    assert done.returncode != 0
    assert not (house / ".venv").exists()
    (line,) = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    return line


def test_unchanged_is_skipped(house: Path) -> None:
    ready, bundle = house / ".venv" / f".ready-{VERSION}", house / "bidroom" / "web" / "static" / "manifest.json"
    for made in (ready, bundle):
        made.parent.mkdir(parents=True)
        made.touch()
    assert make(house, f"PYTHON={sys.executable}", "--question", "setup").returncode == 0
    os.utime(house / "constraints.txt", (ready.stat().st_mtime + 5,) * 2)
    assert make(house, f"PYTHON={sys.executable}", "--question", "setup").returncode == 1


@pytest.mark.parametrize(
    "source", ["assets.py", "sprite.py", "ui/worker.mjs", "ui/package-lock.json", "ui/pages/a.mjs", "ui/css/a.css"]
)
def test_a_newer_source_has_the_bundle_looked_at(house: Path, source: str) -> None:
    ready, bundle = house / ".venv" / f".ready-{VERSION}", house / "bidroom" / "web" / "static" / "manifest.json"
    for made in (ready, bundle, house / "bidroom" / "web" / source):
        made.parent.mkdir(parents=True, exist_ok=True)
        made.touch()
    os.utime(house / "bidroom" / "web" / source, (bundle.stat().st_mtime + 5,) * 2)
    assert make(house, f"PYTHON={sys.executable}", "--question", "setup").returncode == 1


def test_another_python_is_another_set_up(house: Path) -> None:
    (house / ".venv").mkdir()
    (house / ".venv" / ".ready-3.0").touch()
    assert make(house, f"PYTHON={sys.executable}", "--question", "setup").returncode == 1


def test_ci_stops_at_the_first_failure_and_skips_nothing() -> None:
    text = (ROOT / ".ci" / "run").read_text()
    assert text.startswith("#!/usr/bin/env bash")
    assert os.access(ROOT / ".ci" / "run", os.X_OK)
    for line in (
        "set -euo pipefail",
        "export CI=true",
        "export BIDROOM_REQUIRE_ALL=1",
        "step lint",
        "step test",
        "step e2e",
    ):
        assert f"\n{line}\n" in text
