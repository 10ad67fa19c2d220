"""A tender's cast for the browser's side: certificates as .p12 files, a signed notice, what a client trusts."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from bidroom.crypto.canonical import canonical, sha256_hex
from bidroom.crypto.certificates import Trust, spki
from bidroom.crypto.policy import Terms, parse_terms
from bidroom.crypto.signatures import Key, sign
from bidroom.crypto.testca import TestCa, to_p12

AT = datetime(2026, 9, 1, 9, tzinfo=UTC)
PASSPHRASE = "开标 2026"
TENDER = "0f" * 16
PEOPLE = {
    "bidder": ("华东云岭建设集团有限公司", "913300001234567890", "ec"),
    "rsa": ("甬江建设有限公司", "913300001234567891", "rsa"),
    "tenderee": ("城东水务集团有限公司", "913300001234567892", "ec"),
    "host": ("浙江信诚工程咨询有限公司", "913300001234567893", "ec"),
    "stranger": ("别家有限公司", "913300001234567894", "ec"),
}


@dataclass(frozen=True)
class Cast:
    """Keys and certificates by name, the terms, and the notice as `GET /tenders/<id>` answers it."""

    trust: Trust
    keys: dict[str, tuple[Key, bytes]]
    terms: Terms
    document: dict[str, Any]

    def write(self, folder: Path) -> None:
        """<name>.p12 for everybody, tender.json, trust.json, about.json."""
        for name, (key, certificate) in self.keys.items():
            (folder / f"{name}.p12").write_bytes(to_p12(key, certificate, PASSPHRASE))
        lists = {"roots": self.trust.roots, "intermediates": self.trust.intermediates, "crls": self.trust.crls}
        write(folder / "trust.json", {name: [b64(each) for each in data] for name, data in lists.items()})
        write(folder / "tender.json", self.document)
        write(folder / "about.json", {"passphrase": PASSPHRASE, "at": AT.isoformat(), "tender": TENDER})


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def write(path: Path, document: Any) -> None:
    path.write_text(json.dumps(document, ensure_ascii=False), "utf-8")


def cast(method: str = "joint") -> Cast:
    """A tender of two lots under a fresh authority."""
    ca = TestCa.create("js", AT)
    keys = {who: ca.issue_organization(name, uscc, key, at=AT) for who, (name, uscc, key) in PEOPLE.items()}
    trust = Trust((ca.certificate.public_bytes(Encoding.DER),), (), (ca.crl(AT),))
    terms = parse_terms(canonical(_terms(method, {who: certificate for who, (_, certificate) in keys.items()})))
    return Cast(trust, keys, terms, _document(terms, *keys["tenderee"]))


def _terms(method: str, certificates: dict[str, bytes]) -> dict[str, Any]:
    tenderee = {"name": "tenderee", "needed": 1, "holders": [_holder(certificates["tenderee"])]}
    committee = [_holder(certificates[who]) for who in ("tenderee", "host", "stranger")]
    others = {"joint": tenderee, "committee": {"name": "committee", "needed": 2, "holders": committee}}
    items = [{"key": "duration", "label": {"zh": "工期", "en": "Duration"}, "type": "integer", "unit": "d"}]
    lot = {"name": "土建工程", "control_price": None, "currency": "CNY", "deposit": "0.00", "form": items}
    return {
        "v": 1, "suite": 1, "tender": TENDER, "number": "A-1", "title": "二期扩建工程", "rule_pack": "cn-mandatory",
        "minimum": 3, "decryption": method, "draws": [],
        "tenderee": _party("tenderee") | {"certificate": sha256_hex(certificates["tenderee"])},
        "agent": _party("host"),
        "slots": [{"name": "bidder", "needed": 1, "holders": []}, others[method]],
        "lots": [lot | {"no": 1}, lot | {"no": 2}],
    }  # fmt: skip


def _party(who: str) -> dict[str, Any]:
    name, uscc, _ = PEOPLE[who]
    return {"organization": _organization(who), "name": name, "uscc": uscc}


def _organization(who: str) -> str:
    return sha256_hex(who.encode())[:32]


def _holder(certificate: bytes) -> dict[str, Any]:
    digest = sha256_hex(certificate)
    return {"organization": digest[:32], "certificate": digest, "key": spki(certificate).hex()}


def _document(terms: Terms, key: Key, certificate: bytes) -> dict[str, Any]:
    timeline = canonical(_timeline(terms))
    return {
        "notice": {
            "terms": b64(terms.data),
            "terms_cms": b64(sign("terms", terms.data, key, certificate, AT)),
            "timeline": b64(timeline),
            "timeline_cms": b64(sign("timeline", timeline, key, certificate, AT)),
        },
        "certificates": {sha256_hex(certificate): b64(certificate)},
    }


def _timeline(terms: Terms) -> dict[str, Any]:
    return {
        "v": 1, "tender": terms.tender, "terms": terms.digest.hex(), "version": 1, "previous": None,
        "hosts": [{"organization": _organization("host"), "name": PEOPLE["host"][0]}],
        "documents": {"from": "2026-08-28T09:00:00+08:00", "to": "2026-09-04T17:00:00+08:00"},
        "clarifications": "2026-09-05T09:00:00+08:00", "sign_in": "2026-09-18T08:00:00+08:00",
        "deadline": "2026-09-18T09:00:00+08:00",
        "windows": {"release": 1800, "closing": 1800, "last_call": 60, "confirming": 600},
        "witnesses": [], "quorum": 0,
    }  # fmt: skip
