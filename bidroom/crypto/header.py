"""The sealed header: its strict parser, and its structure against the terms it was sealed to."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from bidroom.crypto.canonical import digest_of, parse_canonical
from bidroom.crypto.context import PIECE_SIZE, SUITE, Context
from bidroom.crypto.frames import is_sealed_length
from bidroom.crypto.policy import BIDDER, MOST_BIDDER_KEYS, Terms
from bidroom.crypto.shape import Place
from bidroom.crypto.slots import count_of, pieces_of_holder
from bidroom.facts import Refused

HEADER_LIMIT = 1 << 20
MALFORMED = "header_malformed"
SLOT_ORDER = (BIDDER, "tenderee", "gate", "committee")
ENCAPSULATED = 65
TAG = 16
ONE_PIECE = 2 + PIECE_SIZE
"""Bytes of one piece inside a stanza: j u16 ‖ p_j."""


@dataclass(frozen=True, slots=True)
class Stanza:
    """One holder's pieces, wrapped: `key` is H(SPKI) in hex, `ct` enc (65 bytes) ‖ ciphertext."""

    slot: str
    index: int
    key: str
    ct: bytes


@dataclass(frozen=True, slots=True)
class Part:
    """One encrypted part: its id, its length in bytes, the root over its segments in hex."""

    id: int
    length: int
    root: str


@dataclass(frozen=True, slots=True)
class Header:
    """A sealed header; `data` its exact bytes, `digest` the bid's name; ids and digests in hex."""

    data: bytes
    digest: str
    v: int
    suite: int
    terms: str
    tender: str
    lot: int
    bidder: str
    bid: str
    supersedes: str | None
    pieces: tuple[bytes, ...]
    kc: bytes
    stanzas: tuple[Stanza, ...]
    parts: tuple[Part, ...]

    @property
    def context(self) -> Context:
        """What this header says it is bound to."""
        terms, tender, bidder, bid = map(bytes.fromhex, (self.terms, self.tender, self.bidder, self.bid))
        return Context(terms=terms, tender=tender, lot=self.lot, certificate=bidder, bid=bid)


def parse_header(data: bytes) -> Header:
    """The header in `data`; Refused("header_malformed") names the field and the cause."""
    at = Place(parse_canonical(data, HEADER_LIMIT, MALFORMED), MALFORMED).members(
        "v", "suite", "terms", "tender", "lot", "bidder", "bid", "supersedes", "pieces", "kc", "stanzas", "parts"
    )
    return Header(
        data=data,
        digest=digest_of("bid", data),
        v=at["v"].one_of(1),
        suite=at["suite"].one_of(SUITE),
        terms=at["terms"].hexed(32),
        tender=at["tender"].hexed(16),
        lot=at["lot"].integer(1, 0xFFFF),
        bidder=at["bidder"].hexed(32),
        bid=at["bid"].hexed(16),
        supersedes=None if at["supersedes"].value is None else at["supersedes"].hexed(32),
        pieces=tuple(bytes.fromhex(place.hexed(32)) for place in at["pieces"].items(1, 200)),
        kc=bytes.fromhex(at["kc"].hexed(32)),
        stanzas=_stanzas(at["stanzas"]),
        parts=tuple(_part(place, number) for number, place in enumerate(at["parts"].items(2, 2))),
    )


def _stanzas(at: Place) -> tuple[Stanza, ...]:
    stanzas: list[Stanza] = []
    for place in at.items(2, 50):
        stanza = _stanza(place)
        if stanzas and _rank(stanzas[-1]) >= _rank(stanza):
            raise place.refused("out_of_order")
        stanzas.append(stanza)
    return tuple(stanzas)


def _rank(stanza: Stanza) -> tuple[int, int]:
    return SLOT_ORDER.index(stanza.slot), stanza.index


def _stanza(at: Place) -> Stanza:
    has = at.members("slot", "index", "key", "ct")
    return Stanza(
        slot=has["slot"].one_of(*SLOT_ORDER),
        index=has["index"].integer(0, 0xFFFF),
        key=has["key"].hexed(32),
        ct=_wrapped(has["ct"]),
    )


