"""The format written a second time, from docs/seal.md and the standards alone, with every random choice given.

The product's modules are not used here: what this makes, they must accept, and what it computes, they must compute.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

N = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def chance(label: str, size: int = 32) -> bytes:
    """Bytes that look random and are always the same."""
    return hashlib.shake_256(b"bidroom test vectors, " + label.encode()).digest(size)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def json_bytes(value: Any) -> bytes:
    """Canonical as far as these documents go: ASCII keys, no floats."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()


def scalar(label: str) -> int:
    return int.from_bytes(chance(label, 48), "big") % (N - 1) + 1


def private(value: int) -> ec.EllipticCurvePrivateKey:
    return ec.derive_private_key(value, ec.SECP256R1())


def point(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def spki(key: ec.EllipticCurvePrivateKey) -> bytes:
    return bytes.fromhex("3059301306072a8648ce3d020106082a8648ce3d030107034200") + point(key)


# --- HKDF, HPKE base mode (RFC 5869, RFC 9180), Cobblestone-256 -------------------------------------------------------


def extract(salt: bytes, ikm: bytes, name: str) -> bytes:
    return hmac.digest(salt or bytes(hashlib.new(name).digest_size), ikm, name)


def expand(prk: bytes, info: bytes, size: int, name: str) -> bytes:
    out = block = b""
    for number in range(1, 256):
        if len(out) >= size:
            break
        block = hmac.digest(prk, block + info + bytes([number]), name)
        out += block
    return out[:size]


def hpke_seal(recipient: ec.EllipticCurvePrivateKey, ephemeral: int, info: bytes, plain: bytes) -> bytes:
    """enc ‖ ct with DHKEM(P-256, HKDF-SHA256), HKDF-SHA256, AES-256-GCM and a given ephemeral scalar."""
    kem, suite = b"KEM\x00\x10", b"HPKE\x00\x10\x00\x01\x00\x02"

    def labeled_extract(who: bytes, salt: bytes, label: bytes, ikm: bytes) -> bytes:
        return extract(salt, b"HPKE-v1" + who + label + ikm, "sha256")

    def labeled_expand(who: bytes, prk: bytes, label: bytes, more: bytes, size: int) -> bytes:
        return expand(prk, size.to_bytes(2, "big") + b"HPKE-v1" + who + label + more, size, "sha256")

    key = private(ephemeral)
    enc = point(key)
    shared = labeled_extract(kem, b"", b"eae_prk", key.exchange(ec.ECDH(), recipient.public_key()))
    shared = labeled_expand(kem, shared, b"shared_secret", enc + point(recipient), 32)
    context = b"\0" + labeled_extract(suite, b"", b"psk_id_hash", b"") + labeled_extract(suite, b"", b"info_hash", info)
    secret = labeled_extract(suite, shared, b"secret", b"")
    nonce = labeled_expand(suite, secret, b"base_nonce", context, 12)
    return enc + AESGCM(labeled_expand(suite, secret, b"key", context, 32)).encrypt(nonce, plain, b"")


def cobblestone(key: bytes, context: bytes, salt: bytes, message: bytes) -> bytes:
    """salt ‖ commitment ‖ chunks of 16 KiB, the last one shorter (c2sp.org/chunked-encryption)."""
    info = b"c2sp.org/chunked-encryption@v1+AEAD_AES_256_GCM\0" + salt + context
    derived = expand(key, info, 76, "sha512")
    aead, nonce, commitment = AESGCM(derived[:32]), int.from_bytes(derived[32:44], "big"), derived[44:]
    chunks = (
        aead.encrypt((nonce ^ k).to_bytes(12, "big"), message[k * 16384 : (k + 1) * 16384], b"")
        for k in range(len(message) // 16384 + 1)
    )
    return salt + commitment + b"".join(chunks)


# --- the seal ---------------------------------------------------------------------------------------------------------


def context(terms: bytes, tender: bytes, lot: int, certificate: bytes, bid: bytes) -> bytes:
    """B from H(terms), tender id, lot, H(certificate), bid id."""
    return sha256(b"bidroom/v1/context\0\0\1" + terms + tender + lot.to_bytes(2, "big") + certificate + bid)


def commitment(B: bytes, j: int, piece: bytes) -> bytes:
    return hmac.digest(piece, b"bidroom/v1/piece\0" + B + j.to_bytes(2, "big"), "sha256")


def content_key(B: bytes, pieces: list[bytes]) -> bytes:
    return expand(extract(B, b"".join(pieces), "sha512"), b"bidroom/v1/content-key", 32, "sha512")


def key_commitment(K: bytes, B: bytes) -> bytes:
    return hmac.digest(K, b"bidroom/v1/key-commitment\0" + B, "sha256")


def part_key(K: bytes, i: int) -> bytes:
    return expand(K, b"bidroom/v1/part\0" + bytes([i]), 32, "sha512")


def payload_context(B: bytes, i: int) -> bytes:
    return b"bidroom/v1/payload\0" + B + bytes([i])


def stanza_info(B: bytes, slot: str, index: int, key: bytes) -> bytes:
    return b"bidroom/v1/stanza\0" + B + slot.encode() + b"\0" + index.to_bytes(2, "big") + sha256(key)


def padme(length: int) -> int:
    e, s = 0, 0
    while length >> (e + 1):
        e += 1
    while e >> s:
        s += 1
    step = 1 << (e - s)
    return -(-length // step) * step


def frame(i: int, B: bytes, data: bytes) -> bytes:
    bare = b"bidroom1" + B + len(data).to_bytes(8, "big") + data
    whole = padme(len(bare)) if i else -(-len(bare) // 65536) * 65536
    return bare + bytes(whole - len(bare))


def tree(leaves: list[bytes]) -> bytes:
    """MTH, by the RFC's own recursion."""
    if not leaves:
        return sha256(b"")
    if len(leaves) == 1:
        return sha256(b"\0" + leaves[0])
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return sha256(b"\1" + tree(leaves[:k]) + tree(leaves[k:]))


def part(i: int, cipher: bytes) -> dict[str, Any]:
    segments = [cipher[start : start + 1048576] for start in range(0, len(cipher), 1048576)]
    return {"id": i, "length": len(cipher), "root": tree(segments).hex()}


def stanza(
    B: bytes,
    slot: str,
    index: int,
    key: ec.EllipticCurvePrivateKey,
    pieces: dict[int, bytes],
    label: str,
) -> dict[str, Any]:
    plain = b"".join(j.to_bytes(2, "big") + pieces[j] for j in sorted(pieces))
    ct = hpke_seal(key, scalar(f"ephemeral {label}"), stanza_info(B, slot, index, spki(key)), plain)
    return {"slot": slot, "index": index, "key": sha256(spki(key)).hex(), "ct": base64.b64encode(ct).decode()}
