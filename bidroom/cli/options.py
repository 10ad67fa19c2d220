"""Options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from bidroom.cli.identity import Identity, load_p12
from bidroom.crypto.checkpoint import VerifierKey, parse_vkey
from bidroom.facts import Refused

EXISTING = click.Path(exists=True, path_type=Path)
FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)
NEW = click.Path(path_type=Path)

key = click.option("--key", "key", type=FILE, required=True, help="Your key and certificate, a .p12 file.")
passphrase = click.option(
    "--passphrase",
    envvar="BIDROOM_PASSPHRASE",
    prompt=True,
    hide_input=True,
    help="Of the .p12 file; better in BIDROOM_PASSPHRASE, or typed when asked.",
)
url = click.option("--url", required=True, help="The server, e.g. https://bids.example.org")
account = click.option("--account", required=True, envvar="BIDROOM_ACCOUNT", help="Your user name on the server.")
trust = click.option(
    "--trust",
    type=FOLDER,
    required=True,
    help="Folder of what you trust: ca/*.pem, crl/*.crl, receipt.vkey (as a rehearsal's trust/).",
)

Command = Callable[..., Any]


def a_key(command: Command) -> Command:
    """--key and --passphrase."""
    return key(passphrase(command))


def identity_of(path: Path, phrase: str) -> Identity:
    """The identity in --key. Refused: key_file_unreadable, passphrase_wrong."""
    return load_p12(path, phrase)


def receipt_key(folder: Path) -> VerifierKey:
    """The pinned key of receipts. Refused: trust_unreadable, verifier_key_malformed."""
    path = folder / "receipt.vkey"
    try:
        return parse_vkey(path.read_text("utf-8"))
    except OSError:
        raise Refused("trust_unreadable", field=path.name) from None
