"""Takes a folder; gives the project that it is in, and where that may keep its own data.

Git's folders are found by reading files, as Git does, because starting Git takes longer than all
else that a run with nothing to do has to do. The environment (``GIT_DIR``) is not asked: what a
hook, a daemon and a command find must be the same.
"""

from __future__ import annotations

import hashlib
import os
import re
from typing import TYPE_CHECKING

from mockgen_watch.errors import StorageError, UsageError
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.folders import is_file, is_folder, path_below

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.storage.folders import StrPath

SPECS = "specs"
STATE = "mockgen"
STATE_WITHOUT_GIT = ".mockgen"

_LONGEST_POINTER = 8192


def find_project(start: StrPath) -> str:
    """Return the nearest folder from ``start`` upward that has ``specs/``.

    The search ends at the work tree of Git that ``start`` is in.

    Raises:
        UsageError: when there is none.
    """
    start = os.path.realpath(start)
    for folder in _upward(start):
        if is_folder(os.path.join(folder, SPECS)):
            return folder
        if git_folder_of(folder) is not None:
            break
    raise UsageError(f"no folder {SPECS}/ in {start} or above it; mockgen-watch init makes one")


def find_work_tree(start: StrPath) -> tuple[str, str] | None:
    """Return the work tree of Git that ``start`` is in and its Git folder; None without Git.

    In a linked work tree and in a submodule the Git folder is its own, not the one it shares.
    """
    for folder in _upward(os.path.realpath(start)):
        git = git_folder_of(folder)
        if git is not None:
            return folder, git
    return None


def git_folder_of(work_tree: StrPath) -> str | None:
    """Return the Git folder of ``work_tree``; None when that is not the top of one.

    Raises:
        StorageError: when ``.git`` is a file that cannot be read.
    """
    marker = os.path.join(work_tree, ".git")
    with naming(marker):
        if is_folder(marker):
            return marker if is_file(os.path.join(marker, "HEAD")) else None
        if not is_file(marker):
            return None
        with open(marker, "rb") as file:
            text = file.read(_LONGEST_POINTER).decode("utf-8", "surrogateescape")
    if not text.startswith("gitdir:") or "\0" in text:
        raise StorageError(marker, "it does not say 'gitdir:' and a path")
    pointer = text.removeprefix("gitdir:").strip("\r\n").strip(" ")
    git = os.path.realpath(os.path.join(work_tree, pointer))
    if not is_file(os.path.join(git, "HEAD")):
        raise StorageError(marker, f"it leads to {git}, which is no Git folder")
    return git


def state_folder(project: StrPath) -> str:
    """Return where the data of ``project`` that is not committed belongs; it need not exist.

    That is ``git rev-parse --git-path mockgen``; a project that is not the top of its work tree
    has a folder of its own in there. Without Git it is ``.mockgen`` in the project.
    """
    project = os.path.realpath(project)
    found = find_work_tree(project)
    if found is None:
        return os.path.join(project, STATE_WITHOUT_GIT)
    work_tree, git = found
    if project == work_tree:
        return os.path.join(git, STATE)
    inner = path_below(work_tree, project)
    readable = re.sub(r"[^A-Za-z0-9_-]", "-", os.path.basename(project))[:40]
    mark = hashlib.sha256(inner.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    return os.path.join(git, STATE, "projects", f"{readable}-{mark}")


def _upward(folder: str) -> Iterator[str]:
    """Give ``folder`` and all folders above it."""
    above = os.path.dirname(folder)
    yield folder
    while above != folder:
        folder, above = above, os.path.dirname(above)
        yield folder
