"""The server from a checkout: `python wsgi.py`, or `wsgi:app` for another runner. Sockets are patched first."""

import os

if os.environ.get("BIDROOM_ASYNC_MODE", "eventlet") == "eventlet":
    import eventlet

    eventlet.monkey_patch()
elif os.environ["BIDROOM_ASYNC_MODE"] == "gevent":
    import gevent.monkey

    gevent.monkey.patch_all()

from bidroom.app import create_app
from bidroom.config import Settings
from bidroom.server import run

settings = Settings()
app = create_app(settings)

if __name__ == "__main__":
    run(app, settings)
