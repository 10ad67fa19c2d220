"""The way in: by certificate for everybody, by password for staff. What is signed, the browser signs."""

from __future__ import annotations

from flask import Blueprint, request, url_for

from bidroom.web.pages.page import me_now, own_path, page

pages = Blueprint("entrance", __name__)


@pages.get("/login")
def login() -> str:
    """Both ways in, side by side, and where they lead."""
    return page("entrance/login.html", me=me_now(), onward=onward(request.args.get("next")))


def onward(asked: str | None) -> str:
    """A path of this site under its own prefix; the first page for anything else."""
    path, root = own_path(asked), request.script_root
    if path is None or path.partition("?")[0].rstrip("/") in (f"{root}/login", "/login"):
        return url_for("home.home")
    return path if path == root or path.startswith(f"{root}/") else root + path
