"""Takes a project and the path of its outputs; gives the one way to open that folder."""

from __future__ import annotations

import hashlib
import os
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.storage.containment import EscapeError, Folder, naming
from mockgen_watch.storage.folders import make_folders, plain_path

if TYPE_CHECKING:
    from pathlib import Path

    from mockgen_watch.storage.folders import StrPath
    from mockgen_watch.storage.state import StateFolder


class OutputRoot(Struct, frozen=True, kw_only=True):
    """An output folder and the state that belongs to it.

    Attributes:
        base: a folder whose path is trusted.
        inner: from there on no link is followed; ``""`` for the base itself.
        label: the folder as people know it.
        state: where journal and caches are kept.
    """

    base: str
    inner: str
    label: str
    state: StateFolder

    @classmethod
    def in_project(cls, project: StrPath, path: str, state: StateFolder) -> OutputRoot:
        """Return the folder ``path`` of ``project``, as a file of the project may name it.

        Raises:
            EscapeError: when it is not below the project.
        """
        parts = path.replace("\\", "/").strip("/").split("/")
        if _is_absolute(path) or any(part in {"", ".", "..", ".git"} for part in parts):
            raise EscapeError(path, "the output folder must be a folder below the project")
        inner = "/".join(parts)
        return cls(base=os.fspath(project), inner=inner, label=inner, state=state)

    @classmethod
    def elsewhere(cls, path: StrPath, state: StateFolder) -> OutputRoot:
        """Return the folder ``path``, anywhere, as only a person at the command line names it."""
        text = plain_path(path)
        base = text if _is_absolute(text) else plain_path(os.path.join(os.getcwd(), text))
        return cls(base=base, inner="", label=text.replace(os.sep, "/"), state=state)

    @property
    def journal_name(self) -> str:
        """Name of its journal in the state folder."""
        return f"journal{self._mark()}.log"

    @property
    def cache_name(self) -> str:
        """Name of its stat cache in the state folder."""
        return f"outputs{self._mark()}.stat"

    @property
    def path(self) -> Path:
        """Where it is."""
        from pathlib import Path  # noqa: PLC0415 - small runs do not ask

        return Path(self.base, self.inner)

    def named(self, path: str) -> str:
        """Return a path of the output folder as people know it."""
        return f"{self.label}/{path}" if path else self.label

    def open(self, *, create: bool = False) -> Folder:
        """Open the folder, and make it when asked to.

        Raises:
            StorageError: when that cannot be; EscapeError when a link is on the way.
        """
        with naming(self.label):
            if create and not self.inner:
                make_folders(self.base)
            with Folder.open(self.base) as base:
                folder = base.walk(self.inner, create=create)
            folder.label = self.label
            return folder

    def open_if_there(self) -> Folder | None:
        """Open the folder; return None when it does not exist.

        Raises:
            StorageError: when it is there and cannot be opened.
        """
        with naming(self.label):
            try:
                with Folder.open(self.base) as base:
                    folder = base.walk(self.inner)
            except FileNotFoundError:
                return None
            folder.label = self.label
            return folder

    def _mark(self) -> str:
        # Relative where it can be, so that a project that was moved finds its journal again.
        name = self.inner or self.base.replace(os.sep, "/")
        return "-" + hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:12]


def _is_absolute(path: str) -> bool:
    """Tell whether ``path`` says all of where it is; on Windows, one without a drive does not."""
    return os.path.isabs(path) and (os.name != "nt" or bool(os.path.splitdrive(path)[0]))
