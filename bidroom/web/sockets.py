"""The live room: who is connected, what each is told after a commit, and commands over the same way as HTTP's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import structlog
from flask import request
from flask_socketio import ConnectionRefusedError as Rejected
from flask_socketio import Namespace, SocketIO, join_room, leave_room
from pydantic import BaseModel, ValidationError

from bidroom.facts import Actor, Entry, Refused, rfc3339
from bidroom.opening.visibility import Audience
from bidroom.web.auth import COOKIE, actor_of, session_of
from bidroom.web.commands import give
from bidroom.web.edge import Edge, the_edge
from bidroom.web.errors import problem
from bidroom.web.feed import OWN_CHANNEL, ROOM, Events, audience_in, heads, own_audience
from bidroom.web.i18n import language_of
from bidroom.web.live import Live, views_of
from bidroom.web.models import CommandGiven, EventsAsked, WatchAsked
from bidroom.web.parse import hex_id, members
from bidroom.web.people import Session
from bidroom.web.rooms import caught_up, state_of
from bidroom.web.throttle import Throttle

LOG = structlog.get_logger()
NAMESPACE = "/room"
MOST_WAITING = 500
"""Packets that may wait for one client; it is dropped beyond that, and comes back by its numbers."""
LONGEST = 3 << 20
"""Bytes of the largest message that a client may send."""


@dataclass
class Sockets:
    """Who is connected, and how everyone is told. One a process."""

    socketio: SocketIO
    live: Live
    tokens: dict[str, str] = field(default_factory=dict)
    certificates: dict[str, str] = field(default_factory=dict)
    tries: Throttle = field(default_factory=lambda: Throttle(200, 0.05))

    def __post_init__(self) -> None:
        self.live.drop_slow = self._drop_slow

    def broadcast(self, stream: str, entries: Sequence[Entry], told: Sequence[tuple[Audience, Events]]) -> None:
        """After a commit: a binding that was undone ends its sockets, each audience hears what it may see."""
        for entry in entries:
            if entry.type == "BindingUndone":
                self.drop_certificate(entry.body["certificate"])
        for audience, events in told:
            room = room_of(stream, audience)
            channel = ROOM if audience.organization is None else OWN_CHANNEL
            self._drop_slow(room)
            message = {"tender": stream, "channel": channel, **events.as_json()}
            self.socketio.emit("events", message, to=room, namespace=NAMESPACE)

    def keep_sessions(self, edge: Edge) -> None:
        """For ever: who is connected uses its session, even if only to watch; where it is over, so are its sockets."""
        while True:
            edge.concurrency.sleep(edge.people.lifetime.idle.total_seconds() / 5)
            for token in set(self.tokens.values()):
                if session_of(edge, token) is None:
                    self.drop_session(token)

    def _drop_slow(self, room: str) -> None:
        server = self.socketio.server
        for sid, transport in list(server.manager.get_participants(NAMESPACE, room)):
            waiting = server.eio.sockets.get(transport)
            if waiting is not None and waiting.queue.qsize() > MOST_WAITING:
                LOG.warning("a client does not keep up and is dropped", sid=sid)
                waiting.close(wait=False, abort=True)

    def drop_session(self, token: str) -> None:
        """A session has ended: so have its sockets."""
        self._drop(lambda sid: self.tokens.get(sid) == token)

    def drop_certificate(self, certificate: str) -> None:
        """A binding was undone: whoever logged in by it must log in again."""
        self._drop(lambda sid: self.certificates.get(sid) == certificate)

    def _drop(self, is_one: Callable[[str], bool]) -> None:
        for sid in [sid for sid in list(self.tokens) if is_one(sid)]:
            self.socketio.server.disconnect(sid, namespace=NAMESPACE)


def room_of(stream: str, audience: Audience) -> str:
    """The Socket.IO room of an audience."""
    return f"{stream}/own/{audience.organization}" if audience.organization else f"{stream}/{audience.role}"


class RoomNamespace(Namespace):  # type: ignore[misc]
    """What a client may say in the namespace /room."""

    def __init__(self, sockets: Sockets) -> None:
        super().__init__(NAMESPACE)
        self._sockets = sockets

    def on_connect(self, auth: Any = None) -> None:
        """With a session's cookie the token must come too; without a cookie one is an observer."""
        edge, token = the_edge(), request.cookies.get(COOKIE)
        session = session_of(edge, token)
        if token is None or session is None:
            return
        given = auth.get("csrf") if isinstance(auth, Mapping) else None
        if not isinstance(given, str) or not edge.people.csrf_is(token, given):
            raise Rejected(problem(Refused("csrf_token_wrong", field="csrf")))
        self._sockets.tokens[sid()] = token
        if session.certificate:
            self._sockets.certificates[sid()] = session.certificate

    def on_disconnect(self, *_: Any) -> None:
        """Nothing of it is kept; its rooms are left too, as a client can send an event of this name and stay."""
        for room in [room for room in self._sockets.socketio.server.rooms(sid(), NAMESPACE) if "/" in str(room)]:
            leave_room(room, sid())
        self._sockets.tokens.pop(sid(), None)
        self._sockets.certificates.pop(sid(), None)

    def on_join(self, data: Any = None) -> dict[str, Any]:
        """Enter a tender's room; the numbers say from where on events come by themselves."""
        return acknowledged(self._sockets, lambda: self._join(data))

    def _join(self, data: Any) -> dict[str, Any]:
        edge, actor = the_edge(), self._actor()
        stream = hex_id(members(data, "tender")["tender"].hexed(16), 16, "tender")
        state = state_of(edge, stream)
        audience = audience_in(state, actor)
        for each in filter(None, (audience, own_audience(actor))):
            join_room(room_of(stream, each), sid())
        channels = heads(edge.feed, stream, state, actor)
        return {"channels": dict(channels), "audience": str(audience.role), "phase": str(state["opening"].phase)}

    def on_watch(self, data: Any = None) -> dict[str, Any]:
        """Look at a tender's room as a page; what is held of its two views goes on, or comes whole."""
        return acknowledged(self._sockets, lambda: self._watch(data))

    def _watch(self, data: Any) -> dict[str, Any]:
        edge = the_edge()
        asked: WatchAsked = read(WatchAsked, data)
        state = state_of(edge, asked.tender)
        actor = Actor() if asked.seat == "board" else self._actor()
        views = views_of(state, asked.tender, actor, asked.language, request.script_root)
        self._leave_rooms(f"{asked.tender}/page/")
        for view in views.values():
            join_room(view.room, sid())
        held = {ROOM: asked.room, OWN_CHANNEL: asked.own}
        told = {channel: self._sockets.live.watch(edge, view, held[channel]) for channel, view in views.items()}
        return {**told, "now": rfc3339(edge.clock.now()), "role": str(views[ROOM].role)}

    def on_leave(self, data: Any = None) -> dict[str, Any]:
        """Leave a tender's room."""
        return acknowledged(self._sockets, lambda: self._leave(data))

    def _leave(self, data: Any) -> dict[str, Any]:
        self._leave_rooms(members(data, "tender")["tender"].hexed(16))
        return {}

    def _leave_rooms(self, prefix: str) -> None:
        for room in [room for room in self._sockets.socketio.server.rooms(sid(), NAMESPACE) if room.startswith(prefix)]:
            leave_room(room, sid())

    def on_command(self, data: Any = None) -> dict[str, Any]:
        """The same as POST /api/v1/commands."""
        return acknowledged(self._sockets, lambda: give(the_edge(), self._session(), read(CommandGiven, data)))

    def on_catch_up(self, data: Any = None) -> dict[str, Any]:
        """What came after a number of a channel, once, in order."""
        return acknowledged(self._sockets, lambda: self._catch_up(data))

    def _catch_up(self, data: Any) -> dict[str, Any]:
        edge, actor = the_edge(), self._actor()
        said = members(data, "tender", "channel", "after")
        asked = read(EventsAsked, {"channel": said["channel"].value, "after": said["after"].value})
        return caught_up(edge, said["tender"].hexed(16), actor, asked)

    def _session(self) -> Session | None:
        """The session that connected, if it still holds; Refused("session_over")."""
        token = self._sockets.tokens.get(sid())
        session = session_of(the_edge(), token)
        if token is not None and session is None:
            raise Refused("session_over")
        return session

    def _actor(self) -> Actor:
        return actor_of(the_edge(), self._session())


def sid() -> str:
    """The socket that is being answered."""
    found: str = request.sid  # type: ignore[attr-defined]
    return found


def read(model: type[BaseModel], data: Any) -> Any:
    """What a client said, checked; Refused("request_malformed") names the field."""
    try:
        return model.model_validate(data)
    except ValidationError as wrong:
        place = ".".join(str(step) for step in wrong.errors()[0]["loc"])
        raise Refused("request_malformed", field=place or None) from None


def acknowledged(sockets: Sockets, answer: Callable[[], Mapping[str, Any]]) -> dict[str, Any]:
    """{"ok": true, …}, or {"ok": false, "problem": …}."""
    try:
        sockets.tries.take(sid())
        return {"ok": True, **answer()}
    except Refused as refused:
        return {"ok": False, "problem": problem(refused, language_of(request.headers.get("Accept-Language")))}
    except Exception as fault:
        LOG.exception("a socket's request failed", exc_info=fault)
        return {"ok": False, "problem": problem(Refused("server_failed"))}
