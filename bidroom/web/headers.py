"""What every answer carries, and what every request loses on the way in."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from flask import Flask, Response, request

from bidroom.web.auth import COOKIE

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]

ALWAYS: Mapping[str, str] = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "font-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
PAGES = "private, no-cache"
"""What a person saw is nobody else's, and is asked for again; only built files may be kept."""
LASTING = "max-age=31536000"


def register(app: Flask, *, over_tls: bool) -> None:
    """Put the headers on every answer of this app; over TLS, that it is always so."""

    @app.after_request
    def dressed(response: Response) -> Response:
        response.headers.extend({name: value for name, value in ALWAYS.items() if name not in response.headers})
        if not request.path.startswith("/static/"):
            response.headers["Cache-Control"] = kept(response)
        if over_tls:
            response.headers["Strict-Transport-Security"] = LASTING
        return response


def kept(response: Response) -> str:
    """What a browser may keep of this answer. What somebody saw who is logged in does not come back by the browser's
    way back once they have gone."""
    if request.path.startswith("/api/") or response.cache_control.no_store:
        return "no-store"
    return f"{PAGES}, no-store" if COOKIE in request.cookies else PAGES


def without_deflate(inner: Wsgi) -> Wsgi:
    """Never agree to compress messages: it costs more time and memory a client than it saves."""

    def outer(environ: Environ, start_response: Any) -> Iterable[bytes]:
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        return inner(environ, start_response)

    return outer
