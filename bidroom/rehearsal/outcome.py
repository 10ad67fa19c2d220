"""Whether the opening ended as the scenario's parties acted it: the record against the scenario."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from bidroom.facts import Refused
from bidroom.rehearsal.scenario import Bidder, Lot, Scenario

Difference = tuple[str, Any, Any]
"""Where, what the scenario says, what the record says."""
GIVES_NO_KEY = ("never", "wrong_key")


def check_outcome(scenario: Scenario, record: Mapping[str, Any]) -> None:
    """Refused("rehearsal_went_otherwise") names the first difference."""
    for place, expected, found in differences(scenario, record):
        if expected != found:
            raise Refused("rehearsal_went_otherwise", field=place, expected=expected, found=found)


def differences(scenario: Scenario, record: Mapping[str, Any]) -> Iterator[Difference]:
    """Every place that is compared."""
    play = Play(scenario)
    yield "state", "closed" if play.is_announced else "terminated", record["state"]
    for lot, row in zip(scenario.lots, record["lots"], strict=True):
        yield from _lot(play, lot, row)
    yield from _room(play, record)


@dataclass(frozen=True)
class Play:
    """What follows from a scenario."""

    scenario: Scenario

    def finals(self, lot: int) -> list[Bidder]:
        """Who has a bid for this lot at the deadline."""
        return [each for each in self.scenario.bidders if lot in each.bids and self._stays(each, lot)]

    def _stays(self, bidder: Bidder, lot: int) -> bool:
        in_time = lot not in bidder.does.late or lot in bidder.does.replace
        return in_time and lot not in bidder.does.withdraw

    def form(self, bidder: Bidder, lot: int) -> dict[str, Any]:
        """The form of the bid that counts: a replacement that came too late does not."""
        again = None if lot in bidder.does.late else bidder.does.replace.get(lot)
        return dict((again or bidder.bids[lot]).form)

    def deposit(self, bidder: Bidder, lot: Lot) -> str:
        """The deposit's state."""
        deposit = bidder.deposits.get(lot.no)
        kind = "none" if deposit is None else deposit.kind
        return "paid" if kind == "short" and Decimal(lot.deposit) == 0 else kind

    def deposits(self, lot: Lot) -> int:
        """How many of the bidders paid in time."""
        return sum(self.deposit(each, lot) in ("paid", "guarantee") for each in self.finals(lot.no))

    def decision(self, lot: Lot) -> str | None:
        """What the host decides about a lot under the minimum; None where there is nothing to decide."""
        counted = len(self.finals(lot.no))
        if min(counted, self.deposits(lot)) >= self.scenario.minimum:
            return None
        return self.scenario.host.under_minimum or ("end" if counted < self.scenario.minimum else "go_on")

    def releases(self, bidder: Bidder) -> bool:
        """Whether the bidder lets its keys go."""
        return bidder.does.release not in GIVES_NO_KEY

    def outcome(self, bidder: Bidder, lot: Lot) -> str:
        """What becomes of a final bid."""
        if self.decision(lot) == "end":
            return "sealed"
        if not self.releases(bidder):
            ruling = self.scenario.host.attribute.get(bidder.name)
            return "withdrawn" if ruling and ruling.fault == "other" else "revoked"
        return "withdrawn" if self.scenario.tenderee.release == "never" else "opened"

    def reason(self, lot: Lot) -> str | None:
        """Why a lot ended."""
        if self.decision(lot) == "end":
            return "under_minimum"
        return None if "opened" in {self.outcome(each, lot) for each in self.finals(lot.no)} else "none_opened"

    @property
    def is_announced(self) -> bool:
        """Whether any lot comes to the announcement."""
        return any(self.reason(lot) is None for lot in self.scenario.lots)

    @property
    def is_decrypted(self) -> bool:
        """Whether the host gives the command at all."""
        return any(self.decision(lot) != "end" for lot in self.scenario.lots)

    def has_a_live_bid(self, bidder: Bidder) -> bool:
        """Whether the bidder has a final bid in a lot that is announced."""
        return any(bidder in self.finals(lot.no) for lot in self.scenario.lots if self.reason(lot) is None)


def _lot(play: Play, lot: Lot, row: Mapping[str, Any]) -> Iterator[Difference]:
    place, finals = f"lots[{lot.no}]", {bidder.name: bidder for bidder in play.finals(lot.no)}
    yield f"{place}.state", "announced" if play.reason(lot) is None else "ended", row["state"]
    yield f"{place}.reason", play.reason(lot), row["reason"]
    yield f"{place}.counted", len(finals), row["counted"]
    yield f"{place}.deposits", play.deposits(lot), row["deposits"]
    yield f"{place}.decision", play.decision(lot), row["decision"] and row["decision"]["decision"]
    yield f"{place}.bidders", sorted(finals), sorted(each["name"] for each in row["bidders"])
    for each in row["bidders"]:
        if each["name"] in finals:
            yield from _bidder(play, lot, finals[each["name"]], each)


def _bidder(play: Play, lot: Lot, bidder: Bidder, row: Mapping[str, Any]) -> Iterator[Difference]:
    place, outcome = f"lots[{lot.no}].{bidder.name}", play.outcome(bidder, lot)
    yield f"{place}.uscc", bidder.uscc, row["uscc"]
    yield f"{place}.outcome", outcome, row["outcome"]
    yield f"{place}.deposit", play.deposit(bidder, lot), row["deposit"]
    yield f"{place}.signed_in", bidder.does.sign_in != "never", row["signed_in"]
    yield f"{place}.form", play.form(bidder, lot.no) if outcome == "opened" else None, row["form"]
    if play.reason(lot) is None:
        says = {"state": bidder.does.confirm.state, "reason": bidder.does.confirm.reason}
        yield f"{place}.confirmation", says, row["confirmation"]


def _room(play: Play, record: Mapping[str, Any]) -> Iterator[Difference]:
    """Uploads, objections, extensions, suspensions, hosts."""
    scenario = play.scenario
    late = sorted(bidder.name for bidder in scenario.bidders for _ in bidder.does.late)
    yield "refused_uploads", late, sorted(each["by"] for each in record["refused_uploads"])
    if play.is_announced:
        raised = [(b.name, each.text) for b in scenario.bidders for each in b.does.objections]
        yield "objections", sorted(raised), sorted((each["by"], each["text"]) for each in record["objections"])
        yield "objections.answered", True, all(each["answer"] for each in record["objections"])
    yield "extensions", extensions(play), sorted(each["phase"] for each in record["extensions"])
    if scenario.host.suspend is not None and play.is_announced:
        told = [(each["phase"], each["reason"]) for each in record["suspensions"]]
        yield "suspensions", [(scenario.host.suspend.at, scenario.host.suspend.reason)], told
    if scenario.host.absent_after is not None and play.is_announced:
        yield "hosts", scenario.tenderee.name, record["hosts"]["host"]


def extensions(play: Play) -> list[str]:
    """The phases whose window the host extends: somebody is missing shortly before its end."""
    scenario = play.scenario
    going_on = [lot for lot in scenario.lots if play.decision(lot) != "end"]
    live = [bidder for lot in going_on for bidder in play.finals(lot.no)]
    missing = any(not play.releases(each) or each.does.release == "after_extension" for each in live)
    released = any(play.releases(each) for each in live)
    found = []
    if scenario.host.extend is not None and missing:
        found.append("decrypting")
    late = scenario.tenderee.release
    if released and (late == "late" or (late == "never" and scenario.host.extend is not None)):
        found.append("closing")
    return sorted(found)
