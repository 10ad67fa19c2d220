"""What one sees of a rehearsal: a live list of phases and events; plain lines where there is no terminal."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from zoneinfo import ZoneInfo

from rich.columns import Columns
from rich.console import Console, Group
from rich.live import Live
from rich.panel import Panel
from rich.text import Text

from bidroom.cli.words import language
from bidroom.rehearsal.told import PHASES
from bidroom.rehearsal.words import LABELS, say
from bidroom.rehearsal.words import PHASES as NAMES

CHINA = ZoneInfo("Asia/Shanghai")
LINES = 12
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
        self._tongue = language()

    @contextmanager
    def running(self, title: str) -> Iterator[None]:
        """Show what happens inside."""
        if not self._console.is_terminal:
            self._console.print(self._label("rehearsal", title=title), highlight=False, markup=False, soft_wrap=True)
            yield
            return
        with Live(console=self._console, refresh_per_second=8, get_renderable=lambda: self._painted(title)) as live:
            self._live = live
            try:
                yield
            finally:
                self._live = None

    def anew(self) -> None:
        """Another opening begins."""
        with self._lock:
            self._lines.clear()
            self._began, self._phase = {"preparing": None}, "preparing"

    def did(self, at: datetime, name: str, what: str) -> None:
        """A party did something."""
        with self._lock:
            self._say(at, self._label("deed", name=name, what=what))

    def phase(self, at: datetime, phase: str) -> None:
        """The opening has come to this phase."""
        with self._lock:
            self._phase = phase
            self._began.setdefault(phase, at)
            self._say(at, f"—— {say(NAMES, phase, self._tongue)} ——")

    def clock(self, now: datetime) -> None:
        """The demo's clock shows this time."""
        with self._lock:
            self._now = now

    def _say(self, at: datetime, line: str) -> None:
        text = f"{shown(at)}  {line}"
        self._lines.append(text)
        if self._live is None:
            self._console.print(text, highlight=False, markup=False, soft_wrap=True)

    def _painted(self, title: str) -> Group:
        with self._lock:
            seldom = (each for each in ("suspended", "terminated") if each in self._began)
            phases = Columns([self._one(phase) for phase in (*LISTED, *seldom)], width=26)
            said = Text("\n".join(self._lines))
        head = Text(f"{title}    {self._label('clock')} {shown(self._now)}", style="bold")
        parts = (("phases", phases), ("events", said))
        return Group(head, *(Panel(part, title=self._label(name), title_align="left") for name, part in parts))

    def _one(self, phase: str) -> str:
        began = self._began.get(phase)
        mark = "▶" if phase == self._phase else "✓" if phase in self._began else "·"
        return f"{mark} {say(NAMES, phase, self._tongue)}" + (f" {shown(began)[11:19]}" if began else "")

    def _label(self, name: str, /, **values: object) -> str:
        return say(LABELS, name, self._tongue, **values)


def shown(at: datetime | None) -> str:
    """2026-12-14 09:30:00+08:00: the day, the time of day, and its zone."""
    return "" if at is None else at.astimezone(CHINA).isoformat(sep=" ", timespec="seconds")
