"""Takes the options of ``generate --legacy``; gives records as the oldest system made them."""

from __future__ import annotations

import contextlib
import sys
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.cli.options import selection_of
from mockgen_watch.cli.output import code_of, log_report, print_findings, print_report, report_json
from mockgen_watch.cli.progress import progress
from mockgen_watch.errors import FindingsError, UsageError
from mockgen_watch.executors.base import Serial
from mockgen_watch.executors.processes import Processes
from mockgen_watch.formats import BUILTIN
from mockgen_watch.observe.log import utc_stamp
from mockgen_watch.spec.model import Layout
from mockgen_watch.storage.containment import OutputRoot, storage_error
from mockgen_watch.workflow.legacy import open_legacy
from mockgen_watch.workflow.produce import prepare_production, record_bytes, write_file
from mockgen_watch.workflow.project import open_file, open_project
from mockgen_watch.workflow.results import Report, Request
from mockgen_watch.workflow.snapshots import FOLDER, SnapshotRun, write_snapshots
from mockgen_watch.workflow.targets import select_plans

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from mockgen_watch.executors.base import Executor
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.workflow.produce import Advance
    from mockgen_watch.workflow.project import OpenProject


def open_for(options: argparse.Namespace) -> OpenProject:
    """Return the project that the options mean: that of a folder, or of ``--config``.

    Raises:
        UsageError: there is none.
    """
    config = getattr(options, "config", None)
    if config is None:
        return open_project(options.directory, options.profile)
    return open_file(options.directory, config, options.master)


def outside_root(project: OpenProject, folder: str) -> OutputRoot:
    """Return the folder that ``--out`` names, which may be anywhere."""
    return OutputRoot.elsewhere(folder, project.state)


def executor_of(options: argparse.Namespace) -> Executor:
    """Return what runs the records: this process, or as many as ``--jobs`` says.

    Raises:
        UsageError: the number makes no sense.
    """
    if options.jobs < 1:
        raise UsageError("--jobs is at least 1")
    if options.jobs == 1:
        return Serial()
    return Processes(options.jobs)


class Running:
    """Shows the progress of a command."""

    def __init__(self, stack: contextlib.ExitStack, *, is_quiet: bool) -> None:
        """Draw on stderr until ``stack`` ends."""
        self._stack = stack
        self._is_quiet = is_quiet

    def begin(self, records: int) -> Advance:
        """Expect ``records``; return what is told as they are made."""
        bar = self._stack.enter_context(progress(records, is_quiet=self._is_quiet))

        def advance(plan: OutputPlan, made: int) -> None:
            bar.advance(f"{plan.model}/{plan.scenario}", made)

        return advance


@contextlib.contextmanager
def running(options: argparse.Namespace) -> Iterator[Running]:
    """Give what shows the progress of a command while it lasts."""
    with contextlib.ExitStack() as stack:
        yield Running(stack, is_quiet=options.quiet)


def tell(
    project: OpenProject, report: Report, options: argparse.Namespace, *, is_plan: bool = False
) -> int:
    """Write what was done to stdout, findings to stderr, and return the exit code."""
    log_report(report, options.log, with_findings=options.log_format is not None)
    if options.log_format is None and not options.json:
        texts = project.suites.text_of
        print_findings(report.diagnostics, texts, sys.stderr, with_notes=options.verbose)
    if options.json:
        print(report_json(report))
    else:
        print_report(report, options, is_plan=is_plan)
    return code_of(report.diagnostics)


def take_snapshot(
    project: OpenProject, request: Request, options: argparse.Namespace, folder: str | None
) -> int:
    """Write files with the time in their names, and return the exit code."""
    plans, found = select_plans(project, request)
    root = project.output_root() if folder is None else outside_root(project, folder)
    if folder is None:
        root = OutputRoot.in_project(project.root, f"{root.label}/{FOLDER}", project.state)
    with running(options) as run:
        snapshot = SnapshotRun(
            root=root,
            stamp=utc_stamp,
            executor=executor_of(options),
            advance=run.begin(sum(plan.count for plan in plans)),
        )
        files = tuple(write_snapshots(plans, snapshot))
    return tell(project, Report(files=files, diagnostics=found), options)


def write_to_stdout(project: OpenProject, request: Request, options: argparse.Namespace) -> int:
    """Write the records to stdout as a file would hold them, and return the exit code.

    Raises:
        UsageError: what would be written is no single file.
        FindingsError: there are no plans, or a record cannot be written.
        StorageError: stdout leads to a file that cannot be written.
    """
    plans, found = select_plans(project, request)
    if not plans:
        raise FindingsError(found)
    is_lines = all(BUILTIN[plan.output.format].is_lines for plan in plans)
    is_split = any(plan.output.layout is Layout.SPLIT for plan in plans)
    if (len(plans) > 1 or is_split) and not is_lines:
        names = ", ".join(f"{plan.model}/{plan.scenario}" for plan in plans)
        raise UsageError(
            f"stdout takes one file, and this is several ({names}); "
            "choose one with --model and --scenario, or --format ndjson"
        )
    print_findings(found, project.suites.text_of, sys.stderr)
    with running(options) as run:
        advance = run.begin(sum(plan.count for plan in plans))
        for plan in plans:
            production = prepare_production(plan)
            try:
                if plan.output.layout is Layout.SPLIT:
                    for index in range(plan.count):
                        sys.stdout.buffer.write(record_bytes(production, index))
                else:
                    write_file(production, executor_of(options), sys.stdout.buffer, advance)
            except BrokenPipeError:
                raise
            except OSError as error:
                raise storage_error("stdout", error) from error
    return code_of(found)


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
    project, scenarios = open_legacy(
        options.directory, options.profile, options.config, options.master
    )
    selection = selection_of(options)
    if not selection.scenarios:
        selection = replace(selection, scenarios=scenarios)
    request = Request(suites=tuple(options.suites), selection=selection)
    if options.stdout:
        return write_to_stdout(project, request, options)
    return take_snapshot(project, request, options, options.out)
