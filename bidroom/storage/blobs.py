"""Blobs in a local folder: written once, durable before `put` returns."""

from __future__ import annotations

import os
import re
import secrets
from collections.abc import Iterable, Iterator
from pathlib import Path

from bidroom.facts import Refused

CHUNK = 1 << 20
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*(/[A-Za-z0-9_-][A-Za-z0-9._-]*)*")
_LONGEST = 400


class FolderBlobs:
    """Implements `ports.Blobs`. Every call touches the disk: from a handler, run it off the hub."""

    def __init__(self, root: Path) -> None:
        self._root = root
        root.mkdir(parents=True, exist_ok=True)

    def put(self, name: str, data: bytes) -> None:
        """Write durably. The same bytes again are no change, others Refused('blob_has_other_bytes')."""
        path = self._path(name)
        if path.exists():
            self._same(path, data)
            return
        _make_folders(path.parent)
        draft = path.with_name(f".{secrets.token_hex(8)}")  # no name begins with a dot
        try:
            _write(draft, data)
            os.link(draft, path)  # unlike a rename it replaces nothing
        except FileExistsError:
            self._same(path, data)
        finally:
            draft.unlink(missing_ok=True)
        _sync_folder(path.parent)

    def get(self, name: str) -> bytes:
        """All of a small blob. Raises Refused('blob_missing')."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            raise Refused("blob_missing", name=name) from None

    def chunks(self, name: str, size: int = CHUNK) -> Iterator[bytes]:
        """The blob in pieces of at most `size` bytes. Raises Refused('blob_missing')."""
        try:
            file = self._path(name).open("rb")
        except FileNotFoundError:
            raise Refused("blob_missing", name=name) from None
        with file:
            while chunk := file.read(size):
                yield chunk

    def exists(self, name: str) -> bool:
        """Whether there is such a blob."""
        return self._path(name).is_file()

    def size(self, name: str) -> int:
        """Bytes of the blob. Raises Refused('blob_missing')."""
        try:
            return self._path(name).stat().st_size
        except FileNotFoundError:
            raise Refused("blob_missing", name=name) from None

    def delete(self, names: Iterable[str]) -> None:
        """Remove these; one that is not there is no error."""
        for name in names:
            self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        """Where the blob lies. A name that could leave the folder or hide in it: Refused('blob_name_malformed')."""
        if len(name) > _LONGEST or _NAME.fullmatch(name) is None:
            raise Refused("blob_name_malformed", field="name", name=name)
        return self._root / name

    def _same(self, path: Path, data: bytes) -> None:
        if path.read_bytes() != data:
            raise Refused("blob_has_other_bytes", name=str(path.relative_to(self._root)))


def _write(path: Path, data: bytes) -> None:
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _make_folders(folder: Path) -> None:
    """The folder and those above it, each durable in the one that holds it."""
    if folder.is_dir():
        return
    _make_folders(folder.parent)
    folder.mkdir(exist_ok=True)
    _sync_folder(folder.parent)


def _sync_folder(folder: Path) -> None:
    """A name is durable only when its folder is."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
