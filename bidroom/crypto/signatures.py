"""Detached CAdES-BES signatures (RFC 5652, RFC 5035) over tagged bytes; `openssl cms -verify -cades` accepts them.

No certificate travels inside: whoever verifies brings the one that the log names, and a public bundle can leave
personal ones out. Everything here works on its own objects, so real threads may sign and verify at once.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from asn1crypto import algos, cms, core, parser, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

import bidroom.crypto.asn1  # noqa: F401 - makes asn1crypto fit for threads
from bidroom.crypto.canonical import signed_input
from bidroom.crypto.certificates import load_certificate
from bidroom.facts import Refused

KINDS = frozenset({"terms", "timeline", "opening-key", "header", "command", "record", "login"})
SIGNATURE_LIMIT = 1 << 14
PSS = padding.PSS(padding.MGF1(hashes.SHA256()), 32)
REQUIRED = ("content_type", "message_digest", "signing_certificate_v2")
ALLOWED = (*REQUIRED, "signing_time")

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey


@dataclass(frozen=True, slots=True)
class _Signature:
    """What a CMS message says, as plain values: the signer's key id or (issuer, serial), the certificate's hash."""

    signer: bytes | tuple[bytes, int]
    algorithm: str
    digest: bytes
    certificate: bytes
    attributes: bytes
    value: bytes


def sign(kind: str, data: bytes, key: Key, certificate: bytes, at: datetime, pss: bool = False) -> bytes:
    """The CMS (DER) over "bidroom/v1/" ‖ kind ‖ "\\0" ‖ data; `pss` chooses RSASSA-PSS for an RSA key.

    Refused("key_is_not_the_certificates").
    """
    _check_kind(kind)
    spki = (Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    if key.public_key().public_bytes(*spki) != load_certificate(certificate).public_key().public_bytes(*spki):
        raise Refused("key_is_not_the_certificates")
    attributes = _attributes(hashlib.sha256(signed_input(kind, data)).digest(), certificate, at)
    algorithm, value = _sign(key, attributes.dump(), pss)
    return _message(attributes, algorithm, value, certificate)


def _check_kind(kind: str) -> None:
    if kind not in KINDS:
        raise ValueError(f"nothing of the kind {kind!r} is signed")


def _attributes(digest: bytes, certificate: bytes, at: datetime) -> cms.CMSAttributes:
    named = tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(certificate).digest()}]})
    time = cms.Time({"utc_time": core.UTCTime(at.astimezone(UTC).replace(microsecond=0))})
    return cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": ["data"]}),
            cms.CMSAttribute({"type": "signing_time", "values": [time]}),
            cms.CMSAttribute({"type": "message_digest", "values": [digest]}),
            cms.CMSAttribute({"type": "signing_certificate_v2", "values": [named]}),
        ]
    )


def _sign(key: Key, attributes: bytes, pss: bool) -> tuple[algos.SignedDigestAlgorithm, bytes]:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        value = key.sign(attributes, ec.ECDSA(hashes.SHA256()))
        return algos.SignedDigestAlgorithm({"algorithm": "sha256_ecdsa"}), value
    if not pss:
        value = key.sign(attributes, padding.PKCS1v15(), hashes.SHA256())
        return algos.SignedDigestAlgorithm({"algorithm": "sha256_rsa", "parameters": core.Null()}), value
    algorithm = algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": _pss_parameters()})
    return algorithm, key.sign(attributes, PSS, hashes.SHA256())


def _pss_parameters() -> algos.RSASSAPSSParams:
    sha256 = {"algorithm": "sha256", "parameters": core.Null()}
    mask = {"algorithm": "mgf1", "parameters": sha256}
    return algos.RSASSAPSSParams({"hash_algorithm": sha256, "mask_gen_algorithm": mask, "salt_length": 32})


def _message(
    attributes: cms.CMSAttributes, algorithm: algos.SignedDigestAlgorithm, value: bytes, certificate: bytes
) -> bytes:
    inner = asn1_x509.Certificate.load(certificate)["tbs_certificate"]
    sha256 = algos.DigestAlgorithm({"algorithm": "sha256"})
    named = cms.IssuerAndSerialNumber({"issuer": inner["issuer"], "serial_number": inner["serial_number"]})
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier({"issuer_and_serial_number": named}),
            "digest_algorithm": sha256,
            "signed_attrs": attributes,
            "signature_algorithm": algorithm,
            "signature": value,
        }
    )
    content = cms.SignedData(
        {
            "version": "v1",
            "digest_algorithms": [sha256],
            "encap_content_info": {"content_type": "data"},
            "signer_infos": [signer],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": content}).dump())


def verify(kind: str, data: bytes, signature: bytes, certificate: bytes) -> None:
    """That `signature` is one signer's, over these bytes as this kind, by the key of `certificate` (DER).

    Refused: signature_malformed, signature_over_other_bytes, signed_by_another_certificate, and what
    `load_certificate` raises. Whether the certificate held at that time is `check_certificate`'s to say.
    """
    _check_kind(kind)
    found = _parse(signature)
    key = load_certificate(certificate).public_key()
    if not _names(found, certificate):
        raise Refused("signed_by_another_certificate")
    if found.digest != hashlib.sha256(signed_input(kind, data)).digest():
        raise Refused("signature_over_other_bytes")
    try:
        _verify(key, found)
    except InvalidSignature:
        raise Refused("signature_over_other_bytes", field="signature") from None


def signing_time(signature: bytes) -> datetime | None:
    """What the signer's own clock said; it proves nothing. Refused("signature_malformed")."""
    try:
        signed = cms.ContentInfo.load(signature, strict=True)["content"]
        for attribute in signed["signer_infos"][0]["signed_attrs"]:
            if attribute["type"].native == "signing_time":
                at: datetime = attribute["values"][0].native
                return at
    except (ValueError, TypeError, KeyError, IndexError, AttributeError):
        raise Refused("signature_malformed") from None
    return None


