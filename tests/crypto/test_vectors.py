"""Every vector: accepted with the values it names, or refused with the reason and at the place it names."""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from bidroom import facts
from bidroom.crypto import (
    certificates,
    checkpoint,
    context,
    frames,
    policy,
    receipt,
    recovery,
    release,
    signatures,
)
from bidroom.crypto import tree as trees
from bidroom.crypto.canonical import canonical, parse_canonical, sha256_hex
from bidroom.crypto.envelope import check_header, check_part, open_part, parse_header
from bidroom.crypto.slots import Holder, Slot, count_of, pieces_of_holder, spki_of
from bidroom.facts import Refused
from tests.vectors import generate

FOLDER = Path(__file__).parent.parent / "vectors"
Case = dict[str, Any]
CONTENTS: dict[str, Any] = {path.stem: json.loads(path.read_text("utf-8")) for path in sorted(FOLDER.glob("*.json"))}

MUST_FAIL = {
    "flipped bit", "truncated at a chunk", "last chunk dropped", "chunks swapped", "trailing bytes",
    "rival's bid under another certificate", "released pieces committed anew by a rival", "other terms", "other lot",
    "other bid id", "parts swapped", "stanzas swapped", "a stanza of another tender fed to a holder",
    "one ciphertext made for two keys", "inconsistent committee pieces", "wrong kc", "wrong piece",
    "too few committee members", "slot missing", "duplicate key", "unknown suite", "non-canonical form", "oversize",
    "another part's length or root", "stripped and signed anew", "signer's certificate not the named one", "expired",
    "revoked", "other issuer", "stale revocation list", "a login signature used as a header's",
}  # fmt: skip
"""The list of docs/seal.md as far as it is about bytes; the rest is about rules and is tested with them."""


def test_every_way_of_failing_has_a_vector() -> None:
    found = {case["must_fail"] for content in CONTENTS.values() for case in content["cases"] if "must_fail" in case}
    assert found == MUST_FAIL


def test_the_files_are_what_the_generator_writes() -> None:
    made = {name: generate.text_of(content) for name, content in generate.everything().items()}
    assert made == {path.stem: path.read_text("utf-8") for path in FOLDER.glob("*.json")}


def test_every_case_either_accepts_or_refuses() -> None:
    for name, content in CONTENTS.items():
        names = [case["name"] for case in content["cases"]]
        assert len(set(names)) == len(names), name
        assert all(("accept" in case) != ("refuse" in case) for case in content["cases"]), name


def data_of(case: Case) -> bytes:
    """The bytes of a case: text or base64, then maybe a text many times."""
    data: bytes = base64.b64decode(case["base64"]) if "base64" in case else case["text"].encode("utf-8")
    more = case.get("then", {"text": "", "times": 0})
    repeated: bytes = more["text"].encode() * more["times"]
    return data + repeated


def edited(data: bytes, edit: dict[str, Any]) -> bytes:
    """A ciphertext with one edit."""
    items: list[tuple[str, Any]] = list(edit.items()) or [("keep", len(data))]
    (name, value), *rest = items
    assert not rest
    if name == "flip":
        return data[:value] + bytes([data[value] ^ 1]) + data[value + 1 :]
    if name == "keep":
        return data[:value]
    if name == "append":
        return data + bytes.fromhex(value)
    if name == "repeat":
        start, length = value
        return data + data[start : start + length]
    assert name == "swap"
    a, b, length = value
    return data[:a] + data[b : b + length] + data[a + length : b] + data[a : a + length] + data[b + length :]


