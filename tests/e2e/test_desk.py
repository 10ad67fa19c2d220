"""The bidder's desk in a real browser: sealed on one's own machine, uploaded, submitted by a receipt alone."""

from __future__ import annotations

import base64
import json
import os
import secrets
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Locator, Page, Route, expect

from bidroom.crypto.checkpoint import parse_vkey
from bidroom.crypto.header import parse_header
from bidroom.crypto.receipt import verify_receipt
from bidroom.crypto.testca import to_p12
from tests.e2e.conftest import Faults, NewContext, chromium_path
from tests.web.parties import Centre, Organization, Tender, publish
from tests.web.serving import Server

pytestmark = pytest.mark.timeout(900)
MIB = 1 << 20
SECOND = timedelta(seconds=1)
PASSPHRASE = "开标 2026"
LONG = 60_000
STORED = """
async () => {
  const root = await navigator.storage.getDirectory();
  const found = [];
  for await (const bid of (await root.getDirectoryHandle("bidroom", { create: true })).values()) {
    const names = [];
    for await (const name of bid.keys()) names.push(name);
    found.push(names.sort().join(" "));
  }
  return found;
}
"""
"""The files of each sealed bid that lies on this machine."""


TICKING = """
() => {
  let last = performance.now();
  globalThis.worst = 0;
  setInterval(() => {
    globalThis.worst = Math.max(globalThis.worst, performance.now() - last);
    last = performance.now();
  }, 10);
}
"""
"""Keeps the longest time for which the page did not answer."""


class Desk:
    """A published tender of two lots, a bidder, and the pages that it opens in one profile."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server, self.folder = server, folder
        self.centre = Centre.at(server.url)
        self.tender: Tender = publish(self.centre, lots=2)
        self.bidder: Organization = self.centre.organization("华东云岭建设集团有限公司")
        self.url = f"{server.url}/tenders/{self.tender.id}/desk"

    def log_in(self, context: BrowserContext) -> BrowserContext:
        """This profile is the bidder's."""
        for cookie in filter(None, self.bidder.client.cookies().split("; ")):
            name, _, value = cookie.partition("=")
            context.add_cookies([{"name": name, "value": value, "url": self.server.url}])
        return context

    def open(self, context: BrowserContext) -> Page:
        """The desk in a new tab."""
        page = context.new_page()
        page.goto(self.url)
        page.wait_for_selector("#desk[data-ready]")
        return page

    def document(self, name: str, size: int) -> Path:
        """A file of random bytes."""
        path = self.folder / name
        with path.open("wb") as file:
            for at in range(0, size, MIB):
                file.write(os.urandom(min(MIB, size - at)))
        return path

    def key(self, who: Organization | None = None, passphrase: str = PASSPHRASE) -> Path:
        """A .p12 of somebody."""
        identity = (who or self.bidder).identity
        path = self.folder / f"{identity.digest[:16]}.p12"
        path.write_bytes(to_p12(identity.key, identity.certificate, passphrase))
        return path

    def receipt(self, document: dict[str, Any], kind: str = "receipt") -> dict[str, Any]:
        """Its verified body."""
        return verify_receipt(document, parse_vkey(self.centre.clerk.client.get("/keys")["receipt"]), kind)


def fill_in(lot: Locator, *documents: Path, price: str = "126480000.5") -> None:
    """The form and the files of a lot."""
    lot.locator("[name=price]").fill(price)
    lot.locator("[name=duration]").fill("540")
    lot.locator("[data-files]").set_input_files(documents)


def open_key(page: Page, path: Path, passphrase: str = PASSPHRASE) -> None:
    """In the dialog that asks for it."""
    expect(page.locator("#key-dialog")).to_be_visible()
    page.set_input_files("#key-file", path)
    page.fill("#key-passphrase", passphrase)
    page.click("#key-form button[type=submit]")


def seal(lot: Locator) -> None:
    lot.locator("[data-bid] button[type=submit]").click()


def state(lot: Locator) -> Locator:
    return lot.locator("[data-state]")


def submitted(lot: Locator) -> str:
    """The digest of the bid that counts, once there is one."""
    expect(state(lot)).to_have_attribute("data-state", "submitted", timeout=LONG)
    return state(lot).get_attribute("data-live") or ""


@pytest.fixture
def desk(server: Server, tmp_path: Path) -> Desk:
    return Desk(server, tmp_path)


