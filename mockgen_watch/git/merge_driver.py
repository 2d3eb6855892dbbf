"""Merge driver: an output is never merged as text, but made from the merged specs.

Git merges the specs, and the output is made from the result; nothing is read from the work tree,
which has only one side while Git merges. Git calls the driver once for each file that both sides
changed, in a process of its own. The first call of a suite finds out what becomes of all its files
and leaves that in a memo for the others.

A file that one side alone changed is taken from that side without asking the driver. Where that is
not what the merged specs make, the lockfile has to stay in conflict.
"""

from __future__ import annotations

import contextlib
import functools
import json
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field

from mockgen_watch.diagnostics import Diagnostic, has_errors
from mockgen_watch.digest import digest
from mockgen_watch.errors import FindingsError, LockedError, StorageError, UsageError
from mockgen_watch.git.merge_sides import SideFinder, Sides, Versions, merge_id, merge_trees
from mockgen_watch.git.repository import Repository
from mockgen_watch.git.stored import Store, open_stored_specs, read_locks
from mockgen_watch.lock.lockfile import JournalEntry, Lockfile, write_lockfile
from mockgen_watch.lock.model import Action, Snapshot
from mockgen_watch.lock.paths import below, lock_path, spec_folder
from mockgen_watch.lock.reconcile import reconcile
from mockgen_watch.lock.settle import MIXED_KEY, Settled, next_lockfile
from mockgen_watch.spec import CONTRACT, SPECS
from mockgen_watch.storage.project_folder import OutputRoot, StateFolder, git_folder_of, writer_lock
from mockgen_watch.storage.transaction import JournalFile
from mockgen_watch.workflow.generate import Renderer, wanted_suite

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from mockgen_watch.lock.paths import WantedSuite
    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.suites import Suites


_TEXT = "text"
"""Stands for a blob where a file is no output, and is merged as text."""

_MEMO = "merge.json"


def merge_file(work_tree: Path, path: str, files: Sequence[Path]) -> tuple[bool, list[str]]:
    """Put what the merged specs make into the second of ``files``.

    Where the file stays in conflict our side is left there, without marks of a conflict: generate
    recognises these bytes as its own.

    Args:
        work_tree: its top.
        path: of the file that is merged, from there.
        files: its versions: base, ours, theirs.

    Returns:
        Whether the file holds what it has to, else it stays in conflict; and what this merge has
        not said before.

    Raises:
        UsageError: ``path`` is below no project.
        StorageError: Git fails.
    """
    root = _project_of(work_tree, path)
    if root is None:
        raise UsageError(f"{path} is not in a project")
    repository = Repository.of(root)
    state = StateFolder.of(root)
    words = ["hash-object", "-w", "--no-filters", "--", *map(str, files)]
    base_blob, our_blob, their_blob = repository.read_text(words).split()
    blobs = (base_blob, our_blob, their_blob)
    memo = _load_memo(repository, state)
    key = _versions_key(path, blobs)
    messages: list[str] = []
    if key not in memo.files:
        memo.files[key] = ""
        try:
            messages = _Merge(Store(root, repository, state), memo).settle(path, blobs)
        except _ConflictError as error:
            messages = [str(error)]
    blob = memo.files[key]
    if blob == _TEXT:
        # Git merges the files into our side.
        base, ours, theirs = map(str, files)
        labels = [word for name in ("ours", "base", "theirs") for word in ("-L", name)]
        return not repository.ask(["merge-file", *labels, ours, base, theirs])[0], []
    memo.given[path] = blob
    new = [text for text in dict.fromkeys(messages) if text not in memo.messages]
    memo.messages += new
    # The names of files need not be UTF-8, which msgspec's own encoder wants. Without the memo the
    # next calls find everything out again.
    with contextlib.suppress(StorageError):
        state.write(_MEMO, json.dumps(msgspec.to_builtins(memo)).encode(), is_durable=False)
    if blob:
        files[1].write_bytes(repository.read(["cat-file", "blob", blob]))
    return bool(blob), new


