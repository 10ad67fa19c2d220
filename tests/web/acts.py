"""A whole opening as steps: each yields what was just done, so that a test can do something in between."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from bidroom.cli.sealing import SealedBid
from bidroom.cli.submitting import send_header, upload_parts
from tests.web.parties import Centre, Organization, Tender, publish

SECOND = timedelta(seconds=1)


@dataclass
class Play:
    """An opening of one lot with three bidders, all in order."""

    centre: Centre
    folder: Path
    tender: Tender = field(init=False)
    bidders: list[Organization] = field(default_factory=list)
    sealed: list[SealedBid] = field(default_factory=list)
    digest: str = ""

    def steps(self) -> Iterator[str]:
        """Everything, from the notice to the close."""
        yield from self.before_the_deadline()
        yield from self.until_the_forms()
        yield from self.after_the_forms()

    def before_the_deadline(self) -> Iterator[str]:
        """The notice, bids, deposits, sign-in."""
        self.tender = publish(self.centre)
        self.bidders = [self.centre.organization(f"投标人{n}有限公司") for n in range(3)]
        yield "published"
        for number, who in enumerate(self.bidders):
            sealed = self.tender.seal(who, 1, f"12648000{number}.00", self.folder / who.user)
            upload_parts(who.client, sealed)
            yield "uploaded"
            send_header(who.client, sealed, None)
            self.sealed.append(sealed)
            self._deposit(who)
        yield "submitted"
        self.centre.go_to(self.tender.deadline - timedelta(minutes=59))
        for who in self.bidders:
            who.give("SignIn", self.tender.id, {})
        yield self.phase("sign_in")

    def _deposit(self, who: Organization) -> None:
        clerk, at = self.centre.clerk, self.centre.clerk.client.get("/time")["now"]
        deposit = {"organization": who.id, "kind": "paid", "amount": "800000.00", "basic_account": True}
        told = clerk.ask("RegisterDeposit", self.tender.id, {**deposit, "received_at": at, "account": "3300 1234"}, 1)
        clerk.ask("VerifyDeposit", self.tender.id, {"deposit": told["id"], "verified": True})

    def until_the_forms(self) -> Iterator[str]:
        """Deadline, preflight, command, releases, the tenderee's, the opened forms."""
        self.centre.go_to(self.tender.deadline + SECOND)
        root = self.tender.view()["root"]
        yield self.phase("checked")
        self.tender.tenderee.give("SignPreflight", self.tender.id, {"root": root, "bad": []})
        self.tender.command(root)
        yield self.phase("decrypting")
        for who, sealed in zip(self.bidders, self.sealed, strict=True):
            self.tender.release(who, sealed)
            yield "released"
        self.centre.rest()
        yield self.phase("closing")
        self.tender.release_as_tenderee(self.tender.finals())
        self.centre.rest()
        yield self.phase("attributing")

    def after_the_forms(self) -> Iterator[str]:
        """Announcement, last call, confirmation, signatures, close."""
        self.tender.agent.give("AnnounceBids", self.tender.id, {})
        yield self.phase("announcing")
        self.tender.agent.give("CallLast", self.tender.id, {})
        yield self.phase("objections")
        self.centre.go_to(self.centre.clerk.client.now() + 601 * SECOND)
        self.digest = self.tender.agent.client.get(f"{self.tender.path}/record")["digest"]
        self.tender.agent.give("OpenConfirmation", self.tender.id, {"record": self.digest})
        yield self.phase("confirming")
        for who in self.bidders:
            who.give("ConfirmRecord", self.tender.id, {"record": self.digest})
        for signer, role in ((self.tender.agent, "host"), (self.tender.tenderee, "tenderee")):
            signer.give("SignRecord", self.tender.id, {"record": self.digest, "as": role})
        yield "signed"
        self.centre.supervisor.give("SignRecord", self.tender.id, {"record": self.digest, "as": "supervisor"})
        self.centre.rest()
        yield self.phase("closed")

    def phase(self, expected: str) -> str:
        """The phase that everybody sees, which is this one."""
        seen = self.tender.view()["phase"]
        assert seen == expected
        return expected

    def events(self) -> list[dict[str, Any]]:
        """All that the room was told."""
        told = self.tender.agent.client.get(f"{self.tender.path}/events", channel="room")
        return list(told["events"])
