"""The personal panel: the one next step of whoever looks at it, or why it is not possible yet; then what else is.

All of it follows from the opening's table: the rows of this phase for one's roles, and of each the guards, asked about
the very command that the button would send. Where only the clock stands against it, the browser waits for the clock.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from bidroom.facts import Actor, Command, Role, nothing
from bidroom.machine import Row
from bidroom.opening.interruptions import MICROSECOND
from bidroom.opening.record import minutes_digest
from bidroom.opening.rules import PAST, TABLE
from bidroom.opening.state import Opening, Phase
from bidroom.web.i18n import DEFAULT, get_locale, translate
from bidroom.web.i18n import gettext as _
from bidroom.web.present import acts_centre as centre
from bidroom.web.present import acts_ends as ends
from bidroom.web.present import acts_host as host
from bidroom.web.present import acts_objections as objections
from bidroom.web.present import acts_others as others
from bidroom.web.present.acts_bids import OwnBid, bids_of, confirmation_of
from bidroom.web.present.acts_forms import Act
from bidroom.web.present.acts_waits import Wait, wait_of
from bidroom.web.present.chips import Chip, told_at

Builder = Callable[[Opening, Actor, Role], Iterator[Act]]

BUILDERS: Mapping[str, Builder] = {
    "SignIn": others.sign_in,
    "DecideUnderMinimum": host.decide_under_minimum,
    "SignPreflight": others.sign_preflight,
    "CommandDecryption": host.command_decryption,
    "ReleaseShare": others.release_share,
    "ReportReleaseFailure": others.report_release_failure,
    "ExtendWindow": host.extend_window,
    "ReleaseHolderShares": others.release_holder_shares,
    "RuleAttribution": host.rule_attribution,
    "AnnounceBids": host.announce_bids,
    "CallLast": host.call_last,
    "RaiseObjection": others.raise_objection,
    "AnswerObjection": objections.answer_objection,
    "CorrectDeposit": objections.correct_deposit,
    "ReviseAttribution": objections.revise_attribution,
    "OpenConfirmation": host.open_confirmation,
    "ConfirmRecord": others.confirm_record,
    "RefuseRecord": others.refuse_record,
    "SignRecord": others.sign_record,
    "SuspendOpening": ends.suspend_opening,
    "AnnounceResumption": ends.announce_resumption,
    "EndLot": ends.end_lot,
    "TerminateOpening": ends.terminate_opening,
    "AnnounceRecovery": centre.announce_recovery,
    "TakeOver": centre.take_over,
    "AppointDeputy": centre.appoint_deputy,
    "Remind": centre.remind,
}
"""Every command that a person gives in the room. A notice is published before there is one."""

ORDER = (
    "AnnounceRecovery", "AnnounceResumption", "ReleaseShare", "ReleaseHolderShares", "SignPreflight", "AnswerObjection",
    "DecideUnderMinimum", "SignIn", "CommandDecryption", "RuleAttribution", "AnnounceBids", "CallLast",
    "OpenConfirmation", "ConfirmRecord", "SignRecord", "TerminateOpening",
)  # fmt: skip
"""Which of several things that the opening waits for comes first."""

STAFF = frozenset({Role.SUPERVISOR, Role.CLERK, Role.AUDITOR})
OVER = (Phase.CLOSED, Phase.TERMINATED)
FAR = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class OwnPanel:
    """Whose panel it is, the next step, what the opening waits for where there is none, everything else."""

    seat: Role
    title: str
    icon: str
    first: Act | None
    wait: Wait
    more: tuple[Act, ...]
    grave: tuple[Act, ...]
    bids: tuple[OwnBid, ...]
    signed_in: str
    confirmation: Chip | None
    notes: tuple[str, ...]
    tender: str
    serials: Mapping[str, str]

    @property
    def acts(self) -> tuple[Act, ...]:
        """All of them, each once."""
        return (*([self.first] if self.first else []), *self.more, *self.grave)

    def why(self, act: Act) -> str:
        """Why it is not possible, in words; empty where it is."""
        return translate(act.why_not, tongue()) if act.why_not else ""


def tongue() -> str:
    """The language in which is being rendered."""
    return "en" if get_locale() == "en" else DEFAULT


def own_view(
    opening: Opening,
    forms: Mapping[str, Mapping[str, Any]],
    role: Role,
    roles: frozenset[Role],
    organization: str | None,
    serials: Mapping[str, str] = nothing(),
) -> OwnPanel:
    """The panel of one organization (or of a member of the staff); `serials` by certificate digest, for keys to open.

    `role` is the audience that it belongs to, `roles` all that it is. Nothing here depends on the time of rendering.
    """
    found = acts_of(opening, role, roles, organization)
    if _has_moved(opening, forms):
        found = [act.bettered(has_moved=True) for act in found]
    first = _first(found)
    rest = [act for act in found if act is not first]
    seat = _seat(roles)
    title, icon = _title(seat)
    is_bidder = seat is Role.BIDDER
    return OwnPanel(
        seat=seat,
        title=title,
        icon=icon,
        first=first,
        wait=wait_of(opening, role, seat, organization),
        more=tuple(act for act in rest if not act.is_grave),
        grave=tuple(act for act in rest if act.is_grave),
        bids=bids_of(opening, organization, serials) if is_bidder else (),
        signed_in=told_at(opening.signed_in.get(organization or "")) if is_bidder else "",
        confirmation=confirmation_of(opening, organization) if is_bidder else None,
        notes=tuple(_notes(opening, roles)),
        tender=opening.tender,
        serials=serials,
    )


def acts_of(opening: Opening, role: Role, roles: frozenset[Role], organization: str | None) -> list[Act]:
    """Everything that one may ask for in this phase, possible or not, each judged by its row's guards."""
    actor = Actor(organization, staff=roles & STAFF)
    found = []
    for row in TABLE:
        if opening.phase in row.at and row.on in BUILDERS:
            mine = [each for each in row.who if each in roles]
            for acting in mine if row.on == "SignRecord" else mine[:1]:
                built = BUILDERS[row.on](opening, actor, acting)
                found += [judged(opening, act, row, actor.acting_as(acting)) for act in built]
    return found