def derivations(case: Case) -> Any:
    given: dict[str, Any] = {
        name: bytes.fromhex(value) if name != "lot" else value for name, value in case["context"].items()
    }
    B = context.Context(**given).digest
    pieces = [bytes.fromhex(piece) for piece in case["pieces"]]
    K = context.content_key(B, pieces)
    return {
        "B": B.hex(),
        "commitments": [context.piece_commitment(B, j, piece).hex() for j, piece in enumerate(pieces)],
        "K": K.hex(),
        "kc": context.key_commitment(K, B).hex(),
        "part_keys": [context.part_key(K, i).hex() for i in (0, 1)],
        "payload_contexts": [context.payload_context(B, i).hex() for i in (0, 1)],
        "stanza_infos": [info_of(B, holder).hex() for holder in case["holders"]],
    }


def info_of(B: bytes, holder: dict[str, Any]) -> bytes:
    key = hashlib.sha256(bytes.fromhex(holder["key"])).digest()
    return context.stanza_info(B, holder["slot"], holder["index"], key)


def lengths(case: Case) -> Any:
    if "sealed" in case:
        assert not frames.is_sealed_length(case["part"], case["sealed"])
        raise Refused("not_padded")
    frame = frames.frame_length(case["part"], case["data"])
    assert frames.is_sealed_length(case["part"], frames.sealed_length(frame))
    return {"frame": frame, "sealed": frames.sealed_length(frame)}


def slots(case: Case) -> Any:
    holders = tuple(Holder("", "", bytes([n])) for n in range(case["holders"]))
    slot = (Slot("committee", case["needed"], holders),)
    mine = [list(pieces_of_holder(slot, "committee", n)) for n in range(case["holders"])]
    return {"pieces": count_of(slot), "holders": mine}


def tree(case: Case) -> Any:
    if "segments" in case:
        return {"root": trees.segment_root(bytes([n]) * size for n, size in enumerate(case["segments"])).hex()}
    if "leaves" in case:
        return whole_tree([trees.leaf_hash(bytes.fromhex(leaf)) for leaf in case["leaves"]])
    proof = [bytes.fromhex(node) for node in case["proof"]]
    if "leaf" in case:
        leaf, root = trees.leaf_hash(bytes.fromhex(case["leaf"])), bytes.fromhex(case["root"])
        assert not trees.verify_inclusion(leaf, case["index"], case["size"], proof, root)
    else:
        old, new = bytes.fromhex(case["old_root"]), bytes.fromhex(case["new_root"])
        assert not trees.verify_consistency(case["old_size"], case["new_size"], proof, old, new)
    raise Refused("false")


def whole_tree(leaves: list[bytes]) -> Any:
    root, size = trees.root(leaves), len(leaves)
    inclusion = [trees.inclusion_proof(leaves, n) for n in range(size)]
    consistency = [trees.consistency_proof(leaves, n) for n in range(1, size + 1)]
    for n, path in enumerate(inclusion):
        assert trees.verify_inclusion(leaves[n], n, size, path, root)
    for n, path in enumerate(consistency, start=1):
        assert trees.verify_consistency(n, size, path, trees.root(leaves[:n]), root)
    return {
        "root": root.hex(),
        "inclusion": [[node.hex() for node in path] for path in inclusion],
        "consistency": [[node.hex() for node in path] for path in consistency],
    }


def recovery_code(case: Case) -> Any:
    code = recovery.read_code(case["text"])
    key = recovery.key_of(case["text"]).public_key()
    return {"code": code.hex(), "scalar": f"{recovery.scalar_of(code):064x}", "key": spki_of(key).hex()}


def canonical_json(case: Case) -> Any:
    data = data_of(case)
    assert canonical(parse_canonical(data, 1 << 20, "vector_malformed")) == data
    return {}


def terms(case: Case) -> Any:
    return {"digest": policy.parse_terms(data_of(case)).digest.hex()}


def timeline(case: Case) -> Any:
    parsed = policy.parse_timeline(data_of(case))
    return {"digest": parsed.digest, "deadline": facts.rfc3339(parsed.deadline)}


def form(case: Case) -> Any:
    lot = policy.parse_terms(CONTENTS["forms"]["terms"].encode()).lot(case["lot"])
    return {"form": policy.check_form(data_of(case), lot)}


