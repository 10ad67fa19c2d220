"""A log folded as far as it goes, and what was in force at each of its entries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from bidroom.audit.findings import STUMBLES, Finding, finding, stumbled
from bidroom.audit.layout import entry_file
from bidroom.crypto.policy import Terms
from bidroom.crypto.timeline import Timeline
from bidroom.facts import Entry, Refused, StreamKind
from bidroom.machine import State, begin, fold
from bidroom.opening.state import Opening
from bidroom.rules import TABLES

WHOLE = frozenset({"UploadRefused", "ConfirmationOpened"})
"""Entries that are judged by the whole state before them."""


@dataclass(frozen=True, slots=True)
class Moment:
    """What was in force at one entry."""

    terms: Terms | None
    timeline: Timeline | None
    deadline: datetime | None
    outage: bool
    command: str | None

    @property
    def the_terms(self) -> Terms:
        """The terms, for entries after the notice."""
        assert self.terms is not None, "no notice yet"
        return self.terms

    @property
    def the_timeline(self) -> Timeline:
        """The timeline in force, for entries after the notice."""
        assert self.timeline is not None, "no notice yet"
        return self.timeline


@dataclass
class Walk:
    """A log as it is folded, entry by entry."""

    state: State
    moments: list[Moment] = field(default_factory=list)
    whole: dict[int, State] = field(default_factory=dict)
    broken: Finding | None = None

    def see(self, entry: Entry) -> None:
        """Keep what was, and go on."""
        opening = opening_in(self.state)
        held = opening.outage is not None
        self.moments.append(Moment(opening.terms, opening.timeline, opening.deadline, held, opening.command))
        if entry.type in WHOLE:
            self.whole[entry.seq] = self.state
        self.state = fold(TABLES, self.state, entry)


def opening_in(state: State) -> Opening:
    """The opening's part of a tender's state."""
    opening: Opening = state["opening"]
    return opening


def walk(entries: Iterable[Entry]) -> Walk:
    """Fold a log once from its beginning; of most moments only little is kept, as states grow with the log."""
    walked = Walk(begin(TABLES, StreamKind.TENDER))
    for entry in entries:
        try:
            walked.see(entry)
        except Refused as refused:
            walked.broken = finding(refused, entry_file(entry.seq), entry.seq)
        except STUMBLES as stumble:
            walked.broken = stumbled("entry_does_not_fold", stumble, entry_file(entry.seq), entry.seq)
        if walked.broken is not None:
            break
    return walked
