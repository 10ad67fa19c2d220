"""A tender from its draft to its notice in real browsers: the agent drafts, the tenderee signs, the agent hands in."""

from __future__ import annotations

import json
import re
import secrets
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import BestAvailableEncryption, pkcs12
from playwright.sync_api import BrowserContext, Page, Route, expect

from bidroom.cli.submitting import send_header
from bidroom.web.assets import WEB
from tests.e2e.conftest import Faults, NewContext
from tests.web.acts import Play
from tests.web.parties import Centre, Organization
from tests.web.serving import Server

PASSPHRASE = "a passphrase"
AXE = (WEB / "ui" / "node_modules" / "axe-core" / "axe.min.js").read_text("utf-8")
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
TOLD = "(r) => JSON.stringify(r.violations.map((v) => [v.id, v.nodes[0].html]))"
RUN = f"axe.run(document, {{runOnly: {RULES}}}).then({TOLD})"

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]


def seated(context: BrowserContext, who: Organization) -> Page:
    """A page of this organization's, logged in."""
    for cookie in who.client.cookies().split("; "):
        name, _, value = cookie.partition("=")
        context.add_cookies([{"name": name, "value": value, "url": who.client.origin}])
    return context.new_page()


def key_file(who: Organization, folder: Path) -> Path:
    """The organization's .p12."""
    path, certificate = folder / f"{who.user}.p12", x509.load_der_x509_certificate(who.identity.certificate)
    sealed = BestAvailableEncryption(PASSPHRASE.encode())
    path.write_bytes(pkcs12.serialize_key_and_certificates(b"key", who.identity.key, certificate, None, sealed))
    return path


def open_key(page: Page, who: Organization, folder: Path) -> None:
    """Open the key in the dialog that asks for it."""
    page.wait_for_selector("#key-dialog[open]")
    page.set_input_files("#key-file", key_file(who, folder))
    page.fill("#key-passphrase", PASSPHRASE)
    page.click("#key-form button[type=submit]")


def check(page: Page) -> None:
    """Nothing that axe-core finds, nothing that scrolls sideways."""
    page.evaluate("scrollTo(0, 0)")
    session = page.context.new_cdp_session(page)
    session.send("Runtime.evaluate", {"expression": AXE})  # the page's policy lets no script of ours in
    asked = {"expression": RUN, "awaitPromise": True, "returnByValue": True}
    assert session.send("Runtime.evaluate", asked)["result"]["value"] == "[]", page.url
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), page.url


def moved(page: Page, field: str, **by: int) -> None:
    """Move a date of the form."""
    control = page.locator(f"#f-{field}")
    at = datetime.fromisoformat(control.input_value())
    control.fill((at + timedelta(**by)).strftime("%Y-%m-%dT%H:%M"))
    control.dispatch_event("change")


def drafted(page: Page, agent: Organization, tenderee: Organization, folder: Path) -> str:
    """The agent drafts a tender of two lots, and sees what the rules say as it goes; the tender's id."""
    page.goto(f"{agent.client.origin}/tenders/new")
    check(page)
    page.fill("[name=number]", "A3301-2026-0918-001")
    page.fill("[name=title]", "城东污水处理厂二期扩建工程施工总承包")
    page.click("form[data-command=DraftTender] button[type=submit]")
    open_key(page, agent, folder)
    page.wait_for_url("**/notice")
    expect(page.locator("[data-verdict]")).to_contain_text("有 1 处不符合规则")
    page.fill("#f-uscc", tenderee.uscc)
    page.locator("#f-uscc").blur()
    expect(page.locator("[data-found]")).to_have_text(tenderee.name)
    first = page.locator("[data-lot-set]").first
    first.locator("[name=name]").fill("土建工程")
    first.locator("[name=control_price]").fill("128,600,000")
    first.locator("[name=deposit]").fill("八十万")
    expect(first.locator("[data-fault-for=deposit]")).not_to_be_empty()
    expect(page.locator("[data-faults]")).to_contain_text("标段 1 投标保证金")
    first.locator("[name=deposit]").fill("800000")
    page.click("[data-add-lot]")
    second = page.locator("[data-lot-set]").nth(1)
    second.locator("[name=name]").fill("设备安装")
    second.locator("[name=deposit]").fill("300000.5")
    second.locator("[data-add-item]").click()
    second.locator("[data-item]").nth(1).locator("[name=zh]").fill("项目经理")
    moved(page, "deadline", days=-1)
    expect(page.locator("[data-fault-for=deadline]")).to_contain_text("短于规定")
    moved(page, "deadline", days=1)
    expect(page.locator("[data-verdict]")).to_contain_text("符合适用规则")
    check(page)
    page.click(".notice-form button[type=submit]")
    page.wait_for_selector("#ready")
    check(page)
    found = re.search("/tenders/([0-9a-f]{32})/notice", page.url)
    assert found is not None
    return found[1]


