"""The trading centre itself: its staff, and the certificates with which they sign."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from bidroom import bodies
from bidroom.bodies import REASON, body, digest, document
from bidroom.facts import Actor, Claim, Command, Entry, Fact, Role, StreamKind, nothing
from bidroom.machine import Row, Table
from bidroom.registry.organizations import (
    BINDING_FOLDS,
    Binding,
    a_reason_is_given,
    certificate_is_checked,
    certificate_is_not_bound_here,
    holding_of,
    name_is_given,
    that_certificate_is_bound,
    user_name_is_well_formed,
)

STAFF = (Role.CLERK, Role.SUPERVISOR, Role.AUDITOR)


@dataclass(frozen=True, slots=True)
class Member:
    """One of the staff: a name and one role."""

    user: str
    name: str
    role: Role


@dataclass(frozen=True, slots=True)
class Centre:
    """The staff by user name, and their certificates; the SHA-256 of the browser's code that is served."""

    phase: str = "open"
    staff: Mapping[str, Member] = field(default_factory=nothing)
    bindings: Mapping[str, Binding] = field(default_factory=nothing)
    bundle: str | None = None

    def in_phase(self, phase: str) -> Centre:
        """The centre has one phase only."""
        return self


def role_is_a_staff_role(state: Centre, command: Command, actor: Actor, at: datetime) -> bool:
    """`role` is clerk, supervisor or auditor."""
    return command.body.get("role") in STAFF


def user_is_staff(state: Centre, command: Command, actor: Actor, at: datetime) -> bool:
    """`user` is one of the staff."""
    return command.body.get("user") in state.staff


def bundle_is_another(state: Centre, command: Command, actor: Actor, at: datetime) -> bool:
    """`digest` is not the one that is served already."""
    return bool(command.body.get("digest") != state.bundle)


def appoint(state: Centre, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """StaffAppointed; the user name is taken for ever."""
    body = {key: command.body[key] for key in ("user", "name", "role")}
    yield Fact("StaffAppointed", body, (Claim("account", body["user"]),))


def bind(state: Centre, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """CertificateBound, to one of the staff, by the operator who knows them."""
    holding, member = command.evidence["holding"], state.staff[command.body["user"]]
    body = {"user": member.user, "certificate": holding["digest"], "serial": holding["serial"]}
    personal = holding.get("uscc") is None
    named = {"name": member.name, "uscc": "", "role": str(member.role), "personal": personal}
    yield Fact("CertificateBound", {**named, **body}, (Claim("certificate", holding["digest"]),))


def appointed(state: Centre, entry: Entry) -> Centre:
    """StaffAppointed."""
    body = entry.body
    member = Member(body["user"], body["name"], Role(body["role"]))
    return replace(state, staff=MappingProxyType({**state.staff, member.user: member}))


def served(state: Centre, entry: Entry) -> Centre:
    """BundleServed."""
    return replace(state, bundle=entry.body["digest"])


def roles_of(state: Centre, actor: Actor) -> frozenset[Role]:
    """Those of the session."""
    return actor.staff


FOLDS: Mapping[str, Callable[[Any, Entry], Any]] = {
    "StaffAppointed": appointed,
    "BundleServed": served,
    **BINDING_FOLDS,
}


def evolve(state: Centre, entry: Entry) -> Centre:
    """The centre after one more fact."""
    apply = FOLDS.get(entry.type)
    return state if apply is None else apply(state, entry)


# fmt: off
TABLE = (
    Row(("open",), "AppointStaff", (Role.OPERATOR,), (user_name_is_well_formed, name_is_given, role_is_a_staff_role),
        "StaffAppointed", None, appoint, takes=body({"user": bodies.name, "name": bodies.name, "role": bodies.name})),
    Row(("open",), "BindStaffCertificate", (Role.OPERATOR,),
        (user_is_staff, certificate_is_checked, certificate_is_not_bound_here),
        "CertificateBound", None, bind, recalls=holding_of, takes=body({"user": bodies.name}, der=document)),
    Row(("open",), "UndoStaffBinding", (Role.OPERATOR,), (that_certificate_is_bound, a_reason_is_given),
        "BindingUndone", takes=body({"certificate": digest, **REASON})),
    Row(("open",), "ServeBundle", (Role.OPERATOR,), (bundle_is_another,), "BundleServed",
        takes=body({"digest": digest})),
)
# fmt: on

CENTRE_TABLE = Table("centre", StreamKind.CENTRE, Centre(), TABLE, evolve, roles_of)
