"""All bytes between everybody and the server: a forwarder on its origin, and what was said, message by message.

Nothing that a browser sends or is told can go past it: pages, workers, downloads, frames of the live connection.
"""

from __future__ import annotations

import base64
import io
import json
import re
import socket
import threading
import zipfile
from collections.abc import Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from urllib.parse import quote

BLOCK = 1 << 16
TEXT, BINARY, GOING_ON = 1, 2, 0


@dataclass
class Line:
    """One connection, in both directions, as far as it has come."""

    asked: bytearray = field(default_factory=bytearray)
    told: bytearray = field(default_factory=bytearray)


@dataclass(frozen=True)
class Message:
    """One request, response, or frame; `who` is the session of the request (None: nobody's)."""

    who: str | None
    way: str
    path: str
    status: int
    data: bytes

    def __str__(self) -> str:
        return f"{self.way} {self.path} ({self.status}, {len(self.data)} bytes)"


class Tap:
    """Listens where everybody believes the server to be."""

    def __init__(self, port: int, server: int) -> None:
        self._server = server
        self._listener = socket.create_server(("127.0.0.1", port))
        self._lines: list[Line] = []
        self._sockets: list[socket.socket] = [self._listener]
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Hang up on everybody."""
        for each in self._sockets:
            with suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()

    def messages(self) -> list[Message]:
        """All that was said so far."""
        return [message for line in list(self._lines) for message in read(bytes(line.asked), bytes(line.told))]

    def _listen(self) -> None:
        with suppress(OSError):  # closed
            while True:
                near, _ = self._listener.accept()
                far = socket.create_connection(("127.0.0.1", self._server))
                line = Line()
                self._lines.append(line)
                self._sockets += [near, far]
                for source, sink, kept in ((near, far, line.asked), (far, near, line.told)):
                    source.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                    threading.Thread(target=self._pump, args=(source, sink, kept), daemon=True).start()

    @staticmethod
    def _pump(source: socket.socket, sink: socket.socket, kept: bytearray) -> None:
        with suppress(OSError):  # either side hung up
            while data := source.recv(BLOCK):
                kept += data
                sink.sendall(data)
        with suppress(OSError):
            sink.shutdown(socket.SHUT_WR)


# --- reading HTTP/1.1 and RFC 6455


def read(asked: bytes, told: bytes) -> Iterator[Message]:
    """Each request with its response; after an upgrade the frames."""
    requests, responses = io.BytesIO(asked), io.BytesIO(told)
    while head := head_of(requests):
        method, path, _ = head.split(b"\r\n", 1)[0].decode().split(" ", 2)
        cookie = re.search(rb"bidroom_session=([^;\r]+)", head)
        who = cookie[1].decode() if cookie else None
        yield Message(who, method, path, 0, head + body_of(requests, head, b"0"))
        answer = head_of(responses)
        if not answer:
            return
        status = int(answer.split(b" ", 2)[1])
        if status == 101:
            yield from frames(who, "frame to the server", path, requests)
            yield from frames(who, "frame from the server", path, responses)
            return
        has_none = method == "HEAD" or status in (204, 304)
        body = b"" if has_none else body_of(responses, answer, None)
        yield Message(who, "response", path, status, answer + body + unpacked(body))


def head_of(stream: io.BytesIO) -> bytes:
    """Up to the empty line; empty where nothing more was said."""
    head = b""
    while (line := stream.readline()) not in (b"", b"\r\n"):
        head += line
    if b"content-encoding:" in head.lower():
        raise AssertionError("nothing is sent compressed, or this could not be read")
    return head


def body_of(stream: io.BytesIO, head: bytes, default: bytes | None) -> bytes:
    """By its length, or in chunks, or all that follows."""
    if re.search(rb"(?im)^transfer-encoding: *chunked", head):
        return b"".join(chunks(stream))
    length = re.search(rb"(?im)^content-length: *([0-9]+)", head)
    size = length[1] if length else default
    return stream.read() if size is None else stream.read(int(size))


def chunks(stream: io.BytesIO) -> Iterator[bytes]:
    """The chunks up to the empty one."""
    while size := int(stream.readline().strip() or b"0", 16):
        yield stream.read(size)
        stream.readline()
    stream.readline()


def unpacked(body: bytes) -> bytes:
    """The files of a ZIP: what is deflated could not be searched."""
    if not body.startswith(b"PK\x03\x04"):
        return b""
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def frames(who: str | None, way: str, path: str, stream: io.BytesIO) -> Iterator[Message]:
    """The messages of a live connection, each put together of its frames."""
    message = b""
    while len(start := stream.read(2)) == 2:
        assert not start[0] & 0x70, "nothing is sent compressed"
        size = start[1] & 0x7F
        if size > 125:
            size = int.from_bytes(stream.read(2 if size == 126 else 8), "big")
        mask = stream.read(4) if start[1] & 0x80 else b""
        data = stream.read(size)
        if mask:
            pad = (mask * (len(data) // 4 + 1))[: len(data)]
            data = (int.from_bytes(data, "big") ^ int.from_bytes(pad, "big")).to_bytes(len(data), "big")
        if start[0] & 0x0F in (TEXT, BINARY, GOING_ON):
            message += data
            if start[0] & 0x80:
                yield Message(who, way, path, 101, message)
                message = b""
    if message:
        yield Message(who, way, path, 101, message)


# --- searching


class Said:
    """Everything that was said, to be searched; what was said more than once in the same words is looked at once."""

    def __init__(self, messages: Iterable[Message]) -> None:
        self.messages: dict[bytes, list[Message]] = {}
        for message in messages:
            self.messages.setdefault(message.data, []).append(message)
        self._all = b"\n\n".join(self.messages)

    def after(self, before: Said) -> Said:
        """What was said here and not before."""
        return Said(each for data, said in self.messages.items() if data not in before.messages for each in said)

    def having(self, secret: bytes | str) -> list[Message]:
        """Where it stands, in any spelling."""
        there = [spelling for spelling in spellings(secret) if spelling in self._all]
        return [each for data, said in self.messages.items() if any(one in data for one in there) for each in said]


def spellings(secret: bytes | str) -> frozenset[bytes]:
    """How something can stand in what was said: as it is, escaped, in hex, in base64 anywhere within other bytes."""
    data = secret.encode() if isinstance(secret, str) else secret
    found = {data, data.hex().encode(), data.hex().upper().encode(), *in_base64(data)}
    if isinstance(secret, str):
        found |= {json.dumps(secret)[1:-1].encode(), quote(secret).encode(), quote(secret, safe="").encode()}
    else:
        found |= in_base64(data.hex().encode())
    return frozenset(found)


def in_base64(data: bytes) -> set[bytes]:
    """What is certain of its base64, wherever it begins among other bytes, in both alphabets."""
    found = set()
    for before in range(3):
        text = base64.b64encode(bytes(before) + data)
        certain = text[(0, 2, 3)[before] : (before + len(data)) * 8 // 6]
        found |= {certain, certain.replace(b"+", b"-").replace(b"/", b"_")}
    return found


def holds(data: bytes, secret: bytes | str) -> bool:
    """Whether any spelling of it is in there."""
    return any(spelling in data for spelling in spellings(secret))
