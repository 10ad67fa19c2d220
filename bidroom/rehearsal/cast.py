"""Who takes part: every party of a scenario with its keys and duties."""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from bidroom.cli.client import Client, b64
from bidroom.cli.identity import Identity
from bidroom.crypto.certificates import Trust
from bidroom.crypto.testca import TestCa
from bidroom.rehearsal.bidding import Bids
from bidroom.rehearsal.decrypting import Confirming, Dropping, Objecting, Releasing
from bidroom.rehearsal.holding import Holding, SigningAsTenderee
from bidroom.rehearsal.hosting import Hosting
from bidroom.rehearsal.party import Duty, Party
from bidroom.rehearsal.paying import Paying, SigningIn
from bidroom.rehearsal.place import Place
from bidroom.rehearsal.registering import Appointing, Drafting, Joining, SigningNotice
from bidroom.rehearsal.roster import Roster
from bidroom.rehearsal.scenario import Bidder, Company, Scenario
from bidroom.rehearsal.staff import LoggingIn, SigningAsSupervisor, Window

AUTHORITY = "rehearsal"
FIRST_SUPERVISOR = "监督人员1"


@dataclass(frozen=True)
class Authority:
    """The test authority of a rehearsal and what it has issued."""

    ca: TestCa
    at: datetime
    crl: bytes

    @classmethod
    def made(cls, at: datetime) -> Authority:
        """A fresh one, under a name of its own: a server may know several."""
        ca = TestCa.create(f"{AUTHORITY}-{secrets.token_hex(4)}", at)
        return cls(ca, at, ca.crl(at))

    @property
    def pem(self) -> str:
        """Its certificate."""
        return self.ca.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def trust(self) -> Trust:
        """What every party pins."""
        return Trust((self.ca.certificate.public_bytes(Encoding.DER),), (), (self.crl,))

    def organization(self, company: Company | Bidder) -> Identity:
        """A certificate of an organization."""
        return Identity(*self.ca.issue_organization(company.name, company.uscc, at=self.at))

    def person(self, name: str) -> Identity:
        """A certificate of one of the centre's people."""
        return Identity(*self.ca.issue_person(name, "公共资源交易中心", at=self.at))


@dataclass(frozen=True)
class Member:
    """One of the centre's staff."""

    name: str
    role: str
    account: str
    password: str
    identity: Identity | None

    def as_json(self) -> dict[str, Any]:
        """As the demo's centre takes it."""
        told = {"account": self.account, "password": self.password, "role": self.role, "name": self.name}
        return told if self.identity is None else {**told, "certificate": b64(self.identity.certificate)}


def staff_of(scenario: Scenario, authority: Authority) -> tuple[Member, ...]:
    """A clerk, the supervisors with certificates, an auditor."""
    supervisors = [f"监督人员{number}" for number in range(1, scenario.supervisors + 1)]
    return (
        _member("窗口工作人员", "clerk", None),
        *(_member(name, "supervisor", authority.person(name)) for name in supervisors),
        _member("审计人员", "auditor", None),
    )


def _member(name: str, role: str, identity: Identity | None) -> Member:
    return Member(name, role, f"{role}{secrets.token_hex(6)}", secrets.token_urlsafe(16), identity)


def open_centre(client: Client, authority: Authority, staff: tuple[Member, ...]) -> None:
    """Tell the server whom it trusts and who works there."""
    lists = [b64(authority.crl)]
    client.post("/demo/centre", {"ca": [authority.pem], "crl": lists, "staff": [each.as_json() for each in staff]})


@dataclass(frozen=True)
class Cast:
    """Everyone; `host`, `auditor` and `public` are among `parties` too."""

    parties: tuple[Party, ...]
    host: Party
    auditor: Party

    @property
    def organizations(self) -> Mapping[str, Party]:
        """Those with a certificate bound at the window, by name."""
        return {party.name: party for party in self.parties if any(isinstance(each, Joining) for each in party.duties)}


def cast_of(
    scenario: Scenario, place: Place, authority: Authority, staff: tuple[Member, ...], roster: Roster | None = None,
    kind: type[Party] = Party,
) -> Cast:  # fmt: skip
    """Every party, not yet started; with a roster, organizations of earlier openings are who they were."""
    return Casting(scenario, place, authority, roster or Roster(authority.organization), kind).cast(staff)


@dataclass(frozen=True)
class Casting:
    """Makes the parties of one opening; `kind` is what they are."""

    scenario: Scenario
    place: Place
    authority: Authority
    roster: Roster
    kind: type[Party]

    def cast(self, staff: tuple[Member, ...]) -> Cast:
        """Everyone."""
        clerk, *people = [self._staff_party(member) for member in staff]
        organizers = self._organizers(clerk)
        bidders = list(self._bidders(clerk))
        watchers = [self._watcher(number) for number in range(1, self.scenario.watchers + 1)]
        return Cast((clerk, *people, *organizers, *bidders, *watchers), organizers[0], people[-1])

    def _staff_party(self, member: Member) -> Party:
        duties: tuple[Duty, ...] = (LoggingIn(member.account, member.password),)
        if member.role == "clerk":
            duties = (*duties, Window())
        if member.name == FIRST_SUPERVISOR:
            duties = (*duties, SigningAsSupervisor())
        return self.kind(member.name, member.role, self.place, duties, member.identity)

    def _organizers(self, clerk: Party) -> list[Party]:
        """The host first: the agent with the tenderee as its deputy, or the tenderee alone."""
        company = self.scenario.agent
        if company is None:
            return [self._tenderee(clerk, None)]
        joining = self.roster.joining(company, clerk)
        duties = (joining, Drafting(self.scenario, joining, clerk), Hosting(self.scenario, joining))
        agent = self.kind(company.name, "agent", self.place, duties, self.roster.identity(company))
        return [agent, self._tenderee(clerk, agent)]

    def _tenderee(self, clerk: Party, agent: Party | None) -> Party:
        company, scenario = self.scenario.tenderee, self.scenario
        joining = self.roster.joining(company, clerk)
        hosting = Hosting(scenario, joining, is_deputy=agent is not None, hosts_at_first=agent is None)
        own: tuple[Duty, ...] = () if agent else (Drafting(scenario, joining, clerk),)
        party = self.kind(
            company.name, "tenderee", self.place,
            (joining, *own, SigningNotice(), Holding(company.release), SigningAsTenderee(), hosting),
            self.roster.identity(company),
        )  # fmt: skip
        appointing = Appointing(joining, agent or party)
        appointing.party = party
        party.duties = (*party.duties, appointing)
        return party

    def _bidders(self, clerk: Party) -> Iterator[Party]:
        for number, bidder in enumerate(self.scenario.bidders):
            joining = self.roster.joining(Company(bidder.name, bidder.uscc), clerk)
            bids = Bids(bidder, joining, number, len(self.scenario.bidders))
            wrong = self.authority.organization(bidder) if bidder.does.release == "wrong_key" else None
            duties: tuple[Duty, ...] = (joining, bids, Paying(bidder, bids, clerk), SigningIn(bids))
            if bidder.does.release == "drop_and_return":
                duties = (*duties, Dropping())
            duties = (*duties, Objecting(bids), Releasing(bids, wrong), Confirming(bids))
            yield self.kind(bidder.name, "bidder", self.place, duties, self.roster.identity(bidder))

    def _watcher(self, number: int) -> Party:
        party = self.kind(f"旁观者{number}", "watcher", self.place, ())
        party.is_ready = True
        return party
