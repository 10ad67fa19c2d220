"""A certificate authority for demos, rehearsals and tests; its names say so, and nothing else trusts it."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, Encoding, pkcs12
from cryptography.x509.oid import NameOID

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
TEN_YEARS = 3650
CRL_DAYS = 90


@dataclass
class TestCa:
    """An issuing key, its self-signed certificate, and what it has revoked (serial → time)."""

    __test__ = False  # the name is no test class

    name: str
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    revoked: dict[int, datetime] = field(default_factory=dict)
    numbers: int = 0

    @classmethod
    def create(cls, name: str, at: datetime, issuer: TestCa | None = None) -> TestCa:
        """A root (or an authority under `issuer`), valid from a day before `at` for ten years."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name(
            [
                x509.NameAttribute(NameOID.ORGANIZATION_NAME, "测试 TEST"),
                x509.NameAttribute(NameOID.COMMON_NAME, f"{name} 测试 TEST CA"),
            ]
        )
        signer = issuer.key if issuer else key
        builder = _builder(subject, issuer.subject if issuer else subject, key, signer, at, TEN_YEARS)
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        builder = builder.add_extension(_usage(authority=True), critical=True)
        return cls(name, key, builder.sign(signer, hashes.SHA256()))

    @property
    def subject(self) -> x509.Name:
        """The authority's own name."""
        return self.certificate.subject

    def issue_organization(
        self, name: str, uscc: str, key: str = "ec", at: datetime | None = None, days: int = 365, agreement: bool = True
    ) -> tuple[Key, bytes]:
        """A key and a certificate (DER) for an organization; `key` "ec" or "rsa", valid from `at` for `days`.

        `agreement` False leaves out the usage that lets an EC key hold pieces.
        """
        attributes = [(NameOID.ORGANIZATION_NAME, name), (NameOID.COMMON_NAME, name), (NameOID.SERIAL_NUMBER, uscc)]
        return self._issue(attributes, key, at, days, agreement)

    def issue_person(
        self, name: str, organization: str, key: str = "ec", at: datetime | None = None, days: int = 365
    ) -> tuple[Key, bytes]:
        """A key and a certificate (DER) for a person of an organization, without the organization's code."""
        return self._issue(
            [(NameOID.ORGANIZATION_NAME, organization), (NameOID.COMMON_NAME, name)], key, at, days, agreement=True
        )

    def _issue(
        self, attributes: list[tuple[x509.ObjectIdentifier, str]], kind: str, at: datetime | None, days: int,
        agreement: bool,
    ) -> tuple[Key, bytes]:  # fmt: skip
        key: Key = ec.generate_private_key(ec.SECP256R1()) if kind == "ec" else rsa.generate_private_key(65537, 2048)
        start = at or self.certificate.not_valid_before_utc + timedelta(days=1)
        subject = x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])
        builder = _builder(subject, self.subject, key, self.key, start, days)
        builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        builder = builder.add_extension(_usage(agreement=agreement and kind == "ec"), critical=True)
        return key, builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def revoke(self, serial: int | str, at: datetime) -> None:
        """Put a serial (a number, or in hex) on every list issued from `at` on."""
        self.revoked[int(serial, 16) if isinstance(serial, str) else serial] = at

    def crl(self, at: datetime, days: int = CRL_DAYS) -> bytes:
        """The revocation list (DER) of `at`, valid for `days`."""
        self.numbers += 1
        builder = x509.CertificateRevocationListBuilder().issuer_name(self.subject)
        builder = builder.last_update(at).next_update(at + timedelta(days=days))
        builder = builder.add_extension(x509.CRLNumber(self.numbers), critical=False)
        identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key())
        builder = builder.add_extension(identifier, critical=False)
        for serial, since in sorted(self.revoked.items()):
            if since <= at:
                entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(since)
                builder = builder.add_revoked_certificate(entry.build())
        return builder.sign(self.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def write_trust(self, folder: Path, at: datetime, days: int = CRL_DAYS) -> None:
        """Write `folder`/ca/<name>.pem and `folder`/crl/<name>.crl, as `certificates.load_trust` reads them."""
        for name, suffix, data in (
            ("ca", "pem", self.certificate.public_bytes(Encoding.PEM)),
            ("crl", "crl", self.crl(at, days)),
        ):
            (folder / name).mkdir(parents=True, exist_ok=True)
            (folder / name / f"{self.name}.{suffix}").write_bytes(data)


def to_p12(key: Key, certificate: bytes, passphrase: str) -> bytes:
    """A PKCS#12 file with the key and its certificate."""
    loaded = x509.load_der_x509_certificate(certificate)
    return pkcs12.serialize_key_and_certificates(
        b"bidroom", key, loaded, None, BestAvailableEncryption(passphrase.encode())
    )


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, signer: ec.EllipticCurvePrivateKey, at: datetime, days: int
) -> x509.CertificateBuilder:
    builder = x509.CertificateBuilder().subject_name(subject).issuer_name(issuer).public_key(key.public_key())
    builder = builder.serial_number(int.from_bytes(os.urandom(16), "big") >> 1)
    builder = builder.not_valid_before(at - timedelta(days=1)).not_valid_after(at + timedelta(days=days))
    builder = builder.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    identifier = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    return builder.add_extension(identifier, critical=False)


def _usage(*, authority: bool = False, agreement: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not authority, content_commitment=not authority, key_encipherment=False,
        data_encipherment=False, key_agreement=agreement, key_cert_sign=authority, crl_sign=authority,
        encipher_only=False, decipher_only=False,
    )  # fmt: skip
