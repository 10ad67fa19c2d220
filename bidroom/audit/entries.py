"""Entries read strictly from their exact bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bidroom.crypto.canonical import parse_canonical
from bidroom.crypto.shape import Place
from bidroom.facts import Entry, Role, rfc3339

LIMIT = 1 << 20
MALFORMED = "entry_malformed"
BASE64 = r"([A-Za-z0-9+/]{4})*([A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?"


def parse_entry(data: bytes, stream: str, seq: int) -> Entry:
    """The entry in `data`, which must be this stream's and of this number; Refused("entry_malformed"), field, cause."""
    at = Place(parse_canonical(data, LIMIT, MALFORMED), MALFORMED).members(
        "v", "stream", "seq", "type", "time", "actor", "body", optional=("signed",)
    )
    at["v"].one_of(1)
    time = at["time"].instant()
    if rfc3339(time) != at["time"].value:
        raise at["time"].refused("not_the_one_form")
    if not isinstance(at["body"].value, dict):
        raise at["body"].refused("not_an_object")
    return Entry(
        stream=at["stream"].one_of(stream),
        seq=at["seq"].one_of(seq),
        type=at["type"].matching("[A-Z][A-Za-z]{2,47}"),
        time=time,
        actor=_actor(at["actor"]),
        body=at["body"].value,
        data=data,
        signed=_signed(at["signed"]) if "signed" in at else None,
    )


def _actor(at: Place) -> Mapping[str, Any]:
    has = at.members("role", optional=("organization", "user", "certificate", "binding"))
    has["role"].one_of(*map(str, Role))
    for name, size in (("organization", 16), ("certificate", 32)):
        if name in has:
            has[name].hexed(size)
    if "user" in has:
        has["user"].text(64)
    if "binding" in has:
        has["binding"].matching(BASE64)
    return {name: place.value for name, place in has.items()}


def _signed(at: Place) -> Mapping[str, Any]:
    """The exact command and its signature; of a release only its hash."""
    if isinstance(at.value, dict) and "hash" in at.value:
        at.members("hash")["hash"].hexed(32)
    else:
        for place in at.members("bytes", "cms").values():
            place.matching(BASE64)
    return dict(at.value)
