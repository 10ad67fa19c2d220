"""Sealing a bid on the bidder's own machine, and opening one part of it with that part's key."""

from __future__ import annotations

import base64
import hashlib
import os
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from bidroom.crypto import tree
from bidroom.crypto.canonical import canonical, digest_of
from bidroom.crypto.context import (
    SUITE,
    Context,
    content_key,
    key_commitment,
    part_key,
    piece_commitment,
    stanza_info,
)  # fmt: skip
from bidroom.crypto.forms import check_form
from bidroom.crypto.frames import BLOCK, DOCUMENTS, FORM
from bidroom.crypto.header import Header, Part, Stanza, check_header, check_part, parse_header
from bidroom.crypto.payload import Source, encrypted, open_form, open_part, open_part_into
from bidroom.crypto.policy import Terms
from bidroom.crypto.slots import BIDDER, MOST_BIDDER_KEYS, count_of, load_spki, pieces_of_holder
from bidroom.facts import Refused

__all__ = [
    "HPKE", "Header", "Part", "Sealed", "Stanza", "check_header", "check_part", "new_stanza", "open_form", "open_part",
    "open_part_into", "parse_header", "part_file", "seal", "zip_documents",
]  # fmt: skip

HPKE = Suite(KEM.P256, KDF.HKDF_SHA256, AEAD.AES_256_GCM)


@dataclass(frozen=True, slots=True)
class Sealed:
    """A sealed bid: the header's exact bytes and digest, the parts it names, and the pieces for the kit alone."""

    header: bytes
    digest: str
    pieces: tuple[bytes, ...]
    parts: tuple[Part, ...]


def part_file(part: int) -> str:
    """The name of a part's file beside the header."""
    return f"part{part}.bin"


def seal(
    terms: Terms,
    lot: int,
    certificate: bytes,
    keys: Sequence[bytes],
    form: bytes,
    documents: BinaryIO | None,
    documents_size: int,
    out: Path,
    supersedes: str | None,
    bid_id: bytes | None = None,
    random: Callable[[int], bytes] = os.urandom,
) -> Sealed:
    """Seal one bid into `out`/part0.bin and part1.bin; `certificate` is DER, `keys` the bidder's own SPKIs.

    Reads and writes at most 1 MiB at a time. Refused: lot_unknown, form_malformed, wrong_count_of_keys, key_not_p256,
    documents_changed.
    """
    check_form(form, terms.lot(lot))
    _check_keys(terms, keys)
    pieces = tuple(random(32) for _ in range(count_of(terms.slots)))
    bid = random(16) if bid_id is None else bid_id
    context = Context(terms.digest, bytes.fromhex(terms.tender), lot, hashlib.sha256(certificate).digest(), bid)
    key = content_key(context.digest, pieces)
    parts = (
        _seal_part(FORM, key, context.digest, [form], len(form), out),
        _seal_part(DOCUMENTS, key, context.digest, documents, documents_size, out),
    )
    header = _header(terms, context, keys, pieces, key, parts, supersedes)
    return Sealed(header=header, digest=digest_of("bid", header), pieces=pieces, parts=parts)


def _check_keys(terms: Terms, keys: Sequence[bytes]) -> None:
    most = MOST_BIDDER_KEYS if any(slot.name == BIDDER for slot in terms.slots) else 0
    if not min(1, most) <= len(keys) <= most or len(set(keys)) != len(keys):
        raise Refused("wrong_count_of_keys", most=most)
    for key in keys:
        load_spki(key)


def _seal_part(i: int, key: bytes, B: bytes, data: Source | None, length: int, out: Path) -> Part:
    frontier, size = tree.Frontier(), 0
    with (out / part_file(i)).open("wb") as file:
        for segment in tree.segments_of(encrypted(i, part_key(key, i), B, data, length)):
            file.write(segment)
            frontier, size = frontier.append(tree.leaf_hash(segment)), size + len(segment)
    return Part(id=i, length=size, root=frontier.root.hex())


def _header(
    terms: Terms,
    context: Context,
    keys: Sequence[bytes],
    pieces: Sequence[bytes],
    key: bytes,
    parts: Sequence[Part],
    supersedes: str | None,
) -> bytes:
    B = context.digest
    return canonical({
        "v": 1, "suite": SUITE, "terms": context.terms.hex(), "tender": terms.tender, "lot": context.lot,
        "bidder": context.certificate.hex(), "bid": context.bid.hex(), "supersedes": supersedes,
        "pieces": [piece_commitment(B, j, piece).hex() for j, piece in enumerate(pieces)],
        "kc": key_commitment(key, B).hex(),
        "stanzas": [_as_json(stanza) for stanza in _stanzas(terms, B, keys, pieces)],
        "parts": [{"id": part.id, "length": part.length, "root": part.root} for part in parts],
    })  # fmt: skip


def _as_json(stanza: Stanza) -> dict[str, object]:
    ct = base64.b64encode(stanza.ct).decode()
    return {"slot": stanza.slot, "index": stanza.index, "key": stanza.key, "ct": ct}


def _stanzas(terms: Terms, B: bytes, keys: Sequence[bytes], pieces: Sequence[bytes]) -> Iterator[Stanza]:
    for slot in terms.slots:
        holders = keys if slot.name == BIDDER else [holder.key for holder in slot.holders]
        for index, key in enumerate(holders):
            mine = {j: pieces[j] for j in pieces_of_holder(terms.slots, slot.name, index)}
            yield new_stanza(B, slot.name, index, key, mine)


def new_stanza(B: bytes, slot: str, index: int, key: bytes, pieces: dict[int, bytes]) -> Stanza:
    """Wrap `pieces` (j to 32 bytes) for one holder's SPKI; also how a kit repairs a stanza that is in dispute."""
    digest = hashlib.sha256(key).digest()
    plain = b"".join(j.to_bytes(2, "big") + pieces[j] for j in sorted(pieces))
    ct = HPKE.encrypt(plain, load_spki(key), stanza_info(B, slot, index, digest))
    return Stanza(slot=slot, index=index, key=digest.hex(), ct=ct)


def zip_documents(paths: Sequence[Path], out: Path) -> int:
    """Put files into one uncompressed ZIP under their own names, dates of 1980; the size of `out` in bytes.

    Refused("document_named_twice").
    """
    names = [path.name for path in paths]
    if len(set(names)) != len(names):
        raise Refused("document_named_twice", names=names)
    with zipfile.ZipFile(out, "w", zipfile.ZIP_STORED) as archive:
        for path in paths:
            entry = zipfile.ZipInfo(path.name)
            entry.external_attr, entry.file_size = 0o644 << 16, path.stat().st_size
            with path.open("rb") as source, archive.open(entry, "w") as target:
                while block := source.read(BLOCK):
                    target.write(block)
    return out.stat().st_size
