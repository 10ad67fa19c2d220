"""A notice in the making: the draft, the tenderee's signature, the handing in; and the amendment of its timeline."""

from __future__ import annotations

import secrets
from typing import Any

from flask import Blueprint, url_for

from bidroom.crypto.policy import Terms, parse_terms
from bidroom.crypto.timeline import Timeline, parse_timeline
from bidroom.facts import Actor, Refused, Role
from bidroom.registry.organizations import Organization
from bidroom.registry.tenders import TENDERS, Tender
from bidroom.storage.prepared import AMENDMENT, NOTICE, Prepared, SqlPrepared
from bidroom.web.auth import reader_now
from bidroom.web.edge import Edge, the_edge
from bidroom.web.i18n import language
from bidroom.web.pages.page import Me, need_me, need_organization, page
from bidroom.web.pages.tenders import may_amend
from bidroom.web.parse import hex_id
from bidroom.web.prepared import in_words
from bidroom.web.preparing import Fault, faults, is_open, may_read, particulars
from bidroom.web.present import drafts
from bidroom.web.present import notices as present

pages = Blueprint("notices", __name__)


@pages.get("/tenders/new")
def new() -> str:
    """Number and title: what a draft begins with."""
    return page("notices/new.html", own=own(the_edge(), need_organization()), stream=secrets.token_hex(16))


@pages.get("/tenders/<tender>/notice")
def draft(tender: str) -> str:
    """For its drafter the form, for the tenderee the papers to sign, for a clerk to read."""
    edge, stream, me, actor = the_edge(), hex_id(tender, 16, "tender"), need_me(), reader_now()
    state, ready = edge.tender(stream), SqlPrepared(edge.engine).get(stream)
    ready = ready if ready is not None and is_open(state, ready) else None
    check_reader(state, ready, actor)
    return page("notices/draft.html", **standing(edge, state, ready, actor), **papers(edge, state, ready), me=me)


def check_reader(state: Tender, ready: Prepared | None, actor: Actor) -> None:
    """Its parties and the clerks; for anyone else there is no such thing. Refused("tender_unknown")."""
    parties = TENDERS.roles(state, actor) & {Role.AGENT, Role.CLERK}
    mine = state.terms is not None and actor.organization == state.terms.tenderee.organization
    if not (parties or mine or (ready is not None and may_read(state, ready, actor))):
        raise Refused("tender_unknown", field="tender")


def standing(edge: Edge, state: Tender, ready: Prepared | None, actor: Actor) -> dict[str, Any]:
    """What is to be done, and whether it is this reader's turn."""
    drafter = Role.AGENT in TENDERS.roles(state, actor)
    kind = NOTICE if state.phase in ("draft", "submitted") else AMENDMENT
    return {
        "tender": state,
        "kind": kind,
        "ready": ready,
        "stages": present.stages(kind, step_of(state, ready)),
        "is_drafter": drafter,
        "is_tenderee": is_tenderee(state, ready, actor),
        "may_edit": drafter and (state.phase == "draft" or may_amend(state, edge.clock.now())),
        "owner": named(edge, state.owner),
        "link": edge.settings.origin + url_for("notices.draft", tender=state.id),
        "faults": said(edge, ready, actor) if drafter and ready is not None else [],
    }


def step_of(state: Tender, ready: Prepared | None) -> str:
    """The step that is now."""
    if state.phase == "submitted":
        return "publish"
    if ready is None:
        return "draft"
    return "submit" if ready.is_signed else "sign"


def is_tenderee(state: Tender, ready: Prepared | None, actor: Actor) -> bool:
    """Whether it is the tenderee of what is prepared, or of the notice in force."""
    named_one = ready.tenderee if ready else state.terms.tenderee.organization if state.terms else None
    return actor.organization is not None and actor.organization == named_one


def said(edge: Edge, ready: Prepared, actor: Actor) -> list[dict[str, str | None]]:
    """Why handing it in would be refused now, in words."""
    found: list[Fault] = edge.offload(lambda: faults(edge, actor, ready))
    return in_words(found)


def papers(edge: Edge, state: Tender, ready: Prepared | None) -> dict[str, Any]:
    """The documents to show and to begin the form with: what is prepared, else what was handed in."""
    terms, timeline = documents(state, ready)
    now, (title, returned) = edge.clock.now(), edge.offload(lambda: history(edge, state))
    both = None if terms is None or timeline is None else (terms, timeline, timeline.deadline, now, language())
    return {
        "shown": both and present.notice_view(*both),
        "title": terms.title if terms else title,
        "returned": returned if state.phase == "draft" else None,
        "changes": changes(state, ready),
        "form": drafts.drafted(terms, timeline, now),
        "presets": drafts.presets(now),
        "packs": drafts.packs(),
        "tenderee": terms and edge.offload(lambda: tenderee_of(edge, terms)),
        "before": state.timeline and before(state.the_terms, state.timeline),
    }


def changes(state: Tender, ready: Prepared | None) -> list[present.Change]:
    """What an amendment changes in the timeline in force."""
    if ready is None or ready.kind != AMENDMENT:
        return []
    return list(present.changes(state.the_timeline, parse_timeline(ready.timeline)))


def documents(state: Tender, ready: Prepared | None) -> tuple[Terms | None, Timeline | None]:
    """The terms and the timeline that are talked about."""
    if ready is None:
        return state.terms, state.timeline
    return (parse_terms(ready.terms) if ready.terms else state.terms), parse_timeline(ready.timeline)


def history(edge: Edge, state: Tender) -> tuple[str, str | None]:
    """What the draft was called, and why the window returned it last."""
    title, returned = "", None
    for entry in edge.door.entries(state.id):
        if entry.type == "TenderDrafted":
            title = entry.body["title"]
        elif entry.type == "NoticeReturned":
            returned = entry.body["reason"]
        elif entry.type == "NoticePublished":
            break  # a long log begins here
    return title, returned


def tenderee_of(edge: Edge, terms: Terms) -> dict[str, Any]:
    """The tenderee as the form wants it, with the certificates that were chosen."""
    chosen = [holder.certificate for holder in terms.slot("tenderee").holders]
    return {**particulars(edge, terms.tenderee.uscc), "chosen": chosen}


def before(terms: Terms, timeline: Timeline) -> dict[str, Any]:
    """What an amendment follows, and keeps."""
    parties = {"tenderee": terms.tenderee, "agent": terms.agent}
    named = {name: each and {"organization": each.organization, "name": each.name} for name, each in parties.items()}
    kept = {"terms": timeline.terms, "witnesses": list(timeline.witnesses), "quorum": timeline.quorum}
    return {"version": timeline.version, "digest": timeline.digest, **kept, **named}


def own(edge: Edge, me: Me) -> Organization:
    """The organization of whoever is logged in."""
    return named(edge, str(me.organization))


def named(edge: Edge, organization: str) -> Organization:
    """An organization as its stream has it."""
    found: Organization = edge.door.state(organization)["organization"]
    return found
