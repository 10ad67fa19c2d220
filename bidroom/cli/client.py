"""The HTTP client of every party: a session by signed challenge, signed commands, problems as refusals."""

from __future__ import annotations

import base64
import json
import secrets
import time
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import requests

from bidroom.cli.identity import Identity
from bidroom.cli.words import language
from bidroom.crypto.canonical import canonical, parse_canonical
from bidroom.facts import Refused, instant

API = "/api/v1"
LOGIN_LIMIT = 4096
OWN_MACHINE = frozenset({"127.0.0.1", "::1", "localhost"})
PATIENCE = 15.0
"""Seconds for which an unreachable server is tried again; every request here may safely be sent twice."""


def b64(data: bytes) -> str:
    """Standard base64, as JSON carries bytes."""
    return base64.b64encode(data).decode("ascii")


def refused_by(problem: Mapping[str, Any]) -> Refused:
    """The refusal that problem details (RFC 9457) tell of; their other members are its details."""
    details = {name: value for name, value in problem.items() if name not in ("reason", "field", "type")}
    return Refused(str(problem.get("reason", "server_failed")), problem.get("field"), **details)


def command_bytes(
    kind: str, stream: str, body: Mapping[str, Any], lot: int | None = None, id: str | None = None,
    checkpoint: Mapping[str, Any] | None = None,
) -> bytes:  # fmt: skip
    """The exact bytes of a command, canonical JSON; a fresh random id unless one is given."""
    command = {"v": 1, "id": id or secrets.token_hex(16), "stream": stream, "type": kind, "lot": lot}
    return canonical({**command, "checkpoint": checkpoint and dict(checkpoint), "body": dict(body)})


def envelope(data: bytes, identity: Identity | None, at: datetime | None = None) -> dict[str, str]:
    """What goes over the wire for a command; signed by `identity` where there is one."""
    if identity is None or at is None:
        return {"bytes": b64(data)}
    return {"bytes": b64(data), "cms": b64(identity.sign("command", data, at)), "certificate": identity.digest}


class Client:
    """One party's connection to a server. Raises Refused with the server's reason, or server_unreachable."""

    def __init__(self, url: str, tongue: str | None = None, patience: float | None = None) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise Refused("url_malformed", field="url")
        self.origin = f"{parts.scheme}://{parts.netloc}"
        self.account: str | None = None
        self.organization: str | None = None
        self.csrf: str | None = None
        self.tongue = tongue or language()
        self._patience = PATIENCE if patience is None else patience
        self._session = requests.Session()
        self._session.trust_env = False
        self._session.headers.update({"Accept-Language": self.tongue, "Origin": self.origin})

    def close(self) -> None:
        """Give back the connections."""
        self._session.close()

    # --- requests

    def get(self, path: str, **query: Any) -> Any:
        """The JSON at this path under /api/v1."""
        return self._json(self._send("GET", path, params=query or None))

    def download(self, path: str) -> bytes:
        """The bytes at this path."""
        return self._checked(self._send("GET", path, timeout=600)).content

    def post(self, path: str, document: Any) -> Any:
        """Send JSON, and the answer to it."""
        return self._json(self._send("POST", path, json=document))

    def put(self, path: str, data: bytes) -> Any:
        """Send bytes to a path that is named after them."""
        headers = {"Content-Type": "application/octet-stream"}
        return self._json(self._send("PUT", path, data=data, headers=headers))

    def _send(self, method: str, path: str, headers: Mapping[str, str] | None = None, **rest: Any) -> requests.Response:
        more = {**(headers or {}), **({"X-CSRF-Token": self.csrf} if self.csrf and method != "GET" else {})}
        rest.setdefault("timeout", 60)
        until = time.monotonic() + self._patience
        wait = 0.1
        while True:
            try:
                return self._session.request(method, self.origin + API + path, headers=more, **rest)
            except (requests.ConnectionError, requests.Timeout) as fault:
                if time.monotonic() + wait > until:
                    raise Refused("server_unreachable", field=self.origin, cause=type(fault).__name__) from None
                time.sleep(wait)
                wait = min(wait * 2, 2.0)

    def _checked(self, response: requests.Response) -> requests.Response:
        if response.ok:
            return response
        try:
            problem = response.json()
        except ValueError:
            raise Refused("server_failed", status=response.status_code) from None
        raise refused_by(problem if isinstance(problem, dict) else {})

    def _json(self, response: requests.Response) -> Any:
        if response.status_code == 204 or not self._checked(response).content:
            return None
        try:
            return response.json()
        except ValueError:
            raise Refused("server_failed", status=response.status_code) from None

    # --- the session

    def now(self) -> datetime:
        """The server's time, in UTC."""
        return instant(self.get("/time")["now"])

    def deciding_time(self) -> datetime:
        """The time that a client judges deadlines by: its own clock; a demo's, if it runs on this very machine.

        A server elsewhere that calls itself a demo would have a key before the deadline by a word.
        """
        told = self.get("/time") if urlsplit(self.origin).hostname in OWN_MACHINE else None
        return instant(told["now"]) if told and told["demo"] else datetime.now(UTC)

    def log_in(self, account: str, identity: Identity) -> None:
        """Log in by signing the server's challenge; one for another origin or account is not signed."""
        data = base64.b64decode(self.post("/login/challenge", {"account": account})["bytes"])
        asked = parse_canonical(data, LOGIN_LIMIT, "login_malformed")
        if not isinstance(asked, dict) or (asked.get("origin"), asked.get("account")) != (self.origin, account):
            raise Refused("challenge_of_another_origin", field="origin", origin=str(asked))
        cms = identity.sign("login", data, self.now())
        self._opened(self.post("/login", {"bytes": b64(data), "cms": b64(cms), "certificate": identity.digest}))

    def log_in_with_password(self, account: str, password: str) -> None:
        """How the staff of a centre log in."""
        self._opened(self.post("/login/password", {"account": account, "password": password}))

    def _opened(self, session: Mapping[str, Any]) -> None:
        self.account, self.organization = session["account"], session.get("organization")
        self.csrf = session["csrf"]

    def cookies(self) -> str:
        """The session's cookie as a header has it, for a socket."""
        return "; ".join(f"{cookie.name}={cookie.value}" for cookie in self._session.cookies)

    # --- commands

    def command(
        self, kind: str, stream: str, body: Mapping[str, Any], lot: int | None = None,
        identity: Identity | None = None, id: str | None = None,
    ) -> dict[str, Any]:  # fmt: skip
        """Give one command, signed by `identity` where there is one; the server's answer."""
        data = command_bytes(kind, stream, body, lot, id)
        at = self.now() if identity else None
        answer: dict[str, Any] = self.post("/commands", envelope(data, identity, at))
        return answer

    def keep_certificate(self, certificate: bytes, digest: str) -> None:
        """Let the server have a certificate that later documents name."""
        self.put(f"/certificates/{digest}", certificate)


def load_json_file(path: Path, reason: str) -> Any:
    """The JSON in a file; Refused(reason), or file_unreadable where there is none."""
    try:
        return json.loads(path.read_text("utf-8"))
    except OSError as fault:
        raise Refused("file_unreadable", field=str(path), cause=fault.strerror) from None
    except ValueError:
        raise Refused(reason, cause="not_json") from None
