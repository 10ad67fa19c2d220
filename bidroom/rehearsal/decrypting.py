"""Bidders in the room: release, failure, absence, objection, confirmation."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from bidroom.cli.identity import Identity
from bidroom.cli.releasing import check_command, check_own, commanded, layer_of, release_body
from bidroom.cli.sealing import SealedBid
from bidroom.crypto.canonical import canonical, sha256_hex
from bidroom.crypto.receipt import verify_receipt
from bidroom.facts import Refused
from bidroom.rehearsal.bidding import Bids, keep
from bidroom.rehearsal.party import Duty, Party

OFFLINE = timedelta(minutes=3)


def unless_suspended(work: Callable[[], Any]) -> Any:
    """What `work` gives; None where the opening was suspended in the same moment: it is done after the resumption."""
    try:
        return work()
    except Refused as refused:
        if refused.reason != "suspended":
            raise
        return None


@dataclass
class Releasing(Duty):
    """Releases the keys of its final bids, in the way that the scenario says."""

    bids: Bids
    other: Identity | None = None
    """With which a wrong_key bidder tries: a certificate that its bid was not sealed to."""
    _done: set[str] = field(default_factory=set)
    _is_checked: bool = False

    def act(self) -> bool:
        """Everything that is due for each live final bid of one's own."""
        if self.party.told.phase != "decrypting" or not self._is_time():
            return False
        mine = {sealed.header.digest: sealed for sealed in self.bids.live.values()}
        lots = {digest: sealed.header.lot for digest, sealed in mine.items()}
        todo = [digest for digest in self.party.told.live(lots) if digest not in self._done]
        done = [self._one(mine[digest]) for digest in todo]
        return any(done)

    def _is_time(self) -> bool:
        told, how = self.party.told, self.bids.script.does.release
        if how == "never" or (how == "after_extension" and not told.extended.get("decrypting")):
            return False
        window = self.bids.the_notice.timeline.windows.release
        pace = self.party.place.pace
        planned = pace.turn(told.since["decrypting"], window, self.bids.number, self.bids.count)
        return how == "after_extension" or self.party.has_come(planned)

    def _one(self, sealed: SealedBid) -> bool:
        wrong = self.bids.script.does.release == "wrong_key"
        done = unless_suspended(lambda: self._fail(sealed) if wrong else self._release(sealed))
        if done is not None:
            self._done.add(sealed.header.digest)
        return done is not None

    def _release(self, sealed: SealedBid) -> Any:
        self._check(sealed)
        command = str(self.party.told.command)
        body = release_body(sealed, self.bids.the_notice, command, self.party.the_identity)
        answer = self.party.command("解密：释放密钥", "ReleaseShare", body)
        verify_receipt(answer["receipt"], self.party.place.receipt_key)
        keep(self.party, f"lot{sealed.header.lot}-released", answer["receipt"])
        return answer

    def _check(self, sealed: SealedBid) -> None:
        """All that seal.md asks of a client before its key goes."""
        party, told, notice = self.party, self.party.told, self.bids.the_notice
        finals = [(lot, digest) for digest, lot in told.finals.items()]
        check_own(sealed, notice, finals, sealed.certificate)
        if not self._is_checked:
            command = commanded(party.client.get(f"/tenders/{party.tender}/command"))
            check_command(command, notice, finals, party.place.trust, party.now)
            if command.digest != told.command:
                raise Refused("command_is_another", field="command")
            self._is_checked = True

    def _fail(self, sealed: SealedBid) -> Any:
        assert self.other is not None
        try:
            release_body(sealed, self.bids.the_notice, str(self.party.told.command), self.other)
        except Refused as refused:
            body = {"digest": sealed.header.digest, "layer": layer_of(refused), "serial": self.other.serial}
            return self.party.command("解密失败：证书与加密时不一致", "ReportReleaseFailure", body)
        raise Refused("wrong_key_opened_its_stanza", field=self.party.name)


@dataclass
class Dropping(Duty):
    """Loses its connection once the bids are checked, and comes back some minutes later."""

    works_offline = True
    back_at: datetime | None = None
    _has_dropped: bool = False

    def act(self) -> bool:
        """Drop once; return when the time has come."""
        party = self.party
        if not self._has_dropped and party.told.has_come_to("checked"):
            self._has_dropped = True
            self.back_at = party.now + OFFLINE
            party.do("网络中断", party.leave)
            return True
        if self.back_at is not None and party.has_come(self.back_at):
            self.back_at = None
            party.do("重新连接，补收消息", party.enter)
            return True
        return False


@dataclass
class Objecting(Duty):
    """Raises its objections, each in its phase."""

    bids: Bids
    _raised: int = 0

    def act(self) -> bool:
        """One after the other."""
        objections, told = self.bids.script.does.objections, self.party.told
        if self._raised == len(objections) or told.is_over or told.phase == "suspended":
            return False
        objection = objections[self._raised]
        wait = self.party.place.pace.objection
        if not told.has_come_to(objection.at) or not self.party.has_waited(objection.at, wait):
            return False
        body = {"text": objection.text}
        if unless_suspended(lambda: self.party.command("提出异议", "RaiseObjection", body)) is None:
            return False
        self._raised += 1
        return True


@dataclass
class Confirming(Duty):
    """Compares the record with what it offered, and signs it, refuses it, or is silent."""

    bids: Bids
    _is_done: bool = False

    def act(self) -> bool:
        """Once, within the window."""
        told, says = self.party.told, self.bids.script.does.confirm
        if self._is_done or told.phase != "confirming" or says.state == "silent" or not self._has_a_bid():
            return False
        window = self.bids.the_notice.timeline.windows.confirming
        pace = self.party.place.pace
        planned = pace.turn(told.since["confirming"], window, self.bids.number, self.bids.count)
        if not self.party.has_come(planned):
            return False
        self._check(self.party)
        self._is_done = unless_suspended(self._say) is not None
        return self._is_done

    def _has_a_bid(self) -> bool:
        told = self.party.told
        return any(each.header.lot not in told.ended_lots for each in self.bids.live.values())

    def _say(self) -> Any:
        told, says = self.party.told, self.bids.script.does.confirm
        if says.state == "refused":
            body = {"record": told.record, "reason": says.reason}
            return self.party.command("拒绝确认开标记录", "RefuseRecord", body)
        answer = self.party.command("确认开标记录", "ConfirmRecord", {"record": told.record})
        verify_receipt(answer["receipt"], self.party.place.receipt_key)
        return answer

    def _check(self, party: Party) -> None:
        """The minutes are those that the host laid before everyone, and show one's own form as it was sealed."""
        answer = party.client.get(f"/tenders/{party.tender}/record")
        same = sha256_hex(canonical(answer["minutes"])) == party.told.record
        if not same and not party.told.record_has_moved:
            raise Refused("record_is_another", field="record")
        rows = {row["digest"]: row for lot in answer["minutes"]["lots"] for row in lot["bidders"]}
        for lot, sealed in self.bids.live.items():
            row = rows[sealed.header.digest]
            if row["form"] is not None and row["form"] != dict(self.bids.forms[lot]):
                raise Refused("record_shows_another_form", field=party.name, lot=lot)
