"""Pages that live: each view of a tender's room is rendered anew after a commit, and what changed is sent.

A view is what several see alike: a role's room, or one organization's (or staff role's) own panel, in one language.
Renderings are told apart by their digest, never by a number: a client that holds another one than a message continues
asks again, and gets the whole. So neither a lost message nor a server's restart can leave a page that is not the one
that would be rendered anew, and nothing here counts what is secret.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import structlog
from flask import Flask, render_template
from flask_socketio import SocketIO
from markupsafe import Markup

from bidroom.crypto.certificates import serial
from bidroom.facts import Actor, Role
from bidroom.opening.rules import OPENING
from bidroom.opening.state import Opening
from bidroom.opening.visibility import Audience, Seen, forms_are_shown
from bidroom.ports import Lock
from bidroom.web.edge import Edge
from bidroom.web.feed import audience_in
from bidroom.web.i18n import COOKIE
from bidroom.web.minutes import forms_of
from bidroom.web.parts import Part, Patch, parse, patches
from bidroom.web.present.acts import own_view
from bidroom.web.present.room import room_view

LOG = structlog.get_logger()
ROOM, OWN = "room", "own"
TEMPLATES: Mapping[str, str] = {ROOM: "room/body.html", OWN: "room/own.html"}
OWN_PLACE = Markup('<section id="own" data-place></section>')
"""Where the personal panel stands in the rendering that all of a role share."""


@dataclass(frozen=True, slots=True)
class View:
    """What is rendered once for all who see the same. `base` is the prefix of the addresses in it.

    A room's view is a role's; a personal one is an organization's or a staff role's, whose roles in the opening can
    change, so that they are found out at each rendering.
    """

    stream: str
    channel: str
    language: str
    base: str = ""
    role: Role = Role.ANYONE
    organization: str | None = None
    staff: frozenset[Role] = frozenset()

    @property
    def room(self) -> str:
        """The Socket.IO room of those who look at it."""
        who = (str(self.role), self.organization or "", ",".join(sorted(self.staff)))
        return "/".join((self.stream, "page", self.channel, *who, self.language, self.base))


def views_of(state: Any, stream: str, actor: Actor, language: str, base: str) -> dict[str, View]:
    """The two views of somebody in a room, by channel; those of `Actor()` are the public board's."""
    role = audience_in(state, actor).role
    return {
        ROOM: View(stream, ROOM, language, base, role),
        OWN: View(stream, OWN, language, base, organization=actor.organization, staff=actor.staff),
    }


