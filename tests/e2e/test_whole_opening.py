"""One opening of two lots from sealing to record, by five people who click: what it leaves, what nobody is told."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import Browser, BrowserContext

from bidroom.audit.pins import Pins
from bidroom.audit.report import verify_bundle
from bidroom.cli.identity import Identity
from bidroom.crypto.canonical import canonical, signed_input
from bidroom.crypto.certificates import Trust
from bidroom.crypto.checkpoint import parse_vkey
from bidroom.crypto.header import parse_header
from bidroom.crypto.release import unwrap_own
from bidroom.crypto.signatures import signing_time
from bidroom.opening.record import in_capitals
from tests.e2e.conftest import DESKTOP, PATIENCE, Faults
from tests.e2e.opening import LOTS, Opening, tapped
from tests.e2e.wire import Message, holds

pytestmark = [pytest.mark.xdist_group("whole"), pytest.mark.timeout(900)]
FIVE = {"host", "tenderee", "supervisor", "bidder 0", "bidder 1"}
BROWSERS = frozenset(FIVE)
FIRST_PAINT = 1_000
"""Milliseconds."""


@pytest.fixture(scope="module")
def opening(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opening]:
    """It is held once; every test looks at it. Nothing may be complained of in any of the five browsers."""
    faults, folder = Faults(), tmp_path_factory.mktemp("whole")
    contexts: list[BrowserContext] = []

    def new_context() -> BrowserContext:
        context = browser.new_context(locale="zh-CN", viewport=DESKTOP, accept_downloads=True)
        context.set_default_timeout(PATIENCE)
        context.on("page", faults.watch)
        contexts.append(context)
        return context

    with tapped(folder) as (server, tap, url):
        yield Opening(server, tap, url, folder, new_context).run()
        for context in contexts:
            context.close()
    assert not faults.said, "\n".join(faults.said)


# --- what it leaves


@dataclass(frozen=True)
class Left:
    """The auditor's bundle, opened."""

    files: Mapping[str, bytes]
    entries: tuple[dict[str, Any], ...]

    def of(self, *types: str) -> list[dict[str, Any]]:
        """The entries of these types."""
        return [entry for entry in self.entries if entry["type"] in types]


@pytest.fixture(scope="module")
def left(opening: Opening) -> Left:
    with ZipFile(opening.saved["auditor.zip"]) as archive:
        files = {name: archive.read(name) for name in archive.namelist()}
    return Left(files, tuple(json.loads(files[name]) for name in sorted(files) if name.startswith("entries/")))


def test_the_record_is_a_pdf_and_what_was_bid(opening: Opening) -> None:
    assert set(opening.people) == FIVE
    assert opening.saved["record.pdf"].read_bytes().startswith(b"%PDF")
    record = json.loads(opening.saved["record.json"].read_bytes())
    for lot in record["lots"]:
        found = {row["uscc"]: row["form"] for row in lot["bidders"]}
        assert found == {who.uscc: opening.forms[no, lot["no"]] for no, who in enumerate(opening.bidders)}
    assert len(record["lots"]) == len(LOTS)


@pytest.mark.parametrize("kind", ["public", "auditor"])
def test_its_bundle_is_green(opening: Opening, kind: str) -> None:
    keys = opening.centre.clerk.client.get("/keys")
    pins = Pins(parse_vkey(keys["log"]), parse_vkey(keys["receipt"]), Trust(opening.centre.trust.roots))
    report = verify_bundle(opening.saved[f"{kind}.zip"], pins)
    assert [str(each) for result in report.results for each in result.findings] == []
    assert report.is_green
    assert report.kind == kind


@dataclass(frozen=True)
class Signed:
    """One signature of the bundle."""

    kind: str
    data: bytes
    cms: bytes
    certificate: bytes


def signatures(left: Left) -> Iterator[Signed]:
    """Of the notice, of every entry that carries one, of every message that released pieces."""
    tenderee = json.loads(left.files["notice/terms.json"])["tenderee"]["certificate"]
    for kind in ("terms", "timeline"):
        data, cms = (left.files[f"notice/{kind}.{end}"] for end in ("json", "p7s"))
        yield Signed(kind, data, cms, left.files[f"certificates/{tenderee}.der"])
    releases = json.loads(left.files["private.json"])["releases"]
    for entry in left.entries:
        signed = entry.get("signed")
        if signed is None:
            continue
        if "hash" in signed:
            signed = releases[entry["body"]["message"]]
        kind = "header" if entry["type"] == "BidSubmitted" else "command"
        certificate = left.files[f"certificates/{entry['actor']['certificate']}.der"]
        yield Signed(kind, base64.b64decode(signed["bytes"]), base64.b64decode(signed["cms"]), certificate)


