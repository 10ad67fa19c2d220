"""The record as a page: it says all that the JSON and the PDF say, to those who may read it."""

from __future__ import annotations

import copy
import html
import io
import json
import re
import zipfile
from collections.abc import Iterator
from itertools import chain
from pathlib import Path
from typing import Any

import pytest
import requests
from babel.messages.pofile import read_po
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bidroom import templates_folder, web
from bidroom.cli.client import Client
from bidroom.publish.record_pdf import qr_data
from bidroom.web.i18n import LOCALE
from bidroom.web.present.record import document
from tests.publish.reading import TIME, expected, leaves, pages_of, squeezed
from tests.publish.records import HOSTILE, ITEMS, NOTE, the_record
from tests.web.acts import Play
from tests.web.parties import Centre


def article(record: dict[str, Any], language: str = "zh-CN") -> str:
    """The page's main matter, without its frame."""
    jinja = Environment(loader=FileSystemLoader(templates_folder()), autoescape=True, undefined=StrictUndefined)
    told = document(record, ITEMS, NOTE, language)
    ended = record["state"] != "open"
    return jinja.get_template("record/article.html").render(record=told, qr=qr_data(NOTE), ended=ended)


def text_of(page: str) -> str:
    return squeezed(html.unescape(re.sub(r"<[^>]*>", "", page)))


def as_shown(text: str) -> str:
    """Characters that hide or turn text are written by their numbers."""
    return re.sub("[\u202e\u2066\x07]", lambda found: f"〔U+{ord(found[0]):04X}〕", text)


# --- it says everything


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_value_of_the_record_is_on_the_page(language: str) -> None:
    record = the_record()
    text = text_of(article(record, language))
    assert not [value for value in expected(record) if as_shown(value) not in text]


