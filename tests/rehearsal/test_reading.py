"""A scenario is read strictly: every mistake has its line, and what cannot be acted yet is refused by its name."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from stdnum.cn import uscc

import bidroom
from bidroom.facts import Refused
from bidroom.rehearsal.reading import parse, read
from bidroom.rehearsal.reading_bidders import made_up_code
from bidroom.rehearsal.scenario import Confirm, Deposit, Objection, Suspension

WHOLE = """\
title: 测试工程
number: A-2026-1
rule_pack: cn-small
window: 10m
minimum: 3
tenderee: {name: 甲方有限公司, uscc: 91330102MAAY4CL123, release: late}
agent: {name: 代理有限公司}
supervisors: 2
watchers: 1
witnesses: 0
decryption: joint
lots:
  - {no: 1, name: 一标段, control_price: "100.00", deposit: "2.00"}
  - {no: 2, name: 二标段}
form:
  - {key: duration, label: {zh: 工期, en: Duration}, type: integer, unit: d}
bidders:
  - name: 乙方有限公司
    key: ec
    deposit: {1: guarantee}
    bids:
      1: {price: "90.00", duration: 10, documents: 5MB}
      2: {price: "80.00", duration: 12}
    does:
      replace: {1: {price: "89.00"}}
      withdraw: [2]
      sign_in: late
      release: after_extension
      object: [{at: announcing, text: 有误}]
      confirm: {refuse: 不符}
  - name: 丙方有限公司
    deposit: {1: {same_account_as: 乙方有限公司}}
    bids: {1: {price: "91.00", duration: 11, documents: 0}}
    does: {late: true, confirm: silent}
host:
  absent_after: announcing
  under_minimum: {go_on: 继续}
  extend: 5m
  attribute: {乙方有限公司: {fault: other, reason: 平台原因}}
  answer: 已核对
  suspend: {at: decrypting, after: 2m, for: 3m, reason: 断网}
