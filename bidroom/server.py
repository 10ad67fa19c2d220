"""The server's process, `python -m bidroom.server`: sockets are patched before anything else is imported."""

import os
import warnings
from importlib.util import find_spec

# its authors say so at every start; docs/decisions/ says why it is used all the same
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated")

if os.environ.get("BIDROOM_ASYNC_MODE", "eventlet") == "eventlet":
    import eventlet

    eventlet.monkey_patch()
elif os.environ["BIDROOM_ASYNC_MODE"] == "gevent" and find_spec("gevent"):
    import gevent.monkey

    gevent.monkey.patch_all()

import gc
from typing import Any

import click
from flask import Flask

from bidroom.app import create_app
from bidroom.cli.words import told
from bidroom.config import Settings
from bidroom.facts import Refused
from bidroom.starting import named_faults

CONNECTIONS = 20_000
"""eventlet takes no more than 1,024 at once unless told."""
WAITING = 4096
"""Connections that the kernel holds until they are accepted; a whole opening comes at once."""


def run(app: Flask, settings: Settings) -> None:
    """Serve until the process is ended; a proxy that speaks TLS stands in front."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 50, 1_000)
    if settings.async_mode == "eventlet":
        run_eventlet(app, settings)
        return
    announce(settings, settings.port)
    socketio: Any = app.extensions["socketio"]
    more = {"allow_unsafe_werkzeug": True} if settings.async_mode == "threading" else {}
    socketio.run(app, host=settings.host, port=settings.port, **more)


def run_eventlet(app: Flask, settings: Settings) -> None:
    """What `socketio.run` does, with a longer queue of waiting connections than it can be told."""
    from eventlet import listen, wsgi

    try:  # a second server on the same port would share it silently unless told not to
        socket = listen((settings.host, settings.port), backlog=WAITING, reuse_port=False)
    except OSError as fault:
        raise Refused("cannot_listen", field=f"{settings.host}:{settings.port}", cause=fault.strerror) from None
    announce(settings, socket.getsockname()[1])
    wsgi.server(socket, app, max_size=CONNECTIONS, log_output=False, debug=False)  # else a fault is told to clients


def announce(settings: Settings, port: int) -> None:
    """One line for whoever started it: where it listens, on what data, and whether it is a demo."""
    demo = ", demo mode" if settings.demo else ""
    click.echo(f"bidroom: http://{settings.host}:{port}, data in {settings.data.resolve()}{demo}", err=True)


def main() -> None:
    """Build the app from the environment and serve it."""
    with told():
        with named_faults():
            if os.environ.get("BIDROOM_ASYNC_MODE") == "gevent" and not find_spec("gevent"):
                raise ModuleNotFoundError(name="gevent")
            settings = Settings()
            app = create_app(settings)
        run(app, settings)


if __name__ == "__main__":
    main()
