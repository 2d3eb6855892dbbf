"""Takes the three versions of an output that Git merges; gives what the merged specs make of it.

Outputs are never merged as text. The specs are, by Git itself, and the output is made from what
comes out; nothing is read from the work tree, which has only one side while Git merges.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.git.blobs import BlobDigests
from mockgen_watch.git.merged_suite import TEXT, StaysError, SuiteMerge, suite_of_path
from mockgen_watch.git.sides import SideFinder, empty_blob, merge_trees
from mockgen_watch.git.stored import Store, open_stored_specs
from mockgen_watch.lock.lockfile import Lockfile, read_lockfile
from mockgen_watch.lock.paths import LOCK_NAME, below, lock_path, suite_of_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from mockgen_watch.git.merged_suite import Question
    from mockgen_watch.git.repository import Entry, Repository
    from mockgen_watch.git.sides import Sides
    from mockgen_watch.workflow.project import OpenProject


def settle_question(question: Question) -> tuple[str, ...]:
    """Put into the memo of ``question`` what becomes of its file, and of all others of its suite.

    What stays in conflict is told in the lines that are returned.

    Raises:
        StorageError: Git fails.
    """
    question.memo.files[question.key] = ""
    try:
        return tuple(_Merge(question=question).suite())
    except StaysError as error:
        return (str(error),)


class _Merge(Struct, kw_only=True, dict=True):
    """One call of the driver that has something to find out."""

    question: Question

    @cached_property
    def repository(self) -> Repository:
        return self.question.repository

    def suite(self) -> list[str]:
        """Put into the memo what becomes of each file of the suite; return what is to be told."""
        inner = self.question.path.removeprefix(self.repository.prefix)
        outputs = self.outputs_folder(inner)
        sides = self.sides(inner, outputs)
        merged = merge_trees(self.repository, sides)
        project = self.project(merged.tree)
        locks = [self.locks(side, outputs) for side in (sides.base, sides.ours, sides.theirs)]
        path = inner.removeprefix(f"{outputs}/")
        if not any(_owns(found, path) for found in locks):
            # A file of somebody else lies among the outputs; it is merged as any text is.
            self.question.memo.files[self.question.key] = TEXT
            return []
        _refuse_errors(project, inner)
        suite = suite_of_path(project.suites, path)
        if suite is None:
            raise StaysError(
                f"{inner} stays in conflict: the merged specs do not make it; git rm removes it"
            )
        return SuiteMerge(
            question=self.question,
            digests=BlobDigests(self.repository, self.question.state),
            nothing=empty_blob(self.repository),
            merged=merged,
            suites=project.suites,
            suite=suite,
            outputs=outputs,
            locks=locks,
        ).take()

    def outputs_folder(self, inner: str) -> str:
        """Return the output folder, as our side names it."""
        settings = self.project("HEAD").settings
        outputs = settings.outputs.strip("/")
        if not inner.startswith(f"{outputs}/"):
            raise StaysError(f"{inner} stays in conflict: outputs are in {outputs}/")
        return outputs

    def sides(self, inner: str, outputs: str) -> Sides:
        memo = self.question.memo
        finder = SideFinder(self.repository, self.question.state, outputs, self.question.blobs)
        if memo.sides is None or not finder.are(memo.sides):
            found = finder.find()
            if found is None:
                raise StaysError(
                    f"{inner} stays in conflict: no commits were found that have its two versions; "
                    "settle the specs, run mockgen-watch generate, then git add"
                )
            memo.sides = found
        return memo.sides

    def project(self, tree: str) -> OpenProject:
        """Return the project whose specs are those of ``tree``."""
        question = self.question
        store = Store(root=question.root, repository=self.repository, state=question.state)

        def entries_of(folders: Iterable[str]) -> tuple[Entry, ...]:
            return self.repository.tree(tree, folders)

        return open_stored_specs(store, entries_of)

    def locks(self, side: str, outputs: str) -> dict[str, Lockfile]:
        """Return suite → lockfile of one side; those that cannot be read are left out."""
        if not side:
            return {}
        top = f"{outputs}/"
        entries = [
            entry
            for entry in self.repository.tree(side, (outputs,))
            if entry.is_file and entry.path.rpartition("/")[2] == LOCK_NAME
        ]
        texts = self.repository.blobs(entry.blob for entry in entries)
        found = {
            suite_of_lock(entry.path.removeprefix(top)): read_lockfile(data, entry.path)
            for entry, data in zip(entries, texts, strict=True)
        }
        return {suite: lock for suite, lock in found.items() if isinstance(lock, Lockfile)}


def _owns(locks: Mapping[str, Lockfile], path: str) -> bool:
    """Return whether ``path`` is a lockfile of one side, or a file that one of them names."""
    return any(
        path == lock_path(suite) or path in {below(suite, name) for name in lock.files()}
        for suite, lock in locks.items()
    )


def _refuse_errors(project: OpenProject, inner: str) -> None:
    if project.has_failed:
        first = next(item for item in project.diagnostics if has_errors((item,)))
        raise StaysError(
            f"{first.location}: {first.message} (in the merged specs), so {inner} stays in "
            "conflict; settle the specs, run mockgen-watch generate, then git add"
        )
