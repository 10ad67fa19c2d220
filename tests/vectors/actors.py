"""Who takes part in the vectors: keys, certificates, terms, and one whole sealed bid, all made from fixed labels.

The scalars are for these vectors alone and protect nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from tests.vectors import reference as ref

AT = datetime(2026, 9, 18, 9, 0, tzinfo=UTC)
TENDER = ref.chance("tender", 16).hex()
DAY = timedelta(days=1)
Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


def ec_key(label: str) -> ec.EllipticCurvePrivateKey:
    return ref.private(ref.scalar(label))


@cache
def rsa_key(label: str) -> rsa.RSAPrivateKey:
    """2048 bits from a label; found by search, so the same every time."""
    p, q = _prime(f"{label} p"), _prime(f"{label} q")
    d = pow(65537, -1, (p - 1) * (q - 1))
    public = rsa.RSAPublicNumbers(65537, p * q)
    crt = (rsa.rsa_crt_dmp1(d, p), rsa.rsa_crt_dmq1(d, q), rsa.rsa_crt_iqmp(p, q))
    return rsa.RSAPrivateNumbers(p, q, d, *crt, public).private_key()


def _prime(label: str) -> int:
    number = int.from_bytes(ref.chance(label, 128), "big") | 3 << 1022 | 1
    while number % 65537 == 1 or any(number % small == 0 for small in range(3, 2000, 2)) or not _is_prime(number):
        number += 2
    return number


def _is_prime(number: int) -> bool:
    """Miller and Rabin's test with twenty fixed bases: enough for a key that protects nothing."""
    odd, twos = number - 1, 0
    while odd % 2 == 0:
        odd, twos = odd // 2, twos + 1
    for base in range(2, 22):
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = pow(power, 2, number)
            if power == number - 1:
                break
        else:
            return False
    return True


def certificate(
    name: str,
    key: Key,
    issuer: str = "vectors",
    *,
    start: datetime = AT - 30 * DAY,
    end: datetime = AT + 365 * DAY,
    authority: bool = False,
    usage: tuple[str, ...] = ("digital_signature", "content_commitment", "key_agreement"),
    person: bool = False,
) -> bytes:
    """A certificate in DER whose every byte follows from the arguments."""
    names = [(NameOID.ORGANIZATION_NAME, name if not authority else "测试 TEST"), (NameOID.COMMON_NAME, name)]
    if not authority and not person:
        names.append((NameOID.SERIAL_NUMBER, uscc(name)))
    if person:
        names[0] = (NameOID.ORGANIZATION_NAME, "某公司")
    subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in names])
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(authority_name(issuer))
    builder = builder.public_key(key.public_key()).serial_number(serial(name))
    builder = builder.not_valid_before(start).not_valid_after(end)
    builder = builder.add_extension(x509.BasicConstraints(ca=authority, path_length=None), critical=True)
    wanted = ("key_cert_sign", "crl_sign") if authority else usage
    every = (
        "digital_signature",
        "content_commitment",
        "key_encipherment",
        "data_encipherment",
        "key_agreement",
        "key_cert_sign",
        "crl_sign",
        "encipher_only",
        "decipher_only",
    )
    builder = builder.add_extension(x509.KeyUsage(**{one: one in wanted for one in every}), critical=True)
    signed = builder.sign(ec_key(f"ca {issuer}"), hashes.SHA256(), ecdsa_deterministic=True)
    return signed.public_bytes(Encoding.DER)


def authority(name: str, issuer: str | None = None) -> bytes:
    return certificate(f"{name} 测试 TEST CA", ec_key(f"ca {name}"), issuer or name, authority=True)


def authority_name(name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "测试 TEST"),
            x509.NameAttribute(NameOID.COMMON_NAME, f"{name} 测试 TEST CA"),
        ]
    )


def serial(name: str) -> int:
    return int.from_bytes(ref.chance(f"serial {name}", 16), "big") >> 1


def uscc(name: str) -> str:
    number = int.from_bytes(ref.chance(f"uscc {name}", 8), "big")
    return "91330000" + f"{number % 10**10:010d}"


def crl(name: str, at: datetime, days: int = 90, revoked: tuple[str, ...] = ()) -> bytes:
    builder = x509.CertificateRevocationListBuilder().issuer_name(authority_name(name))
    builder = builder.last_update(at).next_update(at + days * DAY)
    for each in revoked:
        one = x509.RevokedCertificateBuilder().serial_number(serial(each)).revocation_date(at - DAY).build()
        builder = builder.add_revoked_certificate(one)
    signed = builder.sign(ec_key(f"ca {name}"), hashes.SHA256(), ecdsa_deterministic=True)
    return signed.public_bytes(Encoding.DER)


TENDEREE, TENDEREE_TWO = ec_key("tenderee"), ec_key("tenderee's second key")
BIDDER, BIDDER_TWO, RIVAL = ec_key("bidder"), ec_key("bidder's second key"), ec_key("rival")
BIDDER_CERTIFICATE = certificate("甲公司", BIDDER)
RIVAL_CERTIFICATE = certificate("乙公司", RIVAL)
COMMITTEE = tuple(ec_key(f"committee {n}") for n in range(3))


def holder(key: ec.EllipticCurvePrivateKey, label: str) -> dict[str, Any]:
    return {
        "organization": ref.chance(f"organization {label}", 16).hex(),
        "certificate": ref.chance(f"certificate {label}").hex(),
        "key": ref.spki(key).hex(),
    }


