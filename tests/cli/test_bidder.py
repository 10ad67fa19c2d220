"""A bidder with nothing but the command line: seal, submit, release, in an opening that others rehearse around it."""

from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bidroom.cli.client import Client
from bidroom.crypto.checkpoint import parse_vkey
from bidroom.crypto.receipt import verify_receipt
from bidroom.crypto.testca import to_p12
from bidroom.facts import instant
from bidroom.rehearsal.cast import Authority, Cast, cast_of, open_centre, staff_of
from bidroom.rehearsal.director import Conductor, acting, check_demo, gather, prepare, write_trust
from bidroom.rehearsal.party import Duty, Party
from bidroom.rehearsal.place import Place
from bidroom.rehearsal.reading import parse
from bidroom.rehearsal.registering import Joining
from bidroom.rehearsal.scenario import Company
from bidroom.rehearsal.server import OwnServer
from bidroom.rehearsal.show import Show
from tests.rehearsal.acted import LOT, TITLE, bidders

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("rehearsal")]
PASSPHRASE = "柳暗花明 12"
COMPANY = Company("拱宸桥装饰工程有限公司", "91360111MA8FNM21PL")
FORM = {"price": "2750000.00", "duration": 55}


@dataclass
class Said:
    """How a command ended, and what it said."""

    code: int
    out: str
    err: str


@dataclass
class CommandLine(Duty):
    """Does with `bidroom` what the other bidders do in Python."""

    joining: Joining
    folder: Path
    trust: Path
    said: dict[str, Said] = field(default_factory=dict)

    def act(self) -> bool:
        """Seal and submit a day before the deadline; try too early, then release."""
        party = self.party
        if party.tender is None:
            return False
        deadline = instant(party.client.get(f"/tenders/{party.tender}")["deadline"])
        if "sealed" not in self.said and party.has_come(deadline - timedelta(days=1)):
            self._before_the_deadline()
            return True
        if "late" not in self.said and party.told.phase == "decrypting":
            self.said["late"] = self._bidroom("submit", self.folder / "third", *self._server(), *self._keys())
            return True
        if "released" not in self.said and party.told.phase == "decrypting":
            self.said["released"] = self._release("second")
            return True
        return False

    def _before_the_deadline(self) -> None:
        self.said["wrong form"] = self._seal("none", {"price": "2750000.00"})
        self.said["wrong passphrase"] = self._seal("none", FORM, passphrase="no")
        self.said["sealed"] = self._seal("first", {**FORM, "price": "2900000.00"})
        self.said["submitted"] = self._bidroom("submit", self.folder / "first", *self._server(), *self._keys())
        self.said["again"] = self._bidroom("submit", self.folder / "first", *self._server(), *self._keys())
        self._seal("second", FORM, "--supersedes", self.folder / "first")
        self.said["replaced"] = self._bidroom("submit", self.folder / "second", *self._server(), *self._keys())
        self._seal("third", FORM, "--supersedes", self.folder / "second")
        self.said["early"] = self._release("second")

    def _seal(self, name: str, form: dict[str, Any], *more: object, passphrase: str = PASSPHRASE) -> Said:
        (self.folder / "form.json").write_text(json.dumps(form), "utf-8")
        address = f"{self.party.client.origin}/api/v1/tenders/{self.party.tender}"
        place = ("--tender", address, "--lot", 1, "--form", self.folder / "form.json", "--out", self.folder / name)
        documents = ("--documents", self.folder / "documents")
        return self._bidroom("seal", *place, *documents, *more, *self._keys(), passphrase=passphrase)

    def _release(self, name: str) -> Said:
        tender = ("--tender", self.party.tender)
        return self._bidroom("release", self.folder / name, *tender, *self._server(), *self._keys())

    def _server(self) -> tuple[object, ...]:
        return ("--url", self.party.client.origin, "--account", self.joining.account)

    def _keys(self) -> tuple[object, ...]:
        return ("--key", self.folder / "me.p12", "--trust", self.trust)

    def _bidroom(self, *arguments: object, passphrase: str = PASSPHRASE) -> Said:
        own = {"BIDROOM_PASSPHRASE": passphrase, "BIDROOM_LANGUAGE": "en"}
        command = [sys.executable, "-m", "bidroom.cli", *map(str, arguments)]
        done = subprocess.run(command, env={**os.environ, **own}, capture_output=True, text=True, check=False)
        return Said(done.returncode, done.stdout, done.stderr)


