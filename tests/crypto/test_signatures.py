"""Signatures against OpenSSL both ways, in real threads, and under any flipped byte."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from bidroom.crypto.canonical import signed_input
from bidroom.crypto.signatures import KINDS, Key, sign, signing_time, verify
from bidroom.crypto.testca import TestCa
from bidroom.facts import Refused
from tests.vectors import actors, trust

RSA = actors.rsa_key("rsa bidder")
RSA_CERTIFICATE = actors.certificate("丁公司", RSA, usage=("digital_signature",))
SIGNERS: dict[str, tuple[Key, bytes, bool]] = {
    "EC": (actors.BIDDER, actors.BIDDER_CERTIFICATE, False),
    "RSA": (RSA, RSA_CERTIFICATE, False),
    "PSS": (RSA, RSA_CERTIFICATE, True),
}
DATA = b'{"v":1}'


@pytest.fixture(params=SIGNERS)
def signer(request: pytest.FixtureRequest) -> tuple[Key, bytes, bool]:
    return SIGNERS[request.param]


def pem(der: bytes) -> bytes:
    return x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM)


def openssl(folder: Path, certificate: bytes, signature: bytes, data: bytes) -> subprocess.CompletedProcess[str]:
    (folder / "cert.pem").write_bytes(pem(certificate))
    (folder / "root.pem").write_bytes(pem(trust.ROOT))
    (folder / "signature.p7s").write_bytes(signature)
    (folder / "data").write_bytes(data)
    command = [
        "openssl", "cms", "-verify", "-cades", "-binary", "-inform", "DER", "-in", "signature.p7s", "-content", "data",
        "-certfile", "cert.pem", "-CAfile", "root.pem", "-attime", str(int(actors.AT.timestamp())), "-out", "/dev/null",
    ]  # fmt: skip
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.openssl
def test_openssl_accepts_ours(tmp_path: Path, signer: tuple[Key, bytes, bool]) -> None:
    key, certificate, pss = signer
    signature = sign("header", DATA, key, certificate, actors.AT, pss)
    verify("header", DATA, signature, certificate)
    assert signing_time(signature) == actors.AT
    accepted = openssl(tmp_path, certificate, signature, signed_input("header", DATA))
    assert (accepted.returncode, accepted.stderr.strip()) == (0, "CAdES Verification successful")
    refused = openssl(tmp_path, certificate, signature, signed_input("terms", DATA))
    assert refused.returncode != 0


@pytest.mark.openssl
def test_we_accept_openssls(tmp_path: Path, signer: tuple[Key, bytes, bool]) -> None:
    key, certificate, pss = signer
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "cert.pem").write_bytes(pem(certificate))
    (tmp_path / "data").write_bytes(signed_input("command", DATA))
    command = [
        "openssl", "cms", "-sign", "-cades", "-binary", "-nocerts", "-nosmimecap", "-md", "sha256", "-in", "data",
        "-signer", "cert.pem", "-inkey", "key.pem", "-outform", "DER", "-out", "signature.p7s",
    ]  # fmt: skip
    padding = ["-keyopt", "rsa_padding_mode:pss", "-keyopt", "rsa_pss_saltlen:32"] if pss else []
    subprocess.run(command + padding, cwd=tmp_path, capture_output=True, check=True)
    signature = (tmp_path / "signature.p7s").read_bytes()
    verify("command", DATA, signature, certificate)
    with pytest.raises(Refused, match="signature_over_other_bytes"):
        verify("command", DATA + b" ", signature, certificate)


def test_no_certificate_travels_inside(signer: tuple[Key, bytes, bool]) -> None:
    key, certificate, pss = signer
    signature = sign("record", DATA, key, certificate, actors.AT, pss)
    spki = x509.load_der_x509_certificate(certificate).subject.public_bytes()
    assert spki not in signature
    assert len(signature) < 1000


def test_a_signature_is_of_one_kind() -> None:
    for kind in KINDS:
        signature = sign(kind, DATA, actors.BIDDER, actors.BIDDER_CERTIFICATE, actors.AT)
        for other in KINDS - {kind}:
            with pytest.raises(Refused, match="signature_over_other_bytes"):
                verify(other, DATA, signature, actors.BIDDER_CERTIFICATE)
    with pytest.raises(ValueError, match="kind"):
        sign("receipt", DATA, actors.BIDDER, actors.BIDDER_CERTIFICATE, actors.AT)


def test_another_key_than_the_certificates() -> None:
    with pytest.raises(Refused, match="key_is_not_the_certificates"):
        sign("header", DATA, actors.RIVAL, actors.BIDDER_CERTIFICATE, actors.AT)


def test_many_threads_at_once() -> None:
    def one(n: int) -> None:
        key, certificate, pss = list(SIGNERS.values())[n % 3]
        data = str(n).encode()
        verify("command", data, sign("command", data, key, certificate, actors.AT, pss), certificate)

    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(one, range(48))) == [None] * 48


SIGNATURE = sign("header", DATA, actors.BIDDER, actors.BIDDER_CERTIFICATE, actors.AT)


REASONS = {"signature_malformed", "signature_over_other_bytes", "signed_by_another_certificate"}


@settings(max_examples=300)
@given(st.integers(0, len(SIGNATURE) - 1), st.integers(1, 255))
def test_every_byte_counts(at: int, change: int) -> None:
    changed = bytearray(SIGNATURE)
    changed[at] ^= change
    with pytest.raises(Refused) as refused:
        verify("header", DATA, bytes(changed), actors.BIDDER_CERTIFICATE)
    assert refused.value.reason in REASONS


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(signature: bytes) -> None:
    with pytest.raises(Refused, match="signature_malformed"):
        verify("header", DATA, signature, actors.BIDDER_CERTIFICATE)


def test_an_endless_signature() -> None:
    with pytest.raises(Refused, match="signature_malformed"):
        verify("header", DATA, bytes(1 << 20), actors.BIDDER_CERTIFICATE)


def test_the_signers_own_time_is_read_from_a_signature_only() -> None:
    assert signing_time(trust.cades("login", b"{}", actors.BIDDER, actors.BIDDER_CERTIFICATE)) == actors.AT
    timeless = trust.cades(
        "login", b"{}", actors.BIDDER, actors.BIDDER_CERTIFICATE, lambda parts: parts["attributes"].pop("signing_time")
    )
    verify("login", b"{}", timeless, actors.BIDDER_CERTIFICATE)
    assert signing_time(timeless) is None
    with pytest.raises(Refused, match="signature_malformed"):
        signing_time(b"no signature")


@pytest.mark.openssl
def test_a_signer_named_by_key_id(tmp_path: Path) -> None:
    ca = TestCa.create("demo", actors.AT)
    key, certificate = ca.issue_organization("甲", "91330000MA27XXXX0X", "ec", actors.AT)
    spki = x509.load_der_x509_certificate(certificate).extensions.get_extension_for_class(x509.SubjectKeyIdentifier)
    (tmp_path / "key.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    (tmp_path / "cert.pem").write_bytes(pem(certificate))
    (tmp_path / "data").write_bytes(signed_input("command", DATA))
    command = [
        "openssl", "cms", "-sign", "-cades", "-keyid", "-binary", "-nocerts", "-nosmimecap", "-md", "sha256",
        "-in", "data", "-signer", "cert.pem", "-inkey", "key.pem", "-outform", "DER", "-out", "signature.p7s",
    ]  # fmt: skip
    subprocess.run(command, cwd=tmp_path, capture_output=True, check=True)
    signature = (tmp_path / "signature.p7s").read_bytes()
    verify("command", DATA, signature, certificate)
    other = signature.replace(spki.value.digest, bytes(20))
    with pytest.raises(Refused, match="signed_by_another_certificate"):
        verify("command", DATA, other, certificate)
