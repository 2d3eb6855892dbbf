"""Takes the options of ``migrate``; gives specs in the place of files of the earlier system."""

from __future__ import annotations

import difflib
import sys
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.cli.escape import escape_for_terminal
from mockgen_watch.cli.migration_report import (
    outcome_of,
    report_json,
    report_markdown,
    report_text,
)
from mockgen_watch.cli.report import print_findings
from mockgen_watch.cli.selection import whole_number
from mockgen_watch.diagnostics import Diagnostic, Location, Severity
from mockgen_watch.errors import UsageError
from mockgen_watch.migrations.outcome import Wishes
from mockgen_watch.spec.build.names import file_name_problem
from mockgen_watch.workflow.migrate import (
    MigrationRequest,
    carry_out,
    finish_earlier,
    plan_migration,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from mockgen_watch.storage.replacement import Replaced
    from mockgen_watch.workflow.migrate import MigratedFile, MigrationPlan

EXAMPLES = """examples:
  mockgen-watch migrate --diff                      what would become of all old files in specs/
  mockgen-watch migrate                             do it: all files or none, after a backup
  mockgen-watch migrate old/claims_user_input.json old/claims_master.json --out specs --to yaml
  mockgen-watch migrate --check                     exit code 1 when a file is in an old format
  mockgen-watch migrate old.json --diff --report markdown

Nothing is written unless it is proved that the new specs mean what the old files meant.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.epilog = EXAMPLES
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="user_input and master files (default: those in specs/ that are no specs yet)",
    )
    how = parser.add_argument_group("what is done")
    how.add_argument("--diff", action="store_true", help="show what would change; write nothing")
    how.add_argument(
        "--check", action="store_true", help="exit code 1 when anything would change; write nothing"
    )
    how.add_argument("--out", metavar="DIR", default="", help="write suites to DIR; keep the files")
    how.add_argument(
        "--suffixes",
        action="store_true",
        help="without FILE: rewrite Model_1_Positive, … and masters too, which are valid already",
    )
    new = parser.add_argument_group("what it becomes")
    new.add_argument("--suite", metavar="NAME", default="", help="the folder below --out")
    new.add_argument("--model", metavar="NAME", default="Model_1", help="the model of sections")
    new.add_argument("--count", metavar="N", type=whole_number, help="records of each scenario")
    new.add_argument("--to", choices=("yaml", "json"), default="", help="another language")
    told = parser.add_argument_group("the report")
    told.add_argument("--report", choices=("text", "json", "markdown"), default="text")
    told.add_argument("--json", action="store_true", help="the same as --report json")


def run(options: argparse.Namespace) -> int:
    """Carry ``migrate`` out."""
    _check(options)
    is_dry = options.diff or options.check
    if not is_dry:
        _tell_finished(finish_earlier(options.directory))
    request = MigrationRequest(
        files=tuple(options.files),
        wishes=Wishes(
            model=options.model,
            count=options.count,
            language=options.to,
            is_thorough=options.suffixes,
        ),
        out=options.out,
        suite=options.suite,
    )
    plan = plan_migration(options.directory, request)
    replaced = None
    if not is_dry and plan.has_changes and not plan.has_failed:
        replaced = carry_out(plan)
    _tell(plan, replaced, options)
    if plan.has_failed or (replaced is not None and replaced.refused):
        return ExitCode.FINDINGS
    return ExitCode.FINDINGS if options.check and plan.has_changes else ExitCode.DONE


def _check(options: argparse.Namespace) -> None:
    if options.json and options.report == "markdown":
        raise UsageError("--json and --report markdown contradict each other")
    if options.suite and not options.out:
        raise UsageError("--suite names a folder below --out; without it files stay where they are")
    parts = options.suite.split("/") if options.suite else []
    for option, name in (("--model", options.model), *(("--suite", part) for part in parts)):
        problem = file_name_problem(name) or (name.startswith("$") and "begins with $")
        if problem:
            raise UsageError(f'{option}: the name "{name}" {problem}')
    if options.count == 0:
        raise UsageError("--count is at least 1")


def _tell_finished(finished: Replaced | None) -> None:
    if finished is not None:
        print(f"finished an earlier migration of {len(finished.paths)} files", file=sys.stderr)
        _tell_refused(finished)


def _tell_refused(replaced: Replaced) -> None:
    for path in replaced.refused:
        print(
            f"{escape_for_terminal(path)} was changed meanwhile and is left as it is",
            file=sys.stderr,
        )


def _tell(plan: MigrationPlan, replaced: Replaced | None, options: argparse.Namespace) -> None:
    if options.report == "text" and not options.json:
        texts = {file.source: file.migration.old for file in plan.files}
        print_findings(list(_findings(plan, is_check=options.check)), texts, sys.stderr)
    if options.diff:
        for file in plan.files:
            sys.stdout.writelines(_diff(file))
    if options.json or options.report == "json":
        sys.stdout.write(report_json(plan, replaced))
    elif options.report == "markdown":
        sys.stdout.write(report_markdown(plan))
    elif not options.quiet and not options.diff:
        verb = "migrated" if replaced is not None else "would migrate"
        sys.stdout.write(report_text(plan, verb=verb))
    if replaced is not None:
        for backup in replaced.backups:
            path = escape_for_terminal(backup.path)
            print(f"saved the former {path} as backup {backup.number}", file=sys.stderr)
        _tell_refused(replaced)
    if plan.has_failed and plan.has_changes and not (options.diff or options.check):
        print("nothing was written, because a file cannot be migrated", file=sys.stderr)


def _findings(plan: MigrationPlan, *, is_check: bool) -> Iterator[Diagnostic]:
    for file in plan.files:
        found = file.migration.diagnostics
        yield from (item for item in found if item.severity is not Severity.NOTE)
        if is_check and outcome_of(file) == "migrated":
            yield _older(file)


def _older(file: MigratedFile) -> Diagnostic:
    return Diagnostic(
        code="MG703",
        message="the file is in an older format",
        location=Location(path=file.source),
        severity=Severity.WARNING,
        hint=f"mockgen-watch migrate {file.source}",
    )


def _diff(file: MigratedFile) -> list[str]:
    if outcome_of(file) != "migrated":
        return []
    old = file.migration.old.splitlines()
    new = (file.migration.new or file.migration.old).splitlines()
    lines = difflib.unified_diff(old, new, f"a/{file.source}", f"b/{file.target}", lineterm="")
    return [f"{escape_for_terminal(line)}\n" for line in lines]
