"""4. Terms, timelines and every command were signed by those whom the entries name, and say what the entries say."""

from __future__ import annotations

import base64
import unicodedata
from collections.abc import Iterator, Mapping
from typing import Any

from bidroom.audit.checks import notice
from bidroom.audit.entries import parse_entry
from bidroom.audit.findings import Finding, Found, Note, attempt
from bidroom.audit.layout import act_ends, binding_of, entry_file
from bidroom.audit.material import Material
from bidroom.crypto import tree
from bidroom.crypto.canonical import canonical, parse_canonical
from bidroom.crypto.shape import Place
from bidroom.crypto.signatures import verify
from bidroom.facts import CENTRE, Entry, Refused, StreamKind, instant
from bidroom.machine import Row
from bidroom.rules import TABLES

COMMAND_LIMIT = 1 << 20
Seen = dict[tuple[str, str | None, str | None], Entry]
"""Which entry first carried a command: by its id and its actor."""
HASH_ONLY = frozenset({"ReleaseShare", "ReleaseHolderShares"})
ROWS = tuple(row for table in TABLES if table.kind is StreamKind.TENDER for row in table.rows)


def check(material: Material) -> Iterator[Found]:
    """The notice, then every act."""
    yield from notice.check(material)
    roots = _roots(material)
    seen: Seen = {}
    unseen = 0
    for entry in material.entries:
        yield from attempt(entry_file(entry.seq), entry.seq, _act, material, entry, roots, seen)
        unseen += bool(entry.signed) and entry.actor.get("certificate") in material.left_out
    yield from attempt(None, None, _bindings, material)
    if unseen:
        yield Note("personal_certificates_left_out", {"count": unseen})


def _roots(material: Material) -> Mapping[int, str]:
    """The tree's root at each checkpoint, by size, in hex."""
    ends, frontier, roots = set(act_ends(material.entries)), tree.Frontier(), {}
    for entry in material.entries:
        frontier = frontier.append(tree.leaf_hash(entry.data))
        if frontier.size in ends:
            roots[frontier.size] = frontier.root.hex()
    return roots


def rows_of(entry: Entry) -> tuple[Row, ...]:
    """The rows that can make this fact for its actor's role."""
    return tuple(row for row in ROWS if entry.role in row.who and (entry.type == row.fact or entry.type in row.also))


def _act(material: Material, entry: Entry, roots: Mapping[int, str], seen: Seen) -> Iterator[Found]:
    rows = rows_of(entry)
    if entry.signed is None:
        if rows and all(row.signed for row in rows):
            raise Refused("signature_missing", field="signed")
        return
    if "hash" in entry.signed:
        if not any(row.on in HASH_ONLY for row in rows):
            raise Refused("signature_missing", field="signed.bytes")
        return
    data = base64.b64decode(entry.signed["bytes"])
    if entry.type != "UploadRefused":
        check_signature(material, entry, "header" if is_upload(entry) else "command", data)
    if not is_upload(entry):
        yield from _command(entry, rows, _command_in(data), roots, seen)


def is_upload(entry: Entry) -> bool:
    """Whether what was signed is a sealed header."""
    return entry.type in ("BidSubmitted", "UploadRefused")


def check_signature(material: Material, entry: Entry, kind: str, data: bytes, cms: bytes | None = None) -> None:
    """That the actor's certificate held then and signed these bytes. Refused as `verify` and `held` refuse."""
    digest = entry.actor.get("certificate")
    if digest is None:
        raise Refused("signature_missing", field="actor.certificate")
    if digest in material.left_out:
        return
    material.certificates.held(digest, entry.time)
    own = base64.b64decode((entry.signed or {})["cms"]) if cms is None else cms
    verify(kind, data, own, material.certificates.der(digest))


def _command_in(data: bytes) -> dict[str, Any]:
    at = Place(parse_canonical(data, COMMAND_LIMIT, "command_malformed"), "command_malformed")
    return {
        name: place.value
        for name, place in at.members("v", "id", "stream", "type", "lot", "checkpoint", "body").items()
    }


