"""Hook: commits are blocked whose staged outputs do not match their staged specs."""

from __future__ import annotations

import shlex
import sys
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import add_flag, add_json
from mockgen_watch.git.repository import StagedProject
from mockgen_watch.observe import escape_for_terminal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator, Sequence

    from mockgen_watch.git.hook import HookReport

EXAMPLES: Final = """examples:
  mockgen-watch hook              what .git/hooks/pre-commit or pre-commit runs
  mockgen-watch hook --validate   the staged specs only
  mockgen-watch hook --check      generate every output and compare, write nothing: for CI

Only staged content counts. This command never stages anything: it shows what to run.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    only = parser.add_mutually_exclusive_group()
    add_flag(only, "--validate", "check the staged specs only")
    add_flag(only, "--check", "write nothing, and trust no lockfile")
    add_json(parser)


def run(options: argparse.Namespace) -> int:
    staged = StagedProject(options.directory)
    for path in staged.untracked_specs:
        shown = escape_for_terminal(staged.repository.shown_path(path))
        print(f"ignored {shown}, which is not in Git (git add {shown})", file=sys.stderr)
    if staged.is_up_to_date and not (options.check or options.json or options.profile):
        return ExitCode.DONE
    return _run_hook(staged, options)


def _run_hook(staged: StagedProject, options: argparse.Namespace) -> int:
    """Do what ``options`` ask for; only here is imported what compares outputs with specs."""
    from mockgen_watch.cli.running import print_findings, print_result
    from mockgen_watch.git.hook import check_staged, refresh
    from mockgen_watch.views.diagnostics import diagnostics_data

    if options.validate or options.check:
        report = check_staged(staged, options.profile, specs_only=options.validate)
    else:
        report = refresh(staged, options.profile)
    commands = _next_commands(report, staged)
    if not options.json:
        print_findings(report.project, report.diagnostics, options)
    data = {
        "passed": report.has_passed,
        "add": list(report.add),
        "written": list(report.written),
        "held": list(report.left),
        "ignored": list(staged.untracked_specs),
        "next": commands,
        **diagnostics_data(report.diagnostics),
    }
    print_result(options, data, _lines(report, commands))
    return ExitCode.DONE if report.has_passed else ExitCode.FINDINGS


def _lines(report: HookReport, commands: Sequence[str]) -> Iterator[str]:
    for path in (*report.add, *report.left):
        is_left = path in report.left
        state = "written" if path in report.written else "left" if is_left else "not staged"
        yield f"{state:<10}  {escape_for_terminal(path)}"
    if not commands:
        return
    if report.left:
        yield "The staged outputs do not match the staged specs. The working tree has changes to"
        yield "outputs that are not staged, so it was left alone. Run this to correct what is"
        yield "staged, then commit again:"
    else:
        yield "The staged outputs do not match the staged specs. Run this, then commit again:"
    yield f"  {commands[0]}"
    if commands[1:]:
        yield "If you have no changes that are not staged, git add does the same:"
        yield f"  {commands[1]}"
    if report.is_partial:
        yield "This commit includes only the paths given to it: name these files too."


def _next_commands(report: HookReport, staged: StagedProject) -> list[str]:
    """Return what a person may type so that the index becomes right; the first always works.

    Where there are edits of the index, the outputs in the work tree may not be those that were
    written: pre-commit takes them back where they meet a change that is not staged.
    """
    commands = []
    if report.edits_file:
        commands.append(f"git update-index -z --index-info <{shlex.quote(report.edits_file)}")
    if report.add and not report.left:
        paths = (shlex.quote(staged.repository.shown_path(path)) for path in report.add)
        commands.append(f"git add -- {' '.join(paths)}")
    return commands
