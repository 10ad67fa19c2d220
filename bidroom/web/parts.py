"""A rendered page as a tree of parts, and what turns one rendering into the next.

Templates mark an element as a part with `{% part "its-id" %}<tr id="its-id">…</tr>{% endpart %}`. The marks are HTML
comments, which nobody's text can forge (it is escaped), and never leave the server.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from jinja2 import nodes
from jinja2.ext import Extension
from jinja2.parser import Parser

MARK = re.compile(r"<!--\[([A-Za-z][A-Za-z0-9_-]*)-->|<!--\]-->")

Patch = dict[str, Any]
"""{op: morph, id, html} | {op: insert, into, before: id or null, html} | {op: remove, id}."""


class PartExtension(Extension):
    """`{% part id %}…{% endpart %}`."""

    tags = {"part"}  # noqa: RUF012 - what Jinja declares it as

    def parse(self, parser: Parser) -> list[nodes.Node]:
        """The body between two marks."""
        line = next(parser.stream).lineno
        name = parser.parse_expression()
        body = parser.parse_statements(("name:endpart",), drop_needle=True)
        begin = nodes.Output([nodes.TemplateData("<!--["), name, nodes.TemplateData("-->")], lineno=line)
        return [begin, *body, nodes.Output([nodes.TemplateData("<!--]-->")], lineno=line)]


@dataclass(frozen=True)
class Part:
    """One element by its id (the whole page has none): its markup, in which other parts stand."""

    id: str
    pieces: tuple[str | Part, ...]

    @cached_property
    def html(self) -> str:
        """Its markup, without marks."""
        return "".join(piece if isinstance(piece, str) else piece.html for piece in self.pieces)

    @cached_property
    def digest(self) -> str:
        """What tells one rendering from another, 32 hex digits."""
        return hashlib.sha256(self.html.encode()).hexdigest()[:32]

    @cached_property
    def children(self) -> tuple[Part, ...]:
        """The parts directly inside."""
        return tuple(piece for piece in self.pieces if isinstance(piece, Part))

    @cached_property
    def frame(self) -> tuple[str, ...]:
        """Its own markup before, between and after its parts; blanks around it tell nothing."""
        texts = [""]
        for piece in self.pieces:
            if isinstance(piece, Part):
                texts.append("")
            else:
                texts[-1] += piece
        return tuple(text.strip() for text in texts)

    @cached_property
    def is_list(self) -> bool:
        """Whether it holds parts and nothing between them."""
        return len(self.frame) > 1 and not any(self.frame[1:-1])


def parse(markup: str) -> Part:
    """The tree of a rendered template; ValueError where marks do not pair or an id stands twice."""
    stack: list[tuple[str, list[str | Part]]] = [("", [])]
    seen: set[str] = set()
    end = 0
    for mark in MARK.finditer(markup):
        _text(stack, markup[end : mark.start()])
        end = mark.end()
        if mark[1] is None:
            _close(stack)
        elif mark[1] in seen:
            raise ValueError(f"part {mark[1]} stands twice")
        else:
            seen.add(mark[1])
            stack.append((mark[1], []))
    _text(stack, markup[end:])
    if len(stack) != 1:
        raise ValueError(f"part {stack[-1][0]} is not closed")
    return Part("", tuple(stack[0][1]))


def _text(stack: list[tuple[str, list[str | Part]]], text: str) -> None:
    if text:
        stack[-1][1].append(text)


def _close(stack: list[tuple[str, list[str | Part]]]) -> None:
    if len(stack) == 1:
        raise ValueError("a part is closed that was not opened")
    name, pieces = stack.pop()
    stack[-1][1].append(Part(name, tuple(pieces)))


def patches(old: Part, new: Part) -> list[Patch]:
    """What makes the page of `old` that of `new`; both trees have one outermost part, of the same id."""
    return list(_between(old, new))


def _between(old: Part, new: Part) -> Iterator[Patch]:
    if old.html == new.html:
        return
    if _has_the_same_parts(old, new) or _is_the_same_list(old, new):
        yield from _of_parts(old, new)
        return
    if not new.id:
        raise ValueError("what stands outside of all parts never changes")
    yield {"op": "morph", "id": new.id, "html": new.html}


def _has_the_same_parts(old: Part, new: Part) -> bool:
    same = [each.id for each in old.children] == [each.id for each in new.children]
    return same and bool(new.children) and old.frame == new.frame


def _is_the_same_list(old: Part, new: Part) -> bool:
    """Whether rows came and went while the others kept their order."""
    if not (new.id and old.is_list and new.is_list):
        return False
    before, after = [each.id for each in old.children], [each.id for each in new.children]
    kept = set(before) & set(after)
    in_order = [id for id in before if id in kept] == [id for id in after if id in kept]
    return in_order and (old.frame[0], old.frame[-1]) == (new.frame[0], new.frame[-1])


def _of_parts(old: Part, new: Part) -> Iterator[Patch]:
    before = {each.id: each for each in old.children}
    after = {each.id for each in new.children}
    yield from ({"op": "remove", "id": id} for id in before if id not in after)
    following: str | None = None
    inserts: list[Patch] = []
    for part in reversed(new.children):
        if part.id not in before:
            inserts.append({"op": "insert", "into": new.id, "before": following, "html": part.html})
        following = part.id
    yield from inserts
    for part in new.children:
        if part.id in before:
            yield from _between(before[part.id], part)
