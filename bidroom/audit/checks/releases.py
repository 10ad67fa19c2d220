"""7. Releases came inside their window, the close before the holders, they before the opening; their messages agree."""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bidroom.audit.checks import messages
from bidroom.audit.findings import Finding, Found, Note, attempt
from bidroom.audit.layout import PRIVATE, entry_file
from bidroom.audit.material import Material
from bidroom.crypto.canonical import digest_of
from bidroom.crypto.slots import BIDDER
from bidroom.facts import Entry, instant


def check(material: Material) -> Iterator[Found]:
    """The order and the clock, told anew from the facts; the messages where they are here."""
    window = _Window(material)
    for entry in material.entries:
        yield from attempt(entry_file(entry.seq), entry.seq, window.see, entry)
    if material.is_auditors:
        yield from attempt(PRIVATE, None, messages.check, material)
    elif any(material.of_type("ShareReleased")):
        yield Note("release_messages_are_the_auditors")


@dataclass
class _Window:
    """What may be released now, and until when: a second telling of the rules, apart from the table."""

    material: Material
    step: str = "before"
    start: datetime | None = None
    end: datetime | None = None
    suspended: bool = False
    outage: bool = False
    released: dict[str, str] = field(default_factory=dict)
    finals: dict[str, tuple[str, int]] = field(default_factory=dict)
    ended: set[int] = field(default_factory=set)
    bad: dict[str, list[str]] = field(default_factory=dict)
    slots: set[str] = field(default_factory=set)
    organizations: dict[str, str] = field(default_factory=dict)

    def see(self, entry: Entry) -> Iterator[Found]:
        """What is wrong with this entry, and what it changes."""
        tell = _TELLS.get(entry.type)
        yield from tell(self, entry) if tell else ()

    def wrong(self, entry: Entry, reason: str, **details: Any) -> Finding:
        """A finding at this entry."""
        return Finding(reason, entry_file(entry.seq), entry.seq, details)

    def live(self) -> dict[str, tuple[str, int]]:
        """The final bids whose lots have not ended."""
        return {digest: whose for digest, whose in sorted(self.finals.items()) if whose[1] not in self.ended}

    def must_be(self, entry: Entry, step: str) -> Iterator[Found]:
        """The order of the steps; none is taken during a suspension."""
        if self.step != step:
            yield self.wrong(entry, "step_out_of_order", step=entry.type, after=self.step)
        if self.suspended:
            yield self.wrong(entry, "released_during_a_suspension")

    def in_time(self, entry: Entry) -> Iterator[Found]:
        """Between the window's first and last moment; an outage holds it open."""
        late = self.end is None or (entry.time > self.end and not self.outage)
        if late or self.start is None or entry.time < self.start:
            yield self.wrong(entry, "released_outside_the_window")

    def open_until(self, entry: Entry, end: datetime, said: str) -> Iterator[Found]:
        """The window's new end, which the fact says too."""
        self.end = end
        if instant(said) != end:
            yield Finding("window_ends_otherwise", f"{entry_file(entry.seq)}#body.until", entry.seq)


def _submitted(window: _Window, entry: Entry) -> Iterator[Found]:
    window.organizations[entry.body["digest"]] = entry.body["organization"]
    return iter(())


def _extracted(window: _Window, entry: Entry) -> Iterator[Found]:
    for digest in entry.body["digests"]:
        window.finals[digest] = (window.organizations[digest], entry.body["lot"])
    return iter(())


def _ended(window: _Window, entry: Entry) -> Iterator[Found]:
    window.ended.add(entry.body["lot"])
    return iter(())


def _preflight(window: _Window, entry: Entry) -> Iterator[Found]:
    """A holder's last word counts."""
    window.bad[str(entry.actor["organization"])] = entry.body["bad"]
    return iter(())


def _commanded(window: _Window, entry: Entry) -> Iterator[Found]:
    yield from window.must_be(entry, "before")
    window.step, window.start = "releasing", entry.time
    end = entry.time + timedelta(seconds=entry.body["window"])
    yield from window.open_until(entry, end, entry.body["until"])
    signed = base64.b64decode((entry.signed or {})["bytes"])
    if entry.body["command"] != digest_of("command", signed):
        yield window.wrong(entry, "command_differs_from_its_digest")


def _extended(window: _Window, entry: Entry) -> Iterator[Found]:
    yield from window.in_time(entry)
    assert window.end is not None
    yield from window.open_until(entry, window.end + timedelta(seconds=entry.body["seconds"]), entry.body["until"])


