"""Everything that the checks look at, taken out of one bundle once; what cannot be taken out is a finding."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import Any

from bidroom.audit.bundle import Bundle, Manifest
from bidroom.audit.certificates import Certificates, from_pem
from bidroom.audit.entries import parse_entry
from bidroom.audit.findings import Finding, finding
from bidroom.audit.layout import AUDITOR, PRIVATE, PUBLIC, bid_file, entry_file, is_known, personal
from bidroom.audit.pins import Pins
from bidroom.audit.walk import Moment, Walk, opening_in, walk
from bidroom.crypto.canonical import parse_canonical, sha256_hex
from bidroom.facts import Entry, Refused
from bidroom.machine import State
from bidroom.opening.state import Bid, Opening


class Material:
    """One bundle and what an auditor trusts, ready to be checked."""

    def __init__(self, bundle: Bundle, pins: Pins) -> None:
        self.bundle = bundle
        self.pins = pins

    @cached_property
    def manifest(self) -> Manifest | None:
        """What the bundle says of itself; None where that cannot be read, which the first check tells."""
        try:
            return self.bundle.manifest()
        except Refused:
            return None

    @cached_property
    def kind(self) -> str:
        """Public or auditor: as the manifest says, else by what is there."""
        if self.manifest is not None:
            return self.manifest.kind
        return AUDITOR if PRIVATE in self.bundle else PUBLIC

    @property
    def is_auditors(self) -> bool:
        """Whether this is the bundle with pieces, documents and personal certificates."""
        return self.kind == AUDITOR

    # --- the log

    @cached_property
    def _read_entries(self) -> tuple[tuple[Entry, ...], Finding | None]:
        entries: list[Entry] = []
        stream = self.manifest.stream if self.manifest else self._first_stream()
        while (name := entry_file(len(entries))) in self.bundle:
            try:
                entries.append(parse_entry(self.bundle.read(name), stream, len(entries)))
            except Refused as refused:
                return tuple(entries), finding(refused, name, len(entries))
        if len(entries) < self._entries_there:
            return tuple(entries), Finding("file_missing", entry_file(len(entries)), len(entries))
        return tuple(entries), None

    @property
    def _entries_there(self) -> int:
        """How many entries there should be, by the manifest and by the names of entries and checkpoints."""
        names = [name.rpartition("/") for name in self.bundle.names if name.startswith(("entries/", "checkpoints/"))]
        numbers = [(folder, file.partition(".")[0]) for folder, _, file in names]
        sizes = [int(number) + (folder == "entries") for folder, number in numbers if number.isdecimal()]
        return max([self.manifest.size if self.manifest else 0, *sizes])

    def _first_stream(self) -> str:
        try:
            return str(json.loads(self.bundle.read(entry_file(0)))["stream"])
        except (Refused, ValueError, LookupError, TypeError):
            return ""

    @property
    def entries(self) -> tuple[Entry, ...]:
        """The entries up to the first that cannot be read."""
        return self._read_entries[0]

    @property
    def unreadable(self) -> Finding | None:
        """The first entry that cannot be read."""
        return self._read_entries[1]

    @cached_property
    def stream(self) -> str:
        """The tender's id."""
        return self.entries[0].stream if self.entries else ""

    @cached_property
    def _walked(self) -> Walk:
        return walk(self.entries)

    @property
    def unfolded(self) -> Finding | None:
        """The first entry that cannot be folded."""
        return self._walked.broken

    @property
    def opening(self) -> Opening:
        """The opening as the log leaves it, or as it was where the log cannot be folded further."""
        return opening_in(self._walked.state)

    def moment(self, entry: Entry) -> Moment:
        """What was in force when this entry was written; LookupError where the log cannot be folded so far."""
        return self._walked.moments[entry.seq]

    def state_before(self, entry: Entry) -> State:
        """The whole state before an entry of one of the types in WHOLE; LookupError as `moment`."""
        return self._walked.whole[entry.seq]

    def of_type(self, *types: str) -> Iterator[Entry]:
        """The entries of these types, in order."""
        return (entry for entry in self.entries if entry.type in types)

    # --- certificates

    @cached_property
    def left_out(self) -> frozenset[str]:
        """The certificates that are not here because they are a person's."""
        return frozenset() if self.is_auditors else personal(self.entries)

    @cached_property
    def certificates(self) -> Certificates:
        """The bundle's certificates under the pinned roots; files that are not what they are named after are left."""
        ders = {name: data for name, data in self._named_files("certificates/", ".der") if sha256_hex(data) == name}
        chains = {name: chain for name, data in self._named_files("chains/", ".pem") if (chain := _chain(data))}
        crls = tuple(data for name, data in self._named_files("revocation/", ".crl") if sha256_hex(data) == name)
        return Certificates(ders, chains, crls, self.pins.trust)

    def _named_files(self, folder: str, suffix: str) -> Iterator[tuple[str, bytes]]:
        for path in self.bundle.names:
            if path.startswith(folder) and path.endswith(suffix) and is_known(path):
                yield path.removeprefix(folder).removesuffix(suffix), self.bundle.read(path)

    # --- bids

    @cached_property
    def forms(self) -> Mapping[str, Mapping[str, Any]]:
        """The bid forms of the opened bids, as far as they are here and canonical JSON; by digest."""
        forms = {}
        for bid in self.opening.bids.values():
            name = bid_file(bid.digest, "form.json")
            if bid.opened and name in self.bundle:
                form = _document(self.bundle.read(name))
                forms.update({bid.digest: form} if form is not None else {})
        return forms

    def opened(self) -> tuple[Bid, ...]:
        """The bids that the log says were opened."""
        return tuple(bid for bid in self.opening.bids.values() if bid.opened)


def _chain(data: bytes) -> tuple[bytes, ...]:
    try:
        return from_pem(data)
    except Refused:
        return ()


def _document(data: bytes) -> dict[str, Any] | None:
    try:
        document = parse_canonical(data, 1 << 20, "form_malformed")
    except Refused:
        return None
    return document if isinstance(document, dict) else None
