"""The seats of a demo: which party sits in each, its key and the way in; written where only the demo's server reads."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bidroom.cli.client import b64
from bidroom.crypto.testca import to_p12
from bidroom.rehearsal.autopilot import Pilot
from bidroom.rehearsal.cast import FIRST_SUPERVISOR, Cast
from bidroom.rehearsal.party import Party
from bidroom.rehearsal.scenario import Scenario
from bidroom.web.seats import Opening, Plan, Seat

ARCHIVED, LIVE, TOMORROW = "archived", "live", "tomorrow"
PAGES: Mapping[str, tuple[str, str | None]] = {
    "host": (LIVE, "/room"),
    "tenderee": (LIVE, "/room"),
    "bidder": (LIVE, "/room"),
    "supervisor": (LIVE, "/room"),
    "auditor": (ARCHIVED, "/audit"),
    "clerk": (LIVE, None),
    "board": (LIVE, "/board"),
}
"""The seats in their order, and where each link leads: a page of an opening, or the desk of the window."""


DESK = "/centre/bindings"


@dataclass(frozen=True)
class Seating:
    """Who sits where in a demo of these openings, by the openings' names."""

    scenario: Scenario
    casts: Mapping[str, Cast]

    def party(self, seat: str, cast: Cast) -> Party | None:
        """The party of a seat in one opening; None for the public."""
        names = {
            "host": cast.host.name,
            "tenderee": self.scenario.tenderee.name,
            "bidder": self.scenario.bidders[-1].name,
            "supervisor": FIRST_SUPERVISOR,
            "auditor": cast.auditor.name,
            "clerk": cast.parties[0].name,
        }
        return next((party for party in cast.parties if party.name == names.get(seat)), None)

    def pilots(self) -> dict[str, tuple[Pilot, ...]]:
        """The parties that step back when a seat is taken."""
        found = {seat: [self.party(seat, cast) for cast in self.casts.values()] for seat in PAGES}
        return {seat: tuple(each for each in parties if isinstance(each, Pilot)) for seat, parties in found.items()}

    def plan(self) -> Plan:
        """What the server is told: every seat with a fresh token."""
        openings = {name: self._opening(cast) for name, cast in self.casts.items()}
        return Plan(secrets.token_urlsafe(16), openings, tuple(self._seats()))

    def _opening(self, cast: Cast) -> Opening:
        told = cast.host.client.get(f"/tenders/{cast.host.tender}")
        return Opening(told["tender"], told["title"], told["deadline"])

    def _seats(self) -> Iterator[Seat]:
        for name, (opening, page) in PAGES.items():
            cast = self.casts[opening]
            party, token = self.party(name, cast), secrets.token_urlsafe(16)
            path = DESK if page is None else f"/tenders/{cast.host.tender}{page}"
            yield Seat(name, token, path) if party is None else self._seat(name, token, path, party)

    def _seat(self, name: str, token: str, page: str, party: Party) -> Seat:
        """A seat of somebody who logs in, with the key if there is one."""
        if party.identity is None:
            return Seat(name, token, page, party.client.account, party.name)
        phrase, identity = secrets.token_urlsafe(9), party.identity
        p12 = b64(to_p12(identity.key, identity.certificate, phrase))
        logged_in_by = None if party.client.organization is None else identity.digest
        return Seat(name, token, page, party.client.account, party.name, logged_in_by, p12, phrase)
