"""Objections and answers, and the chronicle of everything."""

from __future__ import annotations

import re

import pytest

from bidroom.facts import Role
from bidroom.opening.decryption import LAYERS as REPORTED
from bidroom.opening.state import Phase
from bidroom.opening.visibility import IN_THE_ROOM, PUBLIC, SECRET_UNTIL_EXTRACTION
from bidroom.web.present.chips import layers
from bidroom.web.present.chronicle import MOST
from bidroom.web.present.sentences import SENTENCES
from bidroom.web.workers import LAYERS as FOUND
from tests.builders import Plan, World, published, reached
from tests.opening import cases
from tests.web.present.showing import LANGUAGES, room_of, seen_by, speaking

P = Phase
CHINESE = re.compile(r"[一-鿿]")


def test_an_objection_waits_until_it_is_answered() -> None:
    world = cases.objected(reached(P.ANNOUNCING))
    talk = room_of(world, Role.ANYONE).talk
    (one,) = talk.messages
    assert (talk.waiting, one.by, one.mark, one.ruling.text, one.answer) == (1, "甲公司", "甲", "待答复", "")


@pytest.mark.parametrize(("ruling", "words"), [("upheld", "成立"), ("rejected", "不成立"), ("referred", "转交")])
def test_an_answer_says_how_it_was_ruled(ruling: str, words: str) -> None:
    talk = room_of(cases.upheld(reached(P.ANNOUNCING), ruling), Role.BIDDER).talk
    (one,) = talk.messages
    assert (talk.waiting, one.ruling.text, one.answer, bool(one.answered_at)) == (0, words, "已核对", True)


def test_who_objects_has_a_number_as_long_as_names_are_withheld() -> None:
    world = reached(P.DECRYPTING, Plan(lots=2))
    world.give("乙", "RaiseObjection", {"text": "无法提交"}, 2)
    world.give("乙", "RaiseObjection", {"text": "仍无法提交"})
    numbers = {lot: world.opening.numbers(lot)[next(b.organization for b in world.opening.bids.values()
               if b.digest == world.digest_of("乙", lot))] for lot in (1, 2)}  # fmt: skip
    newest, older = room_of(world, Role.BIDDER).talk.messages
    assert older.by == f"第 2 标段 投标人 {numbers[2]}"
    assert newest.by == f"第 1 标段 投标人 {numbers[1]}、第 2 标段 投标人 {numbers[2]}"
    assert (older.about, newest.about) == ("第 2 标段", "")
    assert room_of(world, Role.HOST).talk.messages[0].by == "乙公司"


# --- the chronicle


def told(world: World, role: Role = Role.HOST) -> dict[str, str]:
    return {line.type: line.text for line in room_of(world, role).chronicle}


def everything() -> dict[str, set[str]]:
    """What is said of every fact that any good command makes, to those who are told most."""
    said: dict[str, set[str]] = {}
    for made in cases.GOOD.values():
        attempt = made()
        world = attempt.world.copy()
        world.do(attempt.actor, attempt.command)
        for line in room_of(world, Role.SUPERVISOR).chronicle:
            said.setdefault(line.type, set()).add(line.text)
    return said


def test_every_fact_that_anybody_is_told_of_has_its_sentence() -> None:
    assert set(SENTENCES) == PUBLIC | IN_THE_ROOM | SECRET_UNTIL_EXTRACTION


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_can_be_said(language: str) -> None:
    with speaking(language):
        said = everything()
        missing = set(SENTENCES) - set(said) - {"TimelineAmended", "BidderSignedIn"}
        assert missing == set()
        late = reached(P.CHECKED)
        late.give("甲", "SignIn")
        early = published().amend()
        more = {**told(late), **told(early)}
    assert {"TimelineAmended", "BidderSignedIn"} <= set(more)
    texts = {text for each in said.values() for text in each} | set(more.values())
    assert all(text and "%(" not in text for text in texts)
    if language == "zh-CN":
        assert all(CHINESE.search(text) for text in texts)


def test_lines_are_numbered_as_the_channel_and_the_newest_is_first() -> None:
    world = reached(P.CLOSED)
    for role in (Role.HOST, Role.ANYONE):
        lines = room_of(world, role).chronicle
        assert [line.no for line in lines] == list(range(len(seen_by(world, role)), 0, -1))


def test_only_the_last_are_shown() -> None:
    world = reached(P.CHECKED)
    for no in range(MOST + 5):
        world.give("supervisor", "Remind", {"text": f"第 {no} 次"})
    lines = room_of(world, Role.HOST).chronicle
    assert (len(lines), lines[0].text) == (MOST, f"行政监督提醒：第 {MOST + 4} 次")
    assert lines[-1].no == len(seen_by(world, Role.HOST)) - MOST + 1


def test_names_come_into_the_chronicle_when_they_are_shown() -> None:
    assert re.fullmatch(r"投标人 \d 已提交密钥", told(reached(P.CLOSING), Role.BIDDER)["ShareReleased"])
    assert re.fullmatch(r".公司 已提交密钥", told(reached(P.ANNOUNCING), Role.BIDDER)["ShareReleased"])
    assert re.fullmatch(r".公司 已提交密钥", told(reached(P.CLOSING), Role.HOST)["ShareReleased"])


def test_a_lot_is_named_where_there_are_several() -> None:
    released = reached(P.DECRYPTING, Plan(lots=2)).release("乙", 2)
    assert told(released)["ShareReleased"] == "第 2 标段 乙公司 已提交密钥"
    assert told(reached(P.CHECKED, Plan(lots=2)))["BidsChecked"].startswith("第 1 标段：核查完成")
    assert told(reached(P.CHECKED))["BidsChecked"].startswith("核查完成")


def test_every_layer_that_a_bid_can_fail_at_has_words() -> None:
    assert {*REPORTED, *FOUND.values(), "stanza", "holder"} <= set(layers())
