"""Words for people in zh-CN and English, from the catalogues in `locale/`.

`messages.po` has every refusal's reason by its name; the other catalogues have what pages say, by the Chinese sentence,
and are there in English alone. Those whose name begins with `js-` are for what runs in the browser.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import flask_babel
from babel.messages import Catalog
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from flask import Flask, has_request_context, request

LOCALE = Path(__file__).parent / "locale"
FOLDERS: Mapping[str, str] = {"zh-CN": "zh_Hans_CN", "en": "en"}
DEFAULT = "zh-CN"
COOKIE = "bidroom_language"
TIMEZONE = "Asia/Shanghai"
CAUSE = "cause"
"""The context of a catalogue's short words for `details["cause"]`."""


@cache
def catalogue(language: str) -> Mapping[str, str]:
    """Reason to sentence, of one language; what is marked fuzzy or empty is not there."""
    return _messages(language, None)


@cache
def causes(language: str) -> Mapping[str, str]:
    """Cause of a malformed input to its words."""
    return _messages(language, CAUSE)


def _messages(language: str, context: str | None) -> Mapping[str, str]:
    found = _read(LOCALE / FOLDERS[language] / "LC_MESSAGES" / "messages.po")
    return {str(m.id): str(m.string) for m in found if m.id and m.string and not m.fuzzy and m.context == context}


def _read(path: Path) -> Catalog:
    with path.open("rb") as file:
        return read_po(file, locale=path.parent.parent.name)


@cache
def words_for_scripts(language: str) -> Mapping[str, str]:
    """What the browser's code says, by its Chinese, and every refusal by its name."""
    folder = LOCALE / FOLDERS[language] / "LC_MESSAGES"
    catalogues = [_read(path) for path in sorted(folder.glob("js-*.po"))]
    said = {str(m.id): str(m.string) for each in catalogues for m in each if m.id and m.string and not m.fuzzy}
    return {**said, **catalogue(language)}


def install(app: Flask, folder: Path) -> None:
    """Let templates and handlers of this app speak; the catalogues of the pages are compiled into `folder`."""
    for name in FOLDERS.values():
        _compile(name, folder)
    app.config.update(BABEL_TRANSLATION_DIRECTORIES=str(folder.resolve()), BABEL_DOMAIN="pages")
    flask_babel.Babel(
        app, default_locale=FOLDERS[DEFAULT], default_timezone=TIMEZONE, locale_selector=lambda: FOLDERS[language()]
    )


def spoken() -> str:
    """The locale of the request that is being answered."""
    return FOLDERS[language()]


def _compile(name: str, folder: Path) -> None:
    whole = Catalog(locale=name)
    for path in sorted((LOCALE / name / "LC_MESSAGES").glob("*.po")):
        if path.name != "messages.po" and not path.name.startswith("js-"):
            for message in _read(path):
                if message.id and message.string and not message.fuzzy:
                    whole.add(message.id, message.string, context=message.context)
    (folder / name / "LC_MESSAGES").mkdir(parents=True, exist_ok=True)
    path = folder / name / "LC_MESSAGES" / "pages.mo"
    draft = path.with_suffix(f".{os.getpid()}")
    with draft.open("wb") as file:
        write_mo(file, whole)
    draft.replace(path)


def gettext(text: str, /, **values: object) -> str:
    """A page's sentence in the language of who looks at it."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, number: int, /, **values: object) -> str:
    """A sentence that differs with a number."""
    return str(flask_babel.ngettext(one, many, number, **values))


def pgettext(context: str, text: str, /, **values: object) -> str:
    """A word that has more than one translation, by where it stands."""
    return str(flask_babel.pgettext(context, text, **values))


def get_locale() -> str:
    """The locale in which a page is being rendered: zh_Hans_CN or en; zh_Hans_CN outside of any."""
    locale = flask_babel.get_locale()
    return FOLDERS[DEFAULT] if locale is None else str(locale)


def translate(reason: str, language: str) -> str:
    """The sentence for a reason; the reason itself where a catalogue lacks it (a test keeps that from happening)."""
    return catalogue(language).get(reason, reason)


def language_of(header: str | None) -> str:
    """zh-CN or en, from an Accept-Language header; zh-CN where it names neither."""
    for tag in (part.partition(";")[0].strip().lower() for part in (header or "").split(",")):
        if tag.startswith("zh"):
            return DEFAULT
        if tag.startswith("en"):
            return "en"
    return DEFAULT


def language() -> str:
    """The language of the request (or of the handshake of the socket) that is being answered: chosen, or preferred."""
    if not has_request_context():
        return DEFAULT
    chosen = request.cookies.get(COOKIE)
    return chosen if chosen is not None and chosen in FOLDERS else language_of(request.headers.get("Accept-Language"))
