"""Words for people: every refusal's reason in zh-CN and English, from the catalogues in `locale/`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

from babel.messages.pofile import read_po
from flask import has_request_context, request

LOCALE = Path(__file__).parent / "locale"
FOLDERS: Mapping[str, str] = {"zh-CN": "zh_Hans_CN", "en": "en"}
DEFAULT = "zh-CN"
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
    path = LOCALE / FOLDERS[language] / "LC_MESSAGES" / "messages.po"
    with path.open("rb") as file:
        found = read_po(file, locale=FOLDERS[language])
    return {str(m.id): str(m.string) for m in found if m.id and m.string and not m.fuzzy and m.context == context}


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
    """The language of the request (or of the handshake of the socket) that is being answered."""
    return language_of(request.headers.get("Accept-Language")) if has_request_context() else DEFAULT
