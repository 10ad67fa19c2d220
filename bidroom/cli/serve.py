"""`bidroom serve`: becomes the server's process, so that this one imports none of its packages."""

from __future__ import annotations

import os
import sys

import click


@click.command()
@click.option("--port", type=click.IntRange(0, 65535), help="Instead of BIDROOM_PORT (8765).")
@click.option("--demo", is_flag=True, help="Demo mode: a rehearsal may run the clock ahead.")
def serve(port: int | None, demo: bool) -> None:
    """Start the server; everything else is set in the environment, see docs/operations.md."""
    asked = {"BIDROOM_PORT": None if port is None else str(port), "BIDROOM_DEMO": "true" if demo else None}
    os.environ.update({name: value for name, value in asked.items() if value is not None})
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", "bidroom.server"])  # replaces this process, keeps its id
