"""Takes the three versions of a file that Git merges; gives the trees that they may come from.

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
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.project_folder import git_folder_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from mockgen_watch.git.repository import Repository
    from mockgen_watch.storage.project_folder import StateFolder


DRIVER = "merge.mockgen.driver"
"""The setting that Git calls the merge driver by."""

NAMED = "GITHEAD_"
"""Begins the variables by which ``git merge`` names what it merges."""

_CLEAN, _CONFLICT = 0, 1
_NOBODY = {
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

    def to_dict(self) -> dict[str, str]:
        """Return the same as plain data."""
        return {"base": self.base, "ours": self.ours, "theirs": self.theirs}


class MergedTree(Struct, frozen=True, kw_only=True):
    """What Git makes of two sides.

    Attributes:
        tree: its id.
        stages: path from the top of the work tree → the blobs that are in conflict there, by
            their stage: 1 is the base, 2 our side, 3 theirs.
    """

    tree: str
    stages: Mapping[str, Mapping[str, str]]

    def versions(self, path: str, nothing: str) -> tuple[str, str, str] | None:
        """Return the blobs that a merge driver is asked about: base, ours, theirs.

        None where it is not asked: nothing is in conflict, or one side has no such file.
        ``nothing`` is the id of an empty blob, which stands for a base that is none.
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


def empty_tree(repository: Repository) -> str:
    """Return the id of a tree that has nothing.

    Raises:
        StorageError: Git fails.
    """
    return repository.read(["mktree"], b"").decode().strip()


def empty_blob(repository: Repository) -> str:
    """Return the id of an empty file, which Git gives a merge driver for a base that is none.

    Raises:
        StorageError: Git fails.
    """
    return repository.read(["hash-object", "-t", "blob", "--stdin"], b"").decode().strip()


def index_tree(repository: Repository, state: StateFolder) -> str:
    """Return the tree of what is staged; ``""`` when that has conflicts.

    Raises:
        StorageError: the index cannot be read.
    """
    # Git holds the lock of the index while it merges; of a copy it does not.
    copy = state.place("merge.index")
    with naming(copy):
        with state.open(), open(index_path(repository), "rb") as file:
            state.write("merge.index", file.read(), is_durable=False)
        try:
            code, tree = repository.ask(["write-tree"], variables={"GIT_INDEX_FILE": copy})
        finally:
            state.remove("merge.index")
    return "" if code else tree.decode().strip()


def index_path(repository: Repository) -> str:
    """Return where the index is that Git goes by.

    Raises:
        StorageError: there is no Git folder.
    """
    given = os.environ.get("GIT_INDEX_FILE")
    if given is not None:
        return os.path.join(repository.work_tree, given)
    folder = git_folder_of(repository.work_tree)
    if folder is None:
        raise StorageError(repository.work_tree, "it is no work tree of Git any more")
    return os.path.join(folder, "index")


def merge_mark(repository: Repository) -> str:
    """Return what tells the merge that goes on from another one.

    Git replaces the index file when a merge is over, and not before.

    Raises:
        StorageError: the index cannot be read.
    """
    path = index_path(repository)
    with naming(path):
        status = os.stat(path)
    named = sorted(name for name in os.environ if name.startswith(NAMED))
    return repr([status.st_ino, status.st_mtime_ns, status.st_size, named])


def _commit(repository: Repository, tree: str, parent: str = "") -> str:
    words = ["commit-tree", "-m", "merge", *(["-p", parent] if parent else ())]
    code, text = repository.ask([*words, f"{tree}^{{tree}}"], b"", _NOBODY)
    if code:
        raise StorageError("git", f"git commit-tree failed with exit code {code}")
    return text.decode().strip()


_NAMING = (
    "rebase-merge/done",
    "rebase-apply/original-commit",
    "rebase-merge/autostash",
    "rebase-apply/autostash",
    "MERGE_AUTOSTASH",
)
"""Files of the Git folder whose last line names a commit."""

