"""The opening record: a page, a PDF and JSON with the same content."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, current_app, request, send_file

from bidroom.audit.layout import has_ended
from bidroom.crypto.canonical import canonical
from bidroom.facts import Refused, instant
from bidroom.opening.state import Opening
from bidroom.publish.record_pdf import data as data_of
from bidroom.publish.record_pdf import qr_data
from bidroom.publish.typesetting import typeset
from bidroom.web.auth import reader_now
from bidroom.web.edge import Edge, the_edge
from bidroom.web.feed import audience_in
from bidroom.web.i18n import FOLDERS, language
from bidroom.web.minutes import minutes_of
from bidroom.web.pages.page import need_me
from bidroom.web.pages.page import page as rendered
from bidroom.web.parse import hex_id
from bidroom.web.present.record import document
from bidroom.web.present.record_cells import Document
from bidroom.web.rooms import check_record, state_of

pages = Blueprint("record", __name__)


@pages.get("/tenders/<tender>/record")
def page(tender: str) -> str:
    """The record as it stands; once the opening has ended anyone may read it."""
    edge, stream = the_edge(), hex_id(tender, 16, "tender")
    opening, chosen = readable(edge, stream), asked_language()
    told = edge.offload(lambda: composed(edge, stream, minutes_of(edge, stream).record, chosen))
    ended = has_ended(opening)
    return rendered("record/page.html", tender=stream, record=told, qr=qr_data(told.note), ended=ended)


@pages.get("/tenders/<tender>/record.json")
def data(tender: str) -> Response:
    """record.json, to the byte as the bundles have it once the opening has ended."""
    edge, stream = the_edge(), hex_id(tender, 16, "tender")
    opening = readable(edge, stream)
    content = edge.offload(lambda: canonical(minutes_of(edge, stream).record))
    response = current_app.response_class(content, mimetype="application/json")
    response.headers.set("Cache-Control", "no-store")
    response.headers.set("Content-Disposition", "attachment", filename=file_name(opening, "record.json"))
    return response


@pages.get("/tenders/<tender>/record.pdf")
def pdf(tender: str) -> Response:
    """The PDF, for anyone, once the opening has ended; Refused("opening_has_not_ended")."""
    edge, stream = the_edge(), hex_id(tender, 16, "tender")
    opening = readable(edge, stream)
    if not has_ended(opening):
        raise Refused("opening_has_not_ended", phase=str(opening.phase))
    chosen = asked_language()
    name = file_name(opening, "record.pdf" if chosen == "en" else "开标记录表.pdf")
    return send_file(
        made(edge, stream, chosen), mimetype="application/pdf", as_attachment=True, download_name=name, max_age=0
    )


def readable(edge: Edge, stream: str) -> Opening:
    """The opening, where whoever asks may read its record.

    After the end that is anyone, as the public bundle has it whole; until then those in the room. Refused: as
    `check_record`.
    """
    state = state_of(edge, stream)
    opening: Opening = state["opening"]
    if not has_ended(opening):
        need_me()
        check_record(opening, audience_in(state, reader_now()))
    return opening


def asked_language() -> str:
    """The language of the record: what `lang` names, else that of the pages."""
    asked = request.args.get("lang")
    return asked if asked is not None and asked in FOLDERS else language()


def file_name(opening: Opening, name: str) -> str:
    """What a browser calls the file when it is saved."""
    return f"{opening.the_terms.number.replace('/', '-')}-{name}"


def composed(edge: Edge, stream: str, record: dict[str, Any], chosen: str) -> Document:
    """This record with the labels of its tender's terms, and its checkpoint as it was signed."""
    items = {lot.no: lot.form for lot in edge.opening(stream).the_terms.lots}
    note = edge.log.checkpoint(stream, record["checkpoint"]["size"]).decode()
    return document(record, items, note, chosen, edge.settings.demo)


def made(edge: Edge, stream: str, chosen: str) -> Path:
    """The PDF's file, made once for each size of the log; one at a time, as a large one takes much memory."""
    lock = current_app.extensions.setdefault("bidroom_record", edge.concurrency.lock())
    with lock:
        path = _place(edge, stream, chosen, edge.door.view(stream).size)
        return path if path.exists() else _make(edge, stream, chosen)


def _place(edge: Edge, stream: str, chosen: str, size: int) -> Path:
    """Where it lies; Flask looks for what is not absolute beside its own modules."""
    return (edge.settings.data / "records").resolve() / f"{stream}-{chosen}-{size}.pdf"


def _make(edge: Edge, stream: str, chosen: str) -> Path:
    record = edge.offload(lambda: minutes_of(edge, stream).record)
    told = edge.offload(lambda: data_of(composed(edge, stream, record, chosen)))
    content = typeset(told, int(instant(record["ended_at"]).timestamp()))
    path = _place(edge, stream, chosen, record["checkpoint"]["size"])
    edge.offload(lambda: _keep(path, content))
    for older in set(path.parent.glob(f"{stream}-{chosen}-*.pdf")) - {path}:
        older.unlink(missing_ok=True)  # late uploads make a log longer for ever; who still reads it keeps it open
    return path


def _keep(path: Path, content: bytes) -> None:
    path.parent.mkdir(mode=0o700, exist_ok=True)
    draft = path.with_name(f"{secrets.token_hex(8)}.draft")
    try:
        draft.write_bytes(content)
        os.replace(draft, path)
    finally:
        draft.unlink(missing_ok=True)
