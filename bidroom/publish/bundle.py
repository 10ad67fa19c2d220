"""Both bundles of one tender, made from the log and what lies beside it: the same log gives the same bytes.

`build(sources, stream, kind, out)` writes the ZIP to `out`; `kind` is "public" or "auditor". `Sources` is all that it
reads; a server makes one from its log, its blobs and its keys. Reads blobs: off the hub.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, BinaryIO, Protocol

from bidroom.audit import layout
from bidroom.audit.certificates import chain_of, lists_needed, to_pem, uses
from bidroom.audit.container import Blocks, write
from bidroom.audit.layout import AUDITOR, PUBLIC, bid_file, called_for
from bidroom.crypto import tree
from bidroom.crypto.canonical import canonical
from bidroom.crypto.certificates import Trust
from bidroom.facts import Entry, Refused, StreamKind
from bidroom.machine import begin, fold
from bidroom.opening.record import record
from bidroom.opening.state import Bid, Opening
from bidroom.rules import TABLES


class LogSource(Protocol):
    """A log, as far as bundles read it; `storage.log.SqlLog` is one."""

    def entries(self, stream: str, start: int = 0) -> Iterator[Entry]:
        """The committed entries."""
        ...

    def checkpoints(self, stream: str) -> dict[int, bytes]:
        """Every signed note, by size."""
        ...

    def auditor_only(self, stream: str) -> dict[str, bytes]:
        """What only an auditor may read: `bids/<digest>/pieces.json`, `releases/<hash>.json`."""
        ...


@dataclass(frozen=True)
class Sources:
    """Where everything in a bundle comes from.

    `certificate`: DER by digest; `part`: the ciphertext of part 0 or 1 of a bid, in blocks; `form`: an opened form's
    exact bytes; `receipt`: the signed receipt of a BidSubmitted entry; keys as verifiers write them; `origin` of the
    stream's checkpoints is the log key's name, a stroke and the stream.
    """

    log: LogSource
    certificate: Callable[[str], bytes]
    part: Callable[[str, Bid, int], Iterable[bytes]]
    form: Callable[[str, Bid], bytes]
    receipt: Callable[[Entry], Mapping[str, Any]]
    trust: Trust
    log_vkey: str
    receipt_vkey: str


def build(sources: Sources, stream: str, kind: str, out: BinaryIO) -> None:
    """Write the bundle. Refused: bundle_kind_unknown, opening_has_not_ended, and what the sources refuse."""
    if kind not in layout.KINDS:
        raise Refused("bundle_kind_unknown", field="kind", kind=kind)
    entries = tuple(sources.log.entries(stream))
    opening = _opening(entries)
    if not layout.has_ended(opening):
        raise Refused("opening_has_not_ended", phase=str(opening.phase))
    draft = _Draft(sources, stream, kind, entries, opening)
    files = draft.files()
    files[layout.MANIFEST] = _once(draft.manifest(files))
    write(out, files)


def _opening(entries: Iterable[Entry]) -> Opening:
    state = begin(TABLES, StreamKind.TENDER)
    for entry in entries:
        state = fold(TABLES, state, entry)
    opening = state["opening"]
    assert isinstance(opening, Opening)
    return opening


def _once(data: bytes) -> Blocks:
    return lambda: (data,)


@dataclass(frozen=True)
class _Draft:
    """One bundle in the making."""

    sources: Sources
    stream: str
    kind: str
    entries: tuple[Entry, ...]
    opening: Opening

    def files(self) -> dict[str, Blocks]:
        """Every file but the manifest: exactly those that the log calls for."""
        have = dict(self._all())
        wanted = set(called_for(self.entries, self.opening, self.kind)) - {layout.MANIFEST}
        following = {name for name in have if name.startswith(("chains/", "revocation/"))}
        return {name: have[name] for name in sorted(wanted | following)}

    def manifest(self, files: Mapping[str, Blocks]) -> bytes:
        """manifest.json over these files."""
        root = tree.root(tree.leaf_hash(entry.data) for entry in self.entries)
        return canonical({
            "v": 1, "stream": self.stream, "kind": self.kind, "size": len(self.entries), "root": root.hex(),
            "origin": f"{self.sources.log_vkey.partition('+')[0]}/{self.stream}",
            "files": {name: _digest(blocks()) for name, blocks in files.items()},
        })  # fmt: skip

    def _all(self) -> Iterator[tuple[str, Blocks]]:
        yield from ((layout.entry_file(entry.seq), _once(entry.data)) for entry in self.entries)
        for size, note in self.sources.log.checkpoints(self.stream).items():
            yield layout.checkpoint_file(size), _once(note)
        yield layout.LOG_KEY, _once(f"{self.sources.log_vkey}\n".encode())
        yield layout.RECEIPT_KEY, _once(f"{self.sources.receipt_vkey}\n".encode())
        yield from self._certificates()
        yield from _notice(layout.notices(self.entries))
        yield from self._bids()
        if self.kind == AUDITOR:
            yield from self._private()
        yield layout.RECORD, _once(self._record())

    # --- certificates

    def _certificates(self) -> Iterator[tuple[str, Blocks]]:
        trust = self.sources.trust
        left_out = layout.personal(self.entries) if self.kind == PUBLIC else frozenset()
        named = sorted(layout.certificates_named(self.entries) - left_out)
        ders = {digest: self.sources.certificate(digest) for digest in named}
        paths = {digest: (der, *chain_of(der, trust)) for digest, der in ders.items()}
        for digest, (der, *chain) in paths.items():
            yield layout.certificate_file(digest), _once(der)
            if chain:
                yield layout.chain_file(digest), _once(to_pem(chain))
        crls = {layout.list_file(hashlib.sha256(crl).hexdigest()): crl for crl in trust.crls}
        for name in lists_needed(paths, crls, uses(self.entries, left_out)):
            yield name, _once(crls[name])

    # --- bids

    def _bids(self) -> Iterator[tuple[str, Blocks]]:
        submitted = {entry.body["digest"]: entry for entry in self.entries if entry.type == "BidSubmitted"}
        for digest, entry in submitted.items():
            bid, signed = self.opening.bids[digest], entry.signed or {}
            yield bid_file(digest, "header.json"), _once(base64.b64decode(signed["bytes"]))
            yield bid_file(digest, "header.p7s"), _once(base64.b64decode(signed["cms"]))
            yield bid_file(digest, "receipt.json"), _once(canonical(dict(self.sources.receipt(entry))))
            yield bid_file(digest, "failure.json"), _once(canonical(layout.failure(bid)))
            for part in (0, 1):
                yield bid_file(digest, f"part{part}.bin"), self._part(bid, part)
            if bid.k0 is not None:
                yield bid_file(digest, "k0.bin"), _once(bytes.fromhex(bid.k0))
                yield bid_file(digest, "form.json"), _once(self.sources.form(self.stream, bid))

    def _part(self, bid: Bid, part: int) -> Blocks:
        return lambda: self.sources.part(self.stream, bid, part)

    # --- what is the auditor's alone

    def _private(self) -> Iterator[tuple[str, Blocks]]:
        releases = {}
        for name, data in self.sources.log.auditor_only(self.stream).items():
            if name.endswith("/pieces.json"):
                yield name, _once(data)
            elif name.startswith("releases/"):
                told = json.loads(data)
                digest = name.removeprefix("releases/").removesuffix(".json")
                releases[digest] = {"bytes": told["bytes"], "cms": told["cms"]}
        yield layout.PRIVATE, _once(canonical({"releases": releases}))

    def _record(self) -> bytes:
        opened = (bid for bid in self.opening.bids.values() if bid.opened)
        forms = {bid.digest: json.loads(self.sources.form(self.stream, bid)) for bid in opened}
        root = tree.root(tree.leaf_hash(entry.data) for entry in self.entries)
        checkpoint = {"size": len(self.entries), "root": base64.b64encode(root).decode()}
        return canonical(record(self.opening, forms, checkpoint))


def _notice(published: Sequence[Entry]) -> Iterator[tuple[str, Blocks]]:
    """The terms, the timeline in force, and each earlier one."""
    for version, entry in enumerate(published, start=1):
        timeline, cms = (_once(base64.b64decode(entry.body[name])) for name in ("timeline", "timeline_cms"))
        if version == 1:
            yield layout.TERMS, _once(base64.b64decode(entry.body["terms"]))
            yield layout.TERMS_CMS, _once(base64.b64decode(entry.body["terms_cms"]))
        last = version == len(published)
        yield layout.TIMELINE if last else layout.amended_file(version, "json"), timeline
        yield layout.TIMELINE_CMS if last else layout.amended_file(version, "p7s"), cms


def _digest(blocks: Iterable[bytes]) -> str:
    digest = hashlib.sha256()
    for block in blocks:
        digest.update(block)
    return digest.hexdigest()
