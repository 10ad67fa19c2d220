"""All checks over one bundle, and what came of each."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bidroom.audit.bundle import Bundle
from bidroom.audit.checks import bids, finals, grammar, keys, record, releases, signatures, tree
from bidroom.audit.findings import Finding, Found, Note, attempt
from bidroom.audit.material import Material
from bidroom.audit.pins import Pins

GREEN, RED, LATER = "green", "red", "not_checkable_here"


@dataclass(frozen=True, slots=True)
class Check:
    """One line of the report: its number in docs/log.md, its name, what it does (None: comes later)."""

    no: int
    name: str
    run: Callable[[Material], Iterator[Found]] | None


CHECKS = (
    Check(1, "tree", tree.check),
    Check(2, "time_stamps", None),
    Check(3, "grammar", grammar.check),
    Check(4, "signatures", signatures.check),
    Check(5, "bids", bids.check),
    Check(6, "finals", finals.check),
    Check(7, "releases", releases.check),
    Check(8, "keys", keys.check),
    Check(9, "record", record.check),
    Check(10, "platform_log", None),
)


@dataclass(frozen=True, slots=True)
class Result:
    """What one check found."""

    no: int
    name: str
    state: str
    findings: tuple[Finding, ...] = ()
    notes: tuple[Note, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """What all checks found of one bundle."""

    stream: str
    kind: str
    size: int
    results: tuple[Result, ...]

    @property
    def is_green(self) -> bool:
        """Whether nothing is red."""
        return all(result.state != RED for result in self.results)

    def as_json(self) -> dict[str, Any]:
        """The report for programs."""
        return {
            "stream": self.stream,
            "kind": self.kind,
            "size": self.size,
            "green": self.is_green,
            "checks": [_as_json(result) for result in self.results],
        }


def _as_json(result: Result) -> dict[str, Any]:
    findings = [
        {"reason": each.reason, "place": each.place, "entry": each.seq, "details": dict(each.details)}
        for each in result.findings
    ]
    notes = [{"text": each.text, "details": dict(each.details)} for each in result.notes]
    return {"no": result.no, "name": result.name, "state": result.state, "findings": findings, "notes": notes}


def verify_bundle(path: Path, pins: Pins) -> Report:
    """Every check over the bundle in this file. Refused: bundle_malformed, bundle_unreadable."""
    bundle = Bundle(path)
    try:
        material = Material(bundle, pins)
        results = tuple(_result(check, material) for check in CHECKS)
        return Report(material.stream, material.kind, len(material.entries), results)
    finally:
        bundle.close()


def _result(check: Check, material: Material) -> Result:
    if check.run is None:
        return Result(check.no, check.name, LATER, notes=(Note("comes_later"),))
    found = tuple(attempt(None, None, check.run, material))
    findings = tuple(each for each in found if isinstance(each, Finding))
    notes = tuple(each for each in found if isinstance(each, Note))
    return Result(check.no, check.name, RED if findings else GREEN, findings, notes)