def openssl(signed: Signed, root: Path, folder: Path) -> tuple[int, str]:
    """What `openssl cms -verify -cades` says of a signature."""
    folder.mkdir()
    (folder / "signature.p7s").write_bytes(signed.cms)
    (folder / "data").write_bytes(signed_input(signed.kind, signed.data))
    certificate = x509.load_der_x509_certificate(signed.certificate)
    (folder / "cert.pem").write_bytes(certificate.public_bytes(Encoding.PEM))
    at = signing_time(signed.cms)
    assert at is not None
    command = [
        "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "signature.p7s", "-content", "data",
        "-certfile", "cert.pem", "-CAfile", str(root), "-attime", str(int(at.timestamp())), "-out", "/dev/null",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return done.returncode, done.stderr.strip()


@pytest.mark.openssl
def test_openssl_accepts_every_signature(opening: Opening, left: Left, tmp_path: Path) -> None:
    root = tmp_path / "root.pem"
    root.write_text(opening.centre.pem, "utf-8")
    every = list(signatures(left))
    kinds = [each.kind for each in every]
    assert (kinds.count("header"), kinds.count("terms"), kinds.count("timeline")) == (6, 1, 1)
    assert kinds.count("command") >= 3 + 1 + 1 + 6 + 1 + 3 + 3 + 3  # signing in ... signing the record
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lambda n: openssl(every[n], root, tmp_path / str(n)), range(len(every))))
    assert set(told) == {(0, "CAdES Verification successful")}
    forged = Signed(every[-1].kind, every[-1].data + b" ", every[-1].cms, every[-1].certificate)
    assert openssl(forged, root, tmp_path / "forged")[0] != 0


def test_the_rooms_first_paint(opening: Opening) -> None:
    """Of three loads the middle one: this machine does other things, too."""
    firsts = sorted(each["first-paint"] for each in opening.paints)
    assert len(firsts) == 3
    assert 0 < firsts[1] < FIRST_PAINT, firsts


# --- what nobody is told

HEARD = {"GET", "POST", "response", "frame to the server", "frame from the server"}
RC2, TRIPLE_DES, AES = (bytes.fromhex(oid) for oid in (
    "060a2a864886f70d010c0106", "060a2a864886f70d010c0103", "060960864801650304012a",
))  # fmt: skip


def test_all_that_the_five_say_and_hear_is_searched(opening: Opening) -> None:
    said = [message for messages in opening.said["end"].messages.values() for message in messages]
    for session, name in opening.sessions.items():
        assert {message.way for message in said if message.who == session} >= HEARD, name
    parts = [message for message in said if message.way == "PUT" and opening.sessions.get(message.who or "")]
    assert {opening.sessions[message.who or ""] for message in parts} == {"bidder 0", "bidder 1"}


def test_one_file_is_old_and_one_is_new(opening: Opening) -> None:
    old, new = (opening.people[f"bidder {no}"].p12.read_bytes() for no in range(2))
    assert [oid in old for oid in (RC2, TRIPLE_DES, AES)] == [True, True, False]
    assert [oid in new for oid in (RC2, TRIPLE_DES, AES)] == [False, False, True]


def identities(opening: Opening) -> list[Identity]:
    """Everyone's whose key can be in a file."""
    own = [person.identity for person in opening.people.values()]
    return [*own, opening.bidders[2].identity]


def secrets_of(identity: Identity) -> Iterator[bytes]:
    """A private key in parts that stay whole where PEM breaks its lines."""
    value = identity.key.private_numbers().private_value.to_bytes(32, "big")  # type: ignore[union-attr]
    yield from (value, value[:12], value[12:])


def test_the_search_finds_a_key_however_it_is_written(opening: Opening) -> None:
    key, secret = opening.people["host"].identity.key, list(secrets_of(opening.people["host"].identity))
    der, pem = (key.private_bytes(form, PrivateFormat.PKCS8, NoEncryption()) for form in (Encoding.DER, Encoding.PEM))
    jwk = json.dumps({"d": base64.urlsafe_b64encode(secret[0]).decode().rstrip("=")}).encode()
    in_json = json.dumps({"pem": pem.decode(), "x": 1}).encode()
    for written in (der, pem, in_json, jwk, der.hex().encode(), base64.b64encode(der), base64.b64encode(b"1" + der)):
        assert any(holds(written, each) for each in secret)
        assert not any(holds(written.swapcase(), each[::-1]) for each in secret)


