"""`bidroom release`: the bidder's client releases a bid's key once everything that it can check is in order."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from bidroom.cli import options
from bidroom.cli.client import Client
from bidroom.cli.identity import Identity
from bidroom.cli.notice import Notice, read_notice
from bidroom.cli.releasing import check_command, check_own, commanded, layer_of, release_body
from bidroom.cli.sealing import SealedBid, load_sealed
from bidroom.cli.submitting import check_receipt
from bidroom.cli.words import told
from bidroom.crypto.certificates import Trust, load_trust
from bidroom.crypto.checkpoint import VerifierKey
from bidroom.facts import Refused

RELEASE_FAILURES = ("share_damaged", "piece_does_not_match", "key_opens_no_stanza")


@click.command()
@click.argument("sealed", type=options.FOLDER)
@options.url
@click.option("--tender", required=True, help="The tender's id.")
@options.account
@options.a_key
@options.trust
def release(sealed: Path, url: str, tender: str, account: str, key: Path, passphrase: str, trust: Path) -> None:
    """Release the key of the bid in the folder SEALED, after the host's command and every check."""
    with told():
        identity, bid = options.identity_of(key, passphrase), load_sealed(sealed)
        if bid.header.tender != tender:
            raise Refused("sealed_to_other_tender", field="tender")
        client = Client(url)
        try:
            client.log_in(account, identity)
            receipt = release_bid(client, bid, identity, load_trust(trust), options.receipt_key(trust))
        finally:
            client.close()
        click.echo(json.dumps(receipt, ensure_ascii=False, indent=1))


def release_bid(client: Client, bid: SealedBid, identity: Identity, trust: Trust, vkey: VerifierKey) -> dict[str, Any]:
    """Check all that seal.md asks for, release, verify the receipt. A share that does not open is reported, signed."""
    now = client.deciding_time()
    tender = bid.header.tender
    notice = read_notice(client.get(f"/tenders/{tender}"), trust, now)
    command = checked_command(client, bid, notice, trust, now)
    try:
        body = release_body(bid, notice, command, identity)
    except Refused as refused:
        if refused.reason in RELEASE_FAILURES:
            report_failure(client, bid, identity, refused)
        raise
    answer = client.command("ReleaseShare", tender, body, identity=identity)
    check_receipt(answer["receipt"] or {}, bid, vkey, "release")
    return dict(answer["receipt"])


def checked_command(client: Client, bid: SealedBid, notice: Notice, trust: Trust, now: datetime) -> str:
    """H(command), once command, final bids, one's own bid and the deadline were all found in order."""
    tender = bid.header.tender
    finals = list(final_bids(room_events(client, tender)))
    check_own(bid, notice, finals, bid.certificate)
    command = commanded(client.get(f"/tenders/{tender}/command"))
    check_command(command, notice, finals, trust, now)
    return command.digest


def room_events(client: Client, tender: str) -> Iterator[Mapping[str, Any]]:
    """All that the room was told so far, in order."""
    held = 0
    while (told := client.get(f"/tenders/{tender}/events", channel="room", after=held))["seq"] > held:
        held = told["seq"]
        yield from told["events"]


def final_bids(events: Iterable[Mapping[str, Any]]) -> Iterator[tuple[int, str]]:
    """(lot, digest) of every final bid that the room was told of."""
    for event in events:
        if event["type"] == "BidsExtracted":
            yield from ((event["body"]["lot"], digest) for digest in event["body"]["digests"])


def report_failure(client: Client, bid: SealedBid, identity: Identity, refused: Refused) -> None:
    """Say, signed, at which layer the release failed and with which certificate: evidence for the attribution."""
    body = {"digest": bid.header.digest, "layer": layer_of(refused), "serial": identity.serial}
    client.command("ReportReleaseFailure", bid.header.tender, body, identity=identity)