def signed(page: Page, tenderee: Organization, tender: str, folder: Path) -> None:
    """The tenderee finds what waits for it, reads what its browser read out of the bytes, and signs."""
    page.goto(f"{tenderee.client.origin}/tenders")
    page.click("text=阅读并签署")
    expect(page.locator("[data-read]")).to_contain_text("时间安排摘要")
    check(page)
    page.check("[name=read]")
    page.click("[data-sign] button[type=submit]")
    open_key(page, tenderee, folder)
    page.wait_for_selector("text=本单位已签署")
    assert tender in page.url


def handed_in(page: Page, agent: Organization, folder: Path) -> None:
    """The agent finds it signed, and hands it in."""
    page.reload()
    page.click("[data-hand-in] button[type=submit]")
    open_key(page, agent, folder)


def test_a_notice_of_two_lots_is_drafted_signed_published_and_amended(
    server: Server, new_context: NewContext, faults: Faults, tmp_path: Path
) -> None:
    faults.expected.append("404")  # outside a demo's seats there is no key to offer
    centre = Centre.at(server.url)
    tenderee, agent = centre.organization("城东水务集团有限公司"), centre.organization("浙江信诚工程咨询有限公司")
    drafter, owner = seated(new_context(), agent), seated(new_context(), tenderee)
    tender = drafted(drafter, agent, tenderee, tmp_path)
    signed(owner, tenderee, tender, tmp_path)
    handed_in(drafter, agent, tmp_path)
    drafter.wait_for_selector("text=已提交，待窗口审核发布")
    centre.clerk.ask("PublishNotice", tender, {})

    anyone = new_context(phone=True).new_page()
    anyone.goto(f"{server.url}/tenders?q=城东")
    check(anyone)
    anyone.click(".tender-row h3 a")
    expect(anyone.locator("[data-verified]")).to_contain_text("本浏览器已核验：")
    for said in ("¥128,600,000.00", "¥300,000.50", "设备安装", "项目经理", "不设"):
        expect(anyone.locator("main")).to_contain_text(said)
    check(anyone)

    drafter.goto(f"{server.url}/tenders/{tender}/notice")
    moved(drafter, "deadline", days=3)
    drafter.fill("#f-reason", "应潜在投标人要求，延长编制投标文件的时间")
    expect(drafter.locator("[data-verdict]")).to_contain_text("符合适用规则")
    drafter.click(".notice-form button[type=submit]")
    drafter.wait_for_selector("#ready")
    expect(drafter.locator(".tn-diff li")).to_have_count(2)
    signed(owner, tenderee, tender, tmp_path)
    handed_in(drafter, agent, tmp_path)
    drafter.wait_for_selector("#ready", state="detached")
    anyone.reload()
    expect(anyone.locator("#amendments")).to_contain_text("延长编制投标文件的时间")
    expect(anyone.locator("#amendments .tn-diff li")).to_have_count(2)
    expect(anyone.locator("[data-verified]")).to_contain_text("本浏览器已核验：")


