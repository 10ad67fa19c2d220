"""The demo: links for every seat, parties that play until a person takes their seat, and an end without a trace."""

from __future__ import annotations

import io
import json
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from click.testing import CliRunner
from rich.console import Console

from bidroom.audit.pins import load_pins
from bidroom.audit.report import verify_bundle
from bidroom.cli.__main__ import main
from bidroom.cli.client import Client
from bidroom.facts import Refused, instant
from bidroom.rehearsal import demo
from bidroom.rehearsal.autopilot import Autopilot, Pilot, awaited
from bidroom.rehearsal.demo_words import SEATS, STEPS, TRIES
from bidroom.rehearsal.pace import Watched, seconds
from bidroom.rehearsal.party import Duty
from bidroom.rehearsal.seats import PAGES
from bidroom.rehearsal.server import free_port, free_port_from
from bidroom.rehearsal.show import Show
from bidroom.rehearsal.told import Told
from bidroom.web.seats import Plan

ROOT = Path(__file__).parents[2]
NOW = datetime(2026, 12, 1, 1, 30, tzinfo=UTC)
SPEED = 10.0
LINK = re.compile(r"^  (http://127\.0\.0\.1:(\d+)(/seat/([a-z]+)/enter/\S+|/seats/\S+))$", re.MULTILINE)


# --- the pace


def test_a_watched_opening_shows_an_act_every_few_seconds() -> None:
    pace, window = Watched.at(SPEED), timedelta(minutes=20)
    times = [pace.turn(NOW, window, number, 5) for number in range(5)]
    gaps = [(later - sooner).total_seconds() / SPEED for sooner, later in pairwise(times)]
    assert all(1 <= gap <= 3 for gap in gaps)
    assert seconds(3, SPEED) < times[0] - NOW < seconds(10, SPEED)


@pytest.mark.parametrize("count", [1, 3, 50])
def test_everyone_acts_in_time_however_short_the_window(count: int) -> None:
    pace, window = Watched.at(SPEED), timedelta(minutes=2)
    times = [pace.turn(NOW, window, number, count) for number in range(count)]
    assert times == sorted(set(times))
    assert NOW < times[0] <= times[-1] <= NOW + window / 2


def test_all_sign_in_within_the_minute_that_one_is_shown() -> None:
    pace = Watched.at(SPEED)
    times = [pace.sign_in(NOW, number, 5) for number in range(5)]
    assert times == sorted(set(times))
    assert NOW - seconds(demo.SOON, SPEED) < times[0] < times[-1] < NOW - seconds(10, SPEED)


def test_the_last_bidder_of_tomorrow_leaves_its_seat_time_to_bid() -> None:
    pace = Watched.at(SPEED, timedelta(hours=2))
    assert pace.submission(NOW, 3, 4) == NOW - timedelta(hours=2)
    assert pace.submission(NOW, 2, 4) == NOW - timedelta(days=3)


# --- who plays


@dataclass
class Counting(Duty):
    """Counts how often it was let act, and can be refused."""

    refused: str | None = None
    acts: int = 0

    def act(self) -> bool:
        self.acts += 1
        if self.refused:
            raise Refused(self.refused)
        return False


@dataclass
class Heard:
    """What was reported."""

    said: list[str] = field(default_factory=list)

    def report(self, _: datetime, __: str, what: str) -> None:
        self.said.append(what)


def pilot(duty: Duty, heard: Heard) -> Pilot:
    place: Any = SimpleNamespace(url="http://127.0.0.1:9", report=heard.report)
    return Pilot("主持人", "agent", place, (duty,))


def round_of(party: Pilot) -> None:
    party.start()
    try:
        party.ask_round(NOW, catch_up=False).result(10)
    finally:
        party.stop()


def test_a_party_whose_seat_is_taken_does_nothing() -> None:
    duty = Counting()
    party = pilot(duty, Heard())
    party.is_taken = True
    round_of(party)
    assert duty.acts == 0


def test_before_the_links_a_refusal_is_a_fault() -> None:
    party = pilot(Counting("not_your_role"), Heard())
    with pytest.raises(Refused, match="not_your_role"):
        round_of(party)


