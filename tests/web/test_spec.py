"""docs/api/ says what the server answers, no more and no less."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bidroom.web.spec import openapi

DOCS = Path(__file__).parents[2] / "docs" / "api"


@pytest.fixture(scope="module")
def spec() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(openapi())
    return found


def test_the_kept_document_is_the_servers() -> None:
    renew = "run: python -m bidroom.web.spec > docs/api/openapi.json"
    assert (DOCS / "openapi.json").read_text("utf-8") == openapi(), renew


def test_every_path_says_what_it_is_for(spec: dict[str, Any]) -> None:
    for path, methods in spec["paths"].items():
        for method, told in methods.items():
            if method != "parameters":
                assert told.get("summary"), f"{method} {path}"
                assert told.get("tags"), f"{method} {path}"


def test_the_page_names_every_path(spec: dict[str, Any]) -> None:
    page = (DOCS / "README.md").read_text("utf-8")
    named = {re.sub(r"<[^>]+>", "{}", each) for each in re.findall(r"`(?:GET|POST|PUT) (/\S+?)`", page)}
    served = {re.sub(r"\{[^}]+\}", "{}", path) for path in spec["paths"]}
    assert served - named == set()
    assert named - served <= {"/openapi.json"}
