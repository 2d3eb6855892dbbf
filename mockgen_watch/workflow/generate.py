"""Generation: what a run would do with every file, and the run that does it.

The way of the data is a straight line: ``Suites`` reads, builds and compiles specs into plans,
``decide`` compares these with lockfiles and outputs, ``Renderer`` makes the bytes that are needed,
and ``storage.transaction`` writes them and the lockfiles.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Diagnostics, Location
from mockgen_watch.errors import FindingsError
from mockgen_watch.executors import Executor, Serial
from mockgen_watch.lock import model as locked
from mockgen_watch.lock.lockfile import Lockfile, made_from
from mockgen_watch.lock.paths import WantedOutput, WantedSuite, check_paths, is_labels
from mockgen_watch.lock.reconcile import describe, describe_refusal, reconcile, wanted_from_lock
from mockgen_watch.plan.model import OutputPlan, Selection
from mockgen_watch.scenarios.labels import wants_labels
from mockgen_watch.spec import CONTRACT, SPECS
from mockgen_watch.spec.model import Layout
from mockgen_watch.storage.outputs import OutputTree, read_outputs
from mockgen_watch.storage.project_folder import writer_lock
from mockgen_watch.storage.transaction import Failure, Outcome, apply
from mockgen_watch.workflow.produce import output_files, prepare_production, suffix_of
from mockgen_watch.workflow.sources import absent_paths, oddly_named, renew_inputs
from mockgen_watch.workflow.suites import EVERYTHING, Suites
from mockgen_watch.workflow.targets import Request, select_suites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from mockgen_watch.storage.backup import Backup
    from mockgen_watch.storage.project_folder import OutputRoot
    from mockgen_watch.workflow.produce import Advance
    from mockgen_watch.workflow.project import OpenProject


class FileResult(Struct, frozen=True, kw_only=True):
    """What became of one file.

    Attributes:
        path: relative to the project folder where the output folder is in it.
        records: in it; 0 for a deleted file.
        resumed: those of them that an earlier run had made before it was stopped.
    """

    path: str
    action: locked.Action
    reason: locked.Reason
    records: int
    resumed: int = 0


class Report(Struct, frozen=True, kw_only=True):
    """The result of a run.

    Attributes:
        files: every file that the run came to, in the order of their paths.
        diagnostics: of loading, planning and writing, in the order of report.
        failed_suites: those that kept their last good outputs.
        backups: of what force replaced.
        is_stopped: the run was asked to end early.
        settled: suites that were decided on and are as they should be now, lockfile and all.
        has_written: a file or lockfile is another one now.
        has_moved: somebody else wrote at the same time; a further run makes it right.
        read: suites that were read → the files that they depend on. The others are known from
            their lockfiles, and their warnings are not among the diagnostics.
    """

    files: tuple[FileResult, ...]
    diagnostics: tuple[Diagnostic, ...]
    failed_suites: tuple[str, ...] = ()
    backups: tuple[Backup, ...] = ()
    is_stopped: bool = False
    settled: frozenset[str] = frozenset()
    has_written: bool = False
    has_moved: bool = False
    read: Mapping[str, frozenset[str]] = field(default_factory=dict)

    @property
    def is_idle(self) -> bool:
        """Return whether there was nothing to do and nothing to report."""
        is_cut_short = self.is_stopped or self.has_moved
        has_kept_all = all(file.action is locked.Action.KEEP for file in self.files)
        return has_kept_all and not (self.diagnostics or self.has_written or is_cut_short)

    def count(self, *actions: locked.Action) -> int:
        """Return how many files ended in one of ``actions``."""
        return sum(file.action in actions for file in self.files)


class Decision(Struct, frozen=True, kw_only=True):
    """What a run would do, before it does anything.

    Attributes:
        selection: what was asked of the suites.
        diagnostics: of the project, of paths and of lockfiles; ``found`` has those of suites.
        failed_suites: those with errors; they keep their last good outputs.
    """

    suites: Suites
    selection: Selection
    reconciliation: locked.Reconciliation
    diagnostics: tuple[Diagnostic, ...]
    failed_suites: tuple[str, ...]

    def found(self) -> tuple[Diagnostic, ...]:
        """Return what was found in the suites so far, sorted."""
        return self.suites.found(self.selection)

    def foreseen(self, label: str) -> tuple[Diagnostic, ...]:
        """Return all that is found before anything is written, refused files among it, sorted.

        ``label`` is the output folder's name.
        """
        found = Diagnostics((*self.diagnostics, *self.found()))
        for file in self.reconciliation.files():
            if file.action is locked.Action.REFUSE:
                found.extend(describe(file, label))
        return tuple(found.sorted())

    def renderer(
        self,
        begin: Callable[[int], Advance] | None = None,
        *,
        executor: Executor | None = None,
        spool_folder: str | None = None,
    ) -> Renderer:
        """Return what makes the bytes that are needed; ``begin`` as for ``generate``."""
        records = sum(
            output.output.records
            for suite in self.reconciliation.suites
            for output in suite.outputs
            if output.must_produce
        )
        advance = begin(records) if begin else no_progress
        return Renderer(
            self.suites,
            self.selection,
            executor=executor,
            advance=advance,
            spool_folder=spool_folder,
        )


def decide(project: OpenProject, request: Request, tree: OutputTree | locked.Snapshot) -> Decision:
    """Return what ``request`` makes of the outputs in ``tree``: a folder, or what Git holds of it.

    Raises:
        FindingsError: the project file is wrong.
        UsageError: the request names what is not there.
        StorageError: an output cannot be read.
    """
    suites = project.valid_suites()
    selection = request.selection
    names = select_suites(suites, request)
    scope = None
    if request.acting is not None:
        scope = locked.Scope.around(request.acting, {*names, *tree.locks})
        names = tuple(name for name in names if name in scope.near)
    renewed = renew_inputs(tree.locks, suites.sources)
    if renewed:
        tree = replace(tree, locks={**tree.locks, **renewed})
    locks = dict(tree.locks) if request.trust_locks and _is_plain(suites, selection) else {}
    if request.renew_locks:
        locks = {suite: lock for suite, lock in locks.items() if suite not in renewed}
    wanted = [_wanted_or_locked(suites, name, selection, locks.get(name)) for name in names]
    if not request.suites:
        wanted += [_unread_suite(name) for name in tree.locks if _is_unread(suites, name)]
    faults = check_paths(wanted)
    faulty = {name for fault in faults for name in fault.suites}
    wanted = [replace(suite, outputs=(), has_failed=True) if suite.suite in faulty else suite
              for suite in wanted]  # fmt: skip
    if isinstance(tree, OutputTree):
        tree = tree.snapshot(wanted, contract=CONTRACT, scope=scope)
    tree = replace(
        tree, wanted=tuple(wanted), is_whole_tree=not request.suites, is_forced=request.force
    )
    reconciliation = reconcile(tree)
    idle = None
    if project.settings.profiles:
        from mockgen_watch.workflow.profiles import idle_profile, kept_for_profiles

        kept = kept_for_profiles(project, reconciliation)
        if kept:
            reconciliation = reconcile(replace(tree, kept=kept))
        if project.profile is not None and request.acting is None and _names_only(selection):
            outputs = {suite.suite: suite.outputs for suite in wanted if not suite.has_failed}
            idle = idle_profile(project, outputs)
    return Decision(
        suites=suites,
        selection=selection,
        reconciliation=reconciliation,
        diagnostics=(
            *project.diagnostics,
            *([] if idle is None else [idle]),
            *_unread(project, request, wanted),
            *[fault.finding for fault in faults],
            *reconciliation.blocked,
        ),
        failed_suites=tuple(suite.suite for suite in wanted if suite.has_failed),
    )


def wanted_suite(suites: Suites, name: str, selection: Selection = EVERYTHING) -> WantedSuite:
    """Return the outputs that the specs of a suite describe."""
    plans = suites.plans(name, selection)
    every = dict(suites.read(name).inputs)
    for plan in plans or ():
        for path in plan.inputs:
            every.setdefault(path, suites.sources.get(path))
    outputs = (
        WantedOutput.of(
            plan,
            suffix_of(plan),
            has_labels=wants_labels(plan),
            is_selected=selection.selects(plan.model, plan.scenario),
        )
        for plan in plans or ()
    )
    return WantedSuite(
        suite=name,
        outputs=tuple(outputs),
        inputs={path: digest for path, digest in every.items() if digest is not None},
        absent=tuple(path for path, digest in every.items() if digest is None),
        has_failed=plans is None,
        is_plain=plans is None or _is_plain(suites, selection),
    )


def _wanted_or_locked(suites: Suites, name: str, selection: Selection, lock: object) -> WantedSuite:
    """Return the outputs of a suite; as its lockfile lists them, where that is up to date.

    Such a suite is not even read.
    """
    if not isinstance(lock, Lockfile) or not lock.complete:
        return wanted_suite(suites, name, selection)
    absent = absent_paths(name, suites.settings.specs, lock, suites.sources)
    is_known = absent is not None and not any(map(suites.is_hidden, absent))
    is_known = is_known and not any(map(suites.has_rival, lock.inputs))
    if absent is None or not is_known or not made_from(lock, suites.sources, CONTRACT):
        return wanted_suite(suites, name, selection)
    wanted = wanted_from_lock(name, lock, suites.files[name], absent)
    outputs = (
        replace(output, is_selected=selection.selects(output.model, output.scenario))
        for output in wanted.outputs
    )
    return replace(wanted, outputs=tuple(outputs))


def _is_unread(suites: Suites, name: str) -> bool:
    """Return whether a suite with outputs may be there still, in a folder that cannot be read."""
    folder = f"{suites.settings.specs}/{name}".strip("/")
    return name not in suites.files and suites.is_hidden(folder)


def _unread_suite(name: str) -> WantedSuite:
    return WantedSuite(suite=name, inputs={}, has_failed=True)


def _unread(
    project: OpenProject, request: Request, wanted: Iterable[WantedSuite]
) -> Iterable[Diagnostic]:
    """Return the warnings of files that nothing reads, for a run over the whole project."""
    is_whole = not request.suites and request.acting is None
    if not is_whole or not oddly_named(frozenset(project.snapshot.files), SPECS):
        return ()
    from mockgen_watch.workflow.unread import unread_files

    return unread_files(project.snapshot, {path for suite in wanted for path in suite.inputs})


def _is_plain(suites: Suites, selection: Selection) -> bool:
    """Return whether nothing but the specs decides what the outputs are."""
    return _names_only(selection) and not suites.settings.has_profile


def _names_only(selection: Selection) -> bool:
    """Return whether a selection leaves everything as the specs have it."""
    return selection == Selection(models=selection.models, scenarios=selection.scenarios)


def preview(project: OpenProject, request: Request, *, root: OutputRoot | None = None) -> Report:
    """Return the report that ``generate`` would give, as far as it is known before generating.

    An update may turn out to change no byte. Refusals are diagnostics.

    Raises:
        FindingsError, UsageError, StorageError: as ``generate`` does.
    """
    root = root or project.output_root()
    decision = decide(project, request, read_outputs(root))
    files = sorted(decision.reconciliation.files(), key=lambda file: file.path)
    records = record_counts(decision.reconciliation)
    return Report(
        files=tuple(file_result(file, file.action, records, root) for file in files),
        diagnostics=decision.foreseen(root.label),
        failed_suites=decision.failed_suites,
    )


def record_counts(reconciliation: locked.Reconciliation) -> dict[str, int]:
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
    file: locked.FileAction, action: locked.Action, records: Mapping[str, int], root: OutputRoot
) -> FileResult:
    """Return the result of a file whose ``action`` turned out to be this."""
    return FileResult(
        path=root.named(file.path),
        action=action,
        reason=file.reason,
        records=records.get(file.path, 0),
    )


def no_progress(plan: OutputPlan, records: int) -> None:
    """Ignore that ``records`` more of ``plan`` were made."""
    del plan, records


class Renderer:
    """Makes the bytes of outputs from the plans of a project's suites."""

    def __init__(
        self,
        suites: Suites,
        selection: Selection = EVERYTHING,
        *,
        executor: Executor | None = None,
        advance: Advance = no_progress,
        spool_folder: str | None = None,
    ) -> None:
        self._suites = suites
        self._selection = selection
        self._executor = executor or Serial()
        self._advance = advance
        self._spool_folder = spool_folder

    def contents(
        self, reconciliation: locked.Reconciliation
    ) -> Iterator[tuple[locked.OutputAction, Iterator[tuple[str, Iterable[bytes]]]]]:
        """Yield each output of which bytes are needed, with its ``files``."""
        for suite in reconciliation.suites:
            for output in suite.outputs:
                if output.must_produce:
                    yield output, self.files(output)

    def plan(self, action: locked.OutputAction) -> OutputPlan:
        return self._suites.plan(action.output.suite, action.output.name, self._selection)

    def files(self, action: locked.OutputAction) -> Iterator[tuple[str, Iterable[bytes]]]:
        """Yield path and bytes of each file of an output that must be produced, in order.

        Raises:
            FindingsError: the suite has errors, or a record cannot be written.
        """
        paths = [file.path for file in action.files if file.must_produce]
        production = prepare_production(self.plan(action), self._suites.record_sources)
        yield from output_files(
            production, paths, self._executor, self._advance, self._spool_folder
        )


