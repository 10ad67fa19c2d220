"""Real clients for the tests: a centre, organizations with bound certificates, a published tender, sealed bids."""

from __future__ import annotations

import base64
import hashlib
import secrets
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import requests
from stdnum.cn import uscc

from bidroom.cli.client import Client, b64, command_bytes, envelope
from bidroom.cli.identity import Identity
from bidroom.cli.notice import Notice, read_notice
from bidroom.cli.releasing import release_body
from bidroom.cli.sealing import SealedBid, seal_bid
from bidroom.cli.submitting import submit_bid, upload_parts
from bidroom.crypto.canonical import canonical
from bidroom.crypto.certificates import Trust, spki
from bidroom.crypto.header import parse_header
from bidroom.crypto.release import unwrap_own
from bidroom.crypto.testca import TestCa
from bidroom.crypto.timeline import parse_timeline
from bidroom.facts import Refused, instant, rfc3339
from bidroom.opening.rules import OPENING

PASSWORD = "correct horse battery"
DAY = timedelta(days=1)


def a_code() -> str:
    """A unified social credit code that is right by its check digit."""
    while True:
        body = "9133" + "".join(secrets.choice("0123456789") for _ in range(4)) + "MA" + "".join(
            secrets.choice("0123456789ABCDEFGHJKLMNPQRTUWXY") for _ in range(7)
        )  # fmt: skip
        for digit in "0123456789ABCDEFGHJKLMNPQRTUWXY":
            if uscc.is_valid(body + digit):
                return body + digit


@dataclass
class Organization:
    """One organization: its stream, its client, its key."""

    id: str
    name: str
    uscc: str
    user: str
    client: Client
    identity: Identity

    def give(self, kind: str, stream: str, body: dict[str, Any], lot: int | None = None) -> dict[str, Any]:
        """A signed command."""
        return self.client.command(kind, stream, body, lot, self.identity)


@dataclass
class Staff:
    """A clerk, a supervisor, an auditor."""

    user: str
    client: Client
    identity: Identity

    def give(self, kind: str, stream: str, body: dict[str, Any], lot: int | None = None) -> dict[str, Any]:
        """A signed command."""
        return self.client.command(kind, stream, body, lot, self.identity)

    def ask(self, kind: str, stream: str, body: dict[str, Any], lot: int | None = None) -> dict[str, Any]:
        """An unsigned command."""
        return self.client.command(kind, stream, body, lot)


@dataclass
class Centre:
    """A demo's trading centre."""

    url: str
    ca: TestCa
    start: datetime
    staff: dict[str, Staff] = field(default_factory=dict)

    @classmethod
    def at(cls, url: str) -> Centre:
        """Make it on this server."""
        client = Client(url, "en")
        start = client.now()
        ca = TestCa.create("root", start - DAY)
        made = cls(url, ca, start)
        people = {role: made.person(role) for role in ("clerk", "supervisor", "auditor")}
        told = [
            {"account": user, "password": PASSWORD, "role": role, "name": role, "certificate": b64(who.certificate)}
            for role, (user, who) in people.items()
        ]
        client.post("/demo/centre", {"ca": [made.pem], "crl": [b64(ca.crl(start, 3650))], "staff": told})
        for role, (user, identity) in people.items():
            theirs = Client(url, "en")
            theirs.log_in_with_password(user, PASSWORD)
            made.staff[role] = Staff(user, theirs, identity)
        return made

    @property
    def pem(self) -> str:
        """The authority's certificate."""
        from cryptography.hazmat.primitives.serialization import Encoding

        return self.ca.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def trust(self) -> Trust:
        """What a client pins."""
        from cryptography.hazmat.primitives.serialization import Encoding

        return Trust((self.ca.certificate.public_bytes(Encoding.DER),), (), (self.ca.crl(self.start, 3650),))

    @property
    def clerk(self) -> Staff:
        """The clerk."""
        return self.staff["clerk"]

    @property
    def supervisor(self) -> Staff:
        """The supervisor."""
        return self.staff["supervisor"]

    def person(self, role: str) -> tuple[str, Identity]:
        """A member of the staff, with a certificate."""
        key, der = self.ca.issue_person(role, "交易中心", days=3650)
        return f"{role}-{secrets.token_hex(3)}", Identity(key, der)

    def certificate(self, name: str, code: str, **more: Any) -> Identity:
        """A certificate of an organization."""
        key, der = self.ca.issue_organization(name, code, days=more.pop("days", 3650), **more)
        return Identity(key, der)

    def registered(self, name: str) -> tuple[str, str, str]:
        """A registered organization: its stream, its code, its main user."""
        stream, code, user = secrets.token_hex(16), a_code(), f"u{secrets.token_hex(4)}"
        body = {"name": name, "uscc": code, "user": user}
        Client(self.url, "en").command("RegisterOrganization", stream, body)
        return stream, code, user

    def apply(self, stream: str, user: str, identity: Identity) -> dict[str, Any]:
        """Apply for the binding of a certificate."""
        body = {"user": user, "der": b64(identity.certificate)}
        return Client(self.url, "en").command("ApplyForBinding", stream, body, None, identity)

    def organization(self, name: str) -> Organization:
        """An organization with a bound certificate, logged in."""
        stream, code, user = self.registered(name)
        identity = self.certificate(name, code)
        self.apply(stream, user, identity)
        self.clerk.ask("BindCertificate", stream, {"certificate": identity.digest})
        client = Client(self.url, "en")
        client.log_in(user, identity)
        return Organization(stream, name, code, user, client, identity)

    def go_to(self, at: datetime) -> None:
        """Let the demo's clock jump, once nothing is owed."""
        client = Client(self.url, "en")
        until = time.monotonic() + 30
        while time.monotonic() < until:
            try:
                client.post("/demo/clock", {"to": rfc3339(at)})
            except Refused as refused:
                if refused.reason != "clock_is_busy":
                    raise
                time.sleep(0.02)
            else:
                self.rest()
                return
        raise AssertionError("the clock stays busy")

    def rest(self) -> None:
        """Wait until the server owes nothing."""
        client = Client(self.url, "en")
        until = time.monotonic() + 60
        while client.get("/demo/clock")["busy"]:
            assert time.monotonic() < until, "the clock stays busy"
            time.sleep(0.02)


