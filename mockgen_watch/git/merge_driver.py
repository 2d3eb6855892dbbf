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

from mockgen_watch.contract import CONTRACT
from mockgen_watch.diagnostics import has_errors
from mockgen_watch.digest import digest
from mockgen_watch.errors import FindingsError, LockedError, StorageError, UsageError
from mockgen_watch.git.repository import Repository
from mockgen_watch.git.sides import SideFinder, Sides, empty_blob, merge_id, merge_trees
from mockgen_watch.git.stored import BlobDigests, Store, open_stored_specs, read_locks
from mockgen_watch.lock.lockfile import Lockfile, write_lockfile
from mockgen_watch.lock.model import Action, JournalEntry, Snapshot
from mockgen_watch.lock.paths import below, lock_path, output_paths
from mockgen_watch.lock.reconcile import reconcile
from mockgen_watch.lock.settle import MIXED_KEY, Settled, next_lockfile
from mockgen_watch.storage.containment import OutputRoot
from mockgen_watch.storage.project_folder import SPECS, StateFolder, git_folder_of
from mockgen_watch.storage.transaction import JournalFile
from mockgen_watch.workflow.generate import Renderer, wanted_suite
from mockgen_watch.workflow.project import writer_lock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path

    from mockgen_watch.git.sides import MergedTree
    from mockgen_watch.workflow.project import OpenProject
    from mockgen_watch.workflow.suites import Suites

    Locks = Mapping[str, Lockfile]


class MergeOutcome(Struct, frozen=True, kw_only=True):
    """The answer to Git.

    Attributes:
        is_clean: the file holds what it has to; else it stays in conflict.
        messages: what this merge has not said before.
    """

    is_clean: bool
    messages: tuple[str, ...] = ()


def merge_file(work_tree: Path, path: str, files: Sequence[Path]) -> MergeOutcome:
    """Put what the merged specs make into the second of ``files``.

    Where the file stays in conflict our side is left there, without marks of a conflict: generate
    recognises these bytes as its own.

    Args:
        work_tree: its top.
        path: of the file that is merged, from there.
        files: its versions: base, ours, theirs.

    Raises:
        UsageError: ``path`` is below no project.
        StorageError: Git fails.
    """
    root = _project_of(work_tree, path)
    if root is None:
        raise UsageError(f"{path} is below no project")
    repository = Repository.of(root)
    state = StateFolder.of(root)
    words = ["hash-object", "-w", "--no-filters", "--", *map(str, files)]
    blobs = repository.read_text(words).split()
    memo = _load_memo(repository, state)
    key = _versions_key(path, blobs)
    messages: list[str] = []
    if key not in memo.files:
        memo.files[key] = ""
        try:
            messages = _Merge(root, repository, state, memo).settle(path, blobs)
        except _ConflictError as error:
            messages = [str(error)]
    blob = memo.files[key]
    if blob == _TEXT:
        return MergeOutcome(is_clean=_merge_as_text(repository, files))
    memo.given[path] = blob
    new = [text for text in dict.fromkeys(messages) if text not in memo.messages]
    memo.messages += new
    _save_memo(state, memo)
    if blob:
        files[1].write_bytes(repository.read(["cat-file", "blob", blob]))
    return MergeOutcome(is_clean=bool(blob), messages=tuple(new))


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


def _merge_as_text(repository: Repository, files: Sequence[Path]) -> bool:
    """Let Git merge ``files`` into our side; return whether no conflict is left."""
    base, ours, theirs = map(str, files)
    labels = [word for name in ("ours", "base", "theirs") for word in ("-L", name)]
    return not repository.ask(["merge-file", *labels, ours, base, theirs])[0]


class _ConflictError(Exception):
    """A file stays in conflict; the text says why, and what to do."""


_TEXT = "text"
"""Stands for a blob where a file is no output, and is merged as text."""

_MEMO = "merge.json"


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


def _save_memo(state: StateFolder, memo: _Memo) -> None:
    # The names of files need not be UTF-8, which msgspec's own encoder wants. Without the memo the
    # next calls find everything out again.
    data = json.dumps(msgspec.to_builtins(memo)).encode()
    with contextlib.suppress(StorageError):
        state.write(_MEMO, data, is_durable=False)


def _versions_key(path: str, blobs: Iterable[str]) -> str:
    return digest(json.dumps([path, *blobs]).encode())