def generate(
    project: OpenProject,
    request: Request,
    *,
    root: OutputRoot | None = None,
    executor: Executor | None = None,
    begin: Callable[[int], Advance] | None = None,
    should_stop: Callable[[], bool] | None = None,
    read: Callable[[OutputRoot], OutputTree] = read_outputs,
) -> Report:
    """Bring the outputs of ``project`` up to date, in its own folder or in ``root``.

    ``begin`` is called with the number of records that will be made, and what it returns as they
    are. ``should_stop`` is asked before each file; true ends the run early, in good order.
    ``read`` looks at the output folder, once nobody else writes.

    Raises:
        FindingsError: the project file is wrong, so that nothing can be built on it.
        UsageError: the request names what is not there.
        LockedError: another process writes.
        StorageError: the output folder cannot be read or written at all.
    """
    is_own = root is None
    root = root or project.output_root()
    with writer_lock(project.state, "generate"):
        tree = read(root)
        decision = decide(project, replace(request, renew_locks=True), tree)
        renderer = decision.renderer(begin, executor=executor, spool_folder=project.state.folder)
        contents = renderer.contents(decision.reconciliation)
        outcome = apply(decision.reconciliation, tree, contents, should_stop=should_stop)
        tree.cache.save()
    return report_of_run(decision, outcome, root, is_own=is_own)


