"""Vectors of plain values: derivations, lengths, pieces of a slot, trees, recovery codes."""

from __future__ import annotations

from itertools import combinations
from typing import Any

from tests.vectors import reference as ref
from tests.vectors.actors import BID, COMMITTEE_BID, RIVALS_BID, Bid

Cases = list[dict[str, Any]]


def derivations() -> Cases:
    return [_derivation(bid) for bid in (BID, RIVALS_BID, COMMITTEE_BID)]


def _derivation(bid: Bid) -> dict[str, Any]:
    header = bid.header
    infos = [ref.stanza_info(bid.B, slot, index, ref.spki(key)).hex() for slot, index, key, _ in bid.holders]
    return {
        "name": bid.label,
        "context": {
            "terms": header["terms"],
            "tender": header["tender"],
            "lot": header["lot"],
            "certificate": header["bidder"],
            "bid": header["bid"],
        },
        "pieces": [piece.hex() for piece in bid.pieces],
        "holders": [{"slot": slot, "index": index, "key": ref.spki(key).hex()} for slot, index, key, _ in bid.holders],
        "accept": {
            "B": bid.B.hex(),
            "commitments": header["pieces"],
            "K": bid.K.hex(),
            "kc": header["kc"],
            "part_keys": [ref.part_key(bid.K, i).hex() for i in (0, 1)],
            "payload_contexts": [ref.payload_context(bid.B, i).hex() for i in (0, 1)],
            "stanza_infos": infos,
        },
    }


