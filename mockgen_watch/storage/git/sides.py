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

from mockgen_watch.errors import StorageError
from mockgen_watch.storage.git.merging import NAMED, Sides, empty_blob, empty_tree, index_tree

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from mockgen_watch.storage.git.repository import Repository
    from mockgen_watch.storage.state import StateFolder

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
        """Tell whether ``sides`` have the three versions.

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
        """Tell whether ``side`` has ``blob`` as an output."""
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
