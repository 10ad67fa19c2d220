"""What the host does in each phase: decides, commands, extends, rules, announces, lays the record before everyone."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from bidroom.rehearsal.party import Duty
from bidroom.rehearsal.scenario import HostScript, Ruling, Scenario

NEARLY = 0.2
LEAST = timedelta(seconds=90)
"""A window is nearly over in its last part, and at least in so much of it."""
LATE_EXTENSION = timedelta(minutes=10)
DEFAULT_RULINGS: Mapping[str, Ruling] = {
    "not_released": Ruling("bidder", "未在规定时间内完成解密"),
    "not_decrypted": Ruling("bidder", "投标文件无法解密"),
    "disputed": Ruling("other", "加密份额存在争议，原因待查"),
}
OTHERWISE = Ruling("other", "原因待查")


@dataclass
class Presiding(Duty):
    """The host's steps, each of which says whether it did anything."""

    scenario: Scenario

    @property
    def script(self) -> HostScript:
        """What the scenario says of the host."""
        return self.scenario.host

    def _is_paced(self) -> bool:
        phase = self.party.told.phase
        return self.party.has_come(self.party.told.since[phase] + self.party.place.pace.host[phase])

    def check(self) -> bool:
        """Decide about lots under the minimum; command the decryption, or end it all."""
        told = self.party.told
        todo = told.to_decide(self.scenario.minimum)
        if todo:
            return self._decide(todo[0])
        if not self._is_paced():
            return False
        if all(told.decided.get(lot) == "end" for lot in told.counted):
            return self._terminate("全部标段投标人不足，不予开标，重新招标")
        return self._command_decryption() if told.preflights else False

    def _decide(self, lot: int) -> bool:
        counted = self.party.told.counted[lot]
        decision = self.script.under_minimum or ("end" if counted["counted"] < self.scenario.minimum else "go_on")
        ends, goes_on = f"投标人不足{self.scenario.minimum}家，不予开标", "经研究决定继续开标，保证金情况如实记录"
        reason = self.script.under_minimum_reason or (ends if decision == "end" else goes_on)
        self.party.command("决定投标人不足的标段", "DecideUnderMinimum", {"decision": decision, "reason": reason}, lot)
        return True

    def _command_decryption(self) -> bool:
        seconds = int(self.scenario.window.total_seconds())
        body = {"root": self.party.told.root, "window": seconds, "nonce": secrets.token_hex(16)}
        told = self.party.client.get(f"/tenders/{self.party.tender}/checkpoint")
        checkpoint = {"size": told["size"], "root": told["root"]}
        self.party.command("下达解密指令", "CommandDecryption", body, checkpoint=checkpoint)
        return True

    def extend(self) -> bool:
        """Once for each window, shortly before its end, if somebody is still missing."""
        told = self.party.told
        phase, seconds = told.phase, self._extension()
        if seconds is None or told.extended.get(phase) or told.clock is None or not self._is_awaited():
            return False
        window = self.scenario.window if phase == "decrypting" else timedelta(minutes=30)
        if not self.party.has_come(told.clock - max(LEAST, window * NEARLY)):
            return False
        who = "部分投标人" if phase == "decrypting" else "招标人"
        body = {"command": told.command, "seconds": seconds, "reason": f"{who}尚未完成解密，延长解密时间"}
        self.party.command("延长解密时间", "ExtendWindow", body)
        return True

    def _extension(self) -> int | None:
        extend, late = self.script.extend, self.scenario.tenderee.release == "late"
        if extend is None and late and self.party.told.phase == "closing":
            extend = LATE_EXTENSION
        return None if extend is None else int(extend.total_seconds())

    def _is_awaited(self) -> bool:
        told = self.party.told
        if told.phase == "decrypting":
            return bool(set(told.live(told.finals)) - told.released)
        return bool((told.closed or {}).get("released")) and "tenderee" not in told.holders

    def attribute(self) -> bool:
        """Rule on each bid that was not opened; then announce the others, or end it all."""
        bids = [bid for lot in self._view()["lots"] if lot["ended"] is None for bid in lot["bids"]]
        todo = [bid for bid in bids if not bid["opened"] and bid["fault"] is None]
        if todo:
            self._rule(todo[0])
            return True
        if not self._is_paced():
            return False
        if not any(bid["opened"] for bid in bids):
            return self._terminate("没有投标文件被成功解密")
        self.party.command("公布开标结果", "AnnounceBids", {})
        return True

    def _view(self) -> Mapping[str, Any]:
        view: Mapping[str, Any] = self.party.client.get(f"/tenders/{self.party.tender}/room")["view"]
        return view

    def _rule(self, bid: Mapping[str, Any]) -> None:
        name = bid["bidder"]["name"]
        ruling = self.script.attribute.get(name) or DEFAULT_RULINGS.get(bid["cause"], OTHERWISE)
        body = {"digest": bid["digest"], "fault": ruling.fault, "reason": ruling.reason}
        self.party.command(f"认定解密失败原因：{name}", "RuleAttribution", body)

    def announce(self) -> bool:
        """Ask for objections when all forms were read out."""
        if not self._is_paced():
            return False
        self.party.command("询问有无异议", "CallLast", {})
        return True

    def open_confirmation(self) -> bool:
        """Lay the record before everyone once the last call is over."""
        told = self.party.told
        if told.clock is None or not self.party.has_come(told.clock + timedelta(seconds=1)):
            return False
        digest = self.party.client.get(f"/tenders/{self.party.tender}/record")["digest"]
        self.party.command("提交开标记录表确认", "OpenConfirmation", {"record": digest})
        return True

    def sign(self) -> bool:
        """Sign the record."""
        told = self.party.told
        if told.record is None or "host" in told.signed or not self.party.may_sign("host"):
            return False
        self.party.command("签署开标记录表", "SignRecord", {"record": told.record, "as": "host"})
        return True

    def _terminate(self, reason: str) -> bool:
        self.party.command("终止开标", "TerminateOpening", {"reason": reason})
        return True


STEPS: Mapping[str, Callable[[Presiding], bool]] = {
    "checked": Presiding.check,
    "decrypting": Presiding.extend,
    "closing": Presiding.extend,
    "attributing": Presiding.attribute,
    "announcing": Presiding.announce,
    "objections": Presiding.open_confirmation,
    "confirming": Presiding.sign,
}
"""What the host does in each phase."""
