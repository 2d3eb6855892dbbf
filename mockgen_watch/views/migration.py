"""Report on a migration, as text, as data and as Markdown."""

from __future__ import annotations

from math import log10
from typing import TYPE_CHECKING, Final

import msgspec

from mockgen_watch.diagnostics import Severity
from mockgen_watch.migrations.forms import Form, RemarkKind
from mockgen_watch.migrations.migrate import FileKind, Migration
from mockgen_watch.observe import escape_for_terminal
from mockgen_watch.spec.document import pointer_of
from mockgen_watch.views.values import backup_data, plural

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mockgen_watch.migrations.forms import Remark
    from mockgen_watch.migrations.prove import SectionProof
    from mockgen_watch.migrations.suggest import Suggestion
    from mockgen_watch.storage.multi import Replaced
    from mockgen_watch.workflow.migrate import MigratedFile, MigrationPlan

_FORMS: Final = {
    Form.BROKEN: "not readable",
    Form.NEW: "a spec already",
    Form.SECTIONS: "sections of comma-separated values",
    Form.FLAT: "one section of comma-separated values",
    Form.SUFFIXES: "models with suffixes",
    Form.MODELS: "models, and something that is not a model",
}
_KINDS: Final = {
    FileKind.USER_INPUT: "a spec",
    FileKind.MASTER: "a master",
    FileKind.PROJECT: "a project file",
    FileKind.LOCKFILE: "a lockfile",
}
_NAMED_REMARKS: Final = frozenset(
    {RemarkKind.LOST, RemarkKind.KEPT, RemarkKind.RENAMED, RemarkKind.EMPTY_LIST}
)
"""Remarks whose text needs the name of their kind before it."""

_READABLE: Final = 10**15


def outcome_of(file: MigratedFile) -> str:
    """Return ``failed``, ``migrated`` or ``unchanged``."""
    if file.migration.has_failed:
        return "failed"
    return "unchanged" if file.new is None else "migrated"


def migration_text(plan: MigrationPlan, *, verb: str, with_suggestions: bool = True) -> str:
    """Return the report for people; ``verb`` is what is said of a file that is written.

    Without suggestions their number is given.
    """
    lines = [line for file in plan.files for line in _file_text(file, verb)]
    suggestions = [item for file in plan.files for item in _suggestions_of(file)]
    suggestions += plan.suggestions
    if with_suggestions:
        lines += _suggestions_text(suggestions)
    elif suggestions:
        lines.append(f"{_number(len(suggestions), 'suggestion')}; --suggestions shows them")
    counts = [outcome_of(file) for file in plan.files]
    parts = [f"{counts.count(word)} {word}" for word in ("migrated", "unchanged", "failed")]
    lines.append(f"{_number(len(counts), 'file')}: {', '.join(parts)}")
    return "".join(f"{escape_for_terminal(line)}\n" for line in lines)


def _file_text(file: MigratedFile, verb: str) -> Iterator[str]:
    migration = file.migration
    outcome = outcome_of(file)
    arrow = "" if file.target == file.source or outcome != "migrated" else f" → {file.target}"
    word = verb if outcome == "migrated" else outcome
    yield f"{word}  {file.source}{arrow}  ({_form(migration)})"
    yield from (f"  {error}" for error in _errors(migration))
    if outcome != "migrated":
        return
    for proof in migration.proofs:
        yield f"  proved  {_proof_text(proof)}"
    for remark in migration.remarks:
        yield f"  line {remark.mark.line}  {'.'.join(remark.pointer)}: {_remark_text(remark)}"


def _remark_text(remark: Remark) -> str:
    return f"{remark.kind}: {remark.text}" if remark.kind in _NAMED_REMARKS else remark.text


def _suggestions_of(file: MigratedFile) -> tuple[Suggestion, ...]:
    return file.migration.suggestions if outcome_of(file) == "migrated" else ()


def _suggestions_text(suggestions: Iterable[Suggestion]) -> Iterator[str]:
    for suggestion in suggestions:
        yield f"suggestion  {suggestion.text}"
        yield from (f"  {line}" for line in suggestion.lines)


def _errors(migration: Migration) -> list[str]:
    return [str(item) for item in migration.diagnostics if item.severity is Severity.ERROR]


def _form(migration: Migration) -> str:
    if len(migration.versions) > 1:
        first, last = migration.versions[0], migration.versions[-1]
        return f"{_KINDS[migration.kind]}, from version {first} to {last}"
    return _KINDS[migration.kind] if migration.form is None else _FORMS[migration.form]


def _proof_text(proof: SectionProof) -> str:
    name = "" if proof.section in {"", proof.scenario} else f"{proof.section} → "
    pools = _number(len(proof.fields), "pool")
    records = "the same possible records"
    if proof.records:
        records = f"{_number(proof.records, 'possible record')} before and after"
    return f"{name}{proof.scenario}: {pools} with equal weights, {records}"


def _number(number: int, noun: str) -> str:
    return f"{_digits(number)} {plural(noun, number)}"


def _digits(number: int) -> str:
    """Return ``number`` in digits, or how many it has where nobody would read them."""
    if number < _READABLE:
        return f"{number:,}"
    return f"over 10^{int((number.bit_length() - 1) * log10(2))}"


def migration_data(plan: MigrationPlan, replaced: Replaced | None) -> dict[str, object]:
    """Return the report as data; ``replaced`` is None where nothing was written."""
    return {
        "files": list(map(_file_data, plan.files)),
        "suggestions": msgspec.to_builtins(plan.suggestions),
        "written": replaced is not None,
        "backups": list(map(backup_data, replaced.backups if replaced else ())),
    }


def _file_data(file: MigratedFile) -> dict[str, object]:
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
        "suggestions": msgspec.to_builtins(migration.suggestions),
        "versions": list(migration.versions),
        "diagnostics": [str(item) for item in migration.diagnostics],
    }


def _proof_data(proof: SectionProof) -> dict[str, object]:
    return {
        "section": proof.section,
        "scenario": proof.scenario,
        "proved": not proof.problems,
        # Beyond that a reader's numbers are no longer exact, and digits may be without end.
        "records": proof.records if 0 < proof.records < _READABLE else None,
        "fields": msgspec.to_builtins(proof.fields),
    }


def migration_markdown(plan: MigrationPlan) -> str:
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
    yield from _items("Errors", _errors(migration))
    if migration.proofs:
        yield from ("", "| section | now | pools | possible records | proved |")
        yield "|---|---|---|---|---|"
    for proof in migration.proofs:
        cells = (
            proof.section or "the file",
            proof.scenario,
            f"{len(proof.fields)} equal",
            _digits(proof.records) if proof.records else "equal",
            "no" if proof.problems else "yes",
        )
        yield "| " + " | ".join(map(_cell, cells)) + " |"
    remarks = [
        f"line {item.mark.line}, `{_code('.'.join(item.pointer))}`: {_remark_text(item)}"
        for item in migration.remarks
    ]
    yield from _items("Worth knowing", remarks)
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
