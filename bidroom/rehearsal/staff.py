"""The trading centre's people: the clerk at the window, the supervisors, the auditor."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field

from bidroom.facts import rfc3339
from bidroom.rehearsal.party import Duty
from bidroom.rehearsal.place import Letter


@dataclass
class LoggingIn(Duty):
    """Staff log in by password."""

    account: str
    password: str

    def act(self) -> bool:
        """Once."""
        if self.party.is_ready:
            return False
        self.party.client.log_in_with_password(self.account, self.password)
        self.party.is_ready = True
        return True


@dataclass
class Window(Duty):
    """The clerk compares and binds certificates, publishes notices, registers and verifies deposits."""

    _letters: list[Letter] = field(default_factory=list)

    def read(self, letter: Letter) -> None:
        """Everything comes in by letter, and is done in its turn."""
        self._letters.append(letter)

    def act(self) -> bool:
        """Do what lies on the desk."""
        if not self._letters or not self.party.is_ready:
            return False
        while self._letters:
            letter = self._letters.pop(0)
            {"binding": self._bind, "notice": self._publish, "payment": self._deposit}[letter["what"]](letter)
        return True

    def _bind(self, letter: Letter) -> None:
        client, what = self.party.client, f"核对并绑定数字证书：{letter['from'].name}"
        body = {"certificate": letter["certificate"]}
        self.party.do(what, lambda: client.command("BindCertificate", letter["organization"], body))
        self.party.write_to(letter["from"], {"what": "bound"})

    def _publish(self, letter: Letter) -> None:
        client = self.party.client
        self.party.do("审核并发布招标公告", lambda: client.command("PublishNotice", letter["tender"], {}))

    def _deposit(self, letter: Letter) -> None:
        """Money or a letter of guarantee is registered, compared with the bank's statement, verified."""
        client, tender, id = self.party.client, letter["tender"], secrets.token_hex(16)
        body = {name: letter[name] for name in ("organization", "kind", "amount", "basic_account", "account")}
        body["received_at"] = rfc3339(letter["received_at"])
        client.command("RegisterDeposit", tender, body, lot=letter["lot"], id=id)
        checked = {"deposit": id, "verified": True}
        what = "登记并核验投标保证金"
        self.party.do(what, lambda: client.command("VerifyDeposit", tender, checked), say=False)


@dataclass
class SigningAsSupervisor(Duty):
    """One supervisor signs the record."""

    def act(self) -> bool:
        """Once, when it is laid before everyone."""
        told = self.party.told
        if told.phase != "confirming" or told.record is None or "supervisor" in told.signed:
            return False
        if not self.party.may_sign("supervisor"):
            return False
        self.party.command("签署开标记录表", "SignRecord", {"record": told.record, "as": "supervisor"})
        return True
