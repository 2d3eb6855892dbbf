"""Sides of a merge: the trees that the three versions of a file come from, and their merge.

Git tells a merge driver neither what it merges nor for which command, and while the driver runs
the work tree and the index have our side alone. ``git merge`` names the other commit in a variable,
a rebase in a file. A cherry-pick, a revert and a stash are found by what they are: a commit and its
parent, one with the one version and the other with the other.
"""

from __future__ import annotations

import os
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.errors import StorageError
from mockgen_watch.git.repository import index_file
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.project_folder import git_folder_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mockgen_watch.git.repository import Repository
    from mockgen_watch.storage.project_folder import StateFolder


DRIVER = "merge.mockgen.driver"
"""The setting that Git calls the merge driver by."""

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

    Attributes:
        base: the common ancestor; ``""``: Git finds it, as both sides are commits.
        ours, theirs: the two sides.
    """

    base: str
    ours: str
    theirs: str


class MergedTree(Struct, frozen=True, kw_only=True):
    """The tree that Git makes of two sides.

    Attributes:
        tree: its id.
        stages: path from the top of the work tree → the blobs that are in conflict there, by
            their stage: 1 is the base, 2 our side, 3 theirs.
    """

    tree: str
    stages: Mapping[str, Mapping[str, str]]

    def versions(self, path: str, nothing: str) -> tuple[str, str, str] | None:
        """Return the blobs that Git gives a merge driver: base, ours, theirs.

        None where it does not ask the driver: nothing is in conflict, or one side has no such file.
        ``nothing`` is the id of an empty blob, which Git gives where there is no base.
        """
        found = self.stages.get(path, {})
        if "2" not in found or "3" not in found:
            return None
        return found.get("1", nothing), found["2"], found["3"]


def merge_trees(repository: Repository, sides: Sides) -> MergedTree:
    """Return the tree that Git makes of ``sides``.

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
    return MergedTree(tree=tree.decode(), stages=stages)


def _commit(repository: Repository, tree: str, parent: str = "") -> str:
    words = ["commit-tree", "-m", "merge", *(["-p", parent] if parent else ())]
    code, text = repository.ask([*words, f"{tree}^{{tree}}"], b"", _COMMITTER)
    if code:
        raise StorageError("git", f"git commit-tree failed with exit code {code}")
    return text.decode().strip()


def empty_blob(repository: Repository) -> str:
    """Return the id of an empty file.

    Raises:
        StorageError: Git fails.
    """
    return repository.read_text(["hash-object", "-t", "blob", "--stdin"], b"")


def merge_id(repository: Repository) -> str:
    """Return a text that tells the current merge from every other.

    Git replaces the index file when a merge is over, and not before.

    Raises:
        StorageError: the index cannot be read.
    """
    path = _index_path(repository)
    with naming(path):
        status = os.stat(path)
    heads = sorted(name for name in os.environ if name.startswith(_HEAD_VARIABLE))
    return repr([status.st_ino, status.st_mtime_ns, status.st_size, heads])


def _index_path(repository: Repository) -> str:
    """Return where the index is that Git goes by."""
    if given := index_file():
        return os.path.join(repository.work_tree, given)
    folder = git_folder_of(repository.work_tree)
    if folder is None:
        raise StorageError(repository.work_tree, "it is no work tree of Git any more")
    return os.path.join(folder, "index")


class SideFinder:
    """Looks for the sides of the merge of one file of the output folder."""

    def __init__(
        self, repository: Repository, state: StateFolder, outputs: str, versions: Sequence[str]
    ) -> None:
        """Look for the blobs ``versions``: base, ours, theirs; an empty base is none."""
        self.repository = repository
        self.state = state
        self.outputs = outputs
        self.base, self.ours, self.theirs = versions
        self._blobs: dict[str, frozenset[str]] = {}

    def fits(self, sides: Sides) -> bool:
        """Return whether ``sides`` have the three versions.

        Raises:
            StorageError: Git fails.
        """
        has_base = not sides.base or self._has(sides.base, self.base)
        return (
            has_base and self._has(sides.ours, self.ours) and self._has(sides.theirs, self.theirs)
        )

    def find(self) -> Sides | None:
        """Return the sides that have the three versions; None when none can be found.

        Raises:
            StorageError: Git fails.
        """
        ours = self._our_side()
        heads = [name for name in os.environ if name.startswith(_HEAD_VARIABLE)]
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

    def _our_side(self) -> str:
        """Return what is merged into: what is staged, or the last commit."""
        return next(
            (side for side in (self._index_tree(), "HEAD") if self._has(side, self.ours)), ""
        )

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
        """Return whether ``side`` has ``blob`` as an output."""
        if not side:
            return False
        if side not in self._blobs:
            try:
                entries = self.repository.tree(side, (self.outputs,))
            except StorageError:
                entries = ()
            self._blobs[side] = frozenset(entry.blob for entry in entries)
        return blob in self._blobs[side] or (blob == self.base == self._nothing)

    @cached_property
    def _nothing(self) -> str:
        return empty_blob(self.repository)
