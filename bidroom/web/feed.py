"""What each audience of a tender has been told, in its own numbering: the count of what that audience may see.

A channel is a list of projections in the order of the log; its numbers start at 1 and say nothing about what others
see. `room` is a role's, `own` an organization's.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bidroom.dispatch import Door
from bidroom.facts import Actor, Entry, Refused, Role
from bidroom.machine import State, begin, fold
from bidroom.opening.rules import OPENING
from bidroom.opening.state import Opening
from bidroom.opening.visibility import OWN, ROOM_ROLES, Audience, Seen, project
from bidroom.ports import Concurrency

ROOM, OWN_CHANNEL = "room", "own"
PAGE = 200
"""Events that are handed out at once."""

NOTICE = ("terms", "terms_cms", "timeline", "timeline_cms")

SEATS: Sequence[tuple[Role, Role]] = (
    (Role.HOST, Role.HOST),
    (Role.DEPUTY, Role.HOST),
    (Role.AGENT, Role.HOST),
    (Role.TENDEREE, Role.TENDEREE),
    (Role.SUPERVISOR, Role.SUPERVISOR),
    (Role.AUDITOR, Role.AUDITOR),
    (Role.CLERK, Role.CLERK),
    (Role.BIDDER, Role.BIDDER),
)
"""What somebody is to the audience that hears for it, the best seat first; whoever has none is at the public board."""


@dataclass(frozen=True, slots=True)
class Events:
    """Numbers `prev` + 1 to `seq` of one channel."""

    prev: int
    seq: int
    events: tuple[Seen, ...]

    def as_json(self) -> dict[str, Any]:
        """As it goes over the wire."""
        return {"prev": self.prev, "seq": self.seq, "events": [dict(event) for event in self.events]}


@dataclass
class _Channel:
    """Projections, and beside each the entry's number in the log, which never leaves the server."""

    entries: list[int] = field(default_factory=list)
    events: list[Seen] = field(default_factory=list)

    def of(self, first: int, end: int) -> Events:
        """What the entries from `first` to `end` (without it) gave this audience."""
        start, stop = bisect_left(self.entries, first), bisect_left(self.entries, end)
        return Events(start, stop, tuple(self.events[start:stop]))


@dataclass(frozen=True, slots=True)
class Papers:
    """What lies in the log's signatures, base64: the notice's four documents, each bid header's CMS by its digest,
    the decryption command's bytes and CMS with the digest of the host's certificate."""

    notice: Mapping[str, str]
    headers: Mapping[str, str]
    command: Mapping[str, str]


@dataclass
class _Track:
    """One tender's channels and papers, as far as its log was read."""

    size: int
    state: State
    channels: dict[Audience, _Channel] = field(default_factory=dict)
    notice: dict[str, str] = field(default_factory=dict)
    headers: dict[str, str] = field(default_factory=dict)
    command: dict[str, str] = field(default_factory=dict)