"""


def line_of(text: str, part: str) -> int:
    """The line, from 1, on which this part of the text stands."""
    return text[: text.index(part)].count("\n") + 1


def refused(text: str) -> Refused:
    with pytest.raises(Refused) as caught:
        parse(text)
    return caught.value


def test_everything_that_a_scenario_can_say_is_read() -> None:
    scenario = parse(WHOLE)
    first, second = scenario.bidders
    assert (scenario.window, scenario.supervisors, scenario.watchers) == (timedelta(minutes=10), 2, 1)
    assert [company.name for company in scenario.hosts] == ["代理有限公司", "甲方有限公司"]
    assert (scenario.tenderee.uscc, scenario.tenderee.release) == ("91330102MAAY4CL123", "late")
    assert scenario.lots[1].control_price is None
    assert first.deposits == {1: Deposit("guarantee"), 2: Deposit("paid")}
    assert (first.bids[1].documents, first.bids[1].form) == (5_000_000, {"price": "90.00", "duration": 10})
    assert first.does.replace[1].form == {"price": "89.00", "duration": 10}
    assert first.does.withdraw == {2}
    assert (first.does.sign_in, first.does.release) == ("late", "after_extension")
    assert first.does.objections == (Objection("announcing", "有误"),)
    assert first.does.confirm == Confirm("refused", "不符")
    assert second.deposits == {1: Deposit("paid", "乙方有限公司")}
    assert (second.does.late, second.does.confirm.state) == (frozenset({1}), "silent")
    assert (scenario.host.under_minimum, scenario.host.under_minimum_reason) == ("go_on", "继续")
    assert scenario.host.suspend == Suspension("decrypting", timedelta(minutes=2), timedelta(minutes=3), "断网")
    assert scenario.host.attribute["乙方有限公司"].fault == "other"


def test_codes_that_are_left_out_are_made_up_and_valid() -> None:
    assert all(uscc.is_valid(made_up_code()) for _ in range(200))


@pytest.mark.parametrize("path", sorted((bidroom.demo_folder() / "scenarios").glob("*.yaml")), ids=lambda p: p.stem)
def test_the_demos_scenarios_are_read(path: Path) -> None:
    assert len(read(path).bidders) >= 3


@pytest.mark.parametrize(
    ("part", "instead", "field", "cause"),
    [
        ("window: 10m", "window: 10 minutes", "window", "not_a_duration"),
        ("minimum: 3", "minimum: three", "minimum", "not_int"),
        ("minimum: 3", "minimum: 2", "minimum", "below_the_packs_minimum"),
        ("rule_pack: cn-small", "rule_pack: us", "rule_pack", "not_one_of"),
        ("number: A-2026-1", "number: 编号一", "number", "not_a_tender_number"),
        ("title: 测试工程", "titel: 测试工程", "titel", "unknown"),
        ("window: 10m", "window: 10m\nwindow: 10m", "window", "key_named_twice"),
        ("uscc: 91330102MAAY4CL123", "uscc: 91330102MAAY4CL124", "tenderee.uscc", "not_a_valid_uscc"),
        ("no: 2, name", "no: 3, name", "lots[1].no", "lots_are_numbered_from_1"),
        ('control_price: "100.00"', "control_price: 100.00", "lots[0].control_price", "not_a_text"),
        ('price: "90.00"', 'price: "90.0"', "bidders[0].bids.1.price", "not_an_amount"),
        ('price: "90.00"', 'price: "0.00"', "bidders[0].bids.1.price", "not_above_zero"),
        ("duration: 12}", "duration: 很久}", "bidders[0].bids.2.duration", "not_int"),
        ("duration: 12}", "duration: 12, manager: 某}", "bidders[0].bids.2.manager", "unknown"),
        ("documents: 5MB", "documents: 5 MB", "bidders[0].bids.1.documents", "not_a_size"),
        ("documents: 5MB", "documents: 5GB", "bidders[0].bids.1.documents", "too_large"),
        ("withdraw: [2]", "withdraw: [3]", "bidders[0].does.withdraw[0]", "no_such_lot"),
        ("sign_in: late", "sign_in: maybe", "bidders[0].does.sign_in", "not_one_of"),
        ("at: announcing, text", "at: later, text", "bidders[0].does.object[0].at", "not_one_of"),
        ("confirm: silent", "confirm: false", "bidders[1].does.confirm", "not_one_of"),
        ("same_account_as: 乙方有限公司", "same_account_as: 谁", "bidders[1].deposit.1", "no_such_bidder"),
        ("name: 丙方有限公司", "name: 乙方有限公司", "bidders[1]", "bidder_named_twice"),
        ("name: 丙方有限公司", "name: 甲方有限公司", "bidders", "a_party_bids_itself"),
        ("extend: 5m", "extent: 5m", "host.extent", "unknown"),
        ("attribute: {乙方有限公司:", "attribute: {丁方有限公司:", "host.attribute.丁方有限公司", "no_such_bidder"),
        ("reason: 断网}", "}", "host.suspend.reason", "missing"),
    ],
)  # fmt: skip
def test_a_mistake_is_named_with_its_line(part: str, instead: str, field: str, cause: str) -> None:
    text = WHOLE.replace(part, instead, 1)
    fault = refused(text)
    assert (fault.reason, fault.field, fault.details["cause"]) == ("scenario_malformed", field, cause)
    expected = line_of(WHOLE, "  - name: 乙方") if field == "bidders" else line_of(WHOLE, part)
    assert fault.details["line"] == expected + instead.count("\n")


@pytest.mark.parametrize(
    ("part", "instead", "field"),
    [
        ("watchers: 1", "draw: {name: 下浮率, from: [a, b]}", "draw"),
        ("watchers: 1", "committee: {n: 3, k: 2}", "committee"),
        ("decryption: joint", "decryption: committee", "decryption"),
        ("decryption: joint", "decryption: joint-gated", "decryption"),
        ("decryption: joint", "decryption: central", "decryption"),
        ("witnesses: 0", "witnesses: 1", "witnesses"),
        ("key: ec", "key: rsa", "bidders[0].key"),
        ("key: ec", "consortium: [丁方有限公司]", "bidders[0].consortium"),
        ("release: after_extension", "release: recovery_code", "bidders[0].does.release"),
    ],
)
def test_what_cannot_be_acted_yet_is_refused_by_name(part: str, instead: str, field: str) -> None:
    text = WHOLE.replace(part, instead, 1)
    fault = refused(text)
    assert (fault.reason, fault.field) == ("scenario_field_not_supported", field)
    assert fault.details["line"] == line_of(text, instead)


def test_an_extension_that_is_waited_for_must_come() -> None:
    fault = refused(WHOLE.replace("  extend: 5m\n", ""))
    assert fault.details["cause"] == "after_extension_needs_host_extend"


def test_nobody_takes_over_where_there_is_no_agent() -> None:
    text = WHOLE.replace("agent: {name: 代理有限公司}\n", "")
    fault = refused(text)
    assert (fault.field, fault.details["cause"]) == ("host.absent_after", "no_deputy_without_an_agent")
    assert fault.details["line"] == line_of(text, "absent_after")


@pytest.mark.parametrize(
    ("text", "line", "cause"),
    [
        ("title: [1, 2\nnumber: 3\n", 2, "not_yaml"),
        ("", 1, "empty"),
        ("- title\n", 1, "not_a_mapping"),
        ("title: a\nnumber: \x07\n", 1, "not_yaml"),
        ("title: 测试\n", 1, "missing"),
    ],
)
def test_what_is_no_scenario_at_all_has_its_line_too(text: str, line: int, cause: str) -> None:
    fault = refused(text)
    assert (fault.reason, fault.details["line"], fault.details["cause"]) == ("scenario_malformed", line, cause)


def test_bytes_that_are_no_text_have_their_line(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    path.write_bytes(b"title: a\nnumber: \xff\n")
    with pytest.raises(Refused) as caught:
        read(path)
    assert (caught.value.details["cause"], caught.value.details["line"]) == ("not_utf8", 2)
