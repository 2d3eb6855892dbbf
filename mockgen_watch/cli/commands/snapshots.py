"""Snapshots: files with the time in their names, which are written, removed and brought back."""

from __future__ import annotations

import argparse
import json
import re
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.cli import ExitCode, running
from mockgen_watch.cli.commands.earlier import request_of, write_as_before
from mockgen_watch.cli.options import (
    SCENARIOS,
    add_as_before,
    add_flag,
    add_format,
    add_jobs,
    add_json,
    add_models,
    add_scenario,
    add_scenario_flags,
    add_selection,
    add_suites,
    names_in,
    whole_number,
)
from mockgen_watch.errors import FindingsError, UsageError
from mockgen_watch.formats import BUILTIN
from mockgen_watch.observe import escape_for_terminal, utc_stamp
from mockgen_watch.spec.model import Layout
from mockgen_watch.storage.containment import storage_error
from mockgen_watch.storage.project_folder import OutputRoot
from mockgen_watch.views.values import aligned, counted
from mockgen_watch.workflow import snapshots
from mockgen_watch.workflow.generate import Report
from mockgen_watch.workflow.produce import prepare_production, record_bytes, write_file
from mockgen_watch.workflow.targets import Request, select_plans

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.workflow.project import OpenProject


SNAPSHOT_EXAMPLES: Final = """examples:
  mockgen-watch snapshot                 all outputs, to mock_outputs/snapshots/
  mockgen-watch snapshot claims --scenario negative --count 100
  mockgen-watch snapshot --out /tmp/run

The files have the time in their names. clean removes old ones; restore brings them back.
"""

SCENARIOS_EXAMPLES: Final = """examples:
  mockgen-watch scenarios --list
  mockgen-watch scenarios --all --count 5
  mockgen-watch scenarios --negative --model Model_1 --split
  mockgen-watch scenarios --all --config user_input.json --master master.json --output-dir out

The files have the time in their names and are never overwritten.
"""

CLEAN_EXAMPLES: Final = """examples:
  mockgen-watch clean --keep 5                   keep the five newest runs of each output
  mockgen-watch clean --older-than 30d           keep files younger than 30 days
  mockgen-watch clean --keep 5 --older-than 30d  keep files that meet either condition
  mockgen-watch clean --keep 5 --dry-run

Removed files first go into an archive, mock_outputs/snapshots/archive/TIME.tar.gz;
mockgen-watch restore TIME brings it back. Fixtures (mock_outputs/SUITE/…) are never touched.
"""

RESTORE_EXAMPLES: Final = """examples:
  mockgen-watch restore --list                    archives, backups, earlier lockfiles
  mockgen-watch restore 20261123T041500.123456Z   all files of an archive
  mockgen-watch restore Model_1_Positive_20261101T080000.000000Z.json
  mockgen-watch restore 000003                    a backup: a spec, a master, an output
  mockgen-watch restore mock_outputs/claims/mockgen.lock   the lockfile before the last run
  mockgen-watch restore mock_outputs/claims/mockgen.lock@000002

A snapshot never replaces a file. A backup does: the file that it replaces is backed up first.
"""

_COLUMNS: Final = ("suite", "model", "scenario", "records", "format")
_AGE: Final = re.compile(r"(\d{1,6})([mhdw])")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def add_snapshot_arguments(parser: argparse.ArgumentParser) -> None:
    add_suites(parser)
    add_selection(parser)
    parser.add_argument(
        "--out", metavar="DIR", help="write to DIR instead of mock_outputs/snapshots/"
    )
    add_jobs(parser)
    add_json(parser)


def run_snapshot(options: argparse.Namespace) -> int:
    project = running.open_selected(options)
    request = Request(suites=tuple(options.suites), selection=running.selection_of(options))
    return take_snapshot(project, request, options, options.out)


