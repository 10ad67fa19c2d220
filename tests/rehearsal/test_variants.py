"""Openings that end in other ways, and a server that was there before."""

from __future__ import annotations

from pathlib import Path

import pytest

from bidroom.rehearsal.server import OwnServer
from tests.rehearsal.acted import LOT, TITLE, acted, bidders

pytestmark = [pytest.mark.slow, pytest.mark.xdist_group("rehearsal")]
AGENT = "agent: {name: 浙江信诚工程咨询有限公司}\n"


def test_a_tenderee_that_never_releases_is_named_and_no_bidder_is_at_fault() -> None:
    text = TITLE.replace("有限公司}", "有限公司, release: never}") + "supervisors: 0\n" + LOT + bidders()
    done = acted(text)
    assert done.refused is None
    assert done.record["state"] == "terminated"
    assert {(row["outcome"], row["cause"], row["form"]) for row in done.rows().values()} == {
        ("withdrawn", "holder_lapsed", None)
    }
    assert done.record["lots"][0]["reason"] == "none_opened"


def test_all_lots_under_the_minimum_end_the_opening() -> None:
    done = acted(TITLE + AGENT + LOT + bidders("does: {withdraw: [1]}") + "host: {under_minimum: end}\n")
    assert done.refused is None
    assert (done.record["state"], done.record["lots"][0]["reason"]) == ("terminated", "under_minimum")
    assert {row["outcome"] for row in done.rows().values()} == {"sealed"}


def test_a_small_tender_may_go_on_under_the_minimum() -> None:
    suspend = "suspend: {at: confirming, after: 1m, for: 2m, reason: 停电}"
    host = f"host: {{under_minimum: {{go_on: 经批准继续开标}}, {suspend}}}\n"
    more = ("does: {late: true}", "deposit: {1: none}", "does: {object: [{at: confirming, text: 唱标顺序有误}]}")
    done = acted(TITLE + AGENT + "watchers: 1\n" + LOT + bidders(*more) + host)
    assert done.refused is None
    assert done.record["lots"][0]["decision"] == {"decision": "go_on", "reason": "经批准继续开标"}
    assert [(each["phase"], each["reason"]) for each in done.record["suspensions"]] == [("confirming", "停电")]
    assert [each["text"] for each in done.record["objections"]] == ["唱标顺序有误"]
    assert {row["outcome"] for row in done.rows().values()} == {"opened"}


def test_a_running_server_is_used_and_tells_who_was_there_before(tmp_path: Path) -> None:
    text = TITLE + LOT + bidders("does: {release: never}", "does: {release: never}", "does: {release: never}")
    with OwnServer(tmp_path / "server", 60.0) as url:
        first, second = acted(text, url), acted(text, url)
    assert first.refused is None
    assert first.record["lots"][0]["reason"] == "none_opened"
    assert second.refused is not None
    assert second.refused.reason == "already_claimed"
    assert (second.folder / "record.json").exists() is False


def test_what_the_rules_forbid_is_told_with_who_was_refused() -> None:
    text = TITLE.replace("cn-small", "cn-mandatory") + AGENT + LOT
    done = acted(text + bidders("does: {withdraw: [1]}") + "host: {under_minimum: go_on}\n")
    assert done.refused is not None
    assert done.refused.reason == "going_on_is_allowed"
    assert done.refused.details["party"] == "浙江信诚工程咨询有限公司"
    assert (done.folder / "server.log").exists()
