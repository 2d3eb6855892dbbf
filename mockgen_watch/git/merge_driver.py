"""Merge driver: an output is never merged as text, but made from the merged specs.

Git merges the specs, and the output is made from the result; nothing is read from the work tree,
which has only one side while Git merges. Git calls the driver once for each file that both sides
changed, in a process of its own. The first call of a suite finds out what becomes of all its files
and leaves that in a memo for the others.

A file that one side alone changed is taken from that side without asking the driver. Where that is
not what the merged specs make, the lockfile has to stay in conflict.

Git tells a merge driver neither what it merges nor for which command, and the index has our side
alone. ``git merge`` names the other commit in a variable, a rebase in a file. A cherry-pick, a
revert and a stash are found by what they are: a commit and its parent, one with the one version and
the other with the other.
"""

from __future__ import annotations

import contextlib
import functools
import json
import os
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct, field

from mockgen_watch.diagnostics import Diagnostic, has_errors
from mockgen_watch.digest import digest
from mockgen_watch.errors import FindingsError, LockedError, StorageError, UsageError
from mockgen_watch.git.repository import DRIVER, Repository, index_file
from mockgen_watch.git.stored import Store, open_stored_specs, read_locks
from mockgen_watch.lock.lockfile import JournalEntry, Lockfile, write_lockfile
from mockgen_watch.lock.model import Action, Snapshot
from mockgen_watch.lock.paths import below, lock_path, output_paths
from mockgen_watch.lock.reconcile import reconcile
from mockgen_watch.lock.settle import MIXED_KEY, Settled, next_lockfile
from mockgen_watch.plan import CONTRACT
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.project_folder import SPECS, OutputRoot, StateFolder, git_folder_of
from mockgen_watch.storage.transaction import JournalFile
from mockgen_watch.workflow.generate import Renderer, wanted_suite
from mockgen_watch.workflow.project import OpenProject, writer_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

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


class _Sides(Struct, frozen=True, kw_only=True):
    """What is being merged: trees or commits.

    Without a ``base``, the common ancestor, Git finds it, as both sides are commits.
    """

    base: str
    ours: str
    theirs: str


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
    sides: _Sides | None = None
    files: dict[str, str] = field(default_factory=dict)
    given: dict[str, str] = field(default_factory=dict)
    messages: list[str] = field(default_factory=list)


def _load_memo(repository: Repository, state: StateFolder) -> _Memo:
    # Git replaces the index file when a merge is over, and not before.
    path = _index_path(repository)
    with naming(path):
        status = os.stat(path)
    merge = repr([status.st_ino, status.st_mtime_ns, status.st_size, sorted(_head_variables())])
    with contextlib.suppress(StorageError, ValueError, msgspec.MsgspecError):
        memo = msgspec.convert(json.loads(state.read(_MEMO) or b"{}"), _Memo)
        if memo.merge == merge:
            return memo
    return _Memo(merge=merge)


def _index_path(repository: Repository) -> str:
    """Return where the index is that Git goes by."""
    if given := index_file():
        return os.path.join(repository.work_tree, given)
    folder = git_folder_of(repository.work_tree)
    if folder is None:
        raise StorageError(repository.work_tree, "it is no work tree of Git any more")
    return os.path.join(folder, "index")


def _versions_key(path: str, blobs: Iterable[str]) -> str:
    return digest(json.dumps([path, *blobs]).encode())


