"""Check: all that is wrong with the specs and outputs of a project, and the fixes of specs.

``check`` writes nothing. Fixes are played through in memory, as what is found after a first round
may carry more. Only the end is written, after a backup of each file, and only where nobody else
changed a file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.diagnostics import (
    Diagnostic,
    Diagnostics,
    Fix,
    Location,
    Severity,
    apply_fixes,
    choose_fixes,
)
from mockgen_watch.digest import digest, digest_chunks
from mockgen_watch.lock.lockfile import is_same_lock, write_lockfile
from mockgen_watch.lock.model import (
    Action,
    FileAction,
    OutputAction,
    SuiteAction,
    relevant_paths,
)
from mockgen_watch.lock.paths import folders_above, lock_path, spec_folder
from mockgen_watch.lock.reconcile import describe
from mockgen_watch.lock.settle import Settled, next_lockfile, settle
from mockgen_watch.scenarios.overlap import check_scenarios
from mockgen_watch.spec import CONTRACT
from mockgen_watch.storage.multi import Replaced, Replacement, replace_files
from mockgen_watch.storage.outputs import OutputTree, read_outputs
from mockgen_watch.workflow.generate import Decision, Renderer, decide
from mockgen_watch.workflow.project import OpenProject, project_of
from mockgen_watch.workflow.targets import select_suites

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from mockgen_watch.workflow.produce import Advance
    from mockgen_watch.workflow.targets import Request

    KnownDigests = dict[tuple[str, tuple[str, ...]], Mapping[str, str]]
    """Key of an output and the files that are needed of it → their digests."""


def check(
    project: OpenProject,
    request: Request,
    *,
    begin: Callable[[int], Advance] | None = None,
) -> tuple[Diagnostic, ...]:
    """Return every finding in specs and outputs, in the order of report.

    Where it is not certain that an output would stay as it is, its bytes are made and compared.

    Raises:
        FindingsError, UsageError, StorageError: as ``decide`` does.
    """
    tree = read_outputs(project.output_root())
    decision = decide(project, request, tree)
    made = MadeDigests(decision.renderer(begin))
    found = Diagnostics(decision.diagnostics)
    for suite in decision.reconciliation.suites:
        found.extend(check_suite(suite, decision, tree.root.label, made))
        if suite.wanted is not None:
            plans = decision.suites.plans(suite.suite, decision.selection)
            found.extend(check_scenarios(plans or ()))
    for stray in decision.reconciliation.strays:
        found.extend(describe(stray, tree.root.label))
    found.extend(_unmade_files(tree, decision))
    found.extend(decision.found())
    tree.cache.save()
    return tuple(found.sorted())


def _unmade_files(tree: OutputTree, decision: Decision) -> Iterator[Diagnostic]:
    """Yield a note for each file in the folder of a suite that no spec makes; hidden ones aside.

    A file belongs to the nearest suite; what a suite with errors makes is not known.
    """
    reconciliation = decision.reconciliation
    checked = {suite.suite for suite in reconciliation.suites}
    suites = checked.union(decision.suites.files, tree.locks)
    snapshot = reconciliation.snapshot
    told = set(relevant_paths(snapshot.wanted, tree.locks, snapshot.journal))
    # What this program made goes with the next run over the whole project.
    told.update(one.path for one in snapshot.made if snapshot.disk.get(one.path) == one.digest)
    for path in sorted(tree.stamps.keys() - told - tree.lock_digests.keys()):
        folders = ["", *folders_above(path)]
        nearest = next((one for one in reversed(folders) if one in suites), None)
        if nearest in checked and "/." not in f"/{path}":
            yield Diagnostic(
                code="MG515",
                message="No spec produces this file",
                severity=Severity.NOTE,
                location=Location(path=tree.root.named(path)),
                hint="it is never touched; delete it, or move it out of the suite's folder",
            )


class MadeDigests:
    """Makes outputs, and gives the digests of their files."""

    def __init__(self, renderer: Renderer, known: KnownDigests | None = None) -> None:
        self._renderer = renderer
        self._known = {} if known is None else known

    def __call__(self, output: OutputAction) -> Mapping[str, str]:
        """Return path → digest of the files of ``output`` whose bytes are needed.

        Raises:
            FindingsError: the suite has errors, or a record cannot be written.
        """
        wanted = tuple(file.path for file in output.files if file.must_produce)
        name = (output.output.key, wanted)
        if name not in self._known:
            files = self._renderer.files(output)
            self._known[name] = {path: digest_chunks(chunks) for path, chunks in files}
        return self._known[name]


def check_suite(
    suite: SuiteAction, decision: Decision, label: str, made: MadeDigests
) -> Iterator[Diagnostic]:
    """Yield what is wrong with the outputs of ``suite``; ``label`` is the output folder's name."""
    settled: dict[str, Settled] = {}
    clean = True
    for file in _settle_all(suite, made, settled):
        findings = describe(file, label)
        clean = clean and not findings
        yield from findings
    if clean and not _has_next_lock(suite, decision, settled):
        yield Diagnostic(
            code="MG502",
            message="The lockfile is out of date: the inputs of the outputs changed",
            location=Location(path=f"{label}/{lock_path(suite.suite)}"),
            hint="run mockgen-watch generate",
        )


