"""Table of commands: name → the module that carries it out, imported when the command is called."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping

    AddArguments: TypeAlias = Callable[[argparse.ArgumentParser], None]
    Run: TypeAlias = Callable[[argparse.Namespace], int]


class Entry:
    """A line of the table.

    Attributes:
        module: full name of the module. It has ``add_arguments(parser)``, which declares options
            and sets ``parser.epilog`` to examples, and ``run(options)``, which returns the exit
            code.
        summary: one line for ``mockgen-watch --help``.
        name: of the command, where its module serves several: the functions are then
            ``add_NAME_arguments`` and ``run_NAME``.
    """

    def __init__(self, module: str, summary: str, name: str = "") -> None:
        self.module = module
        self.summary = summary
        self.name = name


def load_command(entry: Entry) -> tuple[AddArguments, Run]:
    """Import the module of ``entry`` and return its two functions."""
    module = importlib.import_module(entry.module)
    if not entry.name:
        return module.add_arguments, module.run
    add_arguments = getattr(module, f"add_{entry.name}_arguments")
    return add_arguments, getattr(module, f"run_{entry.name}")


def _own(module: str, summary: str, *, name: str = "") -> Entry:
    return Entry(f"mockgen_watch.cli.commands.{module}", summary, name)


COMMANDS: Final[Mapping[str, Entry]] = {
    "init": _own("init", "begin a project: a first spec, schemas for the editor, settings for Git"),
    "generate": _own("generate", "bring mock_outputs/ up to date with specs/"),
    "scenarios": _own(
        "snapshots", "write records of chosen scenarios to files of their own", name="scenarios"
    ),
    "record": _own("record", "print one record, whatever the count"),
    "check": _own("check", "find all that is wrong with specs and outputs"),
    "plan": _own("plan", "tell what generate would change, and which lines cause it"),
    "rules": _own("rules", "tell how each rule is kept, and which faults can break it"),
    "apply": _own("plan", "do what a saved plan says, or tell what moved since", name="apply"),
    "watch": _own("watch", "keep mock_outputs/ up to date while specs/ change"),
    "status": _own("daemon", "tell how the daemon of this project fares", name="status"),
    "sync": _own("daemon", "wait until the daemon has taken in all that was saved", name="sync"),
    "reload": _own(
        "daemon", "let the daemon read project file, environment and specs again", name="reload"
    ),
    "stop": _own("daemon", "end the daemon of this project", name="stop"),
    "coverage": _own("coverage", "tell which values, pairs and odds the records show"),
    "why": _own("why", "tell where a value of an output comes from"),
    "adopt": _own("adopt", "take an edit of an output into its spec, at the right line"),
    "diff": _own("diff", "tell in which records and fields outputs differ from a commit"),
    "verify": _own("verify", "tell which commits hold outputs that their specs do not make"),
    "git": _own("git", "set this clone up: differences by record and field, merges by spec"),
    "hook": _own("hook", "keep out of Git what staged specs would not make; a pre-commit hook"),
    "plugins": _own("plugins", "tell which plugins there are, and which of them you trust"),
    "migrate": _own(
        "migrate", "turn files of the earlier system into specs, with proof and a backup"
    ),
    "snapshot": _own(
        "snapshots", "write all outputs to files with the time in their names", name="snapshot"
    ),
    "clean": _own(
        "snapshots", "remove old snapshots, by age and number, after archiving them", name="clean"
    ),
    "restore": _own(
        "snapshots", "bring back an archived snapshot, or a file that was backed up", name="restore"
    ),
}
"""In the order of ``--help``."""
