"""The pages, one module a subject; each has its blueprint here."""

from __future__ import annotations

from flask import Blueprint

from bidroom.web.pages import (
    audit,
    centre,
    desk,
    home,
    language,
    login,
    notices,
    organizations,
    record,
    room,
    seats,
    tenders,
    words,
)

BLUEPRINTS: tuple[Blueprint, ...] = (
    centre.pages,
    home.pages,
    login.pages,
    organizations.pages,
    desk.pages,
    language.pages,
    record.pages,
    room.pages,
    seats.pages,
    words.pages,
    audit.pages,
    notices.pages,
    tenders.pages,
)
