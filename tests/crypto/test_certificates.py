"""Certificates from the test authority and from OpenSSL, and the folder they are trusted by."""

from __future__ import annotations

import subprocess
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12
from hypothesis import given
from hypothesis import strategies as st

from bidroom.crypto.certificates import (
    Holding,
    Trust,
    can_agree,
    check_certificate,
    load_certificate,
    load_trust,
    serial,
    spki,
)
from bidroom.crypto.testca import TestCa, to_p12
from bidroom.facts import Refused
from tests.vectors import actors

AT = datetime(2026, 9, 18, 9, 0, 0, 123456, tzinfo=UTC)
DAY = timedelta(days=1)
CODE = "91330000MA27XXXX0X"


@pytest.fixture
def ca() -> TestCa:
    return TestCa.create("demo", AT)


def trusted(ca: TestCa, folder: Path, at: datetime = AT) -> Trust:
    ca.write_trust(folder, at)
    return load_trust(folder)


def test_an_organization(ca: TestCa, tmp_path: Path) -> None:
    key, der = ca.issue_organization("甲公司", CODE, "ec", AT)
    holding = check_certificate(der, trusted(ca, tmp_path), AT)
    assert holding == Holding(
        name="甲公司", organization="甲公司", uscc=CODE, serial=serial(der), spki=spki(der),
        not_after=(AT + 365 * DAY).replace(microsecond=0), digest=holding.digest, organization_certificate=True,
        can_agree=True,
    )  # fmt: skip
    assert len(spki(der)) == 91
    assert load_certificate(der).public_key() == key.public_key()


def test_a_person(ca: TestCa, tmp_path: Path) -> None:
    _, der = ca.issue_person("张三", "甲公司", at=AT)
    holding = check_certificate(der, trusted(ca, tmp_path), AT)
    assert (holding.name, holding.organization, holding.uscc) == ("张三", "甲公司", None)
    assert not holding.organization_certificate


def test_which_keys_may_hold_pieces(ca: TestCa) -> None:
    _, rsa = ca.issue_organization("甲", CODE, "rsa", AT)
    _, signs = ca.issue_organization("甲", CODE, "ec", AT, agreement=False)
    _, both = ca.issue_organization("甲", CODE, "ec", AT)
    assert [can_agree(der) for der in (rsa, signs, both)] == [False, False, True]
    with pytest.raises(Refused, match="key_not_p256"):
        spki(rsa)


def test_time_and_revocation(ca: TestCa, tmp_path: Path) -> None:
    _, der = ca.issue_organization("甲", CODE, "ec", AT, days=100)
    trust = trusted(ca, tmp_path)
    ca.revoke(serial(der), AT + DAY)
    later = trust.with_more(crls=[ca.crl(AT + 2 * DAY)])
    assert check_certificate(der, trust, AT) == check_certificate(der, later, AT + DAY)
    for at, known, reason in (
        (AT - 2 * DAY, trust, "certificate_not_yet_valid"),
        (AT + 101 * DAY, trust, "certificate_expired"),
        (AT + 91 * DAY, trust, "revocation_list_stale"),
        (AT + 2 * DAY, later, "certificate_revoked"),
    ):
        with pytest.raises(Refused) as refused:
            check_certificate(der, known, at)
        assert refused.value.reason == reason


def test_an_authority_under_another(ca: TestCa, tmp_path: Path) -> None:
    below = TestCa.create("below", AT, issuer=ca)
    _, der = below.issue_organization("甲", CODE, "ec", AT)
    alone = trusted(ca, tmp_path / "one")
    more = [below.certificate.public_bytes(Encoding.DER)]
    assert check_certificate(der, alone.with_more(more, [below.crl(AT)]), AT).uscc == CODE
    ca.write_trust(tmp_path / "both", AT)
    below.write_trust(tmp_path / "both", AT)
    both = load_trust(tmp_path / "both")
    assert (len(both.roots), len(both.intermediates), len(both.crls)) == (1, 1, 2)
    assert check_certificate(der, both, AT).uscc == CODE


