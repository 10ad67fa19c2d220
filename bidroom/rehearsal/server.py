"""The server of a rehearsal: a process of its own on a free port, in demo mode, on fresh data that ends with it."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType

import requests

from bidroom.facts import Refused

STARTS_WITHIN = 60.0
LOG_LINES = 20
PORTS = 1000
"""How many ports are tried."""


class OwnServer:
    """`with OwnServer(folder, speed) as url:`; everything that it writes lies under `folder`."""

    def __init__(self, folder: Path, speed: float, port: int | None = None) -> None:
        self._folder = folder
        self._speed = speed
        self._port = free_port() if port is None else port
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What the server said."""
        return self._folder / "server.log"

    @property
    def data(self) -> Path:
        """Its data folder."""
        return self._folder / "data"

    def __enter__(self) -> str:
        url = f"http://127.0.0.1:{self._port}"
        (self._folder / "trust").mkdir(parents=True)
        with self.log.open("wb") as log, deaf_to_interrupts():
            self._process = subprocess.Popen(
                [sys.executable, "-m", "bidroom.server"], env=self._environment(), stdout=log, stderr=log
            )
        try:
            self._wait_for(url)
        except BaseException:
            self._end()
            raise
        return url

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    def _environment(self) -> dict[str, str]:
        own = {
            "BIDROOM_DATA": str(self.data),
            "BIDROOM_TRUST": str(self._folder / "trust"),
            "BIDROOM_DEMO": "true",
            "BIDROOM_SPEED": str(self._speed),
            "BIDROOM_HOST": "127.0.0.1",
            "BIDROOM_PORT": str(self._port),
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BIDROOM_")}
        mode = {name: os.environ[name] for name in ("BIDROOM_ASYNC_MODE",) if name in os.environ}
        return {**kept, **mode, **own}

    def _wait_for(self, url: str) -> None:
        assert self._process is not None
        until = time.monotonic() + STARTS_WITHIN
        while time.monotonic() < until:
            if self._process.poll() is not None:
                break
            try:
                if requests.get(f"{url}/healthz", timeout=5).ok:
                    return
            except requests.ConnectionError:
                time.sleep(0.05)
        raise Refused("server_did_not_start", said=last_lines(self.log))

    def _end(self) -> None:
        if self._process is not None:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
            self._process = None

    def keep_log(self, folder: Path) -> None:
        """What the server said, for whoever wants to know why it failed."""
        if self.log.exists():
            shutil.copy(self.log, folder / "server.log")


@contextmanager
def deaf_to_interrupts() -> Iterator[None]:
    """Whoever is started inside is: Ctrl-C reaches all of a terminal's processes, and the server is to end last."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def free_port_from(first: int) -> int:
    """The first port from `first` on that nobody listens on; Refused("cannot_listen")."""
    for port in range(first, min(first + PORTS, 65536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # one that was given back just now is free
            try:
                probe.bind(("127.0.0.1", port))
                probe.listen()
            except OSError:
                continue
            return port
    raise Refused("cannot_listen", field=f"127.0.0.1:{first}")


def last_lines(path: Path) -> str:
    """The end of a log."""
    return "\n".join(path.read_text("utf-8", errors="replace").splitlines()[-LOG_LINES:]) if path.exists() else ""
