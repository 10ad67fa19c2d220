"""Vectors of what is encrypted: payloads and frames, stanzas, and putting a key together."""

from __future__ import annotations

import base64
from typing import Any

from tests.vectors import reference as ref
from tests.vectors.actors import (
    BID,
    BIDDER,
    BIDDER_TWO,
    COMMITTEE_BID,
    DOCUMENTS,
    RIVAL,
    RIVAL_CERTIFICATE,
    RIVALS_BID,
    TENDEREE,
    TENDEREE_TWO,
    Bid,
    terms,
)
from tests.vectors.documents import refuse

Cases = list[dict[str, Any]]
HEAD, CHUNK = 56, 16400
FOREIGN = Bid("a bid of another tender", terms=terms(tender=ref.chance("another tender", 16).hex()))
"""Sealed for the same people, by the same bidder, under another tender."""


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


# --- payloads ---------------------------------------------------------------------------------------------------------


def payloads() -> Cases:
    return [*_whole(), *_damaged(), *_bound(), *_framed()]


def _payload(name: str, bid: Bid, i: int, **more: Any) -> dict[str, Any]:
    key = ref.part_key(bid.K, i)
    return {"name": name, "part": i, "key": key.hex(), "B": bid.B.hex(), **more}


def _whole() -> Cases:
    documents = _payload("documents of three chunks", BID, 1, cipher="documents")
    form = _payload("a bid form", BID, 0, cipher="form")
    empty = _payload("no documents", COMMITTEE_BID, 1, base64=b64(COMMITTEE_BID.parts[1]))
    return [
        documents | {"accept": {"length": len(DOCUMENTS), "sha256": ref.sha256(DOCUMENTS).hex()}},
        form | {"accept": {"length": len(BID.form), "sha256": ref.sha256(BID.form).hex()}},
        empty | {"accept": {"length": 0, "sha256": ref.sha256(b"").hex()}},
    ]


def files() -> dict[str, str]:
    """The two long ciphertexts, which cases refer to by name and change by an edit."""
    return {"documents": b64(BID.parts[1]), "form": b64(BID.parts[0])}


def _damaged() -> Cases:
    """`edit` is what to do to the named ciphertext; `chunk` is where the product must say it broke."""
    size = len(BID.parts[1])
    last = size - HEAD - 2 * CHUNK
    edits: list[tuple[str, dict[str, Any], int | str, str]] = [
        ("a bit of the salt", {"flip": 3}, "commitment", "flipped bit"),
        ("a bit of the commitment", {"flip": 40}, "commitment", "flipped bit"),
        ("a bit of the first chunk", {"flip": HEAD + 100}, 0, "flipped bit"),
        ("a bit of the second chunk", {"flip": HEAD + CHUNK + 1}, 1, "flipped bit"),
        ("a bit of the second chunk's tag", {"flip": HEAD + 2 * CHUNK - 1}, 1, "flipped bit"),
        ("a bit of the last chunk", {"flip": size - 1}, 2, "flipped bit"),
        ("truncated at the first chunk", {"keep": HEAD + CHUNK}, 1, "truncated at a chunk"),
        ("last chunk dropped", {"keep": HEAD + 2 * CHUNK}, 2, "last chunk dropped"),
        ("truncated within a chunk", {"keep": HEAD + CHUNK + 5}, 1, "truncated at a chunk"),
        ("nothing but salt and commitment", {"keep": HEAD}, 0, "truncated at a chunk"),
        ("less than salt and commitment", {"keep": HEAD - 1}, "commitment", "truncated at a chunk"),
        ("nothing at all", {"keep": 0}, "commitment", "truncated at a chunk"),
        ("chunks swapped", {"swap": [HEAD, HEAD + CHUNK, CHUNK]}, 0, "chunks swapped"),
        ("one byte after it", {"append": "00"}, 2, "trailing bytes"),
        ("its last chunk once more", {"repeat": [size - last, last]}, 2, "trailing bytes"),
    ]
    return [
        _payload(name, BID, 1, cipher="documents", edit=edit) | _broken(place) | {"must_fail": must_fail}
        for name, edit, place, must_fail in edits
    ]


