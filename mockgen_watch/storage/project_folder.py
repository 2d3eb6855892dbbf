"""Project folder: where a project is, where it keeps its own data, and who works on it.

The state folder holds what is not committed: journal, locks, caches, backups. It is in the Git
folder, which is found by reading files, as Git does, because starting Git takes longer than all
else that a run with nothing to do has to do. The environment (``GIT_DIR``) is not asked: what a
hook, a daemon and a command find must be the same.

One process of a project holds a lock at a time. The kernel frees an ``flock`` when its holder
dies, however that dies. The file is never removed: two processes could else hold locks on two
files of one name. What it says of its holder is for people alone.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import stat
import sys
import time
from typing import TYPE_CHECKING, Self

from mockgen_watch.digest import name_mark
from mockgen_watch.errors import LockedError, StorageError, UsageError
from mockgen_watch.spec import SPECS
from mockgen_watch.storage.atomic import (
    TEMPORARY,
    read_in,
    remove_quietly,
    write_all,
    write_atomically,
)
from mockgen_watch.storage.containment import EscapeError, Folder, naming

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from mockgen_watch.storage.containment import StrPath


if sys.platform == "win32":
    import msvcrt
else:
    import fcntl


DEFAULT_OUTPUTS = "mock_outputs"
"""The output folder of a project that names no other."""

STATE = "mockgen"
STATE_WITHOUT_GIT = ".mockgen"

_LONGEST_POINTER = 8192
_NOTHING = {errno.ENOENT, errno.ENOTDIR, errno.ELOOP}


def find_project(start: StrPath) -> str:
    """Return the nearest folder from ``start`` upward that has ``specs/``.

    The search ends at the work tree of Git that ``start`` is in.

    Raises:
        UsageError: when there is none.
    """
    start = os.path.realpath(start)
    for folder in _upward(start):
        if os.path.isdir(os.path.join(folder, SPECS)):
            return folder
        if git_folder_of(folder) is not None:
            break
    raise UsageError(
        f"no folder {SPECS}/ in {start} or above it; create a project with mockgen-watch init"
    )


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
        kind = _kind(marker)
        if kind == stat.S_IFDIR:
            return marker if _kind(os.path.join(marker, "HEAD")) == stat.S_IFREG else None
        if kind != stat.S_IFREG:
            return None
        with open(marker, "rb") as file:
            text = file.read(_LONGEST_POINTER).decode("utf-8", "surrogateescape")
    if not text.startswith("gitdir:") or "\0" in text:
        raise StorageError(marker, "it does not contain 'gitdir:' and a path")
    pointer = text.removeprefix("gitdir:").strip("\r\n").strip(" ")
    git = os.path.realpath(os.path.join(work_tree, pointer))
    if _kind(os.path.join(git, "HEAD")) != stat.S_IFREG:
        raise StorageError(marker, f"it leads to {git}, which is not a Git folder")
    return git


def _kind(path: str) -> int:
    """Return the kind of what is at ``path``, links followed; 0 where nothing is.

    Raises:
        OSError: one cannot tell, as below a folder that may not be entered.
    """
    try:
        return stat.S_IFMT(os.stat(path).st_mode)
    except OSError as error:
        if error.errno in _NOTHING:
            return 0
        raise


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
    inner = os.path.relpath(project, work_tree).replace(os.sep, "/")
    readable = re.sub(r"[^A-Za-z0-9_-]", "-", os.path.basename(project))[:40]
    return os.path.join(git, STATE, "projects", f"{readable}-{name_mark(inner)}")


def _upward(folder: str) -> Iterator[str]:
    """Give ``folder`` and all folders above it."""
    above = os.path.dirname(folder)
    yield folder
    while above != folder:
        folder, above = above, os.path.dirname(above)
        yield folder


IGNORE = ".gitignore"

BACKUPS = "backups"
"""The folder of what was saved before it was replaced or removed."""


class StateFolder:
    """The folder of journal, locks, caches and backups; it need not exist."""

    def __init__(self, path: StrPath) -> None:
        self.folder = os.fspath(path)

    @classmethod
    def of(cls, project: StrPath) -> StateFolder:
        return cls(state_folder(project))

    def open(self, below: str = "") -> Folder:
        """Open it, or a folder in it, and make what is missing.

        Raises:
            StorageError: when that cannot be.
        """
        path = self.place(below)
        with naming(path):
            # What is there is opened below, which tells why it cannot be.
            with contextlib.suppress(FileExistsError):
                os.makedirs(path)
            is_in_project = os.path.basename(self.folder) == STATE_WITHOUT_GIT
            # Asked each time: a kill may have come between the folder and its file.
            if is_in_project and not os.path.exists(os.path.join(self.folder, IGNORE)):
                # Should the project get a Git one day, this folder is no part of it.
                with Folder.open(self.folder) as folder:
                    write_atomically(folder, IGNORE, b"*\n")
            return Folder.open(path, path)

    def place(self, below: str) -> str:
        """Return the path of what is ``below`` it, names with slashes between."""
        return os.path.join(self.folder, *below.split("/")) if below else self.folder

    def read(self, name: str) -> bytes | None:
        """Return the bytes of the file ``name`` in it; None when it is not there.

        Raises:
            StorageError: when it cannot be read.
        """
        path = os.path.join(self.folder, name)
        with naming(path):
            try:
                with open(path, "rb") as file:
                    return file.read()
            except FileNotFoundError:
                return None

    def write(self, name: str, data: bytes, *, is_durable: bool = True) -> None:
        """Put ``data`` in the place of the file ``name``, atomically; see ``write_atomically``.

        Raises:
            StorageError: when it cannot be written; the old file then stays.
        """
        with naming(self.place(name)), self.open() as folder:
            write_atomically(folder, name, data, is_durable=is_durable)

    def remove(self, name: str) -> None:
        """Remove the file ``name``, if it is there.

        Raises:
            StorageError: when it cannot be removed.
        """
        path = self.place(name)
        with naming(path), contextlib.suppress(FileNotFoundError):
            os.unlink(path)

    def remove_folder(self, name: str) -> None:
        """Remove the folder ``name`` and the files in it, if it is there.

        Raises:
            StorageError: when one cannot be removed.
        """
        path = self.place(name)
        with naming(path), contextlib.suppress(FileNotFoundError):
            for inner in os.listdir(path):
                os.unlink(os.path.join(path, inner))
            os.rmdir(path)

    def clear_temporaries(self) -> None:
        """Remove the temporary files that a kill left; the caller holds the writer's lock.

        Raises:
            StorageError: when the folder cannot be read.
        """
        with naming(self.folder):
            names = os.listdir(self.folder) if os.path.isdir(self.folder) else []
        names = [name for name in names if TEMPORARY.fullmatch(name)]
        if names:
            with self.open() as folder:
                for name in names:
                    remove_quietly(folder, name)


WRITER = "writer.lock"
"""Held while outputs are written."""
LOCK_WAIT = 10.0
"""Seconds that a command waits for another one to end that writes."""
DAEMON = "daemon.lock"
"""Held as long as a daemon lives."""

_FIRST_PAUSE = 0.005
_LONGEST_PAUSE = 0.1
_LONGEST_NOTE = 500
_TAKEN = {errno.EAGAIN, errno.EACCES, errno.EDEADLK}


class ProjectLock:
    """A lock, free when made; ``with`` takes it and gives it back."""

    def __init__(
        self, state: StateFolder, name: str = WRITER, *, holder: str = "", timeout: float = 0.0
    ) -> None:
        """Prepare the lock ``name``, ``WRITER`` or ``DAEMON``, and wait ``timeout`` seconds for it.

        ``holder`` says what the process does (``mockgen-watch generate``), for others to read.
        """
        self.state = state
        self.name = name
        self.holder = holder
        self.timeout = timeout
        self._fd = -1

    def __enter__(self) -> Self:
        self.acquire()
        return self

    def __exit__(self, *_error: object) -> None:
        self.release()

    def acquire(self) -> None:
        """Take the lock.

        Raises:
            LockedError: when another process still has it after ``timeout`` seconds.
            StorageError: when the lock file cannot be opened.
        """
        end = time.monotonic() + self.timeout
        pause = _FIRST_PAUSE
        while not self._try():
            left = end - time.monotonic()
            if left <= 0:
                raise LockedError(self._message())
            time.sleep(min(pause, left))
            pause = min(2 * pause, _LONGEST_PAUSE)
        self._leave_note()

    def release(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    def _path(self) -> str:
        return os.path.join(self.state.folder, self.name)

    def _try(self) -> bool:
        self.state.open().close()
        with naming(self._path()):
            fd = os.open(self._path(), os.O_RDWR | os.O_CREAT, 0o666)
            try:
                if _take(fd) and self._is_named(fd):
                    self._fd, fd = fd, -1
            finally:
                if fd >= 0:
                    os.close(fd)
        return self._fd >= 0

    def is_in_place(self) -> bool:
        """Return whether this is still the lock that others find, as long as the project exists."""
        return self._fd >= 0 and self._is_named(self._fd)

    def _is_named(self, fd: int) -> bool:
        # Somebody may have removed the file, or the whole folder, after it was opened.
        try:
            return os.path.samestat(os.fstat(fd), os.stat(self._path()))
        except (FileNotFoundError, NotADirectoryError):
            return False

    def _leave_note(self) -> None:
        text = f"{self.holder or 'mockgen-watch'} (process {os.getpid()})"
        note = text.encode("utf-8", "replace")
        # A full disk must not keep anybody from the lock: the note is only for people.
        with contextlib.suppress(OSError):
            # A process that takes it again and again has said so already; cutting a file is slow.
            if os.read(self._fd, _LONGEST_NOTE + 1) != note:
                os.ftruncate(self._fd, 0)
                os.lseek(self._fd, 0, os.SEEK_SET)
                write_all(self._fd, note)

    def _message(self) -> str:
        note = b""
        with contextlib.suppress(OSError), open(self._path(), "rb") as file:
            note = file.read(_LONGEST_NOTE)
        who = note.decode("utf-8", "replace") or "another process"
        return f"{who} is already running here (lock {self._path()})"


def writer_lock(state: StateFolder, command: str) -> ProjectLock:
    """Return the lock that keeps others from writing while ``command`` does; ``with`` takes it.

    Raises on entry:
        LockedError: another process goes on writing.
    """
    return ProjectLock(state, WRITER, holder=f"mockgen-watch {command}", timeout=LOCK_WAIT)


def _take(fd: int) -> bool:
    try:
        if sys.platform == "win32":
            # Far behind the note, because a locked byte cannot be read.
            os.lseek(fd, 1 << 30, os.SEEK_SET)
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        else:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        if error.errno in _TAKEN:
            return False
        raise
    return True


PROJECT_LABEL = "."
"""What the backups of files in the project folder are labelled with."""


class OutputRoot:
    """An output folder and the state that belongs to it.

    Attributes:
        base: a folder whose path is trusted.
        inner: from there on no link is followed; ``""`` for the base itself.
        label: the folder as people know it.
    """

    def __init__(self, base: str, inner: str, label: str, state: StateFolder) -> None:
        self.base = base
        self.inner = inner
        self.label = label
        self.state = state

    @classmethod
    def in_project(cls, project: StrPath, path: str, state: StateFolder) -> OutputRoot:
        """Return the folder ``path`` of ``project``, as a file of the project may name it.

        Raises:
            EscapeError: when it is not below the project.
        """
        parts = path.replace("\\", "/").strip("/").split("/")
        if os.path.isabs(path) or any(part in {"", ".", "..", ".git"} for part in parts):
            raise EscapeError(path, "the output folder must be inside the project")
        inner = "/".join(parts)
        return cls(base=os.fspath(project), inner=inner, label=inner, state=state)

    @classmethod
    def at(cls, path: Path, state: StateFolder) -> OutputRoot:
        """Return the folder ``path``, anywhere, as only a person at the command line names it."""
        return cls(base=str(path.absolute()), inner="", label=path.as_posix(), state=state)

    def is_same(self, other: OutputRoot) -> bool:
        """Return whether the two are one folder."""
        return (self.base, self.inner) == (other.base, other.inner)

    @property
    def journal_name(self) -> str:
        return f"journal{self._mark()}.log"

    @property
    def made_name(self) -> str:
        return f"made{self._mark()}.log"

    @property
    def cache_name(self) -> str:
        return f"outputs{self._mark()}.stat"

    @property
    def folder(self) -> str:
        return os.path.join(self.base, self.inner)

    def named(self, path: str) -> str:
        """Return a path of the output folder as people know it."""
        return f"{self.label}/{path}" if path else self.label

    def open(self, *, create: bool = False) -> Folder:
        """Open the folder, and make it when asked to.

        Raises:
            EscapeError: a link is on the way.
            StorageError: it cannot be opened.
        """
        with naming(self.label):
            if create and not self.inner:
                os.makedirs(self.base, exist_ok=True)
            with Folder.open(self.base) as base:
                folder = base.walk(self.inner, create=create)
            folder.label = self.label
            return folder

    def open_if_there(self) -> Folder | None:
        """Open the folder; return None when it does not exist.

        Raises:
            StorageError: when it is there and cannot be opened.
        """
        try:
            return self.open()
        except StorageError as error:
            if error.errno_name == "ENOENT":
                return None
            raise

    @contextlib.contextmanager
    def holding(self, path: str, *, create: bool = False) -> Iterator[tuple[Folder, str]]:
        """Open the folder that contains ``path``, and return it and the last name of ``path``.

        Raises:
            StorageError: in place of any OSError, also of the body; it names ``path``.
        """
        with (
            naming(self.named(path)),
            self.open(create=create) as top,
            top.holding(path, create=create) as found,
        ):
            yield found

    def read(self, path: str) -> bytes:
        """Return the bytes of the file ``path``.

        Raises:
            StorageError: it cannot be read.
        """
        with self.holding(path) as (folder, name):
            return read_in(folder, name)

    def _mark(self) -> str:
        # Relative where it can be, so that a project that was moved finds its journal again.
        name = self.inner or self.base.replace(os.sep, "/")
        return f"-{name_mark(name)}"
