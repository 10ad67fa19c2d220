"""The room for everyone, in every phase: what must not be seen is not there, and a page can follow the opening live."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from functools import cache
from itertools import pairwise

import pytest

from bidroom.facts import Refused, Role, StreamKind
from bidroom.machine import begin, fold
from bidroom.opening import visibility
from bidroom.opening.state import Phase
from bidroom.opening.visibility import names_are_shown
from bidroom.web.assets import WEB
from bidroom.web.parts import Part, parse, patches
from bidroom.web.present.sentences import SENTENCES
from tests.builders import BIDDERS, World, member, published, reached
from tests.opening import cases
from tests.web.present.showing import LANGUAGES, ROLES, WORLDS, crowd, forms_of, markup, room_of, silent

P = Phase
MANY = ("甲", "乙", "丙", "丁", "戊", "己", "庚", "辛", "壬")
EVERYBODY = pytest.mark.parametrize("role", ROLES)
EVERYWHERE = pytest.mark.parametrize("name", WORLDS)
FORBIDDEN = re.compile(r"<style|<script|\sstyle=|\son[a-z]+=|javascript:|https?://", re.IGNORECASE)
SAME_NAME = re.compile(r'\A\s*<[a-z]+[^>]*\bid="([^"]+)"')
CHINESE = re.compile(r"[一-鿿]")


ICON = re.compile(r'<use href="[^"#]*#([^"]+)"')


@cache
def icons() -> set[str]:
    """Those that the sprite is made of."""
    return set(json.loads((WEB / "ui" / "icons.json").read_text("utf-8")))


def test_every_line_of_the_chronicle_has_its_icon() -> None:
    assert {sentence.icon for sentence in SENTENCES.values()} <= icons()


def parts_of(part: Part) -> Iterator[Part]:
    for each in part.children:
        yield each
        yield from parts_of(each)


@EVERYWHERE
@EVERYBODY
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_phase_can_be_shown_to_everyone(name: str, role: Role, language: str) -> None:
    page = parse(markup(WORLDS[name](), role, language))
    named = {part.id: SAME_NAME.match(part.html) for part in parts_of(page)}
    assert {id: found and found[1] for id, found in named.items()} == {id: id for id in named}
    assert FORBIDDEN.search(page.html) is None
    ids = re.findall(r'\bid="([^"]+)"', page.html)
    assert len(ids) == len(set(ids))
    assert set(ICON.findall(page.html)) <= icons()


@EVERYWHERE
def test_the_same_is_rendered_twice(name: str) -> None:
    world = WORLDS[name]()
    assert markup(world, Role.HOST) == markup(world, Role.HOST)


# --- what is secret


def entered(*keys: str) -> World:
    """Sign-in is open; these have bid, paid, and signed in."""
    world = published().register("戊", "己", "庚", "辛", "壬")
    for key in keys:
        world.deposit(key)
        world.submit(key)
    world.to_sign_in()
    for key in keys:
        world.give(key, "SignIn")
    return world


@EVERYBODY
@pytest.mark.parametrize("language", LANGUAGES)
def test_before_the_extraction_two_bids_look_like_nine(role: Role, language: str) -> None:
    pages = {markup(entered(*keys), role, language) for keys in ((), MANY[:2], MANY)}
    assert len(pages) == 1


@EVERYWHERE
@EVERYBODY
def test_nobody_reads_a_name_that_is_withheld(name: str, role: Role) -> None:
    world = WORLDS[name]()
    html = markup(world, role)
    known = {key for key in BIDDERS if member(key).name in html or member(key).uscc in html or member(key).id in html}
    allowed = names_are_shown(world.opening, role)
    assert known == (set(BIDDERS[: len(known)]) if allowed else set())
    assert not allowed or known


@EVERYWHERE
@EVERYBODY
def test_no_price_is_there_before_the_announcement(name: str, role: Role) -> None:
    world = WORLDS[name]()
    html = markup(world, role)
    prices = {form["price"] for form in forms_of(world).values()}
    shown = {price for price in prices if f"{float(price):,.2f}" in html or price in html}
    if world.opening.announced_at is None:
        assert shown == set()
    else:
        opened = {bid.digest for bid in world.opening.bids.values() if bid.opened}
        assert shown == {forms_of(world)[digest]["price"] for digest in opened}


@EVERYWHERE
@EVERYBODY
def test_rows_say_what_the_visibility_lets_this_role_see(name: str, role: Role) -> None:
    world = WORLDS[name]()
    view = visibility.room_view(world.opening, role)
    page = room_of(world, role)
    told = {
        (lot["no"], bid["digest"]): (bid["bidder"]["no"], bid["bidder"].get("name") or "", bid["signed_in"])
        for lot in view.get("lots", ())
        for bid in lot["bids"]
    }
    shown = {
        (lot.no, row.digest): (row.label.no, row.label.name, row.signed_in.kind == "ok")
        for lot in page.lots
        for row in lot.bidders.rows
    }
    assert shown == told


@pytest.mark.parametrize("role", [Role.TENDEREE, Role.BIDDER, Role.CLERK, Role.ANYONE])
@EVERYWHERE
def test_deposits_of_one_bidder_are_for_those_who_know_the_names(name: str, role: Role) -> None:
    page = room_of(WORLDS[name](), role)
    assert not any(row.deposit for lot in page.lots for row in lot.bidders.rows)


@pytest.mark.parametrize(("role", "hears"), [(Role.HOST, True), (Role.TENDEREE, True), (Role.BIDDER, False)])
def test_a_reported_failure_is_for_the_room_alone(role: Role, hears: bool) -> None:
    html = markup(WORLDS["suspended"](), role)
    assert ("所用证书打不开密钥片" in html) == hears
    assert ("7B21E4" in html) == hears


@pytest.mark.parametrize(("role", "hears"), [(Role.BIDDER, True), (Role.CLERK, False), (Role.ANYONE, False)])
def test_when_somebody_signed_in_is_for_those_inside(role: Role, hears: bool) -> None:
    world = entered(*BIDDERS).past_deadline()
    rows = room_of(world, role).lots[0].bidders.rows
    assert [bool(row.signed_in.at) for row in rows] == [hears] * 3
    assert room_of(silent(world), role).lots[0].bidders.rows[0].signed_in.text == "未签到"


# --- live


@EVERYBODY
def test_a_page_follows_the_opening_from_part_to_part(role: Role) -> None:
    """Nothing outside of parts ever changes, and no patch is of the whole page."""
    world = reached(P.CLOSED)
    seen = (parse(markup(earlier(world, size), role)) for size in range(3, len(world.log) + 1))
    for old, new in pairwise(seen):
        there = {part.id for part in parts_of(old)}
        for patch in patches(old, new):
            assert (patch["into"] if patch["op"] == "insert" else patch["id"]) in there


def earlier(world: World, size: int) -> World:
    """The world as it was after so many entries."""
    other, state = world.copy(), begin(world.tables, StreamKind.TENDER)
    for entry in world.log[:size]:
        state = fold(world.tables, state, entry)
    other.entries[world.plan.id], other.states[world.plan.id] = world.log[:size], state
    return other


@EVERYWHERE
def test_what_goes_on_in_one_row_changes_that_row(name: str) -> None:
    world = WORLDS[name]()
    if world.phase is not P.DECRYPTING or world.opening.outage:
        return
    before = parse(markup(world, Role.BIDDER))
    world.release("乙")
    touched = {patch.get("id") or patch.get("into") for patch in patches(before, parse(markup(world, Role.BIDDER)))}
    no = world.opening.numbers(1)[member("乙").id]
    assert f"b-1-{no}" in touched
    assert touched <= {f"b-1-{no}", "bidders-1-h", "stats", "log-list"}


def test_every_command_leaves_a_page_that_can_be_shown_and_patched() -> None:
    for command, made in cases.GOOD.items():
        attempt = made()
        world = attempt.world.copy()
        before = [parse(markup(world, role)) for role in ROLES]
        world.do(attempt.actor, attempt.command)
        for role, old in zip(ROLES, before, strict=True):
            try:
                patches(old, parse(markup(world, role)))
            except (Refused, ValueError) as fault:
                raise AssertionError(f"{command} for {role}") from fault


# --- languages, and size


@EVERYWHERE
def test_english_is_english(name: str) -> None:
    world = WORLDS[name]()
    html = markup(world, Role.SUPERVISOR, "en")
    said = re.sub(r'<span lang="zh-CN">.*?</span>|data-say="[^"]*"', "", html)
    for given in written_by_people(world):
        said = said.replace(given, "")
    assert CHINESE.findall(said) == []


def written_by_people(world: World) -> list[str]:
    """Names, titles and reasons stay as they were written, the longest first."""
    opening, terms = world.opening, world.opening.the_terms
    texts = {terms.title, *(lot.name for lot in terms.lots), *(party.name for party in opening.parties.values())}
    texts |= {host.name for host in opening.the_timeline.hosts} | {"周启明"}
    for entry in world.log:
        texts |= {str(entry.body[key]) for key in ("reason", "text", "because") if entry.body.get(key)}
    return sorted(texts | {name[:1] for name in texts if name.endswith("公司")}, key=len, reverse=True)


def test_five_hundred_bidders_can_be_shown() -> None:
    """Far above what it takes; what grows with the square of the bidders takes longer."""
    world = crowd(reached(P.ANNOUNCING), 500)
    markup(world, Role.BIDDER)
    began = time.perf_counter()
    page = parse(markup(world, Role.HOST))
    assert time.perf_counter() - began < 2.5
    assert sum(part.id.startswith("b-1-") for part in parts_of(page)) == 500