def _suspended(window: _Window, entry: Entry) -> Iterator[Found]:
    window.suspended = True
    return iter(())


def _resumed(window: _Window, entry: Entry) -> Iterator[Found]:
    window.suspended = False
    window.end = instant(entry.body["until"]) if entry.body["until"] else window.end
    return iter(())


def _outage(window: _Window, entry: Entry) -> Iterator[Found]:
    window.outage = True
    return iter(())


def _recovered(window: _Window, entry: Entry) -> Iterator[Found]:
    window.outage = False
    window.end = instant(entry.body["until"]) if entry.body["until"] else window.end
    return iter(())


def _share(window: _Window, entry: Entry) -> Iterator[Found]:
    yield from window.must_be(entry, "releasing")
    yield from window.in_time(entry)
    digest = entry.body["digest"]
    if window.live().get(digest) != (entry.actor.get("organization"), entry.body["lot"]):
        yield window.wrong(entry, "released_by_another")
    if digest in window.released:
        yield window.wrong(entry, "released_twice")
    window.released[digest] = entry.body["message"]
    yield from _hash(window, entry)


def _hash(window: _Window, entry: Entry) -> Iterator[Found]:
    if (entry.signed or {}).get("hash") != entry.body["message"]:
        yield window.wrong(entry, "message_differs_from_its_hash")


def _closed(window: _Window, entry: Entry) -> Iterator[Found]:
    yield from window.must_be(entry, "releasing")
    live = window.live()
    released = [digest for digest in live if digest in window.released]
    missing = [digest for digest in live if digest not in window.released]
    if (entry.body["released"], entry.body["missing"]) != (released, missing):
        yield window.wrong(entry, "close_lists_others")
    if missing and (window.end is None or entry.time <= window.end):
        yield window.wrong(entry, "closed_before_the_window_ended")
    window.step, window.start = "closing", entry.time
    closing = window.material.moment(entry).the_timeline.windows.closing
    yield from window.open_until(entry, entry.time + closing, entry.body["until"])


def _to_open(window: _Window) -> list[str]:
    disputed = {digest for digests in window.bad.values() for digest in digests}
    return [digest for digest in window.live() if digest in window.released and digest not in disputed]


def _holder(window: _Window, entry: Entry) -> Iterator[Found]:
    yield from window.must_be(entry, "closing")
    yield from window.in_time(entry)
    terms = window.material.moment(entry).the_terms
    holders = {holder.organization for holder in terms.slot(entry.body["slot"]).holders}
    if entry.actor.get("organization") not in holders:
        yield window.wrong(entry, "released_by_another")
    if entry.body["digests"] != _to_open(window):
        yield window.wrong(entry, "holder_released_others")
    window.slots.add(entry.body["slot"])
    yield from _hash(window, entry)


def _lapsed(window: _Window, entry: Entry) -> Iterator[Found]:
    yield from window.must_be(entry, "closing")
    if window.end is None or entry.time <= window.end:
        yield window.wrong(entry, "closed_before_the_window_ended")
    window.step = "opened"


def _opened(window: _Window, entry: Entry) -> Iterator[Found]:
    """One fact a lot: the first moves the step, the others follow it."""
    yield from window.must_be(entry, "opened" if window.step == "opened" else "closing")
    terms = window.material.moment(entry).the_terms
    owed = {slot.name for slot in terms.slots} - {BIDDER} - window.slots
    listed = {each["digest"] for each in (*entry.body["opened"], *entry.body["failures"])}
    mine = {digest for digest in _to_open(window) if window.finals[digest][1] == entry.body["lot"]}
    if owed and listed:
        yield window.wrong(entry, "opened_before_every_holder_released")
    if listed != mine:
        yield window.wrong(entry, "opened_others_than_were_released")
    window.step = "opened"


_TELLS: Mapping[str, Callable[[_Window, Entry], Iterator[Found]]] = {
    "BidSubmitted": _submitted,
    "BidsExtracted": _extracted,
    "LotEnded": _ended,
    "PreflightSigned": _preflight,
    "DecryptionCommanded": _commanded,
    "WindowExtended": _extended,
    "OpeningSuspended": _suspended,
    "OpeningResumed": _resumed,
    "OutageHeld": _outage,
    "RecoveryAnnounced": _recovered,
    "ShareReleased": _share,
    "ReleaseClosed": _closed,
    "HolderSharesReleased": _holder,
    "HoldersLapsed": _lapsed,
    "BidFormsOpened": _opened,
}
