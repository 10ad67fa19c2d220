"""What every page stands on: who looks at it, in which language, and the values that its template may use."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

import structlog
from flask import Flask, current_app, redirect, render_template, request, url_for
from markupsafe import Markup
from werkzeug.exceptions import HTTPException
from werkzeug.wrappers import Response as BaseResponse

from bidroom.facts import Refused, Role, instant, rfc3339
from bidroom.web.assets import Bundle, Workshop
from bidroom.web.auth import COOKIE, person_of, session_now
from bidroom.web.edge import the_edge
from bidroom.web.i18n import TIMEZONE, language
from bidroom.web.parts import PartExtension
from bidroom.web.people import Session

BEIJING = ZoneInfo(TIMEZONE)
ORDER = (Role.CLERK, Role.SUPERVISOR, Role.AUDITOR)
UNBUILT = "0" * 64
LOG = structlog.get_logger()
BARE = Markup('<!doctype html><html lang="{lang}"><meta charset="utf-8"><title>{title}</title><h1>{title}</h1></html>')
"""A page for when that fails on which all pages stand, such as the database."""


@dataclass(frozen=True, slots=True)
class Me:
    """Who looks at a page. `roles` are those of the staff; an organization has none here, its tenders give them."""

    user: str
    name: str
    organization: str | None
    roles: tuple[str, ...]
    certificate: str | None
    session: Session

    @property
    def role(self) -> str:
        """The one to show: a staff role, or `organization`."""
        return self.roles[0] if self.roles else "organization"


class LoginNeeded(HTTPException):
    """A page for which one must be logged in: the way to it goes through the login, and comes back."""

    def __init__(self) -> None:
        way = url_for("entrance.login", next=request.script_root + request.full_path.rstrip("?"))
        super().__init__(response=redirect(way, 303))


def me_now() -> Me | None:
    """Who asks, None without a session."""
    session = session_now()
    if session is None:
        return None
    person = person_of(the_edge(), session)
    roles = tuple(str(role) for role in ORDER if role in person.staff)
    return Me(person.user, person.name, person.organization, roles, session.certificate, session)


def need_me() -> Me:
    """Who asks; without a session the page leads to the login."""
    me = me_now()
    if me is None:
        raise LoginNeeded
    return me


def need_role(*roles: Role) -> Me:
    """Who asks, with one of these staff roles; Refused("not_your_role")."""
    me = need_me()
    if not set(me.roles) & {str(role) for role in roles}:
        raise Refused("not_your_role")
    return me


def need_organization() -> Me:
    """Who asks, for an organization; Refused("not_your_role")."""
    me = need_me()
    if me.organization is None:
        raise Refused("not_your_role")
    return me


def page(template: str, **values: Any) -> str:
    """A rendered page."""
    return render_template(template, **{"me": me_now(), **around(), **values})


def around() -> dict[str, Any]:
    """What the frame of every page shows."""
    edge, session = the_edge(), session_now()
    return {
        "csrf": edge.people.csrf(session.token) if session else "",
        "now": rfc3339(edge.clock.now()),
        "speed": edge.clock.speed,
        "demo": edge.settings.demo,
        "bundle": bundle().digest,
        "has_cookie": COOKIE in request.cookies,
    }


# --- the browser's bundle


@cache
def bundle() -> Bundle:
    """What is served under static/, as it was built; FileNotFoundError says how to build it."""
    return Workshop().bundle()


def asset(name: str) -> str:
    """The address of a built file, which changes when its bytes do."""
    if name not in bundle().files:
        raise FileNotFoundError(f"{name} is not in the browser's bundle: make setup builds it")
    return url_for("static", filename=name, v=bundle().files[name][:16])


# --- times, amounts, digests


def as_instant(value: str | datetime) -> datetime:
    """A time in Beijing's zone."""
    return (instant(value) if isinstance(value, str) else value.astimezone(UTC)).astimezone(BEIJING)


def local(value: str | datetime | None) -> str:
    """2026-11-20 09:00:00, Beijing time."""
    return as_instant(value).strftime("%Y-%m-%d %H:%M:%S") if value else ""


def day(value: str | datetime | None) -> str:
    """2026-11-20, Beijing time."""
    return as_instant(value).strftime("%Y-%m-%d") if value else ""


def clock(value: str | datetime | None) -> str:
    """09:00:00, Beijing time."""
    return as_instant(value).strftime("%H:%M:%S") if value else ""


def utc(value: str | datetime | None) -> str:
    """The machine's form: RFC 3339 in UTC."""
    return value if isinstance(value, str) else rfc3339(value) if value else ""


def money(value: object) -> str:
    """126,480,000.00, from the exact decimal."""
    return f"{Decimal(str(value)):,.2f}" if value is not None else ""


def short(digest: str | None) -> str:
    """9f3c…a71e."""
    return f"{digest[:4]}…{digest[-4:]}" if digest else ""


def register(app: Flask) -> None:
    """Give templates their filters, their parts and the values that are the same for all."""
    app.jinja_env.add_extension(PartExtension)
    app.jinja_env.filters.update(local=local, day=day, clock=clock, utc=utc, money=money, short=short)
    app.jinja_env.globals.update(asset=asset, Markup=Markup)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(lambda: {"lang": language()})


def own_path(path: str | None) -> str | None:
    """A path of our own site to go on to, None for anything else."""
    if not path or not path.startswith("/") or path.startswith(("//", "/\\")):
        return None
    return quote(str(PurePosixPath(path)), safe="/?=&%.-_~")


def refused_page(refused: Refused, status: int, title: str) -> BaseResponse:
    """A refusal as a page."""
    values = {"refused": refused, "title": title, "status": status}
    try:
        body = page("errors/refused.html", **values)
    except Refused:  # the session itself is what is refused
        body = render_template("errors/refused.html", me=None, **around(), **values)
    except Exception as fault:
        LOG.error("a refusal could not be shown as a page", reason=refused.reason, exc_info=fault)
        body = BARE.format(title=title, lang=language())
    return current_app.response_class(body, status=status, mimetype="text/html")
