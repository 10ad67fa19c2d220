"""`bidroom demo`: a whole demonstration on this machine, from nothing to links for every seat."""

from __future__ import annotations

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from pathlib import Path
from types import FrameType
from typing import Any

import click

from bidroom.cli import options
from bidroom.cli.rehearse import complain
from bidroom.cli.words import language
from bidroom.facts import Refused, instant
from bidroom.rehearsal.demo import Wish, perform
from bidroom.rehearsal.demo_words import SEATS, STEPS, TRIES
from bidroom.rehearsal.seats import LIVE, TOMORROW
from bidroom.rehearsal.show import Show, shown
from bidroom.rehearsal.words import say
from bidroom.web.seats import Plan

TERMINATED = 143


@click.command()
@click.option("--out", type=options.NEW, required=True, help="Folder for the records, the bundles and the receipts.")
@click.option("--port", type=click.IntRange(1, 65535), default=8765, show_default=True, help="Or the next free one.")
@click.option("--speed", type=click.FloatRange(1, 100), default=10.0, show_default=True, help="Of the demo's clock.")
@click.option("--once", is_flag=True, help="Play the second opening to its end at once, verify it, and stop.")
def demo(out: Path, port: int, speed: float, once: bool) -> None:
    """Show everything: an opening rehearsed and archived, one that begins in a minute, one tomorrow.

    Prints a link for every seat. Who opens a seat acts there; the others play by themselves.
    """
    with ended_in_order():
        try:
            wish = Wish(out, port, speed, once)
            perform(wish, Show(), tell, partial(show_links, wish))
        except Refused as refused:
            complain(refused)
            sys.exit(1)
        except KeyboardInterrupt:
            tell("stopped")


@contextmanager
def ended_in_order() -> Iterator[None]:
    """Whoever ends this process ends its server too."""
    before = {each: signal.signal(each, _end) for each in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)


def _end(_: int, __: FrameType | None) -> None:
    sys.exit(TERMINATED)


def tell(name: str, /, **values: Any) -> None:
    """One step of the demo."""
    tongue = language()
    if name == "verified":
        values["kind"] = say(STEPS, values["kind"], tongue)
    if name == "waits":
        values["seat"] = say(SEATS, values["seat"], tongue)
    click.echo(say(STEPS, name, tongue, **values))


def show_links(wish: Wish, url: str, plan: Plan, now: datetime) -> None:
    """The openings, and every seat in both languages with its link."""
    tell("results", out=wish.out)
    left = (instant(plan.openings[LIVE].deadline) - now).total_seconds() / wish.speed
    tell("live", title=plan.openings[LIVE].title, seconds=left)
    tell("tomorrow", title=plan.openings[TOMORROW].title)
    tell("clock", now=shown(now), speed=wish.speed)
    click.echo("\n" + "\n".join(lines(url, plan)) + "\n")
    if not wish.once:
        tell("stop")


def lines(url: str, plan: Plan) -> Iterator[str]:
    """What is said of the seats; each link stands on a line of its own, so that a click takes all of it."""
    yield from STEPS["links"]
    for seat in plan.seats:
        (zh, en), (tries_zh, tries_en) = SEATS[seat.name], TRIES[seat.name]
        yield f"\n{zh} {en} · {tries_zh} / {tries_en}"
        yield f"  {url}/seat/{seat.name}/enter/{seat.token}"
    yield "\n" + " ".join(STEPS["overview"])
    yield f"  {url}/seats/{plan.token}"