def _parse(signature: bytes) -> _Signature:
    if len(signature) > SIGNATURE_LIMIT:
        raise Refused("signature_malformed", cause="oversize")
    try:
        return _read(cms.ContentInfo.load(signature, strict=True))
    except (ValueError, TypeError, KeyError, IndexError, AttributeError, OverflowError):
        # asn1crypto parses lazily: whatever it stumbles over deep inside says the same of the message
        raise Refused("signature_malformed") from None


def _read(info: cms.ContentInfo) -> _Signature:
    _need(info["content_type"].native == "signed_data", "content_type")
    signed = info["content"]
    for name in ("certificates", "crls"):
        _need(isinstance(signed[name], core.Void), name)
    _need(signed["encap_content_info"]["content_type"].native == "data", "content_type")
    _need(isinstance(signed["encap_content_info"]["content"], core.Void), "content")
    _need(len(signed["signer_infos"]) == 1, "signer_infos")
    _need(signed["version"].native == signed["signer_infos"][0]["version"].native, "version")
    _need([_algorithm(each) for each in signed["digest_algorithms"]] == ["sha256"], "digest_algorithms")
    return _read_signer(signed["signer_infos"][0])


def _read_signer(signer: cms.SignerInfo) -> _Signature:
    identifier = _identifier(signer["sid"])
    _need(signer["version"].native == ("v3" if isinstance(identifier, bytes) else "v1"), "version")
    _need(_algorithm(signer["digest_algorithm"]) == "sha256", "digest_algorithm")
    _need(isinstance(signer["unsigned_attrs"], core.Void), "unsigned_attrs")
    attributes = _der_set(signer["signed_attrs"].contents)  # before anything inside is parsed and encoded anew
    values = _values(signer["signed_attrs"])
    _need(values["content_type"].native == "data", "content_type")
    named = values["signing_certificate_v2"]["certs"]
    _need(len(named) == 1 and named[0]["hash_algorithm"]["algorithm"].native == "sha256", "signing_certificate_v2")
    return _Signature(
        signer=identifier,
        algorithm=_algorithm(signer["signature_algorithm"]),
        digest=values["message_digest"].native,
        certificate=named[0]["cert_hash"].native,
        attributes=attributes,
        value=signer["signature"].native,
    )


def _algorithm(identifier: Any) -> str:
    """The algorithm's name, its parameters being what they must be."""
    name, parameters = identifier["algorithm"].native, identifier["parameters"]
    if name == "rsassa_pss":
        _need(parameters.native == _pss_parameters().native, "signature_algorithm")
    else:
        _need(parameters.dump() in (b"", b"\x05\x00"), f"{name} parameters")
    return str(name)


def _identifier(sid: cms.SignerIdentifier) -> bytes | tuple[bytes, int]:
    if sid.name == "subject_key_identifier":
        return bytes(sid.chosen.native)
    return bytes(sid.chosen["issuer"].dump()), int(sid.chosen["serial_number"].native)


def _der_set(contents: bytes) -> bytes:
    """The SET OF that is signed, whatever order and tag it came in (RFC 5652, 5.4)."""
    items, rest = [], contents
    while rest:
        length = parser.peek(rest)
        items.append(rest[:length])
        rest = rest[length:]
    return bytes(parser.emit(0, 1, 17, b"".join(sorted(items))))


def _values(attributes: cms.CMSAttributes) -> dict[str, Any]:
    """Each signed attribute's one value; none twice, none missing, none unknown."""
    found: dict[str, Any] = {}
    for attribute in attributes:
        name = attribute["type"].native
        _need(name in ALLOWED and name not in found and len(attribute["values"]) == 1, "signed_attrs")
        found[name] = attribute["values"][0]
    _need(all(name in found for name in REQUIRED), "signed_attrs")
    return found


def _need(holds: bool, field: str) -> None:
    if not holds:
        raise Refused("signature_malformed", field=field)


def _names(found: _Signature, certificate: bytes) -> bool:
    """Whether both the signer's identifier and the signed attribute name this certificate."""
    loaded = asn1_x509.Certificate.load(certificate)
    if isinstance(found.signer, bytes):
        named = found.signer == loaded.key_identifier
    else:
        named = found.signer == (loaded.issuer.dump(), loaded.serial_number)
    return named and found.certificate == hashlib.sha256(certificate).digest()


def _verify(key: object, found: _Signature) -> None:
    if isinstance(key, ec.EllipticCurvePublicKey) and found.algorithm == "sha256_ecdsa":
        _need(isinstance(key.curve, ec.SECP256R1), "signature_algorithm")
        key.verify(found.value, found.attributes, ec.ECDSA(hashes.SHA256()))
    elif isinstance(key, rsa.RSAPublicKey) and found.algorithm in ("sha256_rsa", "rsassa_pkcs1v15"):
        key.verify(found.value, found.attributes, padding.PKCS1v15(), hashes.SHA256())
    elif isinstance(key, rsa.RSAPublicKey) and found.algorithm == "rsassa_pss":
        key.verify(found.value, found.attributes, PSS, hashes.SHA256())
    else:
        raise Refused("signature_malformed", field="signature_algorithm")