def lengths() -> Cases:
    sizes = (
        0,
        1,
        14,
        15,
        16,
        17,
        100,
        16335,
        16336,
        16337,
        65487,
        65488,
        65489,
        1048527,
        1048528,
        1048529,
        5_000_000,
        123_456_789,
        1 << 30,
        (1 << 40) + 12345,
    )
    accepted = [
        {
            "name": f"part {i} around {size} bytes",
            "part": i,
            "data": size,
            "accept": {"frame": frame, "sealed": _sealed(frame)},
        }
        for i in (0, 1)
        for size in sizes
        for frame in (ref.padme(48 + size) if i else -(-(48 + size) // 65536) * 65536,)
    ]
    wrong = (
        (0, 0),
        (0, 71),
        (0, 65671),
        (0, 65673),
        (0, 56 + 65536),
        (1, 119),
        (1, 121),
        (1, 56 + 16400),
        (1, _sealed(1048577)),
    )
    return accepted + [
        {"name": f"no part {i} has {length} bytes", "part": i, "sealed": length, "refuse": {"reason": "not_padded"}}
        for i, length in wrong
    ]


def _sealed(frame: int) -> int:
    return 56 + frame + 16 * (frame // 16384 + 1)


def slots() -> Cases:
    return [_slot(n, k) for n, k in ((1, 1), (2, 1), (2, 2), (3, 2), (3, 3), (5, 3), (7, 4), (7, 7))]


def _slot(n: int, k: int) -> dict[str, Any]:
    left_out = list(combinations(range(n), k - 1))
    holders = [[j for j, subset in enumerate(left_out) if member not in subset] for member in range(n)]
    return {"name": f"{k} of {n}", "holders": n, "needed": k, "accept": {"pieces": len(left_out), "holders": holders}}


def trees() -> Cases:
    return (
        [_tree(size) for size in (0, 1, 2, 3, 4, 5, 7, 8, 13)]
        + _bent()
        + [
            {"name": f"segments of {sizes}", "segments": sizes, "accept": {"root": ref.tree(_segments(sizes)).hex()}}
            for sizes in ([65672], [1048576], [1048576, 1], [1048576, 1048576, 300000])
        ]
    )


def _leaves(size: int) -> list[bytes]:
    return [ref.chance(f"leaf {n}", 1 + n) for n in range(size)]


def _segments(sizes: list[int]) -> list[bytes]:
    """Segment number n is the byte n, as often as needed."""
    return [bytes([n]) * size for n, size in enumerate(sizes)]


def _tree(size: int) -> dict[str, Any]:
    leaves = _leaves(size)
    return {
        "name": f"{size} leaves",
        "leaves": [leaf.hex() for leaf in leaves],
        "accept": {
            "root": ref.tree(leaves).hex(),
            "inclusion": [[node.hex() for node in path(leaves, n)] for n in range(size)],
            "consistency": [[node.hex() for node in proof(leaves, n, True)] for n in range(1, size + 1)],
        },
    }


def path(leaves: list[bytes], n: int) -> list[bytes]:
    """PATH(n, leaves) of RFC 6962, 2.1.1."""
    if len(leaves) == 1:
        return []
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if n < k:
        return [*path(leaves[:k], n), ref.tree(leaves[k:])]
    return [*path(leaves[k:], n - k), ref.tree(leaves[:k])]


def proof(leaves: list[bytes], m: int, whole: bool) -> list[bytes]:
    """SUBPROOF(m, leaves, whole) of RFC 6962, 2.1.2."""
    if m == len(leaves):
        return [] if whole else [ref.tree(leaves)]
    k = 1 << ((len(leaves) - 1).bit_length() - 1)
    if m <= k:
        return [*proof(leaves[:k], m, whole), ref.tree(leaves[k:])]
    return [*proof(leaves[k:], m - k, False), ref.tree(leaves[:k])]


def _bent() -> Cases:
    """Proofs that are not: another leaf, another place, a proof too short, too long, or of another tree."""
    leaves = _leaves(7)
    good, root = [node.hex() for node in path(leaves, 3)], ref.tree(leaves).hex()
    base = {"leaf": leaves[3].hex(), "index": 3, "size": 7, "proof": good, "root": root}
    bent: dict[str, dict[str, Any]] = {
        "another leaf": {"leaf": leaves[2].hex()},
        "another place": {"index": 2},
        "a place outside": {"index": 7},
        "a smaller tree": {"size": 4},
        "a larger tree": {"size": 9},
        "too short": {"proof": good[:-1]},
        "too long": {"proof": [*good, good[0]]},
        "siblings swapped": {"proof": [good[1], good[0], good[2]]},
        "another root": {"root": ref.tree(leaves[:6]).hex()},
    }
    inclusion = [
        {"name": f"inclusion, {name}", **(base | change), "refuse": {"reason": "false"}}
        for name, change in bent.items()
    ]
    old = [node.hex() for node in proof(leaves, 3, True)]
    step = {"old_size": 3, "new_size": 7, "proof": old, "old_root": ref.tree(leaves[:3]).hex(), "new_root": root}
    changed: dict[str, dict[str, Any]] = {
        "another old root": {"old_root": ref.tree(leaves[1:4]).hex()},
        "another new root": {"new_root": ref.tree(leaves[:6]).hex()},
        "another old size": {"old_size": 2},
        "no old tree": {"old_size": 0},
        "too short": {"proof": old[:-1]},
        "too long": {"proof": [*old, old[0]]},
        "nothing": {"proof": []},
        "shrunk": {"old_size": 8},
    }
    return inclusion + [
        {"name": f"consistency, {name}", **(step | change), "refuse": {"reason": "false"}}
        for name, change in changed.items()
    ]


def recovery() -> Cases:
    alphabet = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
    code = ref.chance("recovery code", 20)
    bits = int.from_bytes(code, "big")
    text = "".join(alphabet[bits >> shift & 31] for shift in range(155, -1, -5))
    wide = ref.expand(ref.extract(b"", code, "sha256"), b"bidroom/v1/recovery\0", 48, "sha256")
    value = int.from_bytes(wide, "big") % (ref.N - 1) + 1
    expected = {"code": code.hex(), "scalar": f"{value:064x}", "key": ref.spki(ref.private(value)).hex()}
    grouped = "-".join(text[start : start + 4] for start in range(0, 32, 4))
    malformed = {"reason": "recovery_code_malformed"}
    return [
        {"name": "as printed", "text": grouped, "accept": expected},
        {"name": "small letters and blanks", "text": grouped.lower().replace("-", " "), "accept": expected},
        {"name": "letters taken for figures", "text": grouped.replace("0", "o").replace("1", "l"), "accept": expected},
        {"name": "one short", "text": grouped[:-1], "refuse": malformed},
        {"name": "one long", "text": grouped + "0", "refuse": malformed},
        {"name": "a U", "text": "U" + grouped[1:], "refuse": malformed},
        {"name": "nothing", "text": "", "refuse": malformed},
    ]
