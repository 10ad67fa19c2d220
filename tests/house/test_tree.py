"""What must and must not lie in the tree."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent.parent
NOT_OURS = {".git", ".venv", "demo-out", "build", "dist", "node_modules", "__pycache__"}
LINK = re.compile(r"(?<!!)\[[^\]]*\]\(([^)\s]+)\)")
NAMED = re.compile(r"`(tests/[\w./-]*|bidroom/[\w./-]*(?:\.py|/))`")
PRIVATE = re.compile(rb"-----BEGIN (?:[A-Z]+ )*PRIVATE KEY-----\s+[A-Za-z0-9+/=\s]{40}")


def tree() -> Iterator[Path]:
    """Every file that may be committed."""
    for folder, folders, files in os.walk(ROOT):
        here = NOT_OURS | ({"data", "var"} if Path(folder) == ROOT else set())
        folders[:] = [f for f in folders if f not in here and not f.endswith(("_cache", ".egg-info"))]
        yield from (Path(folder) / name for name in files if name != ".hypothesis")


def documents() -> list[Path]:
    return sorted(p for p in tree() if p.suffix == ".md")


def name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_there_is_no_private_key() -> None:
    kept = [p for p in tree() if p.parent != ROOT / "keys" or p.name == "README.md"]
    assert [name(p) for p in kept if PRIVATE.search(p.read_bytes())] == []
    assert [name(p) for p in kept if p.suffix in (".p12", ".pfx", ".key")] == []


@pytest.mark.parametrize("document", documents(), ids=name)
def test_links_of_documents_resolve(document: Path) -> None:
    targets = [t.partition("#")[0] for t in LINK.findall(document.read_text(encoding="utf-8"))]
    inside = [t for t in targets if t and "://" not in t and not t.startswith("mailto:")]
    assert [t for t in inside if not (document.parent / t).exists()] == []


@pytest.mark.parametrize("document", documents(), ids=name)
def test_files_that_documents_name_are_there(document: Path) -> None:
    named = NAMED.findall(document.read_text(encoding="utf-8"))
    assert [path for path in named if not (ROOT / path).exists()] == []


def decisions() -> list[Path]:
    return sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(p.name[:4]) for p in decisions()]
    assert numbers == list(range(1, len(numbers) + 1))


@pytest.mark.parametrize("decision", decisions(), ids=name)
def test_a_decision_is_one_page_with_its_parts(decision: Path) -> None:
    text = decision.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings == ["Context", "Decision", "Consequences"]
    assert len(text.splitlines()) <= 60


def test_no_module_is_named_after_nothing() -> None:
    vague = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
    assert [name(p) for p in tree() if p.stem in vague] == []


def test_the_licence_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text()
    assert "Apache License" in text
    assert "Version 2.0, January 2004" in text
    assert "END OF TERMS AND CONDITIONS" in text
