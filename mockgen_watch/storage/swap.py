"""Swap: a complete temporary file gets its name, and what had that name is looked at.

Between looking at a file and replacing it, anybody may save it. So nothing is overwritten: the
old file is swapped out under a temporary name in the very call that puts the new one in, and is
removed only after it was found to be ours. Linux exchanges two names at once; elsewhere the old
file gets a second name first, which leaves a gap of one call.
"""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import stat
import sys
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from mockgen_watch.errors import StorageError
from mockgen_watch.storage.atomic import digest_file, staged, temporary_name
from mockgen_watch.storage.backup import Backup, save_backup
from mockgen_watch.storage.stat_cache import RACY_NS, Stamp, StatCache, now_ns

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable

    from mockgen_watch.storage.containment import Folder
    from mockgen_watch.storage.project_folder import OutputRoot


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
    at = _HERE if handle is None else handle
    if rename(at, os.fsencode(one), at, os.fsencode(other), _EXCHANGE) == 0:
        return True
    number = ctypes.get_errno()
    if number in _CANNOT:
        return False
    raise OSError(number, os.strerror(number), second)


@functools.cache
def _renameat2() -> Callable[[int, bytes, int, bytes, int], int] | None:
    """Return the system's call, which leaves an errno; None where there is no such call."""
    if sys.platform != "linux":
        return None
    try:
        call: Callable[..., int] = ctypes.CDLL(None, use_errno=True).renameat2
    except (ImportError, OSError, AttributeError):
        # Not built in, not in this C library, or no file handle left to load it with.
        return None
    return call


def write_new(folder: Folder, name: str, chunks: Iterable[bytes], mode: int | None = None) -> bool:
    """Write ``chunks`` to ``name``; return False, and change nothing, when that is there.

    The file is wholly there or not at all.

    Raises:
        OSError: it cannot be written; nothing has changed then.
    """
    if folder.status(name) is not None:
        return False
    with staged(folder, chunks, mode=mode) as new:
        return put_new(folder, new.name, name)


def write_over(folder: Folder, name: str, chunks: Iterable[bytes], mode: int | None = None) -> str:
    """Write ``chunks`` to ``name``; return under which name the old file is, ``""`` for none.

    Raises:
        OSError: it cannot be written; nothing has changed then.
    """
    with staged(folder, chunks, mode=mode) as new:
        return "" if put_new(folder, new.name, name) else swap_in(folder, new.name, name)


def write_new_below(root: OutputRoot, path: str, chunks: Iterable[bytes]) -> bool:
    """Do what ``write_new`` does at ``path`` below ``root``, and make its folder.

    Raises:
        StorageError: it cannot be written.
    """
    with root.holding(path, create=True) as (folder, name):
        is_new = write_new(folder, name, chunks)
        if is_new:
            folder.sync()
        return is_new


_TRIES = 10


class Placed(StrEnum):
    """How a placement ended."""

    NEW = "new"
    REPLACED = "replaced"
    SAME = "same"
    REFUSED = "refused"
    REMOVED = "removed"


class Place(Struct, frozen=True, kw_only=True):
    """One name in an open folder; ``path`` is relative to the output folder.

    What has one of the digests ``known`` may be replaced or removed; by force, and after a
    backup, anything.
    """

    folder: Folder
    name: str
    path: str
    known: Container[str]
    is_forced: bool = False


class _Look(NamedTuple):
    """What was seen at a name: its stamp, when, and its digest."""

    stamp: Stamp
    when_ns: int
    digest: str


