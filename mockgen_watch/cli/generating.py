"""Takes the options of ``generate`` when there is something to do; gives outputs and an account."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from mockgen_watch.cli.options import selection_of
from mockgen_watch.cli.records import (
    executor_of,
    open_for,
    outside_root,
    run_oldest,
    running,
    take_snapshot,
    tell,
    write_to_stdout,
)
from mockgen_watch.errors import FindingsError, UsageError
from mockgen_watch.observe.log import Level
from mockgen_watch.storage.memo import remember_stamps
from mockgen_watch.workflow.changes import slow_outputs
from mockgen_watch.workflow.generate import generate, preview
from mockgen_watch.workflow.results import Request

if TYPE_CHECKING:
    import argparse

    from mockgen_watch.observe.log import Log
    from mockgen_watch.storage.memo import Stamps
    from mockgen_watch.workflow.project import OpenProject


def generate_outputs(options: argparse.Namespace, stamps: Stamps | None = None) -> int:
    """Do what ``options`` ask for and return the exit code.

    ``stamps`` are those of the project where a run over all of it is asked for: if that has
    nothing to do, they are remembered.

    Raises:
        UsageError: two options contradict each other, or name what is not there.
    """
    _check_combination(options)
    if options.legacy:
        return run_oldest(options)
    project = open_for(options)
    selection = selection_of(options)
    request = Request(suites=tuple(options.suites), selection=selection, force=options.force)
    if options.log.shows(Level.DEBUG):
        _tell_slow(project, request, options.log)
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
    # Stamps do not say which release of a plugin is installed.
    if stamps is not None and report.is_idle and not project.settings.plugins:
        remember_stamps(stamps, project.settings.outputs, len(report.files))
    return tell(project, report, options, is_plan=options.dry_run)


def _tell_slow(project: OpenProject, request: Request, log: Log) -> None:
    """Tell which fields take a Python loop a record where there are many of them."""
    # What is wrong in a spec is told by what comes next.
    with contextlib.suppress(FindingsError):
        for output, fields in slow_outputs(project, request).items():
            for slow in fields:
                log.debug("output.slow", output=output, field=slow.field, reason=slow.reason)


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
