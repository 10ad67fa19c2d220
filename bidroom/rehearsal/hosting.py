"""Who hosts, and what a host does at any time: answers, suspends, resumes; the deputy takes over from who is gone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bidroom.facts import Refused, rfc3339
from bidroom.rehearsal.presiding import STEPS, Presiding
from bidroom.rehearsal.registering import Joining
from bidroom.rehearsal.told import PHASES

PATIENCE = timedelta(minutes=3)
"""How long the deputy waits for a host who is gone."""
AHEAD = timedelta(seconds=30)
"""A resumption is announced at least so long before."""
OVERTAKEN = ("suspended", "command_not_allowed_in_this_phase", "the_window_is_open", "the_record_is_the_one_shown")
"""Refusals that only say that something else happened in the same moment; what is told next decides anew."""


@dataclass
class Hosting(Presiding):
    """Does what is the host's to do, as long as it is the host; a deputy waits until the host is gone."""

    joining: Joining
    is_deputy: bool = False
    hosts_at_first: bool = True
    _resumption: datetime | None = None

    def act(self) -> bool:
        """One thing at a time: after each the party listens again."""
        told = self.party.told
        if self.party.tender is None or told.is_over or not told.has_come_to("checked"):
            return False
        if not self._is_host():
            return self._take_over() if self.is_deputy else False
        if self._is_absent():
            return False
        try:
            return self._go_on()
        except Refused as refused:
            if refused.reason not in OVERTAKEN:
                raise
            return False

    def _go_on(self) -> bool:
        if self._answer() or self._resume() or self._suspend():
            return True
        step = STEPS.get(self.party.told.phase)
        return step(self) if step is not None and not self._means_to_suspend() else False

    # --- who hosts

    def _is_host(self) -> bool:
        host = self.party.told.host
        return self.hosts_at_first if host is None else host == self.joining.organization

    def _gone_since(self) -> str | None:
        """The phase from which on the first host is absent."""
        after = self.script.absent_after
        return None if after is None else PHASES[PHASES.index(after) + 1]

    def _is_absent(self) -> bool:
        gone = self._gone_since()
        return gone is not None and self.hosts_at_first and self.party.told.has_come_to(gone)

    def _take_over(self) -> bool:
        told, gone = self.party.told, self._gone_since()
        if gone is None or gone not in told.since or told.host is not None:
            return False
        if not self.party.has_come(told.since[gone] + PATIENCE):
            return False
        self.party.command("接任主持人", "TakeOver", {"reason": "主持人失去联系"})
        return True

    # --- at any time

    def _answer(self) -> bool:
        told = self.party.told
        todo = [each for each, is_answered in told.objections.items() if not is_answered]
        if not todo or told.phase == "suspended" or not self._has_considered(todo[0]):
            return False
        text = self.script.answer or "异议已记录，经当场核对，开标过程与招标文件一致。"
        self.party.command("答复异议", "AnswerObjection", {"objection": todo[0], "ruling": "rejected", "text": text})
        return True

    def _has_considered(self, objection: str) -> bool:
        wait = self.party.place.pace.answer
        return not wait or self.party.has_come(self.party.told.raised[objection] + wait)

    def _means_to_suspend(self) -> bool:
        suspension = self.script.suspend
        told = self.party.told
        return suspension is not None and told.phase == suspension.at and not told.suspensions

    def _suspend(self) -> bool:
        suspension = self.script.suspend
        if suspension is None or not self._means_to_suspend():
            return False
        if not self.party.has_come(self.party.told.since[suspension.at] + suspension.after):
            return self.extend() if suspension.at in ("decrypting", "closing") else False
        self._resumption = self.party.now + suspension.lasts
        self.party.command("中止开标", "SuspendOpening", {"reason": suspension.reason})
        return True

    def _resume(self) -> bool:
        told = self.party.told
        if told.phase != "suspended" or told.resumes is not None:
            return False
        suspension = self.script.suspend
        at = self._resumption or self.party.now + (suspension.lasts if suspension else AHEAD)
        self.party.command("公布恢复开标时间", "AnnounceResumption", {"at": rfc3339(max(at, self.party.now + AHEAD))})
        return True
