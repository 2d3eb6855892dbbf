"""Takes the options of ``snapshot``; gives a run whose files nothing ever overwrites."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.cli.options import add_selection, add_suites, selection_of, whole_number
from mockgen_watch.cli.records import take_snapshot
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.results import Request

if TYPE_CHECKING:
    import argparse

EXAMPLES = """examples:
  mockgen-watch snapshot                 all outputs, to mock_outputs/snapshots/
  mockgen-watch snapshot claims --scenario negative --count 100
  mockgen-watch snapshot --out /tmp/run

The files have the time in their names. clean removes old ones, restore brings them back.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    add_suites(parser)
    add_selection(parser)
    parser.add_argument("--out", metavar="DIR", help="write to DIR, not to mock_outputs/snapshots/")
    parser.add_argument("--jobs", metavar="N", type=whole_number, default=1, help="processes")
    parser.add_argument("--json", action="store_true", help="the result as JSON")


def run(options: argparse.Namespace) -> int:
    """Carry ``snapshot`` out."""
    project = open_project(options.directory, options.profile)
    request = Request(suites=tuple(options.suites), selection=selection_of(options))
    return take_snapshot(project, request, options, options.out)
