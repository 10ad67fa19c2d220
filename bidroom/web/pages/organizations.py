"""From a registration to a bound certificate, and an organization's own page."""

from __future__ import annotations

import hmac
import secrets

from flask import Blueprint, make_response, redirect, request, url_for
from werkzeug.wrappers import Response

from bidroom.facts import Refused, StreamKind
from bidroom.registry.organizations import Organization
from bidroom.web.auth import gate
from bidroom.web.edge import Edge, the_edge
from bidroom.web.pages.page import me_now, need_organization, page
from bidroom.web.pages.streams import binding_times
from bidroom.web.parse import hex_id
from bidroom.web.present import organizations as present
from bidroom.web.present.papers import papers_of

APPLICANT = "bidroom_applicant"
"""A cookie: the organization that this browser registers or has named by code and user, and our mark on it."""
KEPT = 30 * 24 * 3600

pages = Blueprint("organizations", __name__)


@pages.get("/register")
def register() -> Response:
    """The first step; the organization's stream is named here, so that its second step is known already."""
    stream = secrets.token_hex(16)
    response = make_response(page("organizations/register.html", stream=stream, steps=present.first_steps()))
    remember(the_edge(), response, stream)
    return response


@pages.post("/register/find")
def find() -> Response:
    """Go on with what was begun elsewhere: who knows the code and the main user may."""
    gate().take()
    edge, code, user = the_edge(), _said("uscc").upper(), _said("user").lower()
    stream = edge.people.stream_of("uscc", code)
    if stream is None or registered(edge, stream).main_user != user:
        return make_response(page("organizations/find.html", code=code, user=user, is_wrong=True), 422)
    response = redirect(url_for("organizations.application", organization=stream), 303)
    remember(edge, response, stream)
    return response


def _said(name: str) -> str:
    return "".join(request.form.get(name, "").split())[:64]


@pages.get("/register/find")
def asked_to_find() -> str:
    """The question for code and main user."""
    return page("organizations/find.html", code="", user="", is_wrong=False)


@pages.get("/register/<organization>")
def application(organization: str) -> str | Response:
    """How far it has come, the next step, and the form to print; for who began it, and for the organization itself."""
    edge, stream = the_edge(), hex_id(organization, 16, "organization")
    me = me_now()
    if not (me and me.organization == stream) and not is_applicant(edge, stream):
        return redirect(url_for("organizations.asked_to_find"), 303)
    known, times = registered(edge, stream), edge.offload(lambda: binding_times(edge, stream))
    applied = present.application_of(known, times)
    digest = applied.binding.certificate if applied.binding else None
    papers = edge.offload(lambda: papers_of(edge.certificates.all_of([digest] if digest else [])))
    return page(
        "organizations/application.html",
        organization=known, applied=applied, paper=papers.get(digest or ""), at=times.get(digest or ""),
    )  # fmt: skip


@pages.get("/organization")
def own() -> str:
    """Particulars, users, certificates and how their bindings stand."""
    me, edge = need_organization(), the_edge()
    stream = str(me.organization)
    known = registered(edge, stream)
    times = edge.offload(lambda: binding_times(edge, stream))
    papers = edge.offload(lambda: papers_of(edge.certificates.all_of(known.bindings)))
    return page("organizations/own.html", me=me, own=present.own_page(known, times, papers, edge.clock.now()))


def registered(edge: Edge, stream: str) -> Organization:
    """The organization of this stream; Refused("page_unknown") where there is none."""
    try:
        view = edge.door.view(stream)
    except Refused:
        raise Refused("page_unknown", field="organization") from None
    if view.kind is not StreamKind.ORGANIZATION:
        raise Refused("page_unknown", field="organization")
    found: Organization = view.state["organization"]
    return found


# --- who may go on with an application before anybody can log in


def remember(edge: Edge, response: Response, stream: str) -> None:
    """Let this browser go on with this organization's application."""
    response.set_cookie(
        APPLICANT, f"{stream}.{_mark(edge, stream)}", max_age=KEPT, httponly=True, samesite="Strict",
        secure=edge.settings.cookie_secure and not edge.settings.demo, path=request.script_root or "/",
    )  # fmt: skip


def is_applicant(edge: Edge, stream: str) -> bool:
    """Whether this browser was let."""
    named, _, mark = request.cookies.get(APPLICANT, "").partition(".")
    return named == stream and hmac.compare_digest(mark.encode(), _mark(edge, stream).encode())


def _mark(edge: Edge, stream: str) -> str:
    return edge.keyed("applicant", stream.encode())
