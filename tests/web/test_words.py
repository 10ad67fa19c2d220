"""Every sentence of a page is there in both languages: written in Chinese where it is said, in English beside it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest
from babel.messages import Message
from babel.messages.extract import extract
from babel.messages.pofile import read_po

from bidroom import templates_folder
from bidroom.web.i18n import LOCALE

ROOT = Path(__file__).parent.parent.parent
WEB = ROOT / "bidroom" / "web"
KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "lazy_gettext": None,
    "say": None,
}
OPTIONS = {"extensions": "jinja2.ext.i18n,bidroom.web.parts.PartExtension", "silent": "false", "newstyle_gettext": "1"}
Said = tuple[str | None, str]
CATALOGUES = sorted((LOCALE / "en" / "LC_MESSAGES").glob("*.po"))
PLACE = re.compile(r"%\((\w+)\)[sd]|\{(\w+)\}")


def said_in(path: Path, method: str) -> Iterator[Said]:
    """Each sentence of a file, with its context."""
    for _, found, _, context in extract(method, BytesIO(path.read_bytes()), KEYWORDS, (), OPTIONS):
        for text in (found,) if isinstance(found, str) else found[:1]:
            if text:
                yield context, text


def of_pages() -> Iterator[tuple[Path, Said]]:
    for path in sorted(templates_folder().rglob("*.html")):
        yield from ((path, said) for said in said_in(path, "jinja2"))
    for path in sorted(WEB.rglob("*.py")):
        yield from ((path, said) for said in said_in(path, "python"))


def of_scripts() -> Iterator[tuple[Path, Said]]:
    for path in sorted((WEB / "ui" / "pages").glob("*.mjs")):
        yield from ((path, said) for said in said_in(path, "javascript"))


def messages(path: Path) -> list[Message]:
    with path.open("rb") as file:
        return [message for message in read_po(file, locale="en") if message.id]


def english(scripts: bool) -> dict[Said, Message]:
    return {
        (message.context, message.id if isinstance(message.id, str) else message.id[0]): message
        for path in CATALOGUES
        if path.name != "messages.po" and path.name.startswith("js-") == scripts
        for message in messages(path)
    }


@pytest.mark.parametrize("scripts", [False, True], ids=["pages", "scripts"])
def test_every_sentence_has_its_english(scripts: bool) -> None:
    there = english(scripts)
    said = list(of_scripts() if scripts else of_pages())
    missing = sorted({f"{path.relative_to(ROOT)}: {text[1]}" for path, text in said if text not in there})
    assert len(said) > 20
    assert not missing, "\n".join(missing)


@pytest.mark.parametrize("scripts", [False, True], ids=["pages", "scripts"])
def test_no_translation_is_left_of_what_nobody_says(scripts: bool) -> None:
    said = {text for _, text in (of_scripts() if scripts else of_pages())}
    assert sorted(str(each) for each in english(scripts) if each not in said) == []


@pytest.mark.parametrize("path", CATALOGUES, ids=lambda path: path.name)
def test_a_catalogue_is_whole(path: Path) -> None:
    found = messages(path)
    assert found
    for message in found:
        assert message.string, message.id
        assert not message.fuzzy, message.id
        texts = [message.id] if isinstance(message.id, str) else list(message.id)
        strings = [message.string] if isinstance(message.string, str) else list(message.string)
        for string in strings:
            assert set(places(string)) <= {name for text in texts for name in places(text)}, message.id


def places(text: str) -> list[str]:
    return [a or b for a, b in PLACE.findall(text)]


def test_one_sentence_has_one_translation() -> None:
    found: dict[tuple[bool, Said], dict[str, str]] = {}
    for path in CATALOGUES:
        for message in messages(path):
            if path.name != "messages.po" and isinstance(message.id, str):
                key = (path.name.startswith("js-"), (message.context, message.id))
                found.setdefault(key, {})[str(message.string)] = path.name
    assert {key[1][1]: each for key, each in found.items() if len(each) > 1} == {}
