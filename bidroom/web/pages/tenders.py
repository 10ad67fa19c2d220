"""The list of tenders, a tender's page and its signed papers."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import Any

from flask import Blueprint, Response, redirect, request, url_for
from werkzeug.wrappers import Response as BaseResponse

from bidroom.crypto.certificates import load_certificate
from bidroom.crypto.timeline import Timeline, parse_timeline
from bidroom.facts import Actor, Refused, Role
from bidroom.opening.rules import OPENING
from bidroom.opening.visibility import Audience
from bidroom.registry.tenders import TENDERS, Tender
from bidroom.storage.prepared import AMENDMENT, SqlPrepared
from bidroom.web.auth import reader_now
from bidroom.web.edge import Edge, the_edge
from bidroom.web.i18n import language
from bidroom.web.pages.page import me_now, page
from bidroom.web.pages.streams import cases_of
from bidroom.web.parse import hex_id
from bidroom.web.prepared import waiting_for
from bidroom.web.preparing import is_open
from bidroom.web.present import notices as reading_notice
from bidroom.web.present import tenders as present
from bidroom.web.tenders import readable

PAPERS = {"terms.json": "terms", "terms.p7s": "terms_cms", "timeline.json": "timeline", "timeline.p7s": "timeline_cms"}
JSON, CMS = "application/json", "application/pkcs7-signature"

pages = Blueprint("tenders", __name__)


@pages.get("/tenders")
def all() -> str:  # noqa: A001 - the endpoint's name
    """The published tenders, and what one's own organization has in the making."""
    edge, mine = the_edge(), reader_now().organization
    group, number = request.args.get("state", ""), request.args.get("page", 1, type=int)
    asked = (request.args.get("q", "")[:100], group if group in present.GROUPS else "", number)
    cases = edge.offload(lambda: cases_of(edge))
    shown = present.listed([case.opening for case in cases if case.tender.published_at], *asked, edge.clock.now())
    making = [case.tender for case in cases if case.tender.owner == mine and not case.tender.published_at]
    waiting = edge.offload(lambda: waiting_for(edge, mine)) if mine else []
    return page("tenders/list.html", shown=shown, groups=present.group_names(), making=making, waiting=waiting)


@pages.get("/tenders/<tender>")
def one(tender: str) -> str | BaseResponse:
    """A tender's notice; a draft's own parties are led to it."""
    edge, stream, actor = the_edge(), hex_id(tender, 16, "tender"), reader_now()
    state = edge.tender(stream)
    if state.terms is None and may_draft(state, actor):
        return redirect(url_for("notices.draft", tender=stream), 303)
    state = readable(edge, stream, actor)
    return page("tenders/one.html", **notice_of(edge, state), **standing(edge, state, actor))


@pages.get("/tenders/<tender>/papers/<name>")
def paper(tender: str, name: str) -> Response:
    """The exact bytes of one signed paper, or its signature."""
    edge, stream = the_edge(), hex_id(tender, 16, "tender")
    readable(edge, stream, reader_now())
    told = edge.feed.papers(stream).notice.get(PAPERS.get(name, ""))
    if told is None:
        raise Refused("page_unknown")
    response = Response(base64.b64decode(told), mimetype=JSON if name.endswith(".json") else CMS)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


# --- reading


def may_draft(state: Tender, actor: Actor) -> bool:
    """Whether it is one's own draft."""
    return actor.organization is not None and actor.organization == state.owner


def notice_of(edge: Edge, state: Tender) -> dict[str, Any]:
    """All that the notice says, whoever reads."""
    terms, timeline = state.the_terms, state.the_timeline
    opening, deadline = edge.opening(state.id), state.deadline or timeline.deadline
    certificate = load_certificate(edge.certificates.get(str(terms.tenderee.certificate)))
    return {
        "tender": state,
        "shown": reading_notice.notice_view(terms, timeline, deadline, edge.clock.now(), language()),
        "chip": present.phase_chip(opening),
        "papers": reading_notice.papers(terms, timeline),
        "serial": f"{certificate.serial_number:x}",
        "amendments": amended(edge, state) if timeline.version > 1 else (),
        "is_before": opening.root is None and state.published_at is not None,
    }


def amended(edge: Edge, state: Tender) -> tuple[reading_notice.Amendment, ...]:
    """The amendments as everybody was told of them."""
    told = (
        (event["time"], event["body"]) for event in told_to_all(edge, state.id) if event["type"] == "TimelineAmended"
    )
    timelines = [(at, body["reason"], parse_timeline(base64.b64decode(body["timeline"]))) for at, body in told]
    return reading_notice.amendments(edge.offload(lambda: first_timeline(edge, state.id)), timelines)


def told_to_all(edge: Edge, stream: str) -> list[Any]:
    """Every event of the public board."""
    found: list[Any] = []
    while events := edge.feed.after(stream, Audience(Role.ANYONE), len(found)).events:
        found.extend(events)
    return found


def first_timeline(edge: Edge, stream: str) -> Timeline:
    """The timeline that was published: the last one submitted before that."""
    submitted = None
    for entry in edge.door.entries(stream):
        if entry.type == "NoticeSubmitted":
            submitted = entry
        if entry.type == "NoticePublished":
            break
    assert submitted is not None, "it has a notice"
    return parse_timeline(base64.b64decode(submitted.body["timeline"]))


def standing(edge: Edge, state: Tender, actor: Actor) -> dict[str, Any]:
    """What this visitor is here, and may do."""
    opening, now = edge.opening(state.id), edge.clock.now()
    roles = TENDERS.roles(state, actor) | OPENING.roles(opening, actor)
    ready = SqlPrepared(edge.engine).get(state.id)
    waits = ready is not None and ready.kind == AMENDMENT and is_open(state, ready)
    can = (roles, me_now() is not None, may_amend(state, now), waits)
    found = present.actions(opening, *can) if state.published_at else ()
    return {"actions": found, "roles": roles}


def may_amend(state: Tender, now: datetime) -> bool:
    """Until the deadline in force."""
    return state.phase == "published" and state.deadline is not None and now <= state.deadline
