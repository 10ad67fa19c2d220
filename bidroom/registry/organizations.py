"""Organizations and the binding of their certificates: one stream each (办法: 市场主体, 数字证书绑定)."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from types import MappingProxyType
from typing import Any

from stdnum.cn import uscc

from bidroom import bodies
from bidroom.bodies import REASON, body, digest, document
from bidroom.facts import Actor, Body, Claim, Command, Entry, Fact, Role, StreamKind, nothing
from bidroom.machine import Row, Table

CODE = re.compile(r"[0-9A-Z]{18}")
USERNAME = re.compile(r"[a-z0-9][a-z0-9._-]{2,63}")


@dataclass(frozen=True, slots=True)
class Binding:
    """One certificate of one user: applied for, bound, returned or undone; `entry` is the exact CertificateBound."""

    certificate: str
    user: str
    state: str
    serial: str
    reason: str | None = None
    entry: bytes | None = None


@dataclass(frozen=True, slots=True)
class Organization:
    """A legal entity with its users; the main user is the first. Phases: new, registered."""

    phase: str = "new"
    id: str = ""
    name: str = ""
    uscc: str = ""
    main_user: str = ""
    users: Mapping[str, str] = field(default_factory=nothing)
    bindings: Mapping[str, Binding] = field(default_factory=nothing)

    def in_phase(self, phase: str) -> Organization:
        """The same organization in another phase."""
        return replace(self, phase=phase)


def code_is_valid(state: Organization, command: Command, actor: Actor, at: datetime) -> bool:
    """`uscc` is a unified social credit code by form and check digit (a checksum is not existence).

    In the one spelling that is claimed: 18 digits and capitals, no blanks.
    """
    code = command.body["uscc"]
    return CODE.fullmatch(code) is not None and bool(uscc.is_valid(code))


def name_is_given(state: Organization, command: Command, actor: Actor, at: datetime) -> bool:
    """`name` is the organization's name, 1 to 200 characters."""
    return 0 < len(command.body["name"].strip()) <= 200


def user_name_is_well_formed(state: Any, command: Command, actor: Actor, at: datetime) -> bool:
    """`user` is 3 to 64 lowercase letters, digits, dots, dashes and underscores."""
    return USERNAME.fullmatch(command.body["user"]) is not None


def certificate_is_checked(state: Any, command: Command, actor: Actor, at: datetime) -> bool:
    """The edge has checked chain, validity, revocation and key usage, and that the applicant holds the key.

    Where the body names a certificate it is that one.
    """
    holding = command.evidence.get("holding")
    return isinstance(holding, Mapping) and command.body.get("certificate") in (None, holding.get("digest"))


def user_is_known(state: Organization, command: Command, actor: Actor, at: datetime) -> bool:
    """`user` is one of the organization's."""
    return command.body.get("user") in state.users


def certificate_is_the_organizations(state: Organization, command: Command, actor: Actor, at: datetime) -> bool:
    """A certificate that names a unified social credit code names this organization's."""
    holding = command.evidence["holding"]
    return holding.get("uscc") in (None, state.uscc)


def certificate_is_not_bound_here(state: Any, command: Command, actor: Actor, at: datetime) -> bool:
    """It is not bound already."""
    binding = state.bindings.get(command.evidence["holding"]["digest"])
    return binding is None or binding.state != "bound"


def an_application_waits(state: Organization, command: Command, actor: Actor, at: datetime) -> bool:
    """`certificate` is one that was applied for and not yet decided."""
    binding = state.bindings.get(str(command.body.get("certificate")))
    return binding is not None and binding.state == "applied"


def that_certificate_is_bound(state: Any, command: Command, actor: Actor, at: datetime) -> bool:
    """`certificate` is bound now."""
    binding = state.bindings.get(str(command.body.get("certificate")))
    return binding is not None and binding.state == "bound"


def a_reason_is_given(state: Any, command: Command, actor: Actor, at: datetime) -> bool:
    """The body says why, in words."""
    return bool(command.body["reason"].strip())


