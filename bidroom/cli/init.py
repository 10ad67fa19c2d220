"""`bidroom init`: what an operator does once, before the server is started."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from bidroom.cli import options
from bidroom.cli.client import b64
from bidroom.cli.words import told
from bidroom.facts import Refused


@click.command()
@click.option("--account", help="The user name of one of the staff; without it only database and keys are made.")
@click.option("--name", help="What they are called; the user name unless given.")
@click.option(
    "--role",
    type=click.Choice(["clerk", "supervisor", "auditor"]),
    default="clerk",
    show_default=True,
    help="What for.",
)
@click.option("--certificate", type=options.FILE, help="With which they sign (PEM or DER); a supervisor needs one.")
@click.option("--password", envvar="BIDROOM_PASSWORD", help="Better in BIDROOM_PASSWORD, or typed when asked.")
def init(account: str | None, name: str | None, role: str, certificate: Path | None, password: str | None) -> None:
    """Make database and keys where BIDROOM_DATA says, and appoint one of the staff; prints the verifier keys."""
    if role == "supervisor" and account is not None and certificate is None:
        raise click.UsageError("--role supervisor needs --certificate: who supervises, signs")
    with told():
        member = None
        if account is not None:
            phrase = password or click.prompt("Password", hide_input=True, confirmation_prompt=True)
            member = {"account": account, "password": phrase, "role": role, "name": name or account}
            member |= {"certificate": b64(der_of(certificate))} if certificate else {}
        keys = prepared(member)
        if "log" in keys:
            click.echo(f"log.vkey      {keys['log']}\nreceipt.vkey  {keys['receipt']}")
        if refused := keys.get("refused"):
            raise Refused(refused["reason"], field=refused["field"], cause=refused["cause"])


def prepared(member: dict[str, str] | None) -> dict[str, Any]:
    """What the server's own code answers, from a process that may import it. Refused("server_did_not_start")."""
    done = subprocess.run(
        [sys.executable, "-m", "bidroom.prepare"], input=json.dumps(member), capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise Refused("server_did_not_start", cause=(done.stderr.strip().splitlines() or [""])[-1])
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def der_of(path: Path) -> bytes:
    """A certificate in PEM or DER, as DER; Refused("certificate_malformed")."""
    data = path.read_bytes()
    load = x509.load_pem_x509_certificate if data.startswith(b"-----") else x509.load_der_x509_certificate
    try:
        return load(data).public_bytes(Encoding.DER)
    except ValueError:
        raise Refused("certificate_malformed", field=path.name) from None
