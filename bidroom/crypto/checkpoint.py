"""Checkpoints: C2SP tlog-checkpoint as a C2SP signed note, Ed25519.

One log key serves every stream. What is pinned is its verifier key under the log's own name; a stream's notes carry
the origin and key name `<name>/<stream id in hex>`, and since a key id hashes name and key, the stream's key id is
derived from the pinned key. So one `log.vkey` checks all streams, and a note of one stream is never another's.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from bidroom.facts import Refused

ED25519 = b"\x01"
"""The signed note's algorithm byte."""
NOTE_LIMIT = 1 << 16
DASH = "\u2014 "
_NAME = re.compile(r"[^\s+]{1,200}")
_SIZE = re.compile(r"0|[1-9][0-9]{0,15}")


@dataclass(frozen=True, slots=True)
class VerifierKey:
    """A name and an Ed25519 key, as `<name>+<key id>+<base64>` writes them."""

    name: str
    public: bytes

    @property
    def key_id(self) -> bytes:
        """The first four bytes of H(name ‖ newline ‖ 0x01 ‖ key)."""
        return hashlib.sha256(self.name.encode() + b"\n" + ED25519 + self.public).digest()[:4]

    def named(self, name: str) -> VerifierKey:
        """The same key under the name of one stream."""
        return VerifierKey(name, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.key_id.hex()}+{base64.b64encode(ED25519 + self.public).decode()}"


def parse_vkey(text: str) -> VerifierKey:
    """The verifier key in `text`; Refused("verifier_key_malformed")."""
    name, _, rest = text.strip().partition("+")
    key_id, _, encoded = rest.partition("+")
    data = _decoded(encoded)
    if data is None or len(data) != 33 or data[:1] != ED25519 or _NAME.fullmatch(name) is None:
        raise Refused("verifier_key_malformed")
    key = VerifierKey(name, data[1:])
    if key.key_id.hex() != key_id:
        raise Refused("verifier_key_malformed")
    return key


@dataclass(frozen=True, slots=True)
class LogKey:
    """The platform's log key under its name (`BIDROOM_LOG_NAME`, never the HTTP host)."""

    name: str
    private: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str) -> LogKey:
        """A fresh key."""
        if _NAME.fullmatch(name) is None:
            raise ValueError("a key's name has no spaces and no plus")
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path, name: str) -> LogKey:
        """The key in a PEM file; Refused("key_file_unreadable")."""
        return cls(name, load_private(path))

    def save(self, path: Path) -> None:
        """Write PKCS#8 PEM that only its owner can read; an existing file is never overwritten."""
        save_private(path, self.private)

    @property
    def vkey(self) -> VerifierKey:
        """What verifiers pin."""
        return VerifierKey(self.name, public_bytes(self.private))

    def origin(self, stream: str) -> str:
        """The origin of a stream (its id in hex)."""
        return f"{self.name}/{stream}"

    def sign(self, origin: str, size: int, root: bytes) -> bytes:
        """The signed note for the tree of `size` leaves with `root`; `origin` as `origin()` gives it."""
        body = note_body(origin, size, root)
        key = self.vkey.named(origin)
        line = base64.b64encode(key.key_id + self.private.sign(body)).decode()
        return body + f"\n{DASH}{origin} {line}\n".encode()


def note_body(origin: str, size: int, root: bytes) -> bytes:
    """The signed text: origin, size, root; what a time stamp is taken of."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n".encode()


def verify(note: bytes, vkey: str | VerifierKey) -> tuple[str, int, bytes]:
    """(origin, size, root) of a note signed by the pinned key; further signatures (witnesses') are passed over.

    Refused: checkpoint_malformed, checkpoint_of_another_log, checkpoint_signature_wrong.
    """
    pinned = parse_vkey(vkey) if isinstance(vkey, str) else vkey
    body, lines = _split(note)
    origin, size, root = _fields(body)
    if origin != pinned.name and not _is_stream(origin, pinned.name):
        raise Refused("checkpoint_of_another_log", origin=origin)
    key = pinned.named(origin)
    for name, data in lines:
        if name == origin and data[:4] == key.key_id:
            _verify(key, body, data[4:])
            return origin, size, root
    raise Refused("checkpoint_signature_wrong")


def _is_stream(origin: str, name: str) -> bool:
    return origin.startswith(name + "/") and re.fullmatch("[0-9a-f]{32}", origin[len(name) + 1 :]) is not None


def _verify(key: VerifierKey, body: bytes, signature: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(key.public).verify(signature, body)
    except InvalidSignature:
        raise Refused("checkpoint_signature_wrong") from None


def _split(note: bytes) -> tuple[bytes, list[tuple[str, bytes]]]:
    text, blank, signatures = note.rpartition(b"\n\n")
    if len(note) > NOTE_LIMIT or not blank or not signatures.endswith(b"\n"):
        raise Refused("checkpoint_malformed")
    try:
        lines = signatures.decode("utf-8").split("\n")[:-1]
    except UnicodeDecodeError:
        raise Refused("checkpoint_malformed") from None
    return text + b"\n", [_signature_line(line) for line in lines]


def _signature_line(line: str) -> tuple[str, bytes]:
    name, _, encoded = line.removeprefix(DASH).partition(" ")
    data = _decoded(encoded)
    if not line.startswith(DASH) or data is None or len(data) < 5 or _NAME.fullmatch(name) is None:
        raise Refused("checkpoint_malformed", field="signature")
    return name, data


def _fields(body: bytes) -> tuple[str, int, bytes]:
    try:
        lines = body.decode("utf-8").split("\n")
    except UnicodeDecodeError:
        raise Refused("checkpoint_malformed") from None
    if len(lines) != 4 or _SIZE.fullmatch(lines[1]) is None:
        raise Refused("checkpoint_malformed")
    root = _decoded(lines[2])
    if root is None or len(root) != 32 or _NAME.fullmatch(lines[0]) is None:
        raise Refused("checkpoint_malformed")
    return lines[0], int(lines[1]), root


def _decoded(text: str) -> bytes | None:
    """Exact base64, padding included; None for anything else."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def public_bytes(key: Ed25519PrivateKey) -> bytes:
    """The 32 bytes of the public key."""
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def save_private(path: Path, key: Ed25519PrivateKey) -> None:
    """Write PKCS#8 PEM with mode 0600; FileExistsError rather than overwrite a key."""
    data = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)


def load_private(path: Path) -> Ed25519PrivateKey:
    """The Ed25519 key in a PEM file; Refused("key_file_unreadable") names the file."""
    try:
        key = load_pem_private_key(path.read_bytes(), None)
    except (OSError, ValueError, TypeError):
        raise Refused("key_file_unreadable", field=path.name) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise Refused("key_file_unreadable", field=path.name)
    return key
