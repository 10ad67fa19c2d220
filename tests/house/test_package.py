"""setup.cfg is the one place of the package: versions, packages and dependencies agree with the tree."""

from __future__ import annotations

import ast
import re
import sys
from configparser import ConfigParser
from importlib import metadata
from pathlib import Path

import pytest

import bidroom

ROOT = Path(__file__).parent.parent.parent
NORMAL = re.compile(r"[-_.]+")


@pytest.fixture(scope="module")
def config() -> ConfigParser:
    parser = ConfigParser(interpolation=None)
    parser.read_string((ROOT / "setup.cfg").read_text(encoding="utf-8"))
    return parser


def lines(config: ConfigParser, section: str, key: str) -> list[str]:
    return [line.strip() for line in config[section][key].splitlines() if line.strip()]


def normal(requirement: str) -> str:
    """The distribution's name in a requirement, as indexes compare it."""
    match = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert match, requirement
    return NORMAL.sub("-", match[0]).lower()


def test_the_version_is_the_same_everywhere() -> None:
    assert metadata.version("bidroom") == bidroom.__version__
    assert f"## [{bidroom.__version__}]" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_every_package_of_the_tree_is_listed(config: ConfigParser) -> None:
    found = {".".join(p.parent.relative_to(ROOT).parts) for p in ROOT.glob("bidroom/**/__init__.py")}
    found = {name for name in found if not name.startswith("bidroom.storage.migrations")}  # data, by package_data
    assert set(lines(config, "options", "packages")) == found | {"bidroom.templates", "bidroom.demo"}


def test_every_import_is_of_a_package_that_is_required(config: ConfigParser) -> None:
    required = {normal(line) for line in lines(config, "options", "install_requires")}
    own = {"bidroom", *sys.stdlib_module_names, "gevent"}  # gevent: only where BIDROOM_ASYNC_MODE asks for it
    providers = metadata.packages_distributions()
    for path in [*ROOT.glob("bidroom/**/*.py"), ROOT / "wsgi.py"]:
        for module in top_level_imports(path) - own:
            names = {normal(name) for name in providers.get(module, [])}
            assert names & required, f"{path.relative_to(ROOT)} imports {module} of {names or 'nothing installed'}"


def top_level_imports(path: Path) -> set[str]:
    """The first part of every absolute import in the file."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


def test_every_requirement_has_a_lower_bound_and_a_tested_version(config: ConfigParser) -> None:
    pinned = dict(line.split("==") for line in constraints())
    tested = {normal(name) for name in pinned}
    extras = [line for key in config["options.extras_require"] for line in lines(config, "options.extras_require", key)]
    for requirement in [*lines(config, "options", "install_requires"), *extras]:
        assert ">=" in requirement, requirement
        assert normal(requirement) in tested, requirement


def constraints() -> list[str]:
    text = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def test_constraints_are_names_and_versions_and_nothing_else() -> None:
    assert [line for line in constraints() if not re.fullmatch(r"[A-Za-z0-9._-]+==[0-9][0-9a-z.]*", line)] == []


@pytest.mark.parametrize("folder", [bidroom.templates_folder(), bidroom.demo_folder()])
def test_a_checkout_has_its_folders_beside_the_package(folder: Path) -> None:
    assert folder.parent == ROOT


def test_a_package_without_its_folders_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(bidroom, "_PACKAGE", tmp_path / "bidroom")
    with pytest.raises(FileNotFoundError, match="not completely installed"):
        bidroom.templates_folder()
