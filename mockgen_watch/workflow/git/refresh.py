"""Takes a project as it is staged and what should be; gives right outputs in the work tree.

Where the work tree holds outputs that are not staged, it is left as it is: the right bytes are put
among Git's objects, and one command brings them into the index.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.executors.serial import Serial
from mockgen_watch.lock.findings import describe_refusal
from mockgen_watch.lock.paths import lock_path
from mockgen_watch.lock.settle import stale_locks
from mockgen_watch.lock.snapshot import Action
from mockgen_watch.storage.git.repository import index_name
from mockgen_watch.storage.outputs import read_output, read_outputs
from mockgen_watch.storage.transaction import apply
from mockgen_watch.workflow.decide import decide
from mockgen_watch.workflow.generate import OutputProducer, describe_failure, no_progress
from mockgen_watch.workflow.git.staging import IndexEdit, index_edits, write_index_edits
from mockgen_watch.workflow.request import Request

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.lock.snapshot import Reconciliation, SuiteAction
    from mockgen_watch.storage.outputs import OutputTree
    from mockgen_watch.workflow.decide import Decision
    from mockgen_watch.workflow.git.staged_fresh import Look
    from mockgen_watch.workflow.git.stored import Stored
    from mockgen_watch.workflow.project import OpenProject


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
        """Tell whether what is staged may be committed."""
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
        produce = OutputProducer(self.work.preparer, Serial(), no_progress)
        wanted = replace(self.work.reconciliation, suites=tuple(self.to_write), strays=())
        before = self.tree
        paths = self._paths()
        old = _work_digests(before, paths)
        outcome = apply(wanted, before, produce)
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
        """Tell whether nothing that is not staged would be written over."""
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
        produce = OutputProducer(self.decision.preparer, Serial(), no_progress)
        edits, refused = index_edits(action, self.stored, produce)
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
