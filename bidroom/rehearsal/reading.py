"""From a YAML file to a Scenario: strict, every mistake named with its line, what cannot be acted yet by its name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path

from bidroom.facts import Refused
from bidroom.rehearsal.reading_bidders import OBJECTION_PHASES, Bidders, code_of
from bidroom.rehearsal.scenario import Company, HostScript, Item, Lot, Ruling, Scenario, Suspension
from bidroom.rehearsal.yaml_place import MALFORMED, Place, load
from bidroom.rulepacks import PACKS

SUSPENSION_PHASES = OBJECTION_PHASES[1:]
"""Of all phases with an opening in session: `extracted` is over at once."""
NUMBER = re.compile(r"[0-9A-Za-z][0-9A-Za-z._/-]{2,63}")
LONGEST_WINDOW = timedelta(days=30)


def read(path: Path) -> Scenario:
    """The scenario in this file. Refused: scenario_malformed, scenario_field_not_supported, scenario_unreadable."""
    try:
        text = path.read_text("utf-8")
    except UnicodeDecodeError as fault:
        line = fault.object[: fault.start].count(b"\n") + 1
        raise Refused(MALFORMED, cause="not_utf8", line=line) from None
    except OSError as fault:
        raise Refused("scenario_unreadable", field=path.name, cause=fault.strerror) from None
    return parse(text)


def parse(text: str) -> Scenario:
    """The scenario in this text; Refused as `read` refuses."""
    root = load(text)
    _refuse_unsupported(root.members())
    has = root.known(
        ("title", "number", "rule_pack", "tenderee", "lots", "bidders"),
        ("decryption", "window", "minimum", "agent", "supervisors", "watchers", "witnesses", "form", "host"),
    )
    lots = _lots(has["lots"])
    form = _form(has["form"]) if "form" in has else ()
    scenario = Scenario(
        title=has["title"].text(300),
        number=_number(has["number"]),
        rule_pack=has["rule_pack"].one_of(*PACKS),
        window=_window(has["window"]) if "window" in has else timedelta(minutes=10),
        minimum=has["minimum"].integer(1, 100) if "minimum" in has else 3,
        tenderee=_tenderee(has["tenderee"]),
        agent=_company(has["agent"]) if "agent" in has else None,
        supervisors=has["supervisors"].integer(0, 20) if "supervisors" in has else 1,
        watchers=has["watchers"].integer(0, 1000) if "watchers" in has else 0,
        lots=lots,
        form=form,
        bidders=Bidders(frozenset(lot.no for lot in lots), form).read(has["bidders"]),
        host=_host(has["host"]) if "host" in has else HostScript(),
    )
    _check_together(scenario, has)
    return scenario


def _refuse_unsupported(has: Mapping[str, Place]) -> None:
    for name in ("draw", "committee"):
        if name in has:
            has[name].refuse_as_unsupported()
    if "decryption" in has:
        method = has["decryption"].one_of("joint", "joint-gated", "committee", "central")
        if method != "joint":
            has["decryption"].refuse_as_unsupported(method)
    if "witnesses" in has and has["witnesses"].integer(0, 100):
        has["witnesses"].refuse_as_unsupported()


def _number(at: Place) -> str:
    value = at.text(64)
    if NUMBER.fullmatch(value) is None:
        at.refuse("not_a_tender_number")
    return value


def _window(at: Place) -> timedelta:
    window = at.duration()
    if window > LONGEST_WINDOW:
        at.refuse("too_long")
    return window


def _company(at: Place, *more: str) -> Company:
    has = at.known(("name",), ("uscc", *more))
    release = has["release"].one_of("in_time", "late", "never") if "release" in has else "in_time"
    return Company(has["name"].text(200), code_of(has.get("uscc")), release)


def _tenderee(at: Place) -> Company:
    return _company(at, "release")


def _lots(at: Place) -> tuple[Lot, ...]:
    return tuple(_lot(place, no) for no, place in enumerate(at.items(1, 100), start=1))


def _lot(at: Place, no: int) -> Lot:
    has = at.known(("no", "name"), ("control_price", "deposit"))
    if has["no"].integer(1) != no:
        has["no"].refuse("lots_are_numbered_from_1", expected=no)
    control = has["control_price"].money() if "control_price" in has else None
    return Lot(no, has["name"].text(200), control, has["deposit"].money() if "deposit" in has else "0.00")


def _form(at: Place) -> tuple[Item, ...]:
    items: list[Item] = []
    for place in at.items(0, 100):
        item = _item(place)
        if item.key in ("price", "documents") or any(item.key == other.key for other in items):
            place.refuse("key_named_twice", key=item.key)
        items.append(item)
    return tuple(items)


def _item(at: Place) -> Item:
    has = at.known(("key", "label", "type"), ("unit",))
    key, label = has["key"].text(40), has["label"].known(("zh", "en"))
    if re.fullmatch("[a-z][a-z0-9_]*", key) is None:
        has["key"].refuse("not_a_key")
    kind = has["type"].one_of("integer", "decimal", "text")
    unit = has["unit"].text(20) if "unit" in has else None
    return Item(key, label["zh"].text(100), label["en"].text(100), kind, unit)


# --- the host


def _host(at: Place) -> HostScript:
    has = at.known((), ("absent_after", "under_minimum", "extend", "attribute", "answer", "suspend"))
    decision, reason = _under_minimum(has["under_minimum"]) if "under_minimum" in has else (None, None)
    return HostScript(
        absent_after=has["absent_after"].one_of(*SUSPENSION_PHASES[:-1]) if "absent_after" in has else None,
        under_minimum=decision,
        under_minimum_reason=reason,
        extend=has["extend"].duration() if "extend" in has else None,
        attribute=_attribute(has["attribute"]) if "attribute" in has else {},
        answer=has["answer"].text(2000) if "answer" in has else None,
        suspend=_suspend(has["suspend"]) if "suspend" in has else None,
    )


def _under_minimum(at: Place) -> tuple[str, str | None]:
    """`end`, `go_on`, or one of them with its reason: {go_on: 理由}."""
    if not at.is_mapping:
        return at.one_of("end", "go_on"), None
    has = at.known((), ("end", "go_on"))
    if len(has) != 1:
        at.refuse("not_one_of", options=["end", "go_on"])
    [(decision, place)] = has.items()
    return decision, place.text(2000)


def _attribute(at: Place) -> dict[str, Ruling]:
    return {name: _ruling(place) for name, place in at.members().items()}


def _ruling(at: Place) -> Ruling:
    has = at.known(("fault", "reason"))
    return Ruling(has["fault"].one_of("bidder", "other"), has["reason"].text(2000))


def _suspend(at: Place) -> Suspension:
    has = at.known(("at", "after", "for", "reason"))
    return Suspension(
        has["at"].one_of(*SUSPENSION_PHASES), has["after"].duration(), has["for"].duration(), has["reason"].text(2000)
    )


# --- what must fit together


def _check_together(scenario: Scenario, has: Mapping[str, Place]) -> None:
    names = {bidder.name for bidder in scenario.bidders}
    for company in (scenario.tenderee, scenario.agent):
        if company is not None and company.name in names:
            has["bidders"].refuse("a_party_bids_itself", name=company.name)
    if scenario.minimum < PACKS[scenario.rule_pack].minimum:
        has["minimum"].refuse("below_the_packs_minimum", least=PACKS[scenario.rule_pack].minimum)
    _check_codes(scenario, has)
    if "host" in has:
        _check_host(scenario, has["host"].members(), names)
    if scenario.host.extend is None and any(bidder.does.release == "after_extension" for bidder in scenario.bidders):
        has["bidders"].refuse("after_extension_needs_host_extend")


def _check_codes(scenario: Scenario, has: Mapping[str, Place]) -> None:
    codes = [party.uscc for party in scenario.hosts] + [bidder.uscc for bidder in scenario.bidders]
    for code in codes:
        if codes.count(code) > 1:
            has["bidders"].refuse("uscc_named_twice", uscc=code)


def _check_host(scenario: Scenario, has: Mapping[str, Place], names: set[str]) -> None:
    if scenario.host.absent_after is not None and scenario.agent is None:
        has["absent_after"].refuse("no_deputy_without_an_agent")
    for name in scenario.host.attribute:
        if name not in names:
            has["attribute"].members()[name].refuse("no_such_bidder", name=name)