def changed(value: Any, path: tuple[str | int, ...]) -> Any:
    """Another value of the same kind."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + 1
    if TIME.fullmatch(value):
        return value[:-2] + str((int(value[-2]) + 1) % 10) + "Z"
    if path[-1] in ("price", "control_price", "safety", "margin"):
        return "9" + value
    if path[-1] == "root":
        return "A" * 43 + "="
    return {"closed": "terminated", "announced": "ended"}.get(value, f"{value}*")


def altered() -> Iterator[tuple[str, dict[str, Any]]]:
    for path, value in leaves(the_record()):
        if value is not None:
            other = copy.deepcopy(the_record())
            inner: Any = other
            for key in path[:-1]:
                inner = inner[key]
            inner[path[-1]] = changed(value, path)
            yield ".".join(map(str, path)), other


def test_no_value_can_change_without_the_document_changing() -> None:
    as_it_is = document(the_record(), ITEMS, NOTE, "zh-CN")
    alike = [name for name, other in altered() if document(other, ITEMS, NOTE, "zh-CN") == as_it_is]
    assert not alike


def test_items_that_the_notice_does_not_name_are_shown_by_their_keys() -> None:
    record = the_record()
    record["lots"][0]["bidders"][0]["form"]["surprise"] = "意外内容"
    text = text_of(article(record))
    assert "surprise" in text
    assert "意外内容" in text


def test_a_draw_is_shown_with_all_that_is_known_of_it() -> None:
    text = text_of(article(the_record(draws=[{"name": "下浮率", "result": "5.5%", "seed": "ab12"}])))
    assert "下浮率" in text
    assert "result:5.5%" in text
    assert "seed:ab12" in text


# --- how it says it


def test_what_people_typed_is_text() -> None:
    page = article(the_record(reason='<script>alert("1")</script>' + HOSTILE))
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert "\u202e" not in page
    assert "😀" in page


def test_nothing_in_it_is_against_the_pages_policy() -> None:
    page = article(the_record())
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|https?://(?!www\.w3\.org)", page)
    assert page.count("<table") == page.count("<thead") == page.count("</table>")


def test_before_the_end_nobody_is_called_silent_and_no_signature_missing() -> None:
    record = the_record(state="open", ended_at=None)
    text = text_of(article(record))
    for word in ("开标尚未结束", "待签", "待确认"):
        assert word in text
    for word in ("未作答", "未签。", "未签<"):
        assert word not in text


def test_a_terminated_opening_says_why() -> None:
    text = text_of(article(the_record(state="terminated", reason="全部标段投标人不足")))
    assert "开标已终止" in text
    assert "全部标段投标人不足" in text


def test_english_has_every_word_and_leaves_every_value() -> None:
    with (LOCALE / "en" / "LC_MESSAGES" / "record.po").open("rb") as file:
        said = [message for message in read_po(file) if message.id]
    assert len(said) > 100
    assert all(message.string and not message.fuzzy for message in said)
    told = document(the_record(), ITEMS, NOTE, "en")
    titles = [column.title for section in told.sections for table in section.tables for column in table.columns]
    titles += [pair.label for pair in (*told.facts, *told.proof.pairs)]
    assert not [title for title in titles if re.search("[\u4e00-\u9fff]", title.replace("元", ""))]
    assert "Duration (days)" in titles


# --- who may read it


@pytest.fixture(scope="module")
def play(centre: Centre, tmp_path_factory: pytest.TempPathFactory) -> Play:
    """An opening whose forms are about to be announced; the tests of this module take it on, in order."""
    made = Play(centre, tmp_path_factory.mktemp("play"))
    for _ in (*made.before_the_deadline(), *made.until_the_forms()):
        pass
    return made


@pytest.fixture(scope="module")
def after(play: Play) -> Iterator[str]:
    """Its further steps: the first is the announcement, the last the close."""
    return play.after_the_forms()


def get(play: Play, name: str, client: Client | None = None, **asked: str) -> requests.Response:
    session = client._session if client else requests.Session()
    url = f"{play.centre.url}/tenders/{play.tender.id}/{name}"
    return session.get(url, params=asked, headers={"Accept-Language": "zh-CN"}, allow_redirects=False, timeout=30)


def test_before_the_announcement_there_is_no_record(play: Play) -> None:
    for name in ("record", "record.json", "record.pdf"):
        assert get(play, name, play.tender.agent.client).status_code == 422
        assert get(play, name).status_code == 303  # to the login


def test_from_then_on_the_room_reads_the_minutes_and_nobody_else(play: Play, after: Iterator[str]) -> None:
    assert next(after) == "announcing"
    for client in (play.tender.agent.client, play.bidders[0].client, play.centre.supervisor.client):
        page = get(play, "record", client)
        assert page.status_code == 200
        assert "尚未结束" in page.text
        assert "126,480,002.00" in page.text
        assert "record.pdf" not in page.text
    assert get(play, "record.pdf", play.tender.agent.client).status_code == 422
    assert get(play, "record", play.centre.clerk.client).status_code == 403
    assert get(play, "record").status_code == 303


def test_once_it_has_ended_anyone_reads_all_of_it(play: Play, after: Iterator[str]) -> None:
    assert list(after)[-1] == "closed"
    page, pdf, data = (get(play, name) for name in ("record", "record.pdf", "record.json"))
    assert [page.status_code, pdf.status_code, data.status_code] == [200, 200, 200]
    assert "尚未结束" not in page.text
    bundle = get_bundle(play)
    assert data.content == bundle.read("record/record.json")
    record = json.loads(data.content)
    note = bundle.read(f"checkpoints/{record['checkpoint']['size']:06d}.note").decode()
    assert "演示：" in page.text
    said, printed = text_of(page.text), squeezed("".join(pages_of(pdf.content)))
    for value in (*expected(record), squeezed(note)):
        assert value in said
        assert value in printed


def test_the_pdf_is_the_same_for_everyone_and_english_where_it_is_asked_for(play: Play) -> None:
    first = get(play, "record.pdf")
    assert first.headers["Content-Type"] == "application/pdf"
    assert first.content == get(play, "record.pdf", play.bidders[1].client).content
    english = get(play, "record.pdf", lang="en")
    assert "Opening record" in pages_of(english.content)[0]
    assert "Opening record" in get(play, "record", lang="en").text
    assert get(play, "record.pdf", lang="xx").content == first.content


def get_bundle(play: Play) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(Client(play.centre.url, "en").download(f"{play.tender.path}/bundle/public")))


def test_a_tender_that_is_not_there_has_no_record(centre: Centre) -> None:
    for path in ("zz", "0" * 32):
        assert requests.get(f"{centre.url}/tenders/{path}/record", timeout=10).status_code in (400, 404)


def test_a_terminated_opening_leaves_its_record_too(centre: Centre, tmp_path: Path) -> None:
    play = Play(centre, tmp_path)
    for done in chain(play.before_the_deadline(), play.until_the_forms()):
        if done == "closing":
            break
    assert get(play, "record", play.tender.agent.client).status_code == 422
    play.tender.agent.give("TerminateOpening", play.tender.id, {"reason": "招标文件内容违法，依法终止"})
    page, pdf = get(play, "record"), get(play, "record.pdf")
    for text in (text_of(page.text), squeezed("".join(pages_of(pdf.content)))):
        assert "开标已终止" in text
        assert "招标文件内容违法，依法终止" in text
        assert "未解密，保持密封" in text
        assert "126,480,00" not in text


def test_every_width_of_a_column_has_its_rule() -> None:
    style = (Path(web.__file__).parent / "ui" / "css" / "record.css").read_text("utf-8")
    for language in ("zh-CN", "en"):
        told = document(the_record(draws=[{"name": "下浮率"}]), ITEMS, NOTE, language)
        columns = [column for section in told.sections for table in section.tables for column in table.columns]
        assert {column.width for column in columns} <= {int(width) for width in re.findall(r"\.w(\d+) \{", style)}
