"""A person's key and certificate: from a .p12 file, or made for a trial; the key never leaves this process."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, pkcs12

from bidroom.crypto import certificates, signatures
from bidroom.crypto.canonical import sha256_hex
from bidroom.facts import Refused

Key = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
LARGEST = 1 << 20


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """A private key and its certificate (DER)."""

    key: Key
    certificate: bytes

    @property
    def digest(self) -> str:
        """SHA-256 of the certificate, hex: its name everywhere."""
        return sha256_hex(self.certificate)

    @property
    def serial(self) -> str:
        """The certificate's serial number as every page shows it."""
        return certificates.serial(self.certificate)

    @property
    def spki(self) -> bytes:
        """The P-256 key as 91 bytes; Refused("key_not_p256")."""
        return certificates.spki(self.certificate)

    @property
    def agreement_key(self) -> ec.EllipticCurvePrivateKey:
        """The key, where it can hold pieces; Refused("key_not_p256")."""
        if not isinstance(self.key, ec.EllipticCurvePrivateKey):
            raise Refused("key_not_p256")
        return self.key

    def sign(self, kind: str, data: bytes, at: datetime) -> bytes:
        """The detached CAdES signature over these bytes as this kind."""
        return signatures.sign(kind, data, self.key, self.certificate, at)


def load_p12(path: Path, passphrase: str) -> Identity:
    """The identity in a PKCS#12 file. Refused: key_file_unreadable, passphrase_wrong."""
    data = path.read_bytes() if path.stat().st_size <= LARGEST else b""
    try:
        key, certificate, _ = pkcs12.load_key_and_certificates(data, passphrase.encode())
    except ValueError as fault:
        wrong = "password" in str(fault).lower() or "mac" in str(fault).lower()
        raise Refused("passphrase_wrong" if wrong else "key_file_unreadable", field=path.name) from None
    except UnsupportedAlgorithm:
        raise Refused("key_file_unreadable", field=path.name) from None
    if not isinstance(key, (ec.EllipticCurvePrivateKey, rsa.RSAPrivateKey)) or certificate is None:
        raise Refused("key_file_unreadable", field=path.name)
    return Identity(key, certificate.public_bytes(Encoding.DER))