def _broken(place: int | str) -> dict[str, Any]:
    field, chunk = (f"chunks[{place}]", place) if isinstance(place, int) else (place, 0)
    return {"refuse": refuse("payload_damaged", field, chunk=chunk)}


def _bound() -> Cases:
    """The same ciphertext under a context that is not its own."""
    header, other = BID.header, ref.sha256(b"other").hex()
    bindings: dict[str, dict[str, Any]] = {
        "rival's bid under another certificate": {"bidder": ref.sha256(RIVAL_CERTIFICATE).hex()},
        "other terms": {"terms": other},
        "other lot": {"lot": 2},
        "other bid id": {"bid": other[:32]},
    }
    cases = [
        _payload(name, BID, 1, cipher="documents")
        | {"B": _b(header | change).hex(), "must_fail": name}
        | _broken("commitment")
        for name, change in bindings.items()
    ]
    keys = [ref.part_key(BID.K, i).hex() for i in (0, 1)]
    swapped = _payload("part 1 as part 0", BID, 0, cipher="documents")
    stolen = _payload("part 1 as part 0 under part 1's key", BID, 0, cipher="documents") | {"key": keys[1]}
    another = _payload("under another key", BID, 1, cipher="documents") | {"key": ref.chance("another key").hex()}
    return [
        *cases,
        swapped | {"must_fail": "parts swapped"} | _broken("commitment"),
        stolen | {"must_fail": "parts swapped"} | _broken("commitment"),
        another | {"must_fail": "one ciphertext made for two keys"} | _broken("commitment"),
    ]


def _b(header: dict[str, Any]) -> bytes:
    values = (bytes.fromhex(header[name]) for name in ("terms", "tender", "bidder", "bid"))
    terms_digest, tender, bidder, bid = values
    return ref.context(terms_digest, tender, header["lot"], bidder, bid)


def _framed() -> Cases:
    """Rightly encrypted frames that are wrong inside."""
    good, zeros = ref.frame(1, BID.B, b"abc"), bytes
    assert len(good) == 52
    frames = {
        "another magic": (b"bidroom2" + good[8:], "magic"),
        "another bid's context": (good[:8] + RIVALS_BID.B + good[40:], "context"),
        "padding that is not zero": (good[:-1] + b"\1", "padding"),
        "padding too long": (good + zeros(4), "padding"),
        "padding too long by a chunk": (good + zeros(16384), "padding"),
        "no padding": (good[:51], "padding"),
        "a length beyond the end": (good[:40] + (5).to_bytes(8, "big") + good[48:], "length"),
        "a length beyond all": (good[:40] + b"\xff" * 8 + good[48:], "length"),
        "a length too small": (good[:40] + (2).to_bytes(8, "big") + good[48:], "padding"),
        "half a head": (good[:30], "length"),
        "an empty frame": (b"", "length"),
    }
    cases = [
        _payload(f"frame: {name}", BID, 1, base64=b64(BID.sealed(1, b"", frame)))
        | {"refuse": refuse("frame_malformed", field)}
        for name, (frame, field) in frames.items()
    ]
    short = BID.sealed(0, b"", ref.frame(1, BID.B, b"{}"))
    form = _payload("frame: a bid form padded as documents are", BID, 0, base64=b64(short))
    return [*cases, form | {"refuse": refuse("frame_malformed", "padding")}]


# --- stanzas ----------------------------------------------------------------------------------------------------------

SCALARS = {
    "bidder": BIDDER,
    "bidder's second key": BIDDER_TWO,
    "tenderee": TENDEREE,
    "tenderee's second key": TENDEREE_TWO,
    "rival": RIVAL,
}


def scalars() -> dict[str, str]:
    """The private scalars that stanza cases name. They are for these vectors alone and protect nothing."""
    return {name: f"{key.private_numbers().private_value:064x}" for name, key in SCALARS.items()}


def _stanza(name: str, stanzas: list[dict[str, Any]], slot: str, index: int, key: str, **more: Any) -> dict[str, Any]:
    return {
        "name": name,
        "header": BID.data(stanzas=stanzas).decode(),
        "slot": slot,
        "index": index,
        "key": key,
        **more,
    }