def terms(**changes: Any) -> dict[str, Any]:
    """The terms of the vectors' tender under `joint`."""
    duration = {"key": "duration", "label": {"zh": "工期", "en": "Duration"}, "type": "integer", "unit": "d"}
    manager = {"key": "manager", "label": {"zh": "项目经理", "en": "Project manager"}, "type": "text"}
    lots = [
        {
            "no": 1,
            "name": "土建工程",
            "control_price": "128600000.00",
            "currency": "CNY",
            "deposit": "800000.00",
            "form": [duration, manager],
        },
        {"no": 2, "name": "设备安装", "control_price": None, "currency": "CNY", "deposit": "200000", "form": []},
    ]
    party = {"organization": ref.chance("organization tenderee", 16).hex(), "name": "城东水务集团有限公司"}
    slots = [
        {"name": "bidder", "needed": 1, "holders": []},
        {"name": "tenderee", "needed": 1, "holders": [holder(TENDEREE, "tenderee"), holder(TENDEREE_TWO, "tenderee")]},
    ]
    return {
        "v": 1,
        "suite": 1,
        "tender": TENDER,
        "number": "A3301-2026-0918-001",
        "title": "城东污水处理厂二期扩建工程施工总承包",
        "rule_pack": "cn-mandatory",
        "minimum": 3,
        "decryption": "joint",
        "tenderee": {**party, "uscc": uscc("tenderee"), "certificate": ref.chance("certificate tenderee").hex()},
        "agent": {
            "organization": ref.chance("agent", 16).hex(),
            "name": "浙江信诚工程咨询有限公司",
            "uscc": uscc("agent"),
        },
        "slots": slots,
        "lots": lots,
        "draws": [],
    } | changes


def committee_terms() -> dict[str, Any]:
    """The same tender with a committee of which two of three are needed."""
    holders = [holder(key, f"committee {n}") for n, key in enumerate(COMMITTEE)]
    bidder = {"name": "bidder", "needed": 1, "holders": []}
    return terms(decryption="committee", slots=[bidder, {"name": "committee", "needed": 2, "holders": holders}])


FORM = ref.json_bytes({"price": "126480000.00", "duration": 540, "manager": "周启明"})
DOCUMENTS = ref.chance("documents", 40_000)
"""Three chunks of ciphertext."""


@dataclass
class Bid:
    """One sealed bid with everything that made it; `header` may be changed before it is used."""

    label: str
    terms: dict[str, Any] = field(default_factory=terms)
    lot: int = 1
    certificate: bytes = BIDDER_CERTIFICATE
    keys: tuple[ec.EllipticCurvePrivateKey, ...] = (BIDDER, BIDDER_TWO)
    form: bytes = FORM
    documents: bytes = DOCUMENTS
    pieces: list[bytes] = field(init=False)
    holders: list[tuple[str, int, ec.EllipticCurvePrivateKey, tuple[int, ...]]] = field(init=False)
    B: bytes = field(init=False)
    K: bytes = field(init=False)
    parts: list[bytes] = field(init=False)
    header: dict[str, Any] = field(init=False)

    def __post_init__(self) -> None:
        committee = self.terms["decryption"] == "committee"
        self.pieces = [ref.chance(f"piece {j} of {self.label}") for j in range(4 if committee else 2)]
        self.holders = [("bidder", n, key, (0,)) for n, key in enumerate(self.keys)]
        if committee:
            subsets = ((2, 3), (1, 3), (1, 2))  # each of three pieces is kept from one member
            self.holders += [("committee", n, key, subsets[n]) for n, key in enumerate(COMMITTEE)]
        else:
            self.holders += [("tenderee", n, key, (1,)) for n, key in enumerate((TENDEREE, TENDEREE_TWO))]
        self._seal(ref.chance(f"bid id of {self.label}", 16))

    def _seal(self, bid: bytes) -> None:
        terms = ref.sha256(ref.json_bytes(self.terms))
        tender, bidder = bytes.fromhex(self.terms["tender"]), ref.sha256(self.certificate)
        self.B = ref.context(terms, tender, self.lot, bidder, bid)
        self.K = ref.content_key(self.B, self.pieces)
        self.parts = [self.sealed(i, data) for i, data in enumerate((self.form, self.documents))]
        self.header = {
            "v": 1,
            "suite": 1,
            "terms": terms.hex(),
            "tender": tender.hex(),
            "lot": self.lot,
            "bidder": bidder.hex(),
            "bid": bid.hex(),
            "supersedes": None,
            "pieces": [ref.commitment(self.B, j, piece).hex() for j, piece in enumerate(self.pieces)],
            "kc": ref.key_commitment(self.K, self.B).hex(),
            "stanzas": [self.stanza(*each) for each in self.holders],
            "parts": [ref.part(i, cipher) for i, cipher in enumerate(self.parts)],
        }

    def sealed(self, i: int, data: bytes, frame: bytes | None = None) -> bytes:
        """Part `i` around `data`, or around any frame at all."""
        whole = ref.frame(i, self.B, data) if frame is None else frame
        salt = ref.chance(f"salt {i} of {self.label}", 24)
        return ref.cobblestone(ref.part_key(self.K, i), ref.payload_context(self.B, i), salt, whole)

    def stanza(
        self,
        slot: str,
        index: int,
        key: ec.EllipticCurvePrivateKey,
        numbers: tuple[int, ...],
        pieces: dict[int, bytes] | None = None,
    ) -> dict[str, Any]:
        mine = {j: self.pieces[j] for j in numbers} if pieces is None else pieces
        return ref.stanza(self.B, slot, index, key, mine, f"{slot} {index} of {self.label}")

    def data(self, **changes: Any) -> bytes:
        """The header's exact bytes, with changes."""
        return ref.json_bytes(self.header | changes)


BID = Bid("the bid")
RIVALS_BID = Bid("the rival's bid", certificate=RIVAL_CERTIFICATE, keys=(RIVAL,))
COMMITTEE_BID = Bid("the committee's bid", terms=committee_terms(), documents=b"")
