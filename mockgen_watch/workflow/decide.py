"""Takes a project, a request and the outputs that are there; gives the action for every file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from mockgen_watch.diagnostics import FindingsError
from mockgen_watch.generate.address import CONTRACT
from mockgen_watch.lock.findings import describe
from mockgen_watch.lock.model import Action, Scope
from mockgen_watch.lock.paths import check_paths, is_labels
from mockgen_watch.lock.reconcile import reconcile
from mockgen_watch.spec.model import Layout
from mockgen_watch.storage.outputs import read_outputs
from mockgen_watch.workflow.results import FileResult, Report
from mockgen_watch.workflow.suites import Preparer

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.lock.lockfile import Lockfile
    from mockgen_watch.lock.model import FileAction, Reconciliation, Snapshot, WantedSuite
    from mockgen_watch.storage.containment import OutputRoot
    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.results import Request


class Outputs(Protocol):
    """The outputs that are there: of a folder, or as Git holds them."""

    @property
    def locks(self) -> Mapping[str, Lockfile | Diagnostic]:
        """Suite → its lockfile, or why that cannot be read."""

    def snapshot(
        self,
        wanted: Iterable[WantedSuite],
        *,
        contract: int,
        is_whole_tree: bool = True,
        is_forced: bool = False,
        scope: Scope | None = None,
    ) -> Snapshot:
        """Return what ``reconcile`` needs."""


class Decision(Struct, frozen=True, kw_only=True):
    """What a run would do, before it does anything.

    Attributes:
        preparer: knows the plans.
        reconciliation: the action for every file.
        diagnostics: of the project, of paths and of lockfiles; the preparer has the others.
        failed_suites: those with errors; they keep their last good outputs.
    """

    preparer: Preparer
    reconciliation: Reconciliation
    diagnostics: tuple[Diagnostic, ...]
    failed_suites: tuple[str, ...]


def decide(project: OpenProject, request: Request, tree: Outputs) -> Decision:
    """Return what ``request`` makes of the outputs in ``tree``.

    Raises:
        FindingsError: the project file is wrong, or two outputs would have one path.
        UsageError: the request names what is not there.
        StorageError: an output cannot be read.
    """
    if project.has_failed:
        raise FindingsError(project.diagnostics)
    preparer = Preparer(project.loader, request.selection)
    names = preparer.choose(request.suites)
    if request.selection.models or request.selection.scenarios:
        preparer.check_names(names)
    scope = None
    if request.acting is not None:
        scope = Scope.around(request.acting, {*names, *tree.locks})
        names = tuple(name for name in names if name in scope.near)
    wanted = preparer.wanted(names, tree.locks, trust_locks=request.trust_locks)
    collisions = check_paths(wanted)
    if collisions:
        raise FindingsError(collisions)
    snapshot = tree.snapshot(
        wanted,
        contract=CONTRACT,
        is_whole_tree=not request.suites,
        is_forced=request.force,
        scope=scope,
    )
    reconciliation = reconcile(snapshot)
    return Decision(
        preparer=preparer,
        reconciliation=reconciliation,
        diagnostics=(*project.diagnostics, *reconciliation.blocked),
        failed_suites=tuple(suite.suite for suite in wanted if suite.has_failed),
    )


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
