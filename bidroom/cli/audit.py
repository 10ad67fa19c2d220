"""`bidroom audit`: fetch a tender's bundle, and verify one without server or network."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.text import Text

from bidroom.audit.findings import Finding, Note
from bidroom.audit.layout import AUDITOR, KINDS, PUBLIC
from bidroom.audit.pins import load_pins
from bidroom.audit.report import GREEN, RED, Report, Result, verify_bundle
from bidroom.audit.words import CAUSES, CHECKS, LABELS, NOTES, REASONS, STATES, words
from bidroom.cli import options
from bidroom.cli.client import Client
from bidroom.cli.words import catalogue, language, told
from bidroom.facts import Refused

URL = "http://127.0.0.1:8765"
STYLES = {GREEN: "green", RED: "bold red"}
MARKS = {GREEN: "✓", RED: "✗"}
MOST_SHOWN = 20
"""Findings of one check that are printed; `--json` has them all."""

TRUST = click.option(
    "--trust",
    type=options.FOLDER,
    required=True,
    help="Folder of what you trust: log.vkey, receipt.vkey, ca/*.pem, crl/*.crl (as a rehearsal's trust/).",
)


@click.group()
def audit() -> None:
    """Export and verify bundles."""


@audit.command()
@click.argument("tender")
@click.option("--url", default=URL, show_default=True, help="The server.")
@click.option("--kind", type=click.Choice(KINDS), default=PUBLIC, show_default=True, help="Which bundle.")
@click.option("--account", envvar="BIDROOM_ACCOUNT", help="An auditor's user name, for the auditor's bundle.")
@click.option("--password", envvar="BIDROOM_PASSWORD", help="Better in BIDROOM_PASSWORD, or typed when asked.")
@click.option("--out", type=options.NEW, required=True, help="The file to write.")
def export(tender: str, url: str, kind: str, account: str | None, password: str | None, out: Path) -> None:
    """Fetch a bundle of the tender with this id, once its opening has ended."""
    with told():
        client = Client(url)
        try:
            if kind == AUDITOR:
                _log_in(client, account, password)
            data = client.download(f"/tenders/{tender}/bundle/{kind}")
        finally:
            client.close()
        try:
            out.write_bytes(data)
        except OSError as fault:
            raise Refused("file_unwritable", field=str(out), cause=fault.strerror) from None
    click.echo(out)


def _log_in(client: Client, account: str | None, password: str | None) -> None:
    account = account or click.prompt("account")
    client.log_in_with_password(account, password or click.prompt("password", hide_input=True))


@audit.command()
@click.argument("bundle", type=click.Path(path_type=Path))
@TRUST
@click.option("--json", "as_json", is_flag=True, help="The whole report as JSON.")
def verify(bundle: Path, trust: Path, as_json: bool) -> None:
    """Check a bundle; exit code 0 all green, 1 something red, 2 not a bundle that can be read."""
    try:
        report = verify_bundle(bundle, load_pins(trust))
    except Refused as refused:
        inner = _details(refused.field, refused.details)
        print(f"{_sentence(refused.reason)} ({inner}) [{refused.reason}]", file=sys.stderr)
        sys.exit(2)
    if as_json:
        print(json.dumps(report.as_json(), ensure_ascii=False, indent=2, default=str))
    else:
        show(report, Console(highlight=False, soft_wrap=True))
    sys.exit(0 if report.is_green else 1)


def show(report: Report, console: Console) -> None:
    """One line a check, with what was found under it, and one line for all."""
    for result in report.results:
        console.print(_line(result))
        for finding in result.findings[:MOST_SHOWN]:
            console.print(Text(f"      {_finding(finding)}", style="red"))
        if len(result.findings) > MOST_SHOWN:
            console.print(Text(f"      … +{len(result.findings) - MOST_SHOWN}", style="red"))
        for note in result.notes:
            console.print(Text(f"      {_note(note)}", style="dim"))
    red = sum(result.state == RED for result in report.results)
    label = _say(LABELS, "some_red" if red else "all_green")
    text = label.format(count=red, kind=_say(LABELS, report.kind), size=report.size)
    console.print(Text(text, style=STYLES[RED if red else GREEN]))


def _line(result: Result) -> Text:
    mark, style = MARKS.get(result.state, "–"), STYLES.get(result.state, "yellow")
    name, state = _say(CHECKS, result.name), _say(STATES, result.state)
    return Text(f"{mark} {result.no:2} {name}：{state}" if language() == "zh-CN" else
                f"{mark} {result.no:2} {name}: {state}", style=style)  # fmt: skip


def _finding(finding: Finding) -> str:
    where = [_say(LABELS, "entry").format(seq=finding.seq)] if finding.seq is not None else []
    inner = _details(finding.place, finding.details)
    return " · ".join([*where, *([inner] if inner else []), f"{_sentence(finding.reason)} [{finding.reason}]"])


def _note(note: Note) -> str:
    inner = _details(None, note.details)
    return _say(NOTES, note.text) + (f" ({inner})" if inner else "")


def _details(place: str | None, details: Mapping[str, Any]) -> str:
    known = {name: value for name, value in details.items() if value is not None}
    told = [_cause(str(value)) if name == "cause" else f"{name}={value}" for name, value in known.items()]
    return " ".join([*([place] if place else []), *told])


def _cause(cause: str) -> str:
    return words(CAUSES, cause, language()) or catalogue(language(), "cause").get(cause, cause)


def _sentence(reason: str) -> str:
    """The audit's own words, else the refusal's from the catalogue, else its name."""
    return words(REASONS, reason, language()) or catalogue(language()).get(reason, reason)


def _say(table: Mapping[str, tuple[str, str]], name: str) -> str:
    return words(table, name, language()) or name
