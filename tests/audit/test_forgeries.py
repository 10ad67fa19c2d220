"""What an insider can do who has the log's key and the builder, but nobody else's key: each forgery is red, by name."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from bidroom.audit.layout import MANIFEST
from bidroom.crypto import tree
from bidroom.crypto.canonical import canonical, digest_of, sha256_hex
from bidroom.crypto.context import part_key
from bidroom.crypto.header import parse_header
from bidroom.crypto.payload import encrypted
from bidroom.crypto.signatures import sign
from bidroom.facts import instant, rfc3339
from bidroom.opening.state import Bid
from bidroom.publish.bundle import Sources
from tests.audit.forging import (
    Document,
    Files,
    documents,
    edited_binding,
    first,
    forged_bundle,
    packed,
    red,
    verified,
    with_manifest,
)
from tests.audit.signed import RECEIPT_KEY, SignedWorld, b64, bundle
from tests.builders import member, name_of

Edit = Callable[[SignedWorld, list[Document]], None]
OTHER_PRICE = canonical({"price": "1.00"})


def move(entry: Document, **by: float) -> None:
    """An entry at another time."""
    entry["time"] = rfc3339(instant(entry["time"]) + timedelta(**by))


def change(type: str, find: dict[str, Any] | None = None, **to: Any) -> Edit:
    """Other members in the body of the first entry of this type."""
    return lambda world, told: first(told, type, **(find or {}))["body"].update(to)


def drop(type: str) -> Edit:
    """One entry less."""
    return lambda world, told: told.remove(first(told, type))


def unsign(type: str) -> Edit:
    """An entry without what was signed."""
    return lambda world, told: first(told, type).pop("signed")


def moved(type: str, **by: float) -> Edit:
    """An entry at another time."""
    return lambda world, told: move(first(told, type), **by)


def a_name(world: SignedWorld, told: list[Document]) -> None:
    """乙 is called otherwise in every binding that the log carries."""
    _in_bindings(told, "乙", name="某某公司")


def a_code(world: SignedWorld, told: list[Document]) -> None:
    """乙 has another code."""
    _in_bindings(told, "乙", uscc=member("丙").uscc)


def _in_bindings(told: list[Document], key: str, **body: Any) -> None:
    for each in told:
        if each["actor"].get("organization") == member(key).id:
            each["actor"]["binding"] = edited_binding(each["actor"]["binding"], **body)


def another_organizations_bid(world: SignedWorld, told: list[Document]) -> None:
    """乙's bid becomes 戊's."""
    entry = first(told, "BidSubmitted", organization=member("乙").id, lot=1)
    theirs = first(told, "BidSubmitted", organization=member("戊").id, lot=1)
    entry["actor"] = theirs["actor"]
    entry["body"]["organization"] = member("戊").id


def a_bid_less(world: SignedWorld, told: list[Document]) -> None:
    """乙 never bid for lot 1; counts, digests and root are made to fit."""
    gone = world.digest_of("乙", 1)
    for each in list(told):
        body = each["body"]
        if body.get("digest") == gone:
            told.remove(each)
        for name in ("digests", "released", "missing"):
            if gone in body.get(name, ()):
                body[name].remove(gone)
        if each["type"] == "BidFormsOpened":
            body["opened"] = [one for one in body["opened"] if one["digest"] != gone]
        if each["type"] == "BidsChecked" and body["lot"] == 1:
            body["counted"] -= 1


def a_bid_refused_instead(world: SignedWorld, told: list[Document]) -> None:
    """A bid that was taken becomes one that was refused."""
    entry = first(told, "BidSubmitted", organization=member("戊").id)
    told.remove(first(told, "BidWithdrawn"))
    keep = {key: entry["body"][key] for key in ("lot", "digest", "organization", "timeline", "nonce")}
    entry["type"], entry["body"] = "UploadRefused", {**keep, "reason": "sealed_to_other_keys", "field": None}


def a_bid_refused_for_its_signature(world: SignedWorld, told: list[Document]) -> None:
    """The same, with a cause that lies in the signature."""
    a_bid_refused_instead(world, told)
    refused = [each for each in told if each["type"] == "UploadRefused"]
    refused[0]["body"]["reason"] = "signature_over_other_bytes"


def a_refusal_becomes_a_confirmation(world: SignedWorld, told: list[Document]) -> None:
    """乙 refused the record."""
    entry = first(told, "RecordRefused")
    entry["type"] = "RecordConfirmed"
    entry["body"].pop("reason")


def a_silent_one_confirms(world: SignedWorld, told: list[Document]) -> None:
    """丙's confirmation with 甲's signature."""
    theirs = first(told, "RecordConfirmed")
    someone = first(told, "BidSubmitted", organization=member("丙").id)
    copy = json.loads(json.dumps(theirs))
    copy["actor"] = someone["actor"]
    copy["body"]["organization"] = member("丙").id
    move(copy, seconds=1)
    told.insert(told.index(theirs) + 1, copy)
    first(told, "OpeningClosed")["body"]["silent"].remove(member("丙").id)


def an_extension_twice(world: SignedWorld, told: list[Document]) -> None:
    """The host's one extension is used again."""
    once = first(told, "WindowExtended")
    twice = json.loads(json.dumps(once))
    move(twice, seconds=1)
    twice["body"]["until"] = rfc3339(instant(twice["body"]["until"]) + timedelta(seconds=300))
    told.insert(told.index(once) + 1, twice)


