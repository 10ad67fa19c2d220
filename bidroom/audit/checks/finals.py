"""6. The final digests are the bids that lived at the deadline, under the final root; receipts say what facts say."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from bidroom.audit.findings import Finding, Found, attempt
from bidroom.audit.layout import bid_file, entry_file
from bidroom.audit.material import Material
from bidroom.crypto import tree
from bidroom.crypto.canonical import canonical, parse_canonical
from bidroom.crypto.receipt import verify_receipt
from bidroom.facts import Entry, rfc3339

RECEIPT_LIMIT = 1 << 16
NAMES_THE_ROOT = ("PreflightSigned", "DecryptionCommanded")


def check(material: Material) -> Iterator[Found]:
    """Counted from the facts alone, without the table that runs the room."""
    yield from attempt(None, None, _finals, material)
    yield from attempt(None, None, _late, material)
    for entry in material.of_type("BidSubmitted"):
        place = bid_file(str(entry.body.get("digest")), "receipt.json")
        yield from attempt(place, entry.seq, _receipt, material, entry, place)


def _finals(material: Material) -> Iterator[Found]:
    extracted = list(material.of_type("BidsExtracted"))
    if not extracted:
        return
    live = _live(material, extracted[0].seq)
    root = tree.final_root((lot, digest) for (_, lot), digest in live.items()).hex()
    for entry in extracted:
        digests = sorted(digest for (_, lot), digest in live.items() if lot == entry.body["lot"])
        if entry.body["digests"] != digests:
            yield Finding("final_digests_are_not_the_live_bids", f"{entry_file(entry.seq)}#body.digests", entry.seq)
    for entry in (*extracted, *material.of_type(*NAMES_THE_ROOT)):
        if entry.body["root"] != root:
            yield Finding("final_root_differs", f"{entry_file(entry.seq)}#body.root", entry.seq)
    lots, missing = {entry.body["lot"] for entry in extracted}, {lot for _, lot in live}
    for lot in sorted(missing - lots):
        first = extracted[0].seq
        yield Finding("final_digests_are_not_the_live_bids", entry_file(first), first, {"lot": lot})


def _live(material: Material, until: int) -> dict[tuple[str, int], str]:
    """The last accepted bid of each organization and lot that was not withdrawn."""
    live: dict[tuple[str, int], str] = {}
    for entry in material.entries[:until]:
        if entry.type == "BidSubmitted":
            live[entry.body["organization"], entry.body["lot"]] = entry.body["digest"]
        elif entry.type == "BidWithdrawn":
            live.pop((entry.body["organization"], entry.body["lot"]), None)
    return live


def _late(material: Material) -> Iterator[Found]:
    """No bid comes or goes after the extraction, whatever time it bears, and none later than the deadline."""
    first = next((entry.seq for entry in material.of_type("BidsExtracted")), len(material.entries))
    for entry in material.of_type("BidSubmitted", "BidWithdrawn"):
        if entry.seq > first:
            yield Finding("bid_after_the_extraction", entry_file(entry.seq), entry.seq)
        before = material.moment(entry)
        if not before.outage and before.deadline is not None and entry.time > before.deadline:
            yield Finding("bid_after_the_deadline", f"{entry_file(entry.seq)}#time", entry.seq)


def _receipt(material: Material, entry: Entry, place: str) -> Iterator[Found]:
    data = material.bundle.read(place)
    receipt = parse_canonical(data, RECEIPT_LIMIT, "receipt_malformed")
    said, true = verify_receipt(receipt, material.pins.receipt), _expected(entry)
    for key in sorted(said.keys() | true.keys()):
        if canonical(said.get(key)) != canonical(true.get(key)):
            yield Finding("receipt_differs_from_the_log", f"{place}#{key}", entry.seq)
    if receipt["proof"] is not None or receipt["token"] is not None:
        yield Finding("receipt_names_a_proof_that_is_not_here", place, entry.seq)


def _expected(entry: Entry) -> dict[str, Any]:
    body = {key: entry.body[key] for key in ("lot", "digest", "timeline", "nonce")}
    return {"v": 1, "tender": entry.stream, "time": rfc3339(entry.time), **body}
