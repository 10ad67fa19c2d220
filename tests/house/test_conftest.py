"""The rules of the test run itself: the network is blocked and a skip fails where nothing may be skipped."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
import sqlalchemy as sa

CONFTEST = Path(__file__).parent.parent / "conftest.py"
SKIPS = {
    "mark": "import pytest\n@pytest.mark.skip(reason='why')\ndef test_it(): ...\n",
    "call": "import pytest\ndef test_it(): pytest.skip('why')\n",
    "module": "import pytest\npytest.skip('why', allow_module_level=True)\n",
    "absent package": "import pytest\npytest.importorskip('no_such_package')\n",
}


@pytest.mark.parametrize("address", [("192.0.2.1", 80), ("2001:db8::1", 80, 0, 0)])
def test_no_connection_leaves_this_machine(address: tuple[object, ...]) -> None:
    family = socket.AF_INET if len(address) == 2 else socket.AF_INET6
    with socket.socket(family) as s, pytest.raises(RuntimeError, match="socket.connect to"):
        s.connect(address)


def test_no_name_is_looked_up_elsewhere() -> None:
    with pytest.raises(RuntimeError, match="socket.getaddrinfo to 'example.org'"):
        urllib.request.urlopen("http://example.org/")


def test_loopback_is_open() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert client.getpeername() == server.getsockname()


@pytest.mark.parametrize("how", SKIPS)
@pytest.mark.parametrize("required", [True, False])
def test_a_skip_fails_only_where_nothing_may_be_skipped(tmp_path: Path, how: str, required: bool) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text())
    (tmp_path / "test_skipping.py").write_text(SKIPS[how])
    assert (outcome_of(tmp_path, required) == pytest.ExitCode.OK) is not required


def test_nothing_skipped_nothing_failed(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text())
    (tmp_path / "test_passing.py").write_text("def test_it(): ...\n")
    assert outcome_of(tmp_path, required=True) == pytest.ExitCode.OK


def test_each_database_is_empty_and_can_be_written(database_url: str) -> None:
    engine = sa.create_engine(database_url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        assert sa.inspect(connection).get_table_names() == []
        connection.execute(sa.text("CREATE TABLE mine (n integer)"))
        assert sa.inspect(connection).get_table_names() == ["mine"]


def test_a_database_that_is_not_reachable_fails_where_nothing_may_be_skipped(tmp_path: Path) -> None:
    (tmp_path / "conftest.py").write_text(CONFTEST.read_text())
    (tmp_path / "test_it.py").write_text("def test_it(postgres_url): ...\n")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        nowhere = f"postgresql+psycopg://postgres@127.0.0.1:{taken.getsockname()[1]}/test?sslmode=disable"
    assert outcome_of(tmp_path, required=True, postgres=nowhere) == pytest.ExitCode.TESTS_FAILED
    assert outcome_of(tmp_path, required=False, postgres=nowhere) == pytest.ExitCode.OK


def outcome_of(folder: Path, required: bool, postgres: str | None = None) -> int:
    """The exit code of pytest in `folder`; only-skipped and nothing-collected are no failures."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST", "CI", "BIDROOM"))}
    environment |= {"BIDROOM_REQUIRE_ALL": "1"} if required else {}
    environment |= {"BIDROOM_TEST_POSTGRES_URL": postgres} if postgres else {}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--rootdir", str(folder), str(folder)]
    code = subprocess.run(command, check=False, env=environment, cwd=folder, capture_output=True).returncode
    return pytest.ExitCode.OK if code == pytest.ExitCode.NO_TESTS_COLLECTED else code
