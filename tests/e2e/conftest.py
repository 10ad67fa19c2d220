"""A real browser against a real server: Chromium by Playwright, one context a person, nothing mocked.

Whatever a page says on its console as an error, throws, or reports as against its content security policy, fails the
test that looked at it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from tests.web.serving import Server

DESKTOP, PHONE = ViewportSize(width=1440, height=900), ViewportSize(width=390, height=844)
PATIENCE = 60_000
"""Milliseconds for which a page is waited for."""
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")


def chromium_path() -> str:
    """Debian's Chromium; `make e2e` says how to get it."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    assert found is not None, "no Chromium: apt install chromium fonts-noto-cjk"
    return found


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """One Chromium a test process."""
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-dev-shm-usage", "--force-color-profile=srgb"]
        chromium = playwright.chromium.launch(executable_path=chromium_path(), args=options)
        yield chromium
        chromium.close()


class Faults:
    """What pages complained of."""

    def __init__(self, expected: Sequence[str] = ()) -> None:
        self.said: list[str] = []
        self.expected = list(expected)
        """Parts of complaints that a test brings about on purpose."""

    def watch(self, page: Page) -> None:
        """Listen to this page."""
        page.on("console", lambda said: self._note(f"{said.type}: {said.text}") if said.type == "error" else None)
        page.on("pageerror", lambda fault: self._note(f"thrown: {fault}"))

    def _note(self, text: str) -> None:
        if not any(part in text for part in self.expected):
            self.said.append(text)


@pytest.fixture
def faults() -> Iterator[Faults]:
    """Every console error, exception and CSP report (Chromium logs those as console errors) fails the test."""
    found = Faults()
    yield found
    assert not found.said, "\n".join(found.said)


NewContext = Callable[..., BrowserContext]


def profile(
    browser: Browser, faults: Faults, language: str = "zh-CN", phone: bool = False, **more: Any
) -> BrowserContext:
    """A person's own browser profile, whose pages' complaints are noted; `more` as Playwright takes it."""
    size = PHONE if phone else DESKTOP
    context = browser.new_context(locale=language, viewport=size, accept_downloads=True, **more)
    context.set_default_timeout(PATIENCE)
    context.on("page", faults.watch)
    return context


@pytest.fixture
def new_context(browser: Browser, faults: Faults) -> Iterator[NewContext]:
    """Profiles for one test: `new_context(language="en", phone=True)`."""
    opened: list[BrowserContext] = []

    def new(language: str = "zh-CN", phone: bool = False, **more: Any) -> BrowserContext:
        opened.append(profile(browser, faults, language, phone, **more))
        return opened[-1]

    yield new
    for context in opened:
        context.close()


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """A server in demo mode (its clock can jump) on fresh data."""
    found = Server(tmp_path)
    found.start()
    yield found
    found.kill()
