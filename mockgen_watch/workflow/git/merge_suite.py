"""Takes the merge of one suite; gives what becomes of each file that Git asks about.

What stays in conflict keeps our bytes, without marks of a conflict. The journal is told of the
bytes that either side made, so that ``generate`` replaces them once the specs are settled.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.errors import FindingsError, LockedError, StorageError
from mockgen_watch.lock.journal import JournalEntry
from mockgen_watch.lock.paths import below, lock_path
from mockgen_watch.storage.journal_file import JournalFile
from mockgen_watch.storage.output_root import OutputRoot
from mockgen_watch.storage.project_lock import WRITER, ProjectLock
from mockgen_watch.workflow.generate import LOCK_WAIT
from mockgen_watch.workflow.git.merge_memo import versions_key
from mockgen_watch.workflow.git.merged_suite import make_suite

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from mockgen_watch.lock.model import Lockfile
    from mockgen_watch.storage.git.blobs import BlobDigests
    from mockgen_watch.storage.git.merging import MergedTree
    from mockgen_watch.storage.git.repository import Repository
    from mockgen_watch.workflow.git.merge_memo import Question
    from mockgen_watch.workflow.git.merged_suite import MergedSuite
    from mockgen_watch.workflow.prepare import Preparer


class StaysError(Exception):
    """A file stays in conflict; the text says why, and what to do."""


class SuiteMerge(Struct, frozen=True, kw_only=True):
    """The merge of one suite.

    Attributes:
        question: what Git asks.
        digests: of blobs.
        nothing: the id of an empty blob.
        merged: what Git makes of the two sides.
        preparer: of the merged specs.
        suite: its name.
        outputs: the output folder.
        locks: of base, ours and theirs: suite → lockfile.
    """

    question: Question
    digests: BlobDigests
    nothing: str
    merged: MergedTree
    preparer: Preparer
    suite: str
    outputs: str
    locks: Sequence[Mapping[str, Lockfile]]

    def take(self) -> list[str]:
        """Put what becomes of every file of the suite into the memo; return what to tell."""
        own = [locks[self.suite] for locks in self.locks if self.suite in locks]
        self._refuse_conflicts()
        try:
            made = make_suite(self.preparer, self.suite, own, self._is_asked)
        except FindingsError as error:
            made = None
            self.preparer.diagnostics.update(dict.fromkeys(error.diagnostics))
        if made is None:
            self._give_up()
            first = next(item for item in self.preparer.found() if has_errors((item,)))
            raise StaysError(
                f"{first.location}: {first.message} (in the merged specs), so the outputs of "
                f"{self._name} stay in conflict; {self._remedy}"
            )
        edited = [path for path in made.made if self._is_edited(path)]
        for path, data in made.made.items():
            self._settle(path, "" if path in edited else self._repository.keep_blob(data))
        told = [
            f"{self._named(path)} was edited by hand on one side, so it stays in conflict"
            for path in edited
        ]
        wrong = self._wrong(made)
        lock = "" if wrong else self._repository.keep_blob(made.lock)
        self._settle(lock_path(self.suite), lock)
        if wrong:
            more = f" and {len(wrong) - 1} more" if wrong[1:] else ""
            told.append(
                f"{self._named(wrong[0])}{more} is on neither side what the merged specs make, so "
                f"{self._named(lock_path(self.suite))} stays in conflict; {self._remedy}"
            )
        if told or self._has_other_conflicts(made):
            self._remember(made.digests, made.keys)
        return told

    @property
    def _repository(self) -> Repository:
        return self.question.repository

    @property
    def _name(self) -> str:
        return self._named(self.suite).rstrip("/")

    @property
    def _remedy(self) -> str:
        return f"run mockgen-watch generate, then git add {self._name}"

    def _named(self, path: str) -> str:
        return f"{self.outputs}/{path}"

    def _in_tree(self, path: str) -> str:
        return f"{self._repository.prefix}{self.outputs}/{path}"

    def _refuse_conflicts(self) -> None:
        """Stop where something that the suite is made from is in conflict."""
        (wanted,) = self.preparer.wanted((self.suite,), {}, trust_locks=False)
        prefix = self._repository.prefix
        conflicts = [path for path in wanted.inputs if prefix + path in self.merged.stages]
        if conflicts:
            self._give_up()
            raise StaysError(
                f"{', '.join(conflicts)}: both sides changed the same lines, so the outputs of "
                f"{self._name} stay in conflict; settle the specs, {self._remedy}"
            )

    def _give_up(self) -> None:
        """Note that every file of the suite stays in conflict."""
        top = self._in_tree(below(self.suite, ""))
        for path in self.merged.stages:
            if path.startswith(top):
                self._settle(path.removeprefix(self._in_tree("")), "")
        self._remember({})

    def _is_asked(self, path: str) -> bool:
        """Tell whether Git asks the driver about ``path``."""
        return self.merged.versions(self._in_tree(path), self.nothing) is not None

    def _settle(self, path: str, blob: str) -> None:
        """Note what becomes of ``path``, where Git asks."""
        versions = self.merged.versions(self._in_tree(path), self.nothing)
        if versions is not None:
            self.question.memo.files[versions_key(self._in_tree(path), versions)] = blob

    def _is_edited(self, path: str) -> bool:
        """Tell whether one side has other bytes at ``path`` than its lockfile knows."""
        versions = self.merged.versions(self._in_tree(path), self.nothing) or ()
        found = self.digests.of(versions[1:])
        return not all(
            _is_known(found[blob], self.suite, path, locks)
            for blob, locks in zip(versions[1:], self.locks[1:], strict=True)
        )

    def _wrong(self, made: MergedSuite) -> list[str]:
        """Return the files that Git settles without asking, and not as they have to be."""
        entries = self._repository.tree(self.merged.tree, (self.outputs,))
        top = f"{self.outputs}/"
        there = {entry.path.removeprefix(top): entry.blob for entry in entries}
        stages = self.merged.stages
        settled = {path: blob for path, blob in there.items() if self._in_tree(path) not in stages}
        found = self.digests.of(settled[path] for path in made.digests if path in settled)
        wrong = [
            path
            for path, digest in made.digests.items()
            if self._in_tree(path) not in stages
            and (path not in settled or found[settled[path]] != digest)
        ]
        owned = {
            below(self.suite, path)
            for locks in self.locks
            if self.suite in locks
            for path in locks[self.suite].files()
        }
        wrong += sorted(path for path in owned & settled.keys() if path not in made.digests)
        # What an earlier call gave Git may have been made from other commits than these.
        given = self.question.memo.given
        return wrong + [
            path
            for path, data in made.made.items()
            if given.get(self._in_tree(path), "")
            and given[self._in_tree(path)] != self._repository.keep_blob(data)
        ]

    def _has_other_conflicts(self, made: MergedSuite) -> bool:
        """Tell whether Git leaves a file of the suite in conflict without asking the driver."""
        return any(
            self._in_tree(path) in self.merged.stages and not self._is_asked(path)
            for path in made.digests
        )

    def _remember(self, digests: Mapping[str, str], keys: Mapping[str, str] | None = None) -> None:
        """Tell the journal what either side made, so that ``generate`` knows it for its own."""
        entries = {
            JournalEntry(
                suite=self.suite, path=below(self.suite, path), digest=digest, key=output.key
            ): None
            for locks in self.locks
            if self.suite in locks
            for output in locks[self.suite].outputs.values()
            for path, digest in output.files.items()
        }
        for path, digest in digests.items():
            key = (keys or {}).get(path, "")
            entries[JournalEntry(suite=self.suite, path=path, digest=digest, key=key)] = None
        state = self.question.state
        root = OutputRoot.in_project(self.question.root, self.outputs, state)
        # Without these entries generate refuses more than it had to, and loses nothing.
        with (
            contextlib.suppress(LockedError, StorageError),
            ProjectLock(state, WRITER, holder="mockgen-watch git merge", timeout=LOCK_WAIT),
        ):
            JournalFile(state, root.journal_name).append(list(entries))


def _is_known(digest: str, suite: str, path: str, locks: Mapping[str, Lockfile]) -> bool:
    """Tell whether one side made the bytes of ``digest``, under this name or an earlier one."""
    own = locks[suite].files() if suite in locks else {}
    inner = path.removeprefix(f"{suite}/") if suite else path
    if inner in own:
        return own[inner] == digest
    return any(digest in lock.files().values() for lock in locks.values())
