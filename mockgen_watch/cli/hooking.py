"""Takes the options of ``hook`` and an index that is not known; gives its account and exit code."""

from __future__ import annotations

import json
import shlex
import sys
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.cli.output import print_findings, report_of
from mockgen_watch.git.hook import refresh, validate, verify_staged
from mockgen_watch.observe.escaping import escape_for_terminal

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

    from mockgen_watch.git.hook import HookReport
    from mockgen_watch.git.index import StagedProject


def run_hook(staged: StagedProject, options: argparse.Namespace) -> int:
    """Do what ``options`` ask for and return the exit code."""
    if options.validate:
        report = validate(staged, options.profile)
    elif options.check:
        report = verify_staged(staged, options.profile)
    else:
        report = refresh(staged, options.profile)
    if options.json:
        print(_json(report, staged))
    else:
        texts = report.project.suites.text_of
        print_findings(report.diagnostics, texts, sys.stderr, with_notes=options.verbose)
        _print(report, staged)
    return ExitCode.DONE if report.has_passed else ExitCode.FINDINGS


def _print(report: HookReport, staged: StagedProject) -> None:
    for path in (*report.add, *report.left):
        state = "not staged"
        if path in report.written:
            state = "written"
        elif path in report.left:
            state = "left"
        print(f"{state:<10}  {escape_for_terminal(path)}")
    commands = next_commands(report, staged)
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


def next_commands(report: HookReport, staged: StagedProject) -> list[str]:
    """Return what a person may type so that the index becomes right; the first is the usual one."""
    commands = []
    if report.add and not report.left:
        commands.append(f"git add -- {_words(report.add, staged)}")
    if report.edits_file:
        commands.append(f"git update-index -z --index-info <{shlex.quote(report.edits_file)}")
    return commands


def _words(paths: Sequence[str], staged: StagedProject) -> str:
    return " ".join(shlex.quote(staged.repository.shown_path(path)) for path in paths)


def _json(report: HookReport, staged: StagedProject) -> str:
    data = {
        "passed": report.has_passed,
        "add": list(report.add),
        "written": list(report.written),
        "held": list(report.left),
        "ignored": list(staged.untracked_specs),
        "next": next_commands(report, staged),
        **report_of(report.diagnostics),
    }
    return json.dumps(data, indent=2, ensure_ascii=False)