def header(case: Case) -> Any:
    parsed = parse_header(data_of(case))
    own = policy.parse_terms(CONTENTS["headers"]["terms"][case["terms"]].encode())
    check_header(parsed, own, base64.b64decode(case["certificate"]))
    return {"digest": parsed.digest, "B": parsed.context.digest.hex()}


def payload(case: Case) -> Any:
    named = CONTENTS["payloads"]["ciphers"].get(case.get("cipher"))
    cipher = edited(base64.b64decode(named), case.get("edit", {})) if named else data_of(case)
    key, B = bytes.fromhex(case["key"]), bytes.fromhex(case["B"])
    data = b"".join(open_part([cipher], key, B, case["part"]))
    return {"length": len(data), "sha256": sha256_hex(data)}


def stanza(case: Case) -> Any:
    value = int(CONTENTS["stanzas"]["test_only_scalars"][case["key"]], 16)
    key = ec.derive_private_key(value, ec.SECP256R1())
    expected = tuple(case["expected"]) if "expected" in case else None
    parsed = parse_header(case["header"].encode())
    pieces = release.unwrap(parsed, case["slot"], case["index"], key, expected=expected)
    return {"pieces": {str(j): piece.hex() for j, piece in pieces.items()}}


def key_release(case: Case) -> Any:
    pieces = {int(j): bytes.fromhex(piece) for j, piece in case["pieces"].items()}
    return {"K": release.combine(parse_header(case["header"].encode()), pieces).hex()}


def part(case: Case) -> Any:
    check_part(parse_header(case["header"].encode()), case["part"], case["length"], bytes.fromhex(case["root"]))
    return {}


def certificate(case: Case) -> Any:
    given = {**CONTENTS["certificates"]["trust"], **case.get("trust", {})}
    trust = certificates.Trust(**{name: tuple(map(base64.b64decode, each)) for name, each in given.items()})
    der = base64.b64decode(case["certificate"])
    holding = certificates.check_certificate(der, trust, facts.instant(case["at"]))
    return {name: getattr(holding, name) for name in case.get("accept", {})}


def signature(case: Case) -> Any:
    data, cms, der = (base64.b64decode(case[name]) for name in ("data", "cms", "certificate"))
    signatures.verify(case["kind"], data, cms, der)
    return {}


def signed_receipt(case: Case) -> Any:
    return {"body": receipt.verify_receipt(case["receipt"], case["vkey"], case["kind"])}


def note(case: Case) -> Any:
    origin, size, root = checkpoint.verify(case["note"].encode(), case["vkey"])
    return {"origin": origin, "size": size, "root": base64.b64encode(root).decode()}


READERS: dict[str, Callable[[Case], Any]] = {
    "canonical": canonical_json, "certificates": certificate, "checkpoints": note, "derivations": derivations,
    "forms": form,
    "headers": header, "lengths": lengths, "parts": part, "payloads": payload, "receipts": signed_receipt,
    "recovery": recovery_code, "releases": key_release, "signatures": signature, "slots": slots, "stanzas": stanza,
    "terms": terms, "timelines": timeline, "trees": tree,
}  # fmt: skip


def test_every_file_has_a_reader() -> None:
    assert READERS.keys() == CONTENTS.keys()


@pytest.mark.parametrize(
    ("file", "case"),
    [
        pytest.param(name, case, id=f"{name}: {case['name']}")
        for name, content in CONTENTS.items()
        for case in content["cases"]
    ],
)
def test_vector(file: str, case: Case) -> None:
    if "accept" in case:
        assert READERS[file](case) == case["accept"]
        return
    with pytest.raises(Refused) as refused:
        READERS[file](case)
    expected = dict(case["refuse"])
    assert (refused.value.reason, refused.value.field) == (expected.pop("reason"), expected.pop("field", None))
    assert {name: refused.value.details.get(name) for name in expected} == expected
