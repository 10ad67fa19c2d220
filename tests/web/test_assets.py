"""The browser's bundle: built once, from exactly the locked packages, and named by its hash."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from collections.abc import Callable
from pathlib import Path

import pytest

from bidroom.web.assets import ENTRIES, LICENSES, LOCK, MANIFEST, SPRITE, WEB, Workshop, output
from bidroom.web.sprite import NAMES, sprite

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
    assert {output(entry) for entry in ENTRIES} | {LICENSES, SPRITE} == set(found)
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
    for name in (output(entry) for entry in ENTRIES if entry.endswith(".mjs")):
        text = (static / name).read_text()
        assert not re.search(r"\bimport\s*[({*\"]|importScripts|\beval\(|new Function", text), name


def test_the_styles_load_nothing_and_are_small() -> None:
    text = (Workshop().static / "app.css").read_text()
    assert "@import" not in text
    assert re.findall(r"url\((?![\"']?data:)[^)]*\)", text) == []
    assert len(text) < 120_000


def test_the_theme_is_no_module() -> None:
    """It runs before the first paint, as a script that blocks."""
    assert not re.search(r"\b(import|export)\b", (Workshop().static / "theme.js").read_text())


def test_a_build_that_fails_leaves_what_was_there(workshop: Workshop) -> None:
    workshop.build()
    before = workshop.bundle()
    (workshop.ui / "verify.mjs").write_text("const twice = 1; const twice = 2;")
    with pytest.raises(subprocess.CalledProcessError):
        workshop.build()
    assert workshop.bundle() == before
    assert dict(workshop._built()) == before.files
    assert [path.name for path in workshop.static.parent.glob(".static-*")] == []


def test_the_sprite_has_every_named_icon() -> None:
    names = json.loads((WEB / "ui" / NAMES).read_text())
    drawn = ET.fromstring((Workshop().static / SPRITE).read_text())
    symbols = {symbol.attrib["id"]: list(symbol) for symbol in drawn}
    assert names == sorted(set(names)) == list(symbols)
    assert [name for name, shapes in symbols.items() if not shapes] == []


def test_an_icon_that_nobody_drew_is_refused(workshop: Workshop) -> None:
    (workshop.ui / NAMES).write_text('["check", "no-such-icon"]')
    with pytest.raises(KeyError, match="no outline icon no-such-icon"):
        sprite(workshop.ui)


def test_what_is_in_the_bundle_is_licensed() -> None:
    text = (Workshop().static / LICENSES).read_text()
    named = re.findall(r"^== (\S+) \d+\.\d+\.\d+$", text, re.MULTILINE)
    assert {"@tabler/icons", "hpke", "node-forge"} <= set(named)
    assert {"esbuild", "axe-core"}.isdisjoint(named)
    assert text.count("Copyright") + text.count("copyright") >= len(named)
