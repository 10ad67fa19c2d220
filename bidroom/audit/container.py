"""The file of a bundle: a ZIP in the one form that its members allow, so that every byte of it is accounted for.

Stored, sorted by name, dated 1980-01-01, no comment, no extra fields but ZIP64's where a number needs them (PKWARE
APPNOTE 6.3.10, 4.3). The reader makes each record anew from name, size, checksum and offset, and compares.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bidroom.facts import Refused

BLOCK = 1 << 20
LONGEST_NAME = 200
MOST_MEMBERS = 2_000_000
FULL16, FULL32 = 0xFFFF, 0xFFFFFFFF
JANUARY_1980 = 0x21
UNIX_FILE = 0o100644 << 16
UTF8_NAMES = 0x800
LOCAL, CENTRAL, END = b"PK\3\4", b"PK\1\2", b"PK\5\6"
END64, LOCATOR64 = b"PK\6\6", b"PK\6\7"
END_SIZE, END64_SIZE, LOCATOR64_SIZE, CENTRAL_SIZE = 22, 56, 20, 46

Blocks = Callable[[], Iterable[bytes]]
"""Gives a member's bytes, from the beginning each time, in blocks of any size."""


@dataclass(frozen=True, slots=True)
class Member:
    """One file in the container: where its bytes begin, how many, and their CRC-32."""

    name: str
    size: int
    crc: int
    start: int


@dataclass(frozen=True, slots=True)
class _Record:
    """All that a member's two headers say of it."""

    name: bytes
    size: int
    crc: int
    offset: int

    def local(self) -> bytes:
        """The header before its bytes; sizes beyond 32 bits stand in the extra field."""
        large = self.size >= FULL32
        extra = struct.pack("<HHQQ", 1, 16, self.size, self.size) if large else b""
        size = FULL32 if large else self.size
        fields = (45 if large else 20, UTF8_NAMES, 0, 0, JANUARY_1980, self.crc, size, size)
        return LOCAL + struct.pack("<5H3I2H", *fields, len(self.name), len(extra)) + self.name + extra

    def central(self) -> bytes:
        """Its line in the directory at the end."""
        large, far = self.size >= FULL32, self.offset >= FULL32
        wide = ([self.size, self.size] if large else []) + ([self.offset] if far else [])
        extra = struct.pack(f"<HH{len(wide)}Q", 1, 8 * len(wide), *wide) if wide else b""
        version, size = 45 if wide else 20, FULL32 if large else self.size
        fields = (3 << 8 | version, version, UTF8_NAMES, 0, 0, JANUARY_1980, self.crc, size, size)
        tail = (len(self.name), len(extra), 0, 0, 0, UNIX_FILE, FULL32 if far else self.offset)
        return CENTRAL + struct.pack("<6H3I5H2I", *fields, *tail) + self.name + extra


def _end(count: int, start: int, length: int) -> bytes:
    """What follows the directory of `count` lines and `length` bytes that begins at `start`."""
    wide = count >= FULL16 or start >= FULL32 or length >= FULL32
    more = b""
    if wide:
        at = start + length
        more = END64 + struct.pack("<Q2H2I4Q", 44, 3 << 8 | 45, 45, 0, 0, count, count, length, start)
        more += LOCATOR64 + struct.pack("<IQI", 0, at, 1)
    few = min(count, FULL16)
    last = (0, 0, few, few, min(length, FULL32), min(start, FULL32), 0)
    return more + END + struct.pack("<4H2IH", *last)


def write(out: BinaryIO, members: Mapping[str, Blocks]) -> None:
    """Write the members in the order of their names; each is read twice. ValueError when it changed in between."""
    offset, directory = 0, []
    for name in sorted(members):
        size, crc = _measure(members[name]())
        record = _Record(name.encode("utf-8"), size, crc, offset)
        head = record.local()
        out.write(head)
        if _measure(_copied(members[name](), out)) != (size, crc):
            raise ValueError(f"{name} changed while it was read")
        directory.append(record.central())
        offset += len(head) + size
    lines = b"".join(directory)
    out.write(lines + _end(len(directory), offset, len(lines)))


def _measure(blocks: Iterable[bytes]) -> tuple[int, int]:
    size = crc = 0
    for block in blocks:
        size, crc = size + len(block), zlib.crc32(block, crc)
    return size, crc


def _copied(blocks: Iterable[bytes], out: BinaryIO) -> Iterator[bytes]:
    for block in blocks:
        out.write(block)
        yield block