def report_of_run(
    decision: Decision, outcome: Outcome, root: OutputRoot, *, is_own: bool = True
) -> Report:
    """Return the report of a run; ``is_own``: it was over the project's own output folder."""
    found = Diagnostics((*decision.diagnostics, *decision.found()))
    for failure in outcome.failures:
        found.extend(describe_failure(failure, root))
    for refusal in outcome.refusals:
        found.add(
            describe_refusal(refusal.file, root.label, has_offer=refusal.has_offer, is_own=is_own)
        )
    return Report(
        files=tuple(_results(decision.reconciliation, outcome, root)),
        diagnostics=tuple(found.sorted()),
        failed_suites=decision.failed_suites,
        backups=outcome.backups,
        is_stopped=outcome.is_stopped,
        settled=frozenset(_settled(decision.reconciliation, outcome)),
        has_written=outcome.has_written,
        has_moved=outcome.has_moved,
        read=decision.suites.compiled(decision.selection),
    )


def _results(
    reconciliation: locked.Reconciliation, outcome: Outcome, root: OutputRoot
) -> Iterator[FileResult]:
    refused = {refusal.file.path for refusal in outcome.refusals}
    records = record_counts(reconciliation)
    ends = {path: settled.action for path, settled in outcome.settled.items()}
    ends |= dict.fromkeys(refused, locked.Action.REFUSE)
    for file in sorted(reconciliation.files(), key=lambda file: file.path):
        if file.path in ends:
            result = file_result(file, ends[file.path], records, root)
            yield replace(result, resumed=outcome.resumed.get(file.path, 0))


def _settled(reconciliation: locked.Reconciliation, outcome: Outcome) -> Iterator[str]:
    """Yield the suites of which nothing is left to do or to report."""
    if outcome.failures or outcome.is_stopped:
        return
    refused = {refusal.file.path for refusal in outcome.refusals}
    for suite in reconciliation.suites:
        is_refused = any(file.path in refused for file in suite.files())
        if suite.suite in outcome.committed and not is_refused:
            yield suite.suite


def describe_failure(failure: Failure, root: OutputRoot) -> tuple[Diagnostic, ...]:
    """Return the diagnostics of an output that could not be made or written."""
    if isinstance(failure.error, FindingsError):
        return failure.error.diagnostics
    found = Diagnostic(
        code="MG510",
        message=str(failure.error),
        location=Location(path=root.named(failure.path)),
        hint="the old file was not changed; fix the cause and run again",
    )
    return (found,)
