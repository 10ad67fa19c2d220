"""Rule packs: the numbers and switches of a jurisdiction, as data that a tender names.

Sources: 招标投标法 24, 28; 实施条例 16, 21, 22, 26, 44; 电子招标投标办法 26-31; 政府采购法 36, 42.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from bidroom.facts import Refused

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class RulePack:
    """One named set of rules. Durations are calendar days unless their name says working days."""

    name: str
    documents_to_deadline: timedelta
    documents_on_sale: timedelta
    sale_in_working_days: bool
    minimum: int
    may_go_on_under_minimum: bool
    names_shown_from: str
    resume_notice_after: timedelta = timedelta(hours=1)
    resume_notice: timedelta = timedelta(minutes=30)
    outage_after: timedelta = timedelta(minutes=10)
    after_recovery: timedelta = timedelta(hours=2)
    retention_years: int = 15


PACKS = {
    pack.name: pack
    for pack in (
        RulePack("cn-mandatory", 20 * DAY, 5 * DAY, False, 3, False, "announcing"),
        RulePack("cn-small", 3 * DAY, 3 * DAY, True, 3, True, "checked"),
    )
}


def rule_pack(name: str) -> RulePack:
    """The pack of this name; Refused("rule_pack_unknown")."""
    if name not in PACKS:
        raise Refused("rule_pack_unknown", field="rule_pack", name=name)
    return PACKS[name]


def working_days(start_weekday: int, days: int) -> int:
    """How many of `days` days, beginning on `start_weekday` (Monday 0), are Monday to Friday."""
    weeks, rest = divmod(days, 7)
    return 5 * weeks + sum((start_weekday + day) % 7 < 5 for day in range(rest))
