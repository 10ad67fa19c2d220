"""The form of a notice: the dates with which a new one begins, and those of one that is changed."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from bidroom.crypto.policy import FormItem, Lot, Terms
from bidroom.crypto.timeline import Timeline, Windows
from bidroom.facts import rfc3339
from bidroom.rulepacks import DAY, PACKS, RulePack, working_days
from bidroom.web.present.instants import BEIJING
from bidroom.web.present.notices import date_names, pack_name

OPENS_AT, ISSUED_AT, SALE_ENDS_AT = time(9, 30), time(9, 0), time(17, 0)
CLARIFIED_BEFORE = {"cn-mandatory": 15 * DAY}
"""条例 21: what affects bids is clarified so long before the deadline; elsewhere three days."""
WINDOWS = {"release": 30, "closing": 30, "last_call": 10, "confirming": 30}
"""Minutes, as a new notice begins."""


def preset(pack: RulePack, now: datetime) -> dict[str, datetime]:
    """The earliest dates that this pack allows, the documents from tomorrow on: signing takes a day."""
    issued = datetime.combine(now.astimezone(BEIJING) + DAY, ISSUED_AT, BEIJING)
    on_sale = _first(pack, issued, SALE_ENDS_AT, pack.documents_on_sale)
    deadline = _first(pack, issued, OPENS_AT, pack.documents_to_deadline)
    if deadline < on_sale:
        deadline = _first(pack, on_sale, OPENS_AT, timedelta())
    clarified = deadline - CLARIFIED_BEFORE.get(pack.name, 3 * DAY)
    return {
        "documents_from": issued,
        "documents_to": on_sale,
        "clarifications": max(clarified, issued),
        "sign_in": deadline - timedelta(hours=1),
        "deadline": deadline,
    }


def _first(pack: RulePack, start: datetime, at: time, least: timedelta) -> datetime:
    """The first working day after `start` on which, at this hour, the pack's days have gone by."""
    day = start
    while True:
        day += DAY
        end = datetime.combine(day, at, BEIJING)
        if end.weekday() < 5 and _days(pack, start, end) >= least.days:
            return end


def _days(pack: RulePack, start: datetime, end: datetime) -> int:
    days = (end - start).days
    return working_days((start.weekday() + 1) % 7, days) if pack.sale_in_working_days else days


def drafted(terms: Terms | None, timeline: Timeline | None, now: datetime) -> dict[str, Any]:
    """What the form begins with: what was prepared last, or the least that the law allows."""
    pack = PACKS[terms.rule_pack if terms and terms.rule_pack in PACKS else "cn-mandatory"]
    dates = {name: getattr(timeline, name) for name in date_names()} if timeline else preset(pack, now)
    return {
        "pack": pack.name,
        "minimum": terms.minimum if terms else pack.minimum,
        "lots": terms.lots if terms else (first_lot(),),
        "dates": {name: wall(at) for name, at in dates.items()},
        "windows": minutes(timeline.windows) if timeline else dict(WINDOWS),
        "exact": exact(timeline) if timeline else {},
        "host": "tenderee" if terms and timeline and hosts_itself(terms, timeline) else "agent",
        "deputy": timeline is None or len(timeline.hosts) > 1,
    }


def hosts_itself(terms: Terms, timeline: Timeline) -> bool:
    """Whether the tenderee hosts, and not its agent."""
    return timeline.host.organization == terms.tenderee.organization


def packs() -> list[tuple[str, str]]:
    """The rule packs to choose from."""
    return [(name, pack_name(name)) for name in PACKS]


def wall(at: datetime) -> str:
    """As a field for date and time wants it, in Beijing's time: 2026-11-20T09:30."""
    local = at.astimezone(BEIJING)
    return local.strftime("%Y-%m-%dT%H:%M:%S" if local.second or local.microsecond else "%Y-%m-%dT%H:%M")


def minutes(of: Windows) -> dict[str, int]:
    """The windows in minutes, rounded up: a field has whole ones."""
    return {name: -(-int(getattr(of, name).total_seconds()) // 60) for name in WINDOWS}


def exact(timeline: Timeline) -> dict[str, str | int]:
    """What stays as it is where nobody touches its field: a field shows minutes, the timeline has microseconds."""
    dates = {name: rfc3339(getattr(timeline, name)) for name in date_names()}
    return {**dates, **{name: int(getattr(timeline.windows, name).total_seconds()) for name in WINDOWS}}


def first_lot() -> Lot:
    """An empty lot with the item that most tenders announce beside the price."""
    item = FormItem("duration", {"zh": "工期", "en": "Duration"}, "integer", "d")
    return Lot(1, "", None, "CNY", "", (item,))


def presets(now: datetime) -> dict[str, dict[str, Any]]:
    """Of every rule pack what the form begins with, for whoever changes the pack."""
    return {
        name: {"minimum": pack.minimum, "dates": {key: wall(at) for key, at in preset(pack, now).items()}}
        for name, pack in PACKS.items()
    }
