"""`bidroom serve`: what it says when it starts, and in one line why it does not."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest


def environment(folder: Path, **more: str) -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BIDROOM_")}
    own = {"BIDROOM_DATA": str(folder / "data"), "BIDROOM_TRUST": str(folder), "BIDROOM_LANGUAGE": "en"}
    return {**kept, **own, **more}


def serve(folder: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """A start that is expected to fail."""
    command = [sys.executable, "-m", "bidroom.cli", "serve", *arguments]
    return subprocess.run(
        command, env=environment(folder, **more), capture_output=True, text=True, check=False, timeout=60
    )


@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_a_wrong_setting_ends_it_in_one_line(tmp_path: Path, language: str) -> None:
    said = serve(tmp_path, BIDROOM_PORT="many", BIDROOM_LANGUAGE=language)
    assert said.returncode == 1
    assert len(said.stderr.splitlines()) == 1
    assert "BIDROOM_PORT" in said.stderr


def test_a_port_that_is_taken_is_not_shared(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as another server of ours once did
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        said = serve(tmp_path, "--port", str(port))
    assert said.returncode == 1
    assert f"(127.0.0.1:{port}" in said.stderr
    assert said.stderr.rstrip().endswith("[cannot_listen]")


def test_it_says_where_it_listens_and_nothing_of_its_libraries(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bidroom.cli", "serve", "--port", "0", "--demo"]
    with subprocess.Popen(command, env=environment(tmp_path), stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr is not None
        first = server.stderr.readline()
        server.terminate()
    assert first.startswith("bidroom: http://127.0.0.1:")
    assert first.rstrip().endswith(f"data in {tmp_path / 'data'}, demo mode")
    assert ":0," not in first