@dataclass
class Tender:
    """A published tender and its parties."""

    id: str
    centre: Centre
    tenderee: Organization
    agent: Organization
    terms: bytes
    timeline: bytes

    @property
    def path(self) -> str:
        """Under /api/v1."""
        return f"/tenders/{self.id}"

    @property
    def deadline(self) -> datetime:
        """In the first timeline."""
        return parse_timeline(self.timeline).deadline

    def notice(self) -> Notice:
        """As a bidder reads it."""
        client = self.centre.clerk.client
        return read_notice(client.get(self.path), self.centre.trust, client.now())

    def seal(self, who: Organization, lot: int, price: str, out: Path, supersedes: str | None = None) -> SealedBid:
        """A bid with one document."""
        out.mkdir(parents=True, exist_ok=True)
        (out / "a.txt").write_text("方案" * 100, "utf-8")
        form = canonical({"price": price, "duration": 540})
        return seal_bid(
            self.notice(), lot, who.identity, form, [out / "a.txt"], out / "sealed", who.client.now(), supersedes
        )

    def bid(self, who: Organization, lot: int, price: str, out: Path, supersedes: str | None = None) -> SealedBid:
        """A bid, sealed, uploaded and receipted."""
        sealed = self.seal(who, lot, price, out, supersedes)
        submit_bid(who.client, sealed, None, who.identity)
        return sealed

    def view(self, client: Client | None = None) -> dict[str, Any]:
        """The room as somebody sees it."""
        told: dict[str, Any] = (client or self.agent.client).get(f"{self.path}/room")["view"]
        return told

    def release(self, who: Organization, sealed: SealedBid) -> dict[str, Any]:
        """Release one's key."""
        body = release_body(sealed, self.notice(), self.view()["command"], who.identity)
        return who.give("ReleaseShare", self.id, body)

    def command(self, root: str, window: int = 600) -> dict[str, Any]:
        """The host's decryption command."""
        told = self.agent.client.get(f"{self.path}/checkpoint")
        data = command_bytes(
            "CommandDecryption", self.id, {"root": root, "window": window, "nonce": secrets.token_hex(16)},
            checkpoint={"size": told["size"], "root": told["root"]},
        )  # fmt: skip
        document = envelope(data, self.agent.identity, self.agent.client.now())
        answer: dict[str, Any] = self.agent.client.post("/commands", document)
        return answer

    def finals(self) -> list[str]:
        """The digests of all final bids, in order."""
        return sorted(bid["digest"] for lot in self.view()["lots"] for bid in lot["bids"])

    def release_as_tenderee(self, digests: list[str]) -> dict[str, Any]:
        """The tenderee's one message with its pieces for these bids."""
        pieces = {digest: self._tenderees(digest) for digest in digests}
        body = {"command": self.view()["command"], "slot": "tenderee", "digests": digests, "pieces": pieces}
        return self.tenderee.give("ReleaseHolderShares", self.id, body)

    def _tenderees(self, digest: str) -> list[dict[str, Any]]:
        told = self.tenderee.client.get(f"{self.path}/bids/{digest}/header")
        header = parse_header(base64.b64decode(told["header"]))
        identity = self.tenderee.identity
        pieces = unwrap_own(header, self.notice().terms, "tenderee", identity.agreement_key)
        return [{"j": j, "piece": piece.hex()} for j, piece in sorted(pieces.items())]