class _Merge:
    """A call of the driver that has something to find out."""

    def __init__(self, root: str, repository: Repository, state: StateFolder, memo: _Memo) -> None:
        self.root = root
        self.repository = repository
        self.state = state
        self.memo = memo

    def settle(self, path: str, blobs: Sequence[str]) -> list[str]:
        """Put into the memo what becomes of each file of the suite of ``path``; return messages."""
        inner = path.removeprefix(self.repository.prefix)
        outputs = self._outputs_folder(inner)
        sides = self._sides(inner, outputs, blobs)
        merged = merge_trees(self.repository, sides)
        project = self._open(merged.tree)
        locks = [self._locks(side, outputs) for side in (sides.base, sides.ours, sides.theirs)]
        path_below = inner.removeprefix(f"{outputs}/")
        if not any(_owns(found, path_below) for found in locks):
            # A file of somebody else is among the outputs.
            self.memo.files[_versions_key(path, blobs)] = _TEXT
            return []
        _refuse_errors(project, inner)
        suite = _suite_of_path(project.suites, path_below)
        if suite is None:
            raise _ConflictError(
                f"{inner} stays in conflict: the merged specs do not make it; git rm removes it"
            )
        return _SuiteMerge(self, merged, project.suites, suite, outputs, locks).settle()

    def _outputs_folder(self, inner: str) -> str:
        """Return the output folder, as our side names it."""
        outputs = self._open("HEAD").settings.outputs.strip("/")
        if not inner.startswith(f"{outputs}/"):
            raise _ConflictError(f"{inner} stays in conflict: outputs are in {outputs}/")
        return outputs

    def _sides(self, inner: str, outputs: str, blobs: Sequence[str]) -> Sides:
        finder = SideFinder(self.repository, self.state, outputs, blobs)
        if self.memo.sides is None or not finder.fits(self.memo.sides):
            found = finder.find()
            if found is None:
                raise _ConflictError(
                    f"{inner} stays in conflict: no commits were found that have its two versions; "
                    "settle the specs, run mockgen-watch generate, then git add"
                )
            self.memo.sides = found
        return self.memo.sides

    def _open(self, tree: str) -> OpenProject:
        """Return the project whose specs are those of ``tree``."""
        store = Store(root=self.root, repository=self.repository, state=self.state)
        return open_stored_specs(store, functools.partial(self.repository.tree, tree))

    def _locks(self, side: str, outputs: str) -> dict[str, Lockfile]:
        """Return suite → lockfile of one side, but for those that cannot be read."""
        if not side:
            return {}
        blobs = {
            entry.path.removeprefix(f"{outputs}/"): entry.blob
            for entry in self.repository.tree(side, (outputs,))
            if entry.is_file
        }
        found = read_locks(self.repository, blobs, outputs)
        return {suite: lock for suite, lock in found.items() if isinstance(lock, Lockfile)}


def _owns(locks: Locks, path: str) -> bool:
    """Return whether ``path`` is a lockfile of one side, or a file that one of them names."""
    return any(
        path == lock_path(suite) or path in {below(suite, name) for name in lock.files()}
        for suite, lock in locks.items()
    )


def _refuse_errors(project: OpenProject, inner: str) -> None:
    if project.has_failed:
        first = next(item for item in project.diagnostics if has_errors((item,)))
        raise _ConflictError(
            f"{first.location}: {first.message} (in the merged specs), so {inner} stays in "
            "conflict; settle the specs, run mockgen-watch generate, then git add"
        )


def _suite_of_path(suites: Suites, path: str) -> str | None:
    """Return the suite that makes ``path``; None when none does."""
    for suite in suites.files:
        if path == lock_path(suite):
            return suite
    near = [suite for suite in suites.files if not suite or path.startswith(f"{suite}/")]
    for suite in sorted(near, key=len, reverse=True):
        wanted = wanted_suite(suites, suite)
        paths = {below(suite, name) for output in wanted.outputs for name in output_paths(output)}
        # A suite with errors may make the path; the errors are reported then.
        if wanted.has_failed or path in paths:
            return suite
    return None


class _MadeSuite(Struct, frozen=True, kw_only=True):
    """What the merged specs make of one suite. Paths are relative to the output folder.

    Attributes:
        digests: every file but the lockfile → digest of its bytes.
        data: the bytes of those that were asked for.
        keys: path → the key of its output.
        lock: the bytes of the lockfile.
    """

    digests: Mapping[str, str]
    data: Mapping[str, bytes]
    keys: Mapping[str, str]
    lock: bytes


