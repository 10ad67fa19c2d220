"""Honest bundles are green, the public one holds nothing private, and what cannot be seen in it is said so."""

from __future__ import annotations

import io
import json
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding

from bidroom.audit import certificates
from bidroom.audit.layout import personal
from bidroom.audit.pins import Pins
from bidroom.audit.report import verify_bundle
from bidroom.crypto.canonical import digest_of, sha256_hex
from bidroom.crypto.certificates import Trust, serial
from bidroom.crypto.testca import TestCa, _builder, _usage
from bidroom.facts import Refused, Signed
from bidroom.publish.bundle import build
from tests.audit.forging import Files, files_of, packed, red, verified, with_manifest
from tests.audit.signed import SignedWorld, bundle, lists, person, pins, the_world
from tests.builders import DAY, World, authority, name_of
from tests.fakes import NOON


@pytest.mark.parametrize("kind", ["public", "auditor"])
@pytest.mark.parametrize("world", ["ordinary", "eventful", "ended"])
def test_an_honest_bundle_is_green(world: str, kind: str, folder: Path) -> None:
    report = verified(bundle(world, kind), folder)
    assert red(report) == {}
    assert report.is_green
    assert (report.kind, report.stream, report.size) == (kind, the_world(world).plan.id, len(the_world(world).log))
    assert [result.state for result in report.results if result.no in (2, 10)] == ["not_checkable_here"] * 2


def test_the_eventful_world_has_all_that_a_bundle_can_hold(eventful_files: Files, eventful: SignedWorld) -> None:
    kinds = {"/".join("*" if len(part) == 64 else part for part in name.split("/")) for name in eventful_files}
    assert {"bids/*/failure.json", "notice/amended/timeline-001.json", "notice/amended/timeline-001.p7s"} <= kinds
    rare = {
        "UploadRefused",
        "BidWithdrawn",
        "WindowExtended",
        "OpeningSuspended",
        "RecordRefused",
        "AttributionRevised",
    }
    assert rare <= set(eventful.types())


def test_the_public_bundle_leaves_out_what_is_private(
    eventful_files: Files, public_files: Files, eventful: SignedWorld
) -> None:
    left_out = set(eventful_files) - set(public_files)
    assert set(public_files) <= set(eventful_files)
    assert {name.rpartition("/")[2] for name in left_out if name.startswith("bids/")} == {"part1.bin", "pieces.json"}
    assert "private.json" in left_out
    supervisor = sha256_hex(person("supervisor")[1])
    assert f"certificates/{supervisor}.der" in left_out
    assert personal(eventful.log) == {supervisor}
    pieces = [each["piece"] for name in eventful_files if name.endswith("pieces.json")
              for each in json.loads(eventful_files[name])]  # fmt: skip
    everything = b"".join(public_files.values())
    assert pieces
    assert not any(piece.encode() in everything or bytes.fromhex(piece) in everything for piece in pieces)


def test_what_cannot_be_seen_in_public_is_said(folder: Path) -> None:
    notes = {each.text for result in verified(bundle("eventful", "public"), folder).results for each in result.notes}
    assert {"personal_certificates_left_out", "release_messages_are_the_auditors", "pieces_are_the_auditors"} <= notes


def test_a_tender_that_has_not_ended_has_no_bundle(ordinary: SignedWorld) -> None:
    class Unended(SignedWorld):
        """The same, before it closed."""

    early = Unended(**{**vars(ordinary), "entries": {ordinary.plan.id: ordinary.log[:-1]}})
    with pytest.raises(Refused, match="opening_has_not_ended"):
        build(early.sources(), early.plan.id, "public", io.BytesIO())
    with pytest.raises(Refused, match="bundle_kind_unknown"):
        build(early.sources(), early.plan.id, "secret", io.BytesIO())


# --- certificates


def test_other_pins_are_not_satisfied(public_files: Files, folder: Path) -> None:
    stranger = TestCa.create("stranger", NOON - 30 * DAY).certificate.public_bytes(Encoding.DER)
    path = folder / "bundle.zip"
    path.write_bytes(packed(public_files))
    own = pins()
    found = red(verify_bundle(path, Pins(own.log, own.receipt, Trust((stranger,)))))
    assert {4, 5} <= set(found)
    unknown = [line for line in found[5] if line.startswith("certificate_of_unknown_issuer bids/")]
    assert len(unknown) == len(_bids(public_files))
    found = red(verify_bundle(path, Pins(own.receipt, own.log, own.trust)))
    assert "key_is_not_the_pinned_one keys/log.vkey #None" in found[1]
    assert "key_is_not_the_pinned_one keys/receipt.vkey #None" in found[1]
    assert 6 in found


