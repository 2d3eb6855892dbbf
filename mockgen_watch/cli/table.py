"""Table of commands: name → the module that carries it out, imported when the command is called."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping
    from typing import Final


class Entry(NamedTuple):
    """A line of the table.

    Attributes:
        module: full name of the module. It has ``add_arguments(parser)``, which declares options
            and sets ``parser.epilog`` to examples, and ``run(options)``, which returns the exit
            code.
        summary: one line for ``mockgen-watch --help``.
        name: of the command, where its module serves several: the functions are then
            ``add_NAME_arguments`` and ``run_NAME``.
    """

    module: str
    summary: str
    name: str = ""


class Command(NamedTuple):
    """The functions of a command."""

    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


def load_command(entry: Entry) -> Command:
    """Import the module of ``entry`` and return its functions."""
    module = importlib.import_module(entry.module)
    if not entry.name:
        return Command(module.add_arguments, module.run)
    add_arguments = getattr(module, f"add_{entry.name}_arguments")
    return Command(add_arguments, getattr(module, f"run_{entry.name}"))


COMMANDS: Final[Mapping[str, Entry]] = {
    "init": Entry(
        module="mockgen_watch.cli.commands.init",
        summary="begin a project: a first spec, schemas for the editor, settings for Git",
    ),
    "generate": Entry(
        module="mockgen_watch.cli.commands.generate",
        summary="bring mock_outputs/ up to date with specs/",
    ),
    "scenarios": Entry(
        module="mockgen_watch.cli.commands.snapshots",
        name="scenarios",
        summary="write records of chosen scenarios to files of their own",
    ),
    "record": Entry(
        module="mockgen_watch.cli.commands.record",
        summary="print one record, whatever the count",
    ),
    "check": Entry(
        module="mockgen_watch.cli.commands.check",
        summary="find all that is wrong with specs and outputs",
    ),
    "plan": Entry(
        module="mockgen_watch.cli.commands.plan",
        summary="tell what generate would change, and which lines cause it",
    ),
    "rules": Entry(
        module="mockgen_watch.cli.commands.rules",
        summary="tell how each rule is kept, and which faults can break it",
    ),
    "apply": Entry(
        module="mockgen_watch.cli.commands.plan",
        name="apply",
        summary="do what a saved plan says, or tell what moved since",
    ),
    "watch": Entry(
        module="mockgen_watch.cli.commands.watch",
        summary="keep mock_outputs/ up to date while specs/ change",
    ),
    "status": Entry(
        module="mockgen_watch.cli.commands.daemon",
        name="status",
        summary="tell how the daemon of this project fares",
    ),
    "sync": Entry(
        module="mockgen_watch.cli.commands.daemon",
        name="sync",
        summary="wait until the daemon has taken in all that was saved",
    ),
    "reload": Entry(
        module="mockgen_watch.cli.commands.daemon",
        name="reload",
        summary="let the daemon read project file, environment and specs again",
    ),
    "stop": Entry(
        module="mockgen_watch.cli.commands.daemon",
        name="stop",
        summary="end the daemon of this project",
    ),
    "coverage": Entry(
        module="mockgen_watch.cli.commands.coverage",
        summary="tell which values, pairs and odds the records show",
    ),
    "why": Entry(
        module="mockgen_watch.cli.commands.why",
        summary="tell where a value of an output comes from",
    ),
    "adopt": Entry(
        module="mockgen_watch.cli.commands.adopt",
        summary="take an edit of an output into its spec, at the right line",
    ),
    "diff": Entry(
        module="mockgen_watch.cli.commands.diff",
        summary="tell in which records and fields outputs differ from a commit",
    ),
    "verify": Entry(
        module="mockgen_watch.cli.commands.verify",
        summary="tell which commits hold outputs that their specs do not make",
    ),
    "git": Entry(
        module="mockgen_watch.cli.commands.git",
        summary="set this clone up: differences by record and field, merges by spec",
    ),
    "hook": Entry(
        module="mockgen_watch.cli.commands.hook",
        summary="keep out of Git what staged specs would not make; a pre-commit hook",
    ),
    "plugins": Entry(
        module="mockgen_watch.cli.commands.plugins",
        summary="tell which plugins there are, and which of them you trust",
    ),
    "migrate": Entry(
        module="mockgen_watch.cli.commands.migrate",
        summary="turn files of the earlier system into specs, with proof and a backup",
    ),
    "snapshot": Entry(
        module="mockgen_watch.cli.commands.snapshots",
        name="snapshot",
        summary="write all outputs to files with the time in their names",
    ),
    "clean": Entry(
        module="mockgen_watch.cli.commands.snapshots",
        name="clean",
        summary="remove old snapshots, by age and number, after archiving them",
    ),
    "restore": Entry(
        module="mockgen_watch.cli.commands.snapshots",
        name="restore",
        summary="bring back an archived snapshot, or a file that was backed up",
    ),
}
"""In the order of ``--help``."""
