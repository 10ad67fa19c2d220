"""Sharing by replication: any k have it all, k − 1 never do."""

from __future__ import annotations

from itertools import combinations
from math import comb

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from bidroom.crypto.slots import Holder, Slot, count_of, load_spki, pieces_of_holder, pieces_of_slot, spki_of
from bidroom.facts import Refused
from tests.vectors import actors, reference


@given(st.integers(1, 7).flatmap(lambda n: st.tuples(st.just(n), st.integers(1, n))))
def test_k_of_n(numbers: tuple[int, int]) -> None:
    n, k = numbers
    holders = tuple(Holder("", "", bytes([member])) for member in range(n))
    slots = (Slot("bidder", 1, ()), Slot("committee", k, holders))
    everything = set(pieces_of_slot(slots, "committee"))
    assert count_of(slots) == 1 + comb(n, k - 1)
    assert everything == set(range(1, count_of(slots)))
    held = [set(pieces_of_holder(slots, "committee", member)) for member in range(n)]
    for some in combinations(held, k):
        assert set().union(*some) == everything
    for few in combinations(held, k - 1):
        assert set().union(*few) != everything


def test_a_key_is_its_91_bytes() -> None:
    data = reference.spki(actors.BIDDER)
    assert spki_of(load_spki(data)) == data
    assert len(data) == 91


def test_other_encodings_of_a_key_are_refused() -> None:
    compressed = bytes.fromhex(
        "3039301306072a8648ce3d020106082a8648ce3d030107032200"
    ) + actors.BIDDER.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)
    p384 = ec.derive_private_key(5, ec.SECP384R1()).public_key()
    other = p384.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    for data in (compressed, other, reference.spki(actors.BIDDER) + b"\0", b""):
        with pytest.raises(Refused, match="key_not_p256"):
            load_spki(data)
    with pytest.raises(Refused, match="key_not_p256"):
        spki_of(p384)