class Container:
    """A bundle's file, open for reading. Refused("bundle_malformed") names the member or the place, and the cause."""

    def __init__(self, path: Path) -> None:
        self._file = path.open("rb")
        try:
            self._file.seek(0, 2)
            self.size = self._file.tell()
            self.members = {member.name: member for member in self._read()}
        except BaseException:
            self._file.close()
            raise

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def blocks(self, name: str) -> Iterator[bytes]:
        """A member's bytes in blocks of at most 1 MiB; KeyError where there is none of this name."""
        member = self.members[name]
        done = 0
        while done < member.size:
            block = self._at(member.start + done, min(BLOCK, member.size - done))
            done += len(block)
            yield block

    def _at(self, offset: int, size: int) -> bytes:
        if offset < 0 or offset + size > self.size:
            raise _refused("beyond_the_end")
        self._file.seek(offset)
        return self._file.read(size)

    def _read(self) -> Iterator[Member]:
        """Every member; together they and the directory are the whole file."""
        count, start, length = self._directory()
        lines, at, before = memoryview(self._at(start, length)), 0, ""
        end = 0
        for _ in range(count):
            record, used = _central(lines[at:])
            name = self._name(record, before)
            head = record.local()
            if record.offset != end or self._at(end, len(head)) != head:
                raise _refused("local_header_differs", name)
            yield Member(name, record.size, record.crc, end + len(head))
            at, before, end = at + used, name, end + len(head) + record.size
        if at != length or end != start:
            raise _refused("bytes_outside_of_members")

    def _name(self, record: _Record, before: str) -> str:
        try:
            name = record.name.decode("utf-8")
        except UnicodeDecodeError:
            raise _refused("name_is_not_utf8") from None
        if name == before:
            raise _refused("name_twice", name)
        if name < before:
            raise _refused("names_not_sorted", name)
        if not 0 < len(name) <= LONGEST_NAME or any(part in ("", ".", "..") for part in name.split("/")):
            raise _refused("name_escapes", name)
        return name

    def _directory(self) -> tuple[int, int, int]:
        """How many lines it has, where it begins, how long it is."""
        if self.size < END_SIZE or self._at(self.size - END_SIZE, 4) != END:
            raise _refused("not_a_bundle")
        fields = struct.unpack("<4H2IH", self._at(self.size - END_SIZE + 4, 18))
        count, length, start = fields[3], fields[4], fields[5]
        if count == FULL16 or FULL32 in (length, start):
            count, length, start = self._directory64()
        end = _end(count, start, length)
        if count > MOST_MEMBERS or start + length + len(end) != self.size or self._at(start + length, len(end)) != end:
            raise _refused("end_record_differs")
        return count, start, length

    def _directory64(self) -> tuple[int, int, int]:
        at = self.size - END_SIZE - LOCATOR64_SIZE - END64_SIZE
        fields = struct.unpack("<4sQ2H2I4Q", self._at(at, END64_SIZE))
        return fields[7], fields[8], fields[9]


def _central(line: memoryview) -> tuple[_Record, int]:
    """The first line of a directory and its length; whatever our own writer would not have written is refused."""
    if len(line) < CENTRAL_SIZE:
        raise _refused("directory_cut_off")
    fields = struct.unpack("<6H3I5H2I", line[4:CENTRAL_SIZE])
    crc, size, names, extras, offset = fields[6], fields[8], fields[9], fields[10], fields[15]
    name = bytes(line[CENTRAL_SIZE : CENTRAL_SIZE + names])
    wide = bytes(line[CENTRAL_SIZE + names : CENTRAL_SIZE + names + extras])[4:]
    if len(wide) % 8 or len(wide) > 24:
        raise _refused("extra_field", name.decode("utf-8", "replace"))
    numbers = list(struct.unpack(f"<{len(wide) // 8}Q", wide))
    if size == FULL32 and len(numbers) > 1:
        size = numbers[0]
        numbers = numbers[2:]
    if offset == FULL32 and numbers:
        offset = numbers[0]
    record = _Record(name, size, crc, offset)
    whole = record.central()
    if bytes(line[: len(whole)]) != whole:
        raise _refused("not_the_one_form", name.decode("utf-8", "replace"))
    return record, len(whole)


def _refused(cause: str, name: str | None = None) -> Refused:
    return Refused("bundle_malformed", field=name, cause=cause)