def take_snapshot(
    project: OpenProject, request: Request, options: argparse.Namespace, folder: str | None
) -> int:
    """Write files with the time in their names to ``folder``, and return the exit code.

    ``folder`` may be anywhere; None is the folder of the project's snapshots.
    """
    plans, found = select_plans(project, request)
    with running.running(options) as begin:
        root = _snapshots_root(project, folder)
        advance = begin(sum(plan.count for plan in plans))
        written = snapshots.write_snapshots(
            plans, root, utc_stamp, running.executor_of(options), advance
        )
        files = tuple(written)
    return running.finish(project, Report(files=files, diagnostics=found), options)


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
    if len(plans) > 1 and not is_lines:
        names = ", ".join(f"{plan.model}/{plan.scenario}" for plan in plans)
        raise UsageError(
            f"--stdout prints one output, but {len(plans)} are selected ({names}); "
            "choose one with --model and --scenario, or use --format ndjson"
        )
    if is_split and not is_lines:
        raise UsageError(
            "--stdout cannot print one file per record; "
            "use --output-format multiple, or --format ndjson"
        )
    running.print_findings(project, found, options)
    out = sys.stdout.buffer
    with running.running(options) as begin:
        advance = begin(sum(plan.count for plan in plans))
        for plan in plans:
            production = prepare_production(plan, project.suites.record_sources)
            try:
                if plan.output.layout is Layout.SPLIT:
                    out.writelines(record_bytes(production, index) for index in range(plan.count))
                else:
                    write_file(production, running.executor_of(options), out, advance)
            except BrokenPipeError:
                raise
            except OSError as error:
                raise storage_error("stdout", error) from error
    return running.code_of(found)


def _snapshots_root(project: OpenProject, folder: str | None) -> OutputRoot:
    if folder is not None:
        return OutputRoot.at(Path(folder), project.state)
    label = f"{project.output_root().label}/{snapshots.FOLDER}"
    return OutputRoot.in_project(project.root, label, project.state)


def add_scenarios_arguments(parser: argparse.ArgumentParser) -> None:
    which = parser.add_argument_group("which scenarios")
    add_scenario_flags(which)
    add_scenario(which)
    add_flag(which, "--list", "list the scenarios and write nothing", short="-l")
    what = parser.add_argument_group("what to generate")
    add_models(what)
    what.add_argument(
        *("-c", "--count"), metavar="N", type=whole_number, help="records in each scenario"
    )
    what.add_argument("--seed", metavar="N", type=int, help="use this seed instead of the spec's")
    add_format(what)
    where = parser.add_argument_group("input and output")
    where.add_argument("--config", metavar="FILE", help="a user_input file outside specs/")
    where.add_argument("--master", metavar="FILE", help="its master")
    where.add_argument(
        *("-o", "--output-dir"), metavar="DIR", help="the folder (default: mock_outputs/snapshots)"
    )
    add_as_before(where)
    parser.add_argument("--jobs", type=whole_number, default=1, help=argparse.SUPPRESS)
    add_json(parser)


def run_scenarios(options: argparse.Namespace) -> int:
    names = list(names_in(options.scenario))
    running.use_files_in_place(options)
    if options.master and not options.config:
        raise UsageError("--master needs --config; a suite names its master with $master")
    if not names and not options.all and not options.list:
        wanted = " or ".join(f"--{name}" for name in SCENARIOS)
        raise UsageError(f"name the scenarios: --all, {wanted}; --list shows them all")
    if options.all or options.list:
        options.scenario = []
    project, selection = running.open_selection(options, running.selection_of(options))
    if options.list:
        selection = replace(selection, scenarios=())
        return list_outputs(project, Request(selection=selection), options)
    if options.as_before:
        request = request_of(options, selection)
        return write_as_before(project, request, options, options.output_dir)
    return take_snapshot(project, Request(selection=selection), options, options.output_dir)


def list_outputs(project: OpenProject, request: Request, options: argparse.Namespace) -> int:
    """Print the selected outputs, one per line, and return the exit code."""
    plans, _ = select_plans(project, request)
    rows = [
        (plan.suite or "specs", plan.model, plan.scenario, str(plan.count), plan.output.format)
        for plan in plans
    ]
    if options.json:
        print(json.dumps([dict(zip(_COLUMNS, row, strict=True)) for row in rows], indent=2))
    else:
        print("\n".join(aligned([_COLUMNS, *rows])))
    return ExitCode.DONE


