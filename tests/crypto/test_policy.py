"""Terms and timelines as objects, beside what the vectors say."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from bidroom.crypto.canonical import canonical
from bidroom.crypto.context import Context, content_key
from bidroom.crypto.policy import Lot, check_form, parse_terms, parse_timeline
from bidroom.facts import Refused
from tests.vectors import actors, reference

TERMS = parse_terms(reference.json_bytes(actors.terms()))
VECTORS = Path(__file__).parents[1] / "vectors"


def test_lots_and_slots_by_name() -> None:
    assert TERMS.lot(2).control_price is None
    assert [item.key for item in TERMS.lot(1).form] == ["duration", "manager"]
    assert len(TERMS.slot("tenderee").holders) == 2
    with pytest.raises(Refused, match="lot_unknown"):
        TERMS.lot(3)
    with pytest.raises(Refused, match="slot_unknown"):
        TERMS.slot("gate")


def test_a_timeline_names_who_hosts_and_how_long() -> None:
    text = json.loads((VECTORS / "timelines.json").read_text("utf-8"))["cases"][0]["text"]
    timeline = parse_timeline(text.encode())
    assert timeline.host.name == "代理"
    assert [host.name for host in timeline.deputies] == ["副"]
    assert timeline.windows.release == timedelta(minutes=30)
    assert timeline.deadline == datetime(2026, 9, 18, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize("value", ["0", "-12.5", "5.125", "0.000000001"])
def test_a_decimal_item(value: str) -> None:
    assert check_form(canonical({"price": "1", "rate": value}), with_rate())["rate"] == value


@pytest.mark.parametrize("value", ["", "1e3", "01", "+1", ".5", "5.", "1.0000000001", 5])
def test_what_is_no_decimal(value: str | int) -> None:
    with pytest.raises(Refused) as refused:
        check_form(canonical({"price": "1", "rate": value}), with_rate())
    assert (refused.value.reason, refused.value.field) == ("form_malformed", "rate")


def with_rate() -> Lot:
    terms = actors.terms()
    terms["lots"][1]["form"] = [{"key": "rate", "label": {"zh": "下浮率", "en": "Rate"}, "type": "decimal"}]
    return parse_terms(reference.json_bytes(terms)).lot(2)


def test_a_context_has_exact_sizes() -> None:
    with pytest.raises(ValueError, match="32, 16, 32 and 16"):
        Context(terms=bytes(31), tender=bytes(16), lot=1, certificate=bytes(32), bid=bytes(16))
    for pieces in ([], [bytes(31)]):
        with pytest.raises(ValueError, match="32 bytes"):
            content_key(bytes(32), pieces)