def _project_of(work_tree: Path, path: str) -> str | None:
    """Return the project that the file at ``path`` of ``work_tree`` is an output of."""
    folder = (work_tree / path).parent
    while folder != work_tree.parent:
        if (folder / SPECS).is_dir():
            return str(folder)
        if folder != work_tree and git_folder_of(folder) is not None:
            return None
        folder = folder.parent
    return None


class _ConflictError(Exception):
    """A file stays in conflict; the text says why, and what to do."""


class _Memo(Struct, kw_only=True):
    """The state of a merge from one call of the driver to the next.

    Attributes:
        merge: the id of the merge.
        sides: what is merged; None as long as no call had to look.
        files: key of a path and its versions → the blob that it becomes; "" where it stays in
            conflict, ``_TEXT`` where it is no output.
        given: path → the blob that Git was given for it.
        messages: what has been said.
    """

    merge: str
    sides: Sides | None = None
    files: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)


def _load_memo(repository: Repository, state: StateFolder) -> _Memo:
    merge = merge_id(repository)
    with contextlib.suppress(StorageError, ValueError, msgspec.MsgspecError):
        memo = msgspec.convert(json.loads(state.read(_MEMO) or b"{}"), _Memo)
        if memo.merge == merge:
            return memo
    return _Memo(merge=merge)


def _versions_key(path: str, blobs: Iterable[str]) -> str:
    return digest(json.dumps([path, *blobs]).encode())


