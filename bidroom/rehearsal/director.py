"""The director: starts everything, lets time run only when nobody has anything to do, and gathers the results."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import Future
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bidroom.cli.client import Client
from bidroom.crypto.checkpoint import parse_vkey
from bidroom.facts import Refused, instant, rfc3339
from bidroom.rehearsal.cast import AUTHORITY, Authority, Cast, cast_of, open_centre, staff_of
from bidroom.rehearsal.chronicle import chronicle
from bidroom.rehearsal.outcome import check_outcome
from bidroom.rehearsal.party import Party
from bidroom.rehearsal.place import Place, Turn
from bidroom.rehearsal.scenario import Scenario
from bidroom.rehearsal.server import OwnServer
from bidroom.rehearsal.show import Show

BUSY = 0.02
"""Seconds between two looks at a server that works."""
STUCK = 120.0
"""Real seconds without any news before the rehearsal is given up."""


def rehearse(scenario: Scenario, out: Path, url: str | None, speed: float, show: Show) -> Mapping[str, Any]:
    """Act the scenario, and write what scenario.md says into `out`; the record. Refused where it went otherwise."""
    prepare(out)
    with TemporaryDirectory(prefix="bidroom-") as folder:
        own = None if url else OwnServer(Path(folder) / "server", speed)
        with own or nullcontext(str(url)) as where:
            try:
                return _act(scenario, out, where, Path(folder) / "parties", show)
            except Refused:
                if own is not None:
                    own.keep_log(out)
                raise


def prepare(out: Path) -> None:
    """Make the folder, and take away what an earlier rehearsal left there under the same names."""
    for folder, pattern in (("trust", "*.vkey"), ("trust/ca", "*.pem"), ("trust/crl", "*.crl"), ("receipts", "*.json")):
        (out / folder).mkdir(parents=True, exist_ok=True)
        for path in (out / folder).glob(pattern):
            path.unlink()
    for name in ("record.json", "bundle-public.zip", "bundle-auditor.zip", "timeline.json", "server.log"):
        (out / name).unlink(missing_ok=True)


def _act(scenario: Scenario, out: Path, url: str, folder: Path, show: Show) -> Mapping[str, Any]:
    begun = time.monotonic()
    director = Client(url)
    try:
        started = check_demo(director)
        check_new(director, scenario.number)
        authority = Authority.made(started)
        staff = staff_of(scenario, authority)
        open_centre(director, authority, staff)
        keys = director.get("/keys")
        write_trust(out / "trust", authority, keys)
        vkey = parse_vkey(keys["receipt"])
        place = Place(url, scenario.number, authority.trust, vkey, folder, out / "receipts", show.did)
        cast = cast_of(scenario, place, authority, staff)
        cast.host.on_phase = show.phase
        with acting(cast):
            Conductor(director, cast, show).run()
            record = gather(cast, out)
            write_json(out / "timeline.json", chronicle(scenario, cast, started, time.monotonic() - begun))
        check_outcome(scenario, record)
        return record
    finally:
        director.close()


def check_demo(client: Client) -> datetime:
    """The server's time; Refused("server_not_in_demo_mode")."""
    told = client.get("/time")
    if not told["demo"]:
        raise Refused("server_not_in_demo_mode", field="url")
    return instant(told["now"])


def check_new(client: Client, number: str) -> None:
    """Refused("already_claimed") where the server has a tender of this number: parties would take it for theirs."""
    if any(each["number"] == number for each in client.get("/tenders")["tenders"]):
        raise Refused("already_claimed", field="number", kind="tender", key=number)


def write_trust(folder: Path, authority: Authority, keys: Mapping[str, str]) -> None:
    """What a verifier pins: the verifier keys, the authority, its revocation list."""
    (folder / "ca" / f"{AUTHORITY}.pem").write_text(authority.pem, "ascii")
    (folder / "crl" / f"{AUTHORITY}.crl").write_bytes(authority.crl)
    for name in ("log", "receipt"):
        (folder / f"{name}.vkey").write_text(keys[name] + "\n", "utf-8")


