"""Takes the options of ``plan``; gives what would change on stdout, and which lines cause it."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING

from mockgen_watch import __version__
from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.cli.options import add_selection, add_suites, selection_of
from mockgen_watch.cli.output import code_of, print_findings, report_of
from mockgen_watch.cli.records import running
from mockgen_watch.cli.text import json_value, shown_value
from mockgen_watch.lock.model import Action
from mockgen_watch.lock.saved_plan import write_plan
from mockgen_watch.observe.escaping import escape_for_terminal
from mockgen_watch.storage.atomic import write_file
from mockgen_watch.workflow.apply import Making, saved_plan
from mockgen_watch.workflow.changes import plan_changes, slow_outputs
from mockgen_watch.workflow.project import open_project
from mockgen_watch.workflow.results import Request

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

    from mockgen_watch.formats.fragments import SlowField
    from mockgen_watch.workflow.changes import ChangePlan, FieldChange, PlannedFile

EXAMPLES = """examples:
  mockgen-watch plan                      what generate would change
  mockgen-watch plan claims -v            every value
  mockgen-watch plan --exit-code          exit code 1 when there are changes
  mockgen-watch plan --save next.plan     keep it; mockgen-watch apply next.plan does just that
  mockgen-watch plan --count 100 --json   the same with options of generate, as JSON
"""

_SIGNS = {Action.CREATE: "+", Action.UPDATE: "~", Action.DELETE: "-", Action.REFUSE: "!"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    add_suites(parser)
    add_selection(parser)
    parser.add_argument(
        "--exit-code", action="store_true", help="exit with 1 when there are changes"
    )
    parser.add_argument(
        "--save", metavar="FILE", help="keep the plan, for apply; it holds until something moves"
    )
    parser.add_argument("--json", action="store_true", help="the plan as JSON, with every value")


def run(options: argparse.Namespace) -> int:
    """Carry ``plan`` out."""
    project = open_project(options.directory, options.profile)
    request = Request(suites=tuple(options.suites), selection=selection_of(options))
    with running(options) as run_:
        plan = plan_changes(project, request, begin=run_.begin, with_new=options.save is not None)
    if options.save is not None and not plan.failed_suites:
        making = Making(tool=__version__, profile=options.profile)
        write_file(options.save, write_plan(saved_plan(project, request, plan, making)))
    if options.json:
        print(_json(plan, {} if plan.failed_suites else slow_outputs(project, request)))
    else:
        print_findings(
            plan.diagnostics, project.suites.text_of, sys.stderr, with_notes=options.verbose
        )
        _print(plan, is_verbose=options.verbose)
    if options.save is not None:
        _tell_saved(plan, options.save)
    code = code_of(plan.diagnostics)
    if options.exit_code and plan.files:
        return ExitCode.FINDINGS
    return code


def _tell_saved(plan: ChangePlan, path: str) -> None:
    if plan.failed_suites:
        print("the plan was not saved, because a suite has errors", file=sys.stderr)
    else:
        shown = escape_for_terminal(shlex.quote(path))
        print(f"saved as {shown}; next: mockgen-watch apply {shown}", file=sys.stderr)


def _print(plan: ChangePlan, *, is_verbose: bool) -> None:
    for file in plan.files:
        result = file.file
        about = _about(file)
        print(f"{_SIGNS[result.action]} {escape_for_terminal(result.path)}  {about}")
        for field in file.fields:
            print(f"    {_field_line(field)}")
        if is_verbose:
            for cell in file.cells:
                print(
                    f"      record {cell.record} {escape_for_terminal(cell.pointer)}: "
                    f"{shown_value(cell.before)} → {shown_value(cell.after)}"
                )
    changes = len(plan.files)
    if not changes:
        print(f"no changes; {plan.kept} output{'' if plan.kept == 1 else 's'} up to date")
    else:
        print(f"{changes} change{'' if changes == 1 else 's'}, {plan.kept} up to date")


def _about(file: PlannedFile) -> str:
    result = file.file
    if result.action is Action.CREATE:
        return f"create, {result.records} record{'' if result.records == 1 else 's'}"
    if result.action is Action.UPDATE:
        if not file.records_changed:
            return "update, in the order of keys or the layout alone"
        of = f" of {result.records}" if result.records else ""
        return f"update, {file.records_changed}{of} record{'' if result.records == 1 else 's'}"
    word = "remove" if result.action is Action.DELETE else "leave"
    return f"{word}, {result.reason.value}"


def _field_line(change: FieldChange) -> str:
    times = "once" if change.cells == 1 else f"{change.cells} times"
    first = f"{shown_value(change.first.before)} → {shown_value(change.first.after)}"
    place = f"  {escape_for_terminal(str(change.location))}" if change.location else ""
    more = ", …" if change.cells > 1 else ""
    return f"{escape_for_terminal(change.field)}  {times}: {first}{more}{place}"


def _json(plan: ChangePlan, slow: Mapping[str, tuple[SlowField, ...]]) -> str:
    files = [
        {
            "path": file.file.path,
            "action": file.file.action.value,
            "reason": file.file.reason.value,
            "records": file.file.records,
            "records_changed": file.records_changed,
            "fields": [
                {
                    "field": field.field,
                    "cells": field.cells,
                    "records": field.records,
                    "location": str(field.location) if field.location else None,
                }
                for field in file.fields
            ],
            "cells": [
                {
                    "record": cell.record,
                    "pointer": cell.pointer,
                    **json_value("before", cell.before),
                    **json_value("after", cell.after),
                }
                for cell in file.cells
            ],
        }
        for file in plan.files
    ]
    data = {
        "files": files,
        "kept": plan.kept,
        # Fields that cannot be made of fragments, so that large outputs take longer.
        "slow": [
            {"output": name, "field": field.field, "reason": field.reason}
            for name, fields in slow.items()
            for field in fields
        ],
        **report_of(plan.diagnostics),
    }
    return json.dumps(data, indent=2, ensure_ascii=False)
