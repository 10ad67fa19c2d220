"""`bidroom`: one group; each command's module is imported only when that command is called."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from importlib import import_module

import click

from bidroom import __version__

COMMANDS: Mapping[str, tuple[str, str]] = {
    # name       module:attribute                  what `bidroom --help` says
    "audit": ("bidroom.cli.audit:audit", "Export and verify bundles."),
    "demo": ("bidroom.cli.demo:demo", "Show everything: three openings, a link for every seat."),
    "init": ("bidroom.cli.init:init", "Prepare a database, the server's keys and the first clerk."),
    "keys": ("bidroom.cli.keys:keys", "Make and inspect keys and certificates."),
    "rehearse": ("bidroom.cli.rehearse:rehearse", "Run a whole opening from a scenario, in compressed time."),
    "release": ("bidroom.cli.release:release", "Release the key of a sealed bid."),
    "rules": ("bidroom.cli.rules:rules", "Print the rules that decide every command."),
    "seal": ("bidroom.cli.seal:seal", "Seal a bid to a tender's keys."),
    "serve": ("bidroom.cli.serve:serve", "Start the server."),
    "submit": ("bidroom.cli.submit:submit", "Upload a sealed bid and keep its receipt."),
}


class LazyGroup(click.Group):
    """A group that knows its commands by name and loads one only to run it or to show its help."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Every name, loaded or not."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of that name, imported now; None where there is none."""
        if cmd_name not in COMMANDS:
            return None
        module, _, attribute = COMMANDS[cmd_name][0].partition(":")
        command = getattr(import_module(module), attribute)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of commands, from the table: `--help` imports none of them."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in sorted(COMMANDS.items())])


@click.group(cls=LazyGroup)
@click.version_option(__version__, prog_name="bidroom")
def main() -> None:
    """Sealed bids, opened together, with a record that anyone can verify."""


if __name__ == "__main__":
    sys.exit(main())
