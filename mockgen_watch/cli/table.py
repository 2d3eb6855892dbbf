"""Takes the name of a command; gives the module that carries it out, loaded only then.

Each module has ``add_arguments(parser)``, which declares its options and examples, and
``run(options)``, which returns the exit code.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Protocol, cast

from msgspec import Struct

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping


class Command(Protocol):
    """What the module of a command offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None:
        """Declare the command's options; set ``parser.epilog`` to its examples."""
        ...

    def run(self, options: argparse.Namespace) -> int:
        """Carry the command out and return its exit code."""
        ...


class CommandEntry(Struct, frozen=True, kw_only=True):
    """A line of the table of commands.

    Attributes:
        module: full name of the module; it is imported when the command is called.
        summary: one line for ``mockgen-watch --help``.
    """

    module: str
    summary: str


# In the order of ``--help``.
COMMANDS: Mapping[str, CommandEntry] = {
    "init": CommandEntry(
        module="mockgen_watch.cli.commands.init",
        summary="begin a project: a first spec, schemas for the editor, settings for Git",
    ),
    "generate": CommandEntry(
        module="mockgen_watch.cli.commands.generate",
        summary="bring mock_outputs/ up to date with specs/",
    ),
    "scenarios": CommandEntry(
        module="mockgen_watch.cli.commands.scenarios",
        summary="write records of chosen scenarios to files of their own",
    ),
    "record": CommandEntry(
        module="mockgen_watch.cli.commands.record",
        summary="print one record, whatever the count",
    ),
    "check": CommandEntry(
        module="mockgen_watch.cli.commands.check",
        summary="find all that is wrong with specs and outputs, and write nothing",
    ),
    "plan": CommandEntry(
        module="mockgen_watch.cli.commands.plan",
        summary="tell what generate would change, and which lines cause it",
    ),
    "rules": CommandEntry(
        module="mockgen_watch.cli.commands.rules",
        summary="tell how each rule is kept, and which faults can break it",
    ),
    "apply": CommandEntry(
        module="mockgen_watch.cli.commands.apply",
        summary="do what a saved plan says, or tell what moved since",
    ),
    "watch": CommandEntry(
        module="mockgen_watch.cli.commands.watch",
        summary="keep mock_outputs/ up to date while specs/ change",
    ),
    "status": CommandEntry(
        module="mockgen_watch.cli.commands.status",
        summary="tell how the daemon of this project fares",
    ),
    "sync": CommandEntry(
        module="mockgen_watch.cli.commands.sync",
        summary="wait until the daemon has taken in all that was saved",
    ),
    "reload": CommandEntry(
        module="mockgen_watch.cli.commands.reload",
        summary="let the daemon read project file, environment and specs again",
    ),
    "stop": CommandEntry(
        module="mockgen_watch.cli.commands.stop",
        summary="end the daemon of this project",
    ),
    "coverage": CommandEntry(
        module="mockgen_watch.cli.commands.coverage",
        summary="tell which values, pairs and odds the records show",
    ),
    "why": CommandEntry(
        module="mockgen_watch.cli.commands.why",
        summary="tell where a value of an output comes from",
    ),
    "adopt": CommandEntry(
        module="mockgen_watch.cli.commands.adopt",
        summary="take an edit of an output into its spec, at the right line",
    ),
    "diff": CommandEntry(
        module="mockgen_watch.cli.commands.diff",
        summary="tell in which records and fields outputs differ from a commit",
    ),
    "verify": CommandEntry(
        module="mockgen_watch.cli.commands.verify",
        summary="tell which commits hold outputs that their specs do not make",
    ),
    "git": CommandEntry(
        module="mockgen_watch.cli.commands.git",
        summary="set this clone up: differences by record and field, merges by spec",
    ),
    "hook": CommandEntry(
        module="mockgen_watch.cli.commands.hook",
        summary="keep out of Git what staged specs would not make; a pre-commit hook",
    ),
    "plugins": CommandEntry(
        module="mockgen_watch.cli.commands.plugins",
        summary="tell which plugins there are, and which of them you trust",
    ),
    "migrate": CommandEntry(
        module="mockgen_watch.cli.commands.migrate",
        summary="turn files of the earlier system into specs, with proof and a backup",
    ),
    "snapshot": CommandEntry(
        module="mockgen_watch.cli.commands.snapshot",
        summary="write all outputs to files with the time in their names",
    ),
    "clean": CommandEntry(
        module="mockgen_watch.cli.commands.clean",
        summary="remove old snapshots, by age and number, after archiving them",
    ),
    "restore": CommandEntry(
        module="mockgen_watch.cli.commands.restore",
        summary="bring back an archived snapshot, or a file that was backed up",
    ),
}


def load_command(entry: CommandEntry) -> Command:
    """Import the module of ``entry``."""
    return cast("Command", importlib.import_module(entry.module))
