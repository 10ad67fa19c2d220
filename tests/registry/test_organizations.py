"""Organizations, the binding of their certificates, and the staff: what is bound, returned, undone and bound once."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from stdnum.cn import uscc

from bidroom.facts import CENTRE, Refused, StreamKind
from bidroom.machine import begin
from bidroom.replay import replay
from bidroom.rules import TABLES
from tests.attempts import attempt
from tests.builders import World, member, name_of, world
from tests.registry.cases import _appoint, _register, holding_of

ME = member("戊")


def replayed(here: World, stream: str, kind: StreamKind) -> None:
    """An auditor decides the stream again."""
    *_, (state, _) = replay(TABLES, here.entries[stream], begin(TABLES, kind))
    assert dict(state) == dict(here.states[stream])


def apply(here: World, **evidence: Any) -> None:
    told = {"user": ME.user, "der": base64.b64encode(ME.certificate).decode()}
    found = {"holding": {**holding_of(ME), **evidence}}
    here.give("戊", "ApplyForBinding", told, stream=ME.id, evidence=found)


def at_the_window(here: World, command: str, **more: Any) -> None:
    found = {"holding": holding_of(ME)}
    here.give("clerk", command, {"certificate": ME.digest, **more}, stream=ME.id, evidence=found)


def registered() -> World:
    here, made = world(), _register()
    here.do(made.actor, made.command)
    return here


def state_of(here: World) -> str:
    return str(here.states[ME.id]["organization"].bindings[ME.digest].state)


def test_applied_returned_applied_again_bound_and_undone() -> None:
    here = registered()
    apply(here)
    assert state_of(here) == "applied"
    at_the_window(here, "ReturnBinding", reason="不清")
    assert state_of(here) == "returned"
    apply(here)
    at_the_window(here, "BindCertificate")
    assert state_of(here) == "bound"
    at_the_window(here, "UndoBinding", reason="遗失")
    assert state_of(here) == "undone"
    replayed(here, ME.id, StreamKind.ORGANIZATION)


def test_the_binding_names_its_organization() -> None:
    here = registered()
    apply(here)
    at_the_window(here, "BindCertificate")
    entry = here.entries[ME.id][-1]
    assert (entry.body["name"], entry.body["uscc"], entry.stream) == (ME.name, ME.uscc, ME.id)
    assert here.actor("戊").binding == entry.data


def test_a_certificate_is_bound_once_for_ever() -> None:
    here = registered()
    apply(here)
    at_the_window(here, "BindCertificate")
    at_the_window(here, "UndoBinding", reason="遗失")
    apply(here)
    with pytest.raises(Refused, match="already_claimed"):
        at_the_window(here, "BindCertificate")


def test_a_persons_certificate_without_a_code_is_taken() -> None:
    here = registered()
    apply(here, uscc=None)
    assert state_of(here) == "applied"


@pytest.mark.parametrize("odd", [
    ME.uscc.lower(), f" {ME.uscc}", f"{ME.uscc[:8]} {ME.uscc[8:]}", ME.uscc[:-1], f"{ME.uscc}0", "X" * 18,
])  # fmt: skip
def test_a_code_is_taken_in_one_spelling_only(odd: str) -> None:
    """Or one organization could be claimed twice."""
    if odd.strip().lower() == ME.uscc.lower() or " " in odd:
        assert uscc.is_valid(odd)
    assert _register().body(uscc=odd).reason() == "code_is_valid" or odd == ME.uscc


def test_an_organization_is_registered_once() -> None:
    here = registered()
    again = {"name": "另一公司", "uscc": ME.uscc, "user": "another"}
    assert attempt(here, "戊", "RegisterOrganization", again, stream=ME.id).reason() == (
        "command_not_allowed_in_this_phase"
    )
    with pytest.raises(Refused, match="already_claimed"):
        here.give("戊", "RegisterOrganization", again, stream=name_of("elsewhere", 16))


def test_a_user_name_is_taken_once_in_the_house() -> None:
    here = registered()
    told = {"user": ME.user, "name": "王工", "role": "clerk"}
    with pytest.raises(Refused, match="already_claimed"):
        here.give("operator", "AppointStaff", told, stream=CENTRE)


def test_staff_are_appointed_bound_and_undone_by_the_operator() -> None:
    made = _appoint()
    here = made.world
    here.do(made.actor, made.command)
    found = {"holding": {**holding_of(ME), "uscc": None}}
    here.give("operator", "BindStaffCertificate", {"user": "wang"}, stream=CENTRE, evidence=found)
    assert here.states[CENTRE]["centre"].bindings[ME.digest].state == "bound"
    here.give("operator", "UndoStaffBinding", {"certificate": ME.digest, "reason": "调离"}, stream=CENTRE)
    assert here.states[CENTRE]["centre"].bindings[ME.digest].state == "undone"
    replayed(here, CENTRE, StreamKind.CENTRE)
    assert made.by("clerk").reason() == "not_your_role"
