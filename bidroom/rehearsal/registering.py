"""From registration to the published notice: organizations, the clerk's window, terms and timeline."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from bidroom.cli.client import b64
from bidroom.crypto.canonical import canonical, sha256_hex
from bidroom.crypto.context import SUITE
from bidroom.facts import rfc3339
from bidroom.rehearsal.party import Duty, Party
from bidroom.rehearsal.place import Letter
from bidroom.rehearsal.scenario import Company, Item, Lot, Scenario
from bidroom.rulepacks import rule_pack

OPENS_AT = time(1, 30, tzinfo=UTC)
"""Half past nine in China."""
CLOSING, LAST_CALL, CONFIRMING = 1800, 600, 1800
SIGN_IN_BEFORE = timedelta(minutes=60)


@dataclass
class Joining(Duty):
    """Registers the organization, has its certificate bound at the window, logs in."""

    company: Company
    window: Party
    organization: str = field(default_factory=lambda: secrets.token_hex(16))
    account: str = field(default_factory=lambda: f"u{secrets.token_hex(6)}")
    _has_applied: bool = False
    _is_bound: bool = False

    def again(self, window: Party) -> Joining:
        """The same organization in another opening: registered and bound already, it only logs in."""
        return Joining(self.company, window, self.organization, self.account, _has_applied=True, _is_bound=True)

    def act(self) -> bool:
        """Register and apply; once bound, log in."""
        if not self._has_applied:
            self._has_applied = True
            self.party.do("登记市场主体", self._register)
            self.party.do("申请绑定数字证书", self._apply, say=False)
            return True
        if self._is_bound and not self.party.is_ready:
            self.party.client.log_in(self.account, self.party.the_identity)
            self.party.is_ready = True
            return True
        return False

    def _register(self) -> None:
        body = {"name": self.company.name, "uscc": self.company.uscc, "user": self.account}
        self.party.client.command("RegisterOrganization", self.organization, body)

    def _apply(self) -> None:
        identity = self.party.the_identity
        body = {"user": self.account, "der": b64(identity.certificate)}
        self.party.client.command("ApplyForBinding", self.organization, body, identity=identity)
        form = {"organization": self.organization, "certificate": identity.digest}
        self.party.write_to(self.window, {"what": "binding", **form})

    def read(self, letter: Letter) -> None:
        """The clerk gives back the form."""
        self._is_bound = self._is_bound or letter["what"] == "bound"


@dataclass
class Appointing(Duty):
    """The tenderee tells its agent who it is and which key it will hold."""

    joining: Joining
    agent: Party
    _is_done: bool = False

    def act(self) -> bool:
        """Write once, when the certificate is bound."""
        if self._is_done or not self.party.is_ready:
            return False
        self._is_done = True
        self.party.write_to(self.agent, {"what": "appointment", **self.particulars()})
        return True

    def particulars(self) -> dict[str, Any]:
        """The tenderee as terms name it, and its key."""
        company, identity = self.joining.company, self.party.the_identity
        named = {"organization": self.joining.organization, "name": company.name, "uscc": company.uscc}
        return {"tenderee": {**named, "certificate": identity.digest}, "key": identity.spki.hex()}


@dataclass
class SigningNotice(Duty):
    """The tenderee signs the notice that is laid before it."""

    def act(self) -> bool:
        """Only letters give it work."""
        return False

    def read(self, letter: Letter) -> None:
        """Sign both documents, and send the signatures back."""
        if letter["what"] != "draft":
            return
        self.party.now = at = self.party.client.now()
        identity = self.party.the_identity
        signed = {f"{kind}_cms": identity.sign(kind, letter[kind], at) for kind in ("terms", "timeline")}
        self.party.say("签署招标公告")
        self.party.write_to(letter["from"], {"what": "signed", **signed})


@dataclass
class Drafting(Duty):
    """Drafts the tender, has the notice signed by the tenderee, submits it."""

    scenario: Scenario
    joining: Joining
    window: Party
    stream: str = field(default_factory=lambda: secrets.token_hex(16))
    _letters: dict[str, Letter] = field(default_factory=dict)
    _draft: dict[str, bytes] = field(default_factory=dict)

    def read(self, letter: Letter) -> None:
        """The appointment begins it, the signatures end it."""
        self._letters[letter["what"]] = letter

    def act(self) -> bool:
        """Draft what one is appointed for; submit what is signed."""
        if not self.party.is_ready:
            return False
        if appointment := self._letters.pop("appointment", None):
            self._draft = self._drafted(appointment)
            body = {"number": self.scenario.number, "title": self.scenario.title}
            self._command("起草招标项目", "DraftTender", body)
            self.party.write_to(appointment["from"], {"what": "draft", **self._draft})
            return True
        if signed := self._letters.pop("signed", None):
            documents = {**self._draft, **{kind: signed[kind] for kind in ("terms_cms", "timeline_cms")}}
            self._command("提交招标公告", "SubmitNotice", {kind: b64(data) for kind, data in documents.items()})
            self.party.write_to(self.window, {"what": "notice", "tender": self.stream})
            return True
        return False

    def _command(self, what: str, kind: str, body: dict[str, Any]) -> None:
        client, identity = self.party.client, self.party.the_identity
        self.party.do(what, lambda: client.command(kind, self.stream, body, identity=identity))

    def _drafted(self, letter: Letter) -> dict[str, bytes]:
        agent, named = self.scenario.agent, None
        if agent is not None:
            named = {"organization": self.joining.organization, "name": agent.name, "uscc": agent.uscc}
        terms = terms_of(self.scenario, self.stream, letter["tenderee"], letter["key"], named)
        hosts = [named, letter["tenderee"]] if named else [letter["tenderee"]]
        timeline = timeline_of(self.scenario, self.stream, sha256_hex(terms), hosts, self.party.now)
        return {"terms": terms, "timeline": timeline}


def terms_of(
    scenario: Scenario, tender: str, tenderee: dict[str, Any], key: str, agent: dict[str, Any] | None
) -> bytes:
    """The terms, canonical: method joint, the tenderee's slot held by its certificate's key."""
    holder = {"organization": tenderee["organization"], "certificate": tenderee["certificate"], "key": key}
    return canonical({
        "v": 1, "suite": SUITE, "tender": tender, "number": scenario.number, "title": scenario.title,
        "rule_pack": scenario.rule_pack, "minimum": scenario.minimum, "decryption": "joint",
        "tenderee": tenderee, "agent": agent, "draws": [],
        "slots": [
            {"name": "bidder", "needed": 1, "holders": []},
            {"name": "tenderee", "needed": 1, "holders": [holder]},
        ],
        "lots": [_lot(lot, scenario.form) for lot in scenario.lots],
    })  # fmt: skip


def _lot(lot: Lot, form: tuple[Item, ...]) -> dict[str, Any]:
    return {
        "no": lot.no, "name": lot.name, "control_price": lot.control_price, "currency": "CNY", "deposit": lot.deposit,
        "form": [_item(item) for item in form],
    }  # fmt: skip


def _item(item: Item) -> dict[str, Any]:
    told: dict[str, Any] = {"key": item.key, "label": {"zh": item.zh, "en": item.en}, "type": item.type}
    return told if item.unit is None else {**told, "unit": item.unit}


def timeline_of(scenario: Scenario, tender: str, terms: str, hosts: list[dict[str, Any]], now: datetime) -> bytes:
    """The first timeline: documents from now on, the deadline at half past nine on the first day that is allowed."""
    days = rule_pack(scenario.rule_pack).documents_to_deadline.days
    to_deadline = days + 1 if scenario.rule_pack == "cn-mandatory" else days + 5  # working days, weekends between
    deadline = datetime.combine((now + timedelta(days=to_deadline)).astimezone(UTC), OPENS_AT) + scenario.later
    return canonical({
        "v": 1, "tender": tender, "terms": terms, "version": 1, "previous": None,
        "hosts": [{"organization": host["organization"], "name": host["name"]} for host in hosts],
        "documents": {"from": rfc3339(now), "to": rfc3339(now + timedelta(days=6))},
        "clarifications": rfc3339(deadline - timedelta(days=days - 5 if days > 5 else 1)),
        "sign_in": rfc3339(deadline - SIGN_IN_BEFORE), "deadline": rfc3339(deadline),
        "windows": {
            "release": int(scenario.window.total_seconds()), "closing": CLOSING, "last_call": LAST_CALL,
            "confirming": CONFIRMING,
        },
        "witnesses": [], "quorum": 0,
    })  # fmt: skip
