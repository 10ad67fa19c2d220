"""`bidroom keys`: a certificate authority, certificates and .p12 files for trials; and what a .p12 holds."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from bidroom.cli import options
from bidroom.cli.identity import Identity
from bidroom.cli.words import told
from bidroom.crypto.certificates import load_certificate, serial
from bidroom.crypto.testca import TestCa, to_p12
from bidroom.facts import Refused

KEY = "ca.key"


@click.group()
def keys() -> None:
    """Make and inspect keys and certificates. What is made here is for trials; nothing else trusts it."""


@keys.command("ca")
@click.argument("folder", type=options.NEW)
@click.option("--name", default="trial", show_default=True, help="The authority's name.")
def make_ca(folder: Path, name: str) -> None:
    """Make a test authority in FOLDER: ca/ and crl/ to trust, and its private key."""
    with told():
        if (folder / KEY).exists():
            raise Refused("folder_not_empty", field=str(folder))
        at = datetime.now(UTC)
        ca = TestCa.create(name, at)
        ca.write_trust(folder, at)
        write_private(folder / KEY, ca.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        click.echo(folder)


@keys.command("p12")
@click.argument("file", type=options.NEW)
@click.option("--ca", "folder", type=options.FOLDER, required=True, help="The test authority's folder.")
@click.option("--name", required=True, help="The organization's name.")
@click.option("--uscc", required=True, help="Its unified social credit code.")
@click.option("--type", "kind", type=click.Choice(["ec", "rsa"]), default="ec", show_default=True)
@click.option("--days", type=click.IntRange(1, 3650), default=365, show_default=True)
@options.passphrase
def make_p12(file: Path, folder: Path, name: str, uscc: str, kind: str, days: int, passphrase: str) -> None:
    """Let a test authority issue an organization's certificate; key and certificate go into FILE."""
    with told():
        if file.exists():
            raise Refused("file_exists", field=file.name)
        key, certificate = load_ca(folder).issue_organization(name, uscc, key=kind, at=datetime.now(UTC), days=days)
        write_private(file, to_p12(key, certificate, passphrase))
        click.echo(f"{Identity(key, certificate).digest}  {file}")


@keys.command("show")
@click.argument("file", type=options.FILE)
@options.passphrase
def show(file: Path, passphrase: str) -> None:
    """What the .p12 FILE holds: whose it is, its serial and digest, until when it is valid."""
    with told():
        identity = options.identity_of(file, passphrase)
        certificate = load_certificate(identity.certificate)
        found = {
            "subject": certificate.subject.rfc4514_string(),
            "issuer": certificate.issuer.rfc4514_string(),
            "serial": serial(identity.certificate),
            "sha256": identity.digest,
            "until": certificate.not_valid_after_utc.isoformat(),
        }
        click.echo(json.dumps(found, ensure_ascii=False, indent=1))


def write_private(path: Path, data: bytes) -> None:
    """Write a new file that its owner alone can read."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600, exist_ok=False)
    path.write_bytes(data)


def load_ca(folder: Path) -> TestCa:
    """The authority that `bidroom keys ca` made in this folder. Refused: key_file_unreadable, trust_unreadable."""
    try:
        key = load_pem_private_key((folder / KEY).read_bytes(), None)
    except (OSError, ValueError, TypeError):
        raise Refused("key_file_unreadable", field=KEY) from None
    found = sorted((folder / "ca").glob("*.pem"))
    if not isinstance(key, ec.EllipticCurvePrivateKey) or not found:
        raise Refused("trust_unreadable", field="ca")
    return TestCa(found[0].stem, key, x509.load_pem_x509_certificate(found[0].read_bytes()))
