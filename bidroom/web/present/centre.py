"""What lies at the window: applications for binding, notices to be published."""

from __future__ import annotations

import base64
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from bidroom.crypto.policy import Lot
from bidroom.facts import Actor, Command
from bidroom.machine import Guard
from bidroom.registry.centre import Centre, Member
from bidroom.registry.organizations import Binding, Organization
from bidroom.registry.tenders import (
    Tender,
    deadline_leaves_the_days_that_the_pack_asks,
    documents_are_on_sale_long_enough,
    hosts_are_the_tenderee_or_its_agent,
    minimum_is_the_packs_or_more,
    the_notice_is_not_out_of_date,
)
from bidroom.web.i18n import gettext as _
from bidroom.web.present.organizations import Chip, binding_chip
from bidroom.web.present.papers import Paper

CHINA = ZoneInfo("Asia/Shanghai")
MOST_OF_THE_PRICE = Decimal("0.02")
"""实施条例 26: a deposit is at most two per cent of the estimate."""


@dataclass(frozen=True, slots=True)
class Check:
    """Something to compare: what is asked on one side, what was found on the other, and what follows."""

    label: str
    asked: str
    found: str
    chip: Chip


# --- applications


@dataclass(frozen=True, slots=True)
class Application:
    """One application at the window; `fault` says in words why the certificate does not hold, or is empty."""

    organization: Organization
    binding: Binding
    paper: Paper
    at: datetime | None
    checks: tuple[Check, ...]
    fault: str
    others: tuple[Binding, ...]

    @property
    def may_be_bound(self) -> bool:
        """Nothing contradicts; the clerk still compares with the papers on the table."""
        return not self.fault and all(check.chip[0] != "bad" for check in self.checks)


def application(
    organization: Organization, binding: Binding, paper: Paper, at: datetime | None, fault: str, now: datetime
) -> Application:
    """The certificate beside the organization's particulars."""
    checks = (_name(organization, paper), _code(organization, paper), _validity(paper, now), _issuer(paper, fault))
    others = tuple(each for each in organization.bindings.values() if each.certificate != binding.certificate)
    return Application(organization, binding, paper, at, checks, fault, others)


def _name(organization: Organization, paper: Paper) -> Check:
    same = _plain(paper.organization or paper.name) == _plain(organization.name)
    chip = ("ok", "check", _("一致")) if same else ("bad", "x", _("不一致"))
    return Check(_("单位名称"), organization.name, paper.organization or paper.name, chip)


def _plain(name: str) -> str:
    """Blanks and the two kinds of brackets tell no names apart."""
    return "".join(name.split()).replace("（", "(").replace("）", ")")


def _code(organization: Organization, paper: Paper) -> Check:
    if paper.code is None:
        chip = ("warn", "user", _("个人证书，无代码"))
        return Check(_("统一社会信用代码"), organization.uscc, paper.name, chip)
    chip = ("ok", "check", _("一致")) if paper.code == organization.uscc else ("bad", "x", _("不一致"))
    return Check(_("统一社会信用代码"), organization.uscc, paper.code, chip)


def _validity(paper: Paper, now: datetime) -> Check:
    found = f"{_day(paper.since)} – {_day(paper.until)}"
    if now > paper.until:
        chip = ("bad", "calendar-off", _("已过期"))
    elif now < paper.since:
        chip = ("bad", "calendar-off", _("尚未生效"))
    else:
        chip = ("ok", "check", _("有效期内"))
    return Check(_("有效期"), _day(now), found, chip)


def _issuer(paper: Paper, fault: str) -> Check:
    chip = ("bad", "x", _("不可信或已吊销")) if fault else ("ok", "check", _("可信，未吊销"))
    return Check(_("颁发机构与吊销状态"), _("本平台信任的机构"), paper.issuer, chip)


def _day(at: datetime) -> str:
    return at.astimezone(CHINA).strftime("%Y-%m-%d")


@dataclass(frozen=True, slots=True)
class Decided:
    """One binding that the window has decided about."""

    organization: Organization
    binding: Binding
    chip: Chip


def decided(organizations: Iterable[Organization], wanted: str) -> tuple[Decided, ...]:
    """What was bound, returned or undone, of organizations whose name, code or certificate has `wanted` in it."""
    rows = [
        Decided(each, binding, binding_chip(binding))
        for each in organizations
        for binding in each.bindings.values()
        if binding.state != "applied" and _has(each, binding, wanted.strip().casefold())
    ]
    return tuple(sorted(rows, key=_by_name))


def _by_name(row: Decided) -> tuple[str, bool, str]:
    return (row.organization.name, row.binding.state != "bound", row.binding.serial)


