"""A demo's seats: every one has a path of its own, /seat/<name>, and so a session of its own in the same browser.

The demo writes its plan into the data folder, where nobody but its server reads; other servers know no seats.
"""

from __future__ import annotations

import hmac
import json
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

Environ = dict[str, Any]
Wsgi = Callable[[Environ, Any], Iterable[bytes]]

SEAT = "bidroom.seat"
"""Where a request's environment names the seat that it came through."""
PREFIX = re.compile(r"/seat/([a-z]{1,32})(/.*)?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Opening:
    """One opening of a demo."""

    tender: str
    title: str
    deadline: str


@dataclass(frozen=True, slots=True, repr=False)
class Seat:
    """Whose session it gives (none: the public's), where its link leads, and the key at hand (.p12 in base64).

    `certificate` is the digest of the one that logs in; staff log in without.
    """

    name: str
    token: str
    page: str
    account: str | None = None
    title: str = ""
    certificate: str | None = None
    p12: str | None = None
    passphrase: str | None = None

    def is_opened_by(self, token: str) -> bool:
        """Whether this is the seat's own token."""
        return hmac.compare_digest(self.token.encode(), token.encode())


@dataclass(frozen=True, slots=True, repr=False)
class Plan:
    """A demo's openings and seats, and the token of the page that shows them all."""

    token: str = ""
    openings: Mapping[str, Opening] = field(default_factory=dict)
    seats: tuple[Seat, ...] = ()

    def seat(self, name: str) -> Seat | None:
        """The seat of this name."""
        return next((each for each in self.seats if each.name == name), None)

    def is_opened_by(self, token: str) -> bool:
        """Whether this token opens the page of all seats; none does where there is no plan."""
        return bool(self.token) and hmac.compare_digest(self.token.encode(), token.encode())

    def keep(self, data: Path) -> None:
        """Write it into a server's data folder, readable by its owner alone."""
        path = file_in(data)
        draft = path.with_suffix(".draft")
        with open(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
            json.dump(asdict(self), file, ensure_ascii=False)
        draft.replace(path)


def file_in(data: Path) -> Path:
    """Where a plan lies in a data folder."""
    return data / "seats.json"


class Seats:
    """The plan as the server has it, and which seats were taken by a person. One a process."""

    def __init__(self, data: Path) -> None:
        self._path = file_in(data)
        self._held: tuple[object, Plan] = (None, Plan())
        self.taken: dict[str, datetime] = {}

    def plan(self) -> Plan:
        """The plan that lies there now; an empty one before there is any."""
        try:
            seen = self._path.stat()
        except FileNotFoundError:
            return Plan()
        mark = (seen.st_mtime_ns, seen.st_size, seen.st_ino)
        if self._held[0] != mark:
            self._held = (mark, self._read())
        return self._held[1]

    def _read(self) -> Plan:
        told = json.loads(self._path.read_text("utf-8"))
        openings = {name: Opening(**each) for name, each in told["openings"].items()}
        return Plan(told["token"], openings, tuple(Seat(**each) for each in told["seats"]))

    def take(self, name: str, at: datetime) -> None:
        """Somebody sat down; the first time counts."""
        self.taken.setdefault(name, at)

    def give_back(self, name: str) -> None:
        """The autopilot goes on."""
        self.taken.pop(name, None)


def below_seats(inner: Wsgi, seats: Seats) -> Wsgi:
    """Serve the whole site below each seat's path too; a path of no seat stays as it is."""

    def outer(environ: Environ, start_response: Any) -> Iterable[bytes]:
        found = PREFIX.fullmatch(environ.get("PATH_INFO", ""))
        if found is not None and seats.plan().seat(found[1]) is not None:
            environ[SEAT] = found[1]
            environ["SCRIPT_NAME"] = f"{environ.get('SCRIPT_NAME', '')}/seat/{found[1]}"
            environ["PATH_INFO"] = found[2] or "/"
        return inner(environ, start_response)

    return outer
