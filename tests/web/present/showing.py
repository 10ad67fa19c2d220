"""The room's view and page of a world of the rules, for any role, in both languages, without a server."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from functools import cache, partial
from pathlib import Path
from typing import Any

from flask import Flask, render_template
from markupsafe import Markup

from bidroom.config import Settings
from bidroom.crypto.canonical import canonical
from bidroom.crypto.envelope import parse_header
from bidroom.crypto.policy import parse_terms
from bidroom.facts import Role
from bidroom.machine import begin, fold
from bidroom.opening.rules import OPENING
from bidroom.opening.state import Phase
from bidroom.opening.visibility import ROOM_ROLES, Audience, Seen, project
from bidroom.web.http import web_app
from bidroom.web.i18n import COOKIE
from bidroom.web.live import OWN_PLACE
from bidroom.web.present.room import RoomPage, room_view
from tests.builders import Plan, World, form_of, published, reached, terms_document
from tests.opening import cases

P = Phase
LANGUAGES = ("zh-CN", "en")
ITEMS = (
    {"key": "duration", "label": {"zh": "工期", "en": "Duration"}, "type": "integer", "unit": "d"},
    {"key": "manager", "label": {"zh": "项目经理", "en": "Project manager"}, "type": "text"},
)
"""What a lot may announce beside the price."""


@cache
def app() -> Flask:
    """The real app, as far as pages go; nothing of it is started."""
    folder = Path(tempfile.mkdtemp())
    made, _ = web_app(Settings(data=folder, demo=True, async_mode="threading"))
    return made


@contextmanager
def speaking(language: str) -> Iterator[None]:
    """Within a request in this language."""
    with app().test_request_context(base_url="http://127.0.0.1:8765", headers={"Cookie": f"{COOKIE}={language}"}):
        yield


def seen_by(world: World, role: Role) -> tuple[Seen, ...]:
    """All that this role's channel holds, told as the feed tells it: entry by entry."""
    state, told = begin((OPENING,), OPENING.kind), []
    for entry in world.log:
        state = fold((OPENING,), state, entry)
        seen = project(state[OPENING.name], entry, Audience(role))
        if seen is not None:
            told.append(seen)
    return tuple(told)


def forms_of(world: World) -> dict[str, dict[str, Any]]:
    """The form of each sealed bid, with what its lot announces besides."""
    more = {"duration": 540, "manager": "周启明"}
    found = {}
    for digest, (key, bid) in world.bids.items():
        lot = world.opening.the_terms.lot(parse_header(bid.header).lot)
        found[digest] = {**json.loads(form_of(key, lot.no)), **{each.key: more[each.key] for each in lot.form}}
    return found


def room_of(world: World, role: Role, forms: Mapping[str, Any] | None = None) -> RoomPage:
    """The view, in the language of the moment; with all forms, as nothing but the rules may hold them back."""
    return room_view(world.opening, forms_of(world) if forms is None else forms, seen_by(world, role), role)


def markup(world: World, role: Role, language: str = "zh-CN") -> str:
    """The page's shared part, with its marks."""
    with speaking(language):
        return render_template("room/body.html", view=room_of(world, role), own=Markup(OWN_PLACE))


def with_items(world: World, **lot: Any) -> World:
    """The world, as if its lots announced more than the price, or were otherwise different."""
    document = terms_document(world.plan)
    lots = [{**each, "form": list(ITEMS), **lot} for each in document["lots"]]
    return world.alter("opening", terms=parse_terms(canonical({**document, "lots": lots})))


def disturbed(by: str) -> World:
    """While bidders release: one did, one could not, one objects; then suspended, resumed or ended."""
    world = reached(P.DECRYPTING).release("甲")
    world.give("丙", "ReportReleaseFailure", {"digest": world.digest_of("丙"), "layer": "key", "serial": "7B21E4"})
    cases.objected(world)
    world.give("supervisor", by, {"reason": "网络故障"})
    return world


def told_early() -> World:
    """Names are shown from the check on, and one lot is under the minimum."""
    return cases.thin(cases.SMALL)


def two_lots() -> World:
    """One lot of two ended by the host after the check."""
    return cases.ended(reached(P.CHECKED, Plan(lots=2)))


def damaged() -> World:
    """One stored file is not what was received."""
    world = reached(P.SIGN_IN)
    world.damaged = (world.digest_of("乙"),)
    return world.past_deadline()


def closed() -> World:
    """Ended with one who refused, one who was silent and a missing signature."""
    world = reached(P.CONFIRMING)
    world.give("甲", "ConfirmRecord", {"record": world.opening.record})
    world.give("乙", "RefuseRecord", {"record": world.opening.record, "reason": "工期与投标文件不一致"})
    world.sign("agent", "host")
    return cases.over(world).tick()


WORLDS: Mapping[str, Callable[[], World]] = {
    "scheduled": published,
    **{
        str(phase): partial(reached, phase)
        for phase in (P.SIGN_IN, P.CHECKED, P.DECRYPTING, P.CLOSING, P.ATTRIBUTING, P.ANNOUNCING, P.OBJECTIONS,
                      P.CONFIRMING, P.CLOSED)
    },
    "extracted": cases.extracted,
    "thin": cases.thin,
    "names shown early": told_early,
    "decided": lambda: cases.decided(cases.thin()),
    "damaged": damaged,
    "two lots": two_lots,
    "suspended": lambda: disturbed("SuspendOpening"),
    "resumption announced": lambda: cases.GOOD["ResumeOpening"]().world,
    "terminated": lambda: disturbed("TerminateOpening"),
    "outage": lambda: cases.held(cases.over(reached(P.DECRYPTING))),
    "one missing": cases.one_missing,
    "lapsed": cases.lapsed,
    "none opened": cases.none_opened,
    "ruled": cases.ruled,
    "objected": lambda: cases.objected(reached(P.ANNOUNCING)),
    "upheld": lambda: cases.upheld(cases.ruled()),
    "more than a price": lambda: with_items(reached(P.ANNOUNCING)),
    "closed otherwise": closed,
}  # fmt: skip
"""Every phase, and what can disturb it."""

ROLES = ROOM_ROLES


def silent(world: World) -> World:
    """The same with nobody signed in; for what must not depend on it."""
    return world.alter("opening", signed_in={})


def crowd(world: World, size: int) -> World:
    """The world with so many copies of its bids in lot 1, and their bidders; none of it was ever sealed."""
    opening = world.opening
    (first, *_) = opening.finals(1)
    bids, parties = dict(opening.bids), dict(opening.parties)
    for no in range(size - len(opening.finals(1))):
        organization, digest = f"{no:032x}", f"{no:064x}"
        bids[digest] = replace(first, digest=digest, organization=organization)
        parties[organization] = replace(parties[first.organization], organization=organization, name=f"第{no}建设公司")
    return world.alter("opening", bids=bids, parties=parties)
