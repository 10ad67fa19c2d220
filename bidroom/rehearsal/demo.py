"""The demo: one opening rehearsed, verified and archived, one that is about to begin, one tomorrow; then seats."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bidroom import demo_folder
from bidroom.audit.pins import load_pins
from bidroom.audit.report import GREEN, verify_bundle
from bidroom.cli.client import Client
from bidroom.facts import Refused, instant
from bidroom.rehearsal.autopilot import Autopilot, Pilot
from bidroom.rehearsal.cast import Cast
from bidroom.rehearsal.chronicle import chronicle
from bidroom.rehearsal.director import Conductor, acting, gather, write_json
from bidroom.rehearsal.outcome import check_outcome
from bidroom.rehearsal.pace import Watched, seconds
from bidroom.rehearsal.reading import read
from bidroom.rehearsal.scenario import Scenario
from bidroom.rehearsal.seats import ARCHIVED, LIVE, TOMORROW, Seating
from bidroom.rehearsal.server import OwnServer, free_port_from
from bidroom.rehearsal.show import Show
from bidroom.rehearsal.troupe import Troupe
from bidroom.web.seats import Plan

SOON = 60.0
"""Real seconds from the links to the deadline of the opening that is about to begin."""
BUNDLES = ("auditor", "public")
Tell = Callable[..., None]
"""Says a step of the demo by its name, with its values."""
Links = Callable[[str, Plan, datetime], None]
"""Shows the way in: the server's address, its seats, and the demo's time."""


@dataclass(frozen=True)
class Wish:
    """How the demo is wanted. `out` gets the records; `once`: play all to the end, then stop."""

    out: Path
    port: int
    speed: float
    once: bool


def scenarios() -> dict[str, Scenario]:
    """The three openings, by name."""
    folder = demo_folder() / "openings"
    found = {name: read(folder / f"{name}.yaml") for name in (ARCHIVED, LIVE, TOMORROW)}
    return {**found, TOMORROW: replace(found[TOMORROW], later=timedelta(days=1))}


def perform(wish: Wish, show: Show, tell: Tell, links: Links) -> None:
    """Everything; returns when it is over (`once`), else runs until it is interrupted. Refused where it fails."""
    begun = time.monotonic()
    with TemporaryDirectory(prefix="bidroom-demo-") as folder:
        server = OwnServer(Path(folder) / "server", wish.speed, free_port_from(wish.port))
        with server as url:
            tell("server", url=url, seconds=time.monotonic() - begun)
            director = Client(url)
            try:
                Demo(wish, show, tell, director, Path(folder)).play(server.data, links)
            except Refused:
                server.keep_log(wish.out)
                raise
            finally:
                director.close()


@dataclass
class Demo:
    """One demo on one server."""

    wish: Wish
    show: Show
    tell: Tell
    director: Client
    folder: Path

    def play(self, data: Path, links: Links) -> None:
        """From the archived opening to the links, and on."""
        plays = scenarios()
        troupe = Troupe.on(self.director, plays[ARCHIVED], self.folder / "parties", self.show)
        pace, out = Watched.at(self.wish.speed), self.wish.out
        archived = troupe.cast(plays[ARCHIVED], out)
        live = troupe.cast(plays[LIVE], out / LIVE, pace, Pilot)
        late = replace(pace, last_submits=timedelta(hours=2))
        tomorrow = troupe.cast(plays[TOMORROW], out / TOMORROW, late, Pilot)
        with acting(archived):
            self._archive(plays[ARCHIVED], archived, troupe)
        with acting(live), acting(tomorrow):
            seating = Seating(plays[LIVE], {ARCHIVED: archived, LIVE: live, TOMORROW: tomorrow})
            self._prepare(seating, data, links)
            self._go_on(plays[LIVE], seating)

    # --- before the links

    def _archive(self, scenario: Scenario, cast: Cast, troupe: Troupe) -> None:
        """Rehearse the first opening and verify what it leaves."""
        begun = time.monotonic()
        cast.host.on_phase = self.show.phase
        with self.show.running(scenario.title):
            Conductor(self.director, cast, self.show).run()
        record = gather(cast, self.wish.out)
        took = time.monotonic() - begun
        write_json(self.wish.out / "timeline.json", chronicle(scenario, cast, troupe.started, took))
        check_outcome(scenario, record)
        self.tell("rehearsed", title=scenario.title, seconds=took)
        self._verify(self.wish.out)

    def _verify(self, out: Path) -> None:
        """Both bundles, as anyone would; Refused("rehearsal_went_otherwise") where one is red."""
        for kind in BUNDLES:
            report = verify_bundle(out / f"bundle-{kind}.zip", load_pins(out / "trust"))
            if not report.is_green:
                raise Refused("rehearsal_went_otherwise", field=kind, expected="green", found=report.as_json())
            self.tell("verified", kind=kind, green=sum(result.state == GREEN for result in report.results))

    def _prepare(self, seating: Seating, data: Path, links: Links) -> None:
        """Announce the other two, run the clock to a minute before the deadline, and show the way in."""
        begun = time.monotonic()
        live, tomorrow = seating.casts[LIVE], seating.casts[TOMORROW]
        self.show.anew()
        with self.show.running(seating.scenario.title):
            everyone = Cast((*live.parties, *tomorrow.parties), live.host, live.auditor)
            both = Conductor(self.director, everyone, self.show)
            both.run(self.director.now())  # whatever needs no waiting: both are published then
            plan = seating.plan()
            plan.keep(data)
            begins = instant(plan.openings[LIVE].deadline) - seconds(SOON, self.wish.speed)
            both.run(begins)
        live.host.on_phase = self.show.phase
        self.tell("prepared", seconds=time.monotonic() - begun)
        links(self.director.origin, plan, self.director.now())

    # --- after the links

    def _go_on(self, scenario: Scenario, seating: Seating) -> None:
        """Play it out at once, or wait for people until it is interrupted."""
        live = seating.casts[LIVE]
        if self.wish.once:
            Conductor(self.director, live, self.show).run()
            check_outcome(scenario, self._finish(live))
            return
        autopilot = Autopilot(self.director, (live, seating.casts[TOMORROW]), seating.pilots(), self._wait_for)
        autopilot.run(lambda: not live.host.told.is_over)
        self._finish(live)
        autopilot.run(lambda: True)

    def _wait_for(self, seat: str) -> None:
        self.tell("waits", seat=seat)

    def _finish(self, live: Cast) -> Mapping[str, Any]:
        """Fetch and verify what the second opening leaves; its record."""
        record = gather(live, self.wish.out / LIVE)
        self.tell("ended", out=self.wish.out / LIVE)
        self._verify(self.wish.out / LIVE)
        return record
