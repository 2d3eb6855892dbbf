"""Settings of a clone: the drivers for differences and merges, installed and removed.

They are in the clone's configuration and in ``info/attributes``; nothing is committed. ``git
config`` leaves traces where a file has comments or blank lines at its end, so the lines are added
and removed as text.
"""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from mockgen_watch.errors import StorageError, UsageError
from mockgen_watch.git.sides import DRIVER
from mockgen_watch.storage.containment import naming

if TYPE_CHECKING:
    from mockgen_watch.git.repository import Repository


_BEGIN = "# mockgen-watch git install: begin\n"
_END = "# mockgen-watch git install: end\n"

# They mark how the file was before, where it could not be seen after the lines are removed.
_OPEN = "\n# the line end before this line is of mockgen-watch git install\n"
_EMPTY = "# this file was empty before mockgen-watch git install\n"


class SettingsFile:
    """A text file that others write, too; what is theirs stays byte for byte."""

    def __init__(self, path: str) -> None:
        # A link stays one: its target is written.
        self.path = os.path.realpath(path)
        self.text: str | None = None
        with naming(self.path):
            try:
                with open(
                    self.path, errors="surrogateescape", encoding="utf-8", newline=""
                ) as file:
                    self.text = file.read()
            except FileNotFoundError:
                return

    def has_blocks(self) -> bool:
        """Return whether any block is in it."""
        return _BEGIN in (self.text or "")

    def add(self, lines: str) -> bool:
        """Put ``lines`` at the end, between marks; return False when they are there.

        Raises:
            StorageError: it cannot be written.
        """
        if self._has(lines):
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
        if not self._has(lines):
            return False
        before, _, after = (self.text or "").partition(_block(lines))
        if before.endswith(_OPEN) and not after.startswith(_BEGIN):
            # What others wrote after our lines needs the line end.
            before = before.removesuffix(_OPEN) + ("\n" if after else "")
        rest = before + after
        if rest == _EMPTY:
            self._write("")
        elif rest:
            self._write(rest)
        else:
            with naming(self.path):
                os.unlink(self.path)
            self.text = None
        return True

    def _has(self, lines: str) -> bool:
        return _block(lines) in (self.text or "")

    def _write(self, text: str) -> None:
        lock = f"{self.path}.lock"
        with naming(self.path):
            os.makedirs(os.path.dirname(self.path), exist_ok=True)
            try:
                # As Git does it: whoever makes this file is the one who writes.
                fd = os.open(lock, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o666)
            except FileExistsError as error:
                raise StorageError(self.path, f"{lock} is there: another process writes") from error
            with open(fd, "w", errors="surrogateescape", encoding="utf-8", newline="") as file:
                file.write(text)
            if self.text is not None:
                shutil.copymode(self.path, lock)
            os.replace(lock, self.path)
        self.text = text


def _block(lines: str) -> str:
    return f"{_BEGIN}{lines}{_END}"


SETTINGS = {
    "diff.mockgen.textconv": "mockgen-watch git textconv",
    "merge.mockgen.name": "outputs are made from the merged specs",
    DRIVER: "mockgen-watch git merge %O %A %B %P",
    # Git merges ancestors of ancestors, too; there the base is as good as any.
    "merge.mockgen.recursive": "binary",
}
"""The entries in the configuration of a clone."""


def install_drivers(repository: Repository, outputs: str) -> bool:
    """Set the drivers up for the output folder; return False when they were there already.

    Raises:
        UsageError: a name is taken by somebody else's driver.
        StorageError: the settings cannot be written.
    """
    current = _values(repository)
    for key, value in current.items():
        if value not in {"", SETTINGS[key]}:
            raise UsageError(f"{key} is {value!r} already, which is not of this program")
    has_changed = False
    if current != SETTINGS:
        has_changed = _file(repository, "config").add(_settings_lines())
    return _file(repository, "info/attributes").add(_lines(repository, outputs)) or has_changed


def remove_drivers(repository: Repository, outputs: str) -> bool:
    """Undo just what ``install_drivers`` did; return False when there is nothing of it.

    Raises:
        StorageError: the settings cannot be written.
    """
    attributes = _file(repository, "info/attributes")
    has_changed = attributes.remove(_lines(repository, outputs))
    if attributes.has_blocks():
        # Another project of this repository needs the drivers still.
        return has_changed
    has_changed = _file(repository, "config").remove(_settings_lines()) or has_changed
    for key, value in _values(repository).items():
        # Set in another way, by hand or by git config.
        if value == SETTINGS[key]:
            repository.read(["config", "--local", "--unset", key])
            has_changed = True
    return has_changed


def _settings_lines() -> str:
    lines: dict[str, list[str]] = {}
    for name, value in SETTINGS.items():
        section, _, key = name.rpartition(".")
        lines.setdefault(section, []).append(f"\t{key} = {value}\n")
    return "".join(
        '[{} "{}"]\n{}'.format(*section.split("."), "".join(found))
        for section, found in lines.items()
    )


def _lines(repository: Repository, outputs: str) -> str:
    folder = f"/{repository.prefix}{outputs}/**"
    pattern = folder if folder.isascii() and " " not in folder else _quoted(folder)
    return f"{pattern} diff=mockgen merge=mockgen\nmockgen.lock !diff\n"


def _quoted(pattern: str) -> str:
    return '"' + pattern.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _file(repository: Repository, name: str) -> SettingsFile:
    """Return a file of the clone's Git folder; work trees share it."""
    inner = os.fsdecode(repository.read(["rev-parse", "--git-path", name]))
    return SettingsFile(os.path.join(repository.work_tree, inner.removesuffix("\n")))


def _values(repository: Repository) -> dict[str, str]:
    # Git ends with an error where there is no such key.
    words = ("config", "--local", "--get")
    return {key: repository.ask([*words, key])[1].decode().strip() for key in SETTINGS}
