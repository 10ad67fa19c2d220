"""A world whose every act is really signed, and its bundles: tenders as the server leaves them, without the server."""

from __future__ import annotations

import base64
import io
import json
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.serialization import Encoding

from bidroom.audit.pins import Pins
from bidroom.crypto import tree
from bidroom.crypto.canonical import canonical, digest_of, sha256_hex
from bidroom.crypto.certificates import Trust, spki
from bidroom.crypto.checkpoint import LogKey
from bidroom.crypto.envelope import Sealed, seal
from bidroom.crypto.receipt import ReceiptKey
from bidroom.crypto.signatures import sign
from bidroom.crypto.testca import Key
from bidroom.facts import CENTRE, Actor, Command, Entry, ErasePieces, Fact, KeepPieces, Refused, Signed, rfc3339
from bidroom.machine import State
from bidroom.opening.record import minutes_digest
from bidroom.opening.state import Bid
from bidroom.publish.bundle import Sources, build
from bidroom.storage.entries import signed_hash
from tests.builders import (
    DAY,
    STAFF,
    Plan,
    World,
    authority,
    form_of,
    member,
    name_of,
    notice_body,
    terms_of,
)
from tests.fakes import NOON

LOG_KEY = LogKey.generate("log.example")
RECEIPT_KEY = ReceiptKey.generate("receipts.example")


@cache
def root() -> bytes:
    """The authority's own certificate."""
    return authority().certificate.public_bytes(Encoding.DER)


@cache
def lists() -> tuple[bytes, ...]:
    """Revocation lists as they came out: two that were in use, one from before anything happened."""
    return tuple(authority().crl(NOON + days * DAY) for days in (-20, -1, 15))


@cache
def person(name: str) -> tuple[Key, bytes]:
    """One of the staff with a certificate of their own."""
    return authority().issue_person(name, "交易中心", at=NOON)


def pins() -> Pins:
    """What an auditor of these worlds pins."""
    return Pins(LOG_KEY.vkey, RECEIPT_KEY.vkey, Trust((root(),), (), lists()))


def documents_of(key: str) -> bytes:
    """The documents of one organization's bids."""
    return f"technical documents of {key}".encode() * 100


