"""The server's process, `python -m bidroom.server`: sockets are patched before anything else is imported."""

import os
import warnings

# its authors say so at every start; docs/decisions/ says why it is used all the same
warnings.filterwarnings("ignore", message=r"\s*Eventlet is deprecated", category=DeprecationWarning)

if os.environ.get("BIDROOM_ASYNC_MODE", "eventlet") == "eventlet":
    import eventlet

    eventlet.monkey_patch()
elif os.environ["BIDROOM_ASYNC_MODE"] == "gevent":
    import gevent.monkey

    gevent.monkey.patch_all()

import gc
from typing import Any

from flask import Flask

from bidroom.app import create_app
from bidroom.config import Settings

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
    socketio: Any = app.extensions["socketio"]
    more = {"allow_unsafe_werkzeug": True} if settings.async_mode == "threading" else {}
    socketio.run(app, host=settings.host, port=settings.port, **more)


def run_eventlet(app: Flask, settings: Settings) -> None:
    """What `socketio.run` does, with a longer queue of waiting connections than it can be told."""
    from eventlet import listen, wsgi

    socket = listen((settings.host, settings.port), backlog=WAITING)
    wsgi.server(socket, app, max_size=CONNECTIONS, log_output=False)


def main() -> None:
    """Build the app from the environment and serve it."""
    settings = Settings()
    run(create_app(settings), settings)


if __name__ == "__main__":
    main()
