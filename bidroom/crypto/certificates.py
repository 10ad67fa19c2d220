"""Whether a certificate held at a given time, from given roots and revocation lists alone: no clock, no network."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Coroutine, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar

from asn1crypto import crl as asn1_crl
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from pyhanko_certvalidator import CertificateValidator, ValidationContext
from pyhanko_certvalidator.errors import (
    ExpiredError,
    InsufficientRevinfoError,
    NotYetValidError,
    PathBuildingError,
    RevokedError,
    ValidationError,
)

import bidroom.crypto.asn1  # noqa: F401 - makes asn1crypto fit for threads
from bidroom.crypto.slots import spki_of
from bidroom.facts import Refused

SM2_CURVE = "1.2.156.10197.1.301"
SM2_WITH_SM3 = "1.2.156.10197.1.501"
USCC = re.compile(r"[0-9A-HJ-NPQRTUWXY]{18}")
LEAST_RSA_BITS = 2048
CERTIFICATE_LIMIT = 1 << 16
UNREADABLE = (ValueError, TypeError, KeyError, IndexError, AttributeError)
"""What asn1crypto, which parses lazily, may raise at any depth of bytes that are not what they should be."""
E = TypeVar("E", bound=x509.ExtensionType)


@dataclass(frozen=True, slots=True)
class Trust:
    """Pinned roots, further authorities to build chains from, and revocation lists; all DER."""

    roots: tuple[bytes, ...]
    intermediates: tuple[bytes, ...] = ()
    crls: tuple[bytes, ...] = ()

    def with_more(self, intermediates: Iterable[bytes] = (), crls: Iterable[bytes] = ()) -> Trust:
        """The same roots with more to check under them, as a bundle brings it."""
        return Trust(self.roots, (*self.intermediates, *intermediates), (*self.crls, *crls))


@dataclass(frozen=True, slots=True)
class Holding:
    """What a checked certificate says.

    `name` is the subject's common name, `serial` and `digest` (SHA-256 of the DER) hex, `spki` DER.
    An organization's certificate names the organization itself and its code; a person's has no `uscc`.
    """

    name: str
    organization: str | None
    uscc: str | None
    serial: str
    spki: bytes
    not_after: datetime
    digest: str
    organization_certificate: bool
    can_agree: bool


def load_trust(folder: Path) -> Trust:
    """Read `folder`/ca/*.pem (self-issued ones are the roots) and `folder`/crl/*.crl (DER or PEM).

    Refused("trust_unreadable") names the file.
    """
    found = [item for path in sorted((folder / "ca").glob("*.pem")) for item in _load_pem(path)]
    own = [item.public_bytes(Encoding.DER) for item in found if item.subject == item.issuer]
    others = [item.public_bytes(Encoding.DER) for item in found if item.subject != item.issuer]
    return Trust(tuple(own), tuple(others), tuple(_load_crl(path) for path in sorted((folder / "crl").glob("*.crl"))))


def _load_pem(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(path.read_bytes())
    except (ValueError, UnsupportedAlgorithm):
        raise Refused("trust_unreadable", field=path.name) from None


def _load_crl(path: Path) -> bytes:
    data = path.read_bytes()
    load = x509.load_pem_x509_crl if data.startswith(b"-----") else x509.load_der_x509_crl
    try:
        return load(data).public_bytes(Encoding.DER)
    except (ValueError, UnsupportedAlgorithm):
        raise Refused("trust_unreadable", field=path.name) from None


def check_certificate(der: bytes, trust: Trust, at: datetime) -> Holding:
    """What the certificate says, if its chain, time, usage and revocation are in order at `at`.

    Refused: certificate_malformed, certificate_sm2_not_supported, certificate_key_not_supported,
    certificate_not_yet_valid, certificate_expired, certificate_key_usage_wrong, certificate_of_unknown_issuer,
    revocation_list_stale (none that is valid at `at`), certificate_revoked.
    """
    certificate = load_certificate(der)
    _check_key(certificate)
    if at < certificate.not_valid_before_utc:
        raise Refused("certificate_not_yet_valid", since=certificate.not_valid_before_utc.isoformat())
    if at > certificate.not_valid_after_utc:
        raise Refused("certificate_expired", until=certificate.not_valid_after_utc.isoformat())
    _check_usage(certificate)
    _check_path(der, trust, at)
    return _holding(certificate, der)


def load_certificate(der: bytes) -> x509.Certificate:
    """The certificate; Refused: certificate_malformed, certificate_sm2_not_supported."""
    try:
        _check_form(der)
        certificate = x509.load_der_x509_certificate(der)
        certificate.public_key(), certificate.extensions, certificate.subject.rfc4514_string()
    except (*UNREADABLE, UnsupportedAlgorithm, x509.DuplicateExtension, x509.InvalidVersion):
        raise Refused("certificate_malformed") from None
    return certificate


def _check_form(der: bytes) -> None:
    """What `cryptography` lets pass, or cannot load but its holder must be told by name: SM2."""
    if len(der) > CERTIFICATE_LIMIT:
        raise ValueError("too long")
    certificate = asn1_x509.Certificate.load(der, strict=True)
    inner = certificate["tbs_certificate"]
    if _is_sm2(inner):
        raise Refused("certificate_sm2_not_supported")
    same = inner["signature"].dump() == certificate["signature_algorithm"].dump()
    if not same or inner["serial_number"].native <= 0 or certificate["signature_value"].unused_bits:
        raise ValueError("not as RFC 5280 has it")


def _is_sm2(inner: asn1_x509.TbsCertificate) -> bool:
    algorithm = inner["subject_public_key_info"]["algorithm"]
    if inner["signature"]["algorithm"].dotted == SM2_WITH_SM3:
        return True
    parameters = algorithm["parameters"] if algorithm["algorithm"].native == "ec" else None
    return parameters is not None and parameters.name == "named" and parameters.chosen.dotted == SM2_CURVE


def _check_key(certificate: x509.Certificate) -> None:
    key = certificate.public_key()
    if isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1):
        return
    if isinstance(key, rsa.RSAPublicKey) and key.key_size >= LEAST_RSA_BITS:
        return
    raise Refused("certificate_key_not_supported")


def _check_usage(certificate: x509.Certificate) -> None:
    """A signer's certificate says that it signs, and is no authority's."""
    usage, basic = _extension(certificate, x509.KeyUsage), _extension(certificate, x509.BasicConstraints)
    if usage is None or not (usage.digital_signature or usage.content_commitment) or (basic and basic.ca):
        raise Refused("certificate_key_usage_wrong")


def _extension(certificate: x509.Certificate, kind: type[E]) -> E | None:
    try:
        return certificate.extensions.get_extension_for_class(kind).value
    except x509.ExtensionNotFound:
        return None


def _check_path(der: bytes, trust: Trust, at: datetime) -> None:
    try:
        validator = CertificateValidator(asn1_x509.Certificate.load(der), validation_context=_context(trust, at))
        _finish(validator.async_validate_path())
    except RevokedError as fault:
        raise Refused("certificate_revoked", since=fault.revocation_dt.isoformat()) from None
    except InsufficientRevinfoError:
        raise Refused("revocation_list_stale") from None
    except ExpiredError:
        raise Refused("certificate_expired", field="chain") from None
    except NotYetValidError:
        raise Refused("certificate_not_yet_valid", field="chain") from None
    except (PathBuildingError, ValidationError):
        raise Refused("certificate_of_unknown_issuer") from None
    except UNREADABLE:
        raise Refused("certificate_malformed", field="chain") from None


def _context(trust: Trust, at: datetime) -> ValidationContext:
    return ValidationContext(
        trust_roots=[asn1_x509.Certificate.load(root) for root in trust.roots],
        other_certs=[asn1_x509.Certificate.load(other) for other in trust.intermediates],
        crls=_latest(trust.crls, at),
        moment=at,
        revocation_mode="require",  # "hard-fail" lets a revoked certificate without a list's address pass
        time_tolerance=timedelta(0),
        allow_fetching=False,
    )


def _finish(validation: Coroutine[Any, Any, Any]) -> None:
    """Run to the end: with fetching off nothing is awaited, so no event loop is needed (nor wanted under eventlet)."""
    try:
        validation.send(None)
    except StopIteration:
        return
    raise RuntimeError("certificate validation waited for something")


def _latest(crls: Iterable[bytes], at: datetime) -> list[asn1_crl.CertificateList]:
    """Of each issuer's lists (and each part of a divided list) the last that was out at `at`."""
    chosen: dict[tuple[bytes, bytes], tuple[datetime, asn1_crl.CertificateList]] = {}
    for data in crls:
        crl = asn1_crl.CertificateList.load(data)
        inner, part = crl["tbs_cert_list"], crl.issuing_distribution_point_value
        key = (inner["issuer"].dump(), part.dump() if part is not None else b"")
        since = inner["this_update"].native
        if since <= at and (key not in chosen or chosen[key][0] < since):
            chosen[key] = (since, crl)
    return [crl for _, crl in chosen.values()]


def _holding(certificate: x509.Certificate, der: bytes) -> Holding:
    name, organization = _subject(certificate, NameOID.COMMON_NAME), _subject(certificate, NameOID.ORGANIZATION_NAME)
    code = _subject(certificate, NameOID.SERIAL_NUMBER)
    own = name is not None and name == organization and code is not None and USCC.fullmatch(code) is not None
    return Holding(
        name=name or organization or "",
        organization=organization,
        uscc=code if own else None,  # a person's number in this place is none of ours
        serial=serial(der),
        spki=certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo),
        not_after=certificate.not_valid_after_utc,
        digest=hashlib.sha256(der).hexdigest(),
        organization_certificate=own,
        can_agree=can_agree(der),
    )


def _subject(certificate: x509.Certificate, oid: x509.ObjectIdentifier) -> str | None:
    values = certificate.subject.get_attributes_for_oid(oid)
    return str(values[0].value) if len(values) == 1 else None


def is_a_persons(der: bytes) -> bool:
    """Whether the certificate names a person and not an organization with its code."""
    return not _holding(load_certificate(der), der).organization_certificate


def serial(der: bytes) -> str:
    """The serial number in lowercase hex, whole bytes, as every page and refusal shows it."""
    number = load_certificate(der).serial_number
    return number.to_bytes((number.bit_length() + 7) // 8 or 1, "big").hex()


def can_agree(der: bytes) -> bool:
    """Whether the certificate's own key may hold pieces: P-256, and its usage allows key agreement."""
    certificate = load_certificate(der)
    key, usage = certificate.public_key(), _extension(certificate, x509.KeyUsage)
    fits = isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)
    return fits and usage is not None and usage.key_agreement


def spki(der: bytes) -> bytes:
    """The 91 bytes of the certificate's P-256 key; Refused("key_not_p256")."""
    key = load_certificate(der).public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise Refused("key_not_p256")
    return spki_of(key)
