"""The browser's bundle: built once, from exactly the locked packages, and named by its hash."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from bidroom.web.assets import ENTRIES, LICENSES, LOCK, MANIFEST, WEB, Workshop

pytestmark = pytest.mark.xdist_group("js")


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """A copy of the sources beside the packages that are installed already: no test reaches for a registry."""
    ui = tmp_path / "ui"
    shutil.copytree(WEB / "ui", ui, ignore=shutil.ignore_patterns("node_modules"))
    (ui / "node_modules").symlink_to(WEB / "ui" / "node_modules")
    return Workshop(ui, tmp_path / "static")


def test_the_bundle_of_this_tree_is_current() -> None:
    assert Workshop().is_current(), "run make setup (python -m bidroom.web.assets) first"


def test_unchanged_is_skipped(workshop: Workshop) -> None:
    assert workshop.build() is True
    built = {path.name: path.stat().st_mtime_ns for path in workshop.static.iterdir()}
    assert workshop.build() is False
    assert {path.name: path.stat().st_mtime_ns for path in workshop.static.iterdir()} == built


@pytest.mark.parametrize("change", ["source", "built", "gone", "manifest"])
def test_whatever_changed_is_built_anew(workshop: Workshop, change: str) -> None:
    workshop.build()
    before = workshop.bundle().digest
    worker, refused = workshop.static / "worker.js", workshop.ui / "refused.mjs"
    changes: dict[str, Callable[[], object]] = {
        "source": lambda: refused.write_text(refused.read_text().replace('"Refused"', '"Refusal"')),
        "built": lambda: worker.write_text(worker.read_text() + "//"),
        "gone": worker.unlink,
        "manifest": lambda: (workshop.static / MANIFEST).write_text("{}"),
    }
    changes[change]()
    assert workshop.build() is True
    assert (workshop.bundle().digest != before) is (change == "source")


def test_the_same_sources_give_the_same_bytes(workshop: Workshop) -> None:
    workshop.build()
    assert workshop.bundle() == Workshop().bundle()


def test_the_manifest_names_every_file() -> None:
    static, bundle = Workshop().static, Workshop().bundle()
    found = {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in static.iterdir()}
    del found[MANIFEST]
    assert found == bundle.files
    assert {entry.replace(".mjs", ".js") for entry in ENTRIES} | {LICENSES} == set(found)
    lines = "".join(f"{digest}  {name}\n" for name, digest in sorted(found.items()))
    assert hashlib.sha256(lines.encode()).hexdigest() == bundle.digest


def test_without_a_bundle_it_says_what_to_do(workshop: Workshop) -> None:
    with pytest.raises(FileNotFoundError, match="make setup builds it"):
        workshop.bundle()


def test_without_node_it_says_what_to_do(workshop: Workshop, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"pip install 'bidroom\[assets\]'"):
        Workshop(workshop.ui, workshop.static, tmp_path / "nowhere").build()


def test_the_lock_file_has_versions_and_hashes_and_no_address() -> None:
    lock = json.loads((WEB / "ui" / LOCK).read_text())
    packages = {name: each for name, each in lock["packages"].items() if name}
    assert packages
    assert [name for name, each in packages.items() if "resolved" in each or "integrity" not in each] == []


def test_dependencies_are_exact_versions() -> None:
    package = json.loads((WEB / "ui" / "package.json").read_text())
    versions = [*package["dependencies"].values(), *package["devDependencies"].values()]
    assert [version for version in versions if not re.fullmatch(r"\d+\.\d+\.\d+", version)] == []


def test_the_bundle_loads_nothing_from_elsewhere() -> None:
    static = Workshop().static
    for entry in ENTRIES:
        text = (static / entry.replace(".mjs", ".js")).read_text()
        assert not re.search(r"\bimport\s*[({*\"]|importScripts|\beval\(|new Function", text)
