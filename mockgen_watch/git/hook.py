"""Takes the index of a project; gives what keeps it from being committed, and what to type next.

What is committed is decided from the index alone: staged specs against staged outputs. Outputs
that are wrong there are made right in the work tree, and a person stages them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.digest import digest
from mockgen_watch.generate.address import CONTRACT
from mockgen_watch.git.repository import FILE, index_name
from mockgen_watch.git.stored import (
    in_order,
    open_staged,
    remember_index,
    validate_stored,
    verify_stored,
)
from mockgen_watch.lock.findings import describe_refusal
from mockgen_watch.lock.lockfile import write_lockfile
from mockgen_watch.lock.model import Action
from mockgen_watch.lock.paths import lock_path
from mockgen_watch.lock.settle import Settled, next_lockfile, settle, stale_locks
from mockgen_watch.storage.outputs import read_output, read_outputs
from mockgen_watch.storage.project_lock import WRITER, ProjectLock
from mockgen_watch.storage.transaction import apply
from mockgen_watch.workflow.generate import (
    LOCK_WAIT,
    Renderer,
    decide,
    describe_failure,
)
from mockgen_watch.workflow.results import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.git.stored import Look, Stored
    from mockgen_watch.lock.model import FileAction, Reconciliation, SuiteAction
    from mockgen_watch.storage.outputs import OutputTree
    from mockgen_watch.workflow.generate import Decision
    from mockgen_watch.workflow.project import OpenProject


EDITS = "hook.index-info"
"""The file of edits, in the state folder; for ``git update-index -z --index-info``."""


class IndexEdit(Struct, frozen=True, kw_only=True):
    """What one path of the index should hold.

    Attributes:
        path: relative to the output folder.
        data: its bytes; None for a path that should not be there.
    """

    path: str
    data: bytes | None


def index_edits(
    suite: SuiteAction, stored: Stored, renderer: Renderer
) -> tuple[list[IndexEdit], list[FileAction]]:
    """Return the edits that ``suite`` needs, and its files that were edited by hand.

    Raises:
        FindingsError: the suite has errors, or a record cannot be written.
    """
    making = _Making()
    for output in suite.outputs:
        made = {}
        if output.must_produce:
            made = {path: b"".join(chunks) for path, chunks in renderer.files(output)}
        for file in output.files:
            making.output(file, made.get(file.path))
    for file in suite.unwanted:
        making.unwanted(file)
    lock = next_lockfile(suite, CONTRACT, making.settled)
    data = None if lock is None else write_lockfile(lock)
    path = lock_path(suite.suite)
    if stored.outputs.disk.get(path) != (None if data is None else digest(data)):
        making.edits.append(IndexEdit(path=path, data=data))
    return making.edits, making.refused


class _Making(Struct):
    """What becomes of the files of a suite in the index."""

    settled: dict[str, Settled] = field(default_factory=dict)
    edits: list[IndexEdit] = field(default_factory=list)
    refused: list[FileAction] = field(default_factory=list)

    def output(self, file: FileAction, data: bytes | None) -> None:
        wanted = file.wanted if data is None else digest(data)
        action = file.action
        if data is not None and wanted is not None:
            action = settle(file, wanted, is_forced=False)
        self.settled[file.path] = Settled(action=action, digest=wanted or file.found)
        if action is Action.REFUSE:
            self.refused.append(file)
        elif action is not Action.KEEP:
            self.edits.append(IndexEdit(path=file.path, data=data))

    def unwanted(self, file: FileAction) -> None:
        self.settled[file.path] = Settled(action=file.action, digest=None)
        if file.action is Action.DELETE:
            self.edits.append(IndexEdit(path=file.path, data=None))
        elif file.action is Action.REFUSE:
            self.refused.append(file)


def write_index_edits(look: Look, edits: Iterable[IndexEdit], label: str) -> str:
    """Put ``edits`` into a file of the state folder, and return its path.

    Raises:
        StorageError: Git fails, or the file cannot be written.
    """
    lines = []
    # As many zeros as an id of this repository has digits.
    nothing = "0" * len(look.repository.keep_blob(b""))
    for edit in edits:
        path = f"{look.repository.prefix}{label}/{edit.path}"
        if edit.data is None:
            lines.append(f"0 {nothing}\t{path}")
        else:
            lines.append(f"{FILE} {look.repository.keep_blob(edit.data)} 0\t{path}")
    text = "".join(f"{line}\0" for line in lines)
    look.state.write(EDITS, text.encode("utf-8", "surrogateescape"), is_durable=False)
    return look.state.place(EDITS)


class HookReport(Struct, frozen=True, kw_only=True):
    """What a hook found and did. Paths are relative to the project.

    Attributes:
        project: as it is staged.
        add: files that are right in the work tree and not so in the index.
        written: those of them that this run wrote or removed.
        held: outputs that are wrong in the index, and whose files hold something not staged.
        edits_file: a file for ``git update-index --index-info`` that puts ``held`` right; "" when
            there are none.
        diagnostics: of staged specs and outputs, in the order of report.
        is_partial: the commit takes only the paths that Git was given.
    """

    project: OpenProject
    add: tuple[str, ...] = ()
    written: tuple[str, ...] = ()
    held: tuple[str, ...] = ()
    edits_file: str = ""
    diagnostics: tuple[Diagnostic, ...] = ()
    is_partial: bool = False

    @property
    def has_passed(self) -> bool:
        """Return whether what is staged may be committed."""
        return not (self.add or self.held or has_errors(self.diagnostics))


def stale_suites(reconciliation: Reconciliation) -> list[str]:
    """Return the suites whose outputs or lockfiles are not as they should be."""
    stale = dict.fromkeys(stale_locks(reconciliation))
    for suite in reconciliation.suites:
        if any(file.action is not Action.KEEP for file in suite.files()):
            stale[suite.suite] = None
    return sorted(stale)


class Refresh:
    """A run that has something to do.

    Attributes:
        decision: on what is staged.
        tree, work: the outputs of the work tree, and what staged specs make of them.
        suites: of which one looks at the work tree afterwards, for what is to be staged.
        to_write: those of them that have to be written.
        edits: for the index alone.
    """

    def __init__(self, *, look: Look, stored: Stored, decision: Decision) -> None:
        """Look at the work tree."""
        self.look = look
        self.stored = stored
        self.decision = decision
        self.tree: OutputTree = read_outputs(stored.project.output_root())
        self.work: Decision = decide(stored.project, Request(), self.tree)
        self.suites: list[str] = []
        self.to_write: list[SuiteAction] = []
        self.edits: list[IndexEdit] = []
        self.held: list[str] = []
        self.written: list[str] = []
        self.found: list[Diagnostic] = []

    @property
    def label(self) -> str:
        """The output folder, as people know it."""
        return self.tree.root.label

    def sort_in(self, suite: str) -> None:
        """Decide whether ``suite`` is right in the work tree, can be written there, or neither."""
        there = _suite(self.work.reconciliation, suite)
        if there is not None and suite not in stale_suites(self.work.reconciliation):
            self.suites.append(suite)
        elif there is not None and self._can_write(there):
            self.suites.append(suite)
            self.to_write.append(there)
        else:
            self._edit_index(suite)

    def write(self) -> None:
        """Write the outputs that are to be written."""
        if not self.to_write:
            return
        renderer = Renderer(self.work.suites, self.work.selection)
        wanted = replace(self.work.reconciliation, suites=tuple(self.to_write), strays=())
        before = self.tree
        paths = self._paths()
        old = _work_digests(before, paths)
        outcome = apply(wanted, before, renderer.files)
        for failure in outcome.failures:
            self.found += describe_failure(failure, before.root)
        for refusal in outcome.refusals:
            told = describe_refusal(refusal.file, self.label, has_offer=refusal.has_offer)
            self.found.append(told)
        self.tree = read_outputs(before.root)
        new = _work_digests(self.tree, paths)
        self.written = [path for path in paths if old.get(path) != new.get(path)]

    def report(self, found: tuple[Diagnostic, ...]) -> HookReport:
        """Return the account; edits of the index are put into their file."""
        add = self._to_add()
        edits = list(self.edits)
        if edits or os.environ.get("PRE_COMMIT"):
            # pre-commit has put aside what is not staged, and takes the new files back where
            # the two meet: then the index is the only place for them.
            edits += [self._edit_of(path) for path in add]
        self.tree.cache.save()
        return HookReport(
            project=self.stored.project,
            add=tuple(f"{self.label}/{path}" for path in add),
            written=tuple(f"{self.label}/{path}" for path in self.written if path in add),
            held=tuple(f"{self.label}/{path}" for path in self.held),
            edits_file=write_index_edits(self.look, edits, self.label) if edits else "",
            diagnostics=found,
            is_partial=index_name().startswith("next-index-"),
        )

    def _can_write(self, suite: SuiteAction) -> bool:
        """Return whether nothing that is not staged would be written over."""
        moved = [file.path for file in suite.files() if _is_to_move(file.action)]
        paths = [*moved, lock_path(suite.suite)]
        there = _work_digests(self.tree, paths)
        staged = self.stored.outputs.disk
        return all(there.get(path) in {None, staged.get(path)} for path in paths)

    def _edit_index(self, suite: str) -> None:
        """Make the outputs of ``suite`` for the index alone."""
        action = _suite(self.decision.reconciliation, suite)
        if action is None:
            return
        renderer = Renderer(self.decision.suites, self.decision.selection)
        edits, refused = index_edits(action, self.stored, renderer)
        for file in refused:
            self.found.append(describe_refusal(file, self.label, has_offer=False))
        for edit in edits:
            self.edits.append(edit)
            self.held.append(edit.path)

    def _paths(self) -> list[str]:
        """Return every path of the suites, of the lockfiles too."""
        paths: dict[str, None] = {}
        for decision in (self.decision, self.work):
            for name in self.suites:
                if (suite := _suite(decision.reconciliation, name)) is not None:
                    paths.update(dict.fromkeys(file.path for file in suite.files()))
        paths.update(dict.fromkeys(map(lock_path, self.suites)))
        return sorted(paths)

    def _to_add(self) -> list[str]:
        unwanted = {
            file.path
            for name in self.suites
            if (suite := _suite(self.decision.reconciliation, name)) is not None
            for file in suite.unwanted
        }
        refused = {found.location.path.removeprefix(f"{self.label}/") for found in self.found}
        paths = self._paths()
        there = _work_digests(self.tree, paths)
        staged = self.stored.outputs.disk
        return [
            path
            for path in paths
            if there.get(path) != staged.get(path)
            # An output that nobody wants may stay where it is, as a file of the user's.
            and not (path in unwanted and path in there)
            and path not in refused
        ]

    def _edit_of(self, path: str) -> IndexEdit:
        is_there = path in self.tree.stamps
        return IndexEdit(path=path, data=read_output(self.tree, path) if is_there else None)


def _is_to_move(action: Action) -> bool:
    return action in {Action.CREATE, Action.UPDATE, Action.DELETE}


def _suite(reconciliation: Reconciliation, name: str) -> SuiteAction | None:
    return next((suite for suite in reconciliation.suites if suite.suite == name), None)


def _work_digests(tree: OutputTree, paths: Iterable[str]) -> Mapping[str, str]:
    """Return path → digest of those that are files in the work tree."""
    found, _ = tree.digests(path for path in paths if path in tree.stamps)
    return found


def refresh(look: Look, profile: str | None = None) -> HookReport:
    """Bring outputs in the work tree up to date with the staged specs. Nothing is staged.

    Raises:
        FindingsError: the project file is wrong, or the index has conflicts.
        LockedError: another process writes.
        StorageError: Git fails, or outputs cannot be read or written.
    """
    stored = open_staged(look, profile)
    decision = decide(stored.project, Request(), stored.outputs)
    stale = stale_suites(decision.reconciliation)
    found = dict.fromkeys((*decision.diagnostics, *decision.found()))
    if not stale:
        # The index does not tell which release of a plugin is installed.
        is_told = profile is None and not stored.project.settings.plugins
        if not has_errors(found) and is_told:
            remember_index(look, stored.project.settings.outputs)
        return HookReport(project=stored.project, diagnostics=in_order(found))
    project = stored.project
    with ProjectLock(project.state, WRITER, holder="mockgen-watch hook", timeout=LOCK_WAIT):
        run = Refresh(look=look, stored=stored, decision=decision)
        for suite in stale:
            run.sort_in(suite)
        run.write()
        found.update(dict.fromkeys((*run.found, *decision.found())))
        return run.report(in_order(found))


def validate(look: Look, profile: str | None = None) -> HookReport:
    """Return what is wrong with the staged specs; outputs are not looked at.

    Raises:
        FindingsError: the project file is wrong, or the index has conflicts.
        StorageError: Git fails.
    """
    stored = open_staged(look, profile)
    return HookReport(project=stored.project, diagnostics=validate_stored(stored))


def verify_staged(look: Look, profile: str | None = None) -> HookReport:
    """Return what is wrong with staged specs and outputs. Outputs are made again and compared.

    Raises:
        FindingsError: the project file is wrong, or the index has conflicts.
        StorageError: Git fails.
    """
    stored = open_staged(look, profile)
    return HookReport(project=stored.project, diagnostics=verify_stored(stored))
