"""The record as PDF: it says all that the JSON says, it is the same bytes everywhere, and it breaks its pages well."""

from __future__ import annotations

import os
import random
import re
import subprocess
import sys
import time
import unicodedata
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import pytest
import segno
from pypdf import PdfReader

from bidroom.crypto.forms import FormItem
from bidroom.publish import typesetting
from bidroom.publish.glyphs import is_there
from bidroom.publish.record_pdf import data, qr, record_pdf
from bidroom.web.present.record import document
from tests.publish.reading import expected, pages_of, squeezed
from tests.publish.records import HOSTILE, ITEMS, NOTE, bidder, the_record

WORDS = (
    "壹亿贰仟伍佰贰拾肆万伍仟肆佰叁拾叁元零壹分",
    "未解密，视为撤销投标文件", "未解密，视为撤回投标文件", "保函", "未签到",
    "拒绝确认", "未作答", "提示：高于控制价", "流标", "投标人不足法定数量", "解密阶段延长300秒",
    "行政监督在解密阶段中止开标",
    "已电子签名", "未签", "转行政监督部门处理", "工期（日历天）", "依法必须招标",
)  # fmt: skip
ENDED = datetime(2026, 11, 20, 2, 10, tzinfo=UTC)
SECONDS = int(ENDED.timestamp())


def the_pdf(record: dict[str, Any] | None = None, language: str = "zh-CN") -> bytes:
    told = document(record or the_record(), ITEMS, NOTE, language)
    return typesetting.compiled(data(told), SECONDS)


@pytest.fixture(scope="module")
def chinese() -> bytes:
    return the_pdf()


def drawn(text: str) -> str:
    """As the font can show it: what it does not have stands there by its number."""
    return "".join(one if is_there(one) and unicodedata.category(one) not in ("Cc", "Cf") else f"〔U+{ord(one):04X}〕"
                   for one in text)  # fmt: skip


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_every_value_of_the_record_can_be_read_in_it(language: str) -> None:
    record = the_record()
    text = squeezed("".join(pages_of(the_pdf(record, language))))
    missing = [value for value in expected(record) if squeezed(drawn(value)) not in text]
    assert not missing


def test_capitals_states_and_signatures_are_in_words(chinese: bytes) -> None:
    text = squeezed("".join(pages_of(chinese)))
    for word in WORDS:
        assert word in text, word


def test_what_people_typed_is_text_and_never_the_typesetters_language(chinese: bytes) -> None:
    text = squeezed("".join(pages_of(chinese)))
    wanted = squeezed(drawn(HOSTILE))
    assert "#letx=1$a^2$*粗*_斜_\\" in wanted
    assert "〔U+202E〕反向〔U+2066〕" in wanted
    assert text.count(wanted) == 4  # a lot's end, a refusal, an answer, a suspension


def test_what_no_line_can_hold_is_broken_and_whole() -> None:
    record = the_record()
    name = "W" * 180
    record["lots"][0]["bidders"][0]["name"] = name
    record["lots"][0]["bidders"][0]["confirmation"]["reason"] = "ж" * 2000
    text = squeezed("".join(pages_of(the_pdf(record))))
    assert name in text
    assert text.count("ж") == 2000


def test_any_character_at_all_can_stand_in_it() -> None:
    chance = random.Random(3)
    points = [chance.randrange(0x20, 0x110000) for _ in range(600)] + list(range(0x2000, 0x2070)) + list(range(0x20))
    text = "".join(chr(each) for each in points if not 0xD800 <= each < 0xE000)
    record = the_record(reason=text)
    seen = squeezed("".join(pages_of(the_pdf(record))))
    assert "〔U+200B〕" in seen
    assert "〔U+0000〕" in seen


def test_the_font_knows_what_it_has() -> None:
    assert all(map(is_there, "Az09中国壹贰￥¥—…（）「𠮷"))
    assert not any(map(is_there, "😀ש\u0001\ue000\U000f0000"))


def test_two_processes_anywhere_make_the_same_bytes() -> None:
    told = data(document(the_record(), ITEMS, NOTE, "zh-CN"))
    made = []
    for zone, language, seed in (("UTC", "C", "0"), ("America/New_York", "zh_CN.UTF-8", "7")):
        kept = {name: value for name, value in os.environ.items() if name not in ("TZ", "LANG", "LC_ALL")}
        env = {**kept, "TZ": zone, "LANG": language, "LC_ALL": language, "PYTHONHASHSEED": seed}
        command = [sys.executable, "-m", "bidroom.publish.typesetting", str(SECONDS)]
        ran = subprocess.run(command, input=told.encode(), stdout=subprocess.PIPE, env=env, timeout=60, check=True)
        made.append(ran.stdout)
    assert made[0].startswith(b"%PDF-1.7")
    assert made[0] == made[1] == record_pdf(document(the_record(), ITEMS, NOTE, "zh-CN"), ENDED)


