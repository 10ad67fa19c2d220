"""招标投标法 22: before the deadline nothing that any role receives tells how many bids there are."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests

from bidroom.cli.client import API, Client
from bidroom.cli.room import Room
from bidroom.facts import Refused
from tests.system.steps import pay
from tests.web.parties import Centre, Organization, Tender, publish

FEW, MANY = 2, 9
CHANGES_FROM_TENDER_TO_TENDER = (
    (re.compile(r"\b[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z"), "<time>"),
    (re.compile(r"\b[0-9a-f]{128,}\b"), "<signature>"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "<digest>"),
    (re.compile(r"\b[0-9a-f]{32}\b"), "<id>"),
    (re.compile(r"\bA33-[0-9a-f]{8}\b"), "<number>"),
    (re.compile(r"\bu[0-9a-f]{8}\b"), "<user>"),
    (re.compile(r"\b9133[0-9]{4}MA[0-9A-Z]{8}\b"), "<code>"),
    (re.compile(r"[A-Za-z0-9+/]{80,}={0,2}"), "<bytes>"),
)
"""What is random, or another party's, or of another moment; everything else must be equal."""
HEADERS_OF_A_MOMENT = {"Date", "Set-Cookie", "Content-Length", "X-RateLimit-Remaining"}


def plain(told: Any) -> Any:
    """What was received, with everything that is random replaced by what it is."""
    text = json.dumps(told, ensure_ascii=False, sort_keys=True)
    for pattern, name in CHANGES_FROM_TENDER_TO_TENDER:
        text = pattern.sub(name, text)
    return json.loads(text)


def asked(client: Client, path: str) -> dict[str, Any]:
    """Status, headers and body of one GET, as the client's session receives it."""
    response: requests.Response = client._session.get(client.origin + API + path, timeout=30)
    headers = {name: value for name, value in response.headers.items() if name not in HEADERS_OF_A_MOMENT}
    return {"status": response.status_code, "headers": headers, "body": response.json()}


def heard(client: Client, tender: Tender) -> list[Any]:
    """All that the live room tells this client from the beginning, and the numbers it gives."""
    room = Room(client, tender.id)
    room.enter()
    told = [*room.news(), *room.catch_up()]
    numbers = dict(room._held)
    room.leave()
    return [numbers, told]


def received(tender: Tender, seats: Mapping[str, Client], said: Mapping[str, Any]) -> dict[str, Any]:
    """Everything that each seat can get hold of before the deadline."""
    paths = ("", "/room", "/events?channel=room&after=0", "/events?channel=own&after=0", "/record", "/bundle/public",
             "/bundle/auditor", "/checkpoint", "/command", f"/bids/{'0' * 32}/segments")  # fmt: skip
    got = {f"{seat} {path}": asked(client, tender.path + path) for seat, client in seats.items() for path in paths}
    live = {f"{seat} live": heard(client, tender) for seat, client in seats.items()}
    return {name: plain(told) for name, told in {**got, **live, **said}.items()}


def with_bids(centre: Centre, tender: Tender, bidders: list[Organization], folder: Path) -> dict[str, Any]:
    """Each bids, pays and signs in; what the first of them was answered."""
    said: dict[str, Any] = {}
    sealed = [tender.bid(who, 1, "126480000.00", folder / who.user) for who in bidders]
    again = tender.bid(bidders[0], 1, "126470000.00", folder / "again", sealed[0].header.digest)
    said["replaced"] = again.receipt
    gone = tender.bid(bidders[0], 1, "126460000.00", folder / "gone", again.header.digest)
    said["withdrawn"] = bidders[0].give("WithdrawBid", tender.id, {"digest": gone.header.digest}, 1)
    tender.bid(bidders[0], 1, "126450000.00", folder / "last", gone.header.digest)
    return {**said, **pay(tender, bidders), **refused_too_early(tender)}


def refused_too_early(tender: Tender) -> dict[str, Any]:
    """What those hear who may not yet do what they ask."""
    told = {}
    for who, kind, body in (
        (tender.agent, "CallLast", {}),
        (tender.centre.supervisor, "SuspendOpening", {"reason": "看看"}),
    ):
        with pytest.raises(Refused) as refused:
            who.give(kind, tender.id, body)
        told[kind] = refused.value.details
    return told


@pytest.mark.slow
def test_two_bids_and_nine_look_the_same_to_everyone(centre: Centre, tmp_path: Path) -> None:
    bidders = [centre.organization("华东云岭建设集团有限公司") for _ in range(MANY)]
    stranger = centre.organization("旁人建设有限公司")
    tenders = [publish(centre), publish(centre)]
    said = [
        with_bids(centre, tender, bidders[:count], tmp_path / str(count))
        for tender, count in zip(tenders, (FEW, MANY), strict=True)
    ]
    centre.go_to(max(tender.deadline for tender in tenders) - timedelta(minutes=59))
    for tender, count, answers in zip(tenders, (FEW, MANY), said, strict=True):
        said_to_each = [who.give("SignIn", tender.id, {}) for who in bidders[:count]]
        answers["signed in"] = said_to_each[0]
        assert tender.view()["phase"] == "sign_in"
    views = [
        received(
            tender,
            {
                "bidder": bidders[0].client,
                "another bidder": stranger.client,
                "host": tender.agent.client,
                "tenderee": tender.tenderee.client,
                "supervisor": centre.supervisor.client,
                "clerk": centre.clerk.client,
                "auditor": centre.staff["auditor"].client,
                "observer": Client(centre.url, "en"),
            },
            answers,
        )
        for tender, answers in zip(tenders, said, strict=True)
    ]
    for name, few in views[0].items():
        assert few == views[1][name], name
    assert any(event["type"] == "BidSubmitted" for _, event in views[0]["bidder live"][1]), "one sees one's own"


def test_the_comparison_sees_a_difference(centre: Centre, tmp_path: Path) -> None:
    """The same comparison after extraction, when the number is public: it must not be equal."""
    bidders = [centre.organization("华东云岭建设集团有限公司") for _ in range(3)]
    tenders = [publish(centre), publish(centre)]
    for tender, count in zip(tenders, (1, 3), strict=True):
        for who in bidders[:count]:
            tender.bid(who, 1, "126480000.00", tmp_path / tender.id / who.user)
    centre.go_to(max(tender.deadline for tender in tenders) + timedelta(seconds=1))
    few, many = (received(tender, {"observer": Client(centre.url, "en")}, {}) for tender in tenders)
    assert few != many
