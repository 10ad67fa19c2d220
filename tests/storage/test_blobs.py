"""Blobs: written once, whole or not at all, and only inside their folder."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from bidroom.facts import Refused
from bidroom.storage.blobs import FolderBlobs


@pytest.fixture
def blobs(tmp_path: Path) -> FolderBlobs:
    """An empty folder of blobs."""
    return FolderBlobs(tmp_path / "blobs")


def test_what_is_put_is_got_whole_and_in_chunks(blobs: FolderBlobs) -> None:
    data = bytes(range(256)) * 10
    blobs.put("bids/ab/part0/000000", data)
    assert blobs.get("bids/ab/part0/000000") == data
    assert list(blobs.chunks("bids/ab/part0/000000", 1000)) == [data[:1000], data[1000:2000], data[2000:]]
    assert blobs.exists("bids/ab/part0/000000")
    assert blobs.size("bids/ab/part0/000000") == len(data)


def test_the_same_bytes_again_are_no_change_and_others_are_refused(blobs: FolderBlobs) -> None:
    blobs.put("a", b"one")
    blobs.put("a", b"one")
    with pytest.raises(Refused, match="blob_has_other_bytes"):
        blobs.put("a", b"two")
    assert blobs.get("a") == b"one"


def test_of_many_who_put_at_once_one_wins_and_the_others_are_refused(blobs: FolderBlobs) -> None:
    refused: list[Refused] = []

    def put(data: bytes) -> None:
        try:
            blobs.put("contested", data)
        except Refused as other:
            refused.append(other)

    threads = [threading.Thread(target=put, args=(bytes([n]) * 100_000,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 7
    assert len(set(blobs.get("contested"))) == 1


def test_nothing_but_the_blob_is_left_in_the_folder(blobs: FolderBlobs, tmp_path: Path) -> None:
    blobs.put("x/y", b"data")
    with pytest.raises(Refused):
        blobs.put("x/y", b"other")
    assert [path.name for path in (tmp_path / "blobs" / "x").iterdir()] == ["y"]


def test_what_is_not_there_is_refused_by_name_and_deleting_it_is_no_error(blobs: FolderBlobs) -> None:
    blobs.put("here", b"")
    blobs.delete(["here", "nowhere"])
    assert not blobs.exists("here")
    for read in (blobs.get, blobs.size, lambda name: list(blobs.chunks(name))):
        with pytest.raises(Refused, match="blob_missing"):
            read("here")


@pytest.mark.parametrize(
    "name",
    ["", "/etc/passwd", "..", "../x", "a/../../x", "a//b", ".hidden", "a/.b", "a\0b", "a\\b", "a/", "a\n", "x" * 401],
)
def test_a_name_that_could_leave_the_folder_is_refused(blobs: FolderBlobs, name: str) -> None:
    for touch in (lambda: blobs.put(name, b""), lambda: blobs.get(name), lambda: blobs.delete([name])):
        with pytest.raises(Refused, match="blob_name_malformed"):
            touch()
