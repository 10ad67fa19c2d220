"""9. What was announced is what was decrypted, and the record is what the facts say, to the byte."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from typing import Any

from bidroom.audit.findings import Finding, Found, attempt
from bidroom.audit.layout import RECORD, bid_file, entry_file, failure, has_ended
from bidroom.audit.material import Material
from bidroom.audit.walk import opening_in
from bidroom.crypto import tree
from bidroom.crypto.canonical import canonical, parse_canonical, sha256_hex
from bidroom.facts import Entry
from bidroom.opening.record import in_capitals, minutes_digest, record
from bidroom.opening.state import Bid

LIMIT = 64 << 20
OVER_THE_RECORD = ("RecordConfirmed", "RecordRefused", "RecordSigned", "OpeningClosed")


def check(material: Material) -> Iterator[Found]:
    """Forms, failures, the minutes that were signed, the whole record."""
    for bid in material.opening.bids.values():
        yield from attempt(bid_file(bid.digest, "form.json"), None, _bid, material, bid)
    for entry in material.of_type("ConfirmationOpened"):
        yield from attempt(entry_file(entry.seq), entry.seq, _minutes, material, entry)
    yield from attempt(None, None, _signed, material)
    if has_ended(material.opening):
        yield from attempt(RECORD, None, _record, material)


def _bid(material: Material, bid: Bid) -> Iterator[Found]:
    if bid.opened:
        name = bid_file(bid.digest, "form.json")
        if sha256_hex(material.bundle.read(name)) != bid.form:
            yield Finding("form_differs_from_the_log", name)
    name = bid_file(bid.digest, "failure.json")
    if name in material.bundle and material.bundle.read(name) != canonical(failure(bid)):
        yield Finding("failure_differs_from_the_log", name)


def _minutes(material: Material, entry: Entry) -> Iterator[Found]:
    """What the host laid before everyone, and each of them signed, are the minutes as the facts had them then."""
    if minutes_digest(opening_in(material.state_before(entry)), material.forms) != entry.body["record"]:
        yield Finding("minutes_are_not_what_the_facts_say", f"{entry_file(entry.seq)}#body.record", entry.seq)


def _signed(material: Material) -> Iterator[Found]:
    shown = None
    for entry in material.of_type("ConfirmationOpened", *OVER_THE_RECORD):
        if entry.type == "ConfirmationOpened":
            shown = entry.body["record"]
        elif entry.body["record"] != shown:
            yield Finding("another_record_was_signed", f"{entry_file(entry.seq)}#body.record", entry.seq)


def _record(material: Material) -> Iterator[Found]:
    root = tree.root(tree.leaf_hash(entry.data) for entry in material.entries)
    checkpoint = {"size": len(material.entries), "root": base64.b64encode(root).decode()}
    wanted = record(material.opening, material.forms, checkpoint)
    data = material.bundle.read(RECORD)
    said = parse_canonical(data, LIMIT, "record_malformed")
    for place in differences(said, parse_canonical(canonical(wanted), LIMIT, "record_malformed")):
        yield Finding("record_is_not_what_the_facts_say", f"{RECORD}#{place}")
    yield from _capitals(said)


def _capitals(said: dict[str, Any]) -> Iterator[Found]:
    """大写 against the figures, read from the record alone."""
    for no, lot in enumerate(said["lots"]):
        for row, bidder in enumerate(lot["bidders"]):
            form = bidder["form"]
            if bidder["price_in_capitals"] != (in_capitals(form["price"]) if form else None):
                yield Finding("capitals_differ", f"{RECORD}#lots[{no}].bidders[{row}].price_in_capitals")


def differences(one: Any, other: Any, path: str = "") -> Iterator[str]:
    """Where two documents differ, by their paths."""
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from differences(one.get(key, ...), other.get(key, ...), f"{path}.{key}" if path else key)
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (left, right) in enumerate(zip(one, other, strict=True)):
            yield from differences(left, right, f"{path}[{number}]")
    elif one != other or type(one) is not type(other):
        yield path or "(all)"
