"""An entry's exact bytes, from a fact and back."""

from __future__ import annotations

import base64
import json
from datetime import datetime
from typing import Any

from bidroom.crypto.canonical import canonical, digest_of
from bidroom.facts import Actor, Body, Command, Entry, Fact, KeepPieces, Refused, Signed, instant, rfc3339

VERSION = 1
LIMIT = 1 << 20
"""Bytes of the largest entry."""


def entry_bytes(fact: Fact, command: Command, actor: Actor, at: datetime, seq: int, signed: Body | None) -> bytes:
    """The canonical JSON of one entry. Raises Refused('entry_too_large')."""
    document: dict[str, Any] = {
        "v": VERSION,
        "stream": command.stream,
        "seq": seq,
        "type": fact.type,
        "time": rfc3339(at),
        "actor": actor_body(actor),
        "body": dict(fact.body),
    }
    if signed is not None:
        document["signed"] = signed
    data = canonical(document)
    if len(data) > LIMIT:
        raise Refused("entry_too_large", size=len(data), limit=LIMIT)
    return data


def entry_from(data: bytes) -> Entry:
    """The entry that these bytes, written by `entry_bytes`, are."""
    document = json.loads(data)
    return Entry(
        stream=document["stream"],
        seq=document["seq"],
        type=document["type"],
        time=instant(document["time"]),
        actor=document["actor"],
        body=document["body"],
        data=data,
        signed=document.get("signed"),
    )


def actor_body(actor: Actor) -> dict[str, str]:
    """Who acted, as an entry says it; what is not known is left out."""
    known = {
        "organization": actor.organization,
        "user": actor.user,
        "role": str(actor.role),
        "certificate": actor.certificate,
        "binding": None if actor.binding is None else base64.b64encode(actor.binding).decode("ascii"),
    }
    return {key: value for key, value in known.items() if value is not None}


def signed_body(command: Command, facts: tuple[Fact, ...]) -> dict[str, str] | None:
    """The command and its signature, as its entries carry them; of a release only its hash, for it holds pieces."""
    if command.signed is None:
        return None
    if any(isinstance(effect, KeepPieces) for fact in facts for effect in fact.effects):
        return {"hash": signed_hash(command.signed)}
    return {
        "bytes": base64.b64encode(command.signed.data).decode("ascii"),
        "cms": base64.b64encode(command.signed.cms).decode("ascii"),
    }


def signed_hash(signed: Signed) -> str:
    """SHA-256 in hex over the whole signed input."""
    return digest_of(signed.kind, signed.data)