# --- judging


def judged(opening: Opening, act: Act, row: Row, actor: Actor) -> Act:
    """The act with the name of the first guard that refuses it, and the time from or until which it is possible."""
    at = _moment(opening, row)
    command = sample(opening, act, at)
    refused = next((guard.__name__ for guard in row.needs if not guard(opening, command, actor, at)), None)
    needs = {guard.__name__ for guard in row.needs}
    clock = opening.clock if refused is None and opening.outage is None else None
    return act.bettered(
        why_not=refused,
        since=clock if "last_call_is_over" in needs else None,
        until=clock if "the_window_is_open" in needs else None,
    )


def _moment(opening: Opening, row: Row) -> datetime:
    """A time at which what only the clock forbids is allowed: in the window's last moment, or just after it."""
    clock = opening.clock or (opening.pause.at if opening.pause else None) or opening.deadline or PAST
    return clock + MICROSECOND if any(guard.__name__ == "last_call_is_over" for guard in row.needs) else clock


def sample(opening: Opening, act: Act, at: datetime) -> Command:
    """The command that the button would send, with something in every field that a person fills."""
    typed = {field.name: field.sample(at + FAR) for field in act.fields}
    body = {**act.found, **act.body, **typed}
    checkpoint = {"size": 0, "root": host.NO_DIGEST} if act.by == "commandDecryption" else None
    evidence = {"pieces_match": True, "record": body.get("record"), "nonce": host.NO_NONCE}
    return Command("", opening.tender, act.command, body, act.lot, checkpoint, evidence=evidence)


def _has_moved(opening: Opening, forms: Mapping[str, Mapping[str, Any]]) -> bool:
    """Whether an objection, a suspension or the like came into the record after it was laid before everyone."""
    return opening.phase is Phase.CONFIRMING and minutes_digest(opening, forms) != opening.record


def _first(found: list[Act]) -> Act | None:
    """The one that is waited for: a possible one before one that is not."""
    main = sorted((act for act in found if act.is_main), key=lambda act: ORDER.index(act.command))
    return next((act for act in main if act.is_possible), next(iter(main), None))


# --- whose panel


def _seat(roles: frozenset[Role]) -> Role:
    best = (Role.HOST, Role.TENDEREE, Role.DEPUTY, Role.AGENT, Role.SUPERVISOR, Role.AUDITOR, Role.CLERK, Role.BIDDER)
    return next((each for each in best if each in roles), Role.ANYONE)


def _title(seat: Role) -> tuple[str, str]:
    return {
        Role.HOST: (_("主持控制"), "gavel"),
        Role.DEPUTY: (_("候补主持人"), "user-exclamation"),
        Role.TENDEREE: (_("招标人"), "building-community"),
        Role.AGENT: (_("招标代理机构"), "briefcase"),
        Role.SUPERVISOR: (_("监督操作"), "eye-check"),
        Role.AUDITOR: (_("审计"), "zoom-check"),
        Role.CLERK: (_("窗口操作"), "id-badge-2"),
        Role.BIDDER: (_("我的投标"), "lock"),
    }.get(seat, (_("旁听"), "eye"))


def _notes(opening: Opening, roles: frozenset[Role]) -> Iterator[str]:
    if opening.outage is not None:
        yield _("系统发生过中断，受影响的时间暂不计算，等待窗口工作人员宣布恢复。")
    unanswered = sum(each.answered_at is None for each in opening.objections.values())
    if unanswered and Role.HOST in roles and opening.phase is not Phase.SUSPENDED:
        yield _("%(n)d 条异议待答复", n=unanswered)
    if Role.DEPUTY in roles and opening.phase not in OVER:
        yield _("主持人不能履行职责时，贵单位可以自行接任。")