def _make_suite(
    suites: Suites, suite: str, locks: Iterable[Lockfile], is_asked: Callable[[str], bool]
) -> _MadeSuite | None:
    """Return the outputs of ``suite``; None when its specs have errors.

    Args:
        suites: of the merged specs.
        suite: its name.
        locks: those of the sides, whose digests hold for outputs with equal keys.
        is_asked: whether the bytes of a path are wanted.

    Raises:
        FindingsError: a record cannot be written.
    """
    wanted = wanted_suite(suites, suite)
    if wanted.has_failed:
        return None
    known = {
        (output.name, output.key): output.files
        for lock in locks
        for output in lock.outputs.values()
        if output.key != MIXED_KEY
    }
    (action,) = reconcile(Snapshot(wanted=(wanted,), contract=CONTRACT)).suites
    renderer = Renderer(suites)
    digests: dict[str, str] = {}
    bytes_of: dict[str, bytes] = {}
    keys: dict[str, str] = {}
    for made in action.outputs:
        paths = [file.path for file in made.files]
        output = made.output
        keys.update(dict.fromkeys(paths, output.key))
        files = known.get((output.name, output.key), {})
        locked = {below(suite, path): found for path, found in files.items()}
        if locked.keys() == set(paths) and not any(map(is_asked, paths)):
            digests.update(locked)
            continue
        for path, chunks in renderer.files(made):
            data = b"".join(chunks)
            digests[path] = digest(data)
            if is_asked(path):
                bytes_of[path] = data
    settled = {path: Settled(action=Action.CREATE, digest=found) for path, found in digests.items()}
    lock = next_lockfile(action, CONTRACT, settled)
    if lock is None:
        raise AssertionError("a suite that is wanted has a lockfile")
    return _MadeSuite(digests=digests, data=bytes_of, keys=keys, lock=write_lockfile(lock))


