"""Takes the merged specs of a suite; gives its outputs and lockfile as a clean run makes them.

Git takes an output that one side alone changed from that side, without asking. Where that is not
what the merged specs make, this is told here: the lockfile then has to stay in conflict.
"""

from __future__ import annotations

import contextlib
import json
from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.diagnostics import has_errors
from mockgen_watch.digest import digest
from mockgen_watch.errors import FindingsError, LockedError, StorageError
from mockgen_watch.generate.address import CONTRACT
from mockgen_watch.git.repository import Repository
from mockgen_watch.git.sides import Sides, merge_mark
from mockgen_watch.lock.journal import JournalEntry
from mockgen_watch.lock.lockfile import Lockfile, write_lockfile
from mockgen_watch.lock.model import Action, Snapshot
from mockgen_watch.lock.paths import below, lock_path, output_paths
from mockgen_watch.lock.reconcile import reconcile
from mockgen_watch.lock.settle import MIXED_KEY, Settled, next_lockfile
from mockgen_watch.storage.containment import OutputRoot
from mockgen_watch.storage.project_folder import SPECS, StateFolder, git_folder_of
from mockgen_watch.storage.project_lock import WRITER, ProjectLock
from mockgen_watch.storage.transaction import JournalFile
from mockgen_watch.workflow.generate import LOCK_WAIT, Renderer, wanted_suite

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from pathlib import Path
    from typing import Any

    from mockgen_watch.git.blobs import BlobDigests
    from mockgen_watch.git.sides import MergedTree
    from mockgen_watch.lock.model import OutputAction, WantedSuite
    from mockgen_watch.workflow.suites import Suites

    Locks = Mapping[str, Lockfile]


TEXT = "text"
"""Stands for a blob where a file is no output, and is to be merged as text."""

_NAME = "merge.json"


class MergeMemo(Struct, kw_only=True):
    """What is known of the merge that goes on.

    Attributes:
        mark: what tells this merge from another.
        sides: what is merged; None as long as nobody had to look.
        files: path and versions, as one text → the blob that it becomes; "" where it stays in
            conflict, ``TEXT`` where it is no output.
        given: path → the blob that Git was given for it.
        told: what a person has been told.
    """

    mark: str
    sides: Sides | None = None
    files: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)

    def tell_once(self, text: str) -> bool:
        """Return whether ``text`` is new; from now on it is not."""
        is_new = text not in self.told
        if is_new:
            self.told.append(text)
        return is_new


class Question(Struct, frozen=True, kw_only=True):
    """What Git asks a merge driver.

    Attributes:
        root: the project folder.
        repository, state: of the project.
        path: of the file, from the top of the work tree on.
        blobs: its versions: base, ours, theirs; an empty base is none.
        memo: of the merge that goes on.
    """

    root: str
    repository: Repository
    state: StateFolder
    path: str
    blobs: tuple[str, ...]
    memo: MergeMemo

    @property
    def key(self) -> str:
        """What stands for the file and its versions."""
        return versions_key(self.path, self.blobs)

    @property
    def is_text(self) -> bool:
        """Return whether the file is no output, and is merged as any text is."""
        return self.memo.files.get(self.key) == TEXT

    @property
    def is_settled(self) -> bool:
        """Return whether an earlier call has found the answer."""
        return self.key in self.memo.files


def hear_question(work_tree: Path, path: str, files: Sequence[Path]) -> Question | None:
    """Return what Git asks; None where ``path`` is below no project.

    Args:
        work_tree: its top.
        path: of the file that is merged, from there on.
        files: where its versions are: base, ours, theirs.

    Raises:
        StorageError: Git fails.
    """
    root = _project_of(work_tree, path)
    if root is None:
        return None
    repository = Repository.of(root)
    state = StateFolder.of(root)
    blobs = repository.read(["hash-object", "-w", "--no-filters", "--", *map(str, files)])
    return Question(
        root=root,
        repository=repository,
        state=state,
        path=path,
        blobs=tuple(blobs.decode().split()),
        memo=load_memo(repository, state),
    )


