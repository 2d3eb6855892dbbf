"""Takes three trees of Git; gives the tree that Git makes of them, and what is in conflict there.

Git merges on its own, so that renames and the attributes of the user count as they do in the merge
that is going on. The merge driver of outputs is switched off in there: it is what asks.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.errors import StorageError
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.project_folder import git_folder_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mockgen_watch.storage.git.repository import Repository
    from mockgen_watch.storage.state import StateFolder

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
