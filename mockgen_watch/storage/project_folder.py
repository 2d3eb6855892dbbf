"""Takes a folder; gives the project that it is in, and where that may keep its own data.

Git's folders are found by reading files, as Git does, because starting Git takes longer than all
else that a run with nothing to do has to do. The environment (``GIT_DIR``) is not asked: what a
hook, a daemon and a command find must be the same.
"""

from __future__ import annotations

import re

from mockgen_watch.errors import StorageError, UsageError
from mockgen_watch.hashing import sha256
from mockgen_watch.storage.containment import naming
from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SPECS = "specs"
STATE = "mockgen"
STATE_WITHOUT_GIT = ".mockgen"

_LONGEST_POINTER = 8192


def find_project(start: Path) -> Path:
    """Return the nearest folder from ``start`` upward that has ``specs/``.

    The search ends at the work tree of Git that ``start`` is in.

    Raises:
        UsageError: when there is none.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        if (folder / SPECS).is_dir():
            return folder
        if git_folder_of(folder) is not None:
            break
    raise UsageError(f"no folder {SPECS}/ in {start} or above it; mockgen-watch init makes one")


def find_work_tree(start: Path) -> tuple[Path, Path] | None:
    """Return the work tree of Git that ``start`` is in and its Git folder; None without Git.

    In a linked work tree and in a submodule the Git folder is its own, not the one it shares.
    """
    start = start.resolve()
    for folder in (start, *start.parents):
        git = git_folder_of(folder)
        if git is not None:
            return folder, git
    return None


def git_folder_of(work_tree: Path) -> Path | None:
    """Return the Git folder of ``work_tree``; None when that is not the top of one.

    Raises:
        StorageError: when ``.git`` is a file that cannot be read.
    """
    marker = work_tree / ".git"
    with naming(str(marker)):
        if marker.is_dir():
            return marker if (marker / "HEAD").is_file() else None
        if not marker.is_file():
            return None
        with marker.open("rb") as file:
            text = file.read(_LONGEST_POINTER).decode("utf-8", "surrogateescape")
    if not text.startswith("gitdir:") or "\0" in text:
        raise StorageError(str(marker), "it does not say 'gitdir:' and a path")
    git = (work_tree / text.removeprefix("gitdir:").strip("\r\n").strip(" ")).resolve()
    if not (git / "HEAD").is_file():
        raise StorageError(str(marker), f"it leads to {git}, which is no Git folder")
    return git


def state_folder(project: Path) -> Path:
    """Return where the data of ``project`` that is not committed belongs; it need not exist.

    That is ``git rev-parse --git-path mockgen``; a project that is not the top of its work tree
    has a folder of its own in there. Without Git it is ``.mockgen`` in the project.
    """
    project = project.resolve()
    found = find_work_tree(project)
    if found is None:
        return project / STATE_WITHOUT_GIT
    work_tree, git = found
    if project == work_tree:
        return git / STATE
    inner = project.relative_to(work_tree).as_posix()
    readable = re.sub(r"[^A-Za-z0-9_-]", "-", project.name)[:40]
    mark = sha256(inner.encode("utf-8", "surrogateescape")).hex()[:12]
    return git / STATE / "projects" / f"{readable}-{mark}"
