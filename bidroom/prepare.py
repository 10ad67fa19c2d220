"""`bidroom init`'s other half, in a process of its own: database, keys, and one of the staff; JSON in, JSON out."""

from __future__ import annotations

import json
import sys
from typing import Any

from pydantic import ValidationError

from bidroom.app import close_app, create_app
from bidroom.config import Settings
from bidroom.facts import Refused
from bidroom.starting import named_faults
from bidroom.web.demo import appoint
from bidroom.web.edge import Edge
from bidroom.web.models import StaffMember


def main() -> None:
    """Read a member of the staff (or null) from standard input, and say what the server's keys are."""
    told = json.load(sys.stdin)
    try:
        with named_faults():
            settings = Settings().model_copy(update={"async_mode": "threading"})
            app = create_app(settings)
    except Refused as refused:
        json.dump({"refused": as_json(refused)}, sys.stdout)
        return
    try:
        json.dump(prepared(app.extensions["bidroom"], told), sys.stdout)
    finally:
        close_app(app)


def as_json(refused: Refused) -> dict[str, Any]:
    """A refusal, for the process that asked."""
    return {"reason": refused.reason, "field": refused.field, "cause": refused.details.get("cause")}


def prepared(edge: Edge, told: Any) -> dict[str, Any]:
    """The verifier keys; with `refused`, the reason why the member was not appointed."""
    keys = {"log": str(edge.log_key.vkey), "receipt": str(edge.receipt_key.vkey)}
    try:
        if told is not None:
            appoint(edge, StaffMember.model_validate(told))
    except ValidationError as wrong:
        first = wrong.errors()[0]
        return {
            **keys,
            "refused": as_json(Refused("request_malformed", field=str(first["loc"][0]), cause=first["msg"])),
        }
    except Refused as refused:
        return {**keys, "refused": as_json(refused)}
    return keys


if __name__ == "__main__":
    main()
