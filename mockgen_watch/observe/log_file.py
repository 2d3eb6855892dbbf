"""Takes log lines; gives a file of them that neither grows nor stays for ever."""

from __future__ import annotations

import contextlib
import os
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MOST_BYTES = 5_000_000
MOST_SECONDS = 7 * 24 * 3600.0
KEPT = 4
"""Files of the past beside the present one: ``NAME.1`` is the youngest."""


class LogFile:
    """A file that lines are added to; it rotates by size and by age.

    A line that cannot be written is lost, and counted: a full disk must not stop the daemon.

    Attributes:
        path: of the present file.
        lost: lines that could not be written.
    """

    def __init__(
        self,
        path: Path,
        *,
        most_bytes: int = MOST_BYTES,
        most_seconds: float = MOST_SECONDS,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """Write to ``path``; its folder is made when the first line comes."""
        self.path = path
        self.lost = 0
        self._most_bytes = most_bytes
        self._most_seconds = most_seconds
        self._clock = clock

    def write(self, line: str) -> None:
        """Add ``line`` and a line end."""
        data = (line + "\n").encode("utf-8", "backslashreplace")
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._rotate(len(data))
            # Opened anew each time: whoever removes or moves the file gets a new one.
            with open(self.path, "ab") as file:
                file.write(data)
        except OSError:
            self.lost += 1

    def _rotate(self, more: int) -> None:
        try:
            status = os.stat(self.path)
        except FileNotFoundError:
            return
        is_full = status.st_size > 0 and status.st_size + more > self._most_bytes
        if not is_full and not self._is_old(status.st_size):
            return
        for number in range(KEPT, 0, -1):
            source = self.path if number == 1 else self._past(number - 1)
            with contextlib.suppress(FileNotFoundError):
                os.replace(source, self._past(number))

    def _is_old(self, size: int) -> bool:
        """Return whether the first line is older than allowed; the file's own name keeps its age."""
        if not size:
            return False
        mark = self._past(0)
        try:
            began = os.stat(mark).st_mtime
        except FileNotFoundError:
            began = self._clock()
            with open(mark, "ab"):
                os.utime(mark, (began, began))
        if self._clock() - began <= self._most_seconds:
            return False
        os.utime(mark, (self._clock(), self._clock()))
        return True

    def _past(self, number: int) -> Path:
        suffix = "began" if number == 0 else str(number)
        return self.path.with_name(f"{self.path.name}.{suffix}")
