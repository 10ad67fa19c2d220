"""From a registration to the first page, in a browser: applicant and clerk, each with a profile of its own."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from bidroom.cli.identity import Identity
from bidroom.crypto.testca import to_p12
from bidroom.web.assets import WEB
from tests.e2e.conftest import Faults, NewContext
from tests.web.parties import PASSWORD, Centre, a_code, publish
from tests.web.serving import Server

NAME, USER, PASSPHRASE = "华东云岭建设集团有限公司", "yunling", "开标 2026"
AXE = WEB / "ui" / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
FOUND = "JSON.stringify(r.violations.map((v) => [v.id, v.nodes.map((n) => n.target)]))"
RUN = f"axe.run(document, {{runOnly: {RULES}}}).then((r) => {FOUND})"


@pytest.fixture
def centre(server: Server) -> Centre:
    return Centre.at(server.url)


@pytest.fixture
def applicant(new_context: NewContext) -> BrowserContext:
    return new_context()


@pytest.fixture
def clerk(new_context: NewContext, server: Server, centre: Centre) -> Page:
    """The clerk's browser, logged in by password."""
    page = new_context().new_page()
    page.goto(f"{server.url}/centre/bindings")
    page.fill("#p-account", centre.clerk.user)
    page.fill("#f-password", PASSWORD)
    page.click("form[data-by=password] button")
    page.wait_for_url(f"{server.url}/centre/bindings")
    return page


def p12(folder: Path, identity: Identity) -> Path:
    path = folder / f"{identity.digest[:8]}.p12"
    path.write_bytes(to_p12(identity.key, identity.certificate, PASSPHRASE))
    return path


def open_key(page: Page, path: Path, passphrase: str = PASSPHRASE) -> None:
    """Choose a file in the key's dialog."""
    page.wait_for_selector("#key-dialog[open]")
    page.set_input_files("#key-file", path)
    page.fill("#key-passphrase", passphrase)
    page.click("#key-dialog button[type=submit]")


def yes(page: Page) -> None:
    page.click("dialog[open] button[value=yes]")


def check_look(page: Page) -> None:
    """No violation of WCAG 2.2 AA, nothing that sticks out sideways, at a desk and on a phone."""
    client = page.context.new_cdp_session(page)
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
        client.send("Runtime.evaluate", {"expression": AXE.read_text("utf-8")})  # not through the page's CSP
        told = client.send("Runtime.evaluate", {"expression": RUN, "awaitPromise": True, "returnByValue": True})
        assert told["result"]["value"] == "[]", page.url
    page.set_viewport_size({"width": 1440, "height": 900})


@pytest.mark.slow
def test_register_apply_be_returned_be_bound_log_in(
    server: Server, centre: Centre, applicant: BrowserContext, clerk: Page, tmp_path: Path, faults: Faults
) -> None:
    page, code = applicant.new_page(), a_code()
    own, other = centre.certificate(NAME, code), centre.certificate("别家有限公司", a_code())
    faults.expected += ["status of 422"]  # another organization's certificate, refused on purpose

    page.goto(f"{server.url}/register")
    page.fill("#f-name", NAME)
    page.fill("#f-uscc", code[:-1] + ("0" if code[-1] != "0" else "1"))
    expect(page.locator("[data-fault-for=uscc]")).to_contain_text("校验码不符")
    page.fill("#f-uscc", code.lower())
    expect(page.locator("[data-uscc-told]")).to_have_text("校验通过")
    page.fill("#f-user", USER)
    check_look(page)
    page.click("main form button[type=submit]")
    page.wait_for_url(f"{server.url}/register/*")
    check_look(page)

    page.click("form[data-by=apply] button")
    open_key(page, p12(tmp_path, other), "wrong")
    expect(page.locator("#key-dialog [data-fault]")).to_have_text("密码不正确")
    page.fill("#key-passphrase", PASSPHRASE)
    page.click("#key-dialog button[type=submit]")
    expect(page.locator("dialog[open]")).to_contain_text("不一致")
    yes(page)
    expect(page.locator("form[data-by=apply] [data-fault]")).to_contain_text("统一社会信用代码")
    apply(page, p12(tmp_path, own))
    expect(page.locator("#sheet")).to_contain_text(own.serial)
    assert b"/Count 1" in page.pdf(format="A4", prefer_css_page_size=True)  # the form is one sheet of paper
    check_look(page)

    give_back(clerk, server, "申请表未加盖公章")
    page.reload()
    expect(page.locator("main > .banner")).to_contain_text("申请表未加盖公章")
    check_look(page)
    apply(page, p12(tmp_path, own))
    bind(clerk, server)
    page.reload()
    expect(page.locator("main > .banner")).to_contain_text("数字证书已绑定")

    page.goto(f"{server.url}/organization")
    page.fill("#f-account", USER)
    page.click("form[data-by=login] button")
    open_key(page, p12(tmp_path, own))
    page.wait_for_url(f"{server.url}/organization")
    expect(page.locator("#certificates")).to_contain_text("本次登录")
    check_look(page)
    tender = publish(centre)
    page.goto(f"{server.url}/")
    expect(page.locator(".duties > li")).to_contain_text("递交投标文件")
    expect(page.locator(".duties > li .btn")).to_have_attribute("href", f"/tenders/{tender.id}/desk")
    check_look(page)


