"""What several system tests do on the way."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tests.web.parties import Organization, Tender


def pay(tender: Tender, bidders: Iterable[Organization], lot: int = 1) -> dict[str, Any]:
    """Each bidder's deposit for a lot, registered and verified; what the clerk was answered last."""
    clerk = tender.centre.clerk
    said: dict[str, Any] = {}
    for who in bidders:
        deposit = {
            "organization": who.id, "kind": "paid", "amount": "800000.00", "basic_account": True,
            "account": "3300 1234 5678", "received_at": clerk.client.get("/time")["now"],
        }  # fmt: skip
        said["deposit"] = clerk.ask("RegisterDeposit", tender.id, deposit, lot)
        said["verified"] = clerk.ask("VerifyDeposit", tender.id, {"deposit": said["deposit"]["id"], "verified": True})
    return said