_MOST_COMMITS = 50
_MOST_TIPS = 500


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

    def are(self, sides: Sides) -> bool:
        """Return whether ``sides`` have the three versions.

        Raises:
            StorageError: Git fails.
        """
        has_base = not sides.base or self._has(sides.base, self.base)
        return (
            has_base and self._has(sides.ours, self.ours) and self._has(sides.theirs, self.theirs)
        )

    def find(self) -> Sides | None:
        """Return the sides that have the three versions; None when there are none to be found.

        Raises:
            StorageError: Git fails.
        """
        ours = self._our_side()
        for sides in self._merges():
            return sides
        if ours:
            for parent, commit in self._steps():
                for base, theirs in ((parent, commit), (commit, parent)):
                    if self._has(base, self.base) and self._has(theirs, self.theirs):
                        return Sides(base=base, ours=ours, theirs=theirs)
        return next(self._tips(), None)

    def _our_side(self) -> str:
        """Return what is merged into: what is staged, or the last commit."""
        staged = index_tree(self.repository, self.state)
        return next((side for side in (staged, "HEAD") if self._has(side, self.ours)), "")

    def _merges(self) -> Iterator[Sides]:
        """Yield the sides of a ``git merge``."""
        named = [name.removeprefix(NAMED) for name in os.environ if name.startswith(NAMED)]
        if len(named) == 1 and self._has("HEAD", self.ours) and self._has(named[0], self.theirs):
            yield from self._of_commits("HEAD", named[0])

    def _steps(self) -> Iterator[tuple[str, str]]:
        """Yield parent and commit, wherever a commit has the one version and its parent another."""
        named = self._named()
        words = ["log", "--no-walk", "--format=%H %P", *named]
        texts = [self.repository.read(words)] if named else []
        search = ["log", "--all", "--reflog", "-m", "--format=%H %P", f"-n{_MOST_COMMITS}"]
        folder = f"{self.repository.prefix}{self.outputs}"
        # Of these one has gone or come, whatever its path.
        blob = self.theirs if self.theirs != self._nothing else self.base
        texts.append(self.repository.read([*search, f"--find-object={blob}", "--", folder]))
        seen: dict[tuple[str, str], None] = {}
        for text in texts:
            for line in text.decode().splitlines():
                commit, *parents = line.split()
                seen.update(dict.fromkeys((parent, commit) for parent in parents))
        yield from seen

    def _named(self) -> tuple[str, ...]:
        """Return the commits that a rebase is about to take over, or that it has put aside."""
        ids = []
        for name in _NAMING:
            path = os.fsdecode(self.repository.read(["rev-parse", "--git-path", name]))
            try:
                with open(os.path.join(self.repository.work_tree, path.rstrip("\n"))) as file:
                    words = (file.read().splitlines() or [""])[-1].split()
            except OSError:
                continue
            ids += [word for word in words[:3] if len(word) >= len(self.ours)]
        return tuple(ids)

    def _tips(self) -> Iterator[Sides]:
        """Yield the sides of a merge of two branches, none of which need be checked out."""
        words = ["for-each-ref", f"--count={_MOST_TIPS}", "--format=%(objectname)"]
        tips = dict.fromkeys(self.repository.read(words).decode().split())
        ours = [tip for tip in ("HEAD", *tips) if self._has(tip, self.ours)]
        theirs = [tip for tip in tips if self._has(tip, self.theirs)]
        for our in ours:
            for their in theirs:
                for sides in self._of_commits(our, their):
                    if not sides.base or self._has(sides.base, self.base):
                        yield sides

    def _of_commits(self, ours: str, theirs: str) -> Iterator[Sides]:
        code, text = self.repository.ask(["merge-base", "--all", ours, theirs])
        bases = text.decode().split()
        if code and not bases:
            yield Sides(base=empty_tree(self.repository), ours=ours, theirs=theirs)
        else:
            # Of two ancestors Git makes one on its own.
            yield Sides(base=bases[0] if len(bases) == 1 else "", ours=ours, theirs=theirs)

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