def stanzas() -> Cases:
    own = BID.header["stanzas"]
    accepted = [
        _stanza(f"{slot} {index}", own, slot, index, key, accept={"pieces": {str(j): BID.pieces[j].hex()}})
        for slot, index, key, j in (
            ("bidder", 0, "bidder", 0),
            ("bidder", 1, "bidder's second key", 0),
            ("tenderee", 0, "tenderee", 1),
            ("tenderee", 1, "tenderee's second key", 1),
        )
    ]
    return [*accepted, *_damaged_stanzas(own), *_other_contents(own)]


def _damaged_stanzas(own: list[dict[str, Any]]) -> Cases:
    def damaged(n: int) -> dict[str, Any]:
        return refuse("share_damaged", f"stanzas[{n}].ct")

    swapped = [own[0] | {"ct": own[1]["ct"]}, own[1] | {"ct": own[0]["ct"]}, *own[2:]]
    across = [*own[:2], own[2] | {"ct": own[0]["ct"]}, own[3]]
    foreign = [*own[:2], own[2] | {"ct": FOREIGN.header["stanzas"][2]["ct"]}, own[3]]
    moved = [own[0] | {"key": own[1]["key"]}, own[1] | {"key": own[0]["key"]}, *own[2:]]
    raw = bytearray(base64.b64decode(own[2]["ct"]))
    raw[-1] ^= 1
    flipped = [*own[:2], own[2] | {"ct": b64(bytes(raw))}, own[3]]
    no_point = [*own[:2], own[2] | {"ct": b64(b"\4" + bytes(64) + bytes(raw[65:]))}, own[3]]
    return [
        _stanza(
            "swapped with the second key's",
            swapped,
            "bidder",
            0,
            "bidder",
            refuse=damaged(0),
            must_fail="stanzas swapped",
        ),
        _stanza(
            "swapped across slots", across, "tenderee", 0, "tenderee", refuse=damaged(2), must_fail="stanzas swapped"
        ),
        _stanza("at another index", moved, "bidder", 1, "bidder", refuse=damaged(1), must_fail="stanzas swapped"),
        _stanza(
            "of another tender",
            foreign,
            "tenderee",
            0,
            "tenderee",
            refuse=damaged(2),
            must_fail="a stanza of another tender fed to a holder",
        ),
        _stanza("flipped bit", flipped, "tenderee", 0, "tenderee", refuse=damaged(2)),
        _stanza("a point beside the curve", no_point, "tenderee", 0, "tenderee", refuse=damaged(2)),
        _stanza("another's key", own, "tenderee", 0, "rival", refuse=refuse("key_opens_no_stanza")),
        _stanza("a stanza that is not there", own, "gate", 0, "rival", refuse=refuse("key_opens_no_stanza")),
    ]


def _other_contents(own: list[dict[str, Any]]) -> Cases:
    """Rightly wrapped, wrong inside: what a bidder could do to a holder on purpose."""

    def wrapped(pieces: dict[int, bytes]) -> list[dict[str, Any]]:
        return [*own[:2], BID.stanza("tenderee", 0, TENDEREE, (), pieces), own[3]]

    other = ref.chance("not the committed piece")
    wrong = refuse("piece_does_not_match", "pieces[1]", j=1)
    others = refuse("share_damaged", "stanzas[2].ct", cause="other_pieces")
    return [
        _stanza("another piece", wrapped({1: other}), "tenderee", 0, "tenderee", refuse=wrong, must_fail="wrong piece"),
        _stanza(
            "the other slot's piece",
            wrapped({0: BID.pieces[0]}),
            "tenderee",
            0,
            "tenderee",
            expected=[1],
            refuse=others,
        ),
        _stanza(
            "both pieces",
            wrapped({0: BID.pieces[0], 1: BID.pieces[1]}),
            "tenderee",
            0,
            "tenderee",
            expected=[1],
            refuse=others,
        ),
        _stanza(
            "a piece of no number",
            wrapped({7: other}),
            "tenderee",
            0,
            "tenderee",
            refuse=refuse("piece_does_not_match", "pieces[7]", j=7),
        ),
    ]


# --- the key ----------------------------------------------------------------------------------------------------------


