"""Takes the options of ``restore``; gives back what clean removed or a command replaced."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.cli.snapshots import snapshots_root
from mockgen_watch.errors import UsageError
from mockgen_watch.observe.escaping import escape_for_terminal
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.snapshots import restorable, restore

if TYPE_CHECKING:
    import argparse

    from mockgen_watch.workflow.snapshots import Restorable

EXAMPLES = """examples:
  mockgen-watch restore --list                    archives, backups, former lockfiles
  mockgen-watch restore 20261123T041500.123456Z   all files of an archive
  mockgen-watch restore Model_1_Positive_20261101T080000.000000Z.json
  mockgen-watch restore 000003                    a backup: a spec, a master, an output
  mockgen-watch restore mock_outputs/claims/mockgen.lock   the lockfile before the last run
  mockgen-watch restore mock_outputs/claims/mockgen.lock@000002

A snapshot never replaces anything; what stands in the place of a backup is saved first.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        help="an archive, a snapshot, a backup's number, or a lockfile",
    )
    parser.add_argument("--list", action="store_true", help="list what there is, change nothing")
    parser.add_argument("--out", metavar="DIR", help="the folder (default: mock_outputs/snapshots)")
    parser.add_argument("--json", action="store_true", help="the result as JSON")


def run(options: argparse.Namespace) -> int:
    """Carry ``restore`` out."""
    if bool(options.names) == options.list:
        raise UsageError("say what comes back, or --list shows what there is")
    project = open_project(options.directory, options.profile)
    root = snapshots_root(project, options.out)
    if options.list:
        return _list(restorable(project, root), as_json=options.json)
    done = [restore(project, root, name) for name in options.names]
    there = [path for one in done for path in one.paths]
    refused = [path for one in done for path in one.refused]
    if options.json:
        _print_json({"restored": there, "refused": refused})
    elif not options.quiet:
        for path in there:
            print(f"restored  {escape_for_terminal(path.removeprefix('./'))}")
    for path in refused:
        shown = escape_for_terminal(path)
        print(f"{shown} is there already, and is another file; it stays", file=sys.stderr)
    return ExitCode.FINDINGS if refused else ExitCode.DONE


def _list(found: Restorable, *, as_json: bool) -> int:
    if as_json:
        backups = [
            {"number": one.number, "folder": one.folder, "path": one.path, "size": one.size}
            for one in found.backups
        ]
        lockfiles = [{"name": one.name, "size": one.size} for one in found.lockfiles]
        _print_json({"archives": found.archives, "backups": backups, "lockfiles": lockfiles})
        return ExitCode.DONE
    for name, paths in found.archives.items():
        print(f"archive  {escape_for_terminal(name)}")
        for path in paths:
            print(f"  {escape_for_terminal(path)}")
    for one in found.backups:
        path = one.path if one.folder == "." else f"{one.folder}/{one.path}"
        print(f"backup  {one.number}  {escape_for_terminal(path)}")
    for former in found.lockfiles:
        print(f"lockfile  {escape_for_terminal(former.name)}")
    return ExitCode.DONE


def _print_json(data: object) -> None:
    import json  # noqa: PLC0415 - only where it is asked for

    print(json.dumps(data, indent=2, ensure_ascii=False))
