"""`bidroom init`'s other half, in a process of its own: database, keys, and one of the staff; JSON in, JSON out."""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic import ValidationError

from bidroom.app import close_app, create_app
from bidroom.config import Settings
from bidroom.facts import Refused
from bidroom.web.demo import appoint
from bidroom.web.edge import Edge
from bidroom.web.models import StaffMember


def main() -> None:
    """Read a member of the staff (or null) from standard input, and say what the server's keys are."""
    told = json.load(sys.stdin)
    settings = Settings().model_copy(update={"async_mode": "threading"})
    app = create_app(settings)
    try:
        json.dump(prepared(app.extensions["bidroom"], told), sys.stdout)
    finally:
        close_app(app)


def prepared(edge: Edge, told: Any) -> dict[str, Any]:
    """The verifier keys; with `refused`, the reason why the member was not appointed."""
    keys = {"log": str(edge.log_key.vkey), "receipt": str(edge.receipt_key.vkey)}
    try:
        if told is not None:
            appoint(edge, StaffMember.model_validate(told))
    except ValidationError as wrong:
        return {**keys, "refused": {"reason": "request_malformed", "field": str(wrong.errors()[0]["loc"][0])}}
    except Refused as refused:
        return {**keys, "refused": {"reason": refused.reason, "field": refused.field}}
    return keys


if __name__ == "__main__":
    main()
