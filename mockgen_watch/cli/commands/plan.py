"""Plan and apply: what generate would change, which lines cause it, and a plan saved and done."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Final

from mockgen_watch import __version__
from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import add_flag, add_json, add_selection, add_suites
from mockgen_watch.cli.running import (
    code_of,
    finish,
    open_selected,
    print_findings,
    running,
    selection_of,
)
from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.errors import FindingsError, UsageError
from mockgen_watch.lock.model import Action
from mockgen_watch.lock.saved_plan import read_plan, write_plan
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.storage.atomic import read_file, write_file
from mockgen_watch.views.runs import plan_data
from mockgen_watch.views.values import counted, json_text, plural, shown_value
from mockgen_watch.workflow.apply import apply_saved, saved_plan
from mockgen_watch.workflow.changes import (
    ChangePlan,
    FieldChange,
    PlannedFile,
    plan_changes,
    slow_outputs,
)
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.targets import Request

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator


EXAMPLES: Final = """examples:
  mockgen-watch plan                      what generate would change
  mockgen-watch plan claims -v            every value
  mockgen-watch plan --exit-code          exit code 1 when there are changes
  mockgen-watch plan --save next.plan     save it; mockgen-watch apply next.plan carries it out
  mockgen-watch plan --count 100 --json   with options of generate, as JSON
"""

APPLY_EXAMPLES: Final = """examples:
  mockgen-watch plan --save next.plan     show what would change, and save it
  mockgen-watch apply next.plan           carry it out

A plan is valid as long as its specs, outputs and lockfiles are unchanged. If one changed, apply
names it and writes nothing.
"""

_SIGNS: Final = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-", Action.REFUSE: "!"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_suites(parser)
    add_selection(parser)
    add_flag(parser, "--exit-code", "exit with 1 when there are changes")
    parser.add_argument(
        "--save",
        metavar="FILE",
        help="save the plan, for apply; it is valid until something changes",
    )
    add_flag(parser, "--json", "the plan as JSON, with every value")


def run(options: argparse.Namespace) -> int:
    project = open_selected(options)
    request = Request(suites=tuple(options.suites), selection=selection_of(options))
    is_saved = options.save is not None
    with running(options) as begin:
        plan = plan_changes(project, request, begin=begin, with_new=is_saved)
    if is_saved and not plan.failed_suites:
        saved = saved_plan(project, request, plan, __version__)
        write_file(options.save, write_plan(saved))
    if options.json:
        slow = {} if plan.failed_suites else slow_outputs(project, request)
        print(json_text(plan_data(plan, slow)))
    else:
        print_findings(project, plan.diagnostics, options)
        for line in _lines(plan, is_verbose=options.verbose):
            print(line)
    if is_saved and plan.failed_suites:
        print("the plan was not saved, because a suite has errors", file=sys.stderr)
    elif is_saved:
        path = escape_for_terminal(shlex.quote(options.save))
        print(f"saved as {path}; next: mockgen-watch apply {path}", file=sys.stderr)
    return ExitCode.FINDINGS if options.exit_code and plan.files else code_of(plan.diagnostics)


def add_apply_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("plan", metavar="FILE", help="what plan --save wrote")
    add_json(parser)


def run_apply(options: argparse.Namespace) -> int:
    saved = read_plan(read_file(options.plan), options.plan)
    if isinstance(saved, Diagnostic):
        raise FindingsError([saved])
    if options.profile not in {None, saved.profile}:
        made = saved.profile or "none"
        raise UsageError(f"the plan was made for the profile {made}, not {options.profile}")
    project = open_project(options.directory, saved.profile)
    with running(options) as begin:
        report = apply_saved(project, saved, options.plan, __version__, begin=begin)
    return finish(project, report, options)


def _lines(plan: ChangePlan, *, is_verbose: bool) -> Iterator[str]:
    for file in plan.files:
        result = file.file
        yield f"{_SIGNS[result.action]} {escape_for_terminal(result.path)}  {_about(file)}"
        for field in file.fields:
            yield f"    {_field_line(field)}"
        for cell in file.cells if is_verbose else ():
            place = f"record {cell.record} {escape_for_terminal(cell.pointer)}"
            yield f"      {place}: {shown_value(cell.before)} → {shown_value(cell.after)}"
    if plan.files:
        yield f"{counted(len(plan.files), 'change')}, {plan.kept} up to date"
    else:
        yield f"no changes; {counted(plan.kept, 'output')} up to date"


def _about(file: PlannedFile) -> str:
    result = file.file
    if result.action is Action.CREATE:
        return f"create, {counted(result.records, 'record')}"
    if result.action is Action.UPDATE:
        if not file.records_changed:
            return "update, only in the order of keys or the layout"
        of = f" of {result.records}" if result.records else ""
        return f"update, {file.records_changed}{of} {plural('record', result.records)}"
    word = "remove" if result.action is Action.DELETE else "leave"
    return f"{word}, {result.reason.value}"


def _field_line(change: FieldChange) -> str:
    times = "once" if change.cells == 1 else f"{change.cells} times"
    first = f"{shown_value(change.first.before)} → {shown_value(change.first.after)}"
    place = f"  {escape_for_terminal(str(change.location))}" if change.location else ""
    more = ", …" if change.cells > 1 else ""
    return f"{escape_for_terminal(change.field)}  {times}: {first}{more}{place}"
