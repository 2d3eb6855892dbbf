"""Sides of a merge: what Git is merging, and the tree that it makes of it.

Git does not tell a merge driver what it merges, or for which command, and the index has our side
alone. ``git merge`` names the other commit in a variable, a rebase in a file. A cherry-pick, a
revert and a stash are found by what they are: a commit and its parent, one with the one version and
the other with the other.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeAlias

from msgspec import Struct

from mockgen_watch.errors import StorageError
from mockgen_watch.git.repository import DRIVER, Repository, index_file
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.project_folder import git_folder_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.git.stored import Store


Versions: TypeAlias = tuple[str, str, str]
"""The blobs of one file that Git gives the driver: base, ours, theirs."""

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


class Sides(Struct, frozen=True, kw_only=True):
    """What is being merged: trees or commits.

    Without a ``base``, the common ancestor, Git finds it, as both sides are commits.
    """

    base: str
    ours: str
    theirs: str


def merge_id(repository: Repository) -> str:
    """Return what distinguishes the merge in progress from others."""
    # Git replaces the index file when a merge is over, and not before.
    path = _index_path(repository)
    with naming(path):
        status = os.stat(path)
    return repr([status.st_ino, status.st_mtime_ns, status.st_size, sorted(_head_variables())])


def _index_path(repository: Repository) -> str:
    """Return where the index is that Git goes by."""
    if given := index_file():
        return os.path.join(repository.work_tree, given)
    folder = git_folder_of(repository.work_tree)
    if folder is None:
        raise StorageError(repository.work_tree, "it is no longer a Git work tree")
    return os.path.join(folder, "index")


def _head_variables() -> list[str]:
    return [name for name in os.environ if name.startswith(_HEAD_VARIABLE)]


def merge_trees(repository: Repository, sides: Sides) -> tuple[str, dict[str, Versions | None]]:
    """Return the tree that Git makes of ``sides``, and the versions of what is in conflict.

    They are by path from the top of the work tree; None where Git does not ask the driver, as one
    side has no such file.

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
    nothing = repository.empty_blob()
    conflicts = {
        name: (found.get("1", nothing), found["2"], found["3"])
        if found.keys() >= {"2", "3"}
        else None
        for name, found in stages.items()
    }
    return tree.decode(), conflicts


def _commit(repository: Repository, tree: str, parent: str = "") -> str:
    words = ["commit-tree", "-m", "merge", *(["-p", parent] if parent else ())]
    code, text = repository.ask([*words, f"{tree}^{{tree}}"], b"", _COMMITTER)
    if code:
        raise StorageError("git", f"git commit-tree failed with exit code {code}")
    return text.decode().strip()


class SideFinder:
    """Looks for the sides of the merge of one file of the output folder."""

    def __init__(self, store: Store, outputs: str, versions: Versions) -> None:
        self.repository = store.repository
        self.state = store.state
        self.outputs = outputs
        self.base, self.ours, self.theirs = versions
        self._nothing = self.repository.empty_blob()
        self._blobs: dict[str, frozenset[str]] = {}

    def fits(self, sides: Sides) -> bool:
        """Return whether ``sides`` have the three versions."""
        has_base = not sides.base or self._has(sides.base, self.base)
        return (
            has_base and self._has(sides.ours, self.ours) and self._has(sides.theirs, self.theirs)
        )

    def find(self) -> Sides | None:
        """Return the sides; None where nothing has the three versions."""
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
                        return Sides(base=base, ours=ours, theirs=theirs)
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

    def _of_branches(self) -> Sides | None:
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

    def _of_commits(self, ours: str, theirs: str) -> Sides:
        code, text = self.repository.ask(["merge-base", "--all", ours, theirs])
        bases = text.decode().split()
        if code and not bases:
            base = self.repository.read_text(["mktree"], b"")
        else:
            # Of two ancestors Git makes one on its own.
            base = bases[0] if len(bases) == 1 else ""
        return Sides(base=base, ours=ours, theirs=theirs)

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
