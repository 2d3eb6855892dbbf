"""Takes the options of ``scenarios``; gives records of chosen scenarios in files of their own."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.cli.options import add_format, selection_of, whole_number
from mockgen_watch.cli.records import open_for, take_snapshot
from mockgen_watch.errors import UsageError
from mockgen_watch.observe.escaping import escape_for_terminal
from mockgen_watch.workflow.results import Request
from mockgen_watch.workflow.targets import select_plans

if TYPE_CHECKING:
    from mockgen_watch.workflow.project import OpenProject

EXAMPLES = """examples:
  mockgen-watch scenarios --list
  mockgen-watch scenarios --all --count 5
  mockgen-watch scenarios --negative --model Model_1 --split
  mockgen-watch scenarios --all --config user_input.json --master master.json --output-dir out

The files have the time in their names, and nothing overwrites them.
"""

NAMES = ("positive", "negative", "exclusion")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    which = parser.add_argument_group("which scenarios")
    which.add_argument("--all", action="store_true", help="every scenario that there is")
    for name in NAMES:
        which.add_argument(f"--{name}", action="store_true", help=f"the scenario {name}")
    which.add_argument("--list", action="store_true", help="list the scenarios, write nothing")
    what = parser.add_argument_group("what is generated")
    what.add_argument(
        "--model", metavar="M", action="append", default=[], help="this model only; may be repeated"
    )
    what.add_argument("--count", metavar="N", type=whole_number, help="records of each scenario")
    what.add_argument("--seed", metavar="N", type=int, help="another seed than the spec's")
    add_format(what)
    where = parser.add_argument_group("where from and where to")
    where.add_argument("--config", metavar="FILE", help="a user_input file outside of specs/")
    where.add_argument("--master", metavar="FILE", help="its master")
    where.add_argument(
        "--output-dir", metavar="DIR", help="the folder (default: mock_outputs/snapshots)"
    )
    parser.add_argument("--jobs", type=whole_number, default=1, help=argparse.SUPPRESS)
    parser.add_argument("--json", action="store_true", help="the result as JSON")


def run(options: argparse.Namespace) -> int:
    """Carry ``scenarios`` out."""
    options.models = []
    names = [name for name in NAMES if getattr(options, name)]
    if options.master and not options.config:
        raise UsageError("--master goes with --config; a suite names its master with $master")
    project = open_for(options)
    if options.list:
        return _list(project, options)
    if not names and not options.all:
        wanted = " or ".join(f"--{name}" for name in NAMES)
        raise UsageError(f"say which scenarios: --all, {wanted}; --list shows what there is")
    selection = selection_of(options, () if options.all else names)
    return take_snapshot(project, Request(selection=selection), options, options.output_dir)


def _list(project: OpenProject, options: argparse.Namespace) -> int:
    plans, _ = select_plans(project, Request(selection=selection_of(options)))
    rows = [
        (plan.suite or "specs", plan.model, plan.scenario, str(plan.count), plan.output.format)
        for plan in plans
    ]
    if options.json:
        import json  # noqa: PLC0415 - only where it is asked for

        names = ("suite", "model", "scenario", "records", "format")
        print(json.dumps([dict(zip(names, row, strict=True)) for row in rows], indent=2))
        return ExitCode.DONE
    table = [("suite", "model", "scenario", "records", "format"), *rows]
    widths = [max(len(row[column]) for row in table) for column in range(len(table[0]))]
    for row in table:
        cells = (
            escape_for_terminal(cell).ljust(width) for cell, width in zip(row, widths, strict=True)
        )
        print("  ".join(cells).rstrip())
    return ExitCode.DONE
