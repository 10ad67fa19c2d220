"""The opening record (开标记录表) as data: what the facts say, and nothing else.

`minutes` is what is laid before the bidders to confirm; `record` is the whole, once it has ended. Both are functions
of the folded state and the opened bid forms alone, so an auditor computes the same bytes from the bundle.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

import cn2an

from bidroom.crypto.canonical import canonical
from bidroom.facts import rfc3339
from bidroom.opening.notice import deposit_state, shares_an_account
from bidroom.opening.state import Bid, LotState, Opening, Phase

Forms = Mapping[str, Mapping[str, Any]]
"""Bid digest to its opened bid form."""


def in_capitals(price: str) -> str:
    """An amount in yuan in Chinese capitals (大写), to the fen: 126480000.00 is 壹亿贰仟陆佰肆拾捌万元整."""
    return str(cn2an.an2cn(str(Decimal(price).quantize(Decimal("0.01"))), "rmb"))


def minutes_digest(state: Opening, forms: Forms) -> str:
    """SHA-256 (hex) over the canonical minutes: what the host lays before everyone and each bidder signs."""
    return hashlib.sha256(canonical(minutes(state, forms))).hexdigest()


def minutes(state: Opening, forms: Forms) -> dict[str, Any]:
    """The record as it stands before anyone has confirmed it."""
    return {
        "tender": _tender(state),
        "lots": [_lot(state, lot, forms) for _, lot in sorted(state.lots.items())],
        "objections": [_objection(state, each.id) for each in _in_order(state)],
        "extensions": [dict(each) for each in state.extensions],
        "suspensions": list(_suspensions(state)),
        "outages": [dict(each) for each in state.outages],
        "hosts": _hosts(state),
        "draws": [],
        "refused_uploads": [_refused_upload(state, each) for each in state.refused_uploads],
    }


def record(state: Opening, forms: Forms, checkpoint: Mapping[str, Any]) -> dict[str, Any]:
    """record.json: the minutes, what each party said to them, how it ended, the log's checkpoint {size, root}."""
    whole = minutes(state, forms)
    for lot in whole["lots"]:
        for bidder in lot["bidders"]:
            answer = state.confirmations.get(bidder["organization"], ("silent", None))
            bidder["confirmation"] = {"state": answer[0], "reason": answer[1]}
    return {
        **whole,
        "state": str(state.phase) if state.phase in (Phase.CLOSED, Phase.TERMINATED) else "open",
        "reason": state.ended_because,
        "ended_at": state.ended_at and rfc3339(state.ended_at),
        "record": state.record,
        "signatures": [_signature(state, role) for role in ("host", "tenderee", "supervisor")],
        "checkpoint": dict(checkpoint),
    }


def _signature(state: Opening, role: str) -> dict[str, Any]:
    at = state.signatures.get(role)
    return {"as": role, "signed": at is not None, "at": at and rfc3339(at)}


def _tender(state: Opening) -> dict[str, Any]:
    terms = state.the_terms
    return {
        "id": state.tender,
        "number": terms.number,
        "title": terms.title,
        "rule_pack": terms.rule_pack,
        "decryption": terms.decryption,
        "minimum": terms.minimum,
        "tenderee": {"name": terms.tenderee.name, "uscc": terms.tenderee.uscc},
        "agent": terms.agent and {"name": terms.agent.name, "uscc": terms.agent.uscc},
        "deadline": state.deadline and rfc3339(state.deadline),
        "final_root": state.root,
        "commanded_at": state.commanded_at and rfc3339(state.commanded_at),
        "announced_at": state.announced_at and rfc3339(state.announced_at),
    }


def _lot(state: Opening, lot: LotState, forms: Forms) -> dict[str, Any]:
    terms = state.the_terms.lot(lot.no)
    numbers = state.numbers(lot.no)
    return {
        "no": lot.no,
        "name": terms.name,
        "control_price": terms.control_price,
        "currency": terms.currency,
        "state": "ended" if lot.ended else "announced" if state.announced_at else "open",
        "reason": lot.ended,
        "because": lot.ended_because,
        "counted": lot.counted,
        "deposits": lot.deposits,
        "decision": lot.decision and {"decision": lot.decision, "reason": lot.decision_reason},
        "bidders": [_bidder(state, bid, numbers[bid.organization], forms) for bid in state.finals(lot.no)],
    }