def a_rival_withdraws(world: SignedWorld, told: list[Document]) -> None:
    """戊's withdrawal, signed by 乙."""
    entry, who = first(told, "BidWithdrawn"), member("乙")
    data = base64.b64decode(entry["signed"]["bytes"])
    entry["signed"]["cms"] = b64(sign("command", data, who.private, who.certificate, instant(entry["time"])))


def other_terms(world: SignedWorld, told: list[Document]) -> None:
    """The control price is another."""
    entry = first(told, "NoticeSubmitted")
    document = json.loads(base64.b64decode(entry["body"]["terms"]))
    document["lots"][0]["control_price"] = "1.00"
    entry["body"]["terms"] = b64(canonical(document))


def an_earlier_deadline(world: SignedWorld, told: list[Document]) -> None:
    """The amended timeline's deadline is another."""
    entry = first(told, "TimelineAmended")
    document = json.loads(base64.b64decode(entry["body"]["timeline"]))
    document["deadline"] = rfc3339(instant(document["deadline"]) + timedelta(hours=1))
    entry["body"]["timeline"] = b64(canonical(document))


def an_objection_less(world: SignedWorld, told: list[Document]) -> None:
    """乙's objection, its answer, and what it led to."""
    for type in ("ObjectionRaised", "ObjectionAnswered", "AttributionRevised"):
        told.remove(first(told, type))


@dataclass(frozen=True)
class Forgery:
    """What is changed, which checks must see it, and words that one of their findings must hold."""

    edit: Edit
    checks: tuple[int, ...]
    named: str


