"""The vocabulary: what is asked (Command), by whom (Actor), what is so (Fact, Entry), and the one error tree."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any

Body = Mapping[str, Any]


def nothing() -> Mapping[Any, Any]:
    """An empty mapping that nobody can change: where states begin."""
    return MappingProxyType({})


class Role(StrEnum):
    """Who may do something; a person can have several at once, and `roles_of` tells which."""

    ANYONE = "anyone"
    AGENT = "agent"
    TENDEREE = "tenderee"
    HOST = "host"
    DEPUTY = "deputy"
    BIDDER = "bidder"
    SUPERVISOR = "supervisor"
    AUDITOR = "auditor"
    CLERK = "clerk"
    OPERATOR = "operator"
    CLOCK = "clock"


class StreamKind(StrEnum):
    """The three kinds of log."""

    TENDER = "tender"
    ORGANIZATION = "organization"
    CENTRE = "centre"


CENTRE = "00" * 16
"""The id of the one stream of the centre itself."""


class Refused(Exception):  # noqa: N818 - the domain's word; every refusal is this or a kind of it
    """A named refusal: `reason` is a translation key, `field` the place in the input, `details` what the text needs."""

    def __init__(self, reason: str, field: str | None = None, **details: Any) -> None:
        super().__init__(reason if field is None else f"{reason}: {field}")
        self.reason = reason
        self.field = field
        self.details = details


class Conflict(Exception):  # noqa: N818
    """Another process appended to the stream first; the batch is folded anew and decided again."""


@dataclass(frozen=True, slots=True)
class Signed:
    """Exact bytes and the detached CAdES over `"bidroom/v1/" ‖ kind ‖ "\\0" ‖ data`."""

    kind: str
    data: bytes
    cms: bytes


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts. `certificate` is the SHA-256 of the DER in hex; `binding` the entry that made the act valid."""

    organization: str | None = None
    user: str | None = None
    role: Role = Role.ANYONE
    certificate: str | None = None
    binding: bytes | None = None
    staff: frozenset[Role] = frozenset()

    def acting_as(self, role: Role) -> Actor:
        """The same person in the role that a row of a table asked for."""
        return replace(self, role=role)


CLOCK = Actor(role=Role.CLOCK, staff=frozenset({Role.CLOCK}))
OPERATOR = Actor(role=Role.OPERATOR, staff=frozenset({Role.OPERATOR}))


@dataclass(frozen=True, slots=True)
class Command:
    """What somebody asks of one stream.

    `id` 16 bytes hex; `digest` SHA-256 hex of the whole signed input (or of the bytes, unsigned);
    `evidence` is what the edge found out for the rules (never from the client, never logged);
    `secret` is what the client sent that must not reach the log (pieces of a key).
    """

    id: str
    stream: str
    type: str
    body: Body
    lot: int | None = None
    checkpoint: Body | None = None
    digest: str = ""
    signed: Signed | None = None
    evidence: Body = field(default_factory=dict)
    secret: Body = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Claim:
    """Something that must be unique across streams, kept for ever: ("uscc", "9133…"), ("certificate", hex)."""

    kind: str
    key: str


@dataclass(frozen=True, slots=True)
class KeepPieces:
    """Hold the released pieces of one bid: `pieces` maps j to 32 bytes; `message` is the signed release itself."""

    digest: str
    pieces: Mapping[int, bytes]
    message: Signed


@dataclass(frozen=True, slots=True)
class ErasePieces:
    """Erase the pieces of these bids from the table; those in `to_auditor` move to the auditor-only blob first."""

    digests: tuple[str, ...]
    to_auditor: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Fact:
    """What has become so. Effects and claims are carried out in the transaction that writes the entry."""

    type: str
    body: Body
    claims: tuple[Claim, ...] = ()
    effects: tuple[KeepPieces | ErasePieces, ...] = ()


@dataclass(frozen=True, slots=True)
class Entry:
    """One fact as the log has it; `data` is its exact canonical JSON, `time` when its command was received."""

    stream: str
    seq: int
    type: str
    time: datetime
    actor: Body
    body: Body
    data: bytes
    signed: Body | None = None

    @property
    def role(self) -> Role:
        """The role in which the actor acted."""
        return Role(self.actor["role"])


class RefusedOnRecord(Refused):
    """A refusal that is a fact itself; `entry` holds it."""

    def __init__(self, refused: Refused, entry: Entry) -> None:
        super().__init__(refused.reason, refused.field, **refused.details)
        self.entry = entry


def rfc3339(at: datetime) -> str:
    """UTC with microseconds and `Z`, as every entry and receipt has it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant(text: str) -> datetime:
    """The time that `text` names (RFC 3339, any offset, never without one), in UTC; of the years 1900 to 2999."""
    try:
        at = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise Refused("time_malformed", value=str(text)[:100]) from None
    if at.tzinfo is None:
        raise Refused("time_without_zone", value=text)
    if not 1900 <= at.year < 3000:  # so that nothing added to it can leave the calendar
        raise Refused("time_malformed", value=text)
    return at.astimezone(UTC)