@pytest.fixture
def context(desk: Desk, new_context: NewContext, faults: Faults) -> BrowserContext:
    faults.expected.append("404")  # whether this is a demo's seat is found out by asking
    return desk.log_in(new_context())


def test_from_the_form_to_the_receipt(desk: Desk, context: BrowserContext) -> None:
    page = desk.open(context)
    lot = page.locator("#lot-1")
    fill_in(lot, desk.document("技术标.pdf", 3 * MIB + 17), desk.document("a.docx", 1000))
    expect(lot.locator("[data-capitals]")).to_have_text("人民币壹亿贰仟陆佰肆拾捌万元零伍角整")
    seal(lot)
    open_key(page, desk.key())
    digest = submitted(lot)
    expect(lot.locator("[data-notice]")).to_contain_text("开标预演成功")
    assert page.evaluate(STORED) == ["about.json"]
    kept = json.loads(page.evaluate(f"localStorage['bidroom:kept:{desk.tender.id}:1']"))
    assert (kept["digest"], kept["certificate"]) == (digest, desk.bidder.identity.digest)
    assert desk.receipt(kept["receipt"])["digest"] == digest
    assert "126480000" not in page.evaluate("JSON.stringify(localStorage)")
    with page.expect_download() as download:
        lot.get_by_role("link", name="下载回执").click()
    assert json.loads(download.value.path().read_text("utf-8")) == kept["receipt"]
    told = desk.bidder.client.get(f"{desk.tender.path}/events", channel="own")["events"]
    assert [event["body"]["digest"] for event in told] == [digest]


def test_a_closed_tab_loses_nothing_and_uploaded_is_not_submitted(
    desk: Desk, context: BrowserContext, faults: Faults
) -> None:
    faults.expected.append("ERR_FAILED")
    page = desk.open(context)
    sent: list[str] = []

    def some(route: Route) -> None:
        sent.append(route.request.url)
        route.abort() if len(sent) > 6 else route.continue_()

    page.route("**/segments/*", some)
    lot = page.locator("#lot-1")
    fill_in(lot, desk.document("技术标.pdf", 12 * MIB))
    seal(lot)
    open_key(page, desk.key())
    expect(lot.locator("[data-sealed]")).to_contain_text("尚未递交", timeout=LONG)
    page.wait_for_timeout(1500)
    page.close(run_before_unload=False)
    again = desk.open(context)
    lot = again.locator("#lot-1")
    expect(state(lot)).to_have_attribute("data-state", "none")
    expect(lot.locator("[data-sealed]")).to_contain_text("从断点继续")
    puts: list[str] = []
    again.on("request", lambda request: puts.append(request.url) if request.method == "PUT" else None)
    lot.locator("[data-go]").click()
    submitted(lot)
    assert len(puts) < 14
    assert again.evaluate(STORED) == ["about.json"]


def test_uploaded_waits_for_the_person_where_that_was_chosen(desk: Desk, context: BrowserContext) -> None:
    page = desk.open(context)
    lot = page.locator("#lot-2")
    fill_in(lot, desk.document("a.pdf", 1000))
    lot.locator("[name=auto]").uncheck()
    seal(lot)
    open_key(page, desk.key())
    expect(lot.locator("[data-sealed]")).to_have_attribute("data-run", "done", timeout=LONG)
    expect(lot.locator("[data-sealed]")).to_contain_text("已上传，尚未递交")
    expect(state(lot)).to_have_attribute("data-state", "none")
    assert desk.bidder.client.get(f"{desk.tender.path}/events", channel="own")["events"] == []
    lot.locator("button[data-submit]").click()
    submitted(lot)


def test_replaced_withdrawn_and_submitted_again(desk: Desk, context: BrowserContext) -> None:
    page = desk.open(context)
    lot = page.locator("#lot-1")
    fill_in(lot, desk.document("a.pdf", 1000))
    seal(lot)
    open_key(page, desk.key())
    first = submitted(lot)
    lot.locator("[data-replace]").click()
    fill_in(lot, desk.document("a.pdf", 1000), price="126")
    seal(lot)
    expect(state(lot)).not_to_have_attribute("data-live", first, timeout=LONG)
    second = submitted(lot)
    assert page.evaluate(STORED) == ["about.json"]
    assert parse_header(header_of(desk, second)).supersedes == first
    lot.locator("[data-open=withdraw-1]").click()
    page.locator("#withdraw-1 button[type=submit]").click()
    expect(state(lot)).to_have_attribute("data-state", "withdrawn")
    expect(lot.locator("[data-notice]")).to_contain_text("已撤回")
    assert page.evaluate(STORED) == []
    assert page.evaluate(f"localStorage['bidroom:kept:{desk.tender.id}:1'] ?? null") is None
    page.locator("dialog[open]").get_by_role("button", name="关闭").click()
    fill_in(lot, desk.document("a.pdf", 1000))
    seal(lot)
    assert submitted(lot) not in (first, second)