def write_json(path: Path, document: Any) -> None:
    """Readable JSON."""
    path.write_text(json.dumps(document, ensure_ascii=False, indent=1) + "\n", "utf-8")


@contextmanager
def acting(cast: Cast) -> Iterator[None]:
    """Everyone runs inside, nobody after it."""
    for party in cast.parties:
        party.start()
    try:
        yield
    finally:
        for party in cast.parties:
            party.stop()


@dataclass
class Conductor:
    """Turns rounds until nobody has anything to do, then runs the clock ahead to whoever comes next."""

    client: Client
    cast: Cast
    show: Show
    _has_come: bool = False

    def run(self, until: datetime | None = None) -> None:
        """Until everyone has seen the end, or (with `until`) has nothing left to do before that time.

        Refused: rehearsal_is_stuck, or what a party was refused.

        The clock is read before the round: if nobody had anything new in it, nothing can have happened since but what
        the clock itself does at the next due time, and a jump to no later than that misses nothing.
        """
        moved = time.monotonic()
        self._has_come = False
        while not (self._has_come if until else self._is_over()):
            clock = self.client.get("/demo/clock")
            turns = self._round(instant(clock["now"]))
            if any(turn.did for turn in turns) or self._went_on(clock, turns, until):
                moved = time.monotonic()
            elif time.monotonic() - moved > STUCK:
                raise self._stuck()

    def _is_over(self) -> bool:
        return all(party.told.is_over for party in self.cast.parties)

    def _round(self, now: datetime) -> list[Turn]:
        """Everyone looks once, at the same clock."""
        self.show.clock(now)
        asked = [(party, party.ask_round(now)) for party in self.cast.parties]
        return [self._answer(party, future) for party, future in asked]

    def _answer(self, party: Party, asked: Future[Turn]) -> Turn:
        try:
            return asked.result(STUCK)
        except TimeoutError:
            raise Refused("party_does_not_answer", field=party.name) from None
        except Refused as refused:
            details = {**refused.details, "party": party.name}
            raise Refused(refused.reason, refused.field, **details) from refused

    def _went_on(self, clock: Mapping[str, Any], turns: list[Turn], until: datetime | None) -> bool:
        """Go to the first moment at which anything can happen; False where the server is still at work."""
        now, due = instant(clock["now"]), clock["next_due"] and instant(clock["next_due"])
        if clock["busy"] or (due is not None and due <= now):
            time.sleep(BUSY)
            return False
        if until is not None and now >= until:
            self._has_come = True
            return True
        times = [at for at in (due, until, *(turn.wakes for turn in turns)) if at is not None]
        if not times:  # what was committed just now may not have been told yet: only a long silence is an end
            time.sleep(BUSY)
            return False
        self._jump(min(times))
        return True

    def _jump(self, to: datetime) -> None:
        """Run the clock ahead; that it went there by itself, or has begun to work, is as good."""
        try:
            self.client.post("/demo/clock", {"to": rfc3339(to)})
        except Refused as refused:
            if refused.reason not in ("clock_is_busy", "clock_only_goes_forward"):
                raise

    def _stuck(self) -> Refused:
        waiting = sorted({f"{party.name}:{party.told.phase}" for party in self.cast.parties if not party.told.is_over})
        return Refused("rehearsal_is_stuck", phase=self.cast.host.told.phase, waiting=waiting)


def gather(cast: Cast, out: Path) -> Mapping[str, Any]:
    """Fetch record and bundles as host, auditor and anyone would; the record."""
    tender = cast.host.tender
    record: Mapping[str, Any] = cast.host.client.get(f"/tenders/{tender}/record")["record"]
    write_json(out / "record.json", record)
    public = Client(cast.host.place.url)
    try:
        (out / "bundle-public.zip").write_bytes(public.download(f"/tenders/{tender}/bundle/public"))
    finally:
        public.close()
    (out / "bundle-auditor.zip").write_bytes(cast.auditor.client.download(f"/tenders/{tender}/bundle/auditor"))
    return record
