"""What scripts say: the catalogues of one language, for `words.mjs`."""

from __future__ import annotations

from flask import Blueprint, Response, jsonify, request

from bidroom.facts import Refused
from bidroom.web.i18n import FOLDERS, causes, words_for_scripts

pages = Blueprint("words", __name__)


@pages.get("/words/<lang>")
def words(lang: str) -> Response:
    """Sentences by their Chinese, refusals by their names, causes by theirs; asked for again, they cost nothing."""
    if lang not in FOLDERS:
        raise Refused("page_unknown", field="lang")
    response = jsonify({"words": dict(words_for_scripts(lang)), "causes": dict(causes(lang))})
    response.headers["Cache-Control"] = "no-cache"
    response.add_etag()
    response.make_conditional(request)
    return response