class _SuiteMerge:
    """The merge of one suite.

    Attributes:
        merged: the tree that Git makes of the two sides.
        suites: of the merged specs.
        suite: the name of the suite.
        outputs: the output folder.
        locks: of base, ours and theirs: suite → lockfile.
    """

    def __init__(
        self,
        merge: _Merge,
        merged: MergedTree,
        suites: Suites,
        suite: str,
        outputs: str,
        locks: Sequence[Locks],
    ) -> None:
        self.root = merge.root
        self.repository = merge.repository
        self.state = merge.state
        self.memo = merge.memo
        self.digests = BlobDigests(merge.repository, merge.state)
        self.nothing = empty_blob(merge.repository)
        self.merged = merged
        self.suites = suites
        self.suite = suite
        self.outputs = outputs
        self.locks = locks
        self.own_locks = [found[suite] for found in locks if suite in found]
        self.name = f"{outputs}/{suite}".rstrip("/")
        self.remedy = f"run mockgen-watch generate, then git add {self.name}"

    def settle(self) -> list[str]:
        """Put what becomes of every file of the suite into the memo; return messages."""
        made = self._make()
        edited = [path for path in made.data if self._is_edited(path)]
        for path, data in made.data.items():
            self._note(path, "" if path in edited else self.repository.keep_blob(data))
        messages = [
            f"{self.outputs}/{path} was edited by hand on one side, so it stays in conflict"
            for path in edited
        ]
        wrong = self._wrong_paths(made)
        own_lock = lock_path(self.suite)
        self._note(own_lock, "" if wrong else self.repository.keep_blob(made.lock))
        if wrong:
            more = f" and {len(wrong) - 1} more" if wrong[1:] else ""
            messages.append(
                f"{self.outputs}/{wrong[0]}{more} is on neither side what the merged specs make, "
                f"so {self.outputs}/{own_lock} stays in conflict; {self.remedy}"
            )
        if messages or self._has_other_conflicts(made):
            self._write_journal(made.digests, made.keys)
        return messages

    def _make(self) -> _MadeSuite:
        """Return what the merged specs make; raise where something in them is in conflict."""
        prefix = self.repository.prefix
        wanted = wanted_suite(self.suites, self.suite)
        inputs = (*wanted.inputs, *wanted.absent)
        conflicts = [path for path in inputs if prefix + path in self.merged.stages]
        if conflicts:
            self._give_up()
            raise _ConflictError(
                f"{', '.join(conflicts)}: both sides changed the same lines, so the outputs of "
                f"{self.name} stay in conflict; settle the specs, {self.remedy}"
            )
        try:
            made = _make_suite(self.suites, self.suite, self.own_locks, self._is_asked)
        except FindingsError as error:
            made = None
            self.suites.report(error.diagnostics)
        if made is None:
            self._give_up()
            first = next(item for item in self.suites.found() if has_errors((item,)))
            raise _ConflictError(
                f"{first.location}: {first.message} (in the merged specs), so the outputs of "
                f"{self.name} stay in conflict; {self.remedy}"
            )
        return made

    def _give_up(self) -> None:
        """Note that every file of the suite stays in conflict."""
        top = self._in_tree(below(self.suite, ""))
        for path in self.merged.stages:
            if path.startswith(top):
                self._note(path.removeprefix(self._in_tree("")), "")
        self._write_journal({}, {})

    def _in_tree(self, path: str) -> str:
        return f"{self.repository.prefix}{self.outputs}/{path}"

    def _versions(self, path: str) -> tuple[str, str, str] | None:
        return self.merged.versions(self._in_tree(path), self.nothing)

    def _is_asked(self, path: str) -> bool:
        """Return whether Git asks the driver about ``path``."""
        return self._versions(path) is not None

    def _note(self, path: str, blob: str) -> None:
        """Note what becomes of ``path``, where Git asks."""
        versions = self._versions(path)
        if versions is not None:
            self.memo.files[_versions_key(self._in_tree(path), versions)] = blob

    def _is_edited(self, path: str) -> bool:
        """Return whether one side has other bytes at ``path`` than its lockfile says."""
        blobs = (self._versions(path) or ())[1:]
        found = self.digests.of(blobs)
        return not all(
            _is_made(found[blob], self.suite, path, locks)
            for blob, locks in zip(blobs, self.locks[1:], strict=True)
        )

    def _wrong_paths(self, made: _MadeSuite) -> list[str]:
        """Return the files that Git settles without asking, and not as they have to be."""
        stages = self.merged.stages
        entries = self.repository.tree(self.merged.tree, (self.outputs,))
        blobs = {entry.path.removeprefix(f"{self.outputs}/"): entry.blob for entry in entries}
        settled = {path: blob for path, blob in blobs.items() if self._in_tree(path) not in stages}
        found = self.digests.of(settled[path] for path in made.digests if path in settled)
        wrong = [
            path
            for path, digest in made.digests.items()
            if self._in_tree(path) not in stages
            and (path not in settled or found[settled[path]] != digest)
        ]
        owned = {below(self.suite, path) for lock in self.own_locks for path in lock.files()}
        wrong += sorted(path for path in owned & settled.keys() if path not in made.digests)
        # What an earlier call gave Git may have been made from other commits than these.
        for path, data in made.data.items():
            given = self.memo.given.get(self._in_tree(path), "")
            if given and given != self.repository.keep_blob(data):
                wrong.append(path)
        return wrong

    def _has_other_conflicts(self, made: _MadeSuite) -> bool:
        """Return whether Git leaves a file of the suite in conflict without asking the driver."""
        return any(
            self._in_tree(path) in self.merged.stages and not self._is_asked(path)
            for path in made.digests
        )

    def _write_journal(self, digests: Mapping[str, str], keys: Mapping[str, str]) -> None:
        """Note in the journal what either side made, so that ``generate`` knows it for its own."""
        made = [
            (below(self.suite, path), found, output.key)
            for lock in self.own_locks
            for output in lock.outputs.values()
            for path, found in output.files.items()
        ]
        made += [(path, found, keys.get(path, "")) for path, found in digests.items()]
        entries = [
            JournalEntry(suite=self.suite, path=path, digest=found, key=key)
            for path, found, key in dict.fromkeys(made)
        ]
        root = OutputRoot.in_project(self.root, self.outputs, self.state)
        # Without these entries generate refuses more than it has to, and loses nothing.
        with (
            contextlib.suppress(LockedError, StorageError),
            writer_lock(self.state, "git merge"),
        ):
            JournalFile(self.state, root.journal_name).append(entries)


def _is_made(digest: str, suite: str, path: str, locks: Locks) -> bool:
    """Return whether one side made the bytes of ``digest``, under this name or an earlier one."""
    own = locks[suite].files() if suite in locks else {}
    inner = path.removeprefix(f"{suite}/") if suite else path
    if inner in own:
        return own[inner] == digest
    return any(digest in lock.files().values() for lock in locks.values())
