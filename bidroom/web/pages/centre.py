"""The window of the trading centre: bindings, notices, deposits. Each act is a command of the clerk's."""

from __future__ import annotations

from datetime import datetime

import structlog
from flask import Blueprint, request

from bidroom.crypto.certificates import check_certificate
from bidroom.facts import CENTRE, Refused, Role
from bidroom.opening.state import Opening
from bidroom.registry.organizations import Binding, Organization
from bidroom.registry.tenders import Tender
from bidroom.web.edge import Edge, the_edge
from bidroom.web.i18n import language, translate
from bidroom.web.pages.page import as_instant, need_role, page
from bidroom.web.pages.streams import binding_times, cases_of, last_time, organizations_of
from bidroom.web.parse import hex_id
from bidroom.web.present import centre as present
from bidroom.web.present import deposits
from bidroom.web.present.papers import paper_of

LOG = structlog.get_logger()
MOST_SHOWN = 100
"""Decided bindings on one page; the search finds the others."""

pages = Blueprint("centre", __name__)


# --- bindings


@pages.get("/centre/bindings")
def bindings() -> str:
    """What waits, each certificate beside the organization's particulars; what was decided; the staff."""
    me, edge, wanted = need_role(Role.CLERK), the_edge(), request.args.get("q", "")[:100]
    known = edge.offload(lambda: organizations_of(edge))
    waiting = edge.offload(lambda: [looked_at(edge, one, each) for one, each in applied_for(known)])
    rows = present.decided(known, wanted)
    return page(
        "centre/bindings.html",
        me=me, waiting=in_turn(edge, waiting), wanted=wanted, decided=rows[:MOST_SHOWN], more=len(rows) - MOST_SHOWN,
        staff=present.staff(edge.door.state(CENTRE)["centre"]),
    )  # fmt: skip


def applied_for(known: list[Organization]) -> list[tuple[Organization, Binding]]:
    """Every application that waits."""
    return [(one, each) for one in known for each in one.bindings.values() if each.state == "applied"]


Looked = tuple[Organization, Binding, bytes, datetime | None, str]


def looked_at(edge: Edge, organization: Organization, binding: Binding) -> Looked:
    """An application, its certificate, since when it waits, and the reason why the certificate does not hold now."""
    der, at = edge.certificates.get(binding.certificate), binding_times(edge, organization.id)[binding.certificate]
    try:
        check_certificate(der, edge.trust.now(), edge.clock.now())
    except Refused as refused:
        return organization, binding, der, at, refused.reason
    return organization, binding, der, at, ""


def in_turn(edge: Edge, waiting: list[Looked]) -> list[present.Application]:
    """The applications as they came in."""
    now = edge.clock.now()
    rows = [
        present.application(one, each, paper_of(der), at, translate(why, language()) if why else "", now)
        for one, each, der, at, why in waiting
    ]
    return sorted(rows, key=lambda row: (row.at or now, row.organization.name))


# --- notices


@pages.get("/centre/notices")
def notices() -> str:
    """The notices that wait for their publication, each with what the rules say to it."""
    me, edge = need_role(Role.CLERK), the_edge()
    waiting = edge.offload(lambda: submitted(edge))
    now = edge.clock.now()
    rows = [present.notice(tender, at, now) for tender, at in waiting]
    return page("centre/notices.html", me=me, notices=sorted(rows, key=lambda row: (row.at or now, row.tender.number)))


def submitted(edge: Edge) -> list[tuple[Tender, datetime | None]]:
    """Every submitted notice, and since when it waits."""
    tenders = [case.tender for case in cases_of(edge) if case.tender.phase == "submitted"]
    return [(tender, last_time(edge, tender.id, "NoticeSubmitted")) for tender in tenders]


# --- deposits


@pages.get("/centre/deposits/<tender>", endpoint="deposits")
def deposits_page(tender: str) -> str:
    """What came in for each lot; every look is logged, as only the clerk who matches may know who pays."""
    me, edge, stream = need_role(Role.CLERK), the_edge(), hex_id(tender, 16, "tender")
    opening = published(edge, stream)
    LOG.info("deposits viewed", tender=stream, user=me.user)
    named = {one.id: (one.name, one.uscc) for one in edge.offload(lambda: organizations_of(edge))}
    return page(
        "centre/deposits.html",
        me=me, opening=opening, tender=stream, lots=deposits.deposits_of(opening, named),
        payers=deposits.may_pay(opening, named), received=deposits.received_default(as_instant(edge.clock.now())),
    )  # fmt: skip


def published(edge: Edge, stream: str) -> Opening:
    """The opening of a published tender; Refused("tender_unknown")."""
    if edge.tender(stream).published_at is None:
        raise Refused("tender_unknown", field="tender")
    return edge.opening(stream)
