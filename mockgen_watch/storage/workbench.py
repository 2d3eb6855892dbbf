"""Takes an output folder; gives what a run works with: open folders, journal, placed files."""

from __future__ import annotations

import stat
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.errors import StorageError
from mockgen_watch.storage.atomic import remove_quietly
from mockgen_watch.storage.containment import Folder, naming
from mockgen_watch.storage.journal_file import JournalFile
from mockgen_watch.storage.placement import Place, Placed, Placer

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from mockgen_watch.lock.snapshot import Action, FileAction, OutputAction
    from mockgen_watch.storage.atomic import Staged
    from mockgen_watch.storage.output_root import OutputRoot
    from mockgen_watch.storage.stat_cache import StatCache


class Pending(Struct, frozen=True, kw_only=True):
    """A staged file that waits for its place.

    Attributes:
        path: where it goes: the file's own, or its offer's.
    """

    output: OutputAction
    file: FileAction
    staged: Staged
    path: str
    action: Action


class Workbench:
    """The output folder, opened (and made) when it is first needed.

    Attributes:
        root: what it opens.
        placer: puts files in place.
        journal: of this folder.
    """

    def __init__(self, root: OutputRoot, cache: StatCache) -> None:
        """Work in ``root``."""
        self.root = root
        self.cache = cache
        self.placer = Placer(root, cache)
        self.journal = JournalFile(root.state, root.journal_name)
        self._top: Folder | None = None
        self._here: tuple[str, Folder] | None = None
        self._unsynced: set[str] = set()

    def __enter__(self) -> Self:
        """Return self."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close all folders."""
        if self._here is not None:
            self._here[1].close()
        if self._top is not None:
            self._top.close()

    def top(self) -> Folder:
        """Return the output folder, made if it was not there.

        Raises:
            StorageError: when that cannot be.
        """
        if self._top is None:
            self._top = self.root.open(create=True)
        return self._top

    def folder(self, path: str) -> Folder:
        """Return the folder ``path``, made if needed; it is closed when another is asked for.

        Raises:
            OSError, StorageError: when that cannot be.
        """
        if self._here is None or self._here[0] != path:
            folder = self.top().walk(path, create=True)
            if self._here is not None:
                self._here[1].close()
            self._here = (path, folder)
        return self._here[1]

    def mode(self, folder: Folder, name: str) -> int | None:
        """Return the permissions of a file that is there; None when it is not."""
        status = folder.status(name)
        if status is None or not stat.S_ISREG(status.st_mode):
            return None
        return stat.S_IMODE(status.st_mode)

    def place(self, pending: Pending, known: frozenset[str], *, is_forced: bool) -> bool:
        """Give a staged file its place; return False when other bytes stand there.

        Raises:
            StorageError: the old file then stands as before.
        """
        parent, _, name = pending.path.rpartition("/")
        with naming(self.root.named(pending.path)):
            folder = self.folder(parent)
            place = Place(
                folder=folder, name=name, path=pending.path, known=known, is_forced=is_forced
            )
            placed = self.placer.put(place, pending.staged.name, pending.staged.digest)
            if placed is Placed.SAME:
                remove_quietly(folder, pending.staged.name)
            self._unsynced.add(parent)
        return placed is not Placed.REFUSED

    def remove(self, path: str, known: frozenset[str], *, is_forced: bool) -> bool:
        """Remove a file and the folders that it leaves empty; return False when it was edited.

        Raises:
            StorageError: the file then stands as before.
        """
        parent, _, name = path.rpartition("/")
        with naming(self.root.named(path)):
            try:
                folder = self.top().walk(parent)
            except (FileNotFoundError, NotADirectoryError):
                return True
            with folder:
                place = Place(folder=folder, name=name, path=path, known=known, is_forced=is_forced)
                is_removed = self.placer.remove(place) is Placed.REMOVED
                folder.sync()
        if is_removed:
            self._prune(parent)
        return is_removed

    def drop(self, pending: Pending) -> None:
        """Remove the temporary file of ``pending``, if there is one."""
        parent = pending.file.path.rpartition("/")[0]
        if not pending.staged.name:
            return
        try:
            folder = self.folder(parent)
        except OSError:
            return
        remove_quietly(folder, pending.staged.name)

    def has_moved(self) -> bool:
        """Tell whether the opened output folder bears its name no more."""
        if self._top is None:
            return False
        try:
            now = self.root.open_if_there()
            if now is None:
                return True
            with now:
                return now.identity() != self._top.identity()
        except (OSError, StorageError):
            return True

    def sync(self) -> list[tuple[str, StorageError]]:
        """Make the names of all placed files durable; return the folders that failed, and why."""
        failed: list[tuple[str, StorageError]] = []
        for path in sorted(self._unsynced):
            try:
                with naming(self.root.named(path)):
                    self.folder(path).sync()
            except StorageError as error:
                failed.append((path, error))
        self._unsynced.clear()
        return failed

    def _prune(self, path: str) -> None:
        while path:
            parent, _, name = path.rpartition("/")
            try:
                with self.top().walk(parent) as folder:
                    folder.remove_folder(name)
            except OSError:
                return
            path = parent