class _Merge:
    """A call of the driver that has something to find out.

    Paths are relative to the output folder, but for those of ``conflicts``.

    Attributes:
        outputs: the output folder, as our side names it.
        tree: what Git makes of the two sides.
        conflicts: path from the top of the work tree → its versions; see ``merge_trees``.
        locks: of base, ours and theirs: suite → lockfile.
        suites: of the merged specs.
        suite: the one that is merged.
        made: every file of the suite but its lockfile → what the merged specs make.
        data: the bytes of those that Git asks for.
    """

    outputs: str
    tree: str
    conflicts: dict[str, Versions | None]
    locks: list[dict[str, Lockfile]]
    suites: Suites
    suite: str

    def __init__(self, store: Store, memo: _Memo) -> None:
        self.store = store
        self.repository = store.repository
        self.memo = memo
        self.made: dict[str, JournalEntry] = {}
        self.data: dict[str, bytes] = {}

    def settle(self, path: str, blobs: Versions) -> list[str]:
        """Put into the memo what becomes of each file of the suite of ``path``; return messages."""
        inner = path.removeprefix(self.repository.prefix)
        self.outputs = self._open("HEAD").settings.outputs.strip("/")
        if not inner.startswith(f"{self.outputs}/"):
            raise _ConflictError(f"{inner} remains in conflict: outputs are in {self.outputs}/")
        sides = self._find_sides(inner, blobs)
        self.tree, self.conflicts = merge_trees(self.repository, sides)
        project = self._open(self.tree)
        self.suites = project.suites
        self.locks = [self._read_locks(side) for side in (sides.base, sides.ours, sides.theirs)]
        path = inner.removeprefix(f"{self.outputs}/")
        if not any(_owns(locks, path) for locks in self.locks):
            # A file of somebody else is among the outputs.
            self.memo.files[_versions_key(self._in_tree(path), blobs)] = _TEXT
            return []
        if project.has_failed:
            raise _ConflictError(
                f"{_first_error(project.diagnostics)}, so {inner} remains in conflict; "
                "resolve the specs, run mockgen-watch generate, then git add"
            )
        suite = _suite_of_path(project.suites, path)
        if suite is None:
            raise _ConflictError(
                f"{inner} remains in conflict: the merged specs do not produce it; "
                "remove it with git rm"
            )
        self.suite = suite
        return self._settle_suite()

    def _find_sides(self, inner: str, blobs: Versions) -> Sides:
        finder = SideFinder(self.store, self.outputs, blobs)
        if self.memo.sides is None or not finder.fits(self.memo.sides):
            found = finder.find()
            if found is None:
                raise _ConflictError(
                    f"{inner} remains in conflict: no commits with its two versions were found; "
                    "resolve the specs, run mockgen-watch generate, then git add"
                )
            self.memo.sides = found
        return self.memo.sides

    def _open(self, tree: str) -> OpenProject:
        """Return the project whose specs are those of ``tree``."""
        return open_stored_specs(self.store, functools.partial(self.repository.tree, tree))

    def _read_locks(self, side: str) -> dict[str, Lockfile]:
        """Return suite → lockfile of one side, but for those that cannot be read."""
        if not side:
            return {}
        blobs = {
            entry.path.removeprefix(f"{self.outputs}/"): entry.blob
            for entry in self.repository.tree(side, (self.outputs,))
            if entry.is_file
        }
        found = read_locks(self.repository, blobs, self.outputs)
        return {suite: lock for suite, lock in found.items() if isinstance(lock, Lockfile)}

    def _settle_suite(self) -> list[str]:
        name = f"{self.outputs}/{self.suite}".rstrip("/")
        remedy = f"run mockgen-watch generate, then git add {name}"
        lock = self._make(name, remedy)
        edited = [path for path in self.data if self._is_edited(path)]
        for path, data in self.data.items():
            self._note(path, "" if path in edited else self.repository.keep_blob(data))
        messages = [
            f"{self.outputs}/{path} was edited by hand on one side, so it remains in conflict"
            for path in edited
        ]
        wrong = self._wrong_paths()
        own_lock = lock_path(self.suite)
        self._note(own_lock, "" if wrong else self.repository.keep_blob(lock))
        if wrong:
            more = f" and {len(wrong) - 1} more" if wrong[1:] else ""
            messages.append(
                f"{self.outputs}/{wrong[0]}{more} does not match the merged specs on either side, "
                f"so {self.outputs}/{own_lock} remains in conflict; {remedy}"
            )
        # Git may leave a file of the suite in conflict without asking the driver.
        if messages or any(
            self._is_conflict(path) and self._versions(path) is None for path in self.made
        ):
            self._write_journal()
        return messages

    def _make(self, name: str, remedy: str) -> bytes:
        """Make the outputs of the merged specs, and return the lockfile."""
        wanted = wanted_suite(self.suites, self.suite)
        inputs = (*wanted.inputs, *wanted.absent)
        conflicts = [path for path in inputs if self.repository.prefix + path in self.conflicts]
        if conflicts:
            why = f"{', '.join(conflicts)}: both sides changed the same lines"
            remedy = f"resolve the specs, {remedy}"
        else:
            try:
                if not wanted.has_failed:
                    return self._render(wanted)
            except FindingsError as error:
                self.suites.report(error.diagnostics)
            why = _first_error(self.suites.found())
        for path in self.conflicts:
            if path.startswith(self._in_tree(below(self.suite, ""))):
                self._note(path.removeprefix(self._in_tree("")), "")
        self._write_journal()
        raise _ConflictError(f"{why}, so the outputs of {name} remain in conflict; {remedy}")

    def _render(self, wanted: WantedSuite) -> bytes:
        # Where a side has made an output with the same key, its digests hold.
        known = {
            (output.name, output.key): output.files
            for lock in self._own_locks()
            for output in lock.outputs.values()
            if output.key != MIXED_KEY
        }
        (action,) = reconcile(Snapshot(wanted=(wanted,), contract=CONTRACT)).suites
        renderer = Renderer(self.suites)
        made: dict[str, JournalEntry] = {}
        for output in action.outputs:
            key = output.output.key
            locked = known.get((output.output.name, key), {})
            digests = {below(self.suite, path): found for path, found in locked.items()}
            asked = {file.path for file in output.files if self._versions(file.path)}
            if asked or digests.keys() != {file.path for file in output.files}:
                digests = {}
                for path, chunks in renderer.files(output):
                    data = b"".join(chunks)
                    digests[path] = digest(data)
                    if path in asked:
                        self.data[path] = data
            for path, found in digests.items():
                made[path] = JournalEntry(suite=self.suite, path=path, digest=found, key=key)
        self.made = made
        settled = {
            path: Settled(action=Action.CREATE, digest=entry.digest) for path, entry in made.items()
        }
        lock = next_lockfile(action, CONTRACT, settled)
        if lock is None:
            raise AssertionError("a suite that is wanted has a lockfile")
        return write_lockfile(lock, spec_folder(self.suite))

    def _in_tree(self, path: str) -> str:
        return f"{self.repository.prefix}{self.outputs}/{path}"

    def _own_locks(self) -> list[Lockfile]:
        return [found[self.suite] for found in self.locks if self.suite in found]

    def _is_conflict(self, path: str) -> bool:
        return self._in_tree(path) in self.conflicts

    def _versions(self, path: str) -> Versions | None:
        """Return what Git gives the driver; None where it does not ask."""
        return self.conflicts.get(self._in_tree(path))

    def _note(self, path: str, blob: str) -> None:
        """Note what becomes of ``path``, where Git asks."""
        versions = self._versions(path)
        if versions is not None:
            self.memo.files[_versions_key(self._in_tree(path), versions)] = blob

    def _is_edited(self, path: str) -> bool:
        """Return whether one side has other bytes at ``path`` than its lockfile says."""
        blobs = (self._versions(path) or ())[1:]
        found = self.store.digests(blobs)
        inner = path.removeprefix(f"{self.suite}/") if self.suite else path
        for blob, locks in zip(blobs, self.locks[1:], strict=True):
            own = locks[self.suite].files() if self.suite in locks else {}
            # It may have been made under an earlier name.
            every = {made for lock in locks.values() for made in lock.files().values()}
            if found[blob] not in ({own[inner]} if inner in own else every):
                return True
        return False

    def _wrong_paths(self) -> list[str]:
        """Return the files that Git settles without asking, and not as they have to be."""
        settled = {
            path: entry.blob
            for entry in self.repository.tree(self.tree, (self.outputs,))
            if not self._is_conflict(path := entry.path.removeprefix(f"{self.outputs}/"))
        }
        found = self.store.digests(settled[path] for path in self.made if path in settled)
        wrong = [
            path
            for path, entry in self.made.items()
            if not self._is_conflict(path)
            and (path not in settled or found[settled[path]] != entry.digest)
        ]
        owned = {below(self.suite, path) for lock in self._own_locks() for path in lock.files()}
        wrong += sorted(path for path in owned & settled.keys() if path not in self.made)
        # What an earlier call gave Git may have been made from other commits than these.
        for path, data in self.data.items():
            given = self.memo.given.get(self._in_tree(path), "")
            if given and given != self.repository.keep_blob(data):
                wrong.append(path)
        return wrong

    def _write_journal(self) -> None:
        """Note in the journal what either side made, so that ``generate`` knows it for its own."""
        entries = [
            JournalEntry(
                suite=self.suite, path=below(self.suite, path), digest=found, key=output.key
            )
            for lock in self._own_locks()
            for output in lock.outputs.values()
            for path, found in output.files.items()
        ]
        entries += self.made.values()
        state = self.store.state
        root = OutputRoot.in_project(self.store.root, self.outputs, state)
        # Without these entries generate refuses more than it has to, and loses nothing.
        with contextlib.suppress(LockedError, StorageError), writer_lock(state, "git merge"):
            JournalFile(state, root.journal_name).append(list(dict.fromkeys(entries)))


def _first_error(diagnostics: Iterable[Diagnostic]) -> str:
    first = next(item for item in diagnostics if has_errors((item,)))
    return f"{first.location}: {first.message} (in the merged specs)"


def _owns(locks: dict[str, Lockfile], path: str) -> bool:
    """Return whether ``path`` is a lockfile of one side, or a file that one of them names."""
    return any(
        path == lock_path(suite) or path in {below(suite, name) for name in lock.files()}
        for suite, lock in locks.items()
    )


def _suite_of_path(suites: Suites, path: str) -> str | None:
    """Return the suite that makes ``path``; None when none does."""
    for suite in suites.files:
        if path == lock_path(suite):
            return suite
    near = [suite for suite in suites.files if not suite or path.startswith(f"{suite}/")]
    for suite in sorted(near, key=len, reverse=True):
        wanted = wanted_suite(suites, suite)
        paths = {made for output in wanted.outputs for made in output.paths}
        # A suite with errors may make the path; the errors are reported then.
        if wanted.has_failed or path in paths:
            return suite
    return None