def test_keys_and_passphrases_never_leave(opening: Opening) -> None:
    said, log = opening.said["end"], opening.server.errors.encode()
    for identity in identities(opening):
        for secret in secrets_of(identity):
            assert said.having(secret) == []
            assert not holds(log, secret)
    for person in opening.people.values():
        file = person.p12.read_bytes()
        middle = file[len(file) // 2 :][:48]
        for part in (person.passphrase, person.passphrase.split()[1], middle):
            assert said.having(part) == []
            assert not holds(log, part)
    certificate = opening.people["bidder 0"].identity.certificate
    assert said.having(certificate[-48:]), "the search would find what is said: a certificate is"


def pieces(opening: Opening, left: Left) -> Iterator[tuple[str, str, bytes]]:
    """Who may release each piece, the session's name and the command; computed from header and key alone."""
    terms, tenderee = opening.tender.notice().terms, opening.tender.tenderee
    names = {who.id: f"bidder {no}" for no, who in enumerate(opening.bidders)}
    keys = {who.id: who.identity.agreement_key for who in opening.bidders}
    for entry in left.of("BidSubmitted"):
        who = entry["actor"]["organization"]
        header = parse_header(left.files[f"bids/{entry['body']['digest']}/header.json"])
        for piece in unwrap_own(header, terms, "bidder", keys[who]).values():
            yield names[who], "ReleaseShare", piece
        for piece in unwrap_own(header, terms, "tenderee", tenderee.identity.agreement_key).values():
            yield "tenderee", "ReleaseHolderShares", piece


def command_in(message: Message) -> str:
    """The type of the command that a request gives."""
    document = json.loads(message.data.split(b"\r\n", 1)[1].partition(b"{")[1] + message.data.partition(b"{")[2])
    return str(json.loads(base64.b64decode(document["bytes"]))["type"])


def test_a_piece_is_in_its_own_release_and_nowhere_else(opening: Opening, left: Left) -> None:
    every = list(pieces(opening, left))
    assert len(every) == 12
    log, facts = opening.server.errors.encode(), b"".join(left.files[n] for n in left.files if n.startswith("entries/"))
    for name, command, piece in every:
        places = opening.said["end"].having(piece)
        assert [(each.way, each.path) for each in places] == [("POST", "/api/v1/commands")], (name, command)
        assert command_in(places[0]) == command
        assert opening.sessions.get(places[0].who or "", "bidder 2") == name
        assert not holds(log, piece)
        assert not holds(facts, piece)


def values(opening: Opening) -> Iterator[str | bytes]:
    """All that was filled in, as anyone could write it, and what the documents say."""
    for form in opening.forms.values():
        price = str(form["price"])
        yield from (price, f"{float(price):,.2f}", in_capitals(price), price.partition(".")[0], str(form["duration"]))
        yield canonical(form)
    for document in opening.documents:
        yield from (document.stem, document.read_text("utf-8").split()[1])


def test_what_was_bid_is_nowhere_before_it_is_announced(opening: Opening, left: Left) -> None:
    before, log = opening.said["announcement"], opening.server.errors.encode()
    [announced] = left.of("BidsAnnounced")
    facts = b"".join(left.files[f"entries/{entry['seq']:06d}.json"] for entry in left.entries[: announced["seq"]])
    secret, keys = list(values(opening)), [left.files[name] for name in left.files if name.endswith("/k0.bin")]
    assert (len(secret), len(keys)) == (6 * 6 + 3 * 2, 6)
    for each in (*secret, *keys):
        assert before.having(each) == [], each
        assert not holds(log, each), each
    assert not any(holds(facts, each) for each in secret)
    for key in keys:  # the log has the forms' keys from the opening of the forms on, which nobody is told before
        there = {entry["type"] for entry in left.entries if holds(json.dumps(entry).encode(), key)}
        assert there == {"BidFormsOpened"}
    after = opening.said["end"].after(before)
    for form in opening.forms.values():
        told = {opening.sessions.get(message.who or "") for message in after.having(f"{float(form['price']):,.2f}")}
        assert told >= BROWSERS, "the search finds it once everyone is told"
    for document in opening.documents:
        assert opening.said["end"].having(document.read_text("utf-8").split()[1]) == [], "documents are the auditor's"


def test_nobody_is_told_of_another_bidder_too_early(opening: Opening) -> None:
    early, late = opening.said["deadline"], opening.said["end"]
    for no, who in enumerate(opening.bidders):
        for secret in (who.name, who.uscc, who.id):
            told = {opening.sessions.get(message.who or "") for message in early.having(secret)}
            assert told & BROWSERS <= {f"bidder {no}"}, (secret, told)
        told = {opening.sessions.get(message.who or "") for message in late.having(who.name)}
        assert told >= BROWSERS, "the search finds the name once everyone is told"
    own = {opening.sessions.get(message.who or "") for message in early.having(opening.bidders[0].name)}
    assert "bidder 0" in own, "the search finds what one may know"
