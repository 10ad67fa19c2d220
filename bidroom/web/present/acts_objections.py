"""What the host does about objections: answers each, and corrects what an upheld one permits."""

from __future__ import annotations

from collections.abc import Iterator

from bidroom.facts import Actor, Role
from bidroom.opening.objections import DEPOSIT_STATES, RULINGS
from bidroom.opening.state import Objection, Opening
from bidroom.web.i18n import gettext as _
from bidroom.web.present import chips
from bidroom.web.present.acts_forms import Act, Choice, Field, reason, text, who_bids, with_lot
from bidroom.web.present.acts_host import evidence, fault
from bidroom.web.present.labels import Labels


def answer_objection(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """Each that waits, the earliest first."""
    for each in _in_order(opening):
        if each.answered_at is None:
            yield Act(
                "AnswerObjection",
                _("答复异议：%(who)s", who=objector(opening, each, role)),
                "message-report",
                key=(each.id,),
                body={"objection": each.id},
                fields=(_rulings(), text(_("答复"))),
                title=_("答复异议：%(who)s", who=objector(opening, each, role)),
                quoted=each.text,
                done=_("答复已签名并公布"),
                is_main=True,
            )


def _in_order(opening: Opening) -> list[Objection]:
    return sorted(opening.objections.values(), key=lambda each: (each.at, each.id))


def objector(opening: Opening, objection: Objection, role: Role) -> str:
    """Who objects, as this role may know it."""
    return Labels(opening, role).words(objection.by, objection.lot)


def _rulings() -> Field:
    said = {"upheld": _("异议成立"), "rejected": _("异议不成立"), "referred": _("转交行政监督处理")}
    return Field("ruling", _("处理"), "radio", choices=tuple(Choice(each, said[each]) for each in RULINGS))


def _upheld(opening: Opening) -> list[Objection]:
    return [each for each in _in_order(opening) if each.ruling == "upheld"]


def correct_deposit(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """For each upheld objection and lot: what the record says of one bidder's deposit."""
    for objection in _upheld(opening):
        lots = [no for no in sorted(opening.lots) if opening.finals(no) and objection.lot in (None, no)]
        for no in lots:
            yield Act(
                "CorrectDeposit",
                with_lot(opening, _("更正保证金状态"), no),
                "cash",
                key=(objection.id,),
                body={"objection": objection.id},
                lot=no,
                fields=(_whose(opening, no, role), _states(), reason()),
                title=with_lot(opening, _("更正保证金状态"), no),
                told=(_("依据以下成立的异议："),),
                quoted=objection.text,
                done=_("更正已记录"),
            )


def _whose(opening: Opening, lot: int, role: Role) -> Field:
    bidders = (bid.organization for bid in opening.finals(lot))
    choices = tuple(Choice(each, who_bids(opening, lot, each, role)) for each in bidders)
    return Field("organization", _("投标人"), "select", choices=choices)


def _states() -> Field:
    choices = tuple(Choice(each, chips.deposit(each).text) for each in DEPOSIT_STATES)
    return Field("state", _("保证金状态"), "select", choices=choices)


def revise_attribution(opening: Opening, actor: Actor, role: Role) -> Iterator[Act]:
    """For each upheld objection: another ruling about a bid that was not opened."""
    failed = [bid for bid in opening.finals() if not bid.opened and bid.cause != "holder_lapsed"]
    for objection in _upheld(opening):
        for bid in failed:
            who = who_bids(opening, bid.lot, bid.organization, role)
            yield Act(
                "ReviseAttribution",
                with_lot(opening, _("更正认定：%(who)s", who=who), bid.lot),
                "gavel",
                key=(objection.id, bid.digest),
                body={"objection": objection.id, "digest": bid.digest},
                fields=(fault(), reason(_("认定理由"))),
                title=_("更正失败原因的认定：%(who)s", who=who),
                told=(*evidence(opening, bid), _("依据以下成立的异议：")),
                quoted=objection.text,
                done=_("更正已记录"),
            )
