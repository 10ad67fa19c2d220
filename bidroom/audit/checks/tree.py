"""1. The files are the manifest's and those that the log calls for; the tree of the entries is the one signed for."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Iterable, Iterator

from bidroom.audit.bundle import Manifest
from bidroom.audit.certificates import chain_of, lists_needed, lists_passed_over, to_pem, uses
from bidroom.audit.findings import Finding, Found, Note, attempt
from bidroom.audit.layout import (
    LOG_KEY,
    MANIFEST,
    RECEIPT_KEY,
    act_ends,
    called_for,
    certificate_file,
    chain_file,
    checkpoint_file,
    entry_file,
    list_file,
)
from bidroom.audit.material import Material
from bidroom.crypto import checkpoint, tree
from bidroom.crypto.checkpoint import VerifierKey
from bidroom.facts import Refused

ROOT_DIFFERS = "checkpoint_root_differs"
FOLLOWING = ("chains/", "revocation/")
"""Files that follow from the certificates, not from the log's words."""


def check(material: Material) -> Iterator[Found]:
    """Files, hashes, keys, entries, checkpoints."""
    yield from attempt(MANIFEST, None, _manifest, material)
    yield from attempt(None, None, _files, material)
    yield from attempt(None, None, _following, material)
    for name, key in ((LOG_KEY, material.pins.log), (RECEIPT_KEY, material.pins.receipt)):
        yield from attempt(name, None, _key, material, name, key)
    if material.unreadable is not None:
        yield material.unreadable
    yield from attempt(None, None, _checkpoints, material)
    yield from attempt(None, None, _witnesses, material)


def _manifest(material: Material) -> Iterator[Found]:
    manifest = material.bundle.manifest()
    leaves = [tree.leaf_hash(entry.data) for entry in material.entries]
    origin = f"{material.pins.log.name}/{material.stream}"
    said = (manifest.stream, manifest.size, manifest.root, manifest.origin)
    true = (material.stream, len(leaves), tree.root(leaves).hex(), origin)
    for field, one, other in zip(("stream", "size", "root", "origin"), said, true, strict=True):
        if one != other:
            yield Finding("manifest_differs", f"{MANIFEST}#{field}", None, {"said": one, "found": other})
    yield from _hashes(material, manifest)


def _hashes(material: Material, manifest: Manifest) -> Iterator[Found]:
    present = set(material.bundle.names) - {MANIFEST}
    for name in sorted(manifest.files.keys() - present):
        yield Finding("file_missing", name)
    for name in sorted(present - manifest.files.keys()):
        yield Finding("file_not_in_the_manifest", name)
    for name in sorted(present & manifest.files.keys()):
        digest, crc = hashlib.sha256(), 0
        for block in material.bundle.blocks(name):
            digest.update(block)
            crc = zlib.crc32(block, crc)
        if digest.hexdigest() != manifest.files[name] or crc != material.bundle.checksum_of(name):
            yield Finding("file_differs_from_the_manifest", name)


def _files(material: Material) -> Iterator[Found]:
    wanted = set(called_for(material.entries, material.opening, material.kind))
    present = {name for name in material.bundle.names if not name.startswith(FOLLOWING)}
    for name in sorted(wanted - present):
        yield Finding("file_missing", name, _seq(name))
    for name in sorted(present - wanted):
        yield Finding("file_not_called_for", name)


def _seq(name: str) -> int | None:
    """The number of the entry that a missing file is."""
    return int(name.removeprefix("entries/").removesuffix(".json")) if name.startswith("entries/") else None


def _following(material: Material) -> Iterator[Found]:
    """Certificates are what their names say; chains and lists are those that these certificates need, and no others."""
    certificates, names = material.certificates, material.bundle.names
    wanted = set()
    for name in names:
        if name.startswith("certificates/") and name not in map(certificate_file, certificates.ders):
            yield Finding("file_is_not_what_its_name_says", name)
    known = [der for chain in certificates.chains.values() for der in chain]
    trust = certificates.pinned.with_more(known)
    for digest, der in certificates.ders.items():
        chain = chain_of(der, trust)
        if chain and material.bundle.read(chain_file(digest)) != to_pem(chain):
            yield Finding("file_is_not_what_its_name_says", chain_file(digest))
        wanted |= {chain_file(digest)} if chain else set()
    own = _by_name(certificates.crls)
    paths = {digest: (der, *certificates.chains.get(digest, ())) for digest, der in certificates.ders.items()}
    used = tuple(uses(material.entries, material.left_out))
    wanted |= lists_needed(paths, own, used)
    for name in sorted({name for name in names if name.startswith(FOLLOWING)} - wanted):
        yield Finding("file_not_called_for", name)
    for name in sorted(lists_passed_over(paths, own, _by_name(material.pins.trust.crls), used)):
        yield Finding("revocation_list_left_out", name)


def _by_name(crls: Iterable[bytes]) -> dict[str, bytes]:
    return {list_file(hashlib.sha256(crl).hexdigest()): crl for crl in crls}


def _key(material: Material, name: str, pinned: VerifierKey) -> Iterator[Found]:
    if material.bundle.read(name) != f"{pinned}\n".encode():
        yield Finding("key_is_not_the_pinned_one", name)


def _checkpoints(material: Material) -> Iterator[Found]:
    """Every checkpoint is signed for the root of the entries up to its size: so each is the next one's beginning.

    Where roots differ, the first one tells the entry: between it and the last good one something was changed.
    """
    good, differing = 0, 0
    for size, root in _trees(material):
        found = list(attempt(checkpoint_file(size), size - 1, _checkpoint, material, size, root))
        differs = any(isinstance(each, Finding) and each.reason == ROOT_DIFFERS for each in found)
        if not differs or not differing:
            yield from (_since(each, good) for each in found)
        differing += differs
        good = good if differing else size
    if differing > 1:
        yield Note("later_checkpoints_differ_too", {"count": differing - 1})
    if not material.entries:
        yield Finding("file_missing", entry_file(0), 0)


def _trees(material: Material) -> Iterator[tuple[int, bytes]]:
    """Size and root of the tree after each command."""
    ends, frontier = set(act_ends(material.entries)), tree.Frontier()
    for entry in material.entries:
        frontier = frontier.append(tree.leaf_hash(entry.data))
        if frontier.size in ends:
            yield frontier.size, frontier.root


def _since(found: Found, good: int) -> Found:
    """A differing root names the first entry that it can be."""
    if not isinstance(found, Finding) or found.reason != ROOT_DIFFERS:
        return found
    return Finding(found.reason, found.place, good, {"last_good": good})


def _checkpoint(material: Material, size: int, root: bytes) -> Iterator[Found]:
    note = material.bundle.read(checkpoint_file(size))
    signed = checkpoint.verify(note, material.pins.log)
    origin = f"{material.pins.log.name}/{material.stream}"
    if signed[:2] != (origin, size):
        raise Refused("checkpoint_of_another_tree", origin=signed[0], size=signed[1])
    if signed[2] != root:
        yield Finding(ROOT_DIFFERS, checkpoint_file(size), size - 1)
    if note.rpartition(b"\n\n")[2].count(b"\n") != 1:
        yield Finding("cosignature_of_nobody_known", checkpoint_file(size))


def _witnesses(material: Material) -> Iterator[Found]:
    timeline = material.opening.timeline
    if timeline is not None and timeline.quorum:
        yield Note("witnesses_come_later", {"quorum": timeline.quorum})
