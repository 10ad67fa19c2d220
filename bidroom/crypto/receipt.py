"""Receipts and refusals: what the platform signs for every upload, withdrawal, release and confirmation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from bidroom.crypto.canonical import canonical, signed_input
from bidroom.crypto.checkpoint import VerifierKey, load_private, parse_vkey, public_bytes, save_private
from bidroom.facts import Refused

KINDS = ("receipt", "refusal")


@dataclass(frozen=True, slots=True)
class ReceiptKey:
    """The platform's receipt key; its verifier key is `receipt.vkey` in a bundle."""

    name: str
    private: Ed25519PrivateKey

    @classmethod
    def generate(cls, name: str) -> ReceiptKey:
        """A fresh key."""
        return cls(name, Ed25519PrivateKey.generate())

    @classmethod
    def load(cls, path: Path, name: str) -> ReceiptKey:
        """The key in a PEM file; Refused("key_file_unreadable")."""
        return cls(name, load_private(path))

    def save(self, path: Path) -> None:
        """Write PKCS#8 PEM with mode 0600; an existing file is never overwritten."""
        save_private(path, self.private)

    @property
    def vkey(self) -> VerifierKey:
        """What verifiers pin."""
        return VerifierKey(self.name, public_bytes(self.private))

    def sign_receipt(self, kind: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """{kind: body, signature (hex), proof, token}; the last two come with the platform log's next tick.

        `kind` is "receipt" (v, tender, lot, digest, H(timeline), time, nonce) or "refusal" (with reason and field).
        """
        _check_kind(kind)
        signature = self.private.sign(signed_input(kind, canonical(dict(body))))
        return {kind: dict(body), "signature": signature.hex(), "proof": None, "token": None}


def verify_receipt(receipt: Mapping[str, Any], vkey: str | VerifierKey, kind: str = "receipt") -> dict[str, Any]:
    """The signed body; Refused: receipt_malformed (field), receipt_signature_wrong."""
    _check_kind(kind)
    key = parse_vkey(vkey) if isinstance(vkey, str) else vkey
    if set(receipt) != {kind, "signature", "proof", "token"}:
        raise Refused("receipt_malformed")
    body = receipt[kind]
    if not isinstance(body, dict):
        raise Refused("receipt_malformed", field=kind)
    try:
        data = signed_input(kind, canonical(body))
        Ed25519PublicKey.from_public_bytes(key.public).verify(_signature(receipt["signature"]), data)
    except Refused as fault:
        raise Refused("receipt_malformed", field=fault.field) from None
    except InvalidSignature:
        raise Refused("receipt_signature_wrong", field="signature") from None
    return body


def _signature(value: object) -> bytes:
    try:
        data = bytes.fromhex(value) if isinstance(value, str) else b""
    except ValueError:
        data = b""
    if len(data) != 64 or data.hex() != value:
        raise Refused("receipt_malformed", field="signature")
    return data


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"no receipt of the kind {kind!r}")
