"""What holds for every test: no network but loopback, nothing skipped in CI, a database of one's own."""

from __future__ import annotations

import ipaddress
import os
import secrets
import shutil
import sys
from collections.abc import Callable, Generator, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import URL, make_url

from bidroom.crypto.checkpoint import LogKey
from bidroom.storage.database import engine_for
from bidroom.storage.schema import migrate

os.environ["BIDROOM_LANGUAGE"] = "zh-CN"  # whatever the machine speaks; a test that wants another says so

POSTGRES = os.environ.get("BIDROOM_TEST_POSTGRES_URL", "postgresql+psycopg://postgres@127.0.0.1:5432/test")
Report = TypeVar("Report", pytest.TestReport, pytest.CollectReport)
REQUIRE_ALL = os.environ.get("CI") == "true" or os.environ.get("BIDROOM_REQUIRE_ALL") == "1"


# --- the network is blocked but for loopback -------------------------------------------------------------------------


class NetworkBlocked(RuntimeError):  # noqa: N818 - it is a name, as Refused is
    """A test reached for another machine; not an OSError, so that no retry swallows it."""


def is_loopback(host: str | bytes | None) -> bool:
    """Whether `host` names this machine and no other."""
    name = host.decode() if isinstance(host, bytes) else host
    if not name or name == "localhost":
        return True
    try:
        return ipaddress.ip_address(name.partition("%")[0]).is_loopback
    except ValueError:
        return False


def refuse_other_machines(event: str, args: tuple[Any, ...]) -> None:
    """An audit hook, so that no module holding an unpatched socket slips through."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        address = args[1]
        host = address[0] if isinstance(address, tuple) else None
    elif event in ("socket.getaddrinfo", "socket.gethostbyname"):
        host = args[0]
    else:
        return
    if not is_loopback(host):
        raise NetworkBlocked(f"{event} to {host!r}")


sys.addaudithook(refuse_other_machines)


# --- in CI a skipped test is a failed test ---------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """With CI=true or BIDROOM_REQUIRE_ALL=1 whatever was skipped counts as failed."""
    report = yield
    return failed_if_skipped(report)


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Generator[None, pytest.CollectReport, pytest.CollectReport]:
    """The same for a module that skips itself while it is collected."""
    report = yield
    return failed_if_skipped(report)


def failed_if_skipped(report: Report) -> Report:
    """The report, turned into a failure if nothing may be skipped here."""
    if REQUIRE_ALL and report.skipped and not hasattr(report, "wasxfail"):
        report.outcome = "failed"
        report.longrepr = f"skipped where nothing may be skipped: {report.longrepr}"
    return report


# --- what Python alone does not bring ---------------------------------------------------------------------------------


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Tests against the openssl program run wherever it is installed."""
    if item.get_closest_marker("openssl") and shutil.which("openssl") is None:
        pytest.skip("no openssl program: apt install openssl")


# --- databases -------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="session")
def postgres_server() -> URL:
    """The URL of a reachable PostgreSQL; without one the test is skipped here and fails in CI."""
    url = make_url(POSTGRES)
    engine = sa.create_engine(url, poolclass=sa.NullPool, connect_args={"connect_timeout": 5})
    try:
        engine.connect().close()
    except sa.exc.OperationalError as unreachable:
        pytest.skip(f"no PostgreSQL at {url}: {unreachable.orig}")
    return url


@pytest.fixture
def postgres_url(postgres_server: URL) -> Iterator[str]:
    """The URL of an empty PostgreSQL database that this test has to itself."""
    name = f"bidroom_test_{secrets.token_hex(8)}"
    engine = sa.create_engine(postgres_server, poolclass=sa.NullPool, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f'CREATE DATABASE "{name}" TEMPLATE template0'))
    yield postgres_server.set(database=name).render_as_string(hide_password=False)
    with engine.connect() as connection:
        connection.execute(sa.text(f'DROP DATABASE "{name}" WITH (FORCE)'))


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """The URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path / 'bidroom.sqlite'}"


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of one's own: the test runs once with SQLite and once with PostgreSQL."""
    name = "sqlite_url" if request.param == "sqlite" else "postgres_url"
    url: str = request.getfixturevalue(name)
    return url


@pytest.fixture
def engines(database_url: str) -> Iterator[Callable[[], sa.Engine]]:
    """Makes engines on the test's database, as many as there would be processes."""
    made: list[sa.Engine] = []

    def engine() -> sa.Engine:
        made.append(engine_for(database_url))
        return made[-1]

    yield engine
    for one in made:
        one.dispose()


@pytest.fixture
def engine(engines: Callable[[], sa.Engine]) -> sa.Engine:
    """The test's database with the newest schema."""
    engine = engines()
    migrate(engine)
    return engine


@pytest.fixture
def log_key() -> LogKey:
    """A log key of this test."""
    return LogKey.generate("log.example")
