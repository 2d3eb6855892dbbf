"""Generate: outputs brought up to date with specs, or records written elsewhere."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import (
    add_as_before,
    add_flag,
    add_jobs,
    add_json,
    add_scenario_flags,
    add_selection,
    add_suites,
)
from mockgen_watch.errors import FindingsError, UsageError
from mockgen_watch.storage.scan import Stamps, look_at_stamps

if TYPE_CHECKING:
    import argparse

    from mockgen_watch.observe import Log
    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.targets import Request

EXAMPLES: Final = """examples:
  mockgen-watch generate                          everything that is not up to date
  mockgen-watch generate claims                   one suite
  mockgen-watch generate claims --model Claim --scenario negative
  mockgen-watch generate --dry-run                what would be written, and why
  mockgen-watch generate claims --count 1_000_000 --format ndjson --out /tmp/load --jobs 2
  mockgen-watch generate --config user_input.json --master master.json --stdout
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_suites(parser)
    add_selection(parser)
    add_scenario_flags(parser.add_argument_group("scenarios, as the earlier system named them"))
    place = parser.add_argument_group("where to write")
    place.add_argument(
        *("-o", "--out", "--output-dir"),
        metavar="DIR",
        help="write to DIR instead of mock_outputs/",
    )
    add_flag(place, "--stdout", "write the records to stdout")
    add_flag(
        place, "--snapshot", "write files with the time in their names, which are never overwritten"
    )
    adhoc = parser.add_argument_group("specs outside specs/")
    adhoc.add_argument("--config", metavar="FILE", help="a user_input file outside specs/")
    adhoc.add_argument(
        "--master",
        metavar="FILE",
        help="its master (default: the one it names, else the one beside it)",
    )
    add_flag(
        adhoc, "--enhanced", "as the earlier system did: scenarios of all models, as --snapshot"
    )
    add_flag(
        adhoc,
        "--legacy",
        "files in the oldest format alone (Edit_1, Edit_2, … with values between commas)",
    )
    add_flag(adhoc, "--keep-empty", "with --legacy: keep the empty values of such files")
    add_as_before(adhoc)
    run = parser.add_argument_group("how to run")
    add_flag(run, "--list", "list the outputs and write nothing")
    add_jobs(run)
    add_flag(run, "--dry-run", "show what would be done, without doing it")
    add_flag(run, "--force", "replace outputs that were edited by hand, after a backup")
    add_json(run)


def run(options: argparse.Namespace) -> int:
    stamps = None
    if _is_plain(options):
        # Without a project it is perhaps about the files of this folder.
        with contextlib.suppress(UsageError):
            stamps = look_at_stamps(options.directory)
    if stamps is None or stamps.up_to_date is None:
        return _generate(options, stamps)
    options.log.info("run.done", written=0, removed=0, refused=0, kept=stamps.up_to_date)
    if not options.quiet:
        print(f"{stamps.up_to_date} output{'' if stamps.up_to_date == 1 else 's'} up to date")
    return ExitCode.DONE


def _is_plain(options: argparse.Namespace) -> bool:
    """Return whether nothing is asked for but that all outputs be up to date."""
    asked = (
        *(options.suites, options.model, options.models, options.scenario),
        *(options.count, options.seed, options.format, options.output_format, options.split),
        *(options.out, options.stdout, options.snapshot, options.config, options.master),
        *(
            options.enhanced,
            options.legacy,
            options.keep_empty,
            options.as_before,
            options.list,
            options.dry_run,
            options.force,
            options.json,
        ),
        *(options.profile, options.verbose),
    )
    # Not by truth: 0 is a count and a seed like others.
    return all(value is None or value is False or value == [] for value in asked)


def _generate(options: argparse.Namespace, stamps: Stamps | None) -> int:
    """Do what ``options`` ask for; only here is imported what makes records.

    ``stamps`` are those of the project where a run over all of it is asked for: if that has
    nothing to do, they are remembered.
    """
    from pathlib import Path

    from mockgen_watch.cli.running import (
        executor_of,
        finish,
        open_selection,
        running,
        selection_of,
        use_files_in_place,
    )
    from mockgen_watch.observe import Level
    from mockgen_watch.storage.project_folder import OutputRoot
    from mockgen_watch.storage.scan import remember_stamps
    from mockgen_watch.workflow.generate import generate, preview
    from mockgen_watch.workflow.targets import Request

    use_files_in_place(options)
    _check_combination(options)
    if options.all:
        options.scenario = []
    project, selection = open_selection(options, selection_of(options))
    request = Request(suites=tuple(options.suites), selection=selection, force=options.force)
    if options.list:
        from mockgen_watch.cli.commands.snapshots import list_outputs

        return list_outputs(project, request, options)
    if options.as_before:
        from mockgen_watch.cli.commands.earlier import request_of, write_as_before

        return write_as_before(project, request_of(options, selection), options, options.out)
    if options.log.shows(Level.DEBUG) and not options.legacy:
        _log_slow_fields(project, request, options.log)
    is_snapshot = options.snapshot or options.enhanced or (options.config and not options.out)
    if options.stdout or options.legacy or is_snapshot:
        from mockgen_watch.cli.commands.snapshots import take_snapshot, write_to_stdout

        if options.stdout:
            return write_to_stdout(project, request, options)
        return take_snapshot(project, request, options, options.out)
    root = None if options.out is None else OutputRoot.at(Path(options.out), project.state)
    with running(options) as begin:
        if options.dry_run:
            report = preview(project, request, root=root)
        else:
            report = generate(
                project, request, root=root, executor=executor_of(options), begin=begin
            )
    # Stamps do not say which release of a plugin is installed.
    if stamps is not None and report.is_idle and not project.settings.plugins:
        remember_stamps(stamps, project.settings.outputs, len(report.files))
    return finish(project, report, options, is_plan=options.dry_run)


def _log_slow_fields(project: OpenProject, request: Request, log: Log) -> None:
    """Log which fields take a Python loop over all records."""
    from mockgen_watch.workflow.changes import slow_outputs

    # What is wrong in a spec is reported by what comes next.
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
        raise UsageError("--master needs --config; a suite names its master with $master")
    if options.config and options.suites:
        raise UsageError("--config cannot be combined with names of suites")
    if options.stdout and (options.out or options.snapshot or options.enhanced):
        raise UsageError("--stdout writes no files; leave out --out, --snapshot and --enhanced")
    if options.dry_run and (options.stdout or options.snapshot or options.enhanced):
        raise UsageError("--dry-run works only for mock_outputs/ and --out DIR")
    if options.as_before and (options.stdout or options.snapshot or options.dry_run):
        raise UsageError("--as-before writes files; leave out --stdout, --snapshot and --dry-run")
    if options.keep_empty and not options.legacy:
        raise UsageError("--keep-empty needs --legacy")
    if options.legacy and (options.dry_run or options.force):
        raise UsageError("--legacy writes new files only; leave out --dry-run and --force")
