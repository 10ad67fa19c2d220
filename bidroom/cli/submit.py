"""`bidroom submit`: upload a sealed bid, and keep its receipt or its refusal."""

from __future__ import annotations

import json
from pathlib import Path

import click

from bidroom.cli import options
from bidroom.cli.client import Client
from bidroom.cli.sealing import REFUSAL, load_sealed
from bidroom.cli.submitting import submit_bid
from bidroom.cli.words import told


@click.command()
@click.argument("sealed", type=options.FOLDER)
@options.url
@options.account
@options.a_key
@options.trust
def submit(sealed: Path, url: str, account: str, key: Path, passphrase: str, trust: Path) -> None:
    """Upload the bid in the folder SEALED; an upload that broke off goes on where it stopped."""
    with told():
        identity, bid = options.identity_of(key, passphrase), load_sealed(sealed)
        (sealed / REFUSAL).unlink(missing_ok=True)
        client = Client(url)
        try:
            client.log_in(account, identity)
            receipt = submit_bid(client, bid, options.receipt_key(trust), identity)
        finally:
            client.close()
            show_refusal(sealed)
        click.echo(json.dumps(receipt, ensure_ascii=False, indent=1))


def show_refusal(sealed: Path) -> None:
    """The signed refusal that this upload left, if it left one."""
    path = sealed / REFUSAL
    if path.exists():
        click.echo(path.read_text("utf-8"), nl=False)