def register(state: Organization, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """OrganizationRegistered, with its main user; code and user name are taken for ever."""
    body = {key: command.body[key] for key in ("name", "uscc", "user")}
    yield Fact("OrganizationRegistered", body, (Claim("uscc", body["uscc"]), Claim("account", body["user"])))


def apply_for_binding(state: Organization, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """BindingApplied: by whoever holds the key, for a user of the organization."""
    holding = command.evidence["holding"]
    body = {"user": command.body["user"], "certificate": holding["digest"], "serial": holding["serial"]}
    yield Fact("BindingApplied", body)


def bind(state: Organization, command: Command, actor: Actor, at: datetime) -> Iterator[Fact]:
    """CertificateBound: names the organization, so that an act which carries this entry needs no second log.

    `personal`: the certificate is a person's, which a public bundle leaves out.
    """
    binding = state.bindings[command.body["certificate"]]
    named = {"name": state.name, "uscc": state.uscc, "personal": command.evidence["holding"].get("uscc") is None}
    body = {**named, "user": binding.user, "certificate": binding.certificate, "serial": binding.serial}
    yield Fact("CertificateBound", body, (Claim("certificate", binding.certificate),))


def registered(state: Organization, entry: Entry) -> Organization:
    """OrganizationRegistered."""
    body = entry.body
    users = MappingProxyType({body["user"]: "main"})
    return replace(state, id=entry.stream, name=body["name"], uscc=body["uscc"], main_user=body["user"], users=users)


def applied(state: Any, entry: Entry) -> Any:
    """BindingApplied."""
    body = entry.body
    return _with(state, Binding(body["certificate"], body["user"], "applied", body["serial"]))


def bound(state: Any, entry: Entry) -> Any:
    """CertificateBound."""
    body = entry.body
    return _with(state, Binding(body["certificate"], body["user"], "bound", body["serial"], entry=entry.data))


def returned(state: Any, entry: Entry) -> Any:
    """BindingReturned: mended and applied for again."""
    return _changed(state, entry, "returned")


def undone(state: Any, entry: Entry) -> Any:
    """BindingUndone: acts from now on are refused, those before stay."""
    return _changed(state, entry, "undone")


def _changed(state: Any, entry: Entry, to: str) -> Any:
    binding = state.bindings[entry.body["certificate"]]
    return _with(state, replace(binding, state=to, reason=entry.body["reason"]))


def _with(state: Any, binding: Binding) -> Any:
    return replace(state, bindings=MappingProxyType({**state.bindings, binding.certificate: binding}))


def roles_of(state: Organization, actor: Actor) -> frozenset[Role]:
    """Staff have theirs; whoever else comes is anyone (an application proves itself by its signature)."""
    return frozenset({Role.ANYONE, *actor.staff})


def holding_of(act: tuple[Entry, ...]) -> Body:
    """For a replay: the certificate that the fact names was checked; its own check looks at it again."""
    told = act[0].body
    code = None if told.get("personal", True) else told["uscc"]
    return {"holding": {"digest": told["certificate"], "serial": told["serial"], "uscc": code}}


def certificate_bytes(command: Command) -> bytes:
    """The DER in an application's body (base64), for the edge to check."""
    return base64.b64decode(str(command.body.get("der", "")), validate=True)


# fmt: off
TABLE = (
    Row(("new",), "RegisterOrganization", (Role.ANYONE,), (code_is_valid, name_is_given, user_name_is_well_formed),
        "OrganizationRegistered", "registered", register,
        takes=body({"uscc": bodies.name, "name": bodies.name, "user": bodies.name})),
    Row(("registered",), "ApplyForBinding", (Role.ANYONE,),
        (certificate_is_checked, user_is_known, certificate_is_the_organizations, certificate_is_not_bound_here),
        "BindingApplied", None, apply_for_binding, signed="command", recalls=holding_of,
        takes=body({"user": bodies.name, "der": document})),
    Row(("registered",), "BindCertificate", (Role.CLERK,), (an_application_waits, certificate_is_checked),
        "CertificateBound", None, bind, recalls=holding_of, takes=body({"certificate": digest})),
    Row(("registered",), "ReturnBinding", (Role.CLERK,), (an_application_waits, a_reason_is_given), "BindingReturned",
        takes=body({"certificate": digest, **REASON})),
    Row(("registered",), "UndoBinding", (Role.CLERK,), (that_certificate_is_bound, a_reason_is_given),
        "BindingUndone", takes=body({"certificate": digest, **REASON})),
)
# fmt: on

BINDING_FOLDS: Mapping[str, Callable[[Any, Entry], Any]] = {
    "BindingApplied": applied,
    "CertificateBound": bound,
    "BindingReturned": returned,
    "BindingUndone": undone,
}
FOLDS: Mapping[str, Callable[[Any, Entry], Any]] = {"OrganizationRegistered": registered, **BINDING_FOLDS}


def evolve(state: Organization, entry: Entry) -> Organization:
    """The organization after one more fact."""
    apply = FOLDS.get(entry.type)
    return state if apply is None else apply(state, entry)


ORGANIZATIONS = Table("organization", StreamKind.ORGANIZATION, Organization(), TABLE, evolve, roles_of)
