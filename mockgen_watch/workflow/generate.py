"""Takes a project and a request; gives up-to-date outputs and an account of what was done."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Location
from mockgen_watch.errors import FindingsError
from mockgen_watch.executors.base import Serial
from mockgen_watch.generate.address import CONTRACT
from mockgen_watch.lock.findings import describe, describe_refusal
from mockgen_watch.lock.model import Action, Scope
from mockgen_watch.lock.paths import check_paths, is_labels
from mockgen_watch.lock.reconcile import reconcile
from mockgen_watch.spec.model import Layout
from mockgen_watch.storage.outputs import read_outputs
from mockgen_watch.storage.project_lock import WRITER, ProjectLock
from mockgen_watch.storage.transaction import apply
from mockgen_watch.workflow.produce import output_files
from mockgen_watch.workflow.results import FileResult, Report
from mockgen_watch.workflow.suites import Preparer

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mockgen_watch.executors.base import Executor
    from mockgen_watch.lock.lockfile import Lockfile
    from mockgen_watch.lock.model import (
        FileAction,
        OutputAction,
        Reconciliation,
        Snapshot,
        WantedSuite,
    )
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.storage.containment import OutputRoot
    from mockgen_watch.storage.outputs import OutputTree
    from mockgen_watch.storage.transaction import Failure, Outcome
    from mockgen_watch.workflow.produce import Advance
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


LOCK_WAIT = 10.0
"""Seconds that a run waits for another one to end."""


def no_progress(plan: OutputPlan, records: int) -> None:
    """Pass over that ``records`` more of ``plan`` were made."""
    del plan, records


def begin_nothing(records: int) -> Advance:
    """Pass over that ``records`` will be made."""
    del records
    return no_progress


def records_to_make(reconciliation: Reconciliation) -> int:
    """Return how many records the outputs have whose bytes are needed."""
    return sum(
        output.output.records
        for suite in reconciliation.suites
        for output in suite.outputs
        if output.must_produce
    )


def generate(
    project: OpenProject,
    request: Request,
    *,
    root: OutputRoot | None = None,
    executor: Executor | None = None,
    begin: Callable[[int], Advance] = begin_nothing,
    should_stop: Callable[[], bool] | None = None,
    read: Callable[[OutputRoot], OutputTree] = read_outputs,
) -> Report:
    """Bring the outputs of ``project`` up to date.

    Args:
        project: as it was opened.
        request: what is asked.
        root: another output folder than the project's own.
        executor: runs the records of large outputs; one process when not given.
        begin: is told how many records will be made; what it gives is told as they are.
        should_stop: asked before each file; true ends the run early, in good order.
        read: looks at the output folder, once nobody else writes.

    Raises:
        FindingsError: the project file is wrong, so that nothing can be built on it.
        UsageError: the request names what is not there.
        LockedError: another process writes.
        StorageError: the output folder cannot be read or written at all.
    """
    is_own = root is None
    root = root or project.output_root()
    with ProjectLock(project.state, WRITER, holder="mockgen-watch generate", timeout=LOCK_WAIT):
        tree = read(root)
        decision = decide(project, request, tree)
        advance = begin(records_to_make(decision.reconciliation))
        state = project.state.folder
        produce = OutputProducer(decision.preparer, executor or Serial(), advance, state)
        outcome = apply(decision.reconciliation, tree, produce, should_stop=should_stop)
        tree.cache.save()
    return report_of_run(decision, outcome, root, is_own=is_own)


def report_of_run(
    decision: Decision, outcome: Outcome, root: OutputRoot, *, is_own: bool = True
) -> Report:
    """Return the account of a run; ``is_own``: it was over the project's own output folder."""
    found = {**dict.fromkeys(decision.diagnostics), **dict.fromkeys(decision.preparer.found())}
    for failure in outcome.failures:
        found.update(dict.fromkeys(describe_failure(failure, root)))
    for refusal in outcome.refusals:
        told = describe_refusal(
            refusal.file, root.label, has_offer=refusal.has_offer, is_own=is_own
        )
        found[told] = None
    return Report(
        files=tuple(_results(decision.reconciliation, outcome, root)),
        diagnostics=tuple(sorted(found, key=lambda item: item.sort_key)),
        failed_suites=decision.failed_suites,
        backups=outcome.backups,
        is_stopped=outcome.is_stopped,
        settled=frozenset(_settled(decision.reconciliation, outcome)),
        has_written=outcome.has_written,
        has_moved=outcome.has_moved,
        read=decision.preparer.compiled(),
    )


class OutputProducer:
    """Makes the files of an output that a transaction asks for."""

    def __init__(
        self, preparer: Preparer, executor: Executor, advance: Advance, aside: str | None = None
    ) -> None:
        """Make them from the plans of ``preparer``; ``aside``: see ``output_files``."""
        self.preparer = preparer
        self.executor = executor
        self.advance = advance
        self.aside = aside

    def __call__(self, action: OutputAction) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Give path and bytes of each file whose bytes are needed.

        Raises:
            FindingsError: the suite has errors, or a record cannot be written.
        """
        wanted = action.output
        plans = self.preparer.plans(wanted.suite)
        if plans is None:
            raise FindingsError(self.preparer.found())
        plan = next(
            plan for plan in plans if (plan.model, plan.scenario) == (wanted.model, wanted.scenario)
        )
        paths = [file.path for file in action.files if file.must_produce]
        sources = self.preparer.record_sources
        return output_files(plan, paths, self.executor, self.advance, self.aside, sources)


def _results(
    reconciliation: Reconciliation, outcome: Outcome, root: OutputRoot
) -> Iterator[FileResult]:
    refused = {refusal.file.path for refusal in outcome.refusals}
    records = record_counts(reconciliation)
    for file in sorted(reconciliation.files(), key=lambda file: file.path):
        end = outcome.settled.get(file.path)
        if end is None and file.path not in refused:
            continue
        action = Action.REFUSE if end is None or file.path in refused else end.action
        result = file_result(file, action, records, root)
        yield replace(result, resumed=outcome.resumed.get(file.path, 0))


def _settled(reconciliation: Reconciliation, outcome: Outcome) -> Iterator[str]:
    """Give the suites of which nothing is left to do or to tell."""
    if outcome.failures or outcome.is_stopped:
        return
    refused = {refusal.file.path for refusal in outcome.refusals}
    for suite in reconciliation.suites:
        if suite.suite in outcome.committed and not any(
            file.path in refused for file in suite.files()
        ):
            yield suite.suite


def describe_failure(failure: Failure, root: OutputRoot) -> tuple[Diagnostic, ...]:
    """Return what went wrong with one output, as findings."""
    if isinstance(failure.error, FindingsError):
        return failure.error.diagnostics
    return (
        Diagnostic(
            code="MG510",
            message=str(failure.error),
            location=Location(path=root.named(failure.path)),
            hint="the old file stands as it was; mend the cause and run again",
        ),
    )
