"""A tender, its parties and a sealed bid as plain files: what a client checks needs no server."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from bidroom.cli.client import b64, command_bytes
from bidroom.cli.identity import Identity
from bidroom.cli.notice import Notice, read_notice
from bidroom.cli.releasing import Commanded
from bidroom.cli.sealing import SealedBid, seal_bid
from bidroom.crypto import tree
from bidroom.crypto.canonical import canonical, digest_of, sha256_hex
from bidroom.crypto.certificates import Trust
from bidroom.facts import rfc3339
from bidroom.rehearsal.cast import Authority
from bidroom.rehearsal.reading import parse
from bidroom.rehearsal.registering import terms_of, timeline_of
from bidroom.rehearsal.scenario import Company, Scenario
from tests.rehearsal.acted import LOT, TITLE, bidders

NOON = datetime(2026, 3, 2, 4, 0, tzinfo=UTC)
TENDER = "5e" * 16
FORM = canonical({"price": "2750000.00", "duration": 55})


@cache
def scenario() -> Scenario:
    """A tender with an agent."""
    return parse(TITLE + "agent: {name: 浙江信诚工程咨询有限公司}\n" + LOT + bidders())


@cache
def authority() -> Authority:
    """Whom everyone trusts here."""
    return Authority.made(NOON)


@cache
def identity(name: str, uscc: str) -> Identity:
    """Somebody's certificate."""
    return authority().organization(Company(name, uscc))


def tenderee() -> Identity:
    """The tenderee's."""
    return identity(scenario().tenderee.name, scenario().tenderee.uscc)


def agent() -> Identity:
    """The agent's, who hosts."""
    company = scenario().agent
    assert company is not None
    return identity(company.name, company.uscc)


def bidder() -> Identity:
    """A bidder's."""
    return identity(scenario().bidders[0].name, scenario().bidders[0].uscc)


def trust() -> Trust:
    """What a client pins."""
    return authority().trust


def id_of(who: Identity) -> str:
    """The id of somebody's organization."""
    return hashlib.sha256(who.certificate).hexdigest()[:32]


@dataclass(frozen=True)
class Documents:
    """Terms and timeline, and who signs them."""

    terms: bytes
    timeline: bytes
    signer: Identity

    def answer(self) -> dict[str, Any]:
        """What the server tells of the tender."""
        signed = {"terms": self.terms, "timeline": self.timeline}
        notice = {kind: b64(data) for kind, data in signed.items()}
        notice |= {f"{kind}_cms": b64(self.signer.sign(kind, data, NOON)) for kind, data in signed.items()}
        return {"notice": notice, "certificates": {self.signer.digest: b64(self.signer.certificate)}}


def documents(later: timedelta = timedelta(), hosts: Sequence[Identity] | None = None) -> Documents:
    """The notice, its deadline so much later; `hosts` instead of the agent and the tenderee."""
    agents = scenario().agent
    assert agents is not None
    company = scenario().tenderee
    owner = {"organization": id_of(tenderee()), "name": company.name, "uscc": company.uscc}
    named = {"organization": id_of(agent()), "name": agents.name, "uscc": agents.uscc}
    owner["certificate"] = tenderee().digest
    terms = terms_of(scenario(), TENDER, owner, tenderee().spki.hex(), named)
    listed = [named, owner] if hosts is None else [{"organization": id_of(each), "name": "甲"} for each in hosts]
    timeline = timeline_of(scenario(), TENDER, sha256_hex(terms), listed, NOON + later)
    return Documents(terms, timeline, tenderee())


def notice(given: Documents | None = None) -> Notice:
    """The notice, read and verified."""
    return read_notice((given or documents()).answer(), trust(), NOON)


def sealed(folder: Path, by: Identity | None = None) -> SealedBid:
    """A bid of the bidder, sealed into this folder."""
    return seal_bid(notice(), 1, by or bidder(), FORM, (), folder, NOON)


def receipt_for(bid: SealedBid, at: datetime = NOON, timeline: str | None = None) -> dict[str, Any]:
    """What a receipt says of it; nobody has signed this one."""
    body = {"time": rfc3339(at), "timeline": timeline or notice().timeline.digest, "digest": bid.header.digest}
    return {"receipt": {**body, "tender": TENDER, "lot": 1}, "signature": "", "proof": None, "token": None}


def command_by(
    host: Identity, finals: Sequence[tuple[int, str]], kind: str = "CommandDecryption", stream: str = TENDER
) -> Commanded:
    """The host's command over these final bids."""
    body = {"root": tree.final_root(finals).hex(), "window": 600, "nonce": "00" * 16}
    data = command_bytes(kind, stream, body)
    return Commanded(digest_of("command", data), data, host.sign("command", data, NOON), host.certificate)
