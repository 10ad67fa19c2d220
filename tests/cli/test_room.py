"""A client's seat in the room: every event once, in order, whatever the network does."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from bidroom.cli.client import Client
from bidroom.cli.room import OWN, ROOM, Room

LOG = {ROOM: [f"r{number}" for number in range(1, 8)], OWN: ["o1", "o2"]}


class Seat(Room):
    """A room whose server answers from a list."""

    def __init__(self, told: Mapping[str, int], channels: tuple[str, ...] = (ROOM, OWN)) -> None:
        super().__init__(Client("http://127.0.0.1:1"), "5e" * 16, channels=channels)
        self.told = dict(told)
        self.asked: list[tuple[str, int]] = []
        self._join()

    def _ask(self, name: str, document: Mapping[str, Any]) -> Mapping[str, Any]:
        if name == "join":
            return {"channels": self.told}
        channel, after = document["channel"], document["after"]
        self.asked.append((channel, after))
        page = LOG[channel][after : min(after + 3, self.told[channel])]
        return {"prev": after, "seq": after + len(page), "events": [{"type": each} for each in page]}

    def push(self, channel: str, prev: int, seq: int) -> None:
        """The server tells prev + 1 to seq."""
        self.told[channel] = max(self.told[channel], seq)
        events = [{"type": each} for each in LOG[channel][prev:seq]]
        self._heard({"tender": "5e" * 16, "channel": channel, "prev": prev, "seq": seq, "events": events})

    def heard(self) -> list[str]:
        """What is news now."""
        return [event["type"] for _, event in self.news()]


@pytest.fixture
def seat() -> Seat:
    return Seat({ROOM: 0, OWN: 0})


def test_what_is_pushed_is_news_once(seat: Seat) -> None:
    seat.push(ROOM, 0, 2)
    seat.push(OWN, 0, 1)
    assert seat.heard() == ["r1", "r2", "o1"]
    assert seat.heard() == []
    assert seat.asked == []


def test_a_gap_is_asked_for(seat: Seat) -> None:
    seat.push(ROOM, 0, 1)
    seat.push(ROOM, 4, 5)
    assert seat.heard() == ["r1", "r2", "r3", "r4", "r5"]
    assert seat.asked[0] == (ROOM, 1)


def test_pushes_that_overtake_one_another_are_put_in_order(seat: Seat) -> None:
    seat.push(ROOM, 2, 4)
    seat.push(ROOM, 0, 2)
    assert seat.heard() == ["r1", "r2", "r3", "r4"]


def test_what_comes_twice_is_heard_once(seat: Seat) -> None:
    seat.push(ROOM, 0, 3)
    seat.push(ROOM, 0, 3)
    seat.push(ROOM, 1, 2)
    assert seat.heard() == ["r1", "r2", "r3"]


def test_catching_up_goes_through_all_pages() -> None:
    seat = Seat({ROOM: 7, OWN: 2})
    assert [event["type"] for _, event in seat.catch_up()] == [*LOG[ROOM], *LOG[OWN]]
    assert list(seat.catch_up()) == []


def test_what_was_caught_up_with_is_not_heard_again() -> None:
    seat = Seat({ROOM: 3, OWN: 0})
    assert [event["type"] for _, event in seat.catch_up()] == ["r1", "r2", "r3"]
    seat.push(ROOM, 1, 3)
    seat.push(ROOM, 3, 4)
    assert seat.heard() == ["r4"]


def test_only_the_channels_one_wants_are_heard() -> None:
    seat = Seat({ROOM: 1, OWN: 1}, channels=(ROOM,))
    seat.push(OWN, 1, 2)
    assert seat.heard() == []
    assert [event["type"] for _, event in seat.catch_up()] == ["r1"]
