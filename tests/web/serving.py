"""A real server as a subprocess, on a free port, with a data folder of its own; killed by its process id."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

import requests

ROOT = Path(__file__).parent.parent.parent
PATIENCE = 60.0


def free_port() -> int:
    """A port that nobody listens on now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


@dataclass
class Server:
    """`bidroom serve` over one data folder; it can be killed and started again."""

    folder: Path
    more: dict[str, str] = field(default_factory=dict)
    port: int = field(default_factory=free_port)
    process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def errors(self) -> str:
        """What it said so far."""
        return (self.folder / "server.log").read_text("utf-8")

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = {
            "BIDROOM_DATA": os.path.relpath(self.folder / "data", ROOT),  # relative, as the default is
            "BIDROOM_TRUST": str(self.folder / "trust"),
            "BIDROOM_DEMO": "true",
            "BIDROOM_SPEED": "1",
            "BIDROOM_PORT": str(self.port),
            **self.more,
        }
        kept = {name: value for name, value in os.environ.items() if not name.startswith("BIDROOM_")}
        with (self.folder / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-W", "ignore", "-m", "bidroom.cli", "serve"],
                cwd=ROOT, env={**kept, **settings}, stdout=log, stderr=log, stdin=subprocess.DEVNULL,
            )  # fmt: skip
        self._wait()

    def _wait(self) -> None:
        assert self.process is not None
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            if self.process.poll() is not None:
                raise AssertionError(f"the server ended:\n{self.errors}")
            try:
                if requests.get(f"{self.url}/healthz", timeout=2).ok:
                    return
            except requests.RequestException:
                time.sleep(0.05)
        raise AssertionError(f"the server does not answer:\n{self.errors}")

    def kill(self) -> None:
        """kill -9: nothing is finished, nothing is said."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(10)
            self.process = None