def _has(organization: Organization, binding: Binding, wanted: str) -> bool:
    texts = (organization.name, organization.uscc, binding.user, binding.serial)
    return any(wanted in text.casefold() for text in texts)


def staff(centre: Centre) -> tuple[tuple[Member, tuple[Binding, ...]], ...]:
    """The centre's people by role and name, with their certificates."""
    people = sorted(centre.staff.values(), key=lambda each: (each.role, each.user))
    return tuple((each, tuple(b for b in centre.bindings.values() if b.user == each.user)) for each in people)


# --- notices


@dataclass(frozen=True, slots=True)
class Notice:
    """One notice that waits for its publication."""

    tender: Tender
    at: datetime | None
    checks: tuple[Check, ...]

    @property
    def may_be_published(self) -> bool:
        """No rule speaks against it."""
        return all(check.chip[0] != "bad" for check in self.checks)


def notice(tender: Tender, at: datetime | None, now: datetime) -> Notice:
    """The notice with what its rule pack says to it."""
    timely = (_to_deadline(tender, now), _on_sale(tender, now), _not_stale(tender, now))
    return Notice(tender, at, (*timely, _minimum(tender, now), _hosts(tender, now), *_deposits(tender)))


def _judged(guard: Guard, tender: Tender, now: datetime) -> Chip:
    """What the rule itself says of these very documents."""
    documents = {"terms": tender.the_terms.data, "timeline": tender.the_timeline.data}
    body = {name: base64.b64encode(data).decode() for name, data in documents.items()}
    command = Command(id="", stream=tender.id, type="SubmitNotice", body=body)
    holds = guard(tender, command, Actor(organization=tender.owner), now)
    return ("ok", "check", _("符合")) if holds else ("bad", "x", _("不符合"))


def _to_deadline(tender: Tender, now: datetime) -> Check:
    timeline, pack = tender.the_timeline, tender.pack
    days = (timeline.deadline - timeline.documents_from).days
    chip = _judged(deadline_leaves_the_days_that_the_pack_asks, tender, now)
    least = _least(pack.documents_to_deadline.days, working=pack.sale_in_working_days)
    return Check(_("文件发出至投标截止"), least, _("%(n)d 天", n=days), chip)


def _on_sale(tender: Tender, now: datetime) -> Check:
    timeline, pack = tender.the_timeline, tender.pack
    days = (timeline.documents_to - timeline.documents_from).days
    chip = _judged(documents_are_on_sale_long_enough, tender, now)
    least = _least(pack.documents_on_sale.days, working=pack.sale_in_working_days)
    return Check(_("招标文件发售期"), least, _("%(n)d 天", n=days), chip)


def _least(days: int, *, working: bool) -> str:
    return str(_("不少于 %(n)d 个工作日", n=days) if working else _("不少于 %(n)d 天", n=days))


def _not_stale(tender: Tender, now: datetime) -> Check:
    found = tender.the_timeline.documents_from.astimezone(CHINA).strftime("%Y-%m-%d %H:%M")
    chip = _judged(the_notice_is_not_out_of_date, tender, now)
    return Check(_("文件发出时间"), _("不早于发布前一天"), found, chip)


def _minimum(tender: Tender, now: datetime) -> Check:
    chip = _judged(minimum_is_the_packs_or_more, tender, now)
    asked = _("不少于 %(n)d 家", n=tender.pack.minimum)
    return Check(_("开标最少投标人数"), asked, _("%(n)d 家", n=tender.the_terms.minimum), chip)


def _hosts(tender: Tender, now: datetime) -> Check:
    named = "、".join(host.name for host in tender.the_timeline.hosts)
    chip = _judged(hosts_are_the_tenderee_or_its_agent, tender, now)
    return Check(_("主持人"), _("招标人或其代理机构"), named, chip)


def _deposits(tender: Tender) -> tuple[Check, ...]:
    return tuple(_deposit(lot) for lot in tender.the_terms.lots)


def _deposit(lot: Lot) -> Check:
    """Against the control price, where there is one: the estimate itself is nowhere in the terms."""
    label, found = _("第 %(n)d 标段保证金", n=lot.no), f"{Decimal(lot.deposit):,.2f}"
    if lot.control_price is None:
        return Check(label, _("不超过估算价的百分之二"), found, ("info", "info-circle", _("无控制价，请人工核对")))
    most = Decimal(lot.control_price) * MOST_OF_THE_PRICE
    chip = ("ok", "check", _("符合")) if Decimal(lot.deposit) <= most else ("warn", "alert-triangle", _("超过百分之二"))
    return Check(label, _("不超过控制价的百分之二"), found, chip)
