"""4, its first part: terms and timelines are signed by the tenderee, and the keys in the terms by their holders."""

from __future__ import annotations

import base64
from collections.abc import Iterator

from bidroom.audit.findings import Finding, Found, attempt
from bidroom.audit.layout import (
    TERMS,
    TERMS_CMS,
    TIMELINE,
    TIMELINE_CMS,
    amended_file,
    entry_file,
    notices,
)
from bidroom.audit.material import Material
from bidroom.crypto.certificates import spki
from bidroom.crypto.policy import Terms, parse_terms
from bidroom.crypto.signatures import verify
from bidroom.crypto.timeline import parse_timeline
from bidroom.facts import Entry, Refused


def check(material: Material) -> Iterator[Found]:
    """Both documents' signatures, each version's place in the chain, the files beside them."""
    published = notices(material.entries)
    if not published:
        yield Finding("notice_missing", TERMS)
        return
    first = published[0]
    yield from attempt(entry_file(first.seq), first.seq, _terms, material, first)
    previous = None
    for version, entry in enumerate(published, start=1):
        yield from attempt(entry_file(entry.seq), entry.seq, _timeline, material, entry, version, previous)
        previous = entry
    yield from attempt(None, None, _files, material, published)


def _terms_of(material: Material) -> Terms:
    return parse_terms(base64.b64decode(notices(material.entries)[0].body["terms"]))


def _terms(material: Material, entry: Entry) -> Iterator[Found]:
    terms = _terms_of(material)
    if terms.tender != entry.stream:
        yield Finding("terms_of_another_tender", f"{entry_file(entry.seq)}#body.terms", entry.seq)
    verify("terms", terms.data, base64.b64decode(entry.body["terms_cms"]), _tenderees(material, terms, entry))
    for slot in terms.slots:
        for holder in slot.holders:
            held = material.certificates.held(holder.certificate, entry.time)
            if not held.can_agree or spki(material.certificates.der(holder.certificate)) != holder.key:
                raise Refused("opening_key_not_signed_by_its_holder", field=f"slots.{slot.name}")


def _tenderees(material: Material, terms: Terms, entry: Entry) -> bytes:
    digest = terms.tenderee.certificate or ""
    holding = material.certificates.held(digest, entry.time)
    if holding.uscc is not None and holding.uscc != terms.tenderee.uscc:
        raise Refused("signed_by_another_organization", field="tenderee.uscc")
    return material.certificates.der(digest)


def _timeline(material: Material, entry: Entry, version: int, previous: Entry | None) -> Iterator[Found]:
    timeline, terms = parse_timeline(base64.b64decode(entry.body["timeline"])), _terms_of(material)
    before = parse_timeline(base64.b64decode(previous.body["timeline"])).digest if previous else None
    named = (timeline.tender, timeline.terms, timeline.version, timeline.previous)
    if named != (terms.tender, terms.digest.hex(), version, before):
        yield Finding("timeline_does_not_follow", f"{entry_file(entry.seq)}#body.timeline", entry.seq)
    cms = base64.b64decode(entry.body["timeline_cms"])
    verify("timeline", timeline.data, cms, _tenderees(material, terms, entry))


def _files(material: Material, published: tuple[Entry, ...]) -> Iterator[Found]:
    """The files are the bytes in the entries."""
    first, last = published[0], published[-1]
    wanted = [(TERMS, first, "terms"), (TERMS_CMS, first, "terms_cms")]
    wanted += [(TIMELINE, last, "timeline"), (TIMELINE_CMS, last, "timeline_cms")]
    for version, entry in enumerate(published[:-1], start=1):
        wanted += [(amended_file(version, "json"), entry, "timeline")]
        wanted += [(amended_file(version, "p7s"), entry, "timeline_cms")]
    for name, entry, field in wanted:
        if name in material.bundle and material.bundle.read(name) != base64.b64decode(entry.body[field]):
            yield Finding("file_differs_from_the_log", name, entry.seq)