def _wrapped(at: Place) -> bytes:
    try:
        ct = base64.b64decode(at.value, validate=True) if isinstance(at.value, str) else b""
    except (binascii.Error, ValueError):
        raise at.refused("not_base64") from None
    if not ct or base64.b64encode(ct).decode() != at.value:
        raise at.refused("not_base64")
    if len(ct) < stanza_length(1) or (len(ct) - stanza_length(0)) % ONE_PIECE or ct[0] != 4:
        raise at.refused("wrong_length")
    return ct


def stanza_length(pieces: int) -> int:
    """Bytes of a stanza that wraps so many pieces."""
    return ENCAPSULATED + pieces * ONE_PIECE + TAG


def _part(at: Place, number: int) -> Part:
    has = at.members("id", "length", "root")
    length = has["length"].integer(1)
    if not is_sealed_length(number, length):
        raise has["length"].refused("not_padded")
    return Part(has["id"].one_of(number), length, has["root"].hexed(32))


def check_header(header: Header, terms: Terms, certificate: bytes | None = None) -> None:
    """That `header` is sealed to these terms and their keys, and by `certificate` (DER) where that is given.

    Refused: sealed_to_other_tender, sealed_to_other_terms, sealed_to_other_keys, header_malformed,
    signed_by_another_certificate; the field says where.
    """
    if header.tender != terms.tender:
        raise Refused("sealed_to_other_tender", field="tender")
    if header.terms != terms.digest.hex():
        raise Refused("sealed_to_other_terms", field="terms")
    if all(lot.no != header.lot for lot in terms.lots):
        raise Refused(MALFORMED, field="lot", cause="unknown")
    if certificate is not None and hashlib.sha256(certificate).hexdigest() != header.bidder:
        raise Refused("signed_by_another_certificate", field="bidder")
    if len(header.pieces) != count_of(terms.slots):
        raise Refused(MALFORMED, field="pieces", cause="wrong_count")
    _check_stanzas(header, terms)


def _check_stanzas(header: Header, terms: Terms) -> None:
    expected = list(_expected(header, terms))
    for number, stanza in enumerate(header.stanzas):
        path = f"stanzas[{number}]"
        if number >= len(expected) or (stanza.slot, stanza.index) != expected[number][:2]:
            raise Refused(MALFORMED, field=path, cause="not_of_the_terms")
        _, _, key, length = expected[number]
        if key is not None and stanza.key != key:
            raise Refused("sealed_to_other_keys", field=f"{path}.key", slot=stanza.slot)
        if len(stanza.ct) != length:
            raise Refused(MALFORMED, field=f"{path}.ct", cause="wrong_length")
    if len(header.stanzas) < len(expected):
        raise Refused(MALFORMED, field="stanzas", cause="wrong_count")


def _expected(header: Header, terms: Terms) -> Iterator[tuple[str, int, str | None, int]]:
    """Slot, index, key (None where the bidder chooses it) and length of every stanza, in order."""
    for slot in terms.slots:
        if slot.name == BIDDER:
            for index in range(_bidder_keys(header)):
                yield BIDDER, index, None, stanza_length(1)
        for index, holder in enumerate(slot.holders):
            pieces = pieces_of_holder(terms.slots, slot.name, index)
            yield slot.name, index, holder.key_digest.hex(), stanza_length(len(pieces))


def _bidder_keys(header: Header) -> int:
    """How many keys the bidder gave, 1 to 8, no key twice."""
    keys = [stanza.key for stanza in header.stanzas if stanza.slot == BIDDER]
    if not 1 <= len(keys) <= MOST_BIDDER_KEYS:
        raise Refused(MALFORMED, field="stanzas", cause="wrong_count")
    if len(set(keys)) != len(keys):
        raise Refused(MALFORMED, field="stanzas", cause="key_held_twice")
    return len(keys)


def check_part(header: Header, part: int, length: int, root: bytes) -> None:
    """That a stored part is the one the header names; Refused("part_does_not_match") with the field."""
    named = header.parts[part]
    if named.length != length:
        raise Refused("part_does_not_match", field=f"parts[{part}].length")
    if named.root != root.hex():
        raise Refused("part_does_not_match", field=f"parts[{part}].root")
