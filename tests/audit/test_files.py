"""Changing, deleting, adding or swapping any one file is seen and named, though the manifest is made to fit."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from bidroom.audit.layout import MANIFEST
from bidroom.facts import Refused
from tests.audit.forging import Files, files_of, packed, red, verified, with_manifest
from tests.audit.signed import SignedWorld

GROUPS = (
    "bids/", "certificates/", "checkpoints/", "entries/", "keys/", "manifest.json", "notice/", "private.json",
    "record/", "revocation/",
)  # fmt: skip


def of_group(files: Files, group: str) -> Iterator[str]:
    """The files whose names begin so."""
    names = [name for name in files if name.startswith(group)]
    assert names, f"no file of {group}"
    return iter(names)


def seen(files: Files, folder: Path) -> dict[int, list[str]]:
    """The red checks; a bundle that cannot be read at all is refused, which is as red."""
    try:
        return red(verified(packed(files), folder))
    except Refused as refused:
        return {0: [str(refused)]}


def flipped(data: bytes, at: int) -> bytes:
    """The bytes with one bit the other way."""
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


CHANGES: dict[str, Callable[[bytes], bytes]] = {
    "first": lambda data: flipped(data, 0),
    "middle": lambda data: flipped(data, len(data) // 2),
    "last": lambda data: flipped(data, len(data) - 1),
    "longer": lambda data: data + b"\n",
    "shorter": lambda data: data[:-1],
    "empty": lambda data: b"",
}


MANY = ("entries/", "checkpoints/")
"""Groups of which there is one file an entry: two of the changes are enough for each."""


def check_group(files: Files, group: str, folder: Path, ways: Iterable[str]) -> None:
    """Every file of a group: changed in these ways, and deleted."""
    for name in of_group(files, group):
        for how in ways:
            change = CHANGES[how]
            found = seen(with_its_manifest({**files, name: change(files[name])}, name), folder)
            assert names(found, name), f"{name} changed ({how}): {found}"
        rest = {each: data for each, data in files.items() if each != name}
        found = seen(with_its_manifest(rest, name), folder)
        assert names(found, name), f"{name} deleted: {found}"


def with_its_manifest(files: Files, name: str) -> Files:
    """A fitting manifest, unless it is the manifest that was touched."""
    return files if name == MANIFEST else with_manifest(files)


def names(found: dict[int, list[str]], name: str) -> bool:
    """Whether some finding names the file, or the entry's number (of the manifest: anything that it says)."""
    told = [line for lines in found.values() for line in lines]
    number = f"#{int(name[8:-5])}" if name.startswith("entries/") and name[8:-5].isdecimal() else name
    return any(name in line or line.endswith(number) for line in told) or (name == MANIFEST and bool(told))


@pytest.mark.parametrize("group", GROUPS)
def test_any_file_of_the_auditors_bundle(auditors_files: Files, group: str, folder: Path) -> None:
    check_group(auditors_files, group, folder, ("middle", "longer") if group in MANY else CHANGES)


@pytest.mark.parametrize("group", [group for group in GROUPS if group != "private.json"])
def test_any_file_of_the_public_bundle(ordinary: SignedWorld, group: str, folder: Path) -> None:
    check_group(files_of(ordinary.bundle("public"), folder), group, folder, ("middle",))


@pytest.mark.parametrize("group", GROUPS)
def test_a_file_too_many(auditors_files: Files, group: str, folder: Path) -> None:
    for name in of_group(auditors_files, group):
        for other in strange_names(name):
            found = seen(with_manifest({**auditors_files, other: auditors_files[name]}), folder)
            assert names(found, other), f"{other} beside {name}: {found}"


def strange_names(name: str) -> Iterator[str]:
    """Names beside this one that nothing calls for."""
    head, dot, tail = name.rpartition(".")
    yield f"{head}x{dot}{tail}"
    yield f"extra/{name}"
    if name.startswith("entries/"):
        yield "entries/000900.json"
    if name.startswith("checkpoints/"):
        yield f"checkpoints/{int(head[-6:]) + 100:06d}.note"
    if name.startswith(("bids/", "certificates/", "revocation/")):
        folder, _, rest = name.partition("/")
        yield f"{folder}/{'ab' * 32}{rest[64:]}"


@pytest.mark.parametrize("group", GROUPS)
def test_two_files_swapped(auditors_files: Files, group: str, folder: Path) -> None:
    mine = [name for name in of_group(auditors_files, group) if name != MANIFEST]
    for one, other in pairwise(mine):
        if auditors_files[one] != auditors_files[other]:
            swapped = {**auditors_files, one: auditors_files[other], other: auditors_files[one]}
            found = seen(with_manifest(swapped), folder)
            assert names(found, one) or names(found, other), f"{one} and {other}: {found}"


def test_a_stale_manifest_is_seen_too(auditors_files: Files, folder: Path) -> None:
    for name in ("record/record.json", "entries/000003.json"):
        found = seen({**auditors_files, name: auditors_files[name] + b" "}, folder)
        assert f"file_differs_from_the_manifest {name} #None" in found.get(1, [])


@pytest.mark.parametrize(("field", "value"), [
    ("v", 2), ("stream", "00" * 16), ("kind", "public"), ("kind", "secret"), ("size", 3), ("root", "00" * 32),
    ("origin", "elsewhere"), ("more", True),
])  # fmt: skip
def test_what_the_manifest_says(auditors_files: Files, field: str, value: object, folder: Path) -> None:
    assert seen(with_manifest(auditors_files, **{field: value}), folder)
