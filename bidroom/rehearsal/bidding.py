"""A bidder's bids until the deadline: sealed, uploaded, replaced, withdrawn, too late."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

from bidroom.cli.notice import Notice, read_notice
from bidroom.cli.sealing import SealedBid, seal_bid
from bidroom.cli.submitting import TOO_LATE, send_header, submit_bid, upload_parts
from bidroom.crypto.canonical import canonical
from bidroom.crypto.receipt import verify_receipt
from bidroom.facts import Refused
from bidroom.rehearsal.pace import GROUPS, group
from bidroom.rehearsal.party import Duty, Party
from bidroom.rehearsal.registering import Joining
from bidroom.rehearsal.scenario import Bid, Bidder, FormOf

MIB = 1 << 20


@dataclass
class Step:
    """Something that a bidder means to do at a time."""

    at: datetime
    work: Callable[[], None]
    is_done: bool = False


@dataclass
class Bids(Duty):
    """The bids of one bidder, by lot; `number` of `count` bidders, so that not all come in one moment."""

    script: Bidder
    joining: Joining
    number: int
    count: int
    notice: Notice | None = None
    live: dict[int, SealedBid] = field(default_factory=dict)
    latest: dict[int, SealedBid] = field(default_factory=dict)
    forms: dict[int, FormOf] = field(default_factory=dict)
    refused: list[dict[str, Any]] = field(default_factory=list)
    _steps: list[Step] = field(default_factory=list)

    def act(self) -> bool:
        """Read the notice once it is there; then one thing after another, each at its time."""
        if self.party.tender is None:
            return False
        if self.notice is None:
            self.notice = self._read_notice()
            self._steps = sorted(self._planned(self.notice.timeline.deadline), key=lambda step: step.at)
        due = [step for step in self._steps if not step.is_done and self.party.has_come(step.at)]
        for step in due:
            step.is_done = True
            step.work()
        return bool(due)

    def _read_notice(self) -> Notice:
        document = self.party.client.get(f"/tenders/{self.party.tender}")
        return read_notice(document, self.party.place.trust, self.party.now)

    @property
    def the_notice(self) -> Notice:
        """The notice, once it is read."""
        assert self.notice is not None
        return self.notice

    def _planned(self, deadline: datetime) -> Iterator[Step]:
        submitting = self.party.place.pace.submission(deadline, self.number, self.count)
        replacing = deadline - timedelta(hours=2) + timedelta(minutes=30) * group(self.number, self.count) / GROUPS
        for lot, bid in self.script.bids.items():
            again = self.script.does.replace.get(lot)
            is_late = lot in self.script.does.late
            if again is not None or not is_late:
                yield Step(submitting, partial(self._submit, lot, bid))
            if again is not None and not is_late:
                yield Step(replacing, partial(self._submit, lot, again))
            if is_late:
                yield Step(deadline - timedelta(hours=3), partial(self._upload, lot, again or bid))
                yield Step(deadline + timedelta(seconds=30), partial(self._send_too_late, lot))
            if lot in self.script.does.withdraw:
                yield Step(deadline - timedelta(minutes=75), partial(self._withdraw, lot))

    # --- sealing and sending

    def _submit(self, lot: int, bid: Bid) -> None:
        what = "递交加密投标文件" if lot not in self.live else "替换加密投标文件"
        sealed = self._sealed(lot, bid)
        identity = self.party.the_identity
        key = self.party.place.receipt_key
        receipt = self.party.do(what, lambda: submit_bid(self.party.client, sealed, key, identity), lot)
        self.live[lot] = self.latest[lot] = sealed
        self.forms[lot] = bid.form
        keep(self.party, f"lot{lot}-{sealed.header.digest[:12]}", receipt)

    def _sealed(self, lot: int, bid: Bid) -> SealedBid:
        before = self.latest.get(lot)
        folder = self.party.place.folder / self.joining.account / f"lot{lot}-{len(list(self._folders(lot)))}"
        documents = documents_in(folder.with_suffix(".documents"), bid.documents)
        identity, supersedes = self.party.the_identity, before.header.digest if before else None
        sealed = self.party.do(
            "加密投标文件",
            lambda: seal_bid(
                self.the_notice, lot, identity, canonical(dict(bid.form)), documents, folder, self.party.now, supersedes
            ),
            lot, say=False,
        )  # fmt: skip
        for path in documents:
            path.unlink()
        return sealed

    def _folders(self, lot: int) -> Iterator[Path]:
        return (self.party.place.folder / self.joining.account).glob(f"lot{lot}-*/")

    def _upload(self, lot: int, bid: Bid) -> None:
        """The parts are there in time; the header will not be."""
        sealed = self._sealed(lot, bid)
        self.party.do("上传加密投标文件", lambda: upload_parts(self.party.client, sealed), lot, say=False)
        self.latest[lot] = sealed

    def _send_too_late(self, lot: int) -> None:
        try:
            send_header(self.party.client, self.latest[lot], self.party.place.receipt_key)
        except Refused as refused:
            if refused.reason != TOO_LATE:
                raise
            self.refused.append(refused.details["refusal"])
            keep(self.party, f"lot{lot}-refused", refused.details["refusal"])
            self.party.do("投标截止后上传，被拒收", lambda: None, lot)
            return
        raise Refused("late_upload_was_taken", field=self.party.name, lot=lot)

    def _withdraw(self, lot: int) -> None:
        answer = self.party.command("撤回投标文件", "WithdrawBid", {"digest": self.live[lot].header.digest}, lot)
        verify_receipt(answer["receipt"], self.party.place.receipt_key)
        keep(self.party, f"lot{lot}-withdrawn", answer["receipt"])
        del self.live[lot]


def documents_in(folder: Path, size: int) -> list[Path]:
    """A file of so many random bytes, as a scan compresses no further; none for 0."""
    if size == 0:
        return []
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "投标文件.bin"
    with path.open("wb") as file:
        for start in range(0, size, MIB):
            file.write(os.urandom(min(MIB, size - start)))
    return [path]


def keep(party: Party, name: str, receipt: Any) -> None:
    """Put a receipt (or a refusal) of this party among the rehearsal's results."""
    path = party.place.receipts / f"{party.name}-{name}.json"
    path.write_text(json.dumps(receipt, ensure_ascii=False, indent=1) + "\n", "utf-8")
