"""What anyone may ask of the server itself: whether it lives, what time it has, the keys that a verifier pins."""

from __future__ import annotations

from apiflask import APIBlueprint
from flask import Response, jsonify

from bidroom.facts import rfc3339
from bidroom.storage.database import reading
from bidroom.web.edge import the_edge

api = APIBlueprint("about", __name__, tag="Server")


@api.get("/healthz")
@api.doc(summary="Whether the server and its database answer")
def health() -> Response:
    edge = the_edge()
    with reading(edge.engine) as connection:
        connection.exec_driver_sql("SELECT 1")
    return jsonify({"ok": True})


@api.get("/api/v1/time")
@api.doc(summary="The server's time, which is the time of every tender")
def time() -> Response:
    edge = the_edge()
    return jsonify({"now": rfc3339(edge.clock.now()), "speed": edge.clock.speed, "demo": edge.settings.demo})


@api.get("/api/v1/keys")
@api.doc(
    summary="The verifier keys of log and receipts",
    description="For convenience: who verifies pins keys that came another way.",
)
def keys() -> Response:
    edge = the_edge()
    return jsonify({"log": str(edge.log_key.vkey), "receipt": str(edge.receipt_key.vkey)})
