"""The frame around each part's data, its padding, and the lengths that follow from both."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from bidroom.facts import Refused

MAGIC = b"bidroom1"
HEAD = 48
"""Bytes before the data: magic, B, length u64."""
FORM_BLOCK = 1 << 16
CHUNK = 1 << 14
TAG = 16
SALT_AND_COMMITMENT = 56
BLOCK = 1 << 20
"""No call hands more than this to a cipher at once."""
FORM, DOCUMENTS = 0, 1
"""The two parts."""


def padme(length: int) -> int:
    """`length` rounded up so that it tells O(log log length) bits; never shorter than a frame's head."""
    e = length.bit_length() - 1
    low = e - e.bit_length()
    return (length + (1 << low) - 1) >> low << low


def frame_length(part: int, data_length: int) -> int:
    """Bytes of the padded frame around `data_length` bytes."""
    length = HEAD + data_length
    return padme(length) if part == DOCUMENTS else -(-length // FORM_BLOCK) * FORM_BLOCK


def sealed_length(frame: int) -> int:
    """Bytes of the Cobblestone-256 ciphertext of `frame` bytes; the last chunk is never full, so it may be empty."""
    return SALT_AND_COMMITMENT + frame + TAG * (frame // CHUNK + 1)


def is_sealed_length(part: int, length: int) -> bool:
    """Whether a part can have this many bytes at all."""
    chunks, rest = divmod(length - SALT_AND_COMMITMENT, CHUNK + TAG)
    frame = chunks * CHUNK + rest - TAG
    if chunks < 0 or rest < TAG or frame < HEAD:
        return False
    return frame == (padme(frame) if part == DOCUMENTS else -(-frame // FORM_BLOCK) * FORM_BLOCK)


def framed(part: int, B: bytes, data: Iterable[bytes], length: int) -> Iterator[bytes]:
    """The frame in blocks of at most 1 MiB; Refused("documents_changed") when `data` has not `length` bytes."""
    yield MAGIC + B + length.to_bytes(8, "big")
    found = 0
    for block in data:
        found += len(block)
        yield block
    if found != length:
        raise Refused("documents_changed", expected=length, found=found)
    padding = frame_length(part, length) - HEAD - length
    for start in range(0, padding, BLOCK):
        yield bytes(min(BLOCK, padding - start))


class FrameReader:
    """Takes a frame apart as it comes; every way in which it is not exact is Refused("frame_malformed", field=…)."""

    def __init__(self, part: int, B: bytes) -> None:
        self._part, self._context = part, B
        self._head = b""
        self._length = self._seen = 0

    def feed(self, plain: bytes) -> bytes:
        """The data within the next bytes of the frame."""
        if len(self._head) < HEAD:
            taken = HEAD - len(self._head)
            self._head, plain = self._head + plain[:taken], plain[taken:]
            if len(self._head) == HEAD:
                self._read_head()
        wanted = max(0, self._length - self._seen)
        self._seen += len(plain)
        if plain[wanted:].strip(b"\0"):
            raise Refused("frame_malformed", field="padding", cause="not_zero")
        return plain[:wanted]

    def _read_head(self) -> None:
        if not self._head.startswith(MAGIC):
            raise Refused("frame_malformed", field="magic")
        if self._head[8:40] != self._context:
            raise Refused("frame_malformed", field="context")
        self._length = int.from_bytes(self._head[40:], "big")

    def finish(self) -> None:
        """Check at the frame's end that all data came and that the padding is the shortest."""
        if len(self._head) < HEAD or self._seen < self._length:
            raise Refused("frame_malformed", field="length", cause="too_short")
        if HEAD + self._seen != frame_length(self._part, self._length):
            raise Refused("frame_malformed", field="padding", cause="not_minimal")
