"""Containment: handles to folders below a root that no symbolic link can divert.

Every operation is one system call on a name inside an open folder, with links refused, so nothing
that changes on disk between a check and its use can lead outside. Where the system has no such
calls (Windows) the same operations go by paths that are checked for links first.
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import contextmanager
from operator import attrgetter
from typing import TYPE_CHECKING, Self, TypeAlias

from mockgen_watch.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator

    StrPath: TypeAlias = str | os.PathLike[str]


HAS_HANDLES = (
    os.open in os.supports_dir_fd
    and os.scandir in os.supports_fd
    and hasattr(os, "O_DIRECTORY")
    and hasattr(os, "O_NOFOLLOW")
)
_BINARY = getattr(os, "O_BINARY", 0)
_NO_LINK = getattr(os, "O_NOFOLLOW", 0)
# A FIFO that bears the name of a spec would else block for good.
_NO_WAIT = getattr(os, "O_NONBLOCK", 0)
_FOLDER = getattr(os, "O_DIRECTORY", 0) | _NO_LINK


class EscapeError(StorageError):
    """A path would lead outside of its root, or over a symbolic link."""


class Entry:
    """One name in a folder, and what it is; links are reported, not followed."""

    def __init__(self, name: str, status: os.stat_result) -> None:
        self.name = name
        self.status = status


@contextmanager
def naming(path: str) -> Iterator[None]:
    """Turn an OSError into a StorageError that names ``path`` and the errno.

    Raises:
        StorageError: in place of any OSError.
    """
    try:
        yield
    except OSError as error:
        raise storage_error(path, error) from error


def storage_error(path: str, error: OSError) -> StorageError:
    """Return the error that reports ``error`` of ``path``."""
    if error.errno == errno.ELOOP:
        return EscapeError(path, "a symbolic link is in the way", "ELOOP")
    name = errno.errorcode.get(error.errno or 0, "")
    return StorageError(path, error.strerror or str(error), name)


class Folder:
    """An open folder. Methods raise OSError as the system does; see ``naming``.

    Attributes:
        label: the folder as people know it, for messages; ``""`` for one they do not name.
    """

    __slots__ = ("_fd", "_path", "label")

    def __init__(self, fd: int | None, path: str, label: str) -> None:
        self._fd = fd
        self._path = path
        self.label = label

    @classmethod
    def open(cls, path: StrPath, label: str = "", *, by_handle: bool = HAS_HANDLES) -> Self:
        """Open a root; links on the way to it are followed, because its path is trusted."""
        text = os.fspath(path)
        if by_handle:
            return cls(os.open(text, os.O_RDONLY | os.O_DIRECTORY), text, label)
        if not os.path.isdir(text):
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), text)
        return cls(None, text, label)

    def close(self) -> None:
        if self._fd is not None:
            os.close(self._fd)
            self._fd = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()

    def named(self, name: str) -> str:
        """Return ``name`` in this folder as people know it."""
        return f"{self.label}/{name}" if self.label else name

    def enter(self, name: str, *, create: bool = False) -> Self:
        """Open the folder ``name`` in this one; never over a link.

        Raises:
            EscapeError: when it is a link, or ``..``.
            OSError: ENOENT, ENOTDIR and what else can happen.
        """
        _check_name(name, self.named(name))
        try:
            return self._enter(name)
        except FileNotFoundError:
            if not create:
                raise
        self._make(name)
        return self._enter(name)

    def _enter(self, name: str) -> Self:
        status = None if self._fd is not None else self.status(name)
        if status is not None and not stat.S_ISDIR(status.st_mode):
            raise self._no_folder(name, status)
        path = os.path.join(self._path, name)
        if self._fd is None:
            if status is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), path)
            return type(self)(None, path, self.named(name))
        try:
            fd = os.open(name, os.O_RDONLY | _FOLDER, dir_fd=self._fd)
        except NotADirectoryError:
            # Linux says ENOTDIR of a link, too, when a folder is asked for.
            status = self.status(name)
            if status is None:
                raise
            raise self._no_folder(name, status) from None
        return type(self)(fd, path, self.named(name))

    def walk(self, path: str, *, create: bool = False) -> Self:
        """Open the folder ``path``, names with slashes between, ``""`` for this folder again."""
        fd = None if self._fd is None else os.dup(self._fd)
        here = type(self)(fd, self._path, self.label)
        for name in path.split("/") if path else ():
            try:
                below = here.enter(name, create=create)
            finally:
                here.close()
            here = below
        return here

    @contextmanager
    def holding(self, path: str, *, create: bool = False) -> Iterator[tuple[Self, str]]:
        """Open the folder that contains ``path``, and return it and the last name of ``path``."""
        parent, _, name = path.rpartition("/")
        with self.walk(parent, create=create) as folder:
            yield folder, name

    def status(self, name: str) -> os.stat_result | None:
        """Return what ``name`` is, links not followed; None when nothing is there."""
        try:
            return os.stat(self._at(name), dir_fd=self._fd, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def identity(self) -> tuple[int, int]:
        """Return device and inode of this folder."""
        status = os.stat(self._path) if self._fd is None else os.fstat(self._fd)
        return (status.st_dev, status.st_ino)

    def entries(self) -> list[Entry]:
        """Return what is in the folder, sorted by name."""
        found = []
        with os.scandir(self._path if self._fd is None else self._fd) as scan:
            for item in scan:
                try:
                    found.append(Entry(item.name, item.stat(follow_symlinks=False)))
                except FileNotFoundError:
                    continue  # gone since it was listed
        return sorted(found, key=attrgetter("name"))

    def read(self, name: str) -> int:
        """Open the regular file ``name`` for reading and return its handle.

        Raises:
            OSError: ELOOP for a link, EINVAL for what is no regular file.
        """
        _check_name(name, self.named(name))
        if self._fd is None and (status := self.status(name)) and stat.S_ISLNK(status.st_mode):
            raise OSError(errno.ELOOP, os.strerror(errno.ELOOP), name)
        flags = os.O_RDONLY | _BINARY | _NO_LINK | _NO_WAIT
        fd = os.open(self._at(name), flags, dir_fd=self._fd)
        if not stat.S_ISREG(os.fstat(fd).st_mode):
            os.close(fd)
            raise OSError(errno.EINVAL, "it is not a regular file", name)
        return fd

    def create(self, name: str, mode: int = 0o666) -> int:
        """Create the file ``name``, which must not be there, and return its handle."""
        _check_name(name, self.named(name))
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY | _NO_LINK
        return os.open(self._at(name), flags, mode, dir_fd=self._fd)

    def replace(self, source: str, target: str) -> None:
        """Rename ``source`` to ``target``, in place of what is there."""
        _check_name(target, self.named(target))
        os.replace(self._at(source), self._at(target), src_dir_fd=self._fd, dst_dir_fd=self._fd)

    def move(self, source: str, folder: Folder, target: str) -> None:
        """Rename ``source`` to ``target`` in another ``folder`` of the same file system."""
        _check_name(target, folder.named(target))
        places = {"src_dir_fd": self._fd, "dst_dir_fd": folder._fd}
        os.replace(self._at(source), folder._at(target), **places)

    def reopen(self, name: str) -> int:
        """Open the regular file ``name`` for reading and writing and return its handle.

        Raises:
            OSError: ELOOP for a link, EINVAL for what is no regular file.
        """
        os.close(self.read(name))
        return os.open(self._at(name), os.O_RDWR | _BINARY | _NO_LINK, dir_fd=self._fd)

    def link(self, source: str, target: str, into: Folder | None = None) -> None:
        """Give ``source`` a second name ``target``, here or ``into`` another folder.

        Nothing may have that name.
        """
        into = into or self
        _check_name(target, into.named(target))
        if self._fd is None or into._fd is None:
            os.link(self._at(source), into._at(target))
            return
        places = {"src_dir_fd": self._fd, "dst_dir_fd": into._fd}
        os.link(source, target, **places, follow_symlinks=False)

    def unlink(self, name: str) -> None:
        os.unlink(self._at(name), dir_fd=self._fd)

    def remove_empty(self, path: str) -> None:
        """Remove the folder ``path`` in this one and those above it, as far as they are empty."""
        while path:
            try:
                with self.holding(path) as (folder, name):
                    os.rmdir(folder._at(name), dir_fd=folder._fd)
            except OSError:
                return
            path = path.rpartition("/")[0]

    def sync(self) -> None:
        """Make the folder's names durable, where the system can."""
        if self._fd is not None:
            os.fsync(self._fd)

    def raw(self, name: str) -> tuple[int | None, str]:
        """Return handle and name, or None and the whole path, for a call that this lacks."""
        return self._fd, self._at(name)

    def _at(self, name: str) -> str:
        return name if self._fd is not None else os.path.join(self._path, name)

    def _make(self, name: str) -> None:
        try:
            os.mkdir(self._at(name), dir_fd=self._fd)
        except FileExistsError:
            return
        self.sync()

    def _no_folder(self, name: str, status: os.stat_result) -> OSError | EscapeError:
        if stat.S_ISLNK(status.st_mode):
            return EscapeError(self.named(name), "a symbolic link is in the way", "ELOOP")
        return NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR), name)


def _check_name(name: str, label: str) -> None:
    separators = "/\\:\0" if os.name == "nt" else "/\0"
    if name in {"", ".", ".."} or not set(separators).isdisjoint(name):
        raise EscapeError(label, "the name is not the name of a file in this folder")