def test_a_tenderee_without_an_agent_signs_and_hands_in_at_once(
    server: Server, new_context: NewContext, faults: Faults, tmp_path: Path
) -> None:
    faults.expected.append("404")
    centre = Centre.at(server.url)
    owner = centre.organization("城东水务集团有限公司")
    page = seated(new_context("en-GB"), owner)
    page.goto(f"{server.url}/tenders/new")
    page.fill("[name=number]", "S-001")
    page.fill("[name=title]", "小额采购")
    page.click("form[data-command=DraftTender] button[type=submit]")
    open_key(page, owner, tmp_path)
    page.wait_for_url("**/notice")
    page.select_option("#f-owner", "tenderee")
    page.select_option("#f-pack", "cn-small")
    expect(page.locator("[data-found]")).to_have_text(owner.name)
    page.fill("[data-lot-set] [name=name]", "Goods")
    page.fill("[data-lot-set] [name=deposit]", "0")
    expect(page.locator("[data-verdict]")).to_contain_text("In order by the rules")
    page.click(".notice-form button[type=submit]")
    page.click("[data-hand-in] button[type=submit]")
    open_key(page, owner, tmp_path)
    page.wait_for_selector("text=Submitted, waiting to be checked and published")
    check(page)


@pytest.mark.parametrize("late", ["**/words/*", "**/static/notice.js*"])
def test_a_click_before_the_script_is_there_loses_and_tells_nothing(
    server: Server, new_context: NewContext, late: str
) -> None:
    agent = Centre.at(server.url).organization("浙江信诚工程咨询有限公司")
    tender = secrets.token_hex(16)
    agent.give("DraftTender", tender, {"number": "L-001", "title": "城东"})
    page = seated(new_context(), agent)
    held: list[Route] = []
    page.route(late, lambda route: held.append(route))  # noqa: PLW0108 - a bound builtin is none to Playwright
    page.goto(f"{server.url}/tenders/{tender}/notice", wait_until="commit")
    page.fill("[data-lot-set] [name=control_price]", "128600000")
    button = page.locator(".notice-form button[type=submit]")
    expect(button).to_be_disabled()
    page.locator("[data-lot-set] [name=control_price]").press("Enter")
    button.evaluate("(it) => it.form.submit()")  # past all checks, as the browser itself would
    assert page.url.endswith("/notice")
    expect(page.locator("[data-lot-set] [name=control_price]")).to_have_value("128600000")
    assert held, "nothing was kept back"
    page.unroute(late)  # lets go of what was held
    expect(button).to_be_enabled()


def test_a_receipt_is_checked_in_the_browser(
    server: Server, new_context: NewContext, faults: Faults, tmp_path: Path
) -> None:
    play = Play(Centre.at(server.url), tmp_path)
    steps = play.steps()
    while next(steps) != "submitted":
        pass
    receipt = send_header(play.bidders[0].client, play.sealed[0], None)
    forged = {**receipt, "receipt": {**receipt["receipt"], "lot": 2}}
    for name, document in (("receipt", receipt), ("forged", forged)):
        (tmp_path / f"{name}.json").write_text(json.dumps(document), "utf-8")
    page = new_context().new_page()
    page.goto(f"{server.url}/tenders/{play.tender.id}/audit")
    results = page.locator("[data-results]")
    page.set_input_files("#files", tmp_path / "receipt.json")
    expect(results).to_contain_text("回执签名有效")
    expect(results).to_contain_text("投标尚未截止")
    for _ in steps:
        pass
    page.reload()
    expect(page.locator("[data-own-checkpoint]")).to_contain_text("签名有效，与本页检查点一致")
    page.set_input_files("#files", [tmp_path / "receipt.json", tmp_path / "forged.json"])
    expect(results.locator("li").first).to_contain_text("回执签名不正确")
    expect(results.locator("li").nth(1)).to_contain_text("该投标文件在截止时的最终清单中")
    expect(results.locator("li").nth(1)).to_contain_text("由最终清单重新计算的根与公布的一致")
    with page.expect_download() as download:
        page.click("text=保存检查点")
    note = Path(download.value.path()).read_text("utf-8")
    (tmp_path / "kept.note").write_text(note, "utf-8")
    (tmp_path / "altered.note").write_text(note.replace("\n", "\n1", 1), "utf-8")
    page.set_input_files("#files", tmp_path / "kept.note")
    expect(results.locator("li").first).to_contain_text("签名有效，与本页检查点一致")
    page.set_input_files("#files", tmp_path / "altered.note")
    expect(results.locator("li").first).to_contain_text("检查点签名不正确")
    check(page)