class Placer:
    """Puts files in place below one output folder, and has the backups that it made on the way."""

    def __init__(self, root: OutputRoot, cache: StatCache | None = None) -> None:
        self.root = root
        self.cache = cache
        self.backups: list[Backup] = []
        self.has_written = False

    def write(self, place: Place, chunks: Iterable[bytes], mode: int | None = None) -> Placed:
        """Stage ``chunks`` and give them their place; no temporary file stays.

        Raises:
            OSError, StorageError: the old file is then unchanged.
        """
        with staged(place.folder, chunks, mode=mode) as new:
            return self.put(place, new.name, new.digest)

    def put(self, place: Place, temporary: str, digest: str) -> Placed:
        """Give the staged file ``temporary`` with ``digest`` its place.

        After ``SAME`` and ``REFUSED`` the temporary file may still be there.

        Raises:
            OSError, StorageError: the old file is then unchanged.
        """
        for _ in range(_TRIES):
            look = self._look(place)
            if look is None:
                if put_new(place.folder, temporary, place.name):
                    self.has_written = True
                    self._remember(place, digest)
                    return Placed.NEW
                continue
            if look.digest == digest:
                return Placed.SAME
            if look.digest not in place.known and not place.is_forced:
                return Placed.REFUSED
            self.has_written = True
            try:
                aside = swap_in(place.folder, temporary, place.name)
            except FileNotFoundError:
                continue  # it went away: put it there as a new one
            return self._after_swap(place, aside, look, digest)
        raise StorageError(self.root.named(place.path), "it keeps changing")

    def remove(self, place: Place) -> Placed:
        """Remove the file, where its bytes are known.

        Raises:
            OSError, StorageError: the file is then unchanged, or is a backup.
        """
        look = self._look(place)
        if look is None:
            return Placed.REMOVED
        if look.digest not in place.known and not place.is_forced:
            return Placed.REFUSED
        self.has_written = True
        aside = temporary_name("old")
        place.folder.replace(place.name, aside)
        if not self._is_disposable(place, aside, look) and not place.is_forced:
            if not put_new(place.folder, aside, place.name):
                self._save(place, aside)
            return Placed.REFUSED
        if look.digest in place.known:
            place.folder.unlink(aside)
        else:
            self._save(place, aside)
        return Placed.REMOVED

    def _look(self, place: Place) -> _Look | None:
        when_ns = now_ns()
        status = place.folder.status(place.name)
        if status is None:
            return None
        if not stat.S_ISREG(status.st_mode):
            kind = (
                "a symbolic link"
                if stat.S_ISLNK(status.st_mode)
                else "something that is not a regular file"
            )
            raise StorageError(self.root.named(place.path), f"{kind} is in the way")
        stamp = Stamp.of(status)
        digest = self.cache.get(place.path, stamp) if self.cache is not None else None
        if digest is None:
            try:
                stamp, digest = _read(place.folder, place.name)
            except FileNotFoundError:
                return None
        return _Look(stamp, when_ns, digest)

    def _after_swap(self, place: Place, aside: str, look: _Look, digest: str) -> Placed:
        """Decide on the file that was swapped out, now that nobody can find it any more."""
        if self._is_disposable(place, aside, look):
            place.folder.unlink(aside)
        elif place.is_forced:
            self._save(place, aside)
        else:
            status = place.folder.status(place.name)
            ours = (status.st_dev, status.st_ino) if status else (0, 0)
            if not put_back(place.folder, aside, place.name, ours):
                self._save(place, aside)
            return Placed.REFUSED
        self._remember(place, digest)
        return Placed.REPLACED

    def _is_disposable(self, place: Place, aside: str, look: _Look) -> bool:
        status = place.folder.status(aside)
        if status is None:
            return True
        stamp = Stamp.of(status)
        was_quiet = look.stamp.mtime_ns + RACY_NS <= look.when_ns
        if was_quiet and stamp.has_same_content_as(look.stamp):
            return look.digest in place.known
        return _read(place.folder, aside)[1] in place.known

    def _save(self, place: Place, aside: str) -> None:
        self.backups.append(save_backup(self.root, place.folder, aside, place.path))
        place.folder.unlink(aside)

    def _remember(self, place: Place, digest: str) -> None:
        status = place.folder.status(place.name)
        if status is not None and self.cache is not None:
            self.cache.put_written(place.path, Stamp.of(status), digest)


def _read(folder: Folder, name: str) -> tuple[Stamp, str]:
    with open(folder.read(name), "rb") as file:
        stamp = Stamp.of(os.fstat(file.fileno()))
        return stamp, digest_file(file.fileno())
