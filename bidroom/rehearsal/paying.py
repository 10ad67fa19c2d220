"""A bidder's deposits, and its sign-in."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from bidroom.rehearsal.bidding import Bids
from bidroom.rehearsal.party import Duty, Party
from bidroom.rehearsal.scenario import Bidder, Deposit


@dataclass
class Paying(Duty):
    """Deposits: money or a guarantee, by lot, in time or not."""

    script: Bidder
    bids: Bids
    window: Party
    _paid: set[int] = field(default_factory=set)

    def act(self) -> bool:
        """In time is as soon as the notice is out; late is a while after the deadline."""
        if self.bids.notice is None:
            return False
        deadline = self.bids.notice.timeline.deadline
        did = False
        for lot, deposit in self.script.deposits.items():
            late = deadline + timedelta(minutes=2)
            waits = deposit.kind == "late" and lot not in self._paid and not self.party.has_come(late)
            if deposit.kind != "none" and lot not in self._paid and not waits:
                self._paid.add(lot)
                self.party.write_to(self.window, {"what": "payment", **self._payment(lot, deposit)})
                did = True
        return did

    def _payment(self, lot: int, deposit: Deposit) -> dict[str, Any]:
        amount = Decimal(self.bids.the_notice.terms.lot(lot).deposit)
        paid = amount / 2 if deposit.kind == "short" else amount
        return {
            "tender": self.party.tender,
            "lot": lot,
            "organization": self.bids.joining.organization,
            "kind": "guarantee" if deposit.kind == "guarantee" else "paid",
            "amount": str(paid.quantize(Decimal("0.01"))),
            "basic_account": deposit.account_of is None,
            "account": account_of(deposit.account_of or self.party.name),
            "received_at": self.party.now,
        }


def account_of(name: str) -> str:
    """The made-up number of an organization's bank account."""
    return f"3300{int.from_bytes(hashlib.sha256(name.encode()).digest()[:6], 'big') % 10**15:015d}"


@dataclass
class SigningIn(Duty):
    """Signs in within the hour before the deadline, or after it, or not."""

    bids: Bids
    _is_done: bool = False

    def act(self) -> bool:
        """Only whoever has a live bid can sign in."""
        how, notice, told = self.bids.script.does.sign_in, self.bids.notice, self.party.told
        if self._is_done or how == "never" or notice is None or not told.has_come_to("sign_in") or not self.bids.live:
            return False
        deadline = notice.timeline.deadline
        early = self.party.place.pace.sign_in(deadline, self.bids.number, self.bids.count)
        if not self.party.has_come(early if how == "in_time" else deadline + timedelta(seconds=20)):
            return False
        self._is_done = True
        self.party.command("签到", "SignIn", {})
        return True
