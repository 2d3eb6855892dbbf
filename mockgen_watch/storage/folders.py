"""Paths as text: what pathlib does, for modules that a run with nothing to do imports."""

from __future__ import annotations

import errno
import os
import stat
from typing import TYPE_CHECKING, Final, TypeAlias

if TYPE_CHECKING:
    StrPath: TypeAlias = str | os.PathLike[str]

# pathlib's own: where nothing can be of that name, nothing is there.
_NOTHING: Final = frozenset({errno.ENOENT, errno.ENOTDIR, errno.EBADF, errno.ELOOP})
_NOTHING_ON_WINDOWS: Final = frozenset({21, 123, 1921})


def is_folder(path: str) -> bool:
    """Return whether ``path`` is a folder, links followed.

    Raises:
        OSError: one cannot tell, as behind a folder that may not be entered.
    """
    return stat.S_ISDIR(_mode(path))


def is_file(path: str) -> bool:
    """Return whether ``path`` is a regular file, links followed.

    Raises:
        OSError: one cannot tell.
    """
    return stat.S_ISREG(_mode(path))


def is_there(path: str) -> bool:
    """Return whether anything is at ``path``, links followed.

    Raises:
        OSError: one cannot tell.
    """
    return _mode(path) != 0


def make_folders(path: str) -> None:
    """Make the folder ``path`` and those above it that are missing.

    Raises:
        OSError: that cannot be; EEXIST when something else is in its place.
    """
    try:
        _make_folder(path)
    except FileNotFoundError:
        above = os.path.dirname(path)
        if above == path:
            raise
        make_folders(above)
        _make_folder(path)


def plain_path(path: StrPath) -> str:
    """Return ``path`` without what says nothing: ``./``, doubled and final slashes."""
    text = os.fspath(path).replace(os.sep, "/")
    names = [name for name in text.split("/") if name not in {"", "."}]
    # POSIX gives two slashes at the beginning a meaning of their own, and three none.
    root = {0: "", 2: os.sep * 2}.get(len(text) - len(text.lstrip("/")), os.sep)
    return root + os.sep.join(names) or "."


def path_below(top: str, folder: str) -> str:
    """Return the path of ``folder`` from ``top`` on, with forward slashes; ``.`` for the same."""
    return os.path.relpath(folder, top).replace(os.sep, "/")


def _make_folder(path: str) -> None:
    try:
        os.mkdir(path)
    except OSError:
        if not is_folder(path):
            raise


def _mode(path: str) -> int:
    """Return the kind and mode of what is at ``path``; 0 where nothing is."""
    try:
        return os.stat(path).st_mode
    except OSError as error:
        is_windows = getattr(error, "winerror", None) in _NOTHING_ON_WINDOWS
        if error.errno in _NOTHING or is_windows:
            return 0
        raise
    except ValueError:
        return 0  # a name that no file can have
