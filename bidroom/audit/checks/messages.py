"""7, its second part: the messages behind the releases, which the auditor has for the bids that were opened."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from bidroom.audit.checks.signatures import check_signature
from bidroom.audit.findings import Finding, Found, attempt
from bidroom.audit.layout import PRIVATE
from bidroom.audit.material import Material
from bidroom.crypto.canonical import digest_of, parse_canonical
from bidroom.crypto.header import parse_header
from bidroom.crypto.policy import Terms
from bidroom.crypto.release import check_pieces, pieces_of_holder, pieces_of_slot
from bidroom.crypto.shape import Place
from bidroom.crypto.slots import BIDDER
from bidroom.facts import Entry, Refused

LIMIT = 512 << 20
MESSAGE_LIMIT = 1 << 20
MALFORMED = "private_malformed"


def kept_messages(material: Material) -> dict[str, Entry]:
    """The releases whose messages are kept, by hash: those for bids that were opened."""
    opened = {bid.digest for bid in material.opened()}
    kept = {}
    for entry in material.of_type("ShareReleased", "HolderSharesReleased"):
        if opened & set(entry.body.get("digests", [entry.body.get("digest")])):
            kept[str(entry.body["message"])] = entry
    return kept


def check(material: Material) -> Iterator[Found]:
    """Each message that is kept: its hash, its signature, its words, its pieces."""
    at = Place(parse_canonical(material.bundle.read(PRIVATE), LIMIT, MALFORMED), MALFORMED).members("releases")
    releases = at["releases"].value
    if not isinstance(releases, dict):
        raise at["releases"].refused("not_an_object")
    wanted = kept_messages(material)
    for name in sorted(releases.keys() ^ wanted.keys()):
        reason = "release_message_missing" if name in wanted else "release_message_not_called_for"
        yield Finding(reason, f"{PRIVATE}#releases.{name}", wanted[name].seq if name in wanted else None)
    for name in sorted(releases.keys() & wanted.keys()):
        entry, place = wanted[name], f"{PRIVATE}#releases.{name}"
        told = Place(releases[name], MALFORMED, f"releases.{name}")
        yield from attempt(place, entry.seq, _message, material, entry, told)


def _message(material: Material, entry: Entry, told: Place) -> Iterator[Found]:
    has = told.members("bytes", "cms")
    data, cms = (base64.b64decode(has[name].value, validate=True) for name in ("bytes", "cms"))
    if digest_of("command", data) != entry.body["message"]:
        raise Refused("message_differs_from_its_hash")
    check_signature(material, entry, "command", data, cms)
    command = Place(parse_canonical(data, MESSAGE_LIMIT, "command_malformed"), "command_malformed").members(
        "v", "id", "stream", "type", "lot", "checkpoint", "body"
    )
    command["stream"].one_of(entry.stream)
    moment = material.moment(entry)
    if command["body"].value["command"] != moment.command:
        raise Refused("release_for_another_command", field="body.command")
    if entry.type == "ShareReleased":
        command["type"].one_of("ReleaseShare")
        yield from _own_pieces(material, entry, command["body"], moment.the_terms)
    else:
        command["type"].one_of("ReleaseHolderShares")
        yield from _holder_pieces(material, entry, command["body"], moment.the_terms)


def _own_pieces(material: Material, entry: Entry, at: Place, terms: Terms) -> Iterator[Found]:
    has = at.members("command", "digest", "pieces")
    has["digest"].one_of(entry.body["digest"])
    wanted = set(pieces_of_slot(terms, BIDDER))
    _check_pieces(material, entry.body["digest"], pieces_in(has["pieces"]), wanted)
    return iter(())


def _holder_pieces(material: Material, entry: Entry, at: Place, terms: Terms) -> Iterator[Found]:
    has = at.members("command", "slot", "digests", "pieces")
    has["slot"].one_of(entry.body["slot"])
    if has["digests"].value != entry.body["digests"] or set(has["pieces"].value) != set(entry.body["digests"]):
        raise Refused("entry_differs_from_the_command", field="body.digests")
    holders = enumerate(terms.slot(entry.body["slot"]).holders)
    mine = [index for index, holder in holders if holder.organization == entry.actor["organization"]]
    wanted = {j for index in mine for j in pieces_of_holder(terms, entry.body["slot"], index)}
    for digest, pieces in has["pieces"].value.items():
        _check_pieces(material, digest, pieces_in(Place(pieces, "command_malformed", f"body.pieces.{digest}")), wanted)
    return iter(())


def pieces_in(at: Place) -> dict[int, bytes]:
    """[{"j", "piece"}, …], ascending, as releases and pieces.json have them."""
    found: dict[int, bytes] = {}
    for place in at.items(1, 200):
        has = place.members("j", "piece")
        found[has["j"].integer(max(found, default=-1) + 1, 0xFFFF)] = bytes.fromhex(has["piece"].hexed(32))
    return found


def _check_pieces(material: Material, digest: str, pieces: dict[int, bytes], wanted: set[int]) -> None:
    if set(pieces) != wanted:
        raise Refused("released_others_pieces", field=digest)
    check_pieces(parse_header(material.opening.bids[digest].header), pieces)
