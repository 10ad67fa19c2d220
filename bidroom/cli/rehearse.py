"""`bidroom rehearse`: a whole opening from a scenario, by real clients, in compressed time."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click

from bidroom import demo_folder
from bidroom.cli import options
from bidroom.cli.words import language, sentence, told
from bidroom.facts import Refused
from bidroom.rehearsal.director import rehearse as act
from bidroom.rehearsal.reading import read
from bidroom.rehearsal.show import Show
from bidroom.rehearsal.words import ENDS, LABELS, say


def shipped() -> Mapping[str, Path]:
    """The scenarios that come with the package, by name."""
    return {path.stem: path for path in sorted((demo_folder() / "scenarios").glob("*.yaml"))}


class ScenarioFile(click.Path):
    """A scenario's file, or the name of one that comes with the package."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The path; a file of that name goes before the package's."""
        named = shipped().get(str(value))
        return super().convert(value if named is None or Path(value).is_file() else named, param, ctx)


@click.command()
@click.argument("scenario", type=ScenarioFile(exists=True, dir_okay=False, path_type=Path))
@click.option("--out", type=options.NEW, required=True, help="Folder for the record, the bundles and the receipts.")
@click.option("--url", help="A running server in demo mode; without it one is started.")
@click.option("--speed", type=click.FloatRange(1, 10_000), default=60.0, show_default=True, help="Of the own server.")
def rehearse(scenario: Path, out: Path, url: str | None, speed: float) -> None:
    """Rehearse SCENARIO, and write what came of it into the folder of --out.

    SCENARIO is a YAML file, or one of those that come with the package: ordinary, trouble, under-minimum.

    Very many bidders on a slow machine need a lower --speed: a window of ten minutes is ten seconds at 60.
    """
    with told(str(scenario)):
        play = read(scenario)
    show = Show()
    try:
        with show.running(play.title):
            record = act(play, out, url, speed, show)
    except Refused as refused:
        complain(refused)
        sys.exit(1)
    for line in ends(record, out, language()):
        click.echo(line)


def ends(record: Mapping[str, Any], out: Path, tongue: str) -> Iterator[str]:
    """How each lot ended, and where everything lies."""
    for lot in record["lots"]:
        opened = sum(bidder["outcome"] == "opened" for bidder in lot["bidders"])
        end = say(ENDS, lot["reason"] or "announced", tongue)
        counts = {"counted": lot["counted"], "opened": opened}
        yield say(LABELS, "end", tongue, no=lot["no"], name=lot["name"], end=end, **counts)
    yield say(LABELS, "results", tongue, out=out)


def complain(refused: Refused) -> None:
    """Why the rehearsal failed: who was refused what, and what else is known of it."""
    party = refused.details.get("party")
    click.echo((f"{party}: " if party else "") + sentence(refused), err=True)
    for name in ("expected", "found", "phase", "waiting", "said"):
        if refused.details.get(name) is not None:
            click.echo(f"  {name}: {refused.details[name]}", err=True)
