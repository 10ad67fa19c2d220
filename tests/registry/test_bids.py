"""Uploads: what is taken, what is refused and by what name, and that a refusal is a fact within bounds."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from bidroom.crypto.canonical import canonical, digest_of
from bidroom.facts import Command, Refused, Signed
from bidroom.opening.state import Phase
from bidroom.registry.bids import LONGEST_FIELD, refusal
from tests.attempts import Attempt, attempt
from tests.builders import MICROSECOND, Plan, World, member, published, reached, sealed
from tests.opening.audited import audited
from tests.registry.cases import _drafted, _submitted


def altered(world: World, **changes: Any) -> Command:
    """甲's upload with another header, named and signed as that."""
    header = canonical({**json.loads(sealed(world.plan, "甲", 1).header), **changes})
    return renamed(world, header)


def renamed(world: World, header: bytes) -> Command:
    """An upload of exactly these bytes."""
    command = world.upload("甲")
    signed = Signed("header", header, b"")
    digest = digest_of("bid", header)
    return replace(command, body={"digest": digest}, signed=signed, digest=digest_of("header", header))


def test_replaced_withdrawn_and_submitted_again() -> None:
    world = published()
    first, second = world.submit("甲"), world.submit("甲", number=1)
    assert [upload.live for upload in world.tender.uploads.values()] == [False, True]
    world.give("甲", "WithdrawBid", {"digest": second}, 1)
    third = world.submit("甲", number=2)
    live = [bid.digest for bid in world.opening.bids.values() if bid.live]
    assert live == [third]
    assert [body["supersedes"] for body in world.said("BidSubmitted")] == [None, first, second]
    audited(world)


def test_a_withdrawn_bid_is_not_withdrawn_again() -> None:
    world = published()
    digest = world.submit("甲")
    world.give("甲", "WithdrawBid", {"digest": digest}, 1)
    assert attempt(world, "甲", "WithdrawBid", {"digest": digest}, 1).reason() == "that_bid_is_live_and_ones_own"


def test_an_older_bid_cannot_come_back() -> None:
    world = published()
    first = world.submit("甲")
    world.submit("甲", number=1)
    again = world.upload_of(world.bids[first][1])
    assert world.refuse_upload("甲", again).reason == "bid_id_is_new"
    assert audited(world).opening.live_bid(member("甲").id, 1) is not None


@pytest.mark.parametrize(("changes", "reason", "field"), [
    ({"tender": "00" * 16}, "sealed_to_other_tender", "tender"),
    ({"terms": "00" * 32}, "sealed_to_other_terms", "terms"),
    ({"lot": 2}, "header_malformed", "lot"),
    ({"suite": 2}, "header_malformed", "suite"),
    ({"kc": None}, "header_malformed", "kc"),
    ({"pieces": []}, "header_malformed", "pieces"),
    ({"stanzas": []}, "header_malformed", "stanzas"),
    ({"more": 1}, "header_malformed", "more"),
    ({"bid": "00" * 16}, "header_is_the_commands", None),
    ({"bidder": "00" * 32}, "header_names_the_signers_certificate", None),
])  # fmt: skip
def test_a_malformed_header_is_refused_with_its_field(changes: Any, reason: str, field: str | None) -> None:
    world = published()
    refused = world.refuse_upload("甲", altered(world, **changes))
    assert (refused.reason, refused.field) == (reason, field)
    (said,) = world.said("UploadRefused")
    assert (said["reason"], said["field"], said["organization"]) == (reason, field, member("甲").id)
    assert audited(world).opening.refused_uploads[0]["reason"] == reason


def test_a_header_sealed_to_other_keys_is_refused() -> None:
    world = published()
    header = json.loads(sealed(world.plan, "甲", 1).header)
    header["stanzas"][1]["key"] = "00" * 32
    refused = world.refuse_upload("甲", altered(world, stanzas=header["stanzas"]))
    assert (refused.reason, refused.field) == ("sealed_to_other_keys", "stanzas[1].key")


