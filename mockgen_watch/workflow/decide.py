"""Takes a project, a request and the outputs that are there; gives the action for every file."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from mockgen_watch.errors import FindingsError
from mockgen_watch.generate.address import CONTRACT
from mockgen_watch.lock.paths import check_paths
from mockgen_watch.lock.reconcile import reconcile
from mockgen_watch.lock.scope import Scope
from mockgen_watch.workflow.prepare import Preparer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.lock.model import Lockfile
    from mockgen_watch.lock.snapshot import Reconciliation, Snapshot
    from mockgen_watch.lock.wanted import WantedSuite
    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.request import Request


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
