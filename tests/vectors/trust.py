"""Vectors of trust: certificates at a time, signatures, receipts, checkpoints."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import cms, core, tsp, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from tests.vectors import actors
from tests.vectors import reference as ref
from tests.vectors.actors import AT, BID, BIDDER, BIDDER_CERTIFICATE, DAY, RIVAL_CERTIFICATE
from tests.vectors.documents import refuse

Cases = list[dict[str, Any]]


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


# --- certificates -----------------------------------------------------------------------------------------------------

ROOT, SUB = actors.authority("vectors"), actors.authority("vectors sub", issuer="vectors")
LIST = actors.crl("vectors", AT - 10 * DAY)
SUB_LIST = actors.crl("vectors sub", AT - 10 * DAY)


def trust() -> dict[str, list[str]]:
    """What most certificate cases are checked under; a case's own `trust` replaces members of it."""
    return {"roots": [b64(ROOT)], "intermediates": [b64(SUB)], "crls": [b64(LIST), b64(SUB_LIST)]}


def _certificate(name: str, der: bytes, at: datetime = AT, **more: Any) -> dict[str, Any]:
    return {"name": name, "certificate": b64(der), "at": at.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), **more}


def certificates() -> Cases:
    return [*_holding(), *_not_holding(), *_lists()]


