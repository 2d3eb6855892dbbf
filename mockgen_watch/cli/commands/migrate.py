"""Migrate: files of the earlier system turned into specs, with proof and a backup."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Final

from mockgen_watch.cli import ExitCode
from mockgen_watch.cli.options import add_flag, whole_number
from mockgen_watch.cli.running import diff_lines, print_replaced, write_findings
from mockgen_watch.diagnostics import Diagnostic, Location, Severity
from mockgen_watch.errors import UsageError
from mockgen_watch.migrations.forms import Reading
from mockgen_watch.migrations.migrate import MigrationOptions
from mockgen_watch.spec.build.user_input import file_name_problem, is_section_name
from mockgen_watch.views.migration import (
    migration_data,
    migration_markdown,
    migration_text,
    outcome_of,
)
from mockgen_watch.views.values import json_text
from mockgen_watch.workflow.migrate import (
    MigrationPlan,
    MigrationRequest,
    carry_out,
    finish_earlier,
    plan_migration,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator

    from mockgen_watch.storage.multi import Replaced

EXAMPLES: Final = """examples:
  mockgen-watch migrate --diff                      what would become of all old files in specs/
  mockgen-watch migrate                             do it: all files or none, after a backup
  mockgen-watch migrate old/user_input.json --out specs --suite claims --to yaml
  mockgen-watch migrate --check                     exit code 1 when a file is in an old format
  mockgen-watch migrate old.json --diff --report markdown

Nothing is written unless it is proved that the new specs mean what the old files meant.
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        metavar="FILE",
        nargs="*",
        help="user_input and master files (default: those in specs/ that are not specs yet)",
    )
    how = parser.add_argument_group("what is done")
    add_flag(how, "--diff", "show what would change; write nothing")
    add_flag(how, "--check", "exit code 1 when anything would change; write nothing")
    how.add_argument("--out", metavar="DIR", default="", help="write suites to DIR; keep the files")
    add_flag(
        how,
        "--suffixes",
        "without FILE: rewrite Model_1_Positive, … and masters too, which are valid already",
    )
    new = parser.add_argument_group("what it becomes")
    new.add_argument("--suite", metavar="NAME", default="", help="the folder below --out")
    new.add_argument("--model", metavar="NAME", default="Model_1", help="the model of sections")
    add_flag(new, "--pairs", "keep the n-th values of a section together, in $rows")
    add_flag(new, "--keep-empty", "keep the empty values, which the earlier system dropped")
    new.add_argument("--count", metavar="N", type=whole_number, help="records of each scenario")
    new.add_argument("--to", choices=("yaml", "json"), default="", help="another language")
    report = parser.add_argument_group("the report")
    report.add_argument(
        "--report",
        choices=("text", "json", "markdown"),
        default="text",
        help="the form of the report (default: text)",
    )
    add_flag(report, "--json", "the same as --report json")
    add_flag(report, "--suggestions", "show what else may be worth writing into the specs")


def run(options: argparse.Namespace) -> int:
    _check_combination(options)
    is_dry = options.diff or options.check
    finished = None if is_dry else finish_earlier(options.directory)
    if finished is not None:
        print(f"finished an earlier migration of {len(finished.paths)} files", file=sys.stderr)
        print_replaced(finished)
    plan = plan_migration(options.directory, _request(options))
    replaced = None
    if not is_dry and plan.has_changes and not plan.has_failed:
        replaced = carry_out(plan)
    _print_report(plan, replaced, options)
    if replaced is not None:
        print_replaced(replaced)
    if plan.has_failed and plan.has_changes and not is_dry:
        print("nothing was written, because a file cannot be migrated", file=sys.stderr)
    if plan.has_failed or (replaced is not None and replaced.refused):
        return ExitCode.FINDINGS
    return ExitCode.FINDINGS if options.check and plan.has_changes else ExitCode.DONE


def _request(options: argparse.Namespace) -> MigrationRequest:
    asked = MigrationOptions(
        model=options.model,
        count=options.count,
        reading=Reading(keep_empty=options.keep_empty, pairs=options.pairs),
        language=options.to,
        is_thorough=options.suffixes,
    )
    return MigrationRequest(
        files=tuple(options.files), options=asked, out=options.out, suite=options.suite
    )


def _check_combination(options: argparse.Namespace) -> None:
    if options.json and options.report == "markdown":
        raise UsageError("--json and --report markdown contradict each other")
    if options.suite and not options.out:
        raise UsageError("--suite names a folder below --out; without it files stay where they are")
    parts = options.suite.split("/") if options.suite else []
    for option, name in (("--model", options.model), *(("--suite", part) for part in parts)):
        problem = file_name_problem(name) or (name.startswith("$") and "begins with $")
        if problem:
            raise UsageError(f'{option}: the name "{name}" {problem}')
    if is_section_name(options.model):
        raise UsageError(f'--model: "{options.model}" would be read as a section again')
    if options.count == 0:
        raise UsageError("--count is at least 1")


def _print_report(
    plan: MigrationPlan, replaced: Replaced | None, options: argparse.Namespace
) -> None:
    form = "json" if options.json else options.report
    if form == "text":
        texts = {file.source: file.migration.old for file in plan.files}
        found = _findings(plan, is_check=options.check)
        write_findings(found, texts.get, sys.stderr)
    for file in plan.files if options.diff else ():
        if outcome_of(file) == "migrated":
            old = file.migration.old
            new = file.migration.new or old
            sys.stdout.writelines(diff_lines(file.source, old, file.target, new))
    if form == "json":
        print(json_text(migration_data(plan, replaced)))
    elif form == "markdown":
        sys.stdout.write(migration_markdown(plan))
    elif not options.quiet and not options.diff:
        verb = "migrated" if replaced is not None else "would migrate"
        sys.stdout.write(migration_text(plan, verb=verb, with_suggestions=options.suggestions))


def _findings(plan: MigrationPlan, *, is_check: bool) -> Iterator[Diagnostic]:
    for file in plan.files:
        yield from file.migration.diagnostics
        if is_check and outcome_of(file) == "migrated":
            yield Diagnostic(
                code="MG703",
                message="the file is in an older format",
                location=Location(path=file.source),
                severity=Severity.WARNING,
                hint=f"mockgen-watch migrate {file.source}",
            )