def add_clean_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--keep", metavar="N", type=whole_number, help="keep the N newest runs of each output"
    )
    parser.add_argument(
        "--older-than",
        metavar="AGE",
        type=_age,
        help="keep files younger than AGE: 90m, 12h, 30d, 8w",
    )
    parser.add_argument("--out", metavar="DIR", help="the folder (default: mock_outputs/snapshots)")
    add_flag(parser, "--no-archive", "remove for good, without an archive")
    add_flag(parser, "--dry-run", "show what would be removed")
    add_json(parser)


def _age(text: str) -> timedelta:
    found = _AGE.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(
            f"must be an age such as 90m, 12h, 30d or 8w, not {text!r}"
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})


def run_clean(options: argparse.Namespace) -> int:
    if options.keep is None and options.older_than is None:
        raise UsageError("name what to keep: --keep N, --older-than AGE, or both")
    project = running.open_selected(options)
    root = _snapshots_root(project, options.out)
    kept = snapshots.Retention(number=options.keep, age=options.older_than)
    has_archive = not options.no_archive
    done = snapshots.clean(root, kept, utc_stamp(), has_archive=has_archive, is_dry=options.dry_run)
    paths = [root.named(path) for path in done.removed]
    data = {"removed": paths, "kept": done.kept, "archive": done.archive or None}
    lines = () if options.quiet else _clean_lines(paths, done, is_dry=options.dry_run)
    running.print_result(options, data, lines)
    return ExitCode.DONE


def _clean_lines(paths: list[str], done: snapshots.Cleaned, *, is_dry: bool) -> Iterator[str]:
    for path in paths:
        yield f"{'remove' if is_dry else 'removed'}  {escape_for_terminal(path)}"
    files = counted(len(paths), "file")
    yield f"{files} {'to remove' if is_dry else 'removed'}, {done.kept} runs kept"
    if done.archive:
        yield f"archived; mockgen-watch restore {done.archive} brings them back"


def add_restore_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "names",
        metavar="NAME",
        nargs="*",
        help="an archive, a snapshot, a backup's number, or a lockfile",
    )
    add_flag(parser, "--list", "list what can be restored, and change nothing")
    parser.add_argument("--out", metavar="DIR", help="the folder (default: mock_outputs/snapshots)")
    add_json(parser)


def run_restore(options: argparse.Namespace) -> int:
    if bool(options.names) == options.list:
        raise UsageError("name what to restore; --list shows what can be restored")
    project = running.open_selected(options)
    root = _snapshots_root(project, options.out)
    if options.list:
        found = snapshots.restorable(project, root)
        running.print_result(options, _restorable_data(found), _restorable_lines(found))
        return ExitCode.DONE
    done = [snapshots.restore(project, root, name) for name in options.names]
    restored = [path for one in done for path in one.paths]
    refused = [path for one in done for path in one.refused]
    shown = () if options.quiet else restored
    lines = (f"restored  {escape_for_terminal(path.removeprefix('./'))}" for path in shown)
    running.print_result(options, {"restored": restored, "refused": refused}, lines)
    for path in refused:
        name = escape_for_terminal(path)
        print(f"{name} exists already with different content; it was not replaced", file=sys.stderr)
    return ExitCode.FINDINGS if refused else ExitCode.DONE


def _restorable_data(found: snapshots.Restorable) -> dict[str, object]:
    backups = [
        {"number": one.number, "folder": one.folder, "path": one.path, "size": one.size}
        for one in found.backups
    ]
    lockfiles = [{"name": one.name, "size": one.size} for one in found.lockfiles]
    return {"archives": found.archives, "backups": backups, "lockfiles": lockfiles}


def _restorable_lines(found: snapshots.Restorable) -> Iterator[str]:
    for name, paths in found.archives.items():
        yield f"archive  {escape_for_terminal(name)}"
        yield from (f"  {escape_for_terminal(path)}" for path in paths)
    for one in found.backups:
        path = one.path if one.folder == "." else f"{one.folder}/{one.path}"
        yield f"backup  {one.number}  {escape_for_terminal(path)}"
    yield from (f"lockfile  {escape_for_terminal(one.name)}" for one in found.lockfiles)
