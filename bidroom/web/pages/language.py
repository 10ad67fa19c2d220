"""The choice of a language."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from werkzeug.wrappers import Response

from bidroom.facts import Refused
from bidroom.web.i18n import COOKIE, FOLDERS
from bidroom.web.pages.page import own_path

YEAR = 365 * 24 * 3600

pages = Blueprint("language", __name__)


@pages.get("/language/<name>")
def choose(name: str) -> Response:
    """Keep the choice, and go back."""
    if name not in FOLDERS:
        raise Refused("page_unknown")
    response = redirect(own_path(request.args.get("next")) or url_for("home.home"), 303)
    response.set_cookie(COOKIE, name, max_age=YEAR, samesite="Lax", path=request.script_root or "/")
    return response
