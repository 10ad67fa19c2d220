"""The one place where a refusal becomes an answer: RFC 9457 problem details, over HTTP and over sockets alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

import structlog
from flask import Flask, current_app, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from bidroom.facts import Refused
from bidroom.web.i18n import causes, language, translate

LOG = structlog.get_logger()
PROBLEM = "application/problem+json"
MACHINES = ("/api/", "/healthz", "/openapi", "/static/", "/socket.io", "/words/", "/demo/")
"""Where programs ask."""
AsPage = Callable[[Refused, int, str], BaseResponse]
"""A refusal, the HTTP status, its sentence: the page that shows it."""
RESERVED = frozenset({"type", "title", "status", "detail", "reason", "field"})

STATUS: Mapping[str, int] = {
    "not_logged_in": 401,
    "login_failed": 401,
    "session_over": 401,
    "not_your_role": 403,
    "not_yours_to_see": 403,
    "csrf_token_wrong": 403,
    "origin_wrong": 403,
    "certificate_unbound": 403,
    "certificate_not_the_bound_one": 403,
    "page_unknown": 404,
    "stream_unknown": 404,
    "tender_unknown": 404,
    "bid_unknown": 404,
    "blob_missing": 404,
    "certificate_not_here": 404,
    "method_not_allowed": 405,
    "same_id_other_bytes": 409,
    "segment_has_other_bytes": 409,
    "already_claimed": 409,
    "command_not_allowed_in_this_phase": 409,
    "suspended": 409,
    "clock_is_busy": 409,
    "request_too_large": 413,
    "too_many_requests": 429,
    "server_failed": 500,
}
"""The HTTP status of a reason; other ones: 400 where something is malformed, 422 for what the rules refuse."""

HTTP_REASONS: Mapping[int, str] = {
    400: "request_malformed",
    404: "page_unknown",
    405: "method_not_allowed",
    413: "request_too_large",
    429: "too_many_requests",
}


def status_of(reason: str) -> int:
    """The HTTP status that goes with a reason."""
    return STATUS.get(reason, 400 if reason.endswith("_malformed") else 422)


def problem(refused: Refused, tongue: str | None = None) -> dict[str, Any]:
    """The members of the problem details; what a refusal knows besides travels along under its own names."""
    tongue = tongue or language()
    title = translate(refused.reason, tongue)
    members: dict[str, Any] = {
        "type": f"/problems/{refused.reason}",
        "title": title,
        "status": status_of(refused.reason),
        "detail": _sentence(title, refused, tongue),
        "reason": refused.reason,
    }
    if refused.field is not None:
        members["field"] = refused.field
    return {**{name: value for name, value in refused.details.items() if name not in RESERVED}, **members}


def _sentence(title: str, refused: Refused, tongue: str) -> str:
    cause = refused.details.get("cause")
    said = [part for part in (refused.field, causes(tongue).get(str(cause), cause) if cause else None) if part]
    if not said:
        return title
    inner = ("：" if tongue == "zh-CN" else ": ").join(str(part) for part in said)
    return f"{title}（{inner}）" if tongue == "zh-CN" else f"{title} ({inner})"


def answer(refused: Refused, status: int | None = None) -> BaseResponse:
    """The HTTP answer to a refused request: a page to a person, problem details to a program."""
    code = status or status_of(refused.reason)
    if is_for_a_person():
        as_page: AsPage = current_app.extensions["bidroom_refused_page"]
        return as_page(refused, code, translate(refused.reason, language()))
    response = jsonify(problem(refused))
    response.status_code = code
    response.content_type = PROBLEM
    return response


def is_for_a_person() -> bool:
    """Whether the request is for a page: those speak HTML, the API speaks JSON."""
    return not request.path.startswith(MACHINES)


def register(app: Flask, as_page: AsPage) -> None:
    """Let every refusal, every HTTP error and every failure of ours be answered, `as_page` where a person asks."""
    app.extensions["bidroom_refused_page"] = as_page
    app.register_error_handler(Refused, answer)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _failed)


def _http(error: HTTPException) -> BaseResponse:
    if error.response is not None:  # a redirect, or an answer that somebody made
        return error.get_response()
    code = error.code or 500
    response = answer(Refused(HTTP_REASONS.get(code, "request_malformed" if code < 500 else "server_failed")), code)
    if error.code == HTTPStatus.METHOD_NOT_ALLOWED:
        kind = response.content_type
        response.headers.extend(error.get_headers())
        response.content_type = kind
    return response


def _failed(error: Exception) -> BaseResponse:
    """A fault of ours: said without a word about its inside, logged with all of it."""
    LOG.error("request failed", path=request.path, method=request.method, exc_info=error)
    return answer(Refused("server_failed"))
