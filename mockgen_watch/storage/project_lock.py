"""Takes a state folder; gives the lock that one process of a project holds at a time.

The kernel frees an ``flock`` when its holder dies, however that dies. The file is never removed:
two processes could else hold locks on two files of one name. What it says of its holder is for
people alone.
"""

from __future__ import annotations

import errno
import os
import sys
import time
from typing import TYPE_CHECKING

from mockgen_watch.errors import LockedError
from mockgen_watch.storage.atomic import write_all
from mockgen_watch.storage.containment import naming

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from mockgen_watch.storage.project_folder import StateFolder

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

WRITER = "writer.lock"
"""Held while outputs are written."""
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
        """Prepare the lock ``name``.

        Args:
            state: where its file is.
            name: ``WRITER`` or ``DAEMON``.
            holder: what the process does (``mockgen-watch generate``), for others to read.
            timeout: seconds to wait for another holder.
        """
        self.state = state
        self.name = name
        self.holder = holder
        self.timeout = timeout
        self._fd = -1

    def __enter__(self) -> Self:
        """Take the lock; see ``acquire``."""
        self.acquire()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Give the lock back."""
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
        """Give the lock back, if it is held."""
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)

    @property
    def is_held(self) -> bool:
        """Return whether this object has the lock, on the file that now bears its name."""
        return self._fd >= 0 and self._is_named(self._fd)

    def _path(self) -> str:
        return os.path.join(self.state.folder, self.name)

    def _try(self) -> bool:
        self.state.open().close()
        with naming(self._path()):
            fd = os.open(self._path(), os.O_RDWR | os.O_CREAT, 0o666)
            try:
                if _take(fd) and self._is_named(fd):
                    self._fd = fd
                    return True
            except BaseException:
                os.close(fd)
                raise
            os.close(fd)
        return False

    def _is_named(self, fd: int) -> bool:
        # Somebody may have removed the file, or the whole folder, after it was opened.
        try:
            named = os.stat(self._path())
        except FileNotFoundError:
            return False
        held = os.fstat(fd)
        return (held.st_dev, held.st_ino) == (named.st_dev, named.st_ino)

    def _leave_note(self) -> None:
        text = f"process {os.getpid()} ({self.holder})" if self.holder else f"process {os.getpid()}"
        note = text.encode("utf-8", "replace")
        # A full disk must not keep anybody from the lock: the note is only for people.
        try:
            # A process that takes it again and again has said so already; cutting a file is slow.
            if os.read(self._fd, _LONGEST_NOTE + 1) == note:
                return
            os.ftruncate(self._fd, 0)
            os.lseek(self._fd, 0, os.SEEK_SET)
            write_all(self._fd, note)
        except OSError:
            return

    def _message(self) -> str:
        note = b""
        try:
            with open(self._path(), "rb") as file:
                note = file.read(_LONGEST_NOTE)
        except OSError:
            note = b""
        who = note.decode("utf-8", "replace") or "another process"
        return f"{who} of mockgen-watch works on this project (lock {self._path()})"


if sys.platform == "win32":

    def _take(fd: int) -> bool:
        # Far behind the note, because a locked byte cannot be read.
        os.lseek(fd, 1 << 30, os.SEEK_SET)
        try:
            msvcrt.locking(fd, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            raise
        return True

else:

    def _take(fd: int) -> bool:
        try:
            fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            if error.errno in _TAKEN:
                return False
            raise
        return True
