"""The server of a rehearsal: a process of its own on a free port, in demo mode, on fresh data that ends with it."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import TracebackType

import requests

from bidroom.facts import Refused

STARTS_WITHIN = 60.0
LOG_LINES = 20


class OwnServer:
    """`with OwnServer(folder, speed) as url:`; everything that it writes lies under `folder`."""

    def __init__(self, folder: Path, speed: float) -> None:
        self._folder = folder
        self._speed = speed
        self._port = free_port()
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def log(self) -> Path:
        """What the server said."""
        return self._folder / "server.log"

    def __enter__(self) -> str:
        url = f"http://127.0.0.1:{self._port}"
        (self._folder / "trust").mkdir(parents=True)
        with self.log.open("wb") as log:
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
            "BIDROOM_DATA": str(self._folder / "data"),
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


def free_port() -> int:
    """A port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def last_lines(path: Path) -> str:
    """The end of a log."""
    return "\n".join(path.read_text("utf-8", errors="replace").splitlines()[-LOG_LINES:]) if path.exists() else ""
