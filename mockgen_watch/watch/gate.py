"""Takes a work tree; tells whether Git is in the middle of something that rewrites it.

A hook's stash puts the committed specs back for a while. Whoever answered to that would change
files under the hook, and it would fail with "files were modified by this hook".
"""

from __future__ import annotations

import os
from enum import StrEnum
from typing import TYPE_CHECKING

from mockgen_watch.storage.project_folder import find_work_tree

if TYPE_CHECKING:
    from pathlib import Path
    from typing import Final

LONGEST_HOLD: Final = 60.0
"""Seconds after which the daemon goes on, and warns: a lock may have been left by a kill."""
PAUSE: Final = 0.05
"""Seconds between two looks at what Git does."""

_MARKS: Final = ("index.lock", "rebase-merge", "rebase-apply")
_PROCESSES: Final = "/proc"
_READ: Final = 4096


class Verdict(StrEnum):
    """What a batch that is due may do."""

    PASS = "pass"  # noqa: S105 - no password
    HOLD = "hold"
    OVERRUN = "overrun"


class Gate:
    """Decides, given the time and what Git does, whether a batch may begin. Pure."""

    def __init__(self, longest: float = LONGEST_HOLD) -> None:
        """Hold batches back for ``longest`` seconds at most."""
        self.longest = longest
        self._since: float | None = None
        self._is_overrun = False

    def decide(self, now: float, blocker: str | None) -> Verdict:
        """Return whether a batch may begin; ``OVERRUN`` once, then ``PASS`` until Git is done."""
        if blocker is None:
            self._since = None
            self._is_overrun = False
            return Verdict.PASS
        if self._is_overrun:
            return Verdict.PASS
        if self._since is None:
            self._since = now
        if now - self._since < self.longest:
            return Verdict.HOLD
        self._is_overrun = True
        return Verdict.OVERRUN

    @property
    def held_since(self) -> float | None:
        """When the present hold began; None when there is none."""
        return None if self._is_overrun else self._since


def find_blocker(project: Path, processes: str = _PROCESSES) -> str | None:
    """Return what Git does with the work tree of ``project`` just now; None when nothing."""
    found = find_work_tree(project)
    if found is None:
        return None
    work_tree, git = found
    for mark in _MARKS:
        if os.path.lexists(os.path.join(git, mark)):
            return mark
    return _live_commit(work_tree, processes)


def _live_commit(work_tree: str, processes: str) -> str | None:
    """Return the name of a commit that is being made in ``work_tree``.

    Hooks of a plain ``git commit`` run without ``index.lock``, so that only its process tells.
    Where the system has no ``/proc`` this is not seen.
    """
    try:
        numbers = [name for name in os.listdir(processes) if name.isdecimal()]
    except OSError:
        return None
    for number in numbers:
        try:
            with open(f"{processes}/{number}/cmdline", "rb") as file:
                words = file.read(_READ).split(b"\0")
            name = _rewrites(words)
            if name and _is_below(os.readlink(f"{processes}/{number}/cwd"), work_tree):
                return name
        except OSError:
            continue  # it has ended, or is somebody else's
    return None


def _rewrites(words: list[bytes]) -> str | None:
    """Return what a process with this command line does, when it may stash the work tree."""
    first = words[0].rpartition(b"/")[2]
    if first == b"git" and any(word in {b"commit", b"stash", b"rebase"} for word in words[1:]):
        return "git commit" if b"commit" in words else "git stash or rebase"
    names = {word.rpartition(b"/")[2] for word in words[:3]}
    if names & {b"pre-commit", b"pre_commit"} and b"run" in words:
        return "pre-commit run"
    return None


def _is_below(folder: str, work_tree: str) -> bool:
    return folder == work_tree or folder.startswith(work_tree.rstrip("/") + "/")
