"""Page and patches give the page rendered anew, whatever rows come and go."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jinja2 import Environment

from bidroom.web.parts import Part, PartExtension, Patch, parse, patches

PAGE = (
    '{% part "room" %}<div id="room" class="{{ phase }}">{% part "head" %}<b id="head">{{ head }}</b>{% endpart %}'
    '<ul>{% part "rows" %}<li id="rows">{% for id, text in rows %}{% part "r-" ~ id %}<i id="r-{{ id }}">{{ text }}</i>'
    "{% endpart %}\n{% endfor %}</li>{% endpart %}</ul></div>{% endpart %}"
)
TEMPLATE = Environment(extensions=[PartExtension], autoescape=True).from_string(PAGE)
ROWS = st.lists(st.tuples(st.integers(0, 9), st.sampled_from("ab<")), max_size=8, unique_by=lambda row: row[0])


def rendered(phase: str, head: str, rows: list[tuple[int, str]]) -> Part:
    return parse(TEMPLATE.render(phase=phase, head=head, rows=rows))


class Page:
    """What a browser does with patches, on the tree of ids."""

    def __init__(self, part: Part) -> None:
        self.root = part

    def take(self, told: list[Patch]) -> None:
        for patch in told:
            if patch["op"] == "morph":
                self.root = replaced(self.root, patch["id"], patch["html"])
            elif patch["op"] == "remove":
                self.root = replaced(self.root, patch["id"], "")
            else:
                self.root = inserted(self.root, patch)

    @property
    def html(self) -> str:
        return "".join(self.root.html.split("\n"))


def replaced(part: Part, id: str, html: str) -> Part:
    if part.id == id:
        return Part("" if not html else id, (html,))
    return Part(part.id, tuple(each if isinstance(each, str) else replaced(each, id, html) for each in part.pieces))


def inserted(part: Part, patch: Patch) -> Part:
    if part.id != patch["into"]:
        return Part(part.id, tuple(e if isinstance(e, str) else inserted(e, patch) for e in part.pieces))
    fresh = Part(patch["html"].split('id="')[1].split('"')[0], (patch["html"],))
    if patch["before"] is None:
        return Part(part.id, (*part.pieces[:-1], fresh, part.pieces[-1]))
    place = next(i for i, e in enumerate(part.pieces) if isinstance(e, Part) and e.id == patch["before"])
    return Part(part.id, (*part.pieces[:place], fresh, *part.pieces[place:]))


@given(st.sampled_from("pq"), st.sampled_from("pq"), st.text(max_size=3), st.text(max_size=3), ROWS, ROWS)
def test_page_and_patches_are_the_page_anew(a: str, b: str, head: str, other: str, r: list, s: list) -> None:  # type: ignore[type-arg]
    old, new = rendered(a, head, r), rendered(b, other, s)
    page = Page(old)
    page.take(patches(old, new))
    assert page.html == "".join(new.html.split("\n"))


def test_only_the_rows_that_changed_are_sent() -> None:
    old, new = rendered("p", "h", [(1, "a"), (2, "a"), (3, "a")]), rendered("p", "h", [(4, "a"), (1, "a"), (3, "b")])
    told = patches(old, new)
    assert [(each["op"], each.get("id") or each["into"]) for each in told] == [
        ("remove", "r-2"),
        ("insert", "rows"),
        ("morph", "r-3"),
    ]


def test_a_row_that_moved_sends_its_list() -> None:
    told = patches(rendered("p", "h", [(1, "a"), (2, "a")]), rendered("p", "h", [(2, "a"), (1, "a")]))
    assert [(each["op"], each["id"]) for each in told] == [("morph", "rows")]


def test_nobody_forges_a_mark() -> None:
    page = rendered("p", "<!--[head--><!--]-->", [])
    assert [each.id for each in page.children] == ["room"]
    assert "&lt;!--[head--&gt;" in page.html


@pytest.mark.parametrize(
    ("markup", "says"),
    [("<!--[a-->", "not closed"), ("<!--]-->", "not opened"), ("<!--[a--><!--]--><!--[a--><!--]-->", "twice")],
)
def test_marks_that_do_not_pair_are_a_fault(markup: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        parse(markup)
