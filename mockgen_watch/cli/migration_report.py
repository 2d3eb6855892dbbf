"""Takes what a migration does to files; gives its report as text, JSON or Markdown."""

from __future__ import annotations

import json
from math import log10
from typing import TYPE_CHECKING

from mockgen_watch.cli.escape import escape_for_terminal
from mockgen_watch.diagnostics import Severity
from mockgen_watch.migrations.base import FileKind
from mockgen_watch.migrations.shapes import Form
from mockgen_watch.spec.document import pointer_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from typing import TypeAlias

    from mockgen_watch.migrations.outcome import Migration
    from mockgen_watch.migrations.prove import SectionProof
    from mockgen_watch.migrations.suggestion import Suggestion
    from mockgen_watch.storage.replacement import Replaced
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
