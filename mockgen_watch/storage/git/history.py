"""Takes revisions; gives commits with the trees of their specs and outputs, read at one time."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.errors import StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.storage.git.repository import Repository


class Commit(Struct, frozen=True, kw_only=True):
    """A commit.

    Attributes:
        id: as Git writes it.
        date: of its author, ISO 8601.
        subject: the first line of its message.
        trees: the ids of the folders that were asked for; "" for one that it has not.
    """

    id: str
    date: str
    subject: str
    trees: tuple[str, ...]


def read_commits(
    repository: Repository, revisions: Sequence[str], folders: Sequence[str]
) -> tuple[Commit, ...]:
    """Return the commits that ``revisions`` mean, oldest first, with the trees of ``folders``.

    A range (``A..B``) means all of its commits, a single revision itself alone.

    Raises:
        UsageError: there is no such revision.
        StorageError: Git fails.
    """
    single = [revision for revision in revisions if ".." not in revision]
    words = ["log", "--reverse", "--topo-order", "-z", "--format=%H%x01%aI%x01%s"]
    if len(single) == len(revisions):
        words.append("--no-walk=unsorted")
    elif single:
        raise UsageError("name ranges (A..B) or single commits, not both")
    code, text = repository.ask([*words, "--end-of-options", *revisions, "--"])
    if code:
        raise UsageError(f"there is no revision {' '.join(revisions)}")
    lines = [line for line in text.decode("utf-8", "replace").split("\0") if line]
    rows = [line.split("\x01", 2) for line in lines]
    trees = iter(_trees(repository, [row[0] for row in rows], folders))
    return tuple(
        Commit(id=row[0], date=row[1], subject=row[2], trees=tuple(next(trees) for _ in folders))
        for row in rows
    )


def _trees(repository: Repository, commits: Sequence[str], folders: Sequence[str]) -> list[str]:
    names = [f"{commit}:{repository.prefix}{folder}" for commit in commits for folder in folders]
    if not names:
        return []
    text = repository.read(["cat-file", "--batch-check=%(objectname)"], "\n".join(names).encode())
    found = [line.split(" ") for line in text.decode().splitlines()]
    if len(found) != len(names):
        raise StorageError("git", "git cat-file did not answer for every commit")
    return [words[0] if len(words) == 1 else "" for words in found]
