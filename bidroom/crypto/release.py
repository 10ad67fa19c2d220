"""Releasing a bid's key: unwrap one's own pieces, check them against the header, put the key together."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec

from bidroom.crypto import slots
from bidroom.crypto.context import PIECE_SIZE, content_key, key_commitment, part_key, piece_commitment, stanza_info
from bidroom.crypto.envelope import HPKE
from bidroom.crypto.header import ONE_PIECE, Header, Stanza
from bidroom.crypto.policy import Terms
from bidroom.facts import Refused

__all__ = [
    "check_pieces", "combine", "find_stanzas", "part_key", "pieces_of_holder", "pieces_of_slot", "unwrap", "unwrap_own",
]  # fmt: skip


def pieces_of_slot(terms: Terms, slot: str) -> tuple[int, ...]:
    """The numbers j of all pieces of one slot; Refused("slot_unknown")."""
    return slots.pieces_of_slot(terms.slots, slot)


def pieces_of_holder(terms: Terms, slot: str, index: int) -> tuple[int, ...]:
    """The numbers j of the pieces of one holder; Refused("slot_unknown")."""
    return slots.pieces_of_holder(terms.slots, slot, index)


def find_stanzas(header: Header, spki: bytes) -> tuple[Stanza, ...]:
    """The stanzas for this public key (91 bytes DER), in the header's order."""
    digest = hashlib.sha256(spki).hexdigest()
    return tuple(stanza for stanza in header.stanzas if stanza.key == digest)


def unwrap_own(
    header: Header, terms: Terms, slot: str, private_key: ec.EllipticCurvePrivateKey, serial: str | None = None
) -> dict[int, bytes]:
    """Exactly the pieces of `slot` that this key holds, checked. Refused as `unwrap` is."""
    for stanza in find_stanzas(header, slots.spki_of(private_key.public_key())):
        if stanza.slot == slot:
            expected = pieces_of_holder(terms, slot, stanza.index)
            return unwrap(header, slot, stanza.index, private_key, serial=serial, expected=expected)
    raise Refused("key_opens_no_stanza", serial=serial)


def unwrap(
    header: Header,
    slot: str,
    index: int,
    private_key: ec.EllipticCurvePrivateKey,
    serial: str | None = None,
    expected: tuple[int, ...] | None = None,
) -> dict[int, bytes]:
    """The pieces in one stanza, each checked against its commitment; `serial` is only named in the refusal.

    Refused: key_opens_no_stanza (another key's), share_damaged (field "stanzas[n].ct"; the wrapping, or what it
    holds), piece_does_not_match (j). `expected`: the numbers that the terms give to this holder.
    """
    number, stanza = _stanza(header, slot, index)
    digest = hashlib.sha256(slots.spki_of(private_key.public_key())).digest()
    if stanza is None or stanza.key != digest.hex():
        raise Refused("key_opens_no_stanza", serial=serial)
    try:
        plain = HPKE.decrypt(stanza.ct, private_key, stanza_info(header.context.digest, slot, index, digest))
    except InvalidTag:
        raise Refused("share_damaged", field=f"stanzas[{number}].ct", slot=slot, index=index) from None
    pieces = _pieces(plain)
    if pieces is None or (expected is not None and tuple(pieces) != expected):
        raise Refused("share_damaged", field=f"stanzas[{number}].ct", slot=slot, index=index, cause="other_pieces")
    check_pieces(header, pieces)
    return pieces


def _stanza(header: Header, slot: str, index: int) -> tuple[int, Stanza | None]:
    for number, stanza in enumerate(header.stanzas):
        if (stanza.slot, stanza.index) == (slot, index):
            return number, stanza
    return -1, None


def _pieces(plain: bytes) -> dict[int, bytes] | None:
    """Numbers and pieces of a stanza's plaintext; None when it is not whole and ascending."""
    if not plain or len(plain) % ONE_PIECE:
        return None
    each = [plain[start : start + ONE_PIECE] for start in range(0, len(plain), ONE_PIECE)]
    numbers = [int.from_bytes(one[:2], "big") for one in each]
    if numbers != sorted(set(numbers)):
        return None
    return {j: one[2:] for j, one in zip(numbers, each, strict=True)}


def check_pieces(header: Header, pieces: Mapping[int, bytes]) -> None:
    """That each piece is the committed one; Refused("piece_does_not_match", j=…)."""
    B = header.context.digest
    for j, piece in pieces.items():
        if not 0 <= j < len(header.pieces) or len(piece) != PIECE_SIZE:
            raise Refused("piece_does_not_match", field=f"pieces[{j}]", j=j)
        if not hmac.compare_digest(piece_commitment(B, j, piece), header.pieces[j]):
            raise Refused("piece_does_not_match", field=f"pieces[{j}]", j=j)


def combine(header: Header, pieces: Mapping[int, bytes]) -> bytes:
    """K from all pieces. Refused: piece_missing (j), piece_does_not_match (j), key_commitment_wrong."""
    for j in range(len(header.pieces)):
        if j not in pieces:
            raise Refused("piece_missing", field=f"pieces[{j}]", j=j)
    check_pieces(header, pieces)
    B = header.context.digest
    key = content_key(B, [pieces[j] for j in range(len(header.pieces))])
    if not hmac.compare_digest(key_commitment(key, B), header.kc):
        raise Refused("key_commitment_wrong", field="kc")
    return key
