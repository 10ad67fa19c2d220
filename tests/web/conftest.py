"""Servers for the tests of the edge."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.web.parties import Centre
from tests.web.serving import Server


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A demo server of this module."""
    one = Server(tmp_path_factory.mktemp("server"))
    one.start()
    yield one
    one.kill()


@pytest.fixture(scope="module")
def centre(server: Server) -> Centre:
    """The module's trading centre, with its clerk, its supervisor and its auditor."""
    return Centre.at(server.url)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Server]:
    """A server of one test alone, not started yet."""
    one = Server(tmp_path)
    yield one
    one.kill()