def test_another_record_or_another_time_makes_other_bytes(chinese: bytes) -> None:
    told = document(the_record(), ITEMS, NOTE, "zh-CN")
    assert typesetting.compiled(data(told), SECONDS + 1) != chinese
    assert the_pdf(the_record(ended_at="2026-11-20T02:10:00.654322Z")) != chinese


def test_it_is_archived_and_read_aloud_as_the_standards_say(chinese: bytes) -> None:
    reader = PdfReader(BytesIO(chinese))
    metadata: Any = reader.xmp_metadata
    assert metadata is not None
    xmp = metadata.stream.get_data().decode()
    assert re.search(r"pdfaid:part[^0-9]{1,3}2\b", xmp)
    assert re.search(r"pdfaid:conformance\W{1,3}A\b", xmp)
    assert re.search(r"pdfuaid:part[^0-9]{1,3}1\b", xmp)
    assert str(reader.root_object["/Lang"]).startswith("zh")
    assert str(reader.metadata and reader.metadata.title).startswith("开标记录表 A3301-2026-0918-001")


def test_the_one_font_is_embedded(chinese: bytes) -> None:
    fonts = {}
    pages: list[Any] = list(PdfReader(BytesIO(chinese)).pages)
    for page in pages:
        for font in page["/Resources"]["/Font"].values():
            one = font.get_object()["/DescendantFonts"][0].get_object()
            fonts[one["/BaseFont"]] = one["/FontDescriptor"].get_object()
    assert fonts
    assert all(re.fullmatch(r"/[A-Z]{6}\+NotoSans(Mono)?CJKsc-Regular(-Identity-H)?", name) for name in fonts), list(
        fonts
    )
    assert all({"/FontFile2", "/FontFile3"} & each.keys() for each in fonts.values())


def test_pages_are_numbered_and_name_the_tender(chinese: bytes) -> None:
    pages = pages_of(chinese)
    for number, text in enumerate(pages, start=1):
        assert f"第{number}页，共{len(pages)}页" in squeezed(text)
        assert "A3301-2026-0918-001" in text


def test_the_code_is_the_signed_checkpoint(chinese: bytes) -> None:
    code = segno.make(NOTE, error="m")
    dark = sum(module for row in code.matrix for module in row)
    runs = [int(length) for length in re.findall(r"h(\d+)", qr(NOTE))]
    assert sum(runs) == dark
    assert f'width="{len(code.matrix) + 4}"' in qr(NOTE)
    assert squeezed(NOTE) in squeezed(pages_of(chinese)[-1])


def long_record(lots: int, bidders: int, items: int) -> tuple[dict[str, Any], dict[int, tuple[FormItem, ...]]]:
    keys = [f"k{number}" for number in range(items)]
    listed = {
        no: tuple(FormItem(key, {"zh": f"项目{key}", "en": key}, "text") for key in keys) for no in range(1, lots + 1)
    }
    found = []
    for no in range(bidders):
        one = bidder(no % 59, f"投标人第{no}号建设工程有限公司")
        one["form"] = {"price": one["form"]["price"], **{key: f"第{no}家{key}" for key in keys}}
        found.append(one)
    first = the_record()["lots"][0]
    return the_record(lots=[{**first, "no": no, "bidders": found} for no in range(1, lots + 1)]), listed


def test_five_hundred_bidders_with_twenty_items_each_in_a_few_seconds() -> None:
    record, items = long_record(20, 25, 20)
    begun = time.monotonic()
    pdf = record_pdf(document(record, items, NOTE, "zh-CN"), ENDED)
    assert time.monotonic() - begun < 20  # a quiet machine needs one and a half
    assert len(PdfReader(BytesIO(pdf)).pages) > 100


def test_a_long_table_says_on_every_page_what_its_columns_are() -> None:
    record, items = long_record(1, 120, 4)
    pages = [squeezed(page) for page in pages_of(the_pdf_of(record, items))]
    with_bidders = [page for page in pages if "号建设工程有限公司" in page]
    assert len(with_bidders) > 10
    assert all("序号投标人" in page for page in with_bidders)


def the_pdf_of(record: dict[str, Any], items: dict[int, tuple[FormItem, ...]]) -> bytes:
    return typesetting.compiled(data(document(record, items, NOTE, "zh-CN")), SECONDS)


def test_a_typesetter_that_fails_says_so(tmp_path: Path) -> None:
    with pytest.raises(subprocess.CalledProcessError):
        typesetting.typeset("{}", SECONDS)