def test_after_the_links_a_refusal_is_said_once_and_the_duty_rests() -> None:
    duty, heard = Counting("not_your_role"), Heard()
    party = pilot(duty, heard)
    party.goes_on = True
    party.start()
    for _ in range(3):
        party.ask_round(NOW, catch_up=False).result(10)
    party.stop()
    assert duty.acts == 1
    assert heard.said == ["[not_your_role]"]


@pytest.mark.parametrize(
    ("phase", "preflights", "seat"),
    [
        ("checked", 0, "tenderee"),
        ("checked", 1, "host"),
        ("closing", 1, "tenderee"),
        ("announcing", 1, "host"),
        ("decrypting", 1, None),
        ("sign_in", 0, None),
        ("closed", 1, None),
    ],
)
def test_it_is_known_whom_everybody_waits_for(phase: str, preflights: int, seat: str | None) -> None:
    assert awaited(Told(phase=phase, preflights=preflights)) == seat


# --- what is played


def test_the_three_openings_have_the_same_parties() -> None:
    plays = demo.scenarios()
    assert list(plays) == ["archived", "live", "tomorrow"]
    registered = {(each.name, each.uscc) for each in plays["archived"].bidders}
    for play in plays.values():
        assert {(each.name, each.uscc) for each in play.bidders} <= registered
        assert (play.tenderee, play.agent) == (plays["archived"].tenderee, plays["archived"].agent)
        assert play.bidders[-1].name == plays["live"].bidders[-1].name
    assert len({play.number for play in plays.values()}) == 3
    assert plays["tomorrow"].later - plays["live"].later == timedelta(days=1)


def test_every_seat_has_its_words_in_both_languages() -> None:
    assert set(SEATS) == set(TRIES) == set(PAGES)
    assert all(zh and en and zh != en for table in (STEPS, SEATS, TRIES) for zh, en in table.values())


# --- the ports


def test_a_taken_port_leads_to_the_next_free_one() -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        port = held.getsockname()[1]
        assert free_port_from(port) > port
    assert free_port_from(port) == port


def test_where_no_port_is_free_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("bidroom.rehearsal.server.PORTS", 1)
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        with pytest.raises(Refused, match="cannot_listen"):
            free_port_from(held.getsockname()[1])


# --- the command


def test_a_demo_is_always_on_this_machine_and_in_demo_mode() -> None:
    said = CliRunner().invoke(main, ["demo", "--help"]).output
    assert "--once" in said
    assert "--url" not in said
    refused = CliRunner().invoke(main, ["demo", "--out", "x", "--url", "http://127.0.0.1:1"])
    assert (refused.exit_code, Path("x").exists()) == (2, False)