FORGERIES = {
    "the time of a bid": Forgery(moved("BidSubmitted", seconds=-5), (6,), "receipt.json#time"),
    "a late bid in time": Forgery(moved("UploadRefused", days=-20), (5,), "upload_was_refused_without_cause"),
    "a release after its window": Forgery(moved("ShareReleased", hours=3), (3, 7), "released_outside_the_window"),
    "a release before the command": Forgery(moved("ShareReleased", hours=-3), (7,), "released_outside_the_window"),
    "the command's time": Forgery(moved("DecryptionCommanded", minutes=-1), (3, 7), "window_ends_otherwise"),
    "the close's time": Forgery(moved("ReleaseClosed", hours=-1), (3, 7), "closed_before_the_window_ended"),
    "a fault": Forgery(change("FailureAttributed", fault="other"), (3, 4), "body.fault"),
    "a revised fault": Forgery(change("AttributionRevised", fault="bidder"), (3, 4), "body.fault"),
    "an attribution's reason": Forgery(change("FailureAttributed", reason="其他原因"), (3, 4), "body.reason"),
    "an answer": Forgery(change("ObjectionAnswered", text="驳回"), (3, 4), "body.text"),
    "a ruling": Forgery(change("ObjectionAnswered", ruling="rejected"), (3, 4), "body.ruling"),
    "an objection's words": Forgery(change("ObjectionRaised", text="无异议"), (3, 4), "body.text"),
    "a decision under the minimum": Forgery(change("UnderMinimumDecided", decision="go_on"), (3, 4), "body.decision"),
    "the length of an extension": Forgery(change("WindowExtended", seconds=9), (3, 4, 7), "body.seconds"),
    "who suspended why": Forgery(change("OpeningSuspended", reason="无"), (3, 4), "body.reason"),
    "a layer of a failure": Forgery(change("ReleaseFailureReported", layer="key"), (3, 4), "body.layer"),
    "a deposit": Forgery(change("DepositRegistered", amount="1.00"), (3, 9), "minutes_are_not_what_the_facts_say"),
    "a verified deposit": Forgery(
        change("DepositVerified", verified=False), (9,), "minutes_are_not_what_the_facts_say"
    ),
    "how many bids were counted": Forgery(change("BidsChecked", counted=2), (3, 9), "facts_are_not_what_the_rules_say"),
    "the final root": Forgery(change("BidsExtracted", root="00" * 32), (3, 6), "final_root_differs"),
    "a signature left out": Forgery(unsign("FailureAttributed"), (4,), "signature_missing"),
    "a suspension by nobody": Forgery(unsign("OpeningSuspended"), (4,), "signature_missing"),
    "a sign-in left out": Forgery(drop("BidderSignedIn"), (9,), "minutes_are_not_what_the_facts_say"),
    "a report left out": Forgery(drop("ReleaseFailureReported"), (9,), "minutes_are_not_what_the_facts_say"),
    "an objection left out": Forgery(an_objection_less, (9,), "minutes_are_not_what_the_facts_say"),
    "a refused upload left out": Forgery(drop("UploadRefused"), (9,), "minutes_are_not_what_the_facts_say"),
    "a name": Forgery(a_name, (9,), "minutes_are_not_what_the_facts_say"),
    "a code": Forgery(a_code, (4, 9), "binding_names_another_organization"),
    "whose bid it is": Forgery(another_organizations_bid, (4, 5, 6), "actor.certificate"),
    "a bid less": Forgery(a_bid_less, (3, 6, 9), "final_root_differs"),
    "a bid refused instead": Forgery(a_bid_refused_instead, (5,), "upload_was_refused_without_cause"),
    "refused for its signature": Forgery(a_bid_refused_for_its_signature, (5,), "upload_was_refused_without_cause"),
    "a refusal that confirms": Forgery(a_refusal_becomes_a_confirmation, (3, 4), "command_of_another_type"),
    "a confirmation by another": Forgery(a_silent_one_confirms, (4,), "signed_by_another_certificate"),
    "an extension used twice": Forgery(an_extension_twice, (4,), "command_used_twice"),
    "a withdrawal by a rival": Forgery(a_rival_withdraws, (4,), "signed_by_another_certificate"),
    "the terms": Forgery(other_terms, (3, 4), "signature_over_other_bytes"),
    "the deadline": Forgery(an_earlier_deadline, (4,), "signature_over_other_bytes"),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_an_insider_with_the_logs_key_is_seen(name: str, eventful: SignedWorld, folder: Path) -> None:
    forgery = FORGERIES[name]
    told = documents(eventful)
    forgery.edit(eventful, told)
    found = red(verified(forged_bundle(eventful, told, "auditor"), folder))
    assert set(forgery.checks) <= set(found), found
    assert any(forgery.named in line for lines in found.values() for line in lines), found


@pytest.mark.parametrize("name", FORGERIES)
def test_without_the_logs_key_the_tree_tells_too(name: str, eventful: SignedWorld, folder: Path) -> None:
    told = documents(eventful)
    FORGERIES[name].edit(eventful, told)
    found = red(verified(forged_bundle(eventful, told, "public", has_log_key=False), folder))
    changed = next(seq for seq, (one, other) in enumerate(zip(told, documents(eventful), strict=False)) if one != other)
    assert 1 in found
    numbers = [int(line.rpartition("#")[2]) for line in found[1] if "checkpoint" in line and not line.endswith("None")]
    assert min(numbers) <= changed + 1, (changed, found[1])  # the act's last entry, where it left two


# --- a price


def another_price(world: SignedWorld, how: str) -> tuple[list[Document], Callable[[Sources], Sources]]:
    """乙's price is 1.00, as far as somebody can make it fit who has not its key: by hand, or with a ciphertext too."""
    digest, told = world.digest_of("乙", 1), documents(world)
    header = parse_header(world.bids[digest][1].header)
    key = part_key(b"\1" * 32, 0)
    opened = next(
        one for each in told if each["type"] == "BidFormsOpened" for one in each["body"]["opened"]
        if one["digest"] == digest
    )  # fmt: skip
    opened["form"] = sha256_hex(OTHER_PRICE)
    if how != "form":
        opened["k0"] = key.hex()
    sealed = b"".join(encrypted(0, key, header.context.digest, [OTHER_PRICE], len(OTHER_PRICE)))

    def form(stream: str, bid: Bid) -> bytes:
        return OTHER_PRICE if bid.digest == digest else world.forms[bid.digest]

    def part(stream: str, bid: Bid, number: int) -> Iterator[bytes]:
        forged = (bid.digest, number) == (digest, 0) and how == "ciphertext"
        return iter([sealed if forged else world.parts[bid.digest, number]])

    return told, lambda sources: replace(sources, form=form, part=part)


@pytest.mark.parametrize(("how", "checks"), [("form", {8, 9}), ("key", {8, 9}), ("ciphertext", {5, 8, 9})])
@pytest.mark.parametrize("kind", ["public", "auditor"])
def test_another_price(how: str, checks: set[int], kind: str, eventful: SignedWorld, folder: Path) -> None:
    told, forge = another_price(eventful, how)
    found = red(verified(forged_bundle(eventful, told, kind, change=forge), folder))
    # in the public bundle a forged ciphertext opens with its forged key: the header's root tells
    assert checks - ({8} if how == "ciphertext" and kind == "public" else set()) <= set(found), found
    assert any(eventful.digest_of("乙", 1) in line for lines in found.values() for line in lines)


def test_another_price_in_the_record_alone(public_files: Files, folder: Path) -> None:
    record = json.loads(public_files["record/record.json"])
    bidder = next(each for each in record["lots"][0]["bidders"] if each["form"])
    row = record["lots"][0]["bidders"].index(bidder)
    bidder["form"]["price"] = "1.00"
    forged = with_manifest({**public_files, "record/record.json": canonical(record)})
    found = red(verified(packed(forged), folder))
    assert f"record_is_not_what_the_facts_say record/record.json#lots[0].bidders[{row}].form.price #None" in found[9]
    assert f"capitals_differ record/record.json#lots[0].bidders[{row}].price_in_capitals #None" in found[9]


@pytest.mark.parametrize(("path", "value"), [
    (("lots", 0, "bidders", 0, "name"), "某某公司"), (("lots", 0, "bidders", 0, "outcome"), "withdrawn"),
    (("lots", 0, "bidders", 0, "received_at"), "2026-01-01T00:00:00.000000Z"), (("lots", 0, "bidders", 0, "no"), 9),
    (("lots", 0, "bidders", 1, "deposit"), "none"), (("lots", 0, "counted"), 7), (("state",), "terminated"),
    (("objections", 0, "answer"), "驳回"), (("extensions",), []), (("tender", "title"), "另一项目"),
    (("lots", 0, "bidders", 0, "confirmation", "state"), "unheard"), (("checkpoint", "size"), 3), (("more",), 1),
])  # fmt: skip
def test_the_record(path: tuple[Any, ...], value: Any, public_files: Files, folder: Path) -> None:
    record = json.loads(public_files["record/record.json"])
    inner = record
    for step in path[:-1]:
        inner = inner[step]
    assert inner.get(path[-1]) != value
    inner[path[-1]] = value
    forged = with_manifest({**public_files, "record/record.json": canonical(record)})
    found = red(verified(packed(forged), folder))
    place = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).lstrip(".")
    assert set(found) == {9}
    assert any(f"record/record.json#{place}" in line for line in found[9]), found


