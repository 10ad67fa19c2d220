"""What one sees of a rehearsal: a live list of phases and events; plain lines where there is no terminal."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.columns import Columns
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from bidroom.rehearsal.told import PHASES

CHINA = ZoneInfo("Asia/Shanghai")
LINES = 12
NAMES: Mapping[str, str] = {
    "preparing": "登记、公告与投标", "sign_in": "签到", "extracted": "提取", "checked": "检查", "decrypting": "解密",
    "closing": "招标人解密", "attributing": "认定", "announcing": "唱标", "objections": "异议", "confirming": "确认",
    "closed": "结束", "suspended": "中止", "terminated": "终止",
}  # fmt: skip
LISTED = ("preparing", *(phase for phase in PHASES if phase != "scheduled"))


class Show:
    """Takes reports from all threads and paints them, or prints them one a line."""

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console()
        self._lock = threading.Lock()
        self._lines: deque[str] = deque(maxlen=LINES)
        self._now: datetime | None = None
        self._began: dict[str, datetime | None] = {"preparing": None}
        self._phase = "preparing"
        self._live: Live | None = None

    @contextmanager
    def running(self, title: str) -> Iterator[None]:
        """Show what happens inside."""
        if not self._console.is_terminal:
            self._console.print(f"演练：{title}", highlight=False, markup=False, soft_wrap=True)
            yield
            return
        with Live(console=self._console, refresh_per_second=8, get_renderable=lambda: self._painted(title)) as live:
            self._live = live
            yield

    def did(self, at: datetime, name: str, what: str) -> None:
        """A party did something."""
        with self._lock:
            self._say(at, f"{name}：{what}")

    def phase(self, at: datetime, phase: str) -> None:
        """The opening has come to this phase."""
        with self._lock:
            self._phase = phase
            self._began.setdefault(phase, at)
            self._say(at, f"—— {NAMES[phase]} ——")

    def clock(self, now: datetime) -> None:
        """The demo's clock shows this time."""
        with self._lock:
            self._now = now

    def _say(self, at: datetime, line: str) -> None:
        text = f"{_clock(at)}  {line}"
        self._lines.append(text)
        if self._live is None:
            self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _painted(self, title: str) -> Group:
        with self._lock:
            seldom = (each for each in ("suspended", "terminated") if each in self._began)
            phases = Columns([self._one(phase) for phase in (*LISTED, *seldom)], width=26)
            said = Text("\n".join(self._lines))
        head = Text(f"{title}    演练时钟 {_clock(self._now)}", style="bold")
        panels = (Panel(phases, title="阶段", title_align="left"), Panel(said, title="经过", title_align="left"))
        return Group(head, *panels)

    def _one(self, phase: str) -> str:
        began = self._began.get(phase)
        mark = "▶" if phase == self._phase else "✓" if phase in self._began else "·"
        return f"{mark} {NAMES[phase]}" + (f" {_clock(began)[11:]}" if began else "")


def _clock(at: datetime | None) -> str:
    return "                   " if at is None else at.astimezone(CHINA).strftime("%Y-%m-%d %H:%M:%S")
