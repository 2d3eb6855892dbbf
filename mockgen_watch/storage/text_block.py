"""Takes a settings file of Git; puts lines of ours at its end, and takes just these away again."""

from __future__ import annotations

import os
import shutil

from mockgen_watch.errors import StorageError
from mockgen_watch.storage.containment import naming

BEGIN = "# mockgen-watch git install: begin\n"
END = "# mockgen-watch git install: end\n"

# How the file was before, where taking the lines away would not tell.
_OPEN = "\n# the line end before this line is of mockgen-watch git install\n"
_EMPTY = "# this file was empty before mockgen-watch git install\n"


class SettingsFile:
    """A text file that others write, too; what is theirs stays byte for byte."""

    def __init__(self, path: str) -> None:
        """Read the file at ``path``, which need not exist.

        Raises:
            StorageError: it cannot be read.
        """
        # A link stays one: what it leads to is written.
        self.path = os.path.realpath(path)
        self.text: str | None = None
        with naming(self.path):
            try:
                with open(
                    self.path, encoding="utf-8", errors="surrogateescape", newline=""
                ) as file:
                    self.text = file.read()
            except FileNotFoundError:
                return

    def has(self, lines: str) -> bool:
        """Tell whether ``lines`` are in it as a block."""
        return _block(lines) in (self.text or "")

    def has_blocks(self) -> bool:
        """Tell whether any block is in it."""
        return BEGIN in (self.text or "")

    def add(self, lines: str) -> bool:
        """Put ``lines`` at the end, between marks; return False when they are there.

        Raises:
            StorageError: it cannot be written.
        """
        if self.has(lines):
            return False
        text = self.text or ""
        if self.text == "":
            text = _EMPTY
        elif text and not text.endswith("\n"):
            text += _OPEN
        self._write(text + _block(lines))
        return True

    def remove(self, lines: str) -> bool:
        """Take ``lines`` away with their marks; return False when they are not there.

        Raises:
            StorageError: it cannot be written.
        """
        if not self.has(lines):
            return False
        before, _, behind = (self.text or "").partition(_block(lines))
        if before.endswith(_OPEN) and not behind.startswith(BEGIN):
            # What others wrote behind our lines needs the line end.
            before = before.removesuffix(_OPEN) + ("\n" if behind else "")
        rest = before + behind
        if rest == _EMPTY:
            self._write("")
        elif rest:
            self._write(rest)
        else:
            with naming(self.path):
                os.unlink(self.path)
            self.text = None
        return True

    def _write(self, text: str) -> None:
        lock = f"{self.path}.lock"
        with naming(self.path):
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            try:
                # As Git does it: whoever makes this file is the one who writes.
                fd = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            except FileExistsError as error:
                raise StorageError(self.path, f"{lock} is there: another process writes") from error
            with open(fd, "w", encoding="utf-8", errors="surrogateescape", newline="") as file:
                file.write(text)
            if self.text is not None:
                shutil.copymode(self.path, lock)
            os.replace(lock, self.path)
        self.text = text


def _block(lines: str) -> str:
    return f"{BEGIN}{lines}{END}"