def header_of(desk: Desk, digest: str) -> bytes:
    told = desk.bidder.client.get(f"{desk.tender.path}/bids/{digest}/header")
    return base64.b64decode(told["header"])


def test_a_printed_code_opens_the_bid_and_is_shown_once(desk: Desk, context: BrowserContext) -> None:
    page = desk.open(context)
    lot = page.locator("#lot-1")
    fill_in(lot, desk.document("a.pdf", 1000))
    lot.locator("[data-code]").click()
    expect(page.locator("[data-sheet-code] span")).to_have_count(2)
    code = page.locator("[data-sheet-code]").inner_text()
    page.keyboard.press("Escape")
    expect(page.locator("#code-sheet")).to_be_visible()
    expect(page.locator("[data-sheet-done]")).to_be_disabled()
    page.check("#sheet-kept")
    page.click("[data-sheet-done]")
    groups = code.replace("\n", "").split("-")
    assert len(groups) == 8
    assert not any(group in page.content() for group in groups)
    seal(lot)
    open_key(page, desk.key())
    digest = submitted(lot)
    assert [stanza.slot for stanza in parse_header(header_of(desk, digest)).stanzas].count("bidder") == 2
    lot.locator("[data-prove]").click()
    page.fill("#prove-code", "0123-4567-89AB-CDEF-GHJK-MNPQ-RSTV-WXYZ")
    page.click("[data-prove-code] button")
    expect(page.locator("[data-prove-result]")).to_contain_text("不是加密这份投标文件时打印的恢复码")
    page.fill("#prove-code", " ".join(groups).lower())
    page.click("[data-prove-code] button")
    expect(page.locator("[data-prove-result]")).to_contain_text("预演成功")


def test_what_goes_wrong_is_said_and_nothing_is_lost(desk: Desk, context: BrowserContext) -> None:
    page = desk.open(context)
    lot = page.locator("#lot-1")
    fault = lot.locator("[data-bid-fault]")
    seal(lot)
    expect(fault).to_have_text("开标一览表还有未填好的项目")
    expect(lot.locator("[name=price]")).to_be_focused()
    big = desk.document("技术标.pdf", 3 * MIB)
    fill_in(lot, big, desk.key())
    expect(lot.locator("[data-fault-for=documents]")).to_contain_text("证书私钥文件不能放进投标文件")
    seal(lot)
    open_key(page, desk.key(), "wrong")
    expect(page.locator("#key-dialog [data-fault]")).to_have_text("密码不正确")
    broken = desk.folder / "broken.p12"
    broken.write_bytes(desk.key().read_bytes()[:400])
    open_key(page, broken)
    expect(page.locator("#key-dialog [data-fault]")).to_have_text("密钥文件无法读取")
    open_key(page, desk.key(desk.tender.agent))
    page.click("[data-key-anyway]")
    expect(fault).to_contain_text("使用的不是与您绑定的那张数字证书")
    big.write_bytes(secrets.token_bytes(2 * MIB))
    seal(lot)
    open_key(page, desk.key())
    expect(fault).to_contain_text("加密时文件内容发生变化（技术标.pdf）")
    assert page.evaluate(STORED) == []
    expect(lot.locator("[name=price]")).to_have_value("126480000.50")
    lot.locator("[data-files]").set_input_files(big)
    quota = context.new_cdp_session(page)
    quota.send("Storage.overrideQuotaForOrigin", {"origin": desk.server.url, "quotaSize": MIB})
    page.evaluate("navigator.storage.estimate = async () => ({})")  # so that the disk itself says it
    seal(lot)
    expect(fault).to_contain_text("本机磁盘空间或浏览器允许的存储空间不足")
    quota.send("Storage.overrideQuotaForOrigin", {"origin": desk.server.url})
    assert page.evaluate(STORED) == []
    seal(lot)
    submitted(lot)


