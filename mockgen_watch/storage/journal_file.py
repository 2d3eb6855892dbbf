"""Takes entries of the journal; gives them a file that outlives a kill in the middle of a run."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mockgen_watch.lock.journal import encode_entries
from mockgen_watch.storage.atomic import write_all
from mockgen_watch.storage.containment import naming

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.lock.journal import JournalEntry
    from mockgen_watch.storage.state import StateFolder


class JournalFile:
    """The journal of one output folder.

    Attributes:
        written: the entries that this run has added.
        has_failed: entries could not be added; no file may be replaced any more.
    """

    def __init__(self, state: StateFolder, name: str) -> None:
        """Use the file ``name`` of ``state``."""
        self.state = state
        self.name = name
        self.written: list[JournalEntry] = []
        self.has_failed = False

    def append(self, entries: Sequence[JournalEntry]) -> None:
        """Add ``entries``; on return they are durable.

        Raises:
            StorageError: when that cannot be; then no file may be replaced.
        """
        if not entries:
            return
        path = os.path.join(self.state.folder, self.name)
        self.has_failed = True
        with naming(path), self.state.open() as folder:
            is_new = folder.status(self.name) is None
            fd = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)
            try:
                write_all(fd, encode_entries(entries))
                os.fsync(fd)
            finally:
                os.close(fd)
            if is_new:
                folder.sync()
        self.has_failed = False
        self.written += entries

    def finish(self, before: Sequence[JournalEntry], after: Sequence[JournalEntry]) -> None:
        """Leave just the entries ``after``; ``before`` are those that the run began with.

        Raises:
            StorageError: when the file cannot be replaced or removed; it then says too much,
                which is safe.
        """
        if not after:
            if before or self.written:
                self.state.remove(self.name)
        elif self.written or tuple(before) != tuple(after):
            self.state.write(self.name, encode_entries(after))