@dataclass(frozen=True)
class Played:
    """What came of it."""

    folder: Path
    out: Path
    said: dict[str, Said]
    record: dict[str, Any]


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The whole opening, with one bidder at the command line."""
    folder = tmp_path_factory.mktemp("command-line")
    mine, out = folder / "mine", folder / "out"
    (mine / "documents").mkdir(parents=True)
    (mine / "documents" / "技术标.txt").write_text("施工组织设计\n" * 1000, "utf-8")
    prepare(out)
    with OwnServer(folder / "server", 60.0) as url:
        cast, duty = cast_with(url, mine, out)
        director = Client(url)
        with acting(cast):
            Conductor(director, cast, Show(Console(file=io.StringIO()))).run()
            record = gather(cast, out)
        director.close()
    return Played(mine, out, duty.said, dict(record))


def cast_with(url: str, mine: Path, out: Path) -> tuple[Cast, CommandLine]:
    """Three bidders as always, and the one at the command line."""
    scenario = parse(TITLE + "agent: {name: 浙江信诚工程咨询有限公司}\n" + LOT + bidders())
    client = Client(url)
    authority = Authority.made(check_demo(client))
    staff = staff_of(scenario, authority)
    open_centre(client, authority, staff)
    keys = client.get("/keys")
    client.close()
    write_trust(out / "trust", authority, keys)
    receipts, vkey = out / "receipts", parse_vkey(keys["receipt"])
    place = Place(url, scenario.number, authority.trust, vkey, mine.parent / "parties", receipts, lambda *_: None)
    cast = cast_of(scenario, place, authority, staff)
    identity = authority.organization(COMPANY)
    (mine / "me.p12").write_bytes(to_p12(identity.key, identity.certificate, PASSPHRASE))
    joining = Joining(COMPANY, cast.parties[0])
    duty = CommandLine(joining, mine, out / "trust")
    party = Party(COMPANY.name, "bidder", place, (joining, duty), identity)
    return Cast((*cast.parties, party), cast.host, cast.auditor), duty


def test_the_bid_that_counts_is_opened(played: Played) -> None:
    rows = {row["name"]: row for row in played.record["lots"][0]["bidders"]}
    assert rows[COMPANY.name]["form"] == FORM
    assert (rows[COMPANY.name]["outcome"], len(rows)) == ("opened", 4)


def test_sealing_leaves_what_is_needed_and_keeps_the_kit_private(played: Played) -> None:
    assert played.said["sealed"].code == 0
    names = {path.name for path in (played.folder / "first").iterdir()}
    assert names == {
        "header.json", "header.p7s", "certificate.der", "notice.json", "kit.json", "part0.bin", "part1.bin",
        "receipt.json",
    }  # fmt: skip
    assert (played.folder / "first" / "kit.json").stat().st_mode & 0o077 == 0


def test_a_receipt_is_printed_kept_and_signed(played: Played) -> None:
    vkey = parse_vkey((played.out / "trust" / "receipt.vkey").read_text())
    printed = json.loads(played.said["submitted"].out)
    assert printed == json.loads((played.folder / "first" / "receipt.json").read_text())
    assert verify_receipt(printed, vkey)["lot"] == 1
    assert verify_receipt(json.loads(played.said["released"].out), vkey)["act"] == "release"


def test_the_same_upload_gets_the_same_receipt(played: Played) -> None:
    assert played.said["again"].out == played.said["submitted"].out


def test_a_replacement_is_taken(played: Played) -> None:
    assert played.said["replaced"].code == 0


def test_a_late_upload_gets_a_signed_refusal(played: Played) -> None:
    late = played.said["late"]
    vkey = parse_vkey((played.out / "trust" / "receipt.vkey").read_text())
    assert late.code == 1
    assert "[upload_is_in_time]" in late.err
    assert verify_receipt(json.loads(late.out), vkey, "refusal")["reason"] == "upload_is_in_time"
    assert json.loads((played.folder / "third" / "refusal.json").read_text()) == json.loads(late.out)


def test_nothing_is_released_before_the_command(played: Played) -> None:
    early = played.said["early"]
    assert early.code == 1
    assert "bid_is_not_final" in early.err


def test_what_is_wrong_is_told_before_anything_is_sealed(played: Played) -> None:
    form, passphrase = played.said["wrong form"], played.said["wrong passphrase"]
    assert (form.code, passphrase.code) == (1, 1)
    assert "[form_malformed]" in form.err
    assert "duration" in form.err
    assert "[passphrase_wrong]" in passphrase.err
    assert not (played.folder / "none" / "header.json").exists()
