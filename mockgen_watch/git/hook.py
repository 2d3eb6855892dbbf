"""Hook: whether the index may be committed, and what to type where it may not.

What is committed is decided from the index alone: staged specs against staged outputs. Outputs
that are wrong there are corrected in the work tree, and a person stages them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic, Diagnostics, Location, has_errors
from mockgen_watch.digest import digest
from mockgen_watch.errors import FindingsError
from mockgen_watch.git.repository import FILE, Entry, StagedProject, index_file
from mockgen_watch.git.stored import Store, Stored, open_stored
from mockgen_watch.git.verify import find_spec_errors, verify_stored
from mockgen_watch.lock.lockfile import write_lockfile
from mockgen_watch.lock.model import Action, FileAction, Reconciliation, SuiteAction
from mockgen_watch.lock.paths import lock_path, spec_folder
from mockgen_watch.lock.reconcile import describe_refusal
from mockgen_watch.lock.settle import Settled, next_lockfile, settle, stale_locks
from mockgen_watch.spec import CONTRACT, SPECS
from mockgen_watch.storage.outputs import read_outputs
from mockgen_watch.storage.project_folder import writer_lock
from mockgen_watch.storage.transaction import apply
from mockgen_watch.workflow.generate import Decision, decide, describe_failure
from mockgen_watch.workflow.targets import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from mockgen_watch.workflow.project import OpenProject


_EDITS = "hook.index-info"
"""The file of edits, in the state folder; for ``git update-index -z --index-info``."""


class HookReport(Struct, frozen=True, kw_only=True):
    """What a hook found and did. Paths are relative to the project.

    Attributes:
        add: files that are right in the work tree and not in the index.
        written: those of them that this run wrote or removed.
        left: outputs that are wrong in the index, and whose files have changes that are not staged.
        edits_file: a file for ``git update-index --index-info`` that corrects ``left``; "" when
            there are none.
        is_partial: the commit takes only the paths that Git was given.
    """

    project: OpenProject
    add: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    left: tuple[str, ...] = ()
    edits_file: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()
    is_partial: bool = False

    @property
    def has_passed(self) -> bool:
        """Whether what is staged may be committed."""
        return not (self.add or self.left or has_errors(self.diagnostics))


def refresh(staged: StagedProject, profile: str | None = None) -> HookReport:
    """Bring outputs in the work tree up to date with the staged specs. Nothing is staged.

    Raises:
        FindingsError: the project file is wrong, or the index has conflicts.
        LockedError: another process writes.
        StorageError: Git fails, or outputs cannot be read or written.
    """
    stored = _open_staged(staged, profile)
    project = stored.project
    decision = decide(project, Request(), stored.outputs)
    stale = _stale_suites(decision.reconciliation)
    found = Diagnostics((*decision.diagnostics, *decision.found()))
    if not stale:
        # The index does not show which release of a plugin is installed.
        if not found.failed and profile is None and not project.settings.plugins:
            staged.remember(project.settings.outputs)
        return HookReport(project=project, diagnostics=tuple(found.sorted()))
    with writer_lock(project.state, "hook"):
        run = _Refresh(staged, stored, decision)
        for suite in stale:
            run.assign(suite)
        run.write()
        found.extend((*run.found, *decision.found()))
        return run.report(tuple(found.sorted()))


def check_staged(
    staged: StagedProject, profile: str | None = None, *, specs_only: bool
) -> HookReport:
    """Return what is wrong with what is staged.

    Outputs are made again and compared; with ``specs_only`` they are not looked at.

    Raises:
        FindingsError: the project file is wrong, or the index has conflicts.
        StorageError: Git fails.
    """
    stored = _open_staged(staged, profile)
    find = find_spec_errors if specs_only else verify_stored
    return HookReport(project=stored.project, diagnostics=find(stored))


def _open_staged(staged: StagedProject, profile: str | None) -> Stored:
    """Return the project whose specs and outputs are those of the index."""
    store = Store(staged.root, staged.repository, staged.state, profile)

    def read(folders: Sequence[str]) -> tuple[Entry, ...]:
        is_read = folders == (SPECS, staged.outputs)
        index = staged.index if is_read else staged.repository.index(folders)
        if index.unmerged:
            hint = "resolve the specs first, then run mockgen-watch generate and git add"
            message = "A merge left this file in conflict"
            places = [Location(path=path) for path in index.unmerged]
            raise FindingsError(
                [Diagnostic(code="MG511", message=message, location=at, hint=hint) for at in places]
            )
        return index.entries

    stored = open_stored(store, read, staged.outputs)
    store.save()
    return stored


def _stale_suites(reconciliation: Reconciliation) -> list[str]:
    """Return the suites whose outputs or lockfiles are not as they should be."""
    changed = {
        suite.suite
        for suite in reconciliation.suites
        if any(file.action is not Action.KEEP for file in suite.files())
    }
    return sorted(changed.union(stale_locks(reconciliation)))


class _Refresh:
    """A run that has something to do.

    Attributes:
        index, work: suite → what its files in the index, or in the work tree, need to be as the
            staged specs say.
        suites: those whose files are to be staged afterwards.
        to_write: those of them that have to be written.
        edits: for suites that can be corrected in the index alone: path → its bytes there; None
            for a path that should not exist.
        written: files that this run changed.
    """

    def __init__(self, staged: StagedProject, stored: Stored, decision: Decision) -> None:
        self.staged = staged
        self.stored = stored
        self.decision = decision
        self.tree = read_outputs(stored.project.output_root())
        self.work_decision = decide(stored.project, Request(), self.tree)
        self.index = {suite.suite: suite for suite in decision.reconciliation.suites}
        self.work = {suite.suite: suite for suite in self.work_decision.reconciliation.suites}
        self.stale_work = _stale_suites(self.work_decision.reconciliation)
        self.label = self.tree.root.label
        self.suites: list[str] = []
        self.to_write: list[SuiteAction] = []
        self.edits: dict[str, bytes | None] = {}
        self.written: list[str] = []
        self.found: list[Diagnostic] = []

    def assign(self, suite: str) -> None:
        """Decide whether ``suite`` is right in the work tree, can be written there, or neither."""
        action = self.work.get(suite)
        if action is not None and (suite not in self.stale_work or self._can_write(action)):
            self.suites.append(suite)
            if suite in self.stale_work:
                self.to_write.append(action)
        elif suite in self.index:
            self._edit_index(self.index[suite])

    def write(self) -> None:
        if not self.to_write:
            return
        work = self.work_decision
        wanted = replace(work.reconciliation, suites=tuple(self.to_write), strays=())
        paths = self._paths()
        old = self._digests(paths)
        outcome = apply(wanted, self.tree, work.renderer().contents(wanted))
        for failure in outcome.failures:
            self.found += describe_failure(failure, self.tree.root)
        for refusal in outcome.refusals:
            self._refuse(refusal.file, has_offer=refusal.has_offer)
        self.tree = read_outputs(self.tree.root)
        new = self._digests(paths)
        self.written = [path for path in paths if old.get(path) != new.get(path)]

    def report(self, found: tuple[Diagnostic, ...]) -> HookReport:
        """Return the report; edits of the index are put into their file."""
        add = self._paths_to_add()
        edits = dict(self.edits)
        if edits or os.environ.get("PRE_COMMIT"):
            # pre-commit stashes what is not staged, and restores it over the new files where the
            # two meet: then the index is the only place for them.
            for path in add:
                exists = path in self.tree.stamps
                edits[path] = self.tree.root.read(path) if exists else None
        self.tree.cache.save()
        return HookReport(
            project=self.stored.project,
            add=tuple(map(self.tree.root.named, add)),
            written=tuple(self.tree.root.named(path) for path in self.written if path in add),
            left=tuple(map(self.tree.root.named, self.edits)),
            edits_file=self._write_edits(edits) if edits else "",
            diagnostics=found,
            is_partial=os.path.basename(index_file()).startswith("next-index-"),
        )

    def _can_write(self, suite: SuiteAction) -> bool:
        """Return whether no change that is not staged would be overwritten."""
        moves = {Action.CREATE, Action.UPDATE, Action.DELETE}
        paths = [file.path for file in suite.files() if file.action in moves]
        paths.append(lock_path(suite.suite))
        current = self._digests(paths)
        staged = self.stored.outputs.disk
        return all(current.get(path) in {None, staged.get(path)} for path in paths)

    def _edit_index(self, suite: SuiteAction) -> None:
        """Note what ``suite`` needs in the index, but for files that were edited by hand."""
        renderer = self.decision.renderer()
        made: dict[str, bytes] = {}
        for output in suite.outputs:
            if output.must_produce:
                made.update((path, b"".join(chunks)) for path, chunks in renderer.files(output))
        settled: dict[str, Settled] = {}
        for file in suite.files():
            data = made.get(file.path)
            action, found = file.action, file.wanted or file.found
            if data is not None:
                found = digest(data)
                action = settle(file, found, is_forced=False)
            settled[file.path] = Settled(action=action, digest=found)
            if action is Action.REFUSE:
                self._refuse(file, has_offer=False)
            elif action is not Action.KEEP:
                self.edits[file.path] = data
        lock = next_lockfile(suite, CONTRACT, settled)
        data = None if lock is None else write_lockfile(lock, spec_folder(suite.suite))
        path = lock_path(suite.suite)
        if self.stored.outputs.disk.get(path) != (None if data is None else digest(data)):
            self.edits[path] = data

    def _refuse(self, file: FileAction, *, has_offer: bool) -> None:
        self.found.append(describe_refusal(file, self.label, has_offer=has_offer))

    def _actions(self, side: Mapping[str, SuiteAction]) -> list[SuiteAction]:
        return [side[name] for name in self.suites if name in side]

    def _paths(self) -> list[str]:
        """Return every path of the suites, with the lockfiles."""
        actions = [*self._actions(self.index), *self._actions(self.work)]
        paths = {file.path for suite in actions for file in suite.files()}
        return sorted(paths.union(map(lock_path, self.suites)))

    def _digests(self, paths: Iterable[str]) -> Mapping[str, str]:
        """Return path → digest of those that are files in the work tree."""
        return self.tree.digests(path for path in paths if path in self.tree.stamps)[0]

    def _paths_to_add(self) -> list[str]:
        unwanted = {file.path for suite in self._actions(self.index) for file in suite.unwanted}
        refused = {found.location.path.removeprefix(f"{self.label}/") for found in self.found}
        paths = self._paths()
        current = self._digests(paths)
        staged = self.stored.outputs.disk
        return [
            path
            for path in paths
            if current.get(path) != staged.get(path)
            # An output that nobody wants may stay where it is, as a file of the user's.
            and not (path in unwanted and path in current)
            and path not in refused
        ]

    def _write_edits(self, edits: Mapping[str, bytes | None]) -> str:
        """Put ``edits`` into a file of the state folder, and return its path."""
        repository, state = self.staged.repository, self.staged.state
        lines = []
        # As many zeros as an id of this repository has digits.
        nothing = "0" * len(repository.keep_blob(b""))
        for path, data in edits.items():
            entry = f"0 {nothing}" if data is None else f"{FILE} {repository.keep_blob(data)} 0"
            lines.append(f"{entry}\t{repository.prefix}{self.label}/{path}\0")
        state.write(_EDITS, "".join(lines).encode("utf-8", "surrogateescape"), is_durable=False)
        return state.place(_EDITS)
