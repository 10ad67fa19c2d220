"""A wheel built from the tree works in an environment that has what setup.cfg requires and nothing else."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Sequence
from importlib import metadata
from pathlib import Path
from zipfile import ZipFile

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parent.parent.parent
SOURCES = ("setup.cfg", "pyproject.toml", "README.md", "LICENSE", "bidroom", "templates", "demo")

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("wheel")]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from a copy so that the tree stays as it is."""
    folder = tmp_path_factory.mktemp("wheel")
    for name in SOURCES:
        copy(ROOT / name, folder / "tree" / name)
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "--no-index"]
    run([*pip, "--wheel-dir", str(folder), str(folder / "tree")], folder)
    (built,) = folder.glob("bidroom-*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The bin folder of an environment elsewhere with the wheel and its requirements, and no extras."""
    folder = tmp_path_factory.mktemp("elsewhere")
    venv.create(folder / "env", with_pip=False, symlinks=True)
    (site,) = (folder / "env").glob("lib/python*/site-packages")
    for distribution in requirements_of("bidroom"):
        link(distribution, site)
    pip = [sys.executable, "-m", "pip", "--python", str(folder / "env" / "bin" / "python"), "install", "--quiet"]
    run([*pip, "--no-index", "--no-deps", str(wheel)], folder)
    return folder / "env" / "bin"


def copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "node_modules"))
    else:
        shutil.copy(source, target)


def run(command: Sequence[str], folder: Path) -> str:
    """What the command printed, run far from the tree; its whole output where it fails."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTHON", "BIDROOM"))}
    done = subprocess.run(command, cwd=folder, env=kept, text=True, capture_output=True, check=False)
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def requirements_of(name: str) -> Iterator[metadata.Distribution]:
    """Every distribution that this one needs, and they in turn, without the extras that nobody asked for."""
    seen: set[str] = set()
    todo = [Requirement(name)]
    while todo:
        wanted = todo.pop()
        found = metadata.distribution(wanted.name)
        key = f"{found.name}{sorted(wanted.extras)}"
        if key in seen:
            continue
        seen.add(key)
        todo += [r for r in map(Requirement, found.requires or []) if applies(r, wanted.extras)]
        if found.name != name:
            yield found


def applies(requirement: Requirement, extras: set[str]) -> bool:
    return not requirement.marker or any(requirement.marker.evaluate({"extra": extra}) for extra in ("", *extras))


def link(distribution: metadata.Distribution, site: Path) -> None:
    """Put the distribution's files into another environment, as an installation would."""
    for file in distribution.files or []:
        target = site / file
        if ".." not in file.parts and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            target.symlink_to(Path(str(file.locate())).resolve())


def test_the_wheel_has_every_file_of_the_tree(wheel: Path) -> None:
    expected = {str(p.relative_to(ROOT)) for p in ROOT.glob("bidroom/**/*") if is_source(p)}
    for folder in ("templates", "demo"):
        expected |= {f"bidroom/{p.relative_to(ROOT)}" for p in (ROOT / folder).glob("**/*") if is_source(p)}
    with ZipFile(wheel) as archive:
        packed = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert packed == expected


def is_source(path: Path) -> bool:
    return path.is_file() and not {"__pycache__", "node_modules"} & set(path.parts)


def test_the_wheel_carries_the_browsers_bundle(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        manifest = json.loads(archive.read("bidroom/web/static/manifest.json"))
        packed = {name: archive.read(f"bidroom/web/static/{name}") for name in manifest["files"]}
    assert {name: hashlib.sha256(data).hexdigest() for name, data in packed.items()} == manifest["files"]


def test_it_runs_elsewhere(installed: Path, tmp_path: Path) -> None:
    assert "rehearse" in run([str(installed / "bidroom"), "--help"], tmp_path)


def test_a_whole_opening_runs_elsewhere_and_verifies(installed: Path, tmp_path: Path) -> None:
    bidroom = str(installed / "bidroom")
    run([bidroom, "rehearse", "under-minimum", "--out", "out"], tmp_path)
    for kind in ("public", "auditor"):
        run([bidroom, "audit", "verify", f"out/bundle-{kind}.zip", "--trust", "out/trust"], tmp_path)


@pytest.mark.parametrize("folder", ["templates", "demo"])
def test_it_finds_its_folders_inside_itself(installed: Path, tmp_path: Path, folder: str) -> None:
    python = [str(installed / "python"), "-c", f"import bidroom; print(bidroom.{folder}_folder())"]
    found = Path(run(python, tmp_path).strip())
    assert found.is_dir()
    assert found.parent.parent.name == "site-packages"


def test_the_other_environment_is_not_this_one(installed: Path, tmp_path: Path) -> None:
    code = "import importlib.util as u; print([n for n in ('pytest', 'mypy', 'ruff', 'psycopg') if u.find_spec(n)])"
    assert run([str(installed / "python"), "-c", code], tmp_path).strip() == "[]"
