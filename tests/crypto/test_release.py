"""Unwrapping and combining, beside what the vectors say."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bidroom.crypto import release
from bidroom.crypto.envelope import new_stanza, parse_header
from bidroom.crypto.policy import parse_terms
from bidroom.facts import Refused
from tests.vectors import actors, reference

TERMS = parse_terms(reference.json_bytes(actors.terms()))
HEADER = parse_header(actors.BID.data())


def test_the_stanzas_of_a_key() -> None:
    found = release.find_stanzas(HEADER, reference.spki(actors.BIDDER_TWO))
    assert [(stanza.slot, stanza.index) for stanza in found] == [("bidder", 1)]
    assert release.find_stanzas(HEADER, reference.spki(actors.RIVAL)) == ()


def test_a_key_that_opens_nothing_is_named() -> None:
    with pytest.raises(Refused) as refused:
        release.unwrap_own(HEADER, TERMS, "bidder", actors.RIVAL, serial="00ab")
    assert (refused.value.reason, refused.value.details) == ("key_opens_no_stanza", {"serial": "00ab"})
    with pytest.raises(Refused, match="key_opens_no_stanza"):
        release.unwrap_own(HEADER, TERMS, "tenderee", actors.BIDDER)


def test_the_pieces_of_a_slot() -> None:
    assert release.pieces_of_slot(TERMS, "bidder") == (0,)
    assert release.pieces_of_slot(TERMS, "tenderee") == (1,)
    assert release.pieces_of_holder(TERMS, "tenderee", 1) == (1,)
    for find in (release.pieces_of_slot(TERMS, "tenderee"), release.pieces_of_holder(TERMS, "tenderee", 0)):
        assert find == (1,)
    with pytest.raises(Refused, match="slot_unknown"):
        release.pieces_of_slot(TERMS, "gate")


def test_a_kit_repairs_a_stanza() -> None:
    fresh = new_stanza(actors.BID.B, "tenderee", 0, reference.spki(actors.TENDEREE), {1: actors.BID.pieces[1]})
    old = HEADER.stanzas[2]
    assert (fresh.slot, fresh.index, fresh.key, len(fresh.ct)) == (old.slot, old.index, old.key, len(old.ct))
    assert fresh.ct != old.ct


@given(st.dictionaries(st.integers(-2, 300), st.binary(max_size=40), max_size=5))
def test_no_made_up_piece_matches(pieces: dict[int, bytes]) -> None:
    if pieces:
        with pytest.raises(Refused, match="piece_does_not_match"):
            release.check_pieces(HEADER, pieces)
    with pytest.raises(Refused):
        release.combine(HEADER, pieces)


@pytest.mark.parametrize("numbers", [(1, 0), (1, 1)])
def test_a_stanza_lists_its_pieces_ascending(numbers: tuple[int, int]) -> None:
    plain = b"".join(j.to_bytes(2, "big") + actors.BID.pieces[j] for j in numbers)
    info = reference.stanza_info(actors.BID.B, "bidder", 0, reference.spki(actors.BIDDER))
    ct = reference.hpke_seal(actors.BIDDER, 7, info, plain)
    own = actors.BID.header["stanzas"]
    stanzas = [own[0] | {"ct": base64.b64encode(ct).decode()}, *own[1:]]
    with pytest.raises(Refused, match="share_damaged") as refused:
        release.unwrap(parse_header(actors.BID.data(stanzas=stanzas)), "bidder", 0, actors.BIDDER)
    assert refused.value.details["cause"] == "other_pieces"
