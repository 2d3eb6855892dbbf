"""Takes the options of ``generate --legacy``; gives records as the oldest system made them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.cli.making import take_snapshot, write_to_stdout
from mockgen_watch.cli.selection import selection_of
from mockgen_watch.errors import UsageError
from mockgen_watch.workflow.oldest import open_oldest
from mockgen_watch.workflow.request import Request

if TYPE_CHECKING:
    import argparse


def run_oldest(options: argparse.Namespace) -> int:
    """Write records of files in the oldest format, and return the exit code.

    Each record takes a section at random and the n-th value of each of its fields, for an n at
    random; a list that ends before n begins again. ``--scenario Edit_1`` keeps to one section.

    Raises:
        UsageError: there is no such file, or an option makes no sense with it.
        FindingsError: a file cannot be read.
    """
    if options.dry_run or options.force:
        raise UsageError("--legacy writes new files only; leave out --dry-run and --force")
    project, scenarios = open_oldest(
        options.directory, options.profile, options.config, options.master
    )
    selection = selection_of(options)
    if not selection.scenarios:
        selection = replace(selection, scenarios=scenarios)
    request = Request(suites=tuple(options.suites), selection=selection)
    if options.stdout:
        return write_to_stdout(project, request, options)
    return take_snapshot(project, request, options, options.out)