def merge_as_text(question: Question, files: Sequence[Path]) -> bool:
    """Let Git merge ``files`` (base, ours, theirs) into ours; tell whether no conflict is left.

    Raises:
        StorageError: Git is not there.
    """
    base, ours, theirs = map(str, files)
    labels = [word for name in ("ours", "base", "theirs") for word in ("-L", name)]
    return not question.repository.ask(["merge-file", *labels, ours, base, theirs])[0]


def answer(question: Question, told: Sequence[str]) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the bytes of the file, None where it stays in conflict, and what is new to tell.

    Raises:
        StorageError: Git fails.
    """
    memo = question.memo
    blob = memo.files[question.key]
    memo.given[question.path] = blob
    news = tuple(line for line in told if memo.tell_once(line))
    save_memo(question.state, memo)
    return (question.repository.read(["cat-file", "blob", blob]) if blob else None), news


def versions_key(path: str, blobs: Sequence[str]) -> str:
    """Return what stands for the three versions of a file."""
    return digest(json.dumps([path, *blobs]).encode())


def load_memo(repository: Repository, state: StateFolder) -> MergeMemo:
    """Return what earlier calls of this merge left."""
    mark = merge_mark(repository)
    try:
        # A memo is only a memo: whatever is wrong with it, it is made anew, hence Any.
        data: Any = json.loads(state.read(_NAME) or b"{}")
        if data.get("mark") != mark:
            return MergeMemo(mark=mark)
        sides = None if data["sides"] is None else Sides(**data["sides"])
        rest = {name: data[name] for name in ("files", "given", "told")}
        return MergeMemo(mark=mark, sides=sides, **rest)
    except (StorageError, ValueError, AttributeError, KeyError, TypeError):
        return MergeMemo(mark=mark)


def save_memo(state: StateFolder, memo: MergeMemo) -> None:
    """Leave ``memo`` to the next calls; where that cannot be, they find it all out again."""
    data = {
        "mark": memo.mark,
        "sides": None if memo.sides is None else memo.sides.to_dict(),
        "files": memo.files,
        "given": memo.given,
        "told": memo.told,
    }
    try:
        state.write(_NAME, json.dumps(data).encode(), is_durable=False)
    except StorageError:
        return


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


class MergedSuite(Struct, frozen=True, kw_only=True):
    """What the merged specs make of one suite. Paths are relative to the output folder.

    Attributes:
        suite: its name.
        digests: every file but the lockfile → digest of its bytes.
        made: the bytes of those that were asked for.
        lock: the bytes of the lockfile.
        keys: path → the key of its output.
    """

    suite: str
    digests: Mapping[str, str]
    made: Mapping[str, bytes]
    lock: bytes
    keys: Mapping[str, str]


def make_suite(
    suites: Suites, suite: str, locks: Iterable[Lockfile], needs: Callable[[str], bool]
) -> MergedSuite | None:
    """Return the outputs of ``suite``; None when its specs have errors.

    Args:
        suites: of the merged specs.
        suite: its name.
        locks: what the sides have made of it; of equal keys the digests are known.
        needs: tells whether the bytes of a path are wanted.

    Raises:
        FindingsError: a record cannot be written.
    """
    wanted = wanted_suite(suites, suite)
    if wanted.has_failed:
        return None
    making = _Making(wanted=wanted, known=_known(locks))
    (action,) = reconcile(Snapshot(wanted=(wanted,), contract=CONTRACT)).suites
    renderer = Renderer(suites)
    for output in action.outputs:
        making.take(output, renderer, needs)
    settled = {
        path: Settled(action=Action.CREATE, digest=found) for path, found in making.digests.items()
    }
    lock = next_lockfile(action, CONTRACT, settled)
    if lock is None:
        raise AssertionError("a suite that is wanted has a lockfile")
    return MergedSuite(
        suite=suite,
        digests=making.digests,
        made=making.made,
        lock=write_lockfile(lock),
        keys=making.keys,
    )


def suite_of_path(suites: Suites, path: str) -> str | None:
    """Return the suite whose output or lockfile ``path`` is; None when nobody wants it."""
    for suite in suites.files:
        if path == lock_path(suite):
            return suite
    near = [suite for suite in suites.files if not suite or path.startswith(f"{suite}/")]
    for suite in sorted(near, key=len, reverse=True):
        wanted = wanted_suite(suites, suite)
        # A suite with errors may want the path: whoever asks hears of the errors.
        paths = {below(suite, name) for output in wanted.outputs for name in output_paths(output)}
        if wanted.has_failed or path in paths:
            return suite
    return None


class _Making(Struct, kw_only=True):
    wanted: WantedSuite
    known: Mapping[tuple[str, str], Mapping[str, str]]
    digests: dict[str, str] = field(default_factory=dict)
    made: dict[str, bytes] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)

    def take(self, output: OutputAction, renderer: Renderer, needs: Callable[[str], bool]) -> None:
        paths = [file.path for file in output.files]
        self.keys.update(dict.fromkeys(paths, output.output.key))
        known = {
            below(output.output.suite, path): found
            for path, found in self.known.get((output.output.name, output.output.key), {}).items()
        }
        if known.keys() == set(paths) and not any(map(needs, paths)):
            self.digests.update(known)
            return
        for path, chunks in renderer.files(output):
            data = b"".join(chunks)
            self.digests[path] = digest(data)
            if needs(path):
                self.made[path] = data


def _known(locks: Iterable[Lockfile]) -> dict[tuple[str, str], Mapping[str, str]]:
    return {
        (output.name, output.key): output.files
        for lock in locks
        for output in lock.outputs.values()
        if output.key != MIXED_KEY
    }


class StaysError(Exception):
    """A file stays in conflict; the text says why, and what to do."""


class SuiteMerge(Struct, frozen=True, kw_only=True):
    """The merge of one suite.

    Attributes:
        question: what Git asks.
        digests: of blobs.
        nothing: the id of an empty blob.
        merged: what Git makes of the two sides.
        suites: of the merged specs.
        suite: its name.
        outputs: the output folder.
        locks: of base, ours and theirs: suite → lockfile.
    """

    question: Question
    digests: BlobDigests
    nothing: str
    merged: MergedTree
    suites: Suites
    suite: str
    outputs: str
    locks: Sequence[Mapping[str, Lockfile]]

    def take(self) -> list[str]:
        """Put what becomes of every file of the suite into the memo; return what to tell."""
        own = [locks[self.suite] for locks in self.locks if self.suite in locks]
        self._refuse_conflicts()
        try:
            made = make_suite(self.suites, self.suite, own, self._is_asked)
        except FindingsError as error:
            made = None
            self.suites.report(error.diagnostics)
        if made is None:
            self._give_up()
            first = next(item for item in self.suites.found() if has_errors((item,)))
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
        wanted = wanted_suite(self.suites, self.suite)
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
        """Return whether Git asks the driver about ``path``."""
        return self.merged.versions(self._in_tree(path), self.nothing) is not None

    def _settle(self, path: str, blob: str) -> None:
        """Note what becomes of ``path``, where Git asks."""
        versions = self.merged.versions(self._in_tree(path), self.nothing)
        if versions is not None:
            self.question.memo.files[versions_key(self._in_tree(path), versions)] = blob

    def _is_edited(self, path: str) -> bool:
        """Return whether one side has other bytes at ``path`` than its lockfile knows."""
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
        """Return whether Git leaves a file of the suite in conflict without asking the driver."""
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
        for path, made in digests.items():
            key = (keys or {}).get(path, "")
            entries[JournalEntry(suite=self.suite, path=path, digest=made, key=key)] = None
        state = self.question.state
        root = OutputRoot.in_project(self.question.root, self.outputs, state)
        # Without these entries generate refuses more than it had to, and loses nothing.
        with (
            contextlib.suppress(LockedError, StorageError),
            ProjectLock(state, WRITER, holder="mockgen-watch git merge", timeout=LOCK_WAIT),
        ):
            JournalFile(state, root.journal_name).append(list(entries))


def _is_known(digest: str, suite: str, path: str, locks: Mapping[str, Lockfile]) -> bool:
    """Return whether one side made the bytes of ``digest``, under this name or an earlier one."""
    own = locks[suite].files() if suite in locks else {}
    inner = path.removeprefix(f"{suite}/") if suite else path
    if inner in own:
        return own[inner] == digest
    return any(digest in lock.files().values() for lock in locks.values())