@pytest.mark.parametrize("data", [b"", b"{}", b"[]", b"\xff", b"{" * 2000, b'{"v":1,"v":1}', b" " * (1 << 20) + b" "])
def test_bytes_that_are_no_header_are_refused(data: bytes) -> None:
    world = published()
    assert Attempt(world, world.actor("甲"), renamed(world, data)).reason() == "header_malformed"


def test_an_upload_after_the_deadline_is_refused_on_record_in_every_later_phase() -> None:
    for phase in (Phase.CHECKED, Phase.ANNOUNCING, Phase.CLOSED):
        world = reached(phase)
        assert world.refuse_upload("丁", world.upload("丁")).reason == "upload_is_in_time"
        assert audited(world).types()[-1] == "UploadRefused"
        assert world.opening.refused_uploads[0]["organization"] == member("丁").id


def test_the_last_microsecond_is_in_time_and_the_next_is_not() -> None:
    world = published()
    assert world.opening.deadline is not None
    world.clock.at = world.opening.deadline
    world.submit("甲")
    assert world.clock.at == world.opening.deadline + MICROSECOND
    assert world.refuse_upload("乙", world.upload("乙")).reason == "upload_is_in_time"


def test_what_the_edge_found_is_the_refusal() -> None:
    world = published()
    found = {"refusal": {"reason": "certificate_expired", "field": "certificate"}}
    command = world.upload("甲")
    refused = world.refuse_upload("甲", replace(command, evidence={**command.evidence, **found}))
    assert (refused.reason, refused.field) == ("certificate_expired", "certificate")


@pytest.mark.parametrize("parts", [{}, {"0": {"length": 1, "root": "00" * 32}}, {"1": None}])
def test_an_incomplete_upload_is_refused(parts: Any) -> None:
    world = published()
    command = world.upload("甲")
    made = replace(command, evidence={**command.evidence, "parts": parts})
    assert world.refuse_upload("甲", made).reason == "upload_is_complete"


def test_the_tenders_own_parties_do_not_bid() -> None:
    world = published()
    for who in ("agent", "tenderee"):
        assert attempt(world, who, "SubmitBid", {"digest": "00" * 32}, 1).reason() == "not_your_role"


def test_a_refusals_fact_is_bounded() -> None:
    world = published()
    command = replace(world.upload("甲"), body={"digest": ["x"] * 10_000})
    fact = refusal(world.tender, command, world.actor("甲"), Refused("header_malformed", field="x" * 10_000))
    assert fact is not None
    assert fact.body["digest"] is None
    assert len(fact.body["field"]) == LONGEST_FIELD


def test_an_upload_before_the_notice_leaves_no_fact() -> None:
    for world in (_drafted(), _submitted()):
        command = world.upload_of(sealed(world.plan, "甲", 1))
        made = Attempt(world, world.actor("甲"), command)
        assert made.reason() == "command_not_allowed_in_this_phase"
        assert refusal(world.tender, command, made.actor, Refused("command_not_allowed_in_this_phase")) is None


def test_each_lot_has_its_own_bids() -> None:
    world = published(Plan(lots=2))
    world.submit("甲", 1)
    world.submit("甲", 2)
    assert len([bid for bid in audited(world).opening.bids.values() if bid.live]) == 2


@pytest.mark.parametrize("kind", ["command", None])
def test_what_is_no_upload_leaves_no_refused_upload_behind(kind: str | None) -> None:
    """An auditor finds no header in it: a bidder could spoil every bundle of the tender with a plain command."""
    world = published()
    signed = None if kind is None else Signed(kind, b"{}", b"")
    asked = attempt(world, "甲", "SubmitBid", {"digest": "ab" * 32}, 1).but(signed=signed)
    assert asked.reason() == "signature_required"
    state = world.states[world.plan.id]
    assert refusal(state["tender"], asked.command, asked.actor, Refused("signature_required")) is None