def _bids(files: Files) -> set[str]:
    return {name.split("/")[1] for name in files if name.startswith("bids/")}


def test_authorities_between_a_certificate_and_its_root(folder: Path, ordinary: SignedWorld) -> None:
    """The authority of all these certificates under another root: the bundle brings what lies between."""
    top, ca = TestCa.create("top", NOON - 30 * DAY), authority()
    builder = _builder(ca.subject, top.subject, ca.key, top.key, NOON - 30 * DAY, 3650)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    between = builder.add_extension(_usage(authority=True), critical=True).sign(top.key, hashes.SHA256())
    root = top.certificate.public_bytes(Encoding.DER)
    trust = Trust((root,), (between.public_bytes(Encoding.DER),), (*lists(), top.crl(NOON - DAY)))
    out = io.BytesIO()
    build(replace(ordinary.sources(), trust=trust), ordinary.plan.id, "public", out)
    path, own = folder / "bundle.zip", pins()
    path.write_bytes(out.getvalue())
    assert red(verify_bundle(path, Pins(own.log, own.receipt, Trust((root,))))) == {}
    files = files_of(out.getvalue(), folder)
    chain = next(name for name in files if name.startswith("chains/"))
    path.write_bytes(packed(with_manifest({name: data for name, data in files.items() if name != chain})))
    for known in (Trust((root,)), trust):
        found = red(verify_bundle(path, Pins(own.log, own.receipt, known)))
        assert any(chain[7:71] in line for lines in found.values() for line in lines)


def test_a_revocation_that_the_bundle_hides(folder: Path, ordinary: SignedWorld) -> None:
    """The list of the fifteenth day names 甲's certificate, which went on to act; the platform left that list out."""
    ca = authority()
    ca.revoke(serial(_certificate_of(ordinary, "甲")), NOON + 10 * DAY)
    try:
        honest = ca.crl(NOON + 15 * DAY)
    finally:
        ca.revoked.clear()
    out = io.BytesIO()
    before = replace(ordinary.sources(), trust=replace(ordinary.sources().trust, crls=lists()[:2]))
    build(before, ordinary.plan.id, "public", out)
    path = folder / "bundle.zip"
    path.write_bytes(out.getvalue())
    own = pins()
    known = Pins(own.log, own.receipt, Trust(own.trust.roots, (), (*lists()[:2], honest)))
    found = red(verify_bundle(path, known))
    assert found[1] == [f"revocation_list_left_out revocation/{sha256_hex(honest)}.crl #None"]
    assert any(line.startswith("certificate_revoked") for line in found[4])
    assert red(verify_bundle(path, Pins(own.log, own.receipt, Trust(own.trust.roots)))) == {}


def _certificate_of(world: SignedWorld, key: str) -> bytes:
    digest = world.actor(key).certificate
    assert digest is not None
    return world.sources().certificate(digest)


def test_chains_lead_to_the_root() -> None:
    top = TestCa.create("top", NOON - 30 * DAY)
    middle = TestCa.create("middle", NOON - 30 * DAY, issuer=top)
    low = TestCa.create("low", NOON - 30 * DAY, issuer=middle)
    _, leaf = low.issue_organization("某公司", "91330000000000000X", at=NOON)
    top_der, between, under = (ca.certificate.public_bytes(Encoding.DER) for ca in (top, middle, low))
    trust = Trust((top_der,), (between, under))
    assert certificates.chain_of(leaf, trust) == (under, between)
    assert certificates.chain_of(between, trust) == ()
    assert certificates.chain_of(leaf, Trust((top_der,))) == ()
    pem = certificates.to_pem((under, between))
    assert certificates.from_pem(pem) == (under, between)
    for other in (pem + b"\n", b"", pem.replace(b"A", b"B")):
        if other:
            with pytest.raises(Refused, match="certificate_malformed"):
                certificates.from_pem(other)
    issued = {"top": top, "middle": middle, "low": low, "stranger": authority()}
    crls = {name: ca.crl(NOON) for name, ca in issued.items()} | {"middle later": middle.crl(NOON + 2 * DAY)}
    paths = {"leaf": (leaf, under, between)}
    assert certificates.lists_needed(paths, crls, [("leaf", NOON + DAY)]) == {"top", "middle", "low"}
    assert certificates.lists_needed(paths, crls, [("leaf", NOON + 3 * DAY)]) == {"top", "middle later", "low"}
    assert certificates.lists_needed(paths, crls, [("leaf", NOON - DAY), ("another", NOON)]) == set()
    own = {name: crls[name] for name in ("top", "middle", "low")}
    for days, left_out in ((2.9, set()), (3.1, {"middle later"})):
        assert certificates.lists_passed_over(paths, own, crls, [("leaf", NOON + days * DAY)]) == left_out


