"""What all parties share: where they are, what they hand to one another, what is kept of what they did."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from bidroom.crypto.certificates import Trust
from bidroom.crypto.checkpoint import VerifierKey
from bidroom.rehearsal.pace import ORDINARY, Pace

Letter = Mapping[str, Any]
"""What one person hands to another outside the system: a form at the window, a draft by post."""


@dataclass(frozen=True)
class Place:
    """Where all parties find themselves: the server, what they trust, where they keep their files."""

    url: str
    number: str
    trust: Trust
    receipt_key: VerifierKey
    folder: Path
    receipts: Path
    report: Callable[[datetime, str, str], None]
    """Tell whoever watches the rehearsal: (demo time, name of the party, what it did)."""
    pace: Pace = ORDINARY


@dataclass(frozen=True)
class Deed:
    """Something that a party did: when (demo time), and how many real seconds it took."""

    what: str
    at: str
    seconds: float
    lot: int | None = None


@dataclass(frozen=True)
class Turn:
    """What came of a party's round: whether it had anything new or to do, and when it wants to be woken."""

    did: bool
    wakes: datetime | None
