"""Looks at pages as a checker and as a person would: axe-core, nothing wider than the screen or cut off, pictures."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.e2e.conftest import PHONE

AXE = Path(__file__).parent.parent.parent / "bidroom" / "web" / "ui" / "node_modules" / "axe-core" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
RUN_AXE = """
async (tags) => {
  const runOnly = { type: "tag", values: tags };
  const { violations } = await axe.run(document, { runOnly, resultTypes: ["violations"] });
  const said = (node) => [...node.any, ...node.all].map((each) => each.message).join("; ").slice(0, 200);
  const told = ({ id, help }, node) => `${id} (${help}): ${node.html.slice(0, 160)} ${said(node)}`;
  return violations.flatMap((each) => each.nodes.slice(0, 3).map((node) => told(each, node)));
}
"""
FITS = """
() => {
  const { scrollWidth } = document.scrollingElement;
  const faults = scrollWidth > innerWidth ? [`${scrollWidth} px wide on a screen of ${innerWidth}`] : [];
  const words = ".btn, .chip, .tg, .count :is(b, small), .lb b, .tabs button, .top a, h1, h2, h3";
  for (const each of document.querySelectorAll(words)) {
    const box = each.getBoundingClientRect();
    const { textOverflow, overflowX } = getComputedStyle(each);
    if (box.width < 3 || textOverflow === "ellipsis" || each.closest(".visually-hidden, .skip")) continue;
    const is_cut = overflowX !== "visible" && each.clientWidth && each.scrollWidth > each.clientWidth + 1;
    if (is_cut) faults.push(`cut off: ${each.outerHTML.slice(0, 160)}`);
    const is_beside = box.right > innerWidth + 1 || box.left < -1;
    if (is_beside && !each.closest(".tw, .lots, .tabs, .scroll, pre")) {
      faults.push(`beside the screen: ${each.outerHTML.slice(0, 160)}`);
    }
  }
  const is_fixed = (each) => each.childElementCount && getComputedStyle(each).position === "fixed";
  const bar = [...document.querySelectorAll(".mbar")].find(is_fixed);
  const room = parseFloat(getComputedStyle(document.body).paddingBottom);
  if (bar && room < bar.offsetHeight) faults.push(`${bar.offsetHeight} px of a bar cover the end, ${room} are free`);
  return faults;
}
"""


@dataclass
class Screens:
    """Takes pictures of pages and notes what is wrong with them; a test asserts that nothing was."""

    folder: Path
    keeps_all: bool
    faults: list[str] = field(default_factory=list)
    looked_at: int = 0
    checked: int = 0

    @classmethod
    def of(cls, tmp_path: Path) -> Screens:
        """All pictures go to the folder that BIDROOM_SCREENS names, for a person to look at; else those with faults."""
        asked = os.environ.get("BIDROOM_SCREENS")
        folder = Path(asked or tmp_path / "screens")
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder, bool(asked))

    def look(self, page: Page, name: str, axe: bool = True) -> None:
        """Every check of one page as it is now, and its picture."""
        self.looked_at += 1
        found = [*page.evaluate(FITS), *(self._axe(page) if axe else ())]
        self.faults += [f"{name}: {fault}" for fault in found]
        if found or self.keeps_all:
            path = self.folder / f"{re.sub(r'[^a-z0-9-]+', '-', name.lower())}.png"
            page.screenshot(path=path, full_page=page.viewport_size == PHONE)

    def _axe(self, page: Page) -> list[Any]:
        self.checked += 1
        if not page.evaluate("() => 'axe' in window"):
            page.evaluate(AXE.read_text("utf-8"))
        found: list[Any] = page.evaluate(RUN_AXE, TAGS)
        return found
