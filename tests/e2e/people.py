"""Somebody with a certificate in a file: logs in with it through the login page, and acts at a desk and in a room."""

from __future__ import annotations

import secrets
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.sync_api import BrowserContext, Locator, expect

from bidroom.cli.identity import Identity
from tests.e2e.seat import Seat

MODERN, LEGACY = ("-keypbe", "AES-256-CBC", "-certpbe", "AES-256-CBC", "-macalg", "sha256"), ("-legacy",)


@dataclass
class Person(Seat):
    """One person's browser; the key is chosen and its passphrase typed each time that a new page asks for it."""

    url: str = ""
    p12: Path = Path()
    passphrase: str = ""

    @classmethod
    def with_file(
        cls, context: BrowserContext, url: str, identity: Identity, folder: Path, how: tuple[str, ...] = MODERN
    ) -> Person:
        """Before an empty page, with a .p12 that openssl made in this way."""
        passphrase = f"口令 {secrets.token_hex(12)}"
        p12 = key_file(identity, folder, passphrase, how)
        return cls(context.new_page(), identity, folder, url=url, p12=p12, passphrase=passphrase)

    @property
    def session(self) -> str:
        """The session that the browser holds."""
        [found] = [each["value"] for each in self.page.context.cookies() if each["name"] == "bidroom_session"]
        return found

    def open_key(self, identity: Identity | None = None, passphrase: str = "") -> None:
        """One's own file, and its passphrase."""
        dialog = self.page.locator("#key-dialog")
        expect(dialog).to_be_visible()
        self.page.set_input_files("#key-file", self.p12)
        self.page.fill("#key-passphrase", passphrase or self.passphrase)
        dialog.locator("button[type=submit]").click()
        expect(dialog).to_be_hidden()

    def log_in(self, account: str, path: str) -> None:
        """By certificate, from the page that wanted it."""
        self.page.goto(f"{self.url}/login?next={path}")
        self.page.fill("#f-account", account)
        self.page.click("form[data-by=login] button[type=submit]")
        self.open_key()
        self.page.wait_for_url(f"{self.url}{path}")
        self.has_key = False

    def go(self, path: str) -> None:
        """To another page; no key is open there."""
        self.page.goto(self.url + path)
        self.has_key = False

    def enter(self, room: str) -> None:
        """Into the room, until it lives."""
        self.go(room)
        self.page.wait_for_selector("#live[data-state=on]")

    # --- at the desk

    def seal(self, lot: int, form: Mapping[str, str], document: Path) -> str:
        """Fill in, choose a document, seal, upload, submit; the digest of the bid that has a receipt."""
        section = self.page.locator(f"#lot-{lot}")
        for name, value in form.items():
            section.locator(f"[data-bid] [name={name}]").fill(value)
        section.locator("[data-files]").set_input_files(document)
        section.locator("[data-bid] button[type=submit]").click()
        if not self.has_key:
            self.open_key()
            self.has_key = True
        state = section.locator("[data-state]")
        expect(state).not_to_have_attribute("data-live", "")
        expect(section.locator(".verdict-h b").first).to_have_text("已递交")
        return state.get_attribute("data-live") or ""

    # --- in the room

    def release(self, lots: int) -> None:
        """Each lot's key, each with its receipt."""
        forms: Locator = self.page.locator("form[data-command=ReleaseShare]")
        for left in range(lots, 0, -1):
            expect(forms).to_have_count(left)
            self.act("ReleaseShare")
            self.asked("close")
        expect(forms).to_have_count(0)

    def confirm(self) -> None:
        """Read one's own rows, sign, take the receipt."""
        self.act("ConfirmRecord", agrees=True)
        self.asked("close")

    def save(self, link: str, into: Path) -> bytes:
        """What a link of the page saves."""
        with self.page.expect_download() as download:
            self.page.click(link)
        download.value.save_as(into)
        return into.read_bytes()


def key_file(identity: Identity, folder: Path, passphrase: str, how: tuple[str, ...]) -> Path:
    """The .p12 as openssl writes it."""
    stem = folder / identity.digest[:16]
    key, certificate, p12 = (stem.with_suffix(end) for end in (".key", ".pem", ".p12"))
    key.write_bytes(identity.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    certificate.write_bytes(x509.load_der_x509_certificate(identity.certificate).public_bytes(Encoding.PEM))
    command = ["openssl", "pkcs12", "-export", *how, "-inkey", key, "-in", certificate, "-out", p12]
    subprocess.run([*map(str, command), "-passout", f"pass:{passphrase}"], check=True, capture_output=True)
    key.unlink()
    return p12