# --- other keys


def test_receipts_of_another_key_are_not_the_platforms(public_files: Files, folder: Path) -> None:
    name = next(name for name in public_files if name.endswith("receipt.json"))
    told = json.loads(public_files[name])
    forged = type(RECEIPT_KEY).generate(RECEIPT_KEY.name).sign_receipt("receipt", told["receipt"])
    found = red(verified(packed(with_manifest({**public_files, name: canonical(forged)})), folder))
    assert found == {6: [f"receipt_signature_wrong {name}#signature #{_seq(public_files, name)}"]}


def _seq(files: Files, name: str) -> int:
    digest = name.split("/")[1]
    for path, data in files.items():
        if path.startswith("entries/") and json.loads(data)["body"].get("digest") == digest:
            return int(path[8:-5])
    raise LookupError(name)


def test_an_auditors_bundle_shown_as_a_public_one(auditors_files: Files, folder: Path) -> None:
    assert {1} <= set(red(verified(packed(with_manifest(auditors_files, kind="public")), folder)))


def test_a_public_bundle_shown_as_the_auditors(public_files: Files, folder: Path) -> None:
    found = red(verified(packed(with_manifest(public_files, kind="auditor")), folder))
    assert {1, 7, 8} <= set(found)
    assert "file_missing private.json #None" in found[1]