def _says(name: str, person: bool = False, can_agree: bool = True) -> dict[str, Any]:
    number = actors.serial(name)
    return {
        "name": name,
        "serial": number.to_bytes((number.bit_length() + 7) // 8, "big").hex(),
        "uscc": None if person else actors.uscc(name),
        "organization_certificate": not person,
        "can_agree": can_agree,
    }


def _holding() -> Cases:
    rsa = actors.rsa_key("rsa bidder")
    signs = ("digital_signature",)
    return [
        _certificate("an organization's", BIDDER_CERTIFICATE, accept=_says("甲公司")),
        _certificate("under another authority", _issued("丙公司", "vectors sub"), accept=_says("丙公司")),
        _certificate("a person's", _issued("张三", person=True), accept=_says("张三", person=True)),
        _certificate("RSA", actors.certificate("丁公司", rsa, usage=signs), accept=_says("丁公司", can_agree=False)),
        _certificate("signs only", _issued("戊公司", usage=signs), accept=_says("戊公司", can_agree=False)),
        _certificate("in its last second", _issued("己公司", end=AT), accept=_says("己公司")),
    ]


def _issued(name: str, issuer: str = "vectors", **more: Any) -> bytes:
    return actors.certificate(name, actors.ec_key(name), issuer, **more)


def _not_holding() -> Cases:
    other = actors.certificate("壬公司", actors.ec_key("壬公司"), "somebody else")
    forged = BIDDER_CERTIFICATE[:-1] + bytes([BIDDER_CERTIFICATE[-1] ^ 1])
    oids = {"2a8648ce3d030107": "2a811ccf5501822d", "2a8648ce3d040302": "2a811ccf55018375"}
    sm2 = _issued("庚公司").hex()
    for old, new in oids.items():
        sm2 = sm2.replace(old, new)
    p384 = actors.certificate("辛公司", ec.derive_private_key(ref.scalar("p384"), ec.SECP384R1()))
    far, issuer = _issued("expired", end=AT - timedelta(seconds=1)), "certificate_of_unknown_issuer"
    return [
        _certificate("expired", far, refuse=refuse("certificate_expired"), must_fail="expired"),
        _certificate("not yet valid", _issued("early", start=AT + DAY), refuse=refuse("certificate_not_yet_valid")),
        _certificate("of another issuer", other, refuse=refuse(issuer), must_fail="other issuer"),
        _certificate("of an issuer of the same name", forged, refuse=refuse(issuer), must_fail="other issuer"),
        _certificate(
            "without its issuer's certificate",
            _issued("丙公司", "vectors sub"),
            trust={"intermediates": []},
            refuse=refuse(issuer),
            must_fail="other issuer",
        ),
        _certificate("no roots", BIDDER_CERTIFICATE, trust={"roots": []}, refuse=refuse(issuer)),
        _certificate(
            "no signing", _issued("encrypts", usage=("key_agreement",)), refuse=refuse("certificate_key_usage_wrong")
        ),
        _certificate("an authority's own", ROOT, refuse=refuse("certificate_key_usage_wrong")),
        _certificate("SM2", bytes.fromhex(sm2), refuse=refuse("certificate_sm2_not_supported")),
        _certificate("another curve", p384, refuse=refuse("certificate_key_not_supported")),
        _certificate("cut off", BIDDER_CERTIFICATE[:-1], refuse=refuse("certificate_malformed")),
        _certificate("bytes after it", BIDDER_CERTIFICATE + b"\0", refuse=refuse("certificate_malformed")),
        _certificate("nothing", b"", refuse=refuse("certificate_malformed")),
    ]


def _lists() -> Cases:
    revoked = b64(actors.crl("vectors", AT - DAY, revoked=("甲公司",)))
    authority = b64(actors.crl("vectors", AT - DAY, revoked=("vectors sub 测试 TEST CA",)))
    later = b64(actors.crl("vectors", AT + DAY, revoked=("甲公司",)))
    forged = LIST[:-1] + bytes([LIST[-1] ^ 1])
    sub = _issued("丙公司", "vectors sub")
    stale: dict[str, Any] = {"refuse": refuse("revocation_list_stale"), "must_fail": "stale revocation list"}
    gone: dict[str, Any] = {"refuse": refuse("certificate_revoked"), "must_fail": "revoked"}
    own = b64(LIST)
    return [
        _certificate("revoked", BIDDER_CERTIFICATE, trust={"crls": [revoked]}, **gone),
        _certificate("revoked on the later of two lists", BIDDER_CERTIFICATE, trust={"crls": [revoked, own]}, **gone),
        _certificate(
            "revoked on the later of two lists, last", BIDDER_CERTIFICATE, trust={"crls": [own, revoked]}, **gone
        ),
        _certificate("its authority revoked", sub, trust={"crls": [authority, b64(SUB_LIST)]}, **gone),
        _certificate(
            "revoked on a list not out yet", BIDDER_CERTIFICATE, trust={"crls": [own, later]}, accept=_says("甲公司")
        ),
        _certificate("no list", BIDDER_CERTIFICATE, trust={"crls": []}, **stale),
        _certificate("a list that ran out", BIDDER_CERTIFICATE, at=AT + 81 * DAY, **stale),
        _certificate("a list of later", BIDDER_CERTIFICATE, trust={"crls": [later]}, **stale),
        _certificate("a list of another authority", BIDDER_CERTIFICATE, trust={"crls": [b64(SUB_LIST)]}, **stale),
        _certificate("a forged list", BIDDER_CERTIFICATE, trust={"crls": [b64(forged)]}, **stale),
        _certificate("no list of the authority above", sub, trust={"crls": [b64(SUB_LIST)]}, **stale),
    ]


# --- signatures -------------------------------------------------------------------------------------------------------

Change = Callable[[dict[str, Any]], object]


def cades(kind: str, data: bytes, key: actors.Key, certificate: bytes, change: Change | None = None) -> bytes:
    """A detached CAdES-BES message; `change` may spoil its parts before they are put together."""
    tagged = b"bidroom/v1/" + kind.encode() + b"\0" + data
    inner = x509.Certificate.load(certificate)
    named = tsp.SigningCertificateV2({"certs": [{"cert_hash": hashlib.sha256(certificate).digest()}]})
    at = cms.Time({"utc_time": core.UTCTime(AT)})
    identifier = cms.IssuerAndSerialNumber({"issuer": inner.issuer, "serial_number": inner.serial_number})
    is_ec = isinstance(key, ec.EllipticCurvePrivateKey)
    parts: dict[str, Any] = {
        "attributes": {
            "content_type": ["data"],
            "signing_time": [at],
            "message_digest": [ref.sha256(tagged)],
            "signing_certificate_v2": [named],
        },
        "digest": "sha256",
        "algorithm": "sha256_ecdsa" if is_ec else "sha256_rsa",
        "unsigned": None,
        "signers": 1,
        "sid": cms.SignerIdentifier({"issuer_and_serial_number": identifier}),
        "content": None,
        "certificates": None,
    }
    if change is not None:
        change(parts)
    attributes = cms.CMSAttributes([{"type": name, "values": values} for name, values in parts["attributes"].items()])
    signer: dict[str, Any] = {
        "version": "v1",
        "sid": parts["sid"],
        "digest_algorithm": {"algorithm": parts["digest"]},
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": parts["algorithm"]},
        "signature": _signed(key, attributes.dump()),
    }
    if parts["unsigned"] is not None:
        signer["unsigned_attrs"] = parts["unsigned"]
    content: dict[str, Any] = {"content_type": "data"} | ({"content": parts["content"]} if parts["content"] else {})
    message: dict[str, Any] = {
        "version": "v1",
        "digest_algorithms": [{"algorithm": parts["digest"]}],
        "encap_content_info": content,
        "signer_infos": [signer] * parts["signers"],
    }
    if parts["certificates"] is not None:
        message["certificates"] = parts["certificates"]
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": cms.SignedData(message)}).dump())


def _signed(key: actors.Key, data: bytes) -> bytes:
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(data, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    return key.sign(data, padding.PKCS1v15(), hashes.SHA256())


def signatures() -> Cases:
    rsa = actors.rsa_key("rsa bidder")
    certificate = actors.certificate("丁公司", rsa, usage=("digital_signature",))
    kinds = ("terms", "timeline", "opening-key", "header", "command", "record", "login")
    good = [
        _signature(f"EC over a {kind}", cades(kind, b"{}", BIDDER, BIDDER_CERTIFICATE), kind, b"{}") for kind in kinds
    ]
    by_rsa = _signature("RSA", cades("header", BID.data(), rsa, certificate)) | {"certificate": b64(certificate)}
    return [
        *(case | {"accept": {}} for case in (*good, by_rsa, _signature("a header", _own()))),
        *_other(),
        *_malformed(),
    ]


def _own(change: Change | None = None) -> bytes:
    return cades("header", BID.data(), BIDDER, BIDDER_CERTIFICATE, change)


def _signature(name: str, cms_bytes: bytes, kind: str = "header", data: bytes | None = None) -> dict[str, Any]:
    return {
        "name": name,
        "kind": kind,
        "data": b64(BID.data() if data is None else data),
        "cms": b64(cms_bytes),
        "certificate": b64(BIDDER_CERTIFICATE),
    }


def _other() -> Cases:
    over, by = refuse("signature_over_other_bytes"), refuse("signed_by_another_certificate")
    login = cades("login", BID.data(), BIDDER, BIDDER_CERTIFICATE)
    renewed = actors.certificate("甲公司", BIDDER, start=AT - 20 * DAY)
    bad = bytearray(_own())
    bad[-1] ^= 1
    replayed = _own(lambda parts: parts["attributes"].update(message_digest=[ref.sha256(b"bidroom/v1/header\0other")]))
    rival = cades("header", BID.data(), actors.RIVAL, BIDDER_CERTIFICATE)
    return [
        _signature("other bytes", _own(), data=b"other") | {"refuse": over},
        _signature("a login signature used as a header's", login)
        | {"refuse": over, "must_fail": "a login signature used as a header's"},
        _signature("the bytes without their tag", _own(), kind="terms") | {"refuse": over},
        _signature("another digest inside", replayed) | {"refuse": over},
        _signature("a bit of the value", bytes(bad)) | {"refuse": refuse("signature_over_other_bytes", "signature")},
        _signature("another key under the same name", rival)
        | {"refuse": refuse("signature_over_other_bytes", "signature")},
        _signature("another certificate", _own()) | {"certificate": b64(RIVAL_CERTIFICATE), "refuse": by},
        _signature("the same key's renewed certificate", _own()) | {"certificate": b64(renewed), "refuse": by},
    ]


def _malformed() -> Cases:
    own = x509.Certificate.load(BIDDER_CERTIFICATE)
    other = cms.IssuerAndSerialNumber({"issuer": own.issuer, "serial_number": own.serial_number + 1})
    sha1 = {
        "certs": [{"cert_hash": hashlib.sha256(BIDDER_CERTIFICATE).digest(), "hash_algorithm": {"algorithm": "sha384"}}]
    }
    named = tsp.SigningCertificateV2(sha1)
    unsigned = [{"type": "message_digest", "values": [b"x"]}]
    bad: dict[str, tuple[Change, str | None]] = {
        "without the digest": (lambda p: p["attributes"].pop("message_digest"), "signed_attrs"),
        "without the content type": (lambda p: p["attributes"].pop("content_type"), "signed_attrs"),
        "without the certificate's name": (lambda p: p["attributes"].pop("signing_certificate_v2"), "signed_attrs"),
        "two digests": (lambda p: p["attributes"].update(message_digest=[b"a", b"b"]), "signed_attrs"),
        "the content type of something else": (
            lambda p: p["attributes"].update(content_type=["signed_data"]),
            "content_type",
        ),
        "the certificate named by SHA-384": (
            lambda p: p["attributes"].update(signing_certificate_v2=[named]),
            "signing_certificate_v2",
        ),
        "SHA-1": (lambda p: p.update(digest="sha1"), "digest_algorithms"),
        "ECDSA with SHA-1": (lambda p: p.update(algorithm="sha1_ecdsa"), "signature_algorithm"),
        "RSA's name on an EC signature": (lambda p: p.update(algorithm="sha256_rsa"), "signature_algorithm"),
        "not detached": (lambda p: p.update(content=b"bidroom/v1/header\0" + BID.data()), "content"),
        "a certificate inside": (lambda p: p.update(certificates=[own]), "certificates"),
        "unsigned attributes": (lambda p: p.update(unsigned=unsigned), "unsigned_attrs"),
        "two signers": (lambda p: p.update(signers=2), "signer_infos"),
        "no signer": (lambda p: p.update(signers=0), "signer_infos"),
    }
    cases = [
        _signature(name, _own(change)) | {"refuse": refuse("signature_malformed", field)}
        for name, (change, field) in bad.items()
    ]
    sid = cms.SignerIdentifier({"issuer_and_serial_number": other})
    elsewhere = _own(lambda parts: parts.update(sid=sid))
    return [
        *cases,
        _signature("another serial in its identifier", elsewhere) | {"refuse": refuse("signed_by_another_certificate")},
        _signature("cut off", _own()[:-1]) | {"refuse": refuse("signature_malformed")},
        _signature("bytes after it", _own() + b"\0") | {"refuse": refuse("signature_malformed")},
        _signature("nothing", b"") | {"refuse": refuse("signature_malformed")},
        _signature("no CMS at all", b"0\x03\x02\x01\x01") | {"refuse": refuse("signature_malformed")},
    ]


# --- receipts and checkpoints -----------------------------------------------------------------------------------------


def ed25519(label: str) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(ref.chance(label))


def public(key: Ed25519PrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)


def vkey(name: str, key: Ed25519PrivateKey) -> str:
    encoded = b64(b"\1" + public(key))
    return f"{name}+{key_id(name, key).hex()}+{encoded}"


def key_id(name: str, key: Ed25519PrivateKey) -> bytes:
    return ref.sha256(name.encode() + b"\n\1" + public(key))[:4]


RECEIPT_KEY, LOG_KEY, OTHER_KEY = ed25519("receipt key"), ed25519("log key"), ed25519("another key")
NAME = "bids.example"


def receipts() -> Cases:
    body = {
        "v": 1,
        "tender": actors.TENDER,
        "lot": 1,
        "digest": "ab" * 32,
        "timeline": "cd" * 32,
        "time": "2026-09-18T00:59:59.123456Z",
        "nonce": ref.chance("nonce", 16).hex(),
    }
    refusal = body | {"reason": "header_malformed", "field": "stanzas[1].ct"}
    good, no = _receipt("receipt", body), _receipt("refusal", refusal)
    base = {"vkey": vkey(f"{NAME}/receipt", RECEIPT_KEY), "kind": "receipt"}
    wrong = refuse("receipt_signature_wrong", "signature")
    bent: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "another time": (good | {"receipt": body | {"time": "2026-09-18T01:00:00.000000Z"}}, wrong),
        "another lot": (good | {"receipt": body | {"lot": 2}}, wrong),
        "a member more": (good | {"receipt": body | {"size": 1}}, wrong),
        "a refusal's signature": (good | {"signature": _receipt("refusal", body)["signature"]}, wrong),
        "a refusal for a receipt": (no, refuse("receipt_malformed")),
        "a bare body": (body, refuse("receipt_malformed")),
        "no signature": (good | {"signature": ""}, refuse("receipt_malformed", "signature")),
        "a signature in capitals": (
            good | {"signature": good["signature"].upper()},
            refuse("receipt_malformed", "signature"),
        ),
        "a body that is none": (good | {"receipt": []}, refuse("receipt_malformed", "receipt")),
    }
    return [
        {"name": "a receipt", **base, "receipt": good, "accept": {"body": body}},
        {"name": "a refusal", **base, "kind": "refusal", "receipt": no, "accept": {"body": refusal}},
        {"name": "another key's", **base, "vkey": vkey(f"{NAME}/receipt", OTHER_KEY), "receipt": good, "refuse": wrong},
        {
            "name": "a verifier key whose id is not its own",
            **base,
            "vkey": base["vkey"].replace(NAME, "other.example"),
            "receipt": good,
            "refuse": refuse("verifier_key_malformed"),
        },
        *({"name": name, **base, "receipt": receipt, "refuse": why} for name, (receipt, why) in bent.items()),
    ]


def _receipt(kind: str, body: dict[str, Any]) -> dict[str, Any]:
    signature = RECEIPT_KEY.sign(f"bidroom/v1/{kind}\0".encode() + ref.json_bytes(body)).hex()
    return {kind: body, "signature": signature, "proof": None, "token": None}


def note(origin: str, size: str, root: str, key: Ed25519PrivateKey = LOG_KEY, more: str = "") -> str:
    body = f"{origin}\n{size}\n{root}\n{more}"
    signature = b64(key_id(origin, key) + key.sign(body.encode()))
    return f"{body}\n\u2014 {origin} {signature}\n"


def checkpoints() -> Cases:
    stream, root = f"{NAME}/{actors.TENDER}", b64(ref.chance("root"))
    good, base = note(stream, "148", root), {"vkey": vkey(NAME, LOG_KEY)}
    witness = f"\u2014 witness.example {b64(ref.chance('witness', 76))}\n"
    wrong, malformed = refuse("checkpoint_signature_wrong"), refuse("checkpoint_malformed")
    other = refuse("checkpoint_of_another_log")
    bad = {
        "another size": (good.replace("148", "149"), wrong),
        "another key's": (note(stream, "148", root, OTHER_KEY), wrong),
        "another stream's name on it": (good.replace(actors.TENDER, "00" * 16, 1), wrong),
        "another stream's name twice": (good.replace(actors.TENDER, "00" * 16), wrong),
        "only a witness's": (good.split("\u2014")[0] + witness, wrong),
        "of another log": (note("other.example", "148", root), other),
        "of a name that begins alike": (note(NAME + ".evil", "148", root), other),
        "of no stream": (note(NAME + "/x", "148", root), other),
        "a size with zeros before it": (note(stream, "0148", root), malformed),
        "a negative size": (note(stream, "-1", root), malformed),
        "a root too short": (note(stream, "148", b64(b"x")), malformed),
        "a root without padding": (note(stream, "148", root[:-1]), malformed),
        "a line more": (note(stream, "148", root, more="more\n"), malformed),
        "no signature": (good.split("\n\n")[0] + "\n", malformed),
        "no newline at the end": (good[:-1], malformed),
        "nothing": ("", malformed),
        "a hyphen for the dash": (good.replace("\u2014", "-"), refuse("checkpoint_malformed", "signature")),
    }
    says = {"origin": stream, "size": 148, "root": root}
    empty = note(stream, "0", b64(ref.sha256(b"")))
    return [
        {"name": "of a stream", **base, "note": good, "accept": says},
        {"name": "with a witness", **base, "note": good + witness, "accept": says},
        {"name": "with a witness first", **base, "note": good.replace("\n\n", "\n\n" + witness), "accept": says},
        {"name": "of nothing", **base, "note": empty, "accept": says | {"size": 0, "root": b64(ref.sha256(b""))}},
        {
            "name": "of the whole platform",
            **base,
            "note": note(NAME, "1", root),
            "accept": {"origin": NAME, "size": 1, "root": root},
        },
        *({"name": name, **base, "note": text, "refuse": why} for name, (text, why) in bad.items()),
    ]
