"""Scenarios acted once for all tests that look at what came of them."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from rich.console import Console

import bidroom
from bidroom.facts import Refused
from bidroom.rehearsal.director import rehearse
from bidroom.rehearsal.reading import parse
from bidroom.rehearsal.show import Show

TITLE = """
title: 文化中心装修工程施工
number: A3301-2026-0301-009
rule_pack: cn-small
tenderee: {name: 城东文化发展有限公司}
"""
LOT = """
lots:
  - {no: 1, name: 装修工程, control_price: "3000000.00", deposit: "50000.00"}
form:
  - {key: duration, label: {zh: 工期, en: Duration}, type: integer, unit: d}
"""


@dataclass(frozen=True)
class Acted:
    """What a rehearsal left: its folder, its record, what it showed; `refused` where it failed."""

    folder: Path
    record: Mapping[str, Any]
    shown: str
    refused: Refused | None

    def json(self, name: str) -> Any:
        """One of its files."""
        return json.loads((self.folder / name).read_text("utf-8"))

    def rows(self, lot: int = 1) -> dict[str, Mapping[str, Any]]:
        """The bidders of a lot, by name."""
        return {row["name"]: row for row in self.record["lots"][lot - 1]["bidders"]}


KEPT: list[TemporaryDirectory[str]] = []
"""Folders live as long as the process that runs the tests."""


def acted(text: str, url: str | None = None) -> Acted:
    """Act this scenario."""
    folder = TemporaryDirectory(prefix="rehearsed-")
    KEPT.append(folder)
    out, said = Path(folder.name), io.StringIO()
    refused: Refused | None = None
    try:
        rehearse(parse(text), out, url, 60.0, Show(Console(file=said)))
    except Refused as fault:
        refused = fault
    record = out / "record.json"
    told = json.loads(record.read_text("utf-8")) if record.exists() else {}
    return Acted(out, told, said.getvalue(), refused)


def scenario(name: str) -> str:
    """The text of one of the demo's scenarios."""
    return (bidroom.demo_folder() / "scenarios" / f"{name}.yaml").read_text("utf-8")


@cache
def demo(name: str) -> Acted:
    """One of the demo's scenarios, acted once."""
    return acted(scenario(name))


def bidders(*more: str) -> str:
    """Three bidders for lot 1; `more` are further lines of each."""
    names = ("东山建筑工程有限公司", "西湖装饰有限公司", "南屏建设有限公司")
    lines = ["bidders:"]
    for number, name in enumerate(names):
        lines.append(f"  - name: {name}")
        lines.append(f'    bids: {{1: {{price: "{2800000 + number}.00", duration: {60 + number}, documents: 20KB}}}}')
        lines += [f"    {line}" for line in (more[number : number + 1])]
    return "\n".join(lines) + "\n"