@dataclass
class SignedWorld(World):
    """The tender of a plan, with checkpoints, receipts, ciphertexts and pieces as the server keeps them."""

    checkpoints: dict[int, bytes] = field(default_factory=dict)
    parts: dict[tuple[str, int], bytes] = field(default_factory=dict)
    forms: dict[str, bytes] = field(default_factory=dict)
    kept: dict[str, dict[int, bytes]] = field(default_factory=dict)
    messages: dict[str, dict[str, Signed]] = field(default_factory=dict)
    private: dict[str, bytes] = field(default_factory=dict)

    # --- who

    def actor(self, key: str) -> Actor:
        """Supervisor and auditor have certificates, the clerk a password."""
        if key == "clerk":
            return Actor(user=key, staff=frozenset({STAFF[key]}))
        if key in STAFF:
            digest = sha256_hex(person(key)[1])
            binding = self.states[CENTRE]["centre"].bindings[digest].entry
            return Actor(user=key, staff=frozenset({STAFF[key]}), certificate=digest, binding=binding)
        return super().actor(key)

    def appoint(self) -> World:
        """The staff, with the certificates of those who have one."""
        super().appoint()
        for key in ("supervisor", "auditor"):
            holding = {"holding": {"name": key, "uscc": None, "serial": "02", "digest": sha256_hex(person(key)[1])}}
            self.give("operator", "BindStaffCertificate", {"user": key}, stream=CENTRE, evidence=holding)
        return self

    # --- signing

    def command(self, type: str, body: Mapping[str, Any] | None = None, lot: int | None = None, **more: Any) -> Command:
        """Of a release the signed bytes hold the pieces, which the command's body does not."""
        asked = super().command(type, body, lot, **more)
        pieces = asked.secret.get("pieces")
        if pieces is None or asked.signed is None:
            return asked
        told = json.loads(asked.signed.data)
        listed = {digest: [{"j": j, "piece": p.hex()} for j, p in each.items()] for digest, each in pieces.items()}
        told["body"]["pieces"] = listed if type == "ReleaseHolderShares" else listed[asked.body["digest"]]
        data = canonical(told)
        return replace(asked, digest=digest_of("command", data), signed=replace(asked.signed, data=data))

    def do(self, actor: Actor, command: Command) -> tuple[Entry, ...]:
        """As the world does it, signed by the actor's own key; pieces are kept and erased."""
        before = len(self.effects)
        fresh = super().do(actor, self.signed(actor, command))
        for effect in self.effects[before:]:
            self._carry_out(effect)
        return fresh

    def refuse_upload(self, key: str, command: Command) -> Refused:
        """As the world does it, with the bidder's signature."""
        return super().refuse_upload(key, self.signed(self.actor(key), command))

    def signed(self, actor: Actor, command: Command) -> Command:
        """The command with a real signature; one that has one already keeps it."""
        if command.signed is None or command.signed.cms != b"checked at the edge" or actor.certificate is None:
            return command
        key, der = key_of(actor.certificate)
        cms = sign(command.signed.kind, command.signed.data, key, der, self.clock.at)
        return replace(command, signed=replace(command.signed, cms=cms))

    def _write(
        self, command: Command, facts: tuple[Fact, ...], actor: Actor, at: datetime, state: State
    ) -> tuple[Entry, ...]:
        fresh = super()._write(command, facts, actor, at, state)
        if command.stream == self.plan.id:
            self.checkpoints[len(self.log)] = note_over(self.log)
        return fresh

    def _carry_out(self, effect: KeepPieces | ErasePieces) -> None:
        if isinstance(effect, KeepPieces):
            self.kept.setdefault(effect.digest, {}).update(effect.pieces)
            self.messages.setdefault(effect.digest, {})[signed_hash(effect.message)] = effect.message
            return
        for digest in effect.to_auditor:
            pieces = [{"j": j, "piece": piece.hex()} for j, piece in sorted(self.kept[digest].items())]
            self.private[f"bids/{digest}/pieces.json"] = canonical(pieces)
            for name, message in self.messages[digest].items():
                told = {"kind": message.kind, "bytes": b64(message.data), "cms": b64(message.cms)}
                self.private[f"releases/{name}.json"] = canonical(told)
        for digest in effect.digests:
            self.kept.pop(digest, None)
            self.messages.pop(digest, None)

    # --- what the tenderee signs

    def notice(self) -> World:
        """Draft, notice and publication, with both documents signed."""
        self.give("agent", "DraftTender", {"number": self.plan.number, "title": "城东污水处理厂二期扩建工程"})
        self.give("agent", "SubmitNotice", self._by_tenderee(notice_body(self.plan)))
        self.give("clerk", "PublishNotice")
        return self

    def amendment(self, reason: str = "应投标人要求", **changes: Any) -> dict[str, Any]:
        """The body of AmendTimeline, signed."""
        return self._by_tenderee(super().amendment(reason, **changes))

    def _by_tenderee(self, body: dict[str, Any]) -> dict[str, Any]:
        who = member("tenderee")
        for kind in {"terms", "timeline"} & body.keys():
            data = base64.b64decode(body[kind])
            body[f"{kind}_cms"] = b64(sign(kind, data, who.private, who.certificate, self.clock.at))
        return body

    # --- bids

    def upload(self, key: str, lot: int = 1, number: int = 0) -> Command:
        """A whole upload, whose parts stay here."""
        before = self.tender.last_bid(member(key).id, lot)
        bid = self._sealed(key, lot, number, before.digest if before else None)
        self.bids[bid.digest] = (key, bid)
        return self.upload_of(bid)

    def _sealed(self, key: str, lot: int, number: int, supersedes: str | None) -> Sealed:
        bidder, documents = member(key), documents_of(key)
        name = bytes.fromhex(name_of(f"bid {self.plan.id} {key} {lot} {number}", 16))
        with tempfile.TemporaryDirectory() as folder:
            bid = seal(
                terms_of(self.plan), lot, bidder.certificate, [spki(bidder.certificate)], form_of(key, lot),
                io.BytesIO(documents), len(documents), Path(folder), supersedes, name,
            )  # fmt: skip
            for part in (0, 1):
                self.parts[bid.digest, part] = (Path(folder) / f"part{part}.bin").read_bytes()
        self.forms[bid.digest] = form_of(key, lot)
        return bid

    # --- the record

    def lay_out(self, host: str = "agent") -> World:
        """The minutes as they really are."""
        opened = (bid.digest for bid in self.opening.bids.values() if bid.opened)
        forms = {digest: json.loads(self.forms[digest]) for digest in opened}
        shown = minutes_digest(self.opening, forms)
        self.give(host, "OpenConfirmation", {"record": shown}, evidence={"record": shown})
        return self

    # --- the bundle

    def sources(self) -> Sources:
        """What a server would hand to the builder."""
        return Sources(
            log=Log(self),
            certificate=lambda digest: key_of(digest)[1],
            part=self._part_of,
            form=lambda stream, bid: self.forms[bid.digest],
            receipt=receipt_of,
            trust=Trust((root(),), (), lists()),
            log_vkey=str(LOG_KEY.vkey),
            receipt_vkey=str(RECEIPT_KEY.vkey),
        )

    def _part_of(self, stream: str, bid: Bid, part: int) -> Iterable[bytes]:
        data = self.parts[bid.digest, part]
        return (data[start : start + 1000] for start in range(0, len(data), 1000))

    def bundle(self, kind: str) -> bytes:
        """One of the two bundles."""
        out = io.BytesIO()
        build(self.sources(), self.plan.id, kind, out)
        return out.getvalue()


