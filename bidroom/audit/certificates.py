"""Certificates, their chains and revocation lists: which ones a log calls for, and whether each held at its time."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding

from bidroom.audit.layout import certificate_file, certificates_named, notices
from bidroom.crypto.certificates import Holding, Trust, check_certificate, load_certificate
from bidroom.facts import Entry, Refused

LONGEST_CHAIN = 8
A_DAY = timedelta(days=1)
"""How long a list can be out before whoever judges certificates must have it."""
Use = tuple[str, datetime]
"""A certificate's digest, and a time at which it was used."""


def uses(entries: Sequence[Entry], left_out: Collection[str]) -> Iterator[Use]:
    """Every use of a certificate that the bundle has: acts, notices, the keys that the terms name."""
    for entry in entries:
        if entry.signed and entry.actor.get("certificate"):
            yield from _unless(left_out, entry.actor["certificate"], entry.time)
    published = notices(entries)
    in_terms = certificates_named(published)
    for notice in published:
        for digest in sorted(in_terms):
            yield from _unless(left_out, digest, notice.time)


def _unless(left_out: Collection[str], digest: str, at: datetime) -> Iterator[Use]:
    if digest not in left_out:
        yield digest, at


def chain_of(der: bytes, trust: Trust) -> tuple[bytes, ...]:
    """The authorities from the certificate's issuer to below its root, nearest first, as far as they are known."""
    roots = [x509.load_der_x509_certificate(root) for root in trust.roots]
    known = [x509.load_der_x509_certificate(other) for other in sorted(trust.intermediates)]
    chain: list[x509.Certificate] = []
    last = load_certificate(der)
    while len(chain) < LONGEST_CHAIN and not any(_issued(last, root) for root in roots):
        found = next((other for other in known if _issued(last, other)), None)
        if found is None:
            break
        chain.append(found)
        last = found
    return tuple(each.public_bytes(Encoding.DER) for each in chain)


def _issued(certificate: x509.Certificate, issuer: x509.Certificate) -> bool:
    try:
        certificate.verify_directly_issued_by(issuer)
    except (ValueError, TypeError, InvalidSignature, UnsupportedAlgorithm):
        return False
    return True


def to_pem(chain: Iterable[bytes]) -> bytes:
    """A chain's file."""
    return b"".join(x509.load_der_x509_certificate(der).public_bytes(Encoding.PEM) for der in chain)


def from_pem(data: bytes) -> tuple[bytes, ...]:
    """The certificates of a chain's file; Refused("certificate_malformed") for any but its one form."""
    try:
        chain = tuple(each.public_bytes(Encoding.DER) for each in x509.load_pem_x509_certificates(data))
    except ValueError:
        raise Refused("certificate_malformed") from None
    if to_pem(chain) != data:
        raise Refused("certificate_malformed", cause="not_the_one_form")
    return chain


Paths = Mapping[str, Sequence[bytes]]
"""Certificates with their chains, leaf first, by digest."""


def lists_needed(paths: Paths, crls: Mapping[str, bytes], used: Iterable[Use]) -> set[str]:
    """The names in `crls` of the lists that were the last ones out at some use."""
    return {name for name, _, _ in _last_out(paths, crls, used)}


def lists_passed_over(
    paths: Paths, own: Mapping[str, bytes], known: Mapping[str, bytes], used: Iterable[Use]
) -> set[str]:
    """The names in `known` of lists that were out for a day at some use, the last ones, and are not in `own`."""
    found = _last_out(paths, {**known, **own}, used)
    return {name for name, since, at in found if name not in own and at - since > A_DAY}


def _last_out(paths: Paths, crls: Mapping[str, bytes], used: Iterable[Use]) -> Iterator[tuple[str, datetime, datetime]]:
    """(name, since, at) of each list that was the last of its issuer (and part, where it is divided) at a use."""
    lists = [_Revocation.read(name, data) for name, data in crls.items()]
    for digest, at in used:
        issuers = {x509.load_der_x509_certificate(der).issuer.public_bytes() for der in paths.get(digest, ())}
        latest: dict[tuple[bytes, bytes], _Revocation] = {}
        for each in lists:
            before = latest.get((each.issuer, each.part))
            if each.issuer in issuers and each.since <= at and (before is None or before.since < each.since):
                latest[each.issuer, each.part] = each
        yield from ((each.name, each.since, at) for each in latest.values())


@dataclass(frozen=True, slots=True)
class _Revocation:
    """One revocation list: its issuer's name, since when it is out, which part of a divided list it is."""

    name: str
    issuer: bytes
    since: datetime
    part: bytes

    @classmethod
    def read(cls, name: str, data: bytes) -> _Revocation:
        try:
            crl = x509.load_der_x509_crl(data)
            parts = [each.value.public_bytes() for each in crl.extensions if each.oid == _DIVIDED]
        except (ValueError, UnsupportedAlgorithm):
            raise Refused("revocation_list_malformed", field=name) from None
        return cls(name, crl.issuer.public_bytes(), crl.last_update_utc, b"".join(parts))


_DIVIDED = x509.oid.ExtensionOID.ISSUING_DISTRIBUTION_POINT


@dataclass(frozen=True)
class Certificates:
    """The certificates of one bundle (DER by digest), judged by pinned roots."""

    ders: Mapping[str, bytes]
    chains: Mapping[str, tuple[bytes, ...]]
    crls: tuple[bytes, ...]
    pinned: Trust
    _held: dict[Use, Holding | Refused] = field(default_factory=dict)

    def der(self, digest: str) -> bytes:
        """The certificate itself; Refused("file_missing")."""
        if digest not in self.ders:
            raise Refused("file_missing", field=certificate_file(digest))
        return self.ders[digest]

    def held(self, digest: str, at: datetime) -> Holding:
        """What the certificate says, if it was in order then: by the bundle's lists alone, and by the pinned ones too.

        Refused as `check_certificate` refuses.
        """
        if (digest, at) not in self._held:
            self._held[digest, at] = self._look(digest, at)
        held = self._held[digest, at]
        if isinstance(held, Refused):
            raise held
        return held

    def _look(self, digest: str, at: datetime) -> Holding | Refused:
        own = Trust(self.pinned.roots, self.chains.get(digest, ()), self.crls)
        try:
            holding = check_certificate(self.der(digest), own, at)
            if not set(self.pinned.crls) <= set(self.crls):
                check_certificate(self.der(digest), own.with_more(self.pinned.intermediates, self.pinned.crls), at)
        except Refused as refused:
            return Refused(refused.reason, field=certificate_file(digest), **refused.details)
        return holding
