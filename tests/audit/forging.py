"""What forgers can do: change files and the manifest with them; or, with the log's key, the whole log behind them."""

from __future__ import annotations

import base64
import hashlib
import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bidroom.audit.container import Container, write
from bidroom.audit.layout import MANIFEST, act_ends
from bidroom.audit.report import Report, verify_bundle
from bidroom.crypto import tree
from bidroom.crypto.canonical import canonical
from bidroom.facts import Entry
from bidroom.publish.bundle import Sources, build
from bidroom.storage.entries import entry_from
from tests.audit.signed import LOG_KEY, SignedWorld, pins

Files = dict[str, bytes]
Document = dict[str, Any]


def files_of(data: bytes, folder: Path) -> Files:
    """A bundle's files."""
    path = folder / "read.zip"
    path.write_bytes(data)
    container = Container(path)
    try:
        return {name: b"".join(container.blocks(name)) for name in container.members}
    finally:
        container.close()


def packed(files: Mapping[str, bytes]) -> bytes:
    """The files in the one form that bundles have."""
    out = io.BytesIO()
    write(out, {name: partial(iter, (data,)) for name, data in files.items()})
    return out.getvalue()


def with_manifest(files: Files, **changes: Any) -> Files:
    """The same files with a manifest that fits them."""
    told = json.loads(files[MANIFEST]) if MANIFEST in files else {}
    hashes = {name: hashlib.sha256(data).hexdigest() for name, data in files.items() if name != MANIFEST}
    return {**files, MANIFEST: canonical({**told, **changes, "files": hashes})}


def verified(data: bytes, folder: Path) -> Report:
    """What the audit says of these bytes."""
    path = folder / "bundle.zip"
    path.write_bytes(data)
    return verify_bundle(path, pins())


def red(report: Report) -> dict[int, list[str]]:
    """The red checks by number, each with its findings as `reason place #entry`."""
    return {
        result.no: [f"{each.reason} {each.place} #{each.seq}" for each in result.findings]
        for result in report.results
        if result.findings
    }


# --- the log itself


@dataclass
class ForgedLog:
    """A log as an insider would serve it: other entries, signed anew with the log's own key where there is one."""

    world: SignedWorld
    forged: tuple[Entry, ...]
    has_log_key: bool = True

    def entries(self, stream: str, start: int = 0) -> Iterator[Entry]:
        """The forged entries."""
        return iter(self.forged[start:])

    def checkpoints(self, stream: str) -> dict[int, bytes]:
        """Notes over the forged tree; without the key the old ones are all there is."""
        if not self.has_log_key:
            old = self.world.checkpoints
            return {size: old.get(size, old[max(old)]) for size in act_ends(self.forged)}
        leaves = [tree.leaf_hash(entry.data) for entry in self.forged]
        origin = LOG_KEY.origin(stream)
        return {size: LOG_KEY.sign(origin, size, tree.root(leaves[:size])) for size in act_ends(self.forged)}

    def auditor_only(self, stream: str) -> dict[str, bytes]:
        """Unchanged."""
        return self.world.private


def documents(world: SignedWorld) -> list[Document]:
    """The entries, to be changed."""
    return [json.loads(entry.data) for entry in world.log]


def entries_from(told: list[Document]) -> tuple[Entry, ...]:
    """Entries again, numbered anew."""
    return tuple(entry_from(canonical({**each, "seq": seq})) for seq, each in enumerate(told))


def forged_bundle(
    world: SignedWorld, told: list[Document], kind: str, has_log_key: bool = True,
    change: Callable[[Sources], Sources] = lambda sources: sources,
) -> bytes:  # fmt: skip
    """The bundle that the product's own builder makes of a forged log: all that follows from it is made to fit."""
    honest = world.sources()
    receipts = {entry.body["digest"]: honest.receipt(entry) for entry in world.log if entry.type == "BidSubmitted"}
    sources = Sources(
        log=ForgedLog(world, entries_from(told), has_log_key), certificate=honest.certificate, part=honest.part,
        form=honest.form, receipt=lambda entry: receipts[entry.body["digest"]], trust=honest.trust,
        log_vkey=honest.log_vkey, receipt_vkey=honest.receipt_vkey,
    )  # fmt: skip
    out = io.BytesIO()
    build(change(sources), world.plan.id, kind, out)
    return out.getvalue()


# --- finding things in documents


def first(told: list[Document], type: str, **body: Any) -> Document:
    """The first entry of this type whose body has these members."""
    return next(each for each in told if each["type"] == type and body.items() <= each["body"].items())


def edited_binding(binding: str, **body: Any) -> str:
    """A binding entry with another body."""
    document = json.loads(base64.b64decode(binding))
    document["body"] |= body
    return base64.b64encode(canonical(document)).decode()
