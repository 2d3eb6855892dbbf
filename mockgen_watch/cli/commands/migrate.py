"""Takes the options of ``migrate``; gives specs in the place of files of the earlier system."""

from __future__ import annotations

import difflib
import json
import sys
from math import log10
from typing import TYPE_CHECKING

from mockgen_watch.cli.boundary import ExitCode
from mockgen_watch.cli.options import whole_number
from mockgen_watch.cli.output import print_findings
from mockgen_watch.diagnostics import Diagnostic, Location, Severity
from mockgen_watch.errors import UsageError
from mockgen_watch.migrations.migrate import Wishes
from mockgen_watch.migrations.shapes import Form
from mockgen_watch.migrations.versions import FileKind
from mockgen_watch.observe.escaping import escape_for_terminal
from mockgen_watch.spec.build.user_input import file_name_problem
from mockgen_watch.spec.document import pointer_of
from mockgen_watch.workflow.migrate import (
    MigrationRequest,
    carry_out,
    finish_earlier,
    plan_migration,
)

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TypeAlias

    from mockgen_watch.migrations.migrate import Migration
    from mockgen_watch.migrations.prove import SectionProof
    from mockgen_watch.migrations.suggest import Suggestion
    from mockgen_watch.storage.multi import Replaced
    from mockgen_watch.workflow.migrate import MigratedFile, MigrationPlan

    Data: TypeAlias = "None | bool | int | str | list[Data] | dict[str, Data]"


_FORMS = {
    Form.BROKEN: "not readable",
    Form.NEW: "a spec already",
    Form.SECTIONS: "sections of comma-separated values",
    Form.FLAT: "one section of comma-separated values",
    Form.SUFFIXES: "models with suffixes",
    Form.MODELS: "models beside something that is none",
}
_KINDS = {
    FileKind.USER_INPUT: "a spec",
    FileKind.MASTER: "a master",
    FileKind.PROJECT: "a project file",
    FileKind.LOCKFILE: "a lockfile",
}
_READABLE = 10**15


def outcome_of(file: MigratedFile) -> str:
    """Return ``failed``, ``migrated`` or ``unchanged``."""
    if file.migration.has_failed:
        return "failed"
    return "unchanged" if file.new is None else "migrated"


def report_text(plan: MigrationPlan, *, verb: str, with_suggestions: bool = True) -> str:
    """Return the report for people; ``verb`` is what is said of a file that is written."""
    lines: list[str] = []
    for file in plan.files:
        lines += _file_text(file, verb, with_suggestions=with_suggestions)
    lines += _suggestions_text(plan.suggestions if with_suggestions else (), "")
    counts = [outcome_of(file) for file in plan.files]
    parts = [f"{counts.count(word)} {word}" for word in ("migrated", "unchanged", "failed")]
    lines.append(f"{_number(len(counts), 'file')}: {', '.join(parts)}")
    return "".join(f"{escape_for_terminal(line)}\n" for line in lines)


def _file_text(file: MigratedFile, verb: str, *, with_suggestions: bool) -> Iterator[str]:
    migration = file.migration
    outcome = outcome_of(file)
    arrow = "" if file.target == file.source or outcome != "migrated" else f" → {file.target}"
    word = verb if outcome == "migrated" else outcome
    yield f"{word}  {file.source}{arrow}  ({_form(migration)})"
    for item in migration.diagnostics:
        if item.severity is Severity.ERROR:
            yield f"  {item}"
    if outcome != "migrated":
        return
    for proof in migration.proofs:
        yield f"  proved  {_proof_text(proof)}"
    for remark in migration.remarks:
        yield f"  line {remark.mark.line}  {'.'.join(remark.pointer)}: {remark.kind}: {remark.text}"
    yield from _suggestions_text(migration.suggestions if with_suggestions else (), "  ")


def _suggestions_text(suggestions: Iterable[Suggestion], margin: str) -> Iterator[str]:
    for suggestion in suggestions:
        yield f"{margin}suggestion  {suggestion.text}"
        yield from (f"{margin}  {line}" for line in suggestion.lines)


def _form(migration: Migration) -> str:
    if len(migration.versions) > 1:
        first, last = migration.versions[0], migration.versions[-1]
        return f"{_KINDS[migration.kind]}, from version {first} to {last}"
    return _KINDS[migration.kind] if migration.form is None else _FORMS[migration.form]


def _proof_text(proof: SectionProof) -> str:
    is_moved = proof.section not in {"", proof.scenario}
    name = f"{proof.section} → " if is_moved else ""
    pools = _number(len(proof.fields), "pool")
    if not proof.records:
        return f"{name}{proof.scenario}: {pools} with equal weights, the same possible records"
    return (
        f"{name}{proof.scenario}: {pools} with equal weights, "
        f"{_number(proof.records, 'possible record')} before and after"
    )


