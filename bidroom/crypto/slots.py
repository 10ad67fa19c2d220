"""Who holds which piece of a bid's key: slots, k of n by replicated sharing, public keys as exact bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key

from bidroom.facts import Refused

BIDDER = "bidder"
SPKI_SIZE = 91
MOST_BIDDER_KEYS = 8
MOST_HOLDERS = 7


@dataclass(frozen=True, slots=True)
class Holder:
    """One key that holds pieces: its organization (hex), its certificate's digest (hex) and its SPKI, 91 bytes DER."""

    organization: str
    certificate: str
    key: bytes

    @property
    def key_digest(self) -> bytes:
        """H(SPKI), 32 bytes."""
        return hashlib.sha256(self.key).digest()


@dataclass(frozen=True, slots=True)
class Slot:
    """One of the parties that must all take part; `needed` of its holders are enough for it.

    The bidder's slot has no holders in the terms: each bid's header brings its own 1 to 8 keys.
    """

    name: str
    needed: int
    holders: tuple[Holder, ...]

    @property
    def subsets(self) -> tuple[tuple[int, ...], ...]:
        """One for each piece of the slot, in order: the holders that do not get it."""
        return tuple(combinations(range(len(self.holders)), self.needed - 1))


def ranges(slots: Sequence[Slot]) -> Iterator[tuple[Slot, int]]:
    """Each slot with the number of its first piece."""
    first = 0
    for slot in slots:
        yield slot, first
        first += len(slot.subsets)


def count_of(slots: Sequence[Slot]) -> int:
    """m: how many pieces a key has under these slots."""
    return sum(len(slot.subsets) for slot in slots)


def pieces_of_slot(slots: Sequence[Slot], name: str) -> tuple[int, ...]:
    """The numbers j of all pieces of one slot."""
    for slot, first in ranges(slots):
        if slot.name == name:
            return tuple(range(first, first + len(slot.subsets)))
    raise Refused("slot_unknown", slot=name)


def pieces_of_holder(slots: Sequence[Slot], name: str, index: int) -> tuple[int, ...]:
    """The numbers j of the pieces that one holder gets, ascending."""
    for slot, first in ranges(slots):
        if slot.name == name:
            return tuple(first + s for s, left_out in enumerate(slot.subsets) if index not in left_out)
    raise Refused("slot_unknown", slot=name)


def spki_of(key: ec.EllipticCurvePublicKey) -> bytes:
    """The 91 bytes that stand for a P-256 key everywhere; another curve raises Refused("key_not_p256")."""
    if not isinstance(key, ec.EllipticCurvePublicKey) or not isinstance(key.curve, ec.SECP256R1):
        raise Refused("key_not_p256")
    return key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def load_spki(data: bytes) -> ec.EllipticCurvePublicKey:
    """The P-256 key that exactly these 91 bytes encode; anything else raises Refused("key_not_p256")."""
    try:
        key = load_der_public_key(data)
    except (ValueError, UnsupportedAlgorithm):
        raise Refused("key_not_p256") from None
    if not isinstance(key, ec.EllipticCurvePublicKey) or spki_of(key) != data:
        raise Refused("key_not_p256")
    return key