def publish(centre: Centre, lots: int = 1, pack: str = "cn-mandatory") -> Tender:
    """A tender of `lots` lots, published now; its deadline in 21 days."""
    tenderee, agent = centre.organization("城东水务集团有限公司"), centre.organization("浙江信诚工程咨询有限公司")
    stream, number = secrets.token_hex(16), f"A33-{secrets.token_hex(4)}"
    agent.give("DraftTender", stream, {"number": number, "title": "城东污水处理厂扩建"})
    terms = canonical(the_terms(stream, number, tenderee, agent, lots, pack))
    timeline = canonical(the_timeline(stream, terms, tenderee, agent, agent.client.now()))
    sign = tenderee.identity.sign
    at = agent.client.now()
    body = {
        "terms": b64(terms), "terms_cms": b64(sign("terms", terms, at)),
        "timeline": b64(timeline), "timeline_cms": b64(sign("timeline", timeline, at)),
    }  # fmt: skip
    agent.give("SubmitNotice", stream, body)
    centre.clerk.ask("PublishNotice", stream, {})
    return Tender(stream, centre, tenderee, agent, terms, timeline)


def the_terms(
    stream: str, number: str, tenderee: Organization, agent: Organization, lots: int, pack: str
) -> dict[str, Any]:
    """Terms of the policy `joint`."""
    holder = {
        "organization": tenderee.id,
        "certificate": tenderee.identity.digest,
        "key": spki(tenderee.identity.certificate).hex(),
    }
    form = [{"key": "duration", "label": {"zh": "工期", "en": "Duration"}, "type": "integer", "unit": "d"}]
    named = {"organization": tenderee.id, "name": tenderee.name, "uscc": tenderee.uscc}
    return {
        "v": 1, "suite": 1, "tender": stream, "number": number, "title": "城东污水处理厂扩建", "rule_pack": pack,
        "minimum": 3, "decryption": "joint",
        "tenderee": {**named, "certificate": tenderee.identity.digest},
        "agent": {"organization": agent.id, "name": agent.name, "uscc": agent.uscc},
        "slots": [
            {"name": "bidder", "needed": 1, "holders": []},
            {"name": "tenderee", "needed": 1, "holders": [holder]},
        ],
        "lots": [
            {"no": no, "name": f"标段{no}", "control_price": "200000000.00", "currency": "CNY", "deposit": "800000.00",
             "form": form}
            for no in range(1, lots + 1)
        ],
        "draws": [],
    }  # fmt: skip


def the_timeline(
    stream: str, terms: bytes, tenderee: Organization, agent: Organization, now: datetime
) -> dict[str, Any]:
    """The first timeline; the agent hosts, the tenderee is its deputy."""
    hosts = [{"organization": each.id, "name": each.name} for each in (agent, tenderee)]
    return {
        "v": 1, "tender": stream, "terms": hashlib.sha256(terms).hexdigest(), "version": 1, "previous": None,
        "hosts": hosts,
        "documents": {"from": rfc3339(now), "to": rfc3339(now + 6 * DAY)},
        "clarifications": rfc3339(now + 5 * DAY),
        "sign_in": rfc3339(now + 21 * DAY - timedelta(hours=1)),
        "deadline": rfc3339(now + 21 * DAY),
        "windows": {"release": 600, "closing": 1800, "last_call": 600, "confirming": 600},
        "witnesses": [], "quorum": 0,
    }  # fmt: skip


def problem(response: requests.Response) -> dict[str, Any]:
    """The problem details of a refused request."""
    assert response.headers["Content-Type"] == "application/problem+json", response.text
    told: dict[str, Any] = response.json()
    assert told["status"] == response.status_code
    return told


__all__ = ["OPENING", "Centre", "Organization", "Staff", "Tender", "instant", "problem", "publish", "upload_parts"]
