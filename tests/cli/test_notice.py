"""A client seals only to terms whose tenderee it has verified."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bidroom.cli.client import b64
from bidroom.cli.notice import read_notice
from bidroom.crypto.certificates import Trust
from bidroom.facts import Refused
from bidroom.rehearsal.cast import Authority
from tests.cli.offline import NOON, agent, documents, identity, notice, scenario, tenderee, trust


def reason(answer: dict[str, Any], given: Trust | None = None) -> str:
    with pytest.raises(Refused) as caught:
        read_notice(answer, given or trust(), NOON)
    return caught.value.reason


def test_a_notice_is_read() -> None:
    found = notice()
    assert (found.terms.title, found.timeline.host.name) == ("文化中心装修工程施工", "浙江信诚工程咨询有限公司")


def test_one_that_somebody_else_signed_is_not() -> None:
    answer = replace(documents(), signer=agent()).answer()
    answer["certificates"] |= {tenderee().digest: b64(tenderee().certificate)}
    assert reason(answer) == "signed_by_another_certificate"


def test_a_tenderee_under_another_root_is_not() -> None:
    assert reason(documents().answer(), Authority.made(NOON).trust) == "certificate_of_unknown_issuer"


def test_a_certificate_with_another_name_is_not_the_tenderees() -> None:
    impostor = identity("城东文化传播有限公司", scenario().tenderee.uscc)
    given = documents()
    terms = given.terms.replace(tenderee().digest.encode(), impostor.digest.encode())
    assert reason(replace(given, terms=terms, signer=impostor).answer()) == "tenderee_is_not_the_certificates"


def test_another_tenders_timeline_is_not_its_own() -> None:
    given = documents()
    other = given.timeline.replace(b'"terms":"', b'"terms":"00', 1)
    stolen = other.replace(b'"terms":"00', b'"terms":"', 1)
    changed = stolen[: stolen.index(b'"terms":"') + 9] + b"ab" * 32 + stolen[stolen.index(b'"terms":"') + 73 :]
    assert reason(replace(given, timeline=changed).answer()) == "timeline_of_other_terms"


@pytest.mark.parametrize("kind", ["terms", "timeline"])
def test_changed_bytes_do_not_pass(kind: str) -> None:
    answer, other = documents().answer(), documents(timedelta(days=1)).answer()
    if kind == "terms":
        other["notice"]["terms"] = b64(documents().terms.replace("装修工程".encode(), "安装工程".encode()))
    answer["notice"][kind] = other["notice"][kind]
    assert reason(answer) == "signature_over_other_bytes"


def test_what_is_not_there_is_named() -> None:
    answer = documents().answer()
    answer["certificates"] = {}
    with pytest.raises(Refused) as caught:
        read_notice(answer, trust(), NOON)
    assert (caught.value.reason, caught.value.field) == ("notice_malformed", f"certificates.{tenderee().digest}")
