"""Takes a project; gives the folder where it keeps what is not committed, made when needed."""

from __future__ import annotations

import os

from mockgen_watch.storage.atomic import TEMPORARY, remove_quietly, write_atomically
from mockgen_watch.storage.containment import Folder, naming
from mockgen_watch.storage.project_folder import STATE_WITHOUT_GIT, state_folder
from mockgen_watch.typed import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

IGNORE = ".gitignore"

BACKUPS = "backups"
"""The folder of what was saved before it was replaced or removed."""


class StateFolder:
    """The folder of journal, locks, caches and backups.

    Attributes:
        path: where it is; it need not exist.
    """

    def __init__(self, path: Path) -> None:
        """Use ``path``."""
        self.path = path

    @classmethod
    def of(cls, project: Path) -> StateFolder:
        """Return the one of ``project``."""
        return cls(state_folder(project))

    def open(self, below: str = "") -> Folder:
        """Open it, or a folder in it, and make what is missing.

        Raises:
            StorageError: when that cannot be.
        """
        path = self.path / below if below else self.path
        with naming(str(path)):
            path.mkdir(parents=True, exist_ok=True)
            is_in_project = self.path.name == STATE_WITHOUT_GIT
            # Asked each time: a kill may have come between the folder and its file.
            if is_in_project and not os.path.exists(os.path.join(self.path, IGNORE)):
                # Should the project get a Git one day, this folder is no part of it.
                with Folder.open(self.path) as folder:
                    write_atomically(folder, IGNORE, b"*\n")
            return Folder.open(path, str(path))

    def read(self, name: str) -> bytes | None:
        """Return the bytes of the file ``name`` in it; None when it is not there.

        Raises:
            StorageError: when it cannot be read.
        """
        path = os.path.join(self.path, name)
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
        with naming(str(self.path / name)), self.open() as folder:
            write_atomically(folder, name, data, is_durable=is_durable)

    def remove(self, name: str) -> None:
        """Remove the file ``name``, if it is there.

        Raises:
            StorageError: when it cannot be removed.
        """
        with naming(str(self.path / name)):
            (self.path / name).unlink(missing_ok=True)

    def clear_temporaries(self) -> None:
        """Remove the temporary files that a kill left; the caller holds the writer's lock.

        Raises:
            StorageError: when the folder cannot be read.
        """
        with naming(str(self.path)):
            names = os.listdir(self.path) if self.path.is_dir() else []
        names = [name for name in names if TEMPORARY.fullmatch(name)]
        if names:
            with self.open() as folder:
                for name in names:
                    remove_quietly(folder, name)
