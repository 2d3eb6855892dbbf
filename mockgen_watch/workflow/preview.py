"""Takes a project and a request; gives what ``generate`` would do to each file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.lock.paths import is_labels
from mockgen_watch.lock.snapshot import Action
from mockgen_watch.spec.model import Layout
from mockgen_watch.storage.outputs import read_outputs
from mockgen_watch.workflow.decide import decide
from mockgen_watch.workflow.results import FileResult, Report

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.lock.snapshot import FileAction, Reconciliation
    from mockgen_watch.storage.output_root import OutputRoot
    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.request import Request


def preview(project: OpenProject, request: Request, *, root: OutputRoot | None = None) -> Report:
    """Return the account that ``generate`` would give, as far as it is known before generating.

    An update may turn out to change no byte. Refusals are told as diagnostics.

    Raises:
        FindingsError, UsageError, StorageError: as ``generate`` does.
    """
    root = root or project.output_root()
    tree = read_outputs(root)
    decision = decide(project, request, tree)
    found = dict.fromkeys((*decision.diagnostics, *decision.preparer.found()))
    for file in decision.reconciliation.files():
        if file.action is Action.REFUSE:
            from mockgen_watch.lock.findings import describe  # noqa: PLC0415 - few are refused

            found.update(dict.fromkeys(describe(file, root.label)))
    return Report(
        files=tuple(planned_files(decision.reconciliation, root)),
        diagnostics=tuple(sorted(found, key=lambda item: item.sort_key)),
        failed_suites=decision.failed_suites,
    )


def planned_files(reconciliation: Reconciliation, root: OutputRoot) -> Iterator[FileResult]:
    """Yield every file with the action that is meant for it, sorted by path."""
    records = record_counts(reconciliation)
    for file in sorted(reconciliation.files(), key=lambda file: file.path):
        yield file_result(file, file.action, records, root)


def record_counts(reconciliation: Reconciliation) -> dict[str, int]:
    """Return path → the number of records that a file will hold."""
    return {
        file.path: output.output.records
        if output.output.layout is Layout.MULTIPLE or is_labels(file.path)
        else 1
        for suite in reconciliation.suites
        for output in suite.outputs
        for file in output.files
    }


def file_result(
    file: FileAction, action: Action, records: dict[str, int], root: OutputRoot
) -> FileResult:
    """Return the account of ``file`` that ended in ``action``."""
    return FileResult(
        path=root.named(file.path),
        action=action,
        reason=file.reason,
        records=records.get(file.path, 0),
    )
