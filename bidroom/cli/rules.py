"""`bidroom rules`: the tables that run every tender and every opening, as a page to read."""

from __future__ import annotations

from collections.abc import Iterator

import click

from bidroom.machine import Row, Table
from bidroom.rules import TABLES

HEAD = """# The rules, as the house runs them

Made by `bidroom rules` from the very tables that decide every command; a test holds the two together. A command is
allowed in the phases *at*, to those in *who*, if everything in *needs* is so; what is not so is the name of the
refusal. It leaves *fact* in the log and moves the phase *to*; with – the phase stays.

A command that is *signed* carries its actor's signature over its exact bytes. What the *clock* does falls due by
itself. Every command is checked in the order in which *needs* stands, and the first that is not so is told; what the
names mean is said in zh-CN and English in `bidroom/web/locale/`. Each stream (a tender, an organization, the centre)
has a log of its own; a tender's is decided by two of the tables, *tender* and *opening*.
"""
COLUMNS = ("at", "command", "who", "needs", "fact", "to")


@click.command()
def rules() -> None:
    """Print every phase, command, guard and fact as a Markdown page."""
    click.echo("\n".join(page(TABLES)))


def page(tables: tuple[Table, ...]) -> Iterator[str]:
    """The lines of the page, a table of Markdown for each table of rules."""
    yield HEAD
    for table in tables:
        yield f"## {table.name}\n"
        yield f"A stream of the kind *{table.kind}*.\n"
        yield f"| {' | '.join(COLUMNS)} |"
        yield f"|{'---|' * len(COLUMNS)}"
        yield from (_line(row) for row in table.rows)
        yield ""


def _line(row: Row) -> str:
    signed = f"`{row.on}`" + (" (signed)" if row.signed else "")
    facts = ", ".join(f"`{fact}`" for fact in (row.fact, *row.also))
    needs = "<br>".join(f"`{guard.__name__}`" for guard in row.needs) or "–"
    return f"| {', '.join(row.at)} | {signed} | {', '.join(row.who)} | {needs} | {facts} | {row.to or '–'} |"
