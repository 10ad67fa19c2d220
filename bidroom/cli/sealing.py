"""Sealing into a folder: the parts, the signed header, the kit that never leaves the machine, the notice sealed to."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bidroom.cli.client import b64
from bidroom.cli.identity import Identity
from bidroom.cli.notice import Notice
from bidroom.crypto.canonical import canonical
from bidroom.crypto.envelope import Sealed, new_stanza, seal, zip_documents
from bidroom.crypto.header import Header, parse_header
from bidroom.facts import Refused

HEADER, SIGNATURE, KIT, NOTICE, RECEIPT, REFUSAL = (
    "header.json", "header.p7s", "kit.json", "notice.json", "receipt.json", "refusal.json",
)  # fmt: skip
CERTIFICATE = "certificate.der"
KIT_SLOT = "kit"
"""In the place of a slot's name: a stanza of the kit is none of the header's."""


@dataclass(frozen=True, slots=True)
class SealedBid:
    """A folder that `seal_bid` made."""

    folder: Path
    header: Header
    signature: bytes
    certificate: bytes

    @property
    def notice(self) -> dict[str, Any]:
        """The tender as it was when this bid was sealed."""
        found: dict[str, Any] = json.loads((self.folder / NOTICE).read_text("utf-8"))
        return found

    @property
    def receipt(self) -> dict[str, Any] | None:
        """The signed receipt, once there is one."""
        path = self.folder / RECEIPT
        return json.loads(path.read_text("utf-8")) if path.exists() else None


def seal_bid(
    notice: Notice, lot: int, identity: Identity, form: bytes, documents: Sequence[Path], out: Path,
    at: datetime, supersedes: str | None = None, more_keys: Sequence[bytes] = (),
) -> SealedBid:  # fmt: skip
    """Seal one bid into the new folder `out`, signed by `identity`, whose key (and `more_keys`) can release it.

    Refused: folder_not_empty, and what `envelope.seal` refuses.
    """
    out.mkdir(parents=True, exist_ok=True)
    if any(out.iterdir()):
        raise Refused("folder_not_empty", field=str(out))
    keys = (identity.spki, *more_keys)
    with TemporaryDirectory(dir=out) as inside:
        sealed = _seal(notice, lot, identity, keys, form, documents, out, Path(inside), supersedes)
    _write(out / HEADER, sealed.header)
    _write(out / SIGNATURE, identity.sign("header", sealed.header, at))
    _write(out / CERTIFICATE, identity.certificate)
    _write(out / NOTICE, json.dumps(dict(notice.document), ensure_ascii=False).encode())
    _write(out / KIT, kit_of(sealed, keys), private=True)
    return load_sealed(out)


def _seal(
    notice: Notice, lot: int, identity: Identity, keys: Sequence[bytes], form: bytes, documents: Sequence[Path],
    out: Path, inside: Path, supersedes: str | None,
) -> Sealed:  # fmt: skip
    if not documents:
        return seal(notice.terms, lot, identity.certificate, keys, form, None, 0, out, supersedes)
    size = zip_documents(documents, inside / "documents.zip")
    with (inside / "documents.zip").open("rb") as archive:
        return seal(notice.terms, lot, identity.certificate, keys, form, archive, size, out, supersedes)


def _write(path: Path, data: bytes, private: bool = False) -> None:
    mode = 0o600 if private else 0o644
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb") as file:
        file.write(data)


def load_sealed(folder: Path) -> SealedBid:
    """The sealed bid in this folder. Refused: sealed_folder_incomplete, header_malformed."""
    try:
        data = (folder / HEADER).read_bytes()
        signature, certificate = (folder / SIGNATURE).read_bytes(), (folder / CERTIFICATE).read_bytes()
    except OSError as fault:
        raise Refused("sealed_folder_incomplete", field=Path(str(fault.filename)).name) from None
    return SealedBid(folder, parse_header(data), signature, certificate)


# --- the kit


def kit_of(sealed: Sealed, keys: Sequence[bytes]) -> bytes:
    """All pieces of the bid, wrapped for each of the bidder's own keys; canonical JSON {v, digest, stanzas}."""
    header = parse_header(sealed.header)
    pieces = dict(enumerate(sealed.pieces))
    stanzas = [new_stanza(header.context.digest, KIT_SLOT, index, key, pieces) for index, key in enumerate(keys)]
    told = [{"index": each.index, "key": each.key, "ct": b64(each.ct)} for each in stanzas]
    return canonical({"v": 1, "digest": sealed.digest, "stanzas": told})
