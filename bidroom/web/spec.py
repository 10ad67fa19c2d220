"""`python -m bidroom.web.spec > docs/api/openapi.json`: the OpenAPI document without a running server."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from bidroom.config import Settings
from bidroom.web.http import web_app


def openapi() -> str:
    """The document as the repository keeps it: the same app, the same text."""
    with TemporaryDirectory() as folder:
        app, _ = web_app(Settings(data=Path(folder), async_mode="threading"))
        with app.app_context():
            return json.dumps(app.spec, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


if __name__ == "__main__":
    sys.stdout.write(openapi())