def test_after_the_deadline_there_is_a_signed_refusal(desk: Desk, context: BrowserContext, faults: Faults) -> None:
    faults.expected.append("422")
    page = desk.open(context)
    lot = page.locator("#lot-1")
    fill_in(lot, desk.document("a.pdf", 2 * MIB))
    lot.locator("[name=auto]").uncheck()
    seal(lot)
    open_key(page, desk.key())
    expect(lot.locator("[data-sealed]")).to_have_attribute("data-run", "done", timeout=LONG)
    desk.centre.go_to(desk.tender.deadline + SECOND)
    lot.locator("button[data-submit]").click()
    expect(lot.locator("[data-notice]")).to_contain_text("平台拒收")
    with page.expect_download() as download:
        lot.locator("[data-notice] button").click()
    refusal = json.loads(download.value.path().read_text("utf-8"))
    assert desk.receipt(refusal, "refusal")["reason"] == "upload_is_in_time"
    expect(state(lot)).to_have_attribute("data-state", "none")
    expect(lot.locator("[data-sealed-fault]")).to_contain_text("这份密文没有递交")
    expect(lot.locator("button[data-submit]")).to_be_hidden()


def test_the_network_goes_and_comes_back(desk: Desk, context: BrowserContext, faults: Faults) -> None:
    faults.expected += ["ERR_INTERNET_DISCONNECTED", "ERR_FAILED", "Failed to fetch"]
    page = desk.open(context)
    lot = page.locator("#lot-1")
    fill_in(lot, desk.document("a.pdf", 30 * MIB))
    seal(lot)
    open_key(page, desk.key())
    expect(lot.locator("[data-sealed]")).to_have_attribute("data-run", "running", timeout=LONG)
    context.set_offline(True)
    expect(lot.locator("[data-sealed]")).to_have_attribute("data-run", "waiting", timeout=LONG)
    expect(lot.locator("[data-sealed]")).to_contain_text("已上传的部分不会丢失")
    context.set_offline(False)
    submitted(lot)


# --- memory


def memory(root: int) -> float:
    """MiB of all Chromium processes under this one, each page that is shared counted in parts."""
    children: dict[int, list[int]] = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except OSError:  # it has just ended
            continue
        children.setdefault(parent, []).append(int(path.parent.name))
    found, total = [root], 0.0
    while found:
        pid = found.pop()
        found += children.get(pid, [])
        total += _pss(pid)
    return total


def _pss(pid: int) -> float:
    try:
        if b"chrom" not in Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0]:
            return 0.0
        lines = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("Pss:")) / 1024


@contextmanager
def watched() -> Iterator[list[float]]:
    """Memory while something runs, ten times a second."""
    seen, over = [memory(os.getpid())], threading.Event()

    def look() -> None:
        while not over.wait(0.1):
            seen.append(memory(os.getpid()))

    thread = threading.Thread(target=look)
    thread.start()
    try:
        yield seen
    finally:
        over.set()
        thread.join()


def test_sealing_and_uploading_hold_no_bid_in_memory(desk: Desk, browser: Browser, tmp_path: Path) -> None:
    """128 MiB; a profile on disk, as a private window's files lie in memory."""
    folder = tmp_path / "profile"
    context = browser.browser_type.launch_persistent_context(
        folder, executable_path=chromium_path(), args=["--no-sandbox", "--disable-dev-shm-usage"], locale="zh-CN"
    )
    try:
        page = desk.open(desk.log_in(context))
        lot = page.locator("#lot-1")
        fill_in(lot)
        choose(page, "#lot-1 [data-files]", desk.document("big.bin", 128 * MIB))
        page.wait_for_timeout(2000)
        with watched() as seen:
            page.evaluate(TICKING)
            seal(lot)
            open_key(page, desk.key())
            submitted(lot)
        assert max(seen) - seen[0] < 128, f"{seen[0]:.0f} MiB before, {max(seen):.0f} at most"
        assert page.evaluate("worst") < 2000, "the page answers while it seals"
    finally:
        context.close()
        shutil.rmtree(folder, ignore_errors=True)


def choose(page: Page, selector: str, path: Path) -> None:
    """A large file by its path alone."""
    session = page.context.new_cdp_session(page)
    found = session.send("Runtime.evaluate", {"expression": f"document.querySelector({selector!r})"})
    session.send("DOM.setFileInputFiles", {"files": [str(path)], "objectId": found["result"]["objectId"]})