@dataclass
class Log:
    """A world's tender as the builder reads logs."""

    world: SignedWorld

    def entries(self, stream: str, start: int = 0) -> Iterator[Entry]:
        """The tender's entries."""
        return iter(self.world.log[start:])

    def checkpoints(self, stream: str) -> dict[int, bytes]:
        """Its signed notes."""
        return self.world.checkpoints

    def auditor_only(self, stream: str) -> dict[str, bytes]:
        """What the storage hands over at the opening."""
        return self.world.private


def note_over(entries: Iterable[Entry]) -> bytes:
    """The checkpoint over these entries."""
    leaves = [tree.leaf_hash(entry.data) for entry in entries]
    stream = name_in(entries)
    return LOG_KEY.sign(LOG_KEY.origin(stream), len(leaves), tree.root(leaves))


def name_in(entries: Iterable[Entry]) -> str:
    """The stream that these entries are of."""
    return next(iter(entries)).stream


def receipt_of(entry: Entry) -> Mapping[str, Any]:
    """The receipt of an accepted bid."""
    told = {key: entry.body[key] for key in ("lot", "digest", "timeline", "nonce")}
    return RECEIPT_KEY.sign_receipt("receipt", {"v": 1, "tender": entry.stream, "time": rfc3339(entry.time), **told})


def key_of(digest: str) -> tuple[Key, bytes]:
    """The key and the certificate (DER) of this digest."""
    for key in ("tenderee", "agent", *BIDDERS):
        if member(key).digest == digest:
            return member(key).private, member(key).certificate
    for key in ("supervisor", "auditor"):
        if sha256_hex(person(key)[1]) == digest:
            return person(key)
    raise LookupError(digest)


def b64(data: bytes) -> str:
    """Base64."""
    return base64.b64encode(data).decode()


BIDDERS = ("甲", "乙", "丙", "丁", "戊")


def _begun(plan: Plan) -> SignedWorld:
    here = SignedWorld(plan)
    here.register("tenderee", "agent", *BIDDERS).appoint()
    here.notice()
    return here