@dataclass
class Live:
    """What each view was last shown, and the work of keeping it so. One a process."""

    app: Flask
    socketio: SocketIO
    namespace: str
    drop_slow: Callable[[str], None] = lambda _room: None
    shown: dict[View, Part] = field(default_factory=dict)
    _locks: dict[str, Lock] = field(default_factory=dict)
    _forms: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _serials: dict[str, str] = field(default_factory=dict)
    _at_work: set[str] = field(default_factory=set)
    _again: set[str] = field(default_factory=set)

    # --- rendering

    def render(self, edge: Edge, view: View) -> Part:
        """The view as it is now. Templates and blobs are read off the hub, the feed on it."""
        opening, events = edge.feed.snapshot(view.stream, Audience(view.role))
        return edge.offload(lambda: self._rendered(edge, view, opening, events))

    def _rendered(self, edge: Edge, view: View, opening: Opening, events: tuple[Seen, ...]) -> Part:
        forms = self._forms_of(edge, opening)
        with self.app.test_request_context(base_url=_address(edge, view), headers={"Cookie": _chosen(view)}):
            if view.channel == ROOM:
                shown = {"view": room_view(opening, forms, events, view.role), "own": OWN_PLACE}
            else:
                shown = {"view": personal(opening, forms, view, self._serials_of(edge, opening, view.organization))}
            return parse(render_template(TEMPLATES[view.channel], tender=view.stream, **shown))

    def _forms_of(self, edge: Edge, opening: Opening) -> Mapping[str, Any]:
        """The opened forms, once everyone may see them; they never change then."""
        if not forms_are_shown(opening):
            return {}
        if opening.tender not in self._forms:
            self._forms[opening.tender] = forms_of(edge, opening)
        return self._forms[opening.tender]

    def _serials_of(self, edge: Edge, opening: Opening, organization: str | None) -> Mapping[str, str]:
        """The serial numbers of the certificates of one's own bids, by digest: what a person looks for in a drawer."""
        own = {bid.certificate for bid in opening.bids.values() if bid.organization == organization}
        for digest, der in edge.certificates.all_of(own - set(self._serials)).items():
            self._serials[digest] = serial(der)
        return {digest: self._serials[digest] for digest in own}

    # --- watching

    def watch(self, edge: Edge, view: View, held: str | None) -> dict[str, Any]:
        """From here on; with the whole view where another one is held. The caller has joined the view's room."""
        with self._lock(edge, view.stream):
            if view not in self.shown:
                self.shown[view] = self.render(edge, view)
            part = self.shown[view]
        return {"digest": part.digest, "patches": [] if part.digest == held else whole(part)}

    def touched(self, edge: Edge, stream: str) -> None:
        """Something was committed: whatever is looked at is rendered anew, once for all that comes meanwhile."""
        if stream in self._at_work:
            self._again.add(stream)
            return
        self._at_work.add(stream)
        edge.concurrency.spawn(lambda: self._work(edge, stream))

    def _work(self, edge: Edge, stream: str) -> None:
        try:
            self._renew_all(edge, stream)
        finally:
            self._at_work.discard(stream)
        if stream in self._again:
            self._again.discard(stream)
            self.touched(edge, stream)

    def _renew_all(self, edge: Edge, stream: str) -> None:
        with self._lock(edge, stream):  # a view that is being rendered for the first time is among them then
            views = [view for view in self.shown if view.stream == stream]
        for view in views:
            with self._lock(edge, stream):
                if not self._is_watched(view):
                    self.shown.pop(view, None)
                    continue
                self._renew(edge, view)

    def _renew(self, edge: Edge, view: View) -> None:
        try:
            fresh = self.render(edge, view)
            told = patches(self.shown[view], fresh)
        except Exception as fault:
            LOG.error("a view could not be rendered", channel=view.channel, role=str(view.role), exc_info=fault)
            return
        before, self.shown[view] = self.shown[view].digest, fresh
        if told:
            self.drop_slow(view.room)
            message = {"tender": view.stream, "channel": view.channel, "prev": before, "next": fresh.digest}
            self.socketio.emit("patches", {**message, "patches": told}, to=view.room, namespace=self.namespace)

    def _is_watched(self, view: View) -> bool:
        return any(True for _ in self.socketio.server.manager.get_participants(self.namespace, view.room))

    def _lock(self, edge: Edge, stream: str) -> Lock:
        return self._locks.setdefault(stream, edge.concurrency.lock())


def personal(opening: Opening, forms: Mapping[str, Any], view: View, serials: Mapping[str, str]) -> Any:
    """The personal panel, for the roles that its owner has in the opening now."""
    actor = Actor(organization=view.organization, staff=view.staff)
    role = audience_in({OPENING.name: opening}, actor).role
    return own_view(opening, forms, role, OPENING.roles(opening, actor), view.organization, serials)


def whole(part: Part) -> list[Patch]:
    """All of a view, to be put in place of whatever is held."""
    return [{"op": "morph", "id": each.id, "html": each.html} for each in part.children]


def _address(edge: Edge, view: View) -> str:
    parts = urlsplit(edge.settings.origin)
    return f"{parts.scheme}://{parts.netloc}{view.base}"


def _chosen(view: View) -> str:
    return f"{COOKIE}={view.language}"
