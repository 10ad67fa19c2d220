"""A bundle, open for reading: its manifest and its files, each no larger than its name allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from bidroom.audit.container import Container
from bidroom.audit.layout import KINDS, LIMITS, MANIFEST, limit_of
from bidroom.crypto.canonical import parse_canonical
from bidroom.crypto.shape import Place
from bidroom.facts import Refused

MALFORMED = "manifest_malformed"
LONGEST = max(limit for _, limit in LIMITS if limit is not None)


@dataclass(frozen=True, slots=True)
class Manifest:
    """manifest.json: `root` in hex, `files` maps each other file's path to its SHA-256 in hex."""

    stream: str
    kind: str
    size: int
    root: str
    origin: str
    files: Mapping[str, str]


class Bundle:
    """The files of one bundle. Opening refuses what is no bundle: Refused("bundle_malformed", "bundle_unreadable")."""

    def __init__(self, path: Path) -> None:
        try:
            self._container = Container(path)
        except OSError as fault:
            raise Refused("bundle_unreadable", field=path.name, cause=fault.strerror) from None
        if (refused := self._oversize()) is not None:
            self._container.close()
            raise refused

    def _oversize(self) -> Refused | None:
        for name, member in self._container.members.items():
            try:
                limit = limit_of(name)
            except KeyError:
                continue  # the first check says that nothing calls for it
            if limit is not None and member.size > limit:
                return Refused("bundle_malformed", field=name, cause="oversize", limit=limit)
        return None

    def close(self) -> None:
        """Close the file."""
        self._container.close()

    @property
    def names(self) -> tuple[str, ...]:
        """Every file's path, sorted."""
        return tuple(self._container.members)

    def __contains__(self, name: str) -> bool:
        return name in self._container.members

    def size_of(self, name: str) -> int:
        """How many bytes a file has."""
        return self._container.members[name].size

    def checksum_of(self, name: str) -> int:
        """The CRC-32 that the container gives for a file."""
        return self._container.members[name].crc

    def blocks(self, name: str) -> Iterator[bytes]:
        """A file in blocks of at most 1 MiB; Refused("file_missing")."""
        if name not in self:
            raise Refused("file_missing", field=name)
        return self._container.blocks(name)

    def read(self, name: str) -> bytes:
        """A file that is not one of the large ones; Refused("file_missing")."""
        return b"".join(self.blocks(name))

    def manifest(self) -> Manifest:
        """What the bundle says of itself. Refused: file_missing, manifest_malformed."""
        return parse_manifest(self.read(MANIFEST))


def parse_manifest(data: bytes) -> Manifest:
    """The manifest in these bytes; Refused("manifest_malformed") names the field."""
    at = Place(parse_canonical(data, LONGEST, MALFORMED), MALFORMED).members(
        "v", "stream", "kind", "size", "root", "origin", "files"
    )
    at["v"].one_of(1)
    files = at["files"].value
    if not isinstance(files, dict):
        raise at["files"].refused("not_an_object")
    return Manifest(
        stream=at["stream"].hexed(16),
        kind=at["kind"].one_of(*KINDS),
        size=at["size"].integer(1),
        root=at["root"].hexed(32),
        origin=at["origin"].text(),
        files={name: Place(value, MALFORMED, f"files.{name}").hexed(32) for name, value in files.items()},
    )