def eventful() -> SignedWorld:
    """Two lots; all that can happen to an opening which is closed in the end, but for an outage."""
    here = _begun(Plan(lots=2))
    here.amend(deadline=rfc3339(here.tender.the_timeline.deadline + DAY))
    for key in BIDDERS:
        here.deposit(key, 1)
        here.submit(key, 1)
    for key in ("甲", "乙", "丙"):
        here.submit(key, 2)
    here.submit("甲", 1, number=1)
    here.give("戊", "WithdrawBid", {"digest": here.digest_of("戊")}, 1)
    forged = here.upload("丁", 2)
    found = {**forged.evidence, "refusal": {"reason": "signature_malformed", "field": None}}
    assert forged.signed is not None
    here.refuse_upload("丁", replace(forged, signed=replace(forged.signed, cms=b"\x30\x00"), evidence=found))
    late = here.upload("丁", 2, number=1)
    here.to_sign_in()
    here.give("甲", "SignIn")
    here.past_deadline()
    here.refuse_upload("丁", late)
    here.give("agent", "DecideUnderMinimum", {"decision": "end", "reason": "保证金不足"}, 2)
    here.give("agent", "DecideUnderMinimum", {"decision": "go_on", "reason": "投标人足够"}, 2)
    here.preflight().decrypt()
    here.release("甲", 1).go(seconds=30)
    here.give("agent", "ExtendWindow", {"command": here.opening.command, "seconds": 300, "reason": "网络拥堵"})
    here.give("supervisor", "SuspendOpening", {"reason": "停电"})
    here.go(seconds=60)
    here.give("supervisor", "AnnounceResumption", {"at": rfc3339(here.clock.at + DAY / 240)})
    here.go(minutes=7)
    here.release("乙", 1).release("丙", 1).release("甲", 2).release("乙", 2).release("丙", 2)
    here.give("丁", "ReportReleaseFailure", {"digest": here.digest_of("丁"), "layer": "share", "serial": "0a"}, 1)
    here.go(seconds=900)
    here.failing[here.digest_of("丙", 2)] = "frame"
    here.open()
    for digest in (here.digest_of("丁"), here.digest_of("丙", 2)):
        here.give("agent", "RuleAttribution", {"digest": digest, "fault": "bidder", "reason": "未按时解密"})
    here.announce()
    (raised,) = here.give("乙", "RaiseObjection", {"text": "对开标结果有异议"}, 1)
    answer = {"objection": raised.body["objection"], "ruling": "upheld", "text": "予以更正"}
    here.give("agent", "AnswerObjection", answer)
    here.give("agent", "ReviseAttribution", {
        "objection": raised.body["objection"], "digest": here.digest_of("丙", 2), "fault": "other", "reason": "改判",
    })  # fmt: skip
    here.last_call().lay_out()
    here.give("甲", "ConfirmRecord", {"record": here.opening.record})
    here.give("乙", "RefuseRecord", {"record": here.opening.record, "reason": "不认可"})
    here.sign("agent", "host").sign("tenderee", "tenderee").sign("supervisor", "supervisor")
    here.go(hours=1)
    return here


def ordinary() -> SignedWorld:
    """One lot, three bidders, everything in order."""
    here = _begun(Plan())
    for key in ("甲", "乙", "丙"):
        here.deposit(key)
        here.submit(key)
    here.to_sign_in().past_deadline().preflight().decrypt().release_all().open().announce().last_call().lay_out()
    here.confirm_all()
    return here


def ended() -> SignedWorld:
    """Too few bids: the lot ends, nothing is opened."""
    here = _begun(Plan())
    here.submit("甲")
    here.to_sign_in().past_deadline()
    here.give("agent", "TerminateOpening", {"reason": "投标人不足三个"})
    return here


WORLDS: Mapping[str, Callable[[], SignedWorld]] = {"eventful": eventful, "ordinary": ordinary, "ended": ended}


@cache
def bundle(world: str, kind: str) -> bytes:
    """The bundle of a world, made once."""
    return the_world(world).bundle(kind)


@cache
def the_world(name: str) -> SignedWorld:
    return WORLDS[name]()