def test_without_its_manifest_everything_else_is_checked(public_files: Files, folder: Path) -> None:
    found = red(verified(packed({k: v for k, v in public_files.items() if k != MANIFEST}), folder))
    assert set(found) == {1}


def test_a_log_cut_off_before_its_end(public_files: Files, folder: Path) -> None:
    """Every checkpoint that is left is honest."""
    last = max(name for name in public_files if name.startswith("entries/"))
    number = int(last[8:-5])
    gone = {last, f"checkpoints/{number + 1:06d}.note", "record/record.json"}
    left = {name: data for name, data in public_files.items() if name not in gone}
    leaves = [tree.leaf_hash(data) for name, data in sorted(left.items()) if name.startswith("entries/")]
    forged = with_manifest(left, size=len(leaves), root=tree.root(leaves).hex())
    found = red(verified(packed(forged), folder))
    assert found == {3: [f"opening_has_not_ended entries/{number - 1:06d}.json #{number - 1}"]}


# --- pieces and messages


def test_a_released_piece_is_the_committed_one(auditors_files: Files, folder: Path) -> None:
    name = next(name for name in auditors_files if name.endswith("pieces.json"))
    pieces = json.loads(auditors_files[name])
    pieces[1]["piece"] = name_of("another piece", 32)
    found = red(verified(packed(with_manifest({**auditors_files, name: canonical(pieces)})), folder))
    assert set(found) == {8}
    assert found[8][0].startswith(f"piece_does_not_match {name}#pieces[1]")


def test_a_release_message_is_the_one_that_was_signed(auditors_files: Files, folder: Path) -> None:
    private = json.loads(auditors_files["private.json"])
    name, message = next(iter(private["releases"].items()))
    told = json.loads(base64.b64decode(message["bytes"]))
    told["id"] = "00" * 16
    for key in (name, digest_of("command", canonical(told))):
        releases = {**private["releases"], key: {**message, "bytes": b64(canonical(told))}}
        forged = with_manifest({**auditors_files, "private.json": canonical({"releases": releases})})
        found = red(verified(packed(forged), folder))
        assert set(found) == {7}
        assert key in found[7][0]


def test_the_same_log_gives_the_same_bytes(eventful: SignedWorld) -> None:
    for kind in ("public", "auditor"):
        assert eventful.bundle(kind) == bundle("eventful", kind)
