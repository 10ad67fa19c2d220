"""The tenderee as holder of a key: preflight, release of its pieces, signature of the record."""

from __future__ import annotations

import base64
from dataclasses import dataclass, field

from bidroom.cli.notice import Notice, read_notice
from bidroom.crypto.canonical import digest_of
from bidroom.crypto.header import check_header, parse_header
from bidroom.crypto.release import unwrap_own
from bidroom.facts import Refused
from bidroom.rehearsal.decrypting import unless_suspended
from bidroom.rehearsal.party import Duty

SLOT = "tenderee"
UNOPENED = ("share_damaged", "piece_does_not_match", "key_opens_no_stanza")


@dataclass
class Holding(Duty):
    """Tries its stanza of every final bid, and releases all of them after the close: in time, late or never."""

    release: str
    _notice: Notice | None = None
    _pieces: dict[str, dict[int, bytes]] = field(default_factory=dict)
    _bad: list[str] = field(default_factory=list)
    _has_preflighted: bool = False
    _has_released: bool = False

    def act(self) -> bool:
        """What the phase asks of a holder."""
        told = self.party.told
        pace = self.party.place.pace
        if told.phase == "checked" and not self._has_preflighted and self.party.has_waited("checked", pace.preflight):
            self._has_preflighted = unless_suspended(self._preflight) is not None
            return self._has_preflighted
        if told.phase == "closing" and not self._has_released and self._is_time():
            self._has_released = unless_suspended(self._release) is not None
            return self._has_released
        return False

    # --- preflight

    def _preflight(self) -> object:
        told = self.party.told
        for digest in told.live(told.finals):
            self._try(digest)
        return self.party.command("解密预检", "SignPreflight", {"root": told.root, "bad": self._bad})

    def _try(self, digest: str) -> None:
        party, notice = self.party, self._the_notice()
        data = base64.b64decode(party.client.get(f"/tenders/{party.tender}/bids/{digest}/header")["header"])
        if digest_of("bid", data) != digest:
            raise Refused("header_is_another", field=digest)
        header = parse_header(data)
        check_header(header, notice.terms)
        try:
            self._pieces[digest] = unwrap_own(header, notice.terms, SLOT, party.the_identity.agreement_key)
        except Refused as refused:
            if refused.reason not in UNOPENED:
                raise
            self._bad.append(digest)

    def _the_notice(self) -> Notice:
        party = self.party
        if self._notice is None:
            self._notice = read_notice(party.client.get(f"/tenders/{party.tender}"), party.place.trust, party.now)
        return self._notice

    # --- release

    def _is_time(self) -> bool:
        told = self.party.told
        if self.release == "never" or told.closed is None or not self._due():
            return False
        if self.release == "late":
            return bool(told.extended.get("closing"))
        return self.party.has_come(told.since["closing"] + self.party.place.pace.holder)

    def _due(self) -> list[str]:
        closed = self.party.told.closed or {}
        return [digest for digest in closed.get("released", ()) if digest not in self._bad]

    def _release(self) -> object:
        digests = self._due()
        pieces = {
            digest: [{"j": j, "piece": piece.hex()} for j, piece in sorted(self._pieces[digest].items())]
            for digest in digests
        }
        body = {"command": self.party.told.command, "slot": SLOT, "digests": digests, "pieces": pieces}
        return self.party.command("招标人解密：释放密钥", "ReleaseHolderShares", body)


@dataclass
class SigningAsTenderee(Duty):
    """The tenderee signs the record."""

    def act(self) -> bool:
        """Once."""
        told = self.party.told
        if told.phase != "confirming" or told.record is None or SLOT in told.signed or not self.party.may_sign(SLOT):
            return False
        return unless_suspended(lambda: self._sign(str(told.record))) is not None

    def _sign(self, record: str) -> object:
        return self.party.command("签署开标记录表", "SignRecord", {"record": record, "as": SLOT})
