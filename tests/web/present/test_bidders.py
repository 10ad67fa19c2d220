"""The bidders' table: one chip for every state of a bid."""

from __future__ import annotations

import pytest

from bidroom.facts import Role
from bidroom.opening.notice import deposit_state
from bidroom.opening.record import flags
from bidroom.opening.state import Phase
from bidroom.web.present.bidders import MOST_SEGMENTS, BidderRow, Deposits
from tests.builders import Plan, World, member, published, reached
from tests.opening import cases
from tests.web.present.showing import WORLDS, crowd, damaged, disturbed, room_of

P = Phase


def rows(world: World, role: Role = Role.HOST, lot: int = 1) -> dict[str, BidderRow]:
    """The rows of a lot, by the bidder's key."""
    keys = {digest: key for digest, (key, _) in world.bids.items()}
    return {keys[row.digest]: row for row in room_of(world, role).lots[lot - 1].bidders.rows}


def states(world: World, role: Role = Role.HOST) -> dict[str, tuple[str, str]]:
    return {key: (row.state.text, row.why) for key, row in rows(world, role).items()}


def test_while_keys_are_released() -> None:
    world = disturbed("SuspendOpening")
    assert states(world) == {
        "甲": ("已提交密钥", ""), "乙": ("待提交", ""), "丙": ("提交失败", "所用证书打不开密钥片"),
    }  # fmt: skip
    assert states(world, Role.BIDDER)["丙"] == ("待提交", "")
    assert rows(world)["甲"].state.at
    progress = room_of(world, Role.ANYONE).lots[0].bidders.progress
    assert progress is not None
    assert (progress.done, progress.of, sorted(progress.segments)) == (1, 3, ["done", "wait", "wait"])


def test_a_release_after_a_report_counts() -> None:
    world = reached(P.DECRYPTING)
    world.give("甲", "ReportReleaseFailure", {"digest": world.digest_of("甲"), "layer": "share", "serial": "5f"})
    assert states(world)["甲"] == ("提交失败", "密钥片缺失或损坏")
    assert states(world.release("甲"))["甲"] == ("已提交密钥", "")


def test_before_the_command_nobody_owes_a_key() -> None:
    assert set(states(reached(P.CHECKED)).values()) == {("待解密指令", "")}
    assert room_of(reached(P.CHECKED), Role.HOST).lots[0].bidders.progress is None


def test_who_did_not_release_and_what_is_ruled() -> None:
    world = cases.one_missing()
    assert states(world)["丙"] == ("未提交", "未在时限内提交密钥")
    assert states(world)["甲"] == ("已解密", "")
    assert rows(world)["丙"].is_trouble
    ruled = cases.ruled()
    assert states(ruled)["丙"] == ("视为撤销", "未在时限内提交密钥")
    assert rows(ruled)["丙"].is_failed
    assert not rows(ruled)["丙"].is_trouble
    assert room_of(world, Role.HOST).trouble == 1


def test_a_failed_decryption_names_its_layer() -> None:
    world = reached(P.CLOSING)
    world.failing = {world.digest_of("乙"): "payload"}
    assert states(world.open())["乙"] == ("解密失败", "密文校验不通过")
    world.give("agent", "RuleAttribution", {"digest": world.digest_of("乙"), "fault": "other", "reason": "平台故障"})
    assert states(world)["乙"] == ("视为撤回", "密文校验不通过")


def test_a_holders_lapse_is_no_bidders_fault() -> None:
    assert set(states(cases.lapsed()).values()) == {("视为撤回", "密钥持有人未提交")}


def test_a_disputed_share() -> None:
    world = reached(P.CHECKED)
    world.preflight([world.digest_of("甲")]).decrypt().release_all()
    assert states(world)["甲"] == ("存在争议", "密钥片存在争议")


def test_an_ended_lot_stays_sealed() -> None:
    world = WORLDS["two lots"]()
    first, second = room_of(world, Role.HOST).lots
    assert {row.state.text for row in first.bidders.rows} == {"保持密封"}
    assert {row.state.text for row in second.bidders.rows} == {"待解密指令"}
    assert first.state is not None
    assert (first.state.text, first.state.more, first.because) == ("已终止", "主持人决定", "重大变更")
    assert second.state is None


def test_a_damaged_file_is_seen_by_all() -> None:
    world = damaged()
    seals = {key: row.seal.text for key, row in rows(world, Role.ANYONE).items() if row.seal}
    assert seals == {"甲": "密文与回执一致", "乙": "密文损坏", "丙": "密文与回执一致"}
    assert rows(world, Role.ANYONE)["乙"].is_trouble


def test_nothing_is_said_of_a_file_that_was_not_checked() -> None:
    assert {row.seal for row in rows(cases.extracted()).values()} == {None}
    assert {row.deposit for row in rows(cases.extracted()).values()} == {None}


# --- deposits


def paid(**of: str) -> World:
    """Three bidders, each with another deposit."""
    world = published()
    world.deposit("甲", kind="guarantee")
    world.deposit("乙", amount="1.00")
    for key in ("甲", "乙", "丙"):
        world.submit(key)
    return world.past_deadline()


def test_deposits_as_the_record_has_them() -> None:
    world = paid()
    chips = {key: row.deposit.text for key, row in rows(world).items() if row.deposit}
    assert chips == {"甲": "保函", "乙": "金额不足", "丙": "未缴纳"}
    assert room_of(world, Role.ANYONE).lots[0].counts == ("投标文件 3 份", "已核验保证金 1 份")


@pytest.mark.parametrize("name", [name for name in WORLDS if name not in ("scheduled", "sign_in")])
def test_what_is_looked_up_once_is_what_the_rules_say(name: str) -> None:
    opening = WORLDS[name]().opening
    told = Deposits(opening)
    for bid in opening.bids.values():
        assert told.state_of(bid) == deposit_state(opening, bid.organization, bid.lot)
        assert flags(told.narrowed(bid), bid, None) == flags(opening, bid, None)


def test_a_shared_account_is_found_in_what_is_looked_up() -> None:
    world = published(Plan(lots=2))
    for key, lot in (("甲", 1), ("乙", 2)):
        world.give(
            "clerk", "RegisterDeposit",
            {"organization": member(key).id, "kind": "paid", "amount": "800000.00",
             "received_at": world.clock.at.isoformat(), "basic_account": False},
            lot, evidence={"account": "ab" * 32},
        )  # fmt: skip
        world.submit(key, lot)
    opening = world.past_deadline().opening
    told = Deposits(opening)
    for bid in opening.bids.values():
        assert "shared_account" in flags(told.narrowed(bid), bid, None)


def test_many_bids_are_one_bar() -> None:
    world = crowd(reached(P.DECRYPTING), MOST_SEGMENTS + 1)
    progress = room_of(world, Role.ANYONE).lots[0].bidders.progress
    assert progress is not None
    assert (progress.of, progress.segments) == (MOST_SEGMENTS + 1, ())