def command(out: Path, port: int, *more: str) -> subprocess.Popen[str]:
    """`bidroom demo` as somebody starts it in a terminal."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("BIDROOM_")}
    return subprocess.Popen(
        [sys.executable, "-m", "bidroom.cli", "demo", "--out", str(out), "--port", str(port), *more],
        cwd=ROOT, env={**kept, "BIDROOM_LANGUAGE": "en", "TMPDIR": str(out.parent)}, text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
    )  # fmt: skip


def is_served(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@pytest.mark.slow
@pytest.mark.timeout(600)  # a crowded machine is slow, and a demo is long
@pytest.mark.xdist_group("rehearsal")
def test_once_plays_everything_to_the_end_and_leaves_nothing_running(tmp_path: Path) -> None:
    out = tmp_path / "out"
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        held.listen()
        taken = held.getsockname()[1]
        said, _ = (process := command(out, taken, "--once")).communicate(timeout=500)
    assert process.returncode == 0, said
    links = LINK.findall(said)
    assert [name for _, _, _, name in links] == [*PAGES, ""]
    port = int(links[0][1])
    assert port > taken
    assert not is_served(port)
    assert [path.name for path in tmp_path.iterdir()] == ["out"]
    for folder in (out, out / "live"):
        assert json.loads((folder / "record.json").read_text("utf-8"))["state"] == "closed"
        for kind in ("public", "auditor"):
            assert verify_bundle(folder / f"bundle-{kind}.zip", load_pins(folder / "trust")).is_green
    assert any((out / "receipts").iterdir())
    assert (out / "timeline.json").exists()


@pytest.mark.slow
@pytest.mark.timeout(600)  # a crowded machine is slow, and a demo is long
@pytest.mark.xdist_group("rehearsal")
@pytest.mark.parametrize(("sent", "code"), [(signal.SIGINT, 0), (signal.SIGTERM, 143)])
def test_an_interrupt_at_any_time_ends_the_server_too(tmp_path: Path, sent: signal.Signals, code: int) -> None:
    port = free_port()
    process = command(tmp_path / "out", port)
    until = time.monotonic() + 60
    while not is_served(port):
        assert time.monotonic() < until
        time.sleep(0.1)
    os.killpg(process.pid, sent) if sent == signal.SIGINT else process.send_signal(sent)  # as a terminal does it
    said, _ = process.communicate(timeout=60)
    assert process.returncode == code, said
    assert "Traceback" not in said
    assert not is_served(port)
    assert [path.name for path in tmp_path.iterdir()] in ([], ["out"])


# --- people


class Enough(Exception):  # noqa: N818 - no fault: the test has seen what it came for
    """Ends a demo that would go on for ever."""


@dataclass
class Visitor:
    """Takes the host's seat as soon as there are links; gives it back long after the host should have acted."""

    holds: float
    begins_in: float = 0.0
    seen: list[int] = field(default_factory=list)
    told: list[str] = field(default_factory=list)
    phases: list[tuple[str, bool]] = field(default_factory=list)

    def links(self, url: str, plan: Plan, now: datetime) -> None:
        """Open the host's link, and look at what happens from then on."""
        seat, live = plan.seat("host"), plan.openings["live"]
        assert seat is not None
        self.begins_in = (instant(live.deadline) - now).total_seconds()
        with requests.Session() as browser:
            page = browser.get(f"{url}/seat/host/enter/{seat.token}", timeout=30)
            self.seen = [page.status_code, browser.get(f"{url}/seat/host/api/v1/me", timeout=30).status_code]
        threading.Thread(target=self.watch, args=(Client(url), live.tender, plan.token), daemon=True).start()

    def watch(self, client: Client, tender: str, token: str) -> None:
        """Until the host has given the command."""
        begun: float | None = None
        while not self.phases or self.phases[-1][0] in ("scheduled", "sign_in", "extracted", "checked"):
            time.sleep(0.2)
            taken = {each["name"] for each in client.get("/demo/seats")["seats"] if each["taken_at"]}
            self.phases.append((client.get(f"/tenders/{tender}")["phase"], "host" in taken))
            if self.phases[-1] == ("checked", True):
                begun = begun or time.monotonic()
                if time.monotonic() - begun > self.holds:
                    requests.post(f"{client.origin}/seats/{token}/host", allow_redirects=False, timeout=30)

    def tell(self, name: str, **_: object) -> None:
        """What the demo says."""
        self.told.append(name)


@pytest.mark.slow
@pytest.mark.timeout(600)  # a crowded machine is slow, and a demo is long
@pytest.mark.xdist_group("rehearsal")
def test_who_opens_a_seat_plays_it_and_the_autopilot_goes_on_when_it_is_given_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = Autopilot.look

    def looks_until_the_tenderees_turn(autopilot: Autopilot) -> None:
        look(autopilot)
        if autopilot.casts[0].host.told.has_come_to("closing"):
            raise Enough

    monkeypatch.setattr(demo, "SOON", 4.0)
    monkeypatch.setattr("bidroom.rehearsal.autopilot.LONG", 2.0)
    monkeypatch.setattr(Autopilot, "look", looks_until_the_tenderees_turn)
    pace, visitor = Watched.at(40.0), Visitor(holds=0.0)
    visitor.holds = pace.host["checked"].total_seconds() / 40.0 + 4
    show = Show(Console(file=io.StringIO()))
    with pytest.raises(Enough):
        demo.perform(demo.Wish(tmp_path / "out", free_port(), 40.0, once=False), show, visitor.tell, visitor.links)
    assert 0 < visitor.begins_in <= 4.0 * 40
    assert visitor.seen == [200, 200]
    held = {phase for phase, is_taken in visitor.phases if is_taken}
    assert "checked" in held
    assert "decrypting" not in held
    assert visitor.phases[-1] == ("decrypting", False)
    assert visitor.told == ["server", "rehearsed", "verified", "verified", "prepared", "waits"]