class Feed:
    """The channels of every tender that somebody asked for; made anew from the log after a restart.

    For the hub alone, never inside offloaded work: its lock is a green one. The first reading of a long log goes
    off the hub by itself.
    """

    def __init__(self, concurrency: Concurrency) -> None:
        self._concurrency = concurrency
        self._lock = concurrency.lock()
        self._door: Door | None = None
        self._tracks: dict[str, _Track] = {}

    def follow(self, door: Door) -> None:
        """Read the log through this door (the door needs the feed for its broadcast, so it comes second)."""
        self._door = door

    def seq(self, stream: str, audience: Audience) -> int:
        """How much this audience has been told."""
        return len(self._channel(stream, audience).events)

    def after(self, stream: str, audience: Audience, number: int) -> Events:
        """What comes after `number`, at most a page; Refused("events_unknown") for a number yet to come."""
        events = self._channel(stream, audience).events
        if not 0 <= number <= len(events):
            raise Refused("events_unknown", field="after", seq=len(events))
        page = tuple(events[number : number + PAGE])
        return Events(number, number + len(page), page)

    def told(self, stream: str, entries: Sequence[Entry]) -> Iterator[tuple[Audience, Events]]:
        """What these committed entries give to each audience that sees any of them."""
        first, end = entries[0].seq, entries[-1].seq + 1
        for audience, channel in list(self._track(stream, end).channels.items()):
            events = channel.of(first, end)
            if events.events:
                yield audience, events

    def seen(self, entries: Iterable[Entry], audiences: Sequence[Audience]) -> list[dict[str, Any]]:
        """Each entry as the first of these audiences that is told of it sees it."""
        found: list[dict[str, Any]] = []
        for entry in entries:
            track = self._track(entry.stream, entry.seq + 1)
            channels = [track.channels[audience] for audience in audiences if audience in track.channels]
            told = (channel.of(entry.seq, entry.seq + 1).events for channel in channels)
            found.extend(dict(events[0]) for events in told if events)
        return [event for number, event in enumerate(found) if event not in found[:number]]

    def papers(self, stream: str) -> Papers:
        """The notice in force, the signatures of the headers, the host's command."""
        track = self._track(stream)
        return Papers(track.notice, track.headers, track.command)

    def snapshot(self, stream: str, audience: Audience) -> tuple[Opening, tuple[Seen, ...]]:
        """The opening and all that this audience was told, both as of the same entry."""
        track = self._track(stream)
        return track.state[OPENING.name], tuple(track.channels.get(audience, _Channel()).events)

    def _channel(self, stream: str, audience: Audience) -> _Channel:
        return self._track(stream).channels.get(audience, _Channel())

    def _track(self, stream: str, least: int = 0) -> _Track:
        """The tender's channels, read on to the log's end (or as far as `least` already)."""
        with self._lock:
            track = self._tracks.get(stream)
            if track is None:
                fresh = _Track(0, begin((OPENING,), OPENING.kind))
                self._concurrency.offload(lambda: self._read_on(stream, fresh))
                track = self._tracks[stream] = fresh
            if not least or track.size < least:
                self._read_on(stream, track)
            return track

    def _read_on(self, stream: str, track: _Track) -> None:
        assert self._door is not None, "follow() comes first"
        for entry in self._door.entries(stream, track.size):
            track.state = fold((OPENING,), track.state, entry)
            track.size = entry.seq + 1
            _file(track, entry)
            for audience in _audiences(entry):
                seen = project(track.state[OPENING.name], entry, audience)
                if seen is not None:
                    channel = track.channels.setdefault(audience, _Channel())
                    channel.entries.append(entry.seq)
                    channel.events.append(seen)


def _file(track: _Track, entry: Entry) -> None:
    """Put a notice, a header's signature or the command among the papers."""
    if entry.type in ("NoticeSubmitted", "TimelineAmended"):
        track.notice.update({name: entry.body[name] for name in NOTICE if name in entry.body})
    elif entry.type == "BidSubmitted" and entry.signed is not None:
        track.headers[entry.body["digest"]] = entry.signed["cms"]
    elif entry.type == "DecryptionCommanded" and entry.signed is not None:
        track.command.update(entry.signed, certificate=entry.actor["certificate"])


def _audiences(entry: Entry) -> Iterator[Audience]:
    yield from (Audience(role) for role in ROOM_ROLES)
    organization = entry.actor.get("organization")
    if entry.type in OWN and organization:
        yield Audience(Role.BIDDER, organization)


def audience_in(state: State, actor: Actor) -> Audience:
    """The room's audience that this actor belongs to."""
    roles = OPENING.roles(state[OPENING.name], actor)
    return Audience(next((seat for role, seat in SEATS if role in roles), Role.ANYONE))


def own_audience(actor: Actor) -> Audience | None:
    """The actor's organization's own panel."""
    return None if actor.organization is None else Audience(Role.BIDDER, actor.organization)


def audience_of(channel: str, state: State, actor: Actor) -> Audience:
    """The audience behind a channel's name; Refused: channel_unknown, not_yours_to_see."""
    if channel == ROOM:
        return audience_in(state, actor)
    if channel != OWN_CHANNEL:
        raise Refused("channel_unknown", field="channel")
    own = own_audience(actor)
    if own is None:
        raise Refused("not_yours_to_see", field="channel")
    return own


def heads(feed: Feed, stream: str, state: State, actor: Actor) -> Mapping[str, int]:
    """The last number of each of the actor's channels."""
    own = own_audience(actor)
    mine = {} if own is None else {OWN_CHANNEL: feed.seq(stream, own)}
    return {ROOM: feed.seq(stream, audience_in(state, actor)), **mine}
