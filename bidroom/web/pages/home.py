"""The first page: for a stranger what this is, for everybody else what waits for them; and what this server is."""

from __future__ import annotations

from datetime import datetime

from flask import Blueprint

from bidroom import __version__
from bidroom.facts import Role
from bidroom.web.edge import Edge, the_edge
from bidroom.web.pages.page import Me, bundle, me_now, page
from bidroom.web.pages.streams import cases_of, organizations_of
from bidroom.web.prepared import waiting_for
from bidroom.web.present import home as present
from bidroom.web.present.papers import list_of, paper_of

pages = Blueprint("home", __name__)


@pages.get("/")
def home() -> str:
    """What this is and today's openings; with a session the list of what is to be done."""
    edge, me = the_edge(), me_now()
    now, cases = edge.clock.now(), edge.offload(lambda: cases_of(edge))
    board = present.todays(cases, now)
    if me is None:
        return page("home/welcome.html", board=board, phase_words=present.phase_words)
    tasks = tasks_of(edge, me, cases, now)
    return page("home/home.html", me=me, tasks=tasks, board=board, phase_words=present.phase_words)


def tasks_of(edge: Edge, me: Me, cases: list[present.Case], now: datetime) -> tuple[present.Task, ...]:
    """Everything that waits for somebody, the most urgent first."""
    who = present.Who(me.organization, frozenset(Role(role) for role in me.roles))
    found = present.tasks(cases, who, now)
    if me.organization is not None:
        waiting = edge.offload(lambda: waiting_for(edge, str(me.organization)))
        found += present.to_sign([(each.tender, each.number, each.title) for each in waiting])
    if Role.CLERK in who.staff:
        notices = sum(case.tender.phase == "submitted" for case in cases)
        found += present.of_the_centre(edge.offload(lambda: bindings_waiting(edge)), notices)
    return present.in_order(found)


def bindings_waiting(edge: Edge) -> int:
    """How many applications lie at the window."""
    return sum(each.state == "applied" for one in organizations_of(edge) for each in one.bindings.values())


@pages.get("/about")
def about() -> str:
    """The bundle's digests, the keys and roots that a verifier pins, and how to check."""
    edge, trust = the_edge(), the_edge().trust.now()
    return page(
        "home/about.html",
        version=__version__,
        files=sorted(bundle().files.items()),
        keys=(("log.vkey", str(edge.log_key.vkey)), ("receipt.vkey", str(edge.receipt_key.vkey))),
        roots=[paper_of(root) for root in trust.roots],
        others=[paper_of(other) for other in trust.intermediates],
        lists=[list_of(crl) for crl in trust.crls],
        origin=edge.settings.origin,
    )
