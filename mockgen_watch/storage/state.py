"""Takes a project; gives the folder where it keeps what is not committed, made when needed."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from mockgen_watch.storage.atomic import TEMPORARY, remove_quietly, write_atomically
from mockgen_watch.storage.containment import Folder, naming
from mockgen_watch.storage.folders import is_folder, make_folders
from mockgen_watch.storage.project_folder import STATE_WITHOUT_GIT, state_folder

if TYPE_CHECKING:
    from pathlib import Path

    from mockgen_watch.storage.folders import StrPath

IGNORE = ".gitignore"

BACKUPS = "backups"
"""The folder of what was saved before it was replaced or removed."""


class StateFolder:
    """The folder of journal, locks, caches and backups.

    Attributes:
        folder: where it is; it need not exist.
    """

    def __init__(self, path: StrPath) -> None:
        """Use ``path``."""
        self.folder = os.fspath(path)

    @property
    def path(self) -> Path:
        """Where it is, for those who go on from there; small runs leave pathlib alone."""
        from pathlib import Path  # noqa: PLC0415 - 3 ms

        return Path(self.folder)

    @classmethod
    def of(cls, project: StrPath) -> StateFolder:
        """Return the one of ``project``."""
        return cls(state_folder(project))

    def open(self, below: str = "") -> Folder:
        """Open it, or a folder in it, and make what is missing.

        Raises:
            StorageError: when that cannot be.
        """
        path = self.place(below)
        with naming(path):
            make_folders(path)
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

    def clear_temporaries(self) -> None:
        """Remove the temporary files that a kill left; the caller holds the writer's lock.

        Raises:
            StorageError: when the folder cannot be read.
        """
        with naming(self.folder):
            names = os.listdir(self.folder) if is_folder(self.folder) else []
        names = [name for name in names if TEMPORARY.fullmatch(name)]
        if names:
            with self.open() as folder:
                for name in names:
                    remove_quietly(folder, name)
