"""Takes commits; gives those whose outputs are not what their specs make. Nothing is checked out.

Specs and outputs are read from Git's objects. Two trees that were found right once are right in
every commit that has both, and an output with a known key is made once for all commits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.errors import FindingsError, UsageError
from mockgen_watch.git.blobs import BlobDigests, read_commits
from mockgen_watch.git.repository import LINK, Repository
from mockgen_watch.git.stored import Store, find_stale_outputs, open_stored
from mockgen_watch.storage.memo import VerifiedTrees
from mockgen_watch.storage.project_folder import SPECS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from mockgen_watch.diagnostics import Diagnostic
    from mockgen_watch.executors.base import Executor
    from mockgen_watch.git.blobs import Commit
    from mockgen_watch.git.repository import Entry
    from mockgen_watch.git.stored import Stored
    from mockgen_watch.workflow.check import KnownDigests
    from mockgen_watch.workflow.project import OpenProject


class StaleCommit(Struct, frozen=True, kw_only=True):
    """A commit whose outputs its specs do not make, and what is wrong."""

    commit: Commit
    diagnostics: tuple[Diagnostic, ...]


class Verification(Struct, frozen=True, kw_only=True):
    """What was found.

    Attributes:
        commits: how many were looked at.
        remembered: how many of them have trees that had been found right before.
        without: how many of them have neither specs nor outputs at the place of the project.
        stale: those that are not right, oldest first.
    """

    commits: int
    remembered: int
    without: int
    stale: tuple[StaleCommit, ...]


def verify(
    project: OpenProject,
    revisions: Sequence[str],
    *,
    executor: Executor,
    begin: Callable[[int], Callable[[Commit], None]],
    trust_memory: bool = True,
) -> Verification:
    """Return which commits of ``revisions`` do not reproduce.

    Args:
        project: whose history is meant.
        revisions: ranges of commits, or single ones.
        executor: makes the records of large outputs.
        begin: is told how many commits there are; what it gives is told each that is done.
        trust_memory: trees that an earlier call found right are not looked at again.

    Raises:
        UsageError: there is no Git, or no such revision.
        StorageError: Git fails.
    """
    repository = Repository.of(project.root)
    outputs = project.settings.outputs.strip("/")
    commits = read_commits(repository, revisions, (SPECS, outputs))
    if not commits:
        raise UsageError(f"{' '.join(revisions)} has no commits")
    memory = VerifiedTrees(project.state, outputs, is_trusted=trust_memory)
    store = Store(root=project.root, repository=repository, state=project.state)
    verifier = _Verifier(store=store, outputs=outputs, memory=memory, executor=executor)
    done = begin(len(commits))
    stale = []
    for commit in commits:
        found = verifier.look_at(commit)
        if found:
            stale.append(StaleCommit(commit=commit, diagnostics=found))
        done(commit)
    memory.save()
    return Verification(
        commits=len(commits),
        remembered=verifier.remembered,
        without=verifier.without,
        stale=tuple(stale),
    )


class _Verifier:
    def __init__(
        self, *, store: Store, outputs: str, memory: VerifiedTrees, executor: Executor
    ) -> None:
        self.store = store
        self.outputs = outputs
        self.memory = memory
        self.executor = executor
        self.remembered = 0
        self.without = 0
        self.digests = BlobDigests(store.repository, store.state)
        self.known: KnownDigests = {}

    def look_at(self, commit: Commit) -> tuple[Diagnostic, ...]:
        """Return what is wrong with ``commit``."""
        if not any(commit.trees):
            self.without += 1
            return ()
        if commit.trees in self.memory:
            self.remembered += 1
            return ()
        has_links = False

        def entries_of(folders: Iterable[str]) -> tuple[Entry, ...]:
            nonlocal has_links
            entries = self.store.repository.tree(commit.id, folders)
            has_links = has_links or any(entry.mode == LINK for entry in entries)
            return entries

        try:
            stored = open_stored(self.store, entries_of, self.digests, self.outputs)
            found = find_stale_outputs(stored, self.executor, self.known)
        except FindingsError as error:
            return error.diagnostics
        if not found and not has_links and self._is_told_by_trees(stored):
            self.memory.add(commit.trees)
        return found

    def _is_told_by_trees(self, stored: Stored) -> bool:
        """Return whether the two trees hold all that decides."""
        settings = stored.project.settings
        return settings.outputs.strip("/") == self.outputs and not settings.plugins
