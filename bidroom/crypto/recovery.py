"""Recovery codes: 160 random bits on paper that stand for a P-256 key of one bid."""

from __future__ import annotations

import os
from collections.abc import Callable

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from bidroom.facts import Refused

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base32: no I, L, O, U."""
_READ = {**{letter: value for value, letter in enumerate(ALPHABET)}, "O": 0, "I": 1, "L": 1}
CODE_BYTES = 20
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def new_code(random: Callable[[int], bytes] = os.urandom) -> str:
    """A fresh code: 32 characters in groups of four."""
    number = int.from_bytes(random(CODE_BYTES), "big")
    letters = "".join(ALPHABET[number >> shift & 31] for shift in range(155, -1, -5))
    return "-".join(letters[start : start + 4] for start in range(0, 32, 4))


def read_code(text: str) -> bytes:
    """The 20 bytes of a code as somebody typed it; case, spaces and hyphens do not count, O is 0, I and L are 1.

    Refused("recovery_code_malformed").
    """
    letters = [letter for letter in text.upper() if not letter.isspace() and letter != "-"]
    if len(letters) != 32 or any(letter not in _READ for letter in letters):
        raise Refused("recovery_code_malformed")
    number = 0
    for letter in letters:
        number = number << 5 | _READ[letter]
    return number.to_bytes(CODE_BYTES, "big")


def scalar_of(code: bytes) -> int:
    """The private scalar, 1 to n − 1, that the code's 20 bytes stand for."""
    wide = HKDF(hashes.SHA256(), length=48, salt=b"", info=b"bidroom/v1/recovery\0").derive(code)
    return int.from_bytes(wide, "big") % (P256_ORDER - 1) + 1


def key_of(text: str) -> ec.EllipticCurvePrivateKey:
    """The P-256 key that a typed code stands for; Refused("recovery_code_malformed")."""
    return ec.derive_private_key(scalar_of(read_code(text)), ec.SECP256R1())
