"""Which files a bundle has: their names, how large each may be, and which of them a log calls for."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from bidroom.crypto.policy import parse_terms
from bidroom.facts import Entry
from bidroom.opening.state import Bid, Opening, Phase

PUBLIC, AUDITOR = "public", "auditor"
KINDS = (PUBLIC, AUDITOR)
MANIFEST = "manifest.json"
LOG_KEY, RECEIPT_KEY = "keys/log.vkey", "keys/receipt.vkey"
PRIVATE, RECORD = "private.json", "record/record.json"
TERMS, TERMS_CMS = "notice/terms.json", "notice/terms.p7s"
TIMELINE, TIMELINE_CMS = "notice/timeline.json", "notice/timeline.p7s"
MIB = 1 << 20

_HEX = "[0-9a-f]{64}"
LIMITS: tuple[tuple[re.Pattern[str], int | None], ...] = tuple(
    (re.compile(pattern), limit)
    for pattern, limit in (
        (r"manifest\.json", 512 * MIB),
        (r"entries/[0-9]{6,}\.json", MIB),
        (r"checkpoints/[0-9]{6,}\.note", MIB >> 4),
        (r"keys/(log|receipt)\.vkey", 1024),
        (rf"certificates/{_HEX}\.der", MIB >> 6),
        (rf"chains/{_HEX}\.pem", MIB >> 3),
        (rf"revocation/{_HEX}\.crl", 16 * MIB),
        (r"notice/(terms|timeline)\.json", MIB),
        (r"notice/(terms|timeline)\.p7s", MIB >> 6),
        (r"notice/amended/timeline-[0-9]{3,}\.json", MIB),
        (r"notice/amended/timeline-[0-9]{3,}\.p7s", MIB >> 6),
        (rf"bids/{_HEX}/(header|form|pieces)\.json", MIB),
        (rf"bids/{_HEX}/header\.p7s", MIB >> 6),
        (rf"bids/{_HEX}/(receipt|failure)\.json", MIB >> 4),
        (rf"bids/{_HEX}/k0\.bin", 32),
        (rf"bids/{_HEX}/part[01]\.bin", None),
        (r"private\.json", 512 * MIB),
        (r"record/record\.json", 64 * MIB),
    )
)
"""The names that files can have, and how many bytes (None: as many as the header says)."""


def limit_of(name: str) -> int | None:
    """How many bytes a file of this name may have; KeyError for a name that no file of a bundle has."""
    for pattern, limit in LIMITS:
        if pattern.fullmatch(name):
            return limit
    raise KeyError(name)


def is_known(name: str) -> bool:
    """Whether a file of a bundle can have this name; only such files are ever read whole."""
    return any(pattern.fullmatch(name) for pattern, _ in LIMITS)


def entry_file(seq: int) -> str:
    """The exact bytes of one entry."""
    return f"entries/{seq:06d}.json"


def checkpoint_file(size: int) -> str:
    """The signed note for the tree of so many entries."""
    return f"checkpoints/{size:06d}.note"


def certificate_file(digest: str) -> str:
    """A certificate's DER."""
    return f"certificates/{digest}.der"


def chain_file(digest: str) -> str:
    """The authorities between a certificate and its root, nearest first, as PEM."""
    return f"chains/{digest}.pem"


def list_file(digest: str) -> str:
    """A revocation list, by its SHA-256."""
    return f"revocation/{digest}.crl"


def amended_file(version: int, suffix: str) -> str:
    """An earlier version of the timeline."""
    return f"notice/amended/timeline-{version:03d}.{suffix}"


def bid_file(digest: str, name: str) -> str:
    """One of the files of a bid."""
    return f"bids/{digest}/{name}"


def act_ends(entries: Iterable[Entry]) -> tuple[int, ...]:
    """The sizes that the log had after each command; no two commands of a stream are stamped with one time."""
    return tuple(list(act)[-1].seq + 1 for _, act in groupby(entries, key=lambda entry: entry.time))


def notices(entries: Sequence[Entry]) -> tuple[Entry, ...]:
    """The published notice and the amendments of its timeline, in order; drafts that were returned are none."""
    published = next((entry.seq for entry in entries if entry.type == "NoticePublished"), len(entries))
    submitted = [entry for entry in entries[:published] if entry.type == "NoticeSubmitted"]
    return (*submitted[-1:], *(entry for entry in entries if entry.type == "TimelineAmended"))


def binding_of(entry: Entry) -> dict[str, Any] | None:
    """The body of the binding that the act carries, with its `stream`; None for acts without one."""
    binding = entry.actor.get("binding")
    if not binding:
        return None
    document = json.loads(base64.b64decode(binding))
    return {**document["body"], "stream": document["stream"], "type": document["type"]}


def personal(entries: Iterable[Entry]) -> frozenset[str]:
    """The certificates whose binding says that they are a person's: a public bundle leaves them out."""
    bindings = (binding_of(entry) for entry in entries)
    return frozenset(each["certificate"] for each in bindings if each and each.get("personal") is True)


def certificates_named(entries: Sequence[Entry]) -> frozenset[str]:
    """Every certificate that an actor, the terms or a holder's key names."""
    named = {entry.actor["certificate"] for entry in entries if entry.actor.get("certificate")}
    for notice in notices(entries)[:1]:
        terms = parse_terms(base64.b64decode(notice.body["terms"]))
        named |= {holder.certificate for slot in terms.slots for holder in slot.holders}
        named |= {terms.tenderee.certificate} - {None}
    return frozenset(named)


def called_for(entries: Sequence[Entry], opening: Opening, kind: str) -> Iterator[str]:
    """Every file that a bundle of this log must have; chains and revocation lists follow from its certificates."""
    yield from (MANIFEST, LOG_KEY, RECEIPT_KEY)
    yield from map(entry_file, range(len(entries)))
    yield from map(checkpoint_file, act_ends(entries))
    left_out = personal(entries) if kind == PUBLIC else frozenset()
    yield from map(certificate_file, certificates_named(entries) - left_out)
    yield from _notice_files(notices(entries))
    for bid in opening.bids.values():
        yield from (bid_file(bid.digest, name) for name in bid_files(bid, kind))
    if kind == AUDITOR:
        yield PRIVATE
    if has_ended(opening):
        yield RECORD


def _notice_files(found: Sequence[Entry]) -> Iterator[str]:
    if found:
        yield from (TERMS, TERMS_CMS, TIMELINE, TIMELINE_CMS)
    for version in range(1, len(found)):
        yield from (amended_file(version, "json"), amended_file(version, "p7s"))


def bid_files(bid: Bid, kind: str) -> Iterator[str]:
    """The files of one bid. Of those that were replaced or withdrawn the ciphertext stays where it is."""
    yield from ("header.json", "header.p7s", "receipt.json")
    if bid.final and (bid.opened or not bid.damaged):
        yield "part0.bin"
    if bid.final and not bid.damaged and kind == AUDITOR:
        yield "part1.bin"
    if bid.opened:
        yield from ("k0.bin", "form.json", "pieces.json") if kind == AUDITOR else ("k0.bin", "form.json")
    elif bid.final and bid.cause is not None:
        yield "failure.json"


def failure(bid: Bid) -> dict[str, str | None]:
    """failure.json: the layer and the cause for a bid that was not opened."""
    return {"cause": bid.cause, "layer": bid.failed_layer}


def has_ended(opening: Opening) -> bool:
    """Whether the opening is closed or terminated."""
    return opening.phase in (Phase.CLOSED, Phase.TERMINATED)