def test_a_chain_in_the_bundle_that_no_certificate_needs(public_files: Files, folder: Path) -> None:
    digest = next(name for name in public_files if name.startswith("certificates/"))[13:77]
    stranger = TestCa.create("stranger", NOON - 30 * DAY).certificate.public_bytes(Encoding.PEM)
    forged = with_manifest({**public_files, f"chains/{digest}.pem": stranger})
    assert red(verified(packed(forged), folder)) == {1: [f"file_not_called_for chains/{digest}.pem #None"]}


def test_a_certificate_left_out_though_it_is_no_persons(public_files: Files, folder: Path) -> None:
    name = next(name for name in public_files if name.startswith("certificates/"))
    found = red(verified(packed(with_manifest({k: v for k, v in public_files.items() if k != name})), folder))
    assert f"file_missing {name} #None" in found[1]
    assert 4 in found


def test_a_damaged_bid_is_told_and_has_no_ciphertext(folder: Path) -> None:
    here = _with_damage()
    report = verified(here.bundle("auditor"), folder)
    assert red(report) == {}
    assert [(result.no, each.text) for result in report.results for each in result.notes if result.no == 5] == [
        (5, "stored_bid_was_damaged")
    ]
    digest = here.damaged[0]
    assert {name.rpartition("/")[2] for name in files_of(here.bundle("auditor"), folder) if digest in name} == {
        "header.json", "header.p7s", "receipt.json", "failure.json"
    }  # fmt: skip


def _with_damage() -> SignedWorld:
    here = SignedWorld()
    here.register("tenderee", "agent", "甲", "乙", "丙").appoint()
    here.notice()
    for key in ("甲", "乙", "丙"):
        here.deposit(key)
        here.submit(key)
    here.damaged = (here.digest_of("乙"),)
    here.failing[here.digest_of("乙")] = "payload"
    steps = (World.to_sign_in, World.past_deadline, World.preflight, World.decrypt, World.release_all, World.open)
    for step in steps:
        step(here)
    here.give("agent", "RuleAttribution", {"digest": here.damaged[0], "fault": "other", "reason": "平台存储损坏"})
    here.announce().last_call().lay_out().confirm_all()
    return here


# --- what a bidder can do that the room takes must not make the audit red


def test_nobody_can_spoil_the_audit(folder: Path) -> None:
    """Somebody else's command id, uploads that are nonsense."""
    here = SignedWorld()
    here.register("tenderee", "agent", "甲", "乙", "丙").appoint()
    here.notice()
    for key in ("甲", "乙", "丙"):
        here.submit(key)
    for number, (header, reason) in enumerate(((b"", None), (b"{}", None), (b"\xff" * 999, "certificate_unbound"))):
        found = {"refusal": {"reason": reason, "field": None}} if reason else {}
        refused = Signed("header", header, b"checked at the edge")
        body, id = {"digest": digest_of("bid", header)}, name_of(f"nonsense {number}", 16)
        told = replace(here.command("SubmitBid", body, id=id, evidence=found), signed=refused)
        here.refuse_upload("甲", told)
    here.to_sign_in().past_deadline()
    here.give("agent", "DecideUnderMinimum", {"decision": "go_on", "reason": "投标人足够"}, 1, id="ab" * 16)
    here.give("乙", "RaiseObjection", {"text": "无"}, None, id="ab" * 16)
    here.give("agent", "AnswerObjection", {"objection": "ab" * 16, "ruling": "rejected", "text": "无"})
    here.preflight().decrypt().release_all().open().announce().last_call().lay_out()
    here.give("丙", "ConfirmRecord", {"record": here.opening.record})
    here.sign("agent", "host").go(hours=1)
    for kind in ("public", "auditor"):
        assert red(verified(here.bundle(kind), folder)) == {}
