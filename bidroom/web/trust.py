"""The authorities and revocation lists that this server accepts: what a browser pins when it sees them first."""

from __future__ import annotations

import base64
from collections.abc import Iterable

from apiflask import APIBlueprint
from flask import Response, jsonify

from bidroom.web.edge import the_edge

api = APIBlueprint("trust", __name__, url_prefix="/api/v1", tag="Server")


@api.get("/trust")
@api.doc(
    summary="Roots, intermediate authorities and revocation lists (DER, base64)",
    description="For convenience: who verifies pins roots that came another way, or those that it saw first.",
)
def trust() -> Response:
    held = the_edge().trust.now()
    told = {"roots": held.roots, "intermediates": held.intermediates, "crls": held.crls}
    return jsonify({name: encoded(each) for name, each in told.items()})


def encoded(each: Iterable[bytes]) -> list[str]:
    """Base64 of each."""
    return [base64.b64encode(der).decode() for der in each]
