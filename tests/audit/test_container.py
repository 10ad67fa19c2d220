"""The file of a bundle has one form: whatever else a ZIP can be is refused, with the member and the cause."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Mapping
from functools import partial
from pathlib import Path

import pytest

from bidroom.audit import container
from bidroom.audit.container import Container, write
from bidroom.facts import Refused

MEMBERS = {"a/one.json": b"{}", "b.bin": bytes(range(256)) * 20, "空.txt": "汉字".encode(), "z": b""}


def packed(members: Mapping[str, bytes] = MEMBERS) -> bytes:
    """These members in the one form."""
    out = io.BytesIO()
    write(out, {name: partial(iter, (data[:7], data[7:])) for name, data in members.items()})
    return out.getvalue()


def read(data: bytes, folder: Path) -> dict[str, bytes]:
    """The members of a container."""
    path = folder / "container.zip"
    path.write_bytes(data)
    opened = Container(path)
    try:
        return {name: b"".join(opened.blocks(name)) for name in opened.members}
    finally:
        opened.close()


def refused(data: bytes, folder: Path) -> tuple[str | None, str]:
    """Member and cause of the refusal."""
    with pytest.raises(Refused) as caught:
        read(data, folder)
    assert caught.value.reason == "bundle_malformed"
    return caught.value.field, caught.value.details["cause"]


def zipped(compression: int) -> bytes:
    """What the standard library would write."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a"), b"x" * 200, compression)
    return out.getvalue()


def test_what_is_written_is_read(folder: Path) -> None:
    assert read(packed(), folder) == MEMBERS


def test_any_program_can_read_it() -> None:
    with zipfile.ZipFile(io.BytesIO(packed())) as archive:
        assert archive.testzip() is None
        assert {info.filename: archive.read(info) for info in archive.infolist()} == MEMBERS
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.compress_type for info in archive.infolist()} == {zipfile.ZIP_STORED}


def test_an_empty_one(folder: Path) -> None:
    assert read(packed({}), folder) == {}


def test_no_bit_outside_of_the_members_can_change(folder: Path) -> None:
    data = packed()
    inside = b"".join(MEMBERS.values())
    for at in range(len(data)):
        changed = data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :]
        try:
            found = read(changed, folder)
        except Refused:
            continue
        assert b"".join(found[name] for name in MEMBERS) != inside, at


@pytest.mark.parametrize("cut", [1, 22, 23, 100, 400])
def test_cut_off(cut: int, folder: Path) -> None:
    assert refused(packed()[:-cut], folder)[1] in ("not_a_bundle", "end_record_differs")


def test_bytes_before_between_and_behind(folder: Path) -> None:
    data = packed()
    refused(b"#!/bin/sh\n" + data, folder)
    refused(data + b"\0", folder)
    start = data.index(b"PK\1\2")
    gap = data[:start] + b"hidden" + data[start:-6] + struct.pack("<I", start + 6) + data[-2:]
    assert refused(gap, folder) == (None, "bytes_outside_of_members")


def test_a_comment(folder: Path) -> None:
    assert refused(packed()[:-2] + b"\2\0hi", folder)[1] == "not_a_bundle"


@pytest.mark.parametrize("name", ["../up", "/root", "a//b", "a/../b", ".", "a/./b", "a/"])
def test_names_that_lead_elsewhere(name: str, folder: Path) -> None:
    assert refused(packed({name: b"x"}), folder) == (name, "name_escapes")


def test_a_name_twice_and_names_out_of_order(folder: Path) -> None:
    one, other = packed({"a": b"1"}), packed({"b": b"2"})
    twice = joined(one, one.replace(b"1", b"2"))
    assert refused(twice, folder) == ("a", "name_twice")
    assert refused(joined(other, one), folder) == ("a", "names_not_sorted")
    assert read(joined(one, other), folder) == {"a": b"1", "b": b"2"}


def joined(one: bytes, other: bytes) -> bytes:
    """Two containers of one member each, as one: bodies, then directories with the second's offset mended."""
    first, second = one.index(b"PK\1\2"), other.index(b"PK\1\2")
    lines = one[first:-22] + other[second : second + 42] + struct.pack("<I", first) + other[second + 46 : -22]
    end = b"PK\5\6" + struct.pack("<4H2IH", 0, 0, 2, 2, len(lines), first + second, 0)
    return one[:first] + other[:second] + lines + end


def test_what_other_programs_write_is_not_the_one_form(folder: Path) -> None:
    for compression in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        assert refused(zipped(compression), folder)[0] == "a"


def test_a_local_header_that_says_something_else(folder: Path) -> None:
    data = packed({"name": b"x"})
    assert refused(data.replace(b"name", b"eman", 1), folder) == ("name", "local_header_differs")


@pytest.mark.parametrize("data", [b"", b"PK", b"not a bundle at all" * 10, b"PK\5\6" + b"\xff" * 18])
def test_no_container_at_all(data: bytes, folder: Path) -> None:
    with pytest.raises(Refused, match="bundle_malformed"):
        read(data, folder)


def test_large_numbers_stand_in_zip64_fields(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With the limits lowered, the same bytes as four gigabytes would need; the standard library reads them."""
    real = packed(MEMBERS)
    monkeypatch.setattr(container, "FULL16", 2)
    data = packed(MEMBERS)
    assert b"PK\6\6" in data
    assert b"PK\6\6" not in real
    assert read(data, folder) == MEMBERS
    with zipfile.ZipFile(io.BytesIO(data.replace(b"\2\0\2\0", b"\xff\xff\xff\xff"))) as archive:
        assert archive.testzip() is None


def test_headers_of_a_member_beyond_four_gigabytes() -> None:
    record = container._Record(b"large", 5 << 30, 1, 6 << 30)
    line = record.central()
    assert container._central(memoryview(line)) == (record, len(line))
    assert struct.unpack("<HHQQ", record.local()[-20:]) == (1, 16, 5 << 30, 5 << 30)
    extra = container.CENTRAL_SIZE + len("large")
    for altered in (line[:extra] + b"\2" + line[extra + 1 :], line[:30] + b"\0\0" + line[32:]):
        with pytest.raises(Refused):
            container._central(memoryview(altered))


def test_a_member_that_changes_while_it_is_written() -> None:
    blocks = iter([(b"first",), (b"second",)])
    with pytest.raises(ValueError, match="changed while it was read"):
        write(io.BytesIO(), {"a": lambda: next(blocks)})
