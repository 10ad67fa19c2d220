"""Merkle trees of RFC 6962 with SHA-256; every function but `leaf_hash` and `mth` takes leaf hashes, not leaves."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

EMPTY = hashlib.sha256(b"").digest()
SEGMENT = 1 << 20
"""Bytes of one segment of a part; the last may be shorter."""


def leaf_hash(data: bytes) -> bytes:
    """H(0x00 ‖ data)."""
    return hashlib.sha256(b"\0" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """H(0x01 ‖ left ‖ right)."""
    return hashlib.sha256(b"\1" + left + right).digest()


@dataclass(frozen=True, slots=True)
class Frontier:
    """All that is needed to go on appending: the roots of the perfect subtrees, largest first."""

    size: int = 0
    hashes: tuple[bytes, ...] = ()

    def append(self, leaf: bytes) -> Frontier:
        """The frontier with one more leaf hash."""
        hashes, size = [*self.hashes, _checked(leaf)], self.size
        while size & 1:
            right = hashes.pop()
            hashes.append(node_hash(hashes.pop(), right))
            size >>= 1
        return Frontier(self.size + 1, tuple(hashes))

    @property
    def root(self) -> bytes:
        """The tree's root, 32 bytes; of no leaves, the hash of nothing."""
        if not self.hashes:
            return EMPTY
        *rest, root = self.hashes
        for left in reversed(rest):
            root = node_hash(left, root)
        return root


def root(leaf_hashes: Iterable[bytes]) -> bytes:
    """The root over leaf hashes."""
    frontier = Frontier()
    for leaf in leaf_hashes:
        frontier = frontier.append(leaf)
    return frontier.root


def mth(leaves: Iterable[bytes]) -> bytes:
    """The root over the leaves themselves (MTH in RFC 6962)."""
    return root(leaf_hash(leaf) for leaf in leaves)


def segment_root(segments: Iterable[bytes]) -> bytes:
    """The root over a part's segments, each of 1 MiB but for the last; ValueError for any other cut."""
    frontier, full = Frontier(), True
    for segment in segments:
        if not full or not 0 < len(segment) <= SEGMENT:
            raise ValueError("segments are 1 MiB each but for the last")
        frontier, full = frontier.append(leaf_hash(segment)), len(segment) == SEGMENT
    return frontier.root


def segments_of(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Cut any stream of bytes into segments."""
    held = bytearray()
    for block in blocks:
        held += block
        while len(held) >= SEGMENT:
            yield bytes(held[:SEGMENT])
            del held[:SEGMENT]
    if held:
        yield bytes(held)


def final_root(bids: Iterable[tuple[int, str]]) -> bytes:
    """The root that the deadline fixes: over (lot u16 ‖ digest) of every final bid (lot, digest in hex), sorted."""
    return mth(sorted(lot.to_bytes(2, "big") + bytes.fromhex(digest) for lot, digest in bids))


def inclusion_proof(leaf_hashes: Sequence[bytes], index: int) -> tuple[bytes, ...]:
    """PATH(index, leaves), nearest sibling first."""
    if not 0 <= index < len(leaf_hashes):
        raise ValueError("no such leaf")
    if len(leaf_hashes) == 1:
        return ()
    k = _split(len(leaf_hashes))
    if index < k:
        return (*inclusion_proof(leaf_hashes[:k], index), root(leaf_hashes[k:]))
    return (*inclusion_proof(leaf_hashes[k:], index - k), root(leaf_hashes[:k]))


def verify_inclusion(leaf: bytes, index: int, size: int, proof: Sequence[bytes], expected: bytes) -> bool:
    """Whether `leaf` (a hash) is number `index` of `size` leaves under the root `expected` (RFC 9162, 2.1.3.2)."""
    if not 0 <= index < size:
        return False
    number, last, found = index, size - 1, leaf
    for sibling in proof:
        if last == 0:
            return False
        if number & 1 or number == last:
            found = node_hash(sibling, found)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            found = node_hash(found, sibling)
        number, last = number >> 1, last >> 1
    return last == 0 and found == expected


def consistency_proof(leaf_hashes: Sequence[bytes], size: int) -> tuple[bytes, ...]:
    """PROOF(size, leaves): that the tree of the first `size` leaves is the beginning of this one."""
    if not 0 < size <= len(leaf_hashes):
        raise ValueError("no such earlier tree")
    return _subproof(leaf_hashes, size, whole=True)


def _subproof(leaf_hashes: Sequence[bytes], size: int, whole: bool) -> tuple[bytes, ...]:
    if size == len(leaf_hashes):
        return () if whole else (root(leaf_hashes),)
    k = _split(len(leaf_hashes))
    if size <= k:
        return (*_subproof(leaf_hashes[:k], size, whole), root(leaf_hashes[k:]))
    return (*_subproof(leaf_hashes[k:], size - k, whole=False), root(leaf_hashes[:k]))


def verify_consistency(old_size: int, new_size: int, proof: Sequence[bytes], old_root: bytes, new_root: bytes) -> bool:
    """Whether the tree (old_size, old_root) is the beginning of (new_size, new_root) (RFC 9162, 2.1.4.2)."""
    if not 0 < old_size <= new_size:
        return False
    if old_size == new_size:
        return not proof and old_root == new_root
    path = list(proof) if old_size & (old_size - 1) else [old_root, *proof]
    return bool(path) and _fold(old_size - 1, new_size - 1, path) == (old_root, new_root)


def _fold(number: int, last: int, path: list[bytes]) -> tuple[bytes, bytes] | None:
    while number & 1:
        number, last = number >> 1, last >> 1
    old = new = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if number & 1 or number == last:
            old, new = node_hash(sibling, old), node_hash(sibling, new)
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            new = node_hash(new, sibling)
        number, last = number >> 1, last >> 1
    return (old, new) if last == 0 else None


def _split(size: int) -> int:
    """The largest power of two below `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _checked(leaf: bytes) -> bytes:
    if len(leaf) != 32:
        raise ValueError("a leaf hash has 32 bytes")
    return leaf
