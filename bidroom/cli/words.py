"""What the command line says: refusals in the user's language, from the catalogues that the server uses too."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path

import click
from babel.messages.pofile import read_po

import bidroom
from bidroom.facts import Refused

LOCALE = Path(bidroom.__file__).parent / "web" / "locale"
FOLDERS: Mapping[str, str] = {"zh-CN": "zh_Hans_CN", "en": "en"}
REFUSED = 1
UNREADABLE = frozenset({"scenario_malformed", "scenario_field_not_supported", "scenario_unreadable"})
"""What was given cannot be read at all: exit code 2, as for a wrong option."""


def language() -> str:
    """zh-CN or en: BIDROOM_LANGUAGE, else what the environment speaks; zh-CN where it names neither."""
    named = next(filter(None, map(os.environ.get, ("BIDROOM_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return "en" if named.lower().startswith("en") else "zh-CN"


@cache
def catalogue(tongue: str, context: str | None = None) -> Mapping[str, str]:
    """Reason (or, in the context "cause", cause) to sentence."""
    with (LOCALE / FOLDERS[tongue] / "LC_MESSAGES" / "messages.po").open("rb") as file:
        found = read_po(file, locale=FOLDERS[tongue])
    return {str(m.id): str(m.string) for m in found if m.id and m.string and not m.fuzzy and m.context == context}


def sentence(refused: Refused, tongue: str | None = None) -> str:
    """The refusal in words, with its place; a server's own words are taken as they came."""
    tongue = tongue or language()
    told = refused.details.get("detail")
    if isinstance(told, str):
        return f"{told} [{refused.reason}]"
    text = catalogue(tongue).get(refused.reason, refused.reason)
    cause = str(refused.details["cause"]) if refused.details.get("cause") else None
    inner = [each for each in (refused.field, cause and catalogue(tongue, "cause").get(cause, cause)) if each]
    if inner:
        text = f"{text}（{'：'.join(inner)}）" if tongue == "zh-CN" else f"{text} ({': '.join(inner)})"
    return f"{text} [{refused.reason}]"


@contextmanager
def told(place: str | None = None) -> Iterator[None]:
    """Let a refusal end the program: its sentence on stderr, exit code 1, or 2 where the input cannot be read.

    `place` is the file's name; a refusal that knows its line is told as file:line.
    """
    try:
        yield
    except Refused as refused:
        line = refused.details.get("line")
        where = f"{place}:{line}: " if place and line else ""
        click.echo(where + sentence(refused), err=True)
        sys.exit(2 if refused.reason in UNREADABLE else REFUSED)
