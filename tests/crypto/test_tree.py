"""Trees against another implementation, and against themselves."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pymerkle import InmemoryTree

from bidroom.crypto import tree

LEAVES = st.lists(st.binary(max_size=8), min_size=1, max_size=40)


@given(LEAVES)
def test_as_pymerkle_has_it(leaves: list[bytes]) -> None:
    other = InmemoryTree(algorithm="sha256")
    for leaf in leaves:
        other.append_entry(leaf)
    hashes = [tree.leaf_hash(leaf) for leaf in leaves]
    assert tree.mth(leaves) == tree.root(hashes) == other.get_root()
    for n in range(len(leaves)):
        assert list(tree.inclusion_proof(hashes, n)) == other.prove_inclusion(n + 1).path[1:]
        proof = tree.consistency_proof(hashes, n + 1)
        assert tree.verify_consistency(n + 1, len(leaves), proof, other.get_root(n + 1), other.get_root())


@given(LEAVES)
def test_a_frontier_grows_as_the_tree_does(leaves: list[bytes]) -> None:
    frontier = tree.Frontier()
    for n, leaf in enumerate(leaves, start=1):
        frontier = frontier.append(tree.leaf_hash(leaf))
        assert (frontier.size, frontier.root) == (n, tree.mth(leaves[:n]))
        assert tree.Frontier(frontier.size, frontier.hashes) == frontier
        assert len(frontier.hashes) == n.bit_count()


@given(LEAVES, st.data())
def test_a_proof_holds_for_its_own_leaf_alone(leaves: list[bytes], data: st.DataObject) -> None:
    hashes = [tree.leaf_hash(leaf) for leaf in leaves]
    n = data.draw(st.integers(0, len(leaves) - 1))
    proof, root = tree.inclusion_proof(hashes, n), tree.root(hashes)
    other = data.draw(st.binary(max_size=8).filter(lambda leaf: leaf != leaves[n]))
    assert tree.verify_inclusion(hashes[n], n, len(leaves), proof, root)
    assert not tree.verify_inclusion(tree.leaf_hash(other), n, len(leaves), proof, root)


@given(LEAVES, LEAVES)
def test_a_tree_that_was_changed_is_no_beginning(old: list[bytes], more: list[bytes]) -> None:
    hashes = [tree.leaf_hash(leaf) for leaf in old + more]
    proof, root = tree.consistency_proof(hashes, len(old)), tree.root(hashes)
    changed = tree.mth([*old[:-1], old[-1] + b"!"])
    assert tree.verify_consistency(len(old), len(hashes), proof, tree.mth(old), root)
    assert not tree.verify_consistency(len(old), len(hashes), proof, changed, root)


def test_nothing_is_the_hash_of_nothing() -> None:
    assert tree.root([]) == tree.Frontier().root == hashlib.sha256(b"").digest()


def test_the_final_root_is_over_sorted_bids() -> None:
    bids = [(2, "aa" * 32), (1, "bb" * 32), (1, "aa" * 32)]
    leaves = [b"\0\1" + b"\xaa" * 32, b"\0\1" + b"\xbb" * 32, b"\0\2" + b"\xaa" * 32]
    assert tree.final_root(bids) == tree.final_root(reversed(bids)) == tree.mth(leaves)


@pytest.mark.parametrize("sizes", [[10, 10], [0], [tree.SEGMENT, 0], [tree.SEGMENT + 1]])
def test_segments_cut_otherwise(sizes: list[int]) -> None:
    with pytest.raises(ValueError, match="segments"):
        tree.segment_root(bytes(size) for size in sizes)


@given(st.lists(st.integers(0, 1_500_000), max_size=4))
def test_segments_of_any_blocks(sizes: list[int]) -> None:
    blocks = [bytes([n]) * size for n, size in enumerate(sizes)]
    segments = list(tree.segments_of(blocks))
    assert b"".join(segments) == b"".join(blocks)
    assert all(len(segment) == tree.SEGMENT for segment in segments[:-1])
    assert tree.segment_root(segments) == tree.mth(segments)


def test_what_is_no_hash_or_no_place() -> None:
    for wrong in (
        lambda: tree.root([b"short"]),
        lambda: tree.inclusion_proof([], 0),
        lambda: tree.consistency_proof([bytes(32)], 0),
        lambda: tree.consistency_proof([bytes(32)], 2),
    ):
        with pytest.raises(ValueError, match="hash|leaf|tree"):
            wrong()