def _number(number: int, noun: str) -> str:
    return f"{_digits(number)} {noun}{'' if number == 1 else 's'}"


def _digits(number: int) -> str:
    """Return ``number`` in digits, or how many it has where nobody would read them."""
    if number < _READABLE:
        return f"{number:,}"
    return f"over 10^{int((number.bit_length() - 1) * log10(2))}"


def report_data(plan: MigrationPlan, replaced: Replaced | None) -> Data:
    """Return the report for programs; ``replaced`` is None where nothing was written."""
    files: list[Data] = [_file_data(file) for file in plan.files]
    backups: list[Data] = [
        {"number": backup.number, "path": backup.path}
        for backup in (replaced.backups if replaced else ())
    ]
    return {
        "files": files,
        "suggestions": _suggestions_data(plan.suggestions),
        "written": replaced is not None,
        "backups": backups,
    }


def _suggestions_data(suggestions: Iterable[Suggestion]) -> Data:
    return [
        {"kind": item.kind, "text": item.text, "lines": list(item.lines)} for item in suggestions
    ]


def _file_data(file: MigratedFile) -> Data:
    migration = file.migration
    return {
        "source": file.source,
        "target": file.target,
        "kind": migration.kind.value,
        "form": None if migration.form is None else migration.form.value,
        "outcome": outcome_of(file),
        "sections": [_proof_data(proof) for proof in migration.proofs],
        "remarks": [
            {
                "line": remark.mark.line,
                "pointer": pointer_of(remark.pointer),
                "kind": remark.kind.value,
                "text": remark.text,
            }
            for remark in migration.remarks
        ],
        "suggestions": _suggestions_data(migration.suggestions),
        "versions": list(migration.versions),
        "diagnostics": [str(item) for item in migration.diagnostics],
    }


def _proof_data(proof: SectionProof) -> Data:
    return {
        "section": proof.section,
        "scenario": proof.scenario,
        "proved": not proof.problems,
        # Beyond that a reader's numbers are no longer exact, and digits may be without end.
        "records": proof.records if 0 < proof.records < _READABLE else None,
        "fields": [
            {"name": field.name, "values": field.values, "together": list(field.together)}
            for field in proof.fields
        ],
    }


def report_json(plan: MigrationPlan, replaced: Replaced | None) -> str:
    """Return the report as JSON, with a line end."""
    return json.dumps(report_data(plan, replaced), indent=2, ensure_ascii=False) + "\n"


def report_markdown(plan: MigrationPlan) -> str:
    """Return the report as Markdown."""
    lines = ["# Migration"]
    for file in plan.files:
        lines += _file_markdown(file)
    if plan.suggestions:
        lines += ["", "## All files", "", "Suggestions; none was carried out:"]
        lines += _suggestions_markdown(plan.suggestions)
    return "\n".join(lines) + "\n"


def _file_markdown(file: MigratedFile) -> Iterator[str]:
    migration = file.migration
    yield from ("", f"## `{_code(file.source)}`", "")
    arrow = "" if file.target == file.source else f" to `{_code(file.target)}`"
    yield f"{outcome_of(file).capitalize()}{arrow}: {_form(migration)}."
    errors = [item for item in migration.diagnostics if item.severity is Severity.ERROR]
    yield from _items("Errors", [str(item) for item in errors])
    if migration.proofs:
        yield from (
            "",
            "| section | now | pools | possible records | proved |",
            "|---|---|---|---|---|",
        )
    for proof in migration.proofs:
        cells = (
            proof.section or "the file",
            proof.scenario,
            f"{len(proof.fields)} equal",
            _digits(proof.records) if proof.records else "equal",
            "no" if proof.problems else "yes",
        )
        yield "| " + " | ".join(map(_cell, cells)) + " |"
    yield from _items(
        "Worth knowing",
        [
            f"line {item.mark.line}, `{_code('.'.join(item.pointer))}`: {item.kind}: {item.text}"
            for item in migration.remarks
        ],
    )
    if migration.suggestions:
        yield from ("", "Suggestions; none was carried out:")
    yield from _suggestions_markdown(migration.suggestions)


def _suggestions_markdown(suggestions: Iterable[Suggestion]) -> Iterator[str]:
    for suggestion in suggestions:
        yield from ("", f"- {_cell(suggestion.text)}")
        if suggestion.lines:
            code = (f"  {escape_for_terminal(line)}" for line in suggestion.lines)
            yield from ("", "  ```yaml", *code, "  ```")


def _items(title: str, items: Sequence[str]) -> Iterator[str]:
    if items:
        yield from ("", f"{title}:", "")
        yield from (f"- {_cell(item)}" for item in items)


def _cell(text: str) -> str:
    return escape_for_terminal(text).replace("|", "\\|")


def _code(text: str) -> str:
    return escape_for_terminal(text).replace("`", "'")


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
        print_findings(list(_findings(plan, is_check=options.check)), texts.get, sys.stderr)
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
