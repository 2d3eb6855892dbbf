"""Takes the options of ``generate``; gives up-to-date outputs and what was done, on stdout."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.cli.making import (
    executor_of,
    open_for,
    outside_root,
    run_legacy,
    running,
    take_snapshot,
    tell,
    write_to_stdout,
)
from mockgen_watch.cli.selection import add_selection, add_suites, selection_of, whole_number
from mockgen_watch.errors import UsageError
from mockgen_watch.workflow.generate import generate
from mockgen_watch.workflow.preview import preview
from mockgen_watch.workflow.request import Request

if TYPE_CHECKING:
    import argparse

EXAMPLES = """examples:
  mockgen-watch generate                          everything that is not up to date
  mockgen-watch generate claims                   one suite
  mockgen-watch generate claims --model Claim --scenario negative
  mockgen-watch generate --dry-run                what would be done, and why
  mockgen-watch generate claims --count 1_000_000 --format ndjson --out /tmp/load --jobs 2
  mockgen-watch generate --config user_input.json --master master.json --stdout
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    add_suites(parser)
    add_selection(parser)
    place = parser.add_argument_group("where it goes")
    place.add_argument("--out", metavar="DIR", help="write to DIR, not to mock_outputs/")
    place.add_argument("--stdout", action="store_true", help="write the records to stdout")
    place.add_argument(
        "--snapshot",
        action="store_true",
        help="write files with the time in their names, which nothing overwrites",
    )
    adhoc = parser.add_argument_group("specs outside of specs/")
    adhoc.add_argument("--config", metavar="FILE", help="a user_input file, anywhere")
    adhoc.add_argument("--master", metavar="FILE", help="its master (default: none)")
    adhoc.add_argument(
        "--enhanced",
        action="store_true",
        help="as the earlier system did: scenarios of all models, as --snapshot",
    )
    adhoc.add_argument(
        "--legacy",
        action="store_true",
        help="read the oldest format (Edit_1, Edit_2, … with comma-separated values) as it is",
    )
    run = parser.add_argument_group("how it runs")
    run.add_argument("--jobs", metavar="N", type=whole_number, default=1, help="processes")
    run.add_argument(
        "--dry-run", action="store_true", help="say what would be done, and do nothing"
    )
    run.add_argument(
        "--force", action="store_true", help="replace outputs edited by hand, after a backup"
    )
    run.add_argument("--json", action="store_true", help="the result as JSON")


def run(options: argparse.Namespace) -> int:
    """Carry ``generate`` out."""
    _check_combination(options)
    if options.legacy:
        return run_legacy(options)
    project = open_for(options)
    selection = selection_of(options)
    request = Request(suites=tuple(options.suites), selection=selection, force=options.force)
    if options.stdout:
        return write_to_stdout(project, request, options)
    if options.snapshot or options.enhanced or (options.config and not options.out):
        return take_snapshot(project, request, options, options.out)
    root = None if options.out is None else outside_root(project, options.out)
    with running(options) as run_:
        if options.dry_run:
            report = preview(project, request, root=root)
        else:
            report = generate(
                project, request, root=root, executor=executor_of(options), begin=run_.begin
            )
    return tell(project, report, options, is_plan=options.dry_run)


def _check_combination(options: argparse.Namespace) -> None:
    """Refuse options that contradict each other.

    Raises:
        UsageError: two of them do.
    """
    if options.master and not options.config:
        raise UsageError("--master goes with --config; a suite names its master with $master")
    if options.config and options.suites:
        raise UsageError("--config is a suite of its own; name no suites beside it")
    if options.stdout and (options.out or options.snapshot or options.enhanced):
        raise UsageError("--stdout writes no files; leave out --out, --snapshot and --enhanced")
    if options.dry_run and (options.stdout or options.snapshot or options.enhanced):
        raise UsageError("--dry-run tells what would become of mock_outputs/ or of --out DIR")