def _settle_all(
    suite: SuiteAction, made: MadeDigests, settled: dict[str, Settled]
) -> Iterator[FileAction]:
    """Yield the files that would not be kept; note in ``settled`` those that would."""
    for output in suite.outputs:
        digests: Mapping[str, str] = {}
        if any(file.must_produce and file.found is not None for file in output.files):
            digests = made(output)
        for file in output.files:
            produced = digests.get(file.path)
            action = settle(file, produced, is_forced=False) if produced else file.action
            if action is Action.KEEP:
                settled[file.path] = Settled(action=action, digest=produced or file.found)
            else:
                yield file
    for file in suite.unwanted:
        if file.action is not Action.KEEP:
            yield file


def _has_next_lock(suite: SuiteAction, decision: Decision, settled: dict[str, Settled]) -> bool:
    """Return whether the lockfile on disk is the one that a run would leave."""
    lock = next_lockfile(suite, CONTRACT, settled)
    if suite.lock is not None and suite.lock.is_legacy:
        return is_same_lock(suite.lock, lock)
    there = decision.reconciliation.snapshot.disk.get(lock_path(suite.suite))
    return there == (
        None if lock is None else digest(write_lockfile(lock, spec_folder(suite.suite)))
    )


# Fixes ------------------------------------------------------------------------------------------

MAX_ROUNDS: Final = 10
"""Rounds of fixes, each for what is found in the texts that the one before has left."""


class FixedFile(Struct, frozen=True, kw_only=True):
    """A spec file before and after all fixes; ``path`` is its own, where it is a link as well."""

    path: str
    old: bytes
    new: bytes


class FixPlan(Struct, frozen=True, kw_only=True):
    """What the fixes make of the specs.

    Attributes:
        fixes: in the order in which they are applied; a later round's places are those in the
            text that the rounds before have left.
    """

    fixes: tuple[Fix, ...]
    files: tuple[FixedFile, ...]


def plan_fixes(project: OpenProject, request: Request) -> FixPlan:
    """Return what the fixes of the diagnostics of specs come to; nothing is written.

    Raises:
        UsageError: the request names what does not exist.
    """
    before = project.snapshot
    applied: list[Fix] = []
    for _ in range(MAX_ROUNDS):
        files = project.snapshot.files
        fixes = choose_fixes(
            item
            for item in _spec_diagnostics(project, request)
            if item.fix and all(fix.location.path in files for fix in item.fix)
        )
        if not fixes:
            break
        applied += fixes
        snapshot = project.snapshot
        texts = {fix.location.path: snapshot.load(fix.location.path) for fix in fixes}
        for path, data in apply_fixes(texts, fixes).items():
            snapshot = snapshot.replaced(path, data)
        project = project_of(project.root, project.state, snapshot, project.profile)
    changed = {
        file.real_path: FixedFile(
            path=file.real_path, old=before.load(path), new=project.snapshot.load(path)
        )
        for path, file in before.files.items()
        if project.snapshot.files[path].digest != file.digest
    }
    return FixPlan(fixes=tuple(applied), files=tuple(changed.values()))


def _spec_diagnostics(project: OpenProject, request: Request) -> tuple[Diagnostic, ...]:
    if project.has_failed:
        return project.diagnostics
    for suite in select_suites(project.suites, request):
        project.suites.plans(suite)
    return (*project.diagnostics, *project.suites.found())


def write_fixes(project: OpenProject, plan: FixPlan) -> Replaced:
    """Write the files of ``plan``, after a backup of each, all of them or none.

    Raises:
        LockedError: another process writes.
        StorageError: a file was changed meanwhile, or cannot be written.
    """
    files = [
        Replacement(path=file.path, old=digest(file.old), data=file.new) for file in plan.files
    ]
    return replace_files(project.folder_root(), files, "check")
