"""Signed receipts and refusals, made from what the facts say: the same act has the same receipt whenever one asks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from bidroom.facts import Actor, Command, Entry, Refused, RefusedOnRecord, rfc3339
from bidroom.web.edge import Edge

ACTS: Mapping[str, str] = {
    "BidSubmitted": "",
    "BidWithdrawn": "withdrawal",
    "ShareReleased": "release",
    "HolderSharesReleased": "release",
    "RecordConfirmed": "confirmation",
    "RecordRefused": "confirmation",
}
"""The facts that give a receipt, and what the receipt calls the act; a bid's needs no name."""

COMMANDS: Mapping[str, str] = {
    "SubmitBid": "",
    "WithdrawBid": "withdrawal",
    "ReleaseShare": "release",
    "ReleaseHolderShares": "release",
    "ConfirmRecord": "confirmation",
    "RefuseRecord": "confirmation",
}
"""The commands whose refusal is signed too."""


def receipt_for(edge: Edge, entries: Iterable[Entry]) -> dict[str, Any] | None:
    """The receipt of an act, None where it has none."""
    for entry in entries:
        if entry.type in ACTS:
            said = _body(edge, entry.stream, entry.type, rfc3339(entry.time), entry.body)
            return edge.receipt_key.sign_receipt("receipt", said)
    return None


def paper_of(edge: Edge, stream: str, seen: Mapping[str, Any]) -> dict[str, Any]:
    """The receipt, or the refusal, of an act as its own organization was told of it: the same that it got then."""
    body, time = seen["body"], seen["time"]
    if seen["type"] in ACTS:
        return edge.receipt_key.sign_receipt("receipt", _body(edge, stream, seen["type"], time, body))
    told = {name: body[name] for name in ("lot", "digest", "timeline", "nonce", "reason", "field")}
    return edge.receipt_key.sign_receipt("refusal", {"v": 1, "tender": stream, **told, "time": time})


def _body(edge: Edge, stream: str, kind: str, time: str, body: Mapping[str, Any]) -> dict[str, Any]:
    act = ACTS[kind]
    said = {
        "v": 1,
        "tender": stream,
        "lot": body.get("lot"),
        "digest": body.get("digest") or body.get("record") or body.get("message"),
        "timeline": body.get("timeline") or _timeline(edge, stream),
        "time": time,
        "nonce": body["nonce"],
    }
    return {**said, "act": act} if act else said


def _timeline(edge: Edge, stream: str) -> str | None:
    """H(timeline) in force; after the deadline, when these acts are, it is amended no more."""
    try:
        timeline = edge.tender(stream).timeline
    except Refused:
        return None  # a command for a tender that does not exist is refused all the same
    return None if timeline is None else timeline.digest


def refusal_for(edge: Edge, command: Command, actor: Actor, refused: Refused, at: datetime) -> dict[str, Any] | None:
    """The signed refusal of an act that would have had a receipt, None for others."""
    if command.type not in COMMANDS:
        return None
    body = _from_fact(refused.entry) if isinstance(refused, RefusedOnRecord) else _from(edge, command, actor, at)
    told = {**body, "reason": refused.reason, "field": refused.field}
    return edge.receipt_key.sign_receipt("refusal", told)


def _from_fact(entry: Entry) -> dict[str, Any]:
    told = {name: entry.body[name] for name in ("lot", "digest", "timeline", "nonce")}
    return {"v": 1, "tender": entry.stream, **told, "time": rfc3339(entry.time)}


def _from(edge: Edge, command: Command, actor: Actor, at: datetime) -> dict[str, Any]:
    """Of a refusal that is no fact: its nonce is derived, so that the same command is refused in the same words."""
    who = f"{actor.organization or '-'}/{actor.user or '-'}"
    said = {
        "v": 1,
        "tender": command.stream,
        "lot": command.lot,
        "digest": command.body.get("digest") or command.body.get("record") or command.digest,
        "timeline": _timeline(edge, command.stream),
        "time": rfc3339(at),
        "nonce": edge.keyed("refusal", command.id.encode(), who.encode())[:32],
    }
    act = COMMANDS[command.type]
    return {**said, "act": act} if act else said
