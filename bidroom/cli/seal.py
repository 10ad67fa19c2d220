"""`bidroom seal`: a bid is sealed on the bidder's own machine, to a tender whose notice was verified."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from bidroom.cli import options
from bidroom.cli.client import Client, load_json_file
from bidroom.cli.notice import Notice, read_notice
from bidroom.cli.sealing import load_sealed, seal_bid
from bidroom.cli.words import told
from bidroom.crypto.canonical import canonical
from bidroom.crypto.certificates import load_trust


@click.command()
@click.option(
    "--tender", required=True, help="Address of the tender, URL/api/v1/tenders/ID, or a file with what is there."
)
@click.option("--lot", type=click.IntRange(1, 0xFFFF), required=True, help="The lot's number.")
@click.option("--form", type=options.FILE, required=True, help="The bid form: JSON, price and the announced items.")
@click.option("--documents", type=options.FOLDER, help="A folder; every file in it goes along.")
@options.a_key
@options.trust
@click.option("--supersedes", type=options.FOLDER, help="The sealed folder of the bid that this one replaces.")
@click.option("--out", type=options.NEW, required=True, help="A new folder for the sealed bid.")
def seal(
    tender: str, lot: int, form: Path, documents: Path | None, key: Path, passphrase: str, trust: Path,
    supersedes: Path | None, out: Path,
) -> None:  # fmt: skip
    """Seal a bid. What lies in the new folder afterwards is safe to send, but for kit.json: keep that one."""
    with told(str(form)):
        identity = options.identity_of(key, passphrase)
        notice, at = the_notice(tender, trust)
        data = canonical(load_json_file(form, "form_malformed"))
        before = load_sealed(supersedes).header.digest if supersedes else None
        sealed = seal_bid(notice, lot, identity, data, files_in(documents), out, at, before)
        click.echo(f"{sealed.header.digest}  {out}")


def the_notice(tender: str, trust: Path) -> tuple[Notice, datetime]:
    """The verified notice behind a file or an address, and the time that it was judged by."""
    if tender.startswith(("http://", "https://")):
        document, at = fetched(tender)
    else:
        document, at = load_json_file(Path(tender), "notice_malformed"), datetime.now(UTC)
    return read_notice(document, load_trust(trust), at), at


def fetched(address: str) -> tuple[Mapping[str, Any], datetime]:
    """What the server has at URL/api/v1/tenders/ID, and the time to judge it by."""
    client = Client(address)
    try:
        return client.get("/tenders/" + address.rstrip("/").rpartition("/")[2]), client.deciding_time()
    finally:
        client.close()


def files_in(folder: Path | None) -> list[Path]:
    """Every file of the folder, by name; folders in it are not entered."""
    return [] if folder is None else sorted(path for path in folder.iterdir() if path.is_file())
