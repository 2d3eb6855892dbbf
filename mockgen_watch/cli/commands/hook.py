"""Hook: commits are blocked whose staged outputs do not match their staged specs."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import add_json
from mockgen_watch.git.repository import StagedProject, read_index
from mockgen_watch.observe import escape_for_terminal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from mockgen_watch.git.hook import HookReport

EXAMPLES: Final = """examples:
  mockgen-watch hook              what .git/hooks/pre-commit or pre-commit calls
  mockgen-watch hook --validate   the staged specs only
  mockgen-watch hook --check      write nothing, make every output again and compare: for CI

What counts is what is staged. Nothing is ever staged by this command: it tells what to type.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = EXAMPLES
    only = parser.add_mutually_exclusive_group()
    only.add_argument("--validate", action="store_true", help="look at the staged specs only")
    only.add_argument("--check", action="store_true", help="write nothing and trust nothing")
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    staged = read_index(options.directory)
    for path in staged.untracked_specs:
        shown = escape_for_terminal(staged.repository.shown_path(path))
        print(f"ignored {shown}, which Git does not know (git add {shown})", file=sys.stderr)
    if staged.is_up_to_date and not (options.check or options.json or options.profile):
        return ExitCode.DONE
    return _run_hook(staged, options)


def _run_hook(staged: StagedProject, options: argparse.Namespace) -> int:
    """Do what ``options`` ask for; only here is imported what compares outputs with specs."""
    from mockgen_watch.cli.running import print_findings
    from mockgen_watch.git.hook import refresh, validate, verify_staged
    from mockgen_watch.views.diagnostics import diagnostics_data
    from mockgen_watch.views.values import json_text

    if options.validate:
        report = validate(staged, options.profile)
    elif options.check:
        report = verify_staged(staged, options.profile)
    else:
        report = refresh(staged, options.profile)
    if options.json:
        data = {
            "passed": report.has_passed,
            "add": list(report.add),
            "written": list(report.written),
            "held": list(report.left),
            "ignored": list(staged.untracked_specs),
            "next": _next_commands(report, staged),
            **diagnostics_data(report.diagnostics),
        }
        print(json_text(data))
    else:
        print_findings(report.project, report.diagnostics, options)
        _print_report(report, staged)
    return ExitCode.DONE if report.has_passed else ExitCode.FINDINGS


def _print_report(report: HookReport, staged: StagedProject) -> None:
    for path in (*report.add, *report.left):
        state = "not staged"
        if path in report.written:
            state = "written"
        elif path in report.left:
            state = "left"
        print(f"{state:<10}  {escape_for_terminal(path)}")
    commands = _next_commands(report, staged)
    if not commands:
        return
    if report.left:
        print(
            "The staged specs make other outputs than the staged ones. The working tree holds\n"
            "outputs that are not staged, so it was left as it is. For the index alone, type:"
        )
    else:
        print("The staged specs make other outputs than the staged ones. Type, and commit again:")
    print(f"  {commands[0]}")
    if commands[1:]:
        print("or, where these files have changes that you do not stage, for the index alone:")
        print(f"  {commands[1]}")
    if report.is_partial:
        print("This commit takes only the paths that it was given: name these files too.")


def _next_commands(report: HookReport, staged: StagedProject) -> list[str]:
    """Return what a person may type so that the index becomes right; the first is the usual one."""
    commands = []
    if report.add and not report.left:
        commands.append(f"git add -- {_words(report.add, staged)}")
    if report.edits_file:
        commands.append(f"git update-index -z --index-info <{shlex.quote(report.edits_file)}")
    return commands


def _words(paths: Sequence[str], staged: StagedProject) -> str:
    return " ".join(shlex.quote(staged.repository.shown_path(path)) for path in paths)
