"""The live room as a client hears it: pushed events, gaps caught up by {prev, seq}, commands over the socket."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import socketio

from bidroom.cli.client import Client, command_bytes, envelope, refused_by
from bidroom.cli.identity import Identity
from bidroom.facts import Refused

NAMESPACE = "/room"
ROOM, OWN = "room", "own"
TIMEOUT = 60
TRIES = 8
Event = Mapping[str, Any]
News = tuple[str, Event]
"""The channel (room or own) and what was told there."""


class Room:
    """One party's seat in one tender's room. Every event comes out once, in order, whatever the network did.

    `on_news` is called from the socket's thread; `channels` are those that one wants to hear.
    """

    def __init__(
        self,
        client: Client,
        tender: str,
        on_news: Callable[[], None] = lambda: None,
        channels: tuple[str, ...] = (ROOM, OWN),
    ) -> None:
        self._client = client
        self._tender = tender
        self._on_news = on_news
        self._channels = channels
        self._socket: Any = None
        self._held: dict[str, int] = {}
        self._pushed: deque[Mapping[str, Any]] = deque()
        self._missed = threading.Event()

    @property
    def is_connected(self) -> bool:
        """Whether the socket is up."""
        return self._socket is not None and bool(self._socket.connected)

    def enter(self) -> None:
        """Connect and join; what happened so far is news. Refused("server_unreachable") where no try succeeds."""
        self._socket = self._new_socket()
        headers = {"Cookie": self._client.cookies()}  # the WebSocket client adds the origin itself
        headers["Accept-Language"] = self._client.tongue
        auth = {"csrf": self._client.csrf} if self._client.csrf else None
        try:
            self._socket.connect(
                self._client.origin, headers=headers, auth=auth, namespaces=[NAMESPACE], transports=["websocket"],
                wait_timeout=TIMEOUT, retry=True,
            )  # fmt: skip
        except socketio.exceptions.ConnectionError as fault:
            raise Refused("server_unreachable", field=self._client.origin, cause=str(fault)) from None
        self._join()

    def _new_socket(self) -> Any:
        socket = socketio.Client(
            reconnection=True, reconnection_delay=0.2, reconnection_delay_max=2, handle_sigint=False
        )
        socket.on("events", self._heard, namespace=NAMESPACE)
        socket.on("connect", self._back, namespace=NAMESPACE)
        return socket

    def _join(self) -> None:
        channels = self._ask("join", {"tender": self._tender})["channels"]
        self._held = {name: self._held.get(name, 0) for name in self._channels if name in channels}

    def leave(self) -> None:
        """Hang up; what comes meanwhile is caught up with on return."""
        if self._socket is not None:
            self._socket.disconnect()
            self._socket = None

    def _heard(self, message: Mapping[str, Any]) -> None:
        if message["channel"] in self._channels:
            self._pushed.append(message)
            self._on_news()

    def _back(self) -> None:
        """Connected again: somebody else's thread must not wait here, so that only a mark is left."""
        self._missed.set()
        self._on_news()

    # --- news

    def news(self) -> Iterator[News]:
        """What was pushed since the last time; a gap is asked for."""
        if self._missed.is_set() and self.is_connected:
            self._missed.clear()
            self._join()
            yield from self.catch_up()
        while self._pushed:
            message = self._pushed.popleft()
            channel, held = message["channel"], self._held.get(message["channel"], 0)
            if message["prev"] == held:
                self._held[channel] = message["seq"]
                yield from ((channel, event) for event in message["events"])
            elif message["seq"] > held:
                yield from self._catch_up(channel)

    def catch_up(self) -> Iterator[News]:
        """Ask for whatever was told in each channel and is not held yet."""
        for channel in list(self._held):
            yield from self._catch_up(channel)

    def _catch_up(self, channel: str) -> Iterator[News]:
        while True:
            asked = {"tender": self._tender, "channel": channel, "after": self._held[channel]}
            told = self._ask("catch_up", asked)
            if told["seq"] == self._held[channel]:
                return
            self._held[channel] = told["seq"]
            yield from ((channel, event) for event in told["events"])

    # --- commands

    def command(
        self, kind: str, body: Mapping[str, Any], lot: int | None = None,
        identity: Identity | None = None, checkpoint: Mapping[str, Any] | None = None,
    ) -> Mapping[str, Any]:  # fmt: skip
        """Give one command over the socket, signed where there is an identity; the server's answer, or Refused."""
        data = command_bytes(kind, self._tender, body, lot, checkpoint=checkpoint)
        return self._ask("command", envelope(data, identity, self._client.now() if identity else None))

    def _ask(self, name: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
        """Commands are idempotent by their id, questions anyway: what got no answer is asked again."""
        for attempt in range(TRIES):
            try:
                answer: Mapping[str, Any] = self._socket.call(name, document, namespace=NAMESPACE, timeout=TIMEOUT)
            except socketio.exceptions.SocketIOError:
                time.sleep(min(0.2 * 2**attempt, 3))
                continue
            if answer.get("ok"):
                return answer
            refused = refused_by(answer.get("problem") or {})
            if refused.reason != "too_many_requests":
                raise refused
            time.sleep(float(refused.details.get("retry_after", 1)))
        raise Refused("server_unreachable", field=self._client.origin)
