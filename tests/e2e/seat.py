"""Somebody at a screen: opens the own certificate when asked, presses buttons, fills in dialogs, reads what is said."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, expect

from bidroom.cli.client import Client
from bidroom.cli.identity import Identity
from bidroom.crypto.testca import to_p12

PASSPHRASE = "correct horse"


@dataclass
class Seat:
    """One person's page of a room."""

    page: Page
    identity: Identity
    folder: Path
    has_key: bool = False

    @classmethod
    def at(cls, context: BrowserContext, client: Client, identity: Identity, url: str, folder: Path) -> Seat:
        """Logged in as this client is, in front of this page."""
        for cookie in filter(None, client.cookies().split("; ")):
            name, _, value = cookie.partition("=")
            context.add_cookies([{"name": name, "value": value, "url": client.origin}])
        page = context.new_page()
        page.goto(url)
        page.wait_for_selector("#live[data-state=on]")
        return cls(page, identity, folder)

    # --- keys

    def open_key(self, identity: Identity | None = None, passphrase: str = PASSPHRASE) -> None:
        """Choose the file and type the passphrase, in the dialog that asks for them."""
        who = identity or self.identity
        path = self.folder / f"{who.digest[:16]}.p12"
        path.write_bytes(to_p12(who.key, who.certificate, PASSPHRASE))
        dialog = self.page.locator("#key-dialog")
        expect(dialog).to_be_visible()
        self.page.set_input_files("#key-file", path)
        self.page.fill("#key-passphrase", passphrase)
        dialog.locator("button[type=submit]").click()

    # --- acts

    def form(self, command: str) -> Locator:
        """The form of a command; the first where there are several."""
        return self.page.locator(f"form[data-command={command}]").first

    def fill_in(self, command: str, typed: Mapping[str, str]) -> Locator:
        """Open its dialog, and fill it in."""
        self.page.locator(f".act [data-open^='dialog-act-{command}']").first.click()
        form = self.form(command)
        expect(form).to_be_visible()
        for name, value in typed.items():
            if form.locator(f"[type=radio][name={name}]").count():
                form.locator(f"[name={name}][value={value}]").check()
            elif form.locator(f"select[name={name}]").count():
                form.locator(f"[name={name}]").select_option(value)
            else:
                form.locator(f"[name={name}]").fill(value)
        return form

    def act(self, command: str, typed: Mapping[str, str] | None = None, agrees: bool = False) -> None:
        """Give a command in the way a person does, and wait until the page says that it is done."""
        form = self.form(command)
        form.wait_for(state="attached")
        if form.locator("xpath=ancestor::dialog").count():
            self.fill_in(command, typed or {})
        told = form.get_attribute("data-done") or ""
        signed = form.get_attribute("data-signed") is not None
        form.locator("button[type=submit]").click()
        if agrees:
            self.asked("yes")
        if signed and not self.has_key:
            self.open_key()
            self.has_key = True
        expect(self.page.locator("#toasts", has_text=told)).to_be_visible()

    def asked(self, answer: str) -> str:
        """What the page asks or shows; answer it with the button of this value."""
        dialog = self.page.locator("dialog[aria-labelledby^=asked]")
        expect(dialog).to_be_visible()
        text = dialog.inner_text()
        dialog.locator(f"button[value={answer}]").click()
        expect(dialog).to_have_count(0)
        return text

    @property
    def next(self) -> Locator:
        """The button of the one next step."""
        return self.page.locator("#own-next .act-first button").first
