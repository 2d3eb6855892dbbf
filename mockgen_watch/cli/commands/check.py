"""Check: everything that is wrong with specs and outputs; ``--fix`` repairs what is certain."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import add_flag, add_json, add_suites
from mockgen_watch.cli.running import (
    code_of,
    diff_lines,
    print_replaced,
    running,
    write_findings,
)
from mockgen_watch.errors import UsageError
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.storage.project_folder import PROJECT_LABEL
from mockgen_watch.views.diagnostics import diagnostics_data, fix_data
from mockgen_watch.views.values import counted
from mockgen_watch.workflow.check import FixPlan, check, plan_fixes, write_fixes
from mockgen_watch.workflow.project import OpenProject, open_project
from mockgen_watch.workflow.targets import Request, select_suites

if TYPE_CHECKING:
    import argparse

    from mockgen_watch.diagnostics import Fix

EXAMPLES: Final = """examples:
  mockgen-watch check                  all specs and outputs; exit code 1 on errors
  mockgen-watch check claims           one suite
  mockgen-watch check --json           for programs
  mockgen-watch check --fix            apply the safe fixes, then check
  mockgen-watch check --fix --dry-run  show these fixes as a diff

Without --fix, nothing is written. An output that generate would change is an error.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_suites(parser)
    add_flag(parser, "--fix", "apply the safe fixes")
    add_flag(parser, "--dry-run", "with --fix: show a diff and write nothing")
    add_json(parser, "the findings")


def run(options: argparse.Namespace) -> int:
    if options.dry_run and not options.fix:
        raise UsageError("--dry-run needs --fix; check alone writes nothing")
    if options.dry_run and options.json:
        raise UsageError("--dry-run shows a diff, not JSON; leave out --dry-run or --json")
    project = open_project(options.directory, options.profile)
    request = Request(suites=tuple(options.suites), trust_locks=False)
    fixes: tuple[Fix, ...] = ()
    if options.fix:
        plan = plan_fixes(project, request)
        if options.dry_run:
            return _show(plan)
        if plan.files:
            done = write_fixes(project, plan)
            print_replaced(done)
            left = {path.removeprefix(f"{PROJECT_LABEL}/") for path in done.refused}
            fixes = tuple(fix for fix in plan.fixes if fix.location.path not in left)
            project = open_project(options.directory, options.profile)
    return _check(project, request, fixes, options)


def _show(plan: FixPlan) -> int:
    for file in plan.files:
        old, new = (side.decode("utf-8-sig") for side in (file.old, file.new))
        sys.stdout.writelines(diff_lines(file.path, old, file.path, new))
    return ExitCode.FINDINGS if plan.files else ExitCode.DONE


def _check(
    project: OpenProject, request: Request, fixes: tuple[Fix, ...], options: argparse.Namespace
) -> int:
    if not options.json:
        for fix in fixes:
            print(f"fixed {escape_for_terminal(f'{fix.location} {fix.title}')}")
    with running(options) as begin:
        found = check(project, request, begin=begin)
    if options.json:
        fixed = {"fixed": [fix_data(fix) for fix in fixes]} if options.fix else {}
        print(json.dumps({**diagnostics_data(found), **fixed}, indent=2))
        return code_of(found)
    write_findings(found, project.suites.text_of, sys.stdout, with_notes=not options.quiet)
    if not found and not options.quiet:
        suites = counted(len(select_suites(project.suites, request)), "suite")
        print(f"{suites} checked: no problems")
    return code_of(found)