def apply(page: Page, path: Path) -> None:
    page.click("form[data-by=apply] button")
    open_key(page, path)
    expect(page.locator("dialog[open]")).to_contain_text("证书与登记一致")
    yes(page)
    page.wait_for_selector("#sheet")


def give_back(clerk: Page, server: Server, reason: str) -> None:
    clerk.goto(f"{server.url}/centre/bindings")
    check_look(clerk)
    clerk.click("button[data-ask=return-binding]")
    clerk.fill("#return-binding textarea", reason)
    with clerk.expect_navigation():
        clerk.click("#return-binding button[type=submit]")
    expect(clerk.locator("#decided")).to_contain_text(reason)


def bind(clerk: Page, server: Server) -> None:
    clerk.goto(f"{server.url}/")
    expect(clerk.locator(".duties")).to_contain_text("1 件数字证书绑定申请待核对")
    clerk.goto(f"{server.url}/centre/bindings")
    clerk.click("form[data-command=BindCertificate] button")
    with clerk.expect_navigation():
        yes(clerk)
    expect(clerk.locator("#decided")).to_contain_text("已绑定")


@pytest.mark.slow
def test_the_clerk_publishes_and_registers_deposits(server: Server, centre: Centre, clerk: Page) -> None:
    tender = publish(centre)
    bidder = centre.organization("皖江路桥市政有限公司")
    clerk.goto(f"{server.url}/centre/notices")
    check_look(clerk)
    clerk.goto(f"{server.url}/centre/deposits/{tender.id}")
    clerk.select_option("#f-organization", bidder.id)
    clerk.fill("#f-amount", "1.2.3")
    expect(clerk.locator("[data-fault-for=amount]")).to_have_text("请填写金额，例如 800000.00")
    clerk.fill("#f-amount", "800，000")
    clerk.fill("#f-account", "3300 1234")
    with clerk.expect_navigation():
        clerk.click("form[data-by=deposit] button[type=submit]")
    row = clerk.locator(".payers tbody tr")
    expect(row).to_contain_text("800,000.00")
    expect(row).to_contain_text("未核验")
    check_look(clerk)
    with clerk.expect_navigation():
        clerk.click("form[data-command=VerifyDeposit] button")
    expect(row).to_contain_text("已到账")


def test_wrong_ways_in_are_told_apart(
    server: Server, centre: Centre, applicant: BrowserContext, tmp_path: Path, faults: Faults
) -> None:
    faults.expected += ["status of 401", "status of 403"]
    stranger, page = centre.certificate("别家有限公司", a_code()), applicant.new_page()
    page.goto(f"{server.url}/login")
    check_look(page)
    page.fill("#f-account", "nobody")
    page.click("form[data-by=login] button")
    open_key(page, p12(tmp_path, stranger))
    expect(page.locator("form[data-by=login] [data-fault]")).to_have_text("该数字证书没有绑定到您的账户")
    page.click("form[data-by=login] button")
    expect(page.locator("#key-dialog[open]")).to_be_visible()  # another file can be chosen: the first was forgotten
    page.keyboard.press("Escape")
    page.fill("#p-account", centre.clerk.user)
    page.fill("#f-password", "not the password")
    page.click("form[data-by=password] button")
    expect(page.locator("form[data-by=password] [data-fault]")).to_have_text("账户或密码不正确")


@pytest.fixture
def english(new_context: NewContext) -> BrowserContext:
    return new_context(language="en", color_scheme="dark")


@pytest.mark.parametrize("path", ["/", "/login", "/register", "/register/find", "/about"])
def test_in_english_and_in_the_dark(server: Server, centre: Centre, english: BrowserContext, path: str) -> None:
    page = english.new_page()
    page.goto(server.url + path)
    check_look(page)
