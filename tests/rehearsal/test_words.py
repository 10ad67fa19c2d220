"""A rehearsal is told in the language of whoever watches it."""

from __future__ import annotations

import ast
import io
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
from rich.console import Console

import bidroom.rehearsal
from bidroom.cli.rehearse import ends
from bidroom.rehearsal.show import Show
from bidroom.rehearsal.words import DEEDS, ENDS, LABELS, PHASES, Words, deed

SOURCES = sorted(Path(bidroom.rehearsal.__file__).parent.glob("*.py"))
CHINESE = re.compile(r"[一-鿿]")
TOLD = ("do", "command", "_command", "say")
RECORD = {
    "lots": [
        {
            "no": 1,
            "name": "A",
            "reason": None,
            "counted": 3,
            "bidders": [{"outcome": "opened"}, {"outcome": "revoked"}],
        },
        {"no": 2, "name": "B", "reason": "under_minimum", "counted": 2, "bidders": []},
    ]
}


def written(node: ast.expr) -> set[str]:
    """The texts that an expression can be; of one with a value in it, what stands before the colon."""
    if isinstance(node, ast.IfExp):
        return written(node.body) | written(node.orelse)
    first = node.values[0] if isinstance(node, ast.JoinedStr) else node
    text = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
    return {text.removesuffix("：")} if CHINESE.search(text) else set()


def deeds() -> set[str]:
    """Every deed that is named in the source of the rehearsal."""
    found: set[str] = set()
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Assign):
                values = node.value.elts if isinstance(node.value, ast.Tuple) else [node.value]
                targets = node.targets[0].elts if isinstance(node.targets[0], ast.Tuple) else node.targets
                for target, value in zip(targets, values, strict=False):
                    found |= written(value) if isinstance(target, ast.Name) and target.id == "what" else set()
            elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") in TOLD and node.args:
                found |= written(node.args[0])
    return found


def test_every_deed_has_its_words_and_no_word_is_left_over() -> None:
    assert deeds() - DEEDS.keys() == set()
    assert len(deeds()) > 25


def test_a_deed_is_told_with_whom_and_which_lot_it_was_about() -> None:
    assert deed("签到", "zh-CN") == "签到"
    assert deed("解密：释放密钥", "en") == "releases a bid's key"
    assert deed("核对并绑定数字证书：乙方", "en") == "checks and binds a certificate: 乙方"
    assert deed("撤回投标文件", "en", 2) == "withdraws a bid (lot 2)"
    assert deed("撤回投标文件", "zh-CN", 2) == "撤回投标文件（标段 2）"


@pytest.mark.parametrize("table", [PHASES, LABELS, ENDS])
def test_both_languages(table: Words) -> None:
    assert all(CHINESE.search(chinese) or name == "deed" for name, (chinese, _) in table.items())
    assert not any(CHINESE.search(english) for _, english in table.values())
    assert not any(CHINESE.search(english) for english in DEEDS.values())


def test_times_are_shown_with_their_zone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BIDROOM_LANGUAGE", "en")
    said = io.StringIO()
    show = Show(Console(file=said))
    with show.running("T"):
        show.phase(datetime(2026, 9, 1, 1, 30, tzinfo=UTC), "sign_in")
    assert said.getvalue() == "Rehearsal: T\n2026-09-01 09:30:00+08:00  —— sign-in ——\n"


def test_the_end_of_each_lot_is_told_in_ones_language() -> None:
    english, chinese = (list(ends(RECORD, Path("out"), tongue)) for tongue in ("en", "zh-CN"))
    assert english[0] == "Lot 1 A: announced; bids 3, opened 1"
    assert english[1] == "Lot 2 B: too few bidders, not opened; bids 2, opened 0"
    assert chinese[1] == "标段 2 B：投标人不足，不予开标，2 家投标，0 家开启"
    assert english[-1].endswith(": out")
