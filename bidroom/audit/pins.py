"""What an auditor trusts before looking: two verifier keys and certificate authorities, pinned in a folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from bidroom.crypto.certificates import Trust, load_trust
from bidroom.crypto.checkpoint import VerifierKey, parse_vkey
from bidroom.facts import Refused


@dataclass(frozen=True, slots=True)
class Pins:
    """The log's key, the receipt key, the authorities with their revocation lists."""

    log: VerifierKey
    receipt: VerifierKey
    trust: Trust


def load_pins(folder: Path) -> Pins:
    """Read log.vkey, receipt.vkey, ca/*.pem and crl/*.crl. Refused("trust_unreadable") names the file."""
    trust = load_trust(folder)
    if not trust.roots:
        raise Refused("trust_unreadable", field="ca", cause="no_root")
    return Pins(_vkey(folder / "log.vkey"), _vkey(folder / "receipt.vkey"), trust)


def _vkey(path: Path) -> VerifierKey:
    try:
        return parse_vkey(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, Refused):
        raise Refused("trust_unreadable", field=path.name) from None
