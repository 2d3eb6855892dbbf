"""Takes a complete temporary file; gives it its name, and what had that name to be looked at.

Between looking at a file and replacing it, anybody may save it. So nothing is overwritten: the
old file is swapped out under a temporary name in the very call that puts the new one in, and is
removed only after it was found to be ours. Linux exchanges two names at once; elsewhere the old
file gets a second name first, which leaves a gap of one call.
"""

from __future__ import annotations

import errno
import functools
import os
import sys
from typing import TYPE_CHECKING

from mockgen_watch.storage.atomic import temporary_name

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockgen_watch.storage.containment import Folder

_EXCHANGE = 2
_HERE = -100  # AT_FDCWD
_CANNOT = {errno.ENOSYS, errno.EINVAL, errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP}


def put_new(folder: Folder, temporary: str, name: str) -> bool:
    """Give ``temporary`` the name ``name``; return False when something has it already."""
    try:
        folder.link(temporary, name)
    except FileExistsError:
        return False
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
        # A file system without second names: the gap between these two calls stays.
        if folder.status(name) is not None:
            return False
        folder.replace(temporary, name)
        return True
    folder.unlink(temporary)
    return True


def swap_in(folder: Folder, temporary: str, name: str) -> str:
    """Put ``temporary`` in the place of ``name``; return under which name the old file now is.

    Raises:
        OSError: nothing has changed then; FileNotFoundError when ``name`` is gone.
    """
    aside = temporary_name("old")
    folder.replace(temporary, aside)
    try:
        if exchange(folder, aside, name):
            return aside
    except OSError:
        folder.replace(aside, temporary)
        raise
    folder.replace(aside, temporary)
    try:
        folder.link(name, aside)
    except OSError as error:
        if error.errno not in _CANNOT:
            raise
        folder.replace(name, aside)
    folder.replace(temporary, name)
    return aside


def take_out(folder: Folder, name: str) -> str:
    """Rename ``name`` to a temporary name, and return that."""
    aside = temporary_name("old")
    folder.replace(name, aside)
    return aside


def put_back(folder: Folder, aside: str, name: str, ours: tuple[int, int]) -> bool:
    """Undo ``swap_in``; return False when ``name`` was saved again meanwhile: it stays then.

    ``ours`` is device and inode of the file that had been put in.
    """
    if not exchange(folder, aside, name):
        folder.replace(aside, name)
        return True
    status = folder.status(aside)
    if status is not None and (status.st_dev, status.st_ino) == ours:
        folder.unlink(aside)
        return True
    exchange(folder, aside, name)
    return False


def exchange(folder: Folder, first: str, second: str) -> bool:
    """Exchange two names in one step; return False where the system cannot do that.

    Raises:
        OSError: FileNotFoundError when one of them is gone, and what else can happen.
    """
    rename = _renameat2()
    if rename is None:
        return False
    handle, one = folder.raw(first)
    _, other = folder.raw(second)
    number = rename(_HERE if handle is None else handle, os.fsencode(one), os.fsencode(other))
    if number in _CANNOT:
        return False
    if number:
        raise OSError(number, os.strerror(number), second)
    return True


@functools.cache
def _renameat2() -> Callable[[int, bytes, bytes], int] | None:
    """Return the system's call, which gives an errno or 0; None where there is no such call."""
    if sys.platform != "linux":
        return None
    try:
        # Imported here because it takes 5 ms, and most runs replace nothing.
        import ctypes  # noqa: PLC0415

        call = ctypes.CDLL(None, use_errno=True).renameat2
    except (ImportError, OSError, AttributeError):
        # Not built in, not in this C library, or no file handle left to load it with.
        return None
    call.argtypes = [
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_int,
        ctypes.c_char_p,
        ctypes.c_uint,
    ]

    def rename(folder: int, first: bytes, second: bytes) -> int:
        failed = call(folder, first, folder, second, _EXCHANGE)
        return ctypes.get_errno() if failed else 0

    return rename