class _Merge:
    """A call of the driver that has something to find out.

    Paths are relative to the output folder, but for those of ``stages``.

    Attributes:
        outputs: the output folder, as our side names it.
        tree: what Git makes of the two sides.
        stages: path from the top of the work tree → the blobs that are in conflict there, by
            their stage: 1 is the base, 2 our side, 3 theirs.
        locks: of base, ours and theirs: suite → lockfile.
        suites: of the merged specs.
        suite: the one that is merged.
        made: every file of the suite but its lockfile → digest of what the merged specs make.
        data: the bytes of those that Git asks for.
        keys: path → the key of its output.
    """

    outputs: str
    tree: str
    stages: dict[str, dict[str, str]]
    locks: list[dict[str, Lockfile]]
    suites: Suites
    suite: str

    def __init__(self, root: str, repository: Repository, state: StateFolder, memo: _Memo) -> None:
        self.root = root
        self.repository = repository
        self.state = state
        self.memo = memo
        self.store = Store(root, repository, state)
        self.nothing = repository.empty_blob()
        self.made: dict[str, str] = {}
        self.data: dict[str, bytes] = {}
        self.keys: dict[str, str] = {}

    def settle(self, path: str, blobs: Sequence[str]) -> list[str]:
        """Put into the memo what becomes of each file of the suite of ``path``; return messages."""
        inner = path.removeprefix(self.repository.prefix)
        self.outputs = self._open("HEAD").settings.outputs.strip("/")
        if not inner.startswith(f"{self.outputs}/"):
            raise _ConflictError(f"{inner} stays in conflict: outputs are in {self.outputs}/")
        sides = self._find_sides(inner, blobs)
        self.tree, self.stages = _merge_trees(self.repository, sides)
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
                f"{_first_error(project.diagnostics)}, so {inner} stays in "
                "conflict; settle the specs, run mockgen-watch generate, then git add"
            )
        suite = _suite_of_path(project.suites, path)
        if suite is None:
            raise _ConflictError(
                f"{inner} stays in conflict: the merged specs do not make it; git rm removes it"
            )
        self.suite = suite
        return self._settle_suite()

    def _find_sides(self, inner: str, blobs: Sequence[str]) -> _Sides:
        finder = _SideFinder(self.repository, self.state, self.outputs, blobs)
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
            f"{self.outputs}/{path} was edited by hand on one side, so it stays in conflict"
            for path in edited
        ]
        wrong = self._wrong_paths()
        own_lock = lock_path(self.suite)
        self._note(own_lock, "" if wrong else self.repository.keep_blob(lock))
        if wrong:
            more = f" and {len(wrong) - 1} more" if wrong[1:] else ""
            messages.append(
                f"{self.outputs}/{wrong[0]}{more} is on neither side what the merged specs make, "
                f"so {self.outputs}/{own_lock} stays in conflict; {remedy}"
            )
        # Git may leave a file of the suite in conflict without asking the driver.
        if messages or any(
            self._in_tree(path) in self.stages and self._versions(path) is None
            for path in self.made
        ):
            self._write_journal()
        return messages

    def _make(self, name: str, remedy: str) -> bytes:
        """Make the outputs of the merged specs, and return the lockfile."""
        wanted = wanted_suite(self.suites, self.suite)
        inputs = (*wanted.inputs, *wanted.absent)
        conflicts = [path for path in inputs if self.repository.prefix + path in self.stages]
        if conflicts:
            self._give_up()
            raise _ConflictError(
                f"{', '.join(conflicts)}: both sides changed the same lines, so the outputs of "
                f"{name} stay in conflict; settle the specs, {remedy}"
            )
        try:
            if not wanted.has_failed:
                return self._render()
        except FindingsError as error:
            self.suites.report(error.diagnostics)
        self._give_up()
        raise _ConflictError(
            f"{_first_error(self.suites.found())}, so the outputs of "
            f"{name} stay in conflict; {remedy}"
        )

    def _render(self) -> bytes:
        # Where a side has made an output with the same key, its digests hold.
        known = {
            (output.name, output.key): output.files
            for lock in self._own_locks()
            for output in lock.outputs.values()
            if output.key != MIXED_KEY
        }
        wanted = wanted_suite(self.suites, self.suite)
        (action,) = reconcile(Snapshot(wanted=(wanted,), contract=CONTRACT)).suites
        renderer = Renderer(self.suites)
        made: dict[str, str] = {}
        for output in action.outputs:
            name, key = output.output.name, output.output.key
            asked = {file.path: self._versions(file.path) is not None for file in output.files}
            self.keys.update(dict.fromkeys(asked, key))
            files = known.get((name, key), {})
            locked = {below(self.suite, path): found for path, found in files.items()}
            if locked.keys() == asked.keys() and not any(asked.values()):
                made.update(locked)
                continue
            for path, chunks in renderer.files(output):
                data = b"".join(chunks)
                made[path] = digest(data)
                if asked[path]:
                    self.data[path] = data
        self.made = made
        settled = {
            path: Settled(action=Action.CREATE, digest=found) for path, found in made.items()
        }
        lock = next_lockfile(action, CONTRACT, settled)
        if lock is None:
            raise AssertionError("a suite that is wanted has a lockfile")
        return write_lockfile(lock)

    def _give_up(self) -> None:
        """Note that every file of the suite stays in conflict."""
        top = self._in_tree(below(self.suite, ""))
        for path in self.stages:
            if path.startswith(top):
                self._note(path.removeprefix(self._in_tree("")), "")
        self.made = {}
        self._write_journal()

    def _in_tree(self, path: str) -> str:
        return f"{self.repository.prefix}{self.outputs}/{path}"

    def _own_locks(self) -> list[Lockfile]:
        return [found[self.suite] for found in self.locks if self.suite in found]

    def _versions(self, path: str) -> tuple[str, str, str] | None:
        """Return the blobs that Git gives the driver: base, ours, theirs.

        None where it does not ask: nothing is in conflict, or one side has no such file.
        """
        found = self.stages.get(self._in_tree(path), {})
        if "2" not in found or "3" not in found:
            return None
        return found.get("1", self.nothing), found["2"], found["3"]

    def _note(self, path: str, blob: str) -> None:
        """Note what becomes of ``path``, where Git asks."""
        versions = self._versions(path)
        if versions is not None:
            self.memo.files[_versions_key(self._in_tree(path), versions)] = blob

    def _is_edited(self, path: str) -> bool:
        """Return whether one side has other bytes at ``path`` than its lockfile says."""
        blobs = (self._versions(path) or ())[1:]
        found = self.store.digests.of(blobs)
        inner = path.removeprefix(f"{self.suite}/") if self.suite else path
        for blob, locks in zip(blobs, self.locks[1:], strict=True):
            own = locks[self.suite].files() if self.suite in locks else {}
            if inner in own:
                is_made = own[inner] == found[blob]
            else:
                # It may have been made under an earlier name.
                is_made = any(found[blob] in lock.files().values() for lock in locks.values())
            if not is_made:
                return True
        return False

    def _wrong_paths(self) -> list[str]:
        """Return the files that Git settles without asking, and not as they have to be."""
        settled = {
            path: entry.blob
            for entry in self.repository.tree(self.tree, (self.outputs,))
            if self._in_tree(path := entry.path.removeprefix(f"{self.outputs}/")) not in self.stages
        }
        found = self.store.digests.of(settled[path] for path in self.made if path in settled)
        wrong = [
            path
            for path, digest in self.made.items()
            if self._in_tree(path) not in self.stages
            and (path not in settled or found[settled[path]] != digest)
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
        made = [
            (below(self.suite, path), found, output.key)
            for lock in self._own_locks()
            for output in lock.outputs.values()
            for path, found in output.files.items()
        ]
        made += [(path, found, self.keys.get(path, "")) for path, found in self.made.items()]
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
        paths = {below(suite, name) for output in wanted.outputs for name in output_paths(output)}
        # A suite with errors may make the path; the errors are reported then.
        if wanted.has_failed or path in paths:
            return suite
    return None


_HEAD_VARIABLE = "GITHEAD_"
"""Begins the variables by which ``git merge`` names what it merges."""

_COMMIT_FILES = (
    "rebase-merge/done",
    "rebase-apply/original-commit",
    "rebase-merge/autostash",
    "rebase-apply/autostash",
    "MERGE_AUTOSTASH",
)
"""Files of the Git folder whose last line names a commit."""

_MAX_COMMITS = 50
_MAX_TIPS = 500
_CLEAN, _CONFLICT = 0, 1
_COMMITTER = {
    f"GIT_{role}_{what}": value
    for role in ("AUTHOR", "COMMITTER")
    for what, value in (
        ("NAME", "mockgen-watch"),
        ("EMAIL", "mockgen-watch@localhost"),
        ("DATE", "2000-01-01T00:00:00Z"),
    )
}


def _head_variables() -> list[str]:
    return [name for name in os.environ if name.startswith(_HEAD_VARIABLE)]


def _merge_trees(repository: Repository, sides: _Sides) -> tuple[str, dict[str, dict[str, str]]]:
    """Return the tree that Git makes of ``sides``, and the stages of what is in conflict.

    Raises:
        StorageError: Git fails, as one before 2.38 does.
    """
    ours, theirs = sides.ours, sides.theirs
    if sides.base:
        # Commits that nothing points at: they tell Git which tree is the ancestor.
        base = _commit(repository, sides.base)
        ours, theirs = (_commit(repository, side, base) for side in (ours, theirs))
    words = ["-c", f"{DRIVER}=false", "merge-tree", "--write-tree", "-z", "--no-messages"]
    code, text = repository.ask([*words, "--allow-unrelated-histories", ours, theirs])
    if code not in {_CLEAN, _CONFLICT}:
        raise StorageError("git", "git merge-tree --write-tree failed; it needs Git 2.38 or newer")
    tree, *lines = text.split(b"\0")
    stages: dict[str, dict[str, str]] = {}
    for line in lines:
        about, mark, name = line.decode("utf-8", "surrogateescape").partition("\t")
        if mark:
            _, blob, stage = about.split(" ")
            stages.setdefault(name, {})[stage] = blob
    return tree.decode(), stages


def _commit(repository: Repository, tree: str, parent: str = "") -> str:
    words = ["commit-tree", "-m", "merge", *(["-p", parent] if parent else ())]
    code, text = repository.ask([*words, f"{tree}^{{tree}}"], b"", _COMMITTER)
    if code:
        raise StorageError("git", f"git commit-tree failed with exit code {code}")
    return text.decode().strip()


class _SideFinder:
    """Looks for the sides of the merge of one file of the output folder."""

    def __init__(
        self, repository: Repository, state: StateFolder, outputs: str, versions: Sequence[str]
    ) -> None:
        self.repository = repository
        self.state = state
        self.outputs = outputs
        self.base, self.ours, self.theirs = versions
        self._nothing = repository.empty_blob()
        self._blobs: dict[str, frozenset[str]] = {}

    def fits(self, sides: _Sides) -> bool:
        """Return whether ``sides`` have the three versions."""
        has_base = not sides.base or self._has(sides.base, self.base)
        return (
            has_base and self._has(sides.ours, self.ours) and self._has(sides.theirs, self.theirs)
        )

    def find(self) -> _Sides | None:
        # What is merged into: what is staged, or the last commit.
        ours = next((one for one in (self._index_tree(), "HEAD") if self._has(one, self.ours)), "")
        heads = _head_variables()
        if len(heads) == 1 and self._has("HEAD", self.ours):
            theirs = heads[0].removeprefix(_HEAD_VARIABLE)
            if self._has(theirs, self.theirs):
                return self._of_commits("HEAD", theirs)
        if ours:
            for parent, commit in self._steps():
                for base, theirs in ((parent, commit), (commit, parent)):
                    if self._has(base, self.base) and self._has(theirs, self.theirs):
                        return _Sides(base=base, ours=ours, theirs=theirs)
        return self._of_branches()

    def _index_tree(self) -> str:
        """Return the tree of what is staged; ``""`` when that has conflicts."""
        # Git holds the lock of the index while it merges, but not of a copy.
        copy = self.state.place("merge.index")
        with naming(copy):
            with self.state.open(), open(_index_path(self.repository), "rb") as file:
                self.state.write("merge.index", file.read(), is_durable=False)
            try:
                variables = {"GIT_INDEX_FILE": copy}
                code, tree = self.repository.ask(["write-tree"], variables=variables)
            finally:
                self.state.remove("merge.index")
        return "" if code else tree.decode().strip()

    def _steps(self) -> Iterator[tuple[str, str]]:
        """Yield parent and commit, wherever a commit has the one version and its parent another."""
        commits = self._commits_in_files()
        words = ["log", "--no-walk", "--format=%H %P", *commits]
        texts = [self.repository.read(words)] if commits else []
        search = ["log", "--all", "--reflog", "-m", "--format=%H %P", f"-n{_MAX_COMMITS}"]
        folder = f"{self.repository.prefix}{self.outputs}"
        # A commit that adds or removes the blob, whatever its path.
        blob = self.theirs if self.theirs != self._nothing else self.base
        texts.append(self.repository.read([*search, f"--find-object={blob}", "--", folder]))
        seen: dict[tuple[str, str], None] = {}
        for text in texts:
            for line in text.decode().splitlines():
                commit, *parents = line.split()
                seen.update(dict.fromkeys((parent, commit) for parent in parents))
        yield from seen

    def _commits_in_files(self) -> tuple[str, ...]:
        """Return the commits that a rebase is about to take over, or that it has put aside."""
        ids = []
        for name in _COMMIT_FILES:
            path = os.fsdecode(self.repository.read(["rev-parse", "--git-path", name]))
            try:
                with open(os.path.join(self.repository.work_tree, path.rstrip("\n"))) as file:
                    words = (file.read().splitlines() or [""])[-1].split()
            except OSError:
                continue
            ids += [word for word in words[:3] if len(word) >= len(self.ours)]
        return tuple(ids)

    def _of_branches(self) -> _Sides | None:
        """Return the sides of a merge of two branches, neither of which need be checked out."""
        words = ["for-each-ref", f"--count={_MAX_TIPS}", "--format=%(objectname)"]
        tips = dict.fromkeys(self.repository.read(words).decode().split())
        their_tips = [tip for tip in tips if self._has(tip, self.theirs)]
        for ours in [tip for tip in ("HEAD", *tips) if self._has(tip, self.ours)]:
            for theirs in their_tips:
                sides = self._of_commits(ours, theirs)
                if not sides.base or self._has(sides.base, self.base):
                    return sides
        return None

    def _of_commits(self, ours: str, theirs: str) -> _Sides:
        code, text = self.repository.ask(["merge-base", "--all", ours, theirs])
        bases = text.decode().split()
        if code and not bases:
            base = self.repository.read_text(["mktree"], b"")
        else:
            # Of two ancestors Git makes one on its own.
            base = bases[0] if len(bases) == 1 else ""
        return _Sides(base=base, ours=ours, theirs=theirs)

    def _has(self, side: str, blob: str) -> bool:
        if not side:
            return False
        if side not in self._blobs:
            try:
                entries = self.repository.tree(side, (self.outputs,))
            except StorageError:
                entries = ()
            self._blobs[side] = frozenset(entry.blob for entry in entries)
        return blob in self._blobs[side] or (blob == self.base == self._nothing)