def _bidder(state: Opening, bid: Bid, no: int, forms: Forms) -> dict[str, Any]:
    party = state.parties[bid.organization]
    form = forms.get(bid.digest) if _is_shown(state, bid) else None
    return {
        "no": no,
        "organization": bid.organization,
        "name": party.name,
        "uscc": party.uscc,
        "digest": bid.digest,
        "received_at": rfc3339(bid.received_at),
        "damaged": bid.damaged,
        "deposit": deposit_state(state, bid.organization, bid.lot),
        "signed_in": bid.organization in state.signed_in,
        "released_at": bid.released_at and rfc3339(bid.released_at),
        "outcome": outcome(state, bid),
        "cause": bid.cause,
        "layer": bid.failed_layer,
        "reported": bid.reported and dict(bid.reported),
        "form": form and dict(form),
        "price_in_capitals": in_capitals(form["price"]) if form else None,
        "flags": flags(state, bid, form),
    }


def _is_shown(state: Opening, bid: Bid) -> bool:
    return bid.opened and state.announced_at is not None and state.lots[bid.lot].ended in (None, "host", "ordered")


def outcome(state: Opening, bid: Bid) -> str | None:
    """opened, revoked (视为撤销), withdrawn (视为撤回), sealed (its lot ended before); None while undecided."""
    if _is_shown(state, bid):
        return "opened"
    if bid.fault is not None:
        return "revoked" if bid.fault == "bidder" else "withdrawn"
    if state.lots[bid.lot].ended is not None or state.phase is Phase.TERMINATED:
        return "sealed"
    return None


def flags(state: Opening, bid: Bid, form: Mapping[str, Any] | None) -> list[str]:
    """What the evaluation should look at; nothing is mended, nobody is barred."""
    found = []
    control = state.the_terms.lot(bid.lot).control_price
    if form and control is not None and Decimal(form["price"]) > Decimal(control):
        found.append("over_control_price")
    if shares_an_account(state, bid.organization, bid.lot):
        found.append("shared_account")
    if any(not each.basic_account for each in state.deposits_of(bid.organization, bid.lot) if each.verified):
        found.append("not_basic_account")
    if bid.damaged:
        found.append("damaged")
    return found


def _in_order(state: Opening) -> list[Any]:
    return sorted(state.objections.values(), key=lambda each: (each.at, each.id))


def _objection(state: Opening, id: str) -> dict[str, Any]:
    each = state.objections[id]
    return {
        "by": state.parties[each.by].name,
        "at": rfc3339(each.at),
        "lot": each.lot,
        "text": each.text,
        "ruling": each.ruling,
        "answer": each.answer,
        "answered_at": each.answered_at and rfc3339(each.answered_at),
    }


def _suspensions(state: Opening) -> Iterator[dict[str, Any]]:
    for pause in state.pauses:
        yield {
            "by": pause.role,
            "phase": str(pause.back_to),
            "reason": pause.reason,
            "at": rfc3339(pause.at),
            "resumed_at": pause.resumed_at and rfc3339(pause.resumed_at),
        }


def _hosts(state: Opening) -> dict[str, Any]:
    takeovers = [{**each, "name": _name(state, each["organization"])} for each in state.takeovers]
    return {"host": _name(state, state.hosts[state.host]), "takeovers": takeovers}


def _name(state: Opening, organization: str) -> str:
    listed = {host.organization: host.name for host in state.the_timeline.hosts}
    party = state.parties.get(organization)
    return party.name if party else listed[organization]


def _refused_upload(state: Opening, upload: Mapping[str, Any]) -> dict[str, Any]:
    party = state.parties.get(upload["organization"])
    told = {key: upload[key] for key in ("lot", "digest", "reason", "field")}
    return {"by": party.name if party else None, "at": rfc3339(upload["at"]), **told}
