"""The bid's context B and every value derived under it (docs/seal.md, "Layout")."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF, HKDFExpand

SUITE = 1
PIECE_SIZE = 32


@dataclass(frozen=True, slots=True)
class Context:
    """What one sealed bid is bound to: H(terms), the tender's id, the lot, H(certificate DER) and the bid's id."""

    terms: bytes
    tender: bytes
    lot: int
    certificate: bytes
    bid: bytes

    def __post_init__(self) -> None:
        sizes = (len(self.terms), len(self.tender), len(self.certificate), len(self.bid))
        if sizes != (32, 16, 32, 16):
            raise ValueError(f"a context needs 32, 16, 32 and 16 bytes, not {sizes}")

    @property
    def digest(self) -> bytes:
        """B, 32 bytes."""
        fixed = b"bidroom/v1/context\0" + _u16(SUITE) + self.terms + self.tender
        return hashlib.sha256(fixed + _u16(self.lot) + self.certificate + self.bid).digest()


def piece_commitment(B: bytes, j: int, piece: bytes) -> bytes:
    """c_j, 32 bytes: what the header says of piece `j`."""
    return hmac.digest(piece, b"bidroom/v1/piece\0" + B + _u16(j), "sha256")


def content_key(B: bytes, pieces: Sequence[bytes]) -> bytes:
    """K, 32 bytes, from all pieces in order."""
    if any(len(piece) != PIECE_SIZE for piece in pieces) or not pieces:
        raise ValueError("a content key needs all pieces, 32 bytes each")
    key = HKDF(hashes.SHA512(), length=32, salt=B, info=b"bidroom/v1/content-key")
    return key.derive(b"".join(pieces))


def key_commitment(K: bytes, B: bytes) -> bytes:
    """kc, 32 bytes: the one content key that the header allows."""
    return hmac.digest(K, b"bidroom/v1/key-commitment\0" + B, "sha256")


def part_key(K: bytes, i: int) -> bytes:
    """K_i, 32 bytes: the key of part `i` alone."""
    return HKDFExpand(hashes.SHA512(), length=32, info=b"bidroom/v1/part\0" + _u8(i)).derive(K)


def payload_context(B: bytes, i: int) -> bytes:
    """The context that Cobblestone binds part `i` to."""
    return b"bidroom/v1/payload\0" + B + _u8(i)


def stanza_info(B: bytes, slot: str, index: int, spki_digest: bytes) -> bytes:
    """HPKE's info for one holder; `spki_digest` is H(SPKI), 32 bytes."""
    return b"bidroom/v1/stanza\0" + B + slot.encode("ascii") + b"\0" + _u16(index) + spki_digest


def _u8(value: int) -> bytes:
    return value.to_bytes(1, "big")


def _u16(value: int) -> bytes:
    return value.to_bytes(2, "big")
