"""What pages look like can be read: colours that differ enough, icons that exist, nothing that the CSP would drop."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from bidroom import templates_folder
from bidroom.web.assets import WEB

CSS = WEB / "ui" / "css"
BLOCK = re.compile(r"^( *)(:root[^{]*)\{(.*?)^\1\}", re.MULTILINE | re.DOTALL)
COLOUR = re.compile(r"--([\w-]+): (#[0-9a-f]{3,8});")
TEXTS = {
    "surface": ("ink", "ink2", "ink3", "accent", "ok", "bad", "warn", "info", "mute", "run"),
    "bg": ("ink", "ink2", "accent"),
    "raised": ("ink", "ink2"),
    "bad-row": ("ink", "ink3", "bad"),
    "accent-soft": ("ink", "ink2", "accent", "info"),
    "ok-b": ("ok", "ink"),
    "bad-b": ("bad", "ink"),
    "warn-b": ("warn", "ink"),
    "info-b": ("info", "ink"),
    "mute-b": ("mute", "ink", "ink2"),
    "run-b": ("run",),
    "accent-fill": ("on-accent",),
    "off": ("on-off",),
}
"""What is written on what."""
ICON = re.compile(r"(?:ui\.)?\b(?:icon|chip|banner|empty|hint)\((?:'\w+', *)?'([a-z0-9]+(?:-[a-z0-9]+)*)'")
KINDS = {"ok", "info", "warn", "bad", "wait", "run", "mute"}


@cache
def blocks() -> Mapping[str, str]:
    """The bodies of the blocks of variables by their selectors."""
    text = (CSS / "tokens.css").read_text("utf-8")
    return {match[2].strip(): match[3] for match in BLOCK.finditer(text)}


def colours(theme: str) -> dict[str, str]:
    found = dict(COLOUR.findall(blocks()[":root"]))
    return found if theme == "light" else found | dict(COLOUR.findall(blocks()[':root[data-theme="dark"]']))


def luminance(colour: str) -> float:
    """Relative luminance as WCAG has it."""
    digits = colour[1:] if len(colour) == 7 else "".join(each * 2 for each in colour[1:])
    parts = [int(digits[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_dark_is_the_same_by_the_system_and_by_the_switch() -> None:
    chosen = COLOUR.findall(blocks()[':root[data-theme="dark"]'])
    system = COLOUR.findall(blocks()[':root:not([data-theme="light"])'])
    assert chosen == system
    assert len(chosen) > 30


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_can_be_read_on_their_ground(theme: str) -> None:
    found = colours(theme)
    pairs = {(text, ground): contrast(found[text], found[ground]) for ground, texts in TEXTS.items() for text in texts}
    assert {pair: round(ratio, 2) for pair, ratio in pairs.items() if ratio < 4.5} == {}


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_the_borders_of_fields_and_the_focus_can_be_seen(theme: str) -> None:
    found = colours(theme)
    for name in ("line-strong", "focus", "ok-f", "bad-f"):
        assert contrast(found[name], found["surface"]) >= 3, name


def test_every_variable_that_is_used_is_there() -> None:
    text = "".join(path.read_text("utf-8") for path in CSS.glob("*.css"))
    assert sorted(set(re.findall(r"var\(--([\w-]+)", text)) - set(re.findall(r"--([\w-]+):", text))) == []


@pytest.mark.parametrize("path", sorted(templates_folder().rglob("*.html")), ids=lambda path: path.name)
def test_a_template_has_nothing_that_the_policy_drops(path) -> None:  # type: ignore[no-untyped-def]
    text = re.sub(r"\{#.*?#\}", "", path.read_text("utf-8"), flags=re.DOTALL)
    assert re.findall(r"<[^>]*\s(?:style|on[a-z]+)\s*=", text) == []
    assert re.findall(r"<style\b|<script(?![^>]*\ssrc=)|(?:src|href)=[\"']https?:", text) == []


def test_every_icon_of_a_template_is_in_the_sprite() -> None:
    names = set(json.loads((WEB / "ui" / "icons.json").read_text("utf-8")))
    used = {name for path in templates_folder().rglob("*.html") for name in ICON.findall(path.read_text("utf-8"))}
    assert len(used) > 20
    assert sorted(used - names - KINDS) == []


@pytest.mark.parametrize("path", sorted(templates_folder().rglob("*.html")), ids=lambda path: path.name)
def test_no_form_is_sent_by_an_early_click(path: Path) -> None:
    """Before a page's code is there the browser would put everything typed, a password too, into the address."""
    for form in re.findall(r"<form\b[^>]*", path.read_text("utf-8")):
        assert re.search(r'\bmethod="(dialog|post|get)"', form), form
        if 'method="get"' in form:
            assert "search" in form, form
