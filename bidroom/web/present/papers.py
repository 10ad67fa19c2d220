"""What a certificate says of itself, for people who compare it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

from bidroom.crypto.canonical import sha256_hex
from bidroom.crypto.certificates import USCC, load_certificate, serial


@dataclass(frozen=True, slots=True)
class Paper:
    """A certificate's subject, issuer, serial (hex) and validity; `code` is a unified social credit code or None."""

    digest: str
    name: str
    organization: str
    code: str | None
    issuer: str
    serial: str
    since: datetime
    until: datetime
    key: str

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the DER in capitals, in groups of four, as it is printed and read aloud."""
        return " ".join(self.digest[at : at + 4] for at in range(0, 64, 4)).upper()

    @property
    def is_a_persons(self) -> bool:
        """It names a person of the organization, without the organization's code."""
        return self.code is None


def paper_of(der: bytes) -> Paper:
    """What this certificate says. Refused: certificate_malformed, certificate_sm2_not_supported."""
    read = load_certificate(der)
    code = _one(read.subject, NameOID.SERIAL_NUMBER)
    return Paper(
        digest=sha256_hex(der),
        name=_one(read.subject, NameOID.COMMON_NAME) or "",
        organization=_one(read.subject, NameOID.ORGANIZATION_NAME) or "",
        code=code if code and USCC.fullmatch(code) else None,
        issuer=_one(read.issuer, NameOID.COMMON_NAME) or read.issuer.rfc4514_string(),
        serial=serial(der),
        since=read.not_valid_before_utc,
        until=read.not_valid_after_utc,
        key=_key(read),
    )


def papers_of(ders: Mapping[str, bytes]) -> dict[str, Paper]:
    """The same of many, by their digests."""
    return {digest: paper_of(der) for digest, der in ders.items()}


def _one(name: x509.Name, oid: x509.ObjectIdentifier) -> str | None:
    values = name.get_attributes_for_oid(oid)
    return str(values[0].value) if len(values) == 1 else None


def _key(certificate: x509.Certificate) -> str:
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey):
        return {"secp256r1": "P-256", "secp384r1": "P-384", "secp521r1": "P-521"}.get(key.curve.name, key.curve.name)
    return f"RSA {key.key_size}" if isinstance(key, rsa.RSAPublicKey) else type(key).__name__


@dataclass(frozen=True, slots=True)
class RevocationList:
    """Who revokes, since when the list is out, until when it holds, and how many it names."""

    issuer: str
    since: datetime
    until: datetime | None
    revoked: int


def list_of(der: bytes) -> RevocationList:
    """What this revocation list says; it was read before, when it was trusted."""
    read = x509.load_der_x509_crl(der)
    issuer = _one(read.issuer, NameOID.COMMON_NAME) or read.issuer.rfc4514_string()
    return RevocationList(issuer, read.last_update_utc, read.next_update_utc, len(read))
