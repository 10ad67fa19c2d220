"""An organization's own page and the guided way, from the stream's entries alone."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from bidroom.crypto.certificates import Trust, check_certificate
from bidroom.registry.organizations import ORGANIZATIONS, Organization
from bidroom.web.present.organizations import (
    BOUND,
    REGISTERED,
    RETURNED,
    WAITING,
    Application,
    Bound,
    application_of,
    binding_chip,
    first_steps,
    own_page,
    times_of,
)
from bidroom.web.present.papers import paper_of
from tests.builders import DAY, World, authority, member

ME = member("甲")


def evidence_of(der: bytes, here: World) -> dict[str, Any]:
    """What the edge finds out about this certificate."""
    root = authority().certificate.public_bytes(Encoding.DER)
    trust = Trust((root,), (), (authority().crl(here.clock.at - DAY, 3650),))
    held = check_certificate(der, trust, here.clock.at)
    return {"holding": {"digest": held.digest, "serial": held.serial, "uscc": held.uscc, "name": held.name}}


class Stream:
    """One organization's stream, by its commands."""

    def __init__(self) -> None:
        self.here = World()
        self.give("RegisterOrganization", {"name": ME.name, "uscc": ME.uscc, "user": ME.user})

    def give(self, kind: str, body: dict[str, Any], who: str = "甲", **more: Any) -> None:
        self.here.clock.at += timedelta(minutes=1)
        self.here.give(who, kind, body, stream=ME.id, **more)

    def apply(self, der: bytes = ME.certificate) -> str:
        evidence = evidence_of(der, self.here)
        self.give("ApplyForBinding", {"user": ME.user, "der": "AA=="}, evidence=evidence)
        return str(evidence["holding"]["digest"])

    def decide(self, kind: str, digest: str, der: bytes = ME.certificate, **more: str) -> None:
        body = {"certificate": digest, **more}
        self.give(kind, body, "clerk", evidence=evidence_of(der, self.here) if kind == "BindCertificate" else {})

    @property
    def state(self) -> Organization:
        found: Organization = self.here.state(ME.id, ORGANIZATIONS)["organization"]
        return found

    def application(self) -> Application:
        return application_of(self.state, times_of(self.here.entries[ME.id]))

    def newest(self) -> tuple[str, str]:
        """Where the application stands, and which certificate it is about."""
        found = self.application()
        assert found.binding is not None
        return found.state, found.binding.certificate


def test_the_way_from_registration_to_binding() -> None:
    assert first_steps()[0][1] == "now"
    stream = Stream()
    assert stream.application() == Application(REGISTERED, None)
    digest = stream.apply()
    assert stream.application().state == WAITING
    stream.decide("ReturnBinding", digest, reason="未盖公章")
    returned = stream.application()
    assert (returned.state, returned.binding and returned.binding.reason) == (RETURNED, "未盖公章")
    stream.apply()
    assert stream.application().state == WAITING
    stream.decide("BindCertificate", digest)
    assert stream.application().state == BOUND


def renewed() -> bytes:
    return authority().issue_organization(ME.name, ME.uscc, at=World().clock.at)[1]


def test_a_renewal_is_seen_beside_what_is_bound() -> None:
    stream, der = Stream(), renewed()
    stream.decide("BindCertificate", stream.apply())
    again = stream.apply(der)
    assert stream.newest() == (WAITING, again)
    stream.decide("BindCertificate", again, der)
    stream.decide("UndoBinding", again, reason="遗失")
    assert stream.newest() == (BOUND, ME.digest)
    stream.decide("UndoBinding", ME.digest, reason="停用")
    assert stream.application().state == RETURNED


@pytest.mark.parametrize(
    ("state", "states"),
    [
        (REGISTERED, ["done", "now", "todo", "todo"]),
        (RETURNED, ["done", "now", "todo", "todo"]),
        (WAITING, ["done", "done", "now", "todo"]),
        (BOUND, ["done", "done", "done", "done"]),
    ],
)
def test_the_steps_of_the_way(state: str, states: list[str]) -> None:
    assert [each for _, each in Application(state, None).steps] == states


def test_the_newest_matter_stands_first() -> None:
    stream, der = Stream(), renewed()
    stream.decide("BindCertificate", stream.apply())
    stream.apply(der)
    papers = {paper.digest: paper for paper in map(paper_of, (ME.certificate, der))}
    shown = own_page(stream.state, times_of(stream.here.entries[ME.id]), papers, stream.here.clock.at)
    assert [row.binding.state for row in shown.certificates] == ["applied", "bound"]
    assert [(user.name, user.is_main, user.bound) for user in shown.users] == [(ME.user, True, 1)]
    assert shown.waiting


def test_a_certificate_that_ends_is_spoken_of() -> None:
    stream = Stream()
    stream.decide("BindCertificate", stream.apply())
    paper = paper_of(ME.certificate)

    def row(now: datetime) -> Bound:
        return own_page(stream.state, times_of(stream.here.entries[ME.id]), {paper.digest: paper}, now).certificates[0]

    assert row(paper.until - timedelta(days=31)).warning == ""
    assert "10 天" in row(paper.until - timedelta(days=9, hours=1)).warning
    over = row(paper.until + timedelta(seconds=1))
    assert (over.warning, over.chip[2]) == ("", "证书已过期")


def test_every_state_of_a_binding_has_its_chip() -> None:
    stream = Stream()
    digest, seen = stream.apply(), []
    for kind in ("ReturnBinding", "BindCertificate", "UndoBinding"):
        seen.append(binding_chip(stream.state.bindings[digest])[2])
        if kind == "BindCertificate":
            stream.apply()
        body = {} if kind == "BindCertificate" else {"reason": "原因"}
        stream.give(kind, {"certificate": digest, **body}, "clerk", evidence=evidence_of(ME.certificate, stream.here))
    seen.append(binding_chip(stream.state.bindings[digest])[2])
    assert seen == ["待窗口核对", "已退回", "已绑定", "已解除"]


def test_what_a_certificate_says() -> None:
    paper = paper_of(ME.certificate)
    assert (paper.name, paper.organization, paper.code, paper.key) == (ME.name, ME.name, ME.uscc, "P-256")
    assert paper.digest == ME.digest
    assert paper.fingerprint.replace(" ", "").lower() == ME.digest
    assert not paper.is_a_persons
    person = paper_of(authority().issue_person("王敏", ME.name)[1])
    assert (person.name, person.organization, person.code, person.is_a_persons) == ("王敏", ME.name, None, True)
    assert paper_of(authority().issue_organization(ME.name, ME.uscc, key="rsa")[1]).key == "RSA 2048"