def releases() -> Cases:
    pieces = {str(j): piece.hex() for j, piece in enumerate(BID.pieces)}
    many = {str(j): piece.hex() for j, piece in enumerate(COMMITTEE_BID.pieces)}
    other = ref.chance("another piece").hex()
    anew = RIVALS_BID.header | {"pieces": BID.header["pieces"]}
    return [
        _release("all pieces", BID.header, pieces, accept={"K": BID.K.hex()}),
        _release("all pieces, committee", COMMITTEE_BID.header, many, accept={"K": COMMITTEE_BID.K.hex()}),
        _release("wrong piece", BID.header, pieces | {"1": other}, refuse=_mismatch(1), must_fail="wrong piece"),
        _release(
            "pieces exchanged",
            BID.header,
            {"0": pieces["1"], "1": pieces["0"]},
            refuse=_mismatch(0),
            must_fail="wrong piece",
        ),
        _release(
            "a piece too short",
            BID.header,
            pieces | {"0": pieces["0"][:-2]},
            refuse=_mismatch(0),
            must_fail="wrong piece",
        ),
        _release("slot missing", BID.header, {"0": pieces["0"]}, refuse=_missing(1), must_fail="slot missing"),
        _release(
            "too few committee members",
            COMMITTEE_BID.header,
            {j: many[j] for j in "023"},
            refuse=_missing(1),
            must_fail="too few committee members",
        ),
        _release(
            "inconsistent committee pieces",
            COMMITTEE_BID.header,
            many | {"2": other},
            refuse=_mismatch(2),
            must_fail="inconsistent committee pieces",
        ),
        _release(
            "wrong kc",
            BID.header | {"kc": "00" * 32},
            pieces,
            refuse=refuse("key_commitment_wrong", "kc"),
            must_fail="wrong kc",
        ),
        _release(
            "released pieces under a rival's header",
            anew,
            pieces,
            refuse=_mismatch(0),
            must_fail="released pieces committed anew by a rival",
        ),
        _recommitted(pieces),
        _release(
            "stripped and signed anew",
            BID.header | {"bidder": ref.sha256(RIVAL_CERTIFICATE).hex()},
            pieces,
            refuse=_mismatch(0),
            must_fail="stripped and signed anew",
        ),
    ]


def _recommitted(pieces: dict[str, str]) -> dict[str, Any]:
    """A rival commits released pieces under its own context: its kc would have to be of a key that opens nothing."""
    B = RIVALS_BID.B
    anew = [ref.commitment(B, j, piece).hex() for j, piece in enumerate(BID.pieces)]
    header = RIVALS_BID.header | {"pieces": anew, "kc": BID.header["kc"], "parts": BID.header["parts"]}
    return _release(
        "released pieces committed anew by a rival",
        header,
        pieces,
        refuse=refuse("key_commitment_wrong", "kc"),
        must_fail="released pieces committed anew by a rival",
    )


def _release(name: str, header: dict[str, Any], pieces: dict[str, str], **more: Any) -> dict[str, Any]:
    return {"name": name, "header": ref.json_bytes(header).decode(), "pieces": pieces, **more}


def _mismatch(j: int) -> dict[str, Any]:
    return refuse("piece_does_not_match", f"pieces[{j}]", j=j)


def _missing(j: int) -> dict[str, Any]:
    return refuse("piece_missing", f"pieces[{j}]", j=j)


def parts() -> Cases:
    """Stored parts against the header that names them."""
    own = BID.header["parts"]
    must_fail = "another part's length or root"
    base = {"header": BID.data().decode()}
    return [
        *(
            {"name": f"part {i}", **base, "part": i, "length": own[i]["length"], "root": own[i]["root"], "accept": {}}
            for i in (0, 1)
        ),
        {
            "name": "another part's length",
            **base,
            "part": 1,
            "length": own[0]["length"],
            "root": own[1]["root"],
            "refuse": refuse("part_does_not_match", "parts[1].length"),
            "must_fail": must_fail,
        },
        {
            "name": "another part's root",
            **base,
            "part": 1,
            "length": own[1]["length"],
            "root": own[0]["root"],
            "refuse": refuse("part_does_not_match", "parts[1].root"),
            "must_fail": must_fail,
        },
    ]
