"""The same parties in several openings on one server: a centre, its staff, organizations with their keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from bidroom.cli.client import Client
from bidroom.crypto.checkpoint import parse_vkey
from bidroom.rehearsal.cast import Authority, Cast, Member, cast_of, open_centre, staff_of
from bidroom.rehearsal.director import check_demo, prepare, write_trust
from bidroom.rehearsal.pace import ORDINARY, Pace
from bidroom.rehearsal.party import Party
from bidroom.rehearsal.place import Place
from bidroom.rehearsal.roster import Roster
from bidroom.rehearsal.scenario import Scenario
from bidroom.rehearsal.show import Show


@dataclass(frozen=True)
class Troupe:
    """Who plays, where, and what they trust. `folder` is where the parties keep their files."""

    url: str
    started: datetime
    authority: Authority
    staff: tuple[Member, ...]
    roster: Roster
    keys: Mapping[str, str]
    folder: Path
    show: Show

    @classmethod
    def on(cls, director: Client, first: Scenario, folder: Path, show: Show) -> Troupe:
        """Open a centre on this server; its staff is what the first scenario asks for."""
        started = check_demo(director)
        authority = Authority.made(started)
        staff = staff_of(first, authority)
        open_centre(director, authority, staff)
        roster, keys = Roster(authority.organization), director.get("/keys")
        return cls(director.origin, started, authority, staff, roster, keys, folder, show)

    def cast(self, scenario: Scenario, out: Path, pace: Pace = ORDINARY, kind: type[Party] = Party) -> Cast:
        """The parties of one opening, whose receipts go into `out`."""
        prepare(out)
        write_trust(out / "trust", self.authority, self.keys)
        files, key = self.folder / scenario.number, parse_vkey(self.keys["receipt"])
        place = Place(
            self.url, scenario.number, self.authority.trust, key, files, out / "receipts", self.show.did, pace
        )
        return cast_of(scenario, place, self.authority, self.staff, self.roster, kind)
