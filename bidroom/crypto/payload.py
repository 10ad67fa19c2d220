"""A part's bytes: Cobblestone-256 around a frame, written and read as a stream, every failure named with its place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import BinaryIO

from cryptography.cobblestone import Cobblestone256Decryptor, Cobblestone256Encryptor
from cryptography.exceptions import InvalidTag

from bidroom.crypto.context import payload_context
from bidroom.crypto.forms import FORM_LIMIT, MALFORMED
from bidroom.crypto.frames import BLOCK, CHUNK, FORM, SALT_AND_COMMITMENT, TAG, FrameReader, framed
from bidroom.facts import Refused

Source = Iterable[bytes] | BinaryIO
"""Bytes in blocks of any size up to 1 MiB, or an open file."""


def blocks_of(data: Source | None) -> Iterable[bytes]:
    """Blocks of at most 1 MiB from a file; an iterable as it is; none from None."""
    if data is None:
        return ()
    read = getattr(data, "read", None)
    return iter(lambda: read(BLOCK), b"") if read is not None else data


def encrypted(i: int, key: bytes, B: bytes, data: Source | None, length: int) -> Iterator[bytes]:
    """The ciphertext of part `i` around `length` bytes of data, in blocks of about 1 MiB."""
    cipher = Cobblestone256Encryptor(key, payload_context(B, i))
    for block in framed(i, B, blocks_of(data), length):
        yield cipher.update(block)
    yield cipher.finalize()


def open_part(data: Source, key: bytes, B: bytes, i: int) -> Iterator[bytes]:
    """The data of part `i` as it is decrypted by its own key K_i; all of it is to be thrown away when this raises.

    Refused("payload_damaged", chunk=k), with field "commitment" when it is another key's or another bid's;
    Refused("frame_malformed", field=…).
    """
    frame = FrameReader(i, B)
    for plain in _decrypted(data, key, payload_context(B, i)):
        if inner := frame.feed(plain):
            yield inner
    frame.finish()


def _decrypted(data: Source, key: bytes, context: bytes) -> Iterator[bytes]:
    cipher, done, started = Cobblestone256Decryptor(key, context), 0, False
    try:
        for piece in _slices(blocks_of(data)):
            plain = cipher.update(piece)
            done, started = done + len(plain), True
            yield plain
        yield cipher.finalize()
    except InvalidTag:
        chunk = done // CHUNK
        field = f"chunks[{chunk}]" if started else "commitment"
        raise Refused("payload_damaged", field=field, chunk=chunk) from None


def _slices(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """Salt and commitment first, then at most one chunk at a time, so that a failure tells its place."""
    head = b""
    for block in blocks:
        rest = block
        if len(head) < SALT_AND_COMMITMENT:
            taken = SALT_AND_COMMITMENT - len(head)
            head, rest = head + block[:taken], block[taken:]
            if len(head) == SALT_AND_COMMITMENT:
                yield head
        for start in range(0, len(rest), CHUNK + TAG):
            yield rest[start : start + CHUNK + TAG]


def open_form(data: Source, key: bytes, B: bytes) -> bytes:
    """Part 0 whole: the bid form's bytes, under K_0; Refused("form_malformed") as soon as it is longer than any may be.

    Whoever sealed gigabytes of nothing does not get them into memory at the opening.
    """
    form = bytearray()
    for block in open_part(data, key, B, FORM):
        form += block
        if len(form) > FORM_LIMIT:
            raise Refused(MALFORMED, cause="oversize", limit=FORM_LIMIT)
    return bytes(form)


def open_part_into(data: Source, key: bytes, B: bytes, i: int, target: BinaryIO) -> int:
    """Write part `i`'s data to `target`; how many bytes. What was written is worthless when this raises."""
    return sum(target.write(block) for block in open_part(data, key, B, i))
