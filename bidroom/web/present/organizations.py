"""An organization's own page, and the guided way from its registration to a bound certificate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bidroom.facts import Entry
from bidroom.registry.organizations import BINDING_FOLDS, Binding, Organization
from bidroom.web.i18n import gettext as _
from bidroom.web.present.papers import Paper

Chip = tuple[str, str, str]
"""Kind, icon, words."""

SOON = timedelta(days=30)
"""How long before its end a certificate is spoken of."""


@dataclass(frozen=True, slots=True)
class Bound:
    """One certificate of the organization: where its binding stands, since when, and what it says."""

    binding: Binding
    at: datetime | None
    paper: Paper | None
    chip: Chip
    warning: str


@dataclass(frozen=True, slots=True)
class User:
    """One of the organization's users, and how many certificates are bound to it."""

    name: str
    is_main: bool
    bound: int


@dataclass(frozen=True, slots=True)
class OrganizationPage:
    """Particulars, users, certificates (the newest matter first)."""

    organization: Organization
    users: tuple[User, ...]
    certificates: tuple[Bound, ...]

    @property
    def waiting(self) -> bool:
        """An application lies at the window."""
        return any(each.binding.state == "applied" for each in self.certificates)


def own_page(
    organization: Organization, times: Mapping[str, datetime], papers: Mapping[str, Paper], now: datetime
) -> OrganizationPage:
    """What an organization sees of itself; `times` and `papers` by the certificates' digests."""
    rows = [_row(each, times, papers, now) for each in organization.bindings.values()]
    newest = sorted(rows, key=lambda each: (each.at is not None, each.at), reverse=True)
    return OrganizationPage(organization, _users(organization), tuple(newest))


def _users(organization: Organization) -> tuple[User, ...]:
    bound = [each.user for each in organization.bindings.values() if each.state == "bound"]
    return tuple(User(name, kind == "main", bound.count(name)) for name, kind in organization.users.items())


def _row(binding: Binding, times: Mapping[str, datetime], papers: Mapping[str, Paper], now: datetime) -> Bound:
    paper = papers.get(binding.certificate)
    is_over = paper is not None and binding.state == "bound" and now > paper.until
    return Bound(binding, times.get(binding.certificate), paper, binding_chip(binding, is_over), _ends(paper, now))


def binding_chip(binding: Binding, is_over: bool = False) -> Chip:
    """Where a binding stands."""
    if is_over:
        return ("bad", "calendar-off", _("证书已过期"))
    return {
        "applied": ("wait", "hourglass", _("待窗口核对")),
        "bound": ("ok", "circle-check", _("已绑定")),
        "returned": ("bad", "arrow-back-up", _("已退回")),
        "undone": ("mute", "certificate-off", _("已解除")),
    }[binding.state]


def _ends(paper: Paper | None, now: datetime) -> str:
    """That a certificate ends soon: what is sealed to it must still be opened."""
    if paper is None or not now <= paper.until <= now + SOON:
        return ""
    days = (paper.until - now).days + 1
    return str(_("证书将在 %(n)d 天内到期，请及时换证并申请绑定新证书", n=days))


def times_of(entries: Iterable[Entry]) -> dict[str, datetime]:
    """When each certificate's binding last changed, by its digest."""
    return {entry.body["certificate"]: entry.time for entry in entries if entry.type in BINDING_FOLDS}


# --- the guided way

REGISTERED, WAITING, RETURNED, BOUND = "registered", "waiting", "returned", "bound"
"""Nothing applied for yet; at the window; to be mended; done."""


@dataclass(frozen=True, slots=True)
class Application:
    """How far a registration has come, and the certificate that it is about."""

    state: str
    binding: Binding | None

    @property
    def steps(self) -> tuple[tuple[str, str], ...]:
        """The steps of the way, each done, now or todo."""
        at = {REGISTERED: 1, RETURNED: 1, WAITING: 2, BOUND: 4}[self.state]
        names = (_("登记单位信息"), _("提交数字证书"), _("窗口核对绑定"), _("登录使用"))
        return tuple((name, "done" if n < at else "now" if n == at else "todo") for n, name in enumerate(names))


def application_of(organization: Organization, times: Mapping[str, datetime]) -> Application:
    """The main user's newest matter; what was undone is none while another certificate is bound."""
    mine = [each for each in organization.bindings.values() if each.user == organization.main_user]
    newest = sorted((each for each in mine if each.certificate in times), key=lambda each: times[each.certificate])
    bound = [each for each in newest if each.state == "bound"]
    if not newest:
        return Application(REGISTERED, None)
    if newest[-1].state == "undone" and bound:
        return Application(BOUND, bound[-1])
    return Application(STATES[newest[-1].state], newest[-1])


STATES = {"applied": WAITING, "bound": BOUND, "returned": RETURNED, "undone": RETURNED}


def first_steps() -> tuple[tuple[str, str], ...]:
    """The steps before anything is registered."""
    names = (name for name, _state in Application(REGISTERED, None).steps)
    return tuple((name, "todo" if n else "now") for n, name in enumerate(names))