def _command(
    entry: Entry, rows: tuple[Row, ...], told: dict[str, Any], roots: Mapping[int, str], seen: Seen
) -> Iterator[Found]:
    """What was signed is what the entry says, names a tree that is this one's beginning, and was used once."""
    place = entry_file(entry.seq)
    if told["stream"] != entry.stream:
        yield Finding("command_for_another_stream", place, entry.seq)
    if told["type"] not in {row.on for row in rows}:
        yield Finding("command_of_another_type", place, entry.seq, {"type": told["type"]})
    yield from _same(entry, rows, told, place)
    named = told["checkpoint"]
    if named is not None and (named["size"] > entry.seq or roots.get(named["size"]) != named["root"]):
        yield Finding("checkpoint_named_is_not_this_trees", place, entry.seq, {"size": named["size"]})
    who = (entry.actor.get("organization"), entry.actor.get("user"))  # an id is its actor's own
    first = seen.setdefault((told["id"], *who), entry)
    if first.time != entry.time:
        yield Finding("command_used_twice", place, entry.seq, {"first": first.seq})


def _same(entry: Entry, rows: tuple[Row, ...], told: dict[str, Any], place: str) -> Iterator[Found]:
    if not any(row.fact == entry.type for row in rows if row.on == told["type"]):
        return  # a fact that the command left beside its own
    if told["lot"] is not None and entry.body.get("lot", told["lot"]) != told["lot"]:
        yield Finding("entry_differs_from_the_command", f"{place}#body.lot", entry.seq)
    for name in sorted(told["body"].keys() & entry.body.keys()):
        if not _equal(name, told["body"][name], entry.body[name]):
            yield Finding("entry_differs_from_the_command", f"{place}#body.{name}", entry.seq)


def _equal(name: str, one: Any, other: Any) -> bool:
    return canonical(one) == canonical(other) or (name == "at" and instant(one) == instant(other))


# --- who acted


def _bindings(material: Material) -> Iterator[Found]:
    """Each act carries the entry that bound its certificate, always the same one for the same certificate."""
    carried: dict[str, str] = {}
    for entry in material.entries:
        actor, place = entry.actor, entry_file(entry.seq)
        if not {"certificate", "organization", "binding"} & actor.keys():
            continue  # staff by password, or the clock
        if "binding" not in actor:
            yield Finding("binding_missing", place, entry.seq)
            continue
        yield from attempt(f"{place}#actor.binding", entry.seq, _binding, material, entry)
        first = carried.setdefault(str(actor.get("certificate")), actor["binding"])
        if first != actor["binding"]:
            yield Finding("binding_differs_from_an_earlier_one", f"{place}#actor.binding", entry.seq)


def _binding(material: Material, entry: Entry) -> Iterator[Found]:
    actor, bound = entry.actor, _bound(entry)
    place = f"{entry_file(entry.seq)}#actor.binding"
    wanted = {
        "type": "CertificateBound",
        "stream": actor.get("organization", CENTRE),
        "certificate": actor.get("certificate"),
        "user": actor.get("user"),
    }
    if "organization" not in actor:
        wanted["role"] = actor["role"]
    for name, value in wanted.items():
        if bound.get(name) != value:
            yield Finding("binding_is_anothers", f"{place}.{name}", entry.seq)
    if bound["time"] > entry.time:
        yield Finding("binding_is_later_than_the_act", f"{place}.time", entry.seq)
    yield from _certificate_agrees(material, entry, bound, place)


def _bound(entry: Entry) -> dict[str, Any]:
    """The binding's body with its type, stream and time; read as strictly as an entry of this log."""
    named = binding_of(entry) or {}
    data = base64.b64decode(entry.actor["binding"])
    seq = parse_canonical(data, COMMAND_LIMIT, "entry_malformed")["seq"]
    whole = parse_entry(data, named["stream"], seq)
    return {**named, "time": whole.time}


def _certificate_agrees(material: Material, entry: Entry, bound: dict[str, Any], place: str) -> Iterator[Found]:
    """The certificate, where it is here, is an organization's or a person's as the binding says, with its code."""
    digest = str(entry.actor.get("certificate"))
    if digest not in material.certificates.ders or entry.signed is None or entry.type == "UploadRefused":
        return
    held = material.certificates.held(digest, entry.time)
    if held.organization_certificate is bool(bound.get("personal")):
        yield Finding("binding_is_of_another_kind", f"{place}.personal", entry.seq)
    if held.uscc is not None and held.uscc != bound["uscc"]:
        yield Finding("binding_names_another_organization", f"{place}.uscc", entry.seq)
    if held.organization_certificate and _plain(held.name) != _plain(bound["name"]):
        yield Note("name_differs_from_the_certificate", {"name": bound["name"], "certificate": held.name})


def _plain(name: str) -> str:
    return unicodedata.normalize("NFKC", name).replace(" ", "")