def test_a_bundle_cannot_bring_its_own_root(ca: TestCa, tmp_path: Path) -> None:
    rogue = TestCa.create("demo", AT)
    _, der = rogue.issue_organization("甲", CODE, "ec", AT)
    trust = trusted(ca, tmp_path).with_more([rogue.certificate.public_bytes(Encoding.DER)], [rogue.crl(AT)])
    with pytest.raises(Refused, match="certificate_of_unknown_issuer"):
        check_certificate(der, trust, AT)


def test_real_threads(ca: TestCa, tmp_path: Path) -> None:
    trust = trusted(ca, tmp_path)
    ders = [ca.issue_organization(f"甲{n}", CODE, "ec", AT)[1] for n in range(8)]
    with ThreadPoolExecutor(8) as pool:
        names = list(pool.map(lambda n: check_certificate(ders[n % 8], trust, AT).name, range(64)))
    assert names == [f"甲{n % 8}" for n in range(64)]


def test_what_cannot_be_trusted_is_named(ca: TestCa, tmp_path: Path) -> None:
    ca.write_trust(tmp_path, AT)
    (tmp_path / "ca" / "bad.pem").write_bytes(b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n")
    with pytest.raises(Refused) as refused:
        load_trust(tmp_path)
    assert (refused.value.reason, refused.value.field) == ("trust_unreadable", "bad.pem")
    (tmp_path / "ca" / "bad.pem").unlink()
    (tmp_path / "crl" / "bad.crl").write_bytes(b"no list")
    with pytest.raises(Refused) as refused:
        load_trust(tmp_path)
    assert refused.value.field == "bad.crl"


def test_a_folder_of_nothing_trusts_nobody(tmp_path: Path) -> None:
    assert load_trust(tmp_path) == Trust((), (), ())
    with pytest.raises(Refused, match="certificate_of_unknown_issuer"):
        check_certificate(actors.BIDDER_CERTIFICATE, Trust(()), AT)


@pytest.mark.openssl
def test_an_sm2_certificate_is_recognised(tmp_path: Path) -> None:
    subprocess.run(
        ["openssl", "genpkey", "-algorithm", "SM2", "-out", "sm2.key"], cwd=tmp_path, check=True, capture_output=True
    )
    request = ["openssl", "req", "-x509", "-new", "-key", "sm2.key", "-sm3", "-subj", "/O=x/CN=x", "-outform", "DER"]
    der = subprocess.run(request, cwd=tmp_path, check=True, capture_output=True).stdout
    with pytest.raises(Refused, match="certificate_sm2_not_supported"):
        check_certificate(der, Trust(()), AT)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(Refused, match="certificate_malformed"):
        load_certificate(data)


@given(st.integers(0, len(actors.BIDDER_CERTIFICATE) - 1), st.integers(1, 255))
def test_any_changed_byte_is_refused(at: int, change: int) -> None:
    changed = bytearray(actors.BIDDER_CERTIFICATE)
    changed[at] ^= change
    with pytest.raises(Refused):
        check_certificate(
            bytes(changed), Trust((actors.authority("vectors"),), (), (actors.crl("vectors", AT - DAY),)), AT
        )


def test_the_authority_says_what_it_is(ca: TestCa) -> None:
    assert "TEST" in ca.subject.rfc4514_string()
    assert "测试" in ca.subject.rfc4514_string()


@pytest.mark.parametrize("kind", ["ec", "rsa"])
def test_a_p12_holds_key_and_certificate(ca: TestCa, kind: str) -> None:
    key, der = ca.issue_organization("甲", CODE, kind, AT)
    loaded, certificate, _ = pkcs12.load_key_and_certificates(to_p12(key, der, "秘密"), "秘密".encode())
    assert loaded is not None
    assert certificate is not None
    assert loaded.public_key() == key.public_key()
    assert certificate.public_bytes(Encoding.DER) == der
