"""timeline.json: when each step happened, and how long it took at each client."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from bidroom.facts import rfc3339
from bidroom.rehearsal.cast import Cast
from bidroom.rehearsal.party import Party
from bidroom.rehearsal.scenario import Scenario

Key = tuple[str, int]
"""A kind of event, and the how manieth of its kind."""


def chronicle(scenario: Scenario, cast: Cast, started: datetime, seconds: float) -> dict[str, Any]:
    """Steps with the milliseconds after which each client heard of them, and each client's own deeds."""
    heard = {party.name: dict(_keyed(party)) for party in cast.parties}
    return {
        "scenario": scenario.title,
        "started": rfc3339(started),
        "real_seconds": round(seconds, 2),
        "steps": [_step(key, event, heard) for key, event in _events(cast.host)],
        "clients": [_client(party) for party in cast.parties],
    }


def _keyed(party: Party) -> Iterator[tuple[Key, float]]:
    seen: Counter[str] = Counter()
    for kind, at in party.heard:
        seen[kind] += 1
        yield (kind, seen[kind]), at


def _events(host: Party) -> Iterator[tuple[Key, Mapping[str, Any]]]:
    seen: Counter[str] = Counter()
    for event in host.told.events:
        seen[event["type"]] += 1
        yield (event["type"], seen[event["type"]]), event


def _step(key: Key, event: Mapping[str, Any], heard: Mapping[str, Mapping[Key, float]]) -> dict[str, Any]:
    times = {name: each[key] for name, each in heard.items() if key in each}
    first = min(times.values())
    told: dict[str, Any] = {"type": event["type"], "at": event["time"], "phase": event["phase"]}
    if "lot" in event["body"]:
        told["lot"] = event["body"]["lot"]
    return {**told, "heard_after_ms": {name: round((at - first) * 1000, 1) for name, at in times.items()}}


def _client(party: Party) -> dict[str, Any]:
    return {"name": party.name, "role": party.role, "did": [asdict(deed) for deed in party.deeds]}
