"""A tender's notice as a client reads it: both documents verified against the roots that the client pins."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bidroom.crypto.canonical import sha256_hex
from bidroom.crypto.certificates import Trust, check_certificate
from bidroom.crypto.policy import Terms, parse_terms
from bidroom.crypto.signatures import verify
from bidroom.crypto.timeline import Timeline, parse_timeline
from bidroom.facts import Refused

MALFORMED = "notice_malformed"


@dataclass(frozen=True, slots=True)
class Notice:
    """Terms and timeline, both signed by the tenderee's certificate, whose chain was verified."""

    terms: Terms
    timeline: Timeline
    document: Mapping[str, Any]


def read_notice(document: Mapping[str, Any], trust: Trust, at: datetime) -> Notice:
    """The notice in what `GET /tenders/<id>` answers.

    Refused: notice_malformed, what `check_certificate` and `verify` refuse, tenderee_is_not_the_certificates,
    timeline_of_other_terms.
    """
    told = document.get("notice")
    terms = parse_terms(_bytes(told, "terms"))
    timeline = parse_timeline(_bytes(told, "timeline"))
    certificate = _certificate(document, str(terms.tenderee.certificate))
    holding = check_certificate(certificate, trust, at)
    if (holding.name, holding.uscc) != (terms.tenderee.name, terms.tenderee.uscc):
        raise Refused("tenderee_is_not_the_certificates", field="tenderee")
    verify("terms", terms.data, _bytes(told, "terms_cms"), certificate)
    verify("timeline", timeline.data, _bytes(told, "timeline_cms"), certificate)
    if (timeline.tender, timeline.terms) != (terms.tender, terms.digest.hex()):
        raise Refused("timeline_of_other_terms", field="timeline.terms")
    return Notice(terms, timeline, document)


def _bytes(told: object, name: str) -> bytes:
    value = told.get(name) if isinstance(told, Mapping) else None
    try:
        return base64.b64decode(str(value), validate=True) if value else b""
    except ValueError:
        raise Refused(MALFORMED, field=f"notice.{name}", cause="not_base64") from None


def _certificate(document: Mapping[str, Any], digest: str) -> bytes:
    found = document.get("certificates")
    data = _bytes(found, digest)
    if sha256_hex(data) != digest:
        raise Refused(MALFORMED, field=f"certificates.{digest}", cause="missing")
    return data
