"""What only a server in demo mode has: a trading centre made by a request, and a clock that can be run ahead."""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from typing import Any

from apiflask import APIBlueprint
from cryptography import x509
from flask import Response, current_app, jsonify

from bidroom.clock import DemoClock
from bidroom.crypto.canonical import canonical, sha256_hex
from bidroom.crypto.certificates import check_certificate
from bidroom.facts import CENTRE, OPERATOR, Command, Refused, Role, instant, rfc3339
from bidroom.web.edge import Edge, the_edge
from bidroom.web.models import CentreGiven, ClockAsked, StaffMember
from bidroom.web.seats import Seats

api = APIBlueprint("demo", __name__, url_prefix="/api/v1/demo", tag="Demo")


@api.before_request
def only_in_demo_mode() -> None:
    """A server that counts has none of this."""
    if not the_edge().settings.demo:
        raise Refused("page_unknown")


@api.post("/centre")
@api.input(CentreGiven, arg_name="given")
@api.doc(summary="Make a trading centre: authorities, revocation lists, staff", description="Adds to what is there.")
def centre(given: CentreGiven) -> tuple[Response, int]:
    edge = the_edge()
    edge.offload(lambda: edge.trust.add(_authorities(given.ca), _lists(given.crl)))
    for member in given.staff:
        appoint(edge, member)
    return jsonify({"staff": [member.account for member in given.staff]}), 201


def _authorities(texts: Iterable[str]) -> dict[str, bytes]:
    return {f"{sha256_hex(text.encode())[:16]}.pem": text.encode() for text in texts}


def _lists(texts: Iterable[str]) -> dict[str, bytes]:
    """Revocation lists, each under its issuer's name, so that a later one takes an earlier one's place."""
    found = {}
    for text in texts:
        data = base64.b64decode(text)
        try:
            issuer = x509.load_der_x509_crl(data).issuer.public_bytes()
        except ValueError:
            raise Refused("request_malformed", field="crl") from None
        found[f"{sha256_hex(issuer)[:16]}.crl"] = data
    return found


def appoint(edge: Edge, member: StaffMember) -> None:
    """One of the staff, with a password and maybe a certificate, by the operator's own commands."""
    said = {"user": member.account, "name": member.name, "role": member.role}
    der = None if member.certificate is None else base64.b64decode(member.certificate)
    # first, as a user name is given once: nobody is appointed whose certificate would be refused
    holding = None if der is None else check_certificate(der, edge.trust.now(), edge.clock.now())
    by_operator(edge, "AppointStaff", said, {})
    roles = frozenset({Role(member.role)})
    edge.offload(lambda: edge.people.set_password(member.account, member.name, roles, member.password))
    if der is not None and holding is not None:
        edge.offload(lambda: edge.certificates.keep(der))
        told = {"serial": holding.serial, "digest": holding.digest, "name": holding.name, "uscc": holding.uscc}
        by_operator(edge, "BindStaffCertificate", {"user": member.account}, {"holding": told})


def by_operator(edge: Edge, kind: str, body: dict[str, Any], evidence: dict[str, Any]) -> None:
    """A command of the one who runs the server."""
    id, digest = secrets.token_hex(16), sha256_hex(canonical({"type": kind, "body": body}))
    command = Command(id=id, stream=CENTRE, type=kind, body=body, digest=digest, evidence=evidence)
    with edge.door.arrive(CENTRE) as at:
        edge.door.submit(command, OPERATOR, at)


def demo_clock(edge: Edge) -> DemoClock:
    """The clock, which in demo mode can jump."""
    if not isinstance(edge.clock, DemoClock):
        raise Refused("page_unknown")
    return edge.clock


@api.get("/clock")
@api.doc(summary="The demo's clock", description="`busy`: steps are owed or work runs; wait before you jump.")
def clock() -> Response:
    edge = the_edge()
    due = edge.ticker.next_due()
    told = {"now": rfc3339(edge.clock.now()), "next_due": due and rfc3339(due)}
    return jsonify({**told, "speed": edge.clock.speed, "busy": edge.ticker.busy})


@api.post("/clock")
@api.input(ClockAsked, arg_name="asked")
@api.doc(summary="Jump forward", description="Refused (clock_is_busy) while steps are owed or work runs.")
def jump(asked: ClockAsked) -> Response:
    edge, to = the_edge(), instant(asked.to)
    clock = demo_clock(edge)
    if edge.ticker.busy:
        raise Refused("clock_is_busy", field="to")
    edge.offload(lambda: clock.jump(to))
    edge.ticker.wake()
    return jsonify({"now": rfc3339(edge.clock.now()), "speed": edge.clock.speed})


@api.get("/seats")
@api.doc(summary="The demo's seats", description="`taken_at`: since when a person sits there; the others are played.")
def seats() -> Response:
    held: Seats = current_app.extensions["bidroom_seats"]
    taken = {name: rfc3339(at) for name, at in held.taken.items()}
    return jsonify({"seats": [{"name": seat.name, "taken_at": taken.get(seat.name)} for seat in held.plan().seats]})
