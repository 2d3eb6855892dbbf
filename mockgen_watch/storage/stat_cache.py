"""Stat cache: the digest that the bytes of a file had, by its stamp.

A stamp is what ``stat`` says: where it is the same, the bytes are. Except for a file that was
written just before it was read: a second write in the same tick of the file system's clock leaves
the same stamp. Such a file is not remembered, so it is read again next time.
"""

from __future__ import annotations

import json
import time
from collections import namedtuple
from typing import TYPE_CHECKING, Any, NamedTuple

from mockgen_watch.errors import StorageError

if TYPE_CHECKING:
    import os
    from collections.abc import Container

    from mockgen_watch.storage.project_folder import StateFolder

RACY_NS = 20_000_000
"""Younger than this, a file may change without a new stamp; ticks are 1 to 10 ms."""
_VERSION = 2
_FIELDS = 6


if TYPE_CHECKING:
    from typing import NamedTuple

    class _Fields(NamedTuple):
        size: int
        mtime_ns: int
        ctime_ns: int
        inode: int
        device: int

else:
    # With types to look at, the class takes 1 ms of every run to make.
    _Fields = namedtuple(  # noqa: PYI024 - see above
        "_Fields", "size mtime_ns ctime_ns inode device"
    )


class Stamp(_Fields):
    """What tells that a file is the same as before."""

    __slots__ = ()

    @classmethod
    def of(cls, status: os.stat_result) -> Stamp:
        """Return the stamp in ``status``."""
        return cls(
            status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_ino, status.st_dev
        )

    def is_racy(self, now_ns: int) -> bool:
        """Return whether a change after ``now_ns`` could leave the stamp as it is."""
        return max(self.mtime_ns, self.ctime_ns) + RACY_NS > now_ns

    def has_same_content_as(self, other: Stamp) -> bool:
        """Return whether this is the other's file, unwritten since, perhaps by another name."""
        return (self.size, self.mtime_ns, self.inode, self.device) == (
            other.size,
            other.mtime_ns,
            other.inode,
            other.device,
        )


class StatCache:
    """Path → stamp and digest, kept in one file; without it everything is merely read again.

    Attributes:
        is_resident: a process that lives on remembers it; ``save`` then leaves the file alone,
            which would take longer than all else, and ``flush`` writes it now and then.
    """

    def __init__(self, state: StateFolder, name: str, *, is_resident: bool = False) -> None:
        self.state = state
        self.name = name
        self.is_resident = is_resident
        self._entries = _load(state, name)
        self._has_changed = False

    def get(self, path: str, stamp: Stamp) -> str | None:
        """Return the digest of ``path``; None when it has to be read."""
        entry = self._entries.get(path)
        return entry[1] if entry is not None and entry[0] == stamp else None

    def put(self, path: str, stamp: Stamp, digest: str, read_ns: int) -> None:
        """Remember that ``path`` had ``digest`` when reading began at ``read_ns``."""
        self._put(path, stamp, digest, is_racy=stamp.is_racy(read_ns))

    def keep_only(self, paths: Container[str]) -> None:
        """Forget all but ``paths``."""
        gone = [path for path in self._entries if path not in paths]
        for path in gone:
            del self._entries[path]
        self._has_changed = self._has_changed or bool(gone)

    def forget(self, path: str) -> None:
        """Forget ``path``, which is there no more."""
        self._has_changed = self._entries.pop(path, None) is not None or self._has_changed

    def put_written(self, path: str, stamp: Stamp, digest: str) -> None:
        """Remember ``path`` as this process just wrote and renamed it.

        Renaming has set ctime, but only a write sets mtime: a file that took a while to write
        and to sync is known without reading it again.
        """
        self._put(path, stamp, digest, is_racy=stamp.mtime_ns + RACY_NS > stamp.ctime_ns)

    def save(self) -> bool:
        """Write what is new; return False when that cannot be, which costs only time."""
        return self.is_resident or self.flush()

    def flush(self) -> bool:
        """Write what is new, whoever remembers it; see ``save``."""
        if not self._has_changed:
            return True
        entries = {path: [*stamp, digest] for path, (stamp, digest) in self._entries.items()}
        data = json.dumps({"version": _VERSION, "entries": entries}, separators=(",", ":"))
        try:
            self.state.write(self.name, data.encode(), is_durable=False)
        except StorageError:
            return False
        self._has_changed = False
        return True

    def _put(self, path: str, stamp: Stamp, digest: str, *, is_racy: bool) -> None:
        if is_racy:
            self._has_changed = self._entries.pop(path, None) is not None or self._has_changed
        elif self._entries.get(path) != (stamp, digest):
            self._entries[path] = (stamp, digest)
            self._has_changed = True


def now_ns() -> int:
    """Return the time by the clock that file systems use."""
    return time.time_ns()


def _load(state: StateFolder, name: str) -> dict[str, tuple[Stamp, str]]:
    try:
        data: Any = json.loads(state.read(name) or b"{}")
        if data.get("version") != _VERSION:
            return {}
        return {
            path: (Stamp._make(fields[:-1]), fields[-1])
            for path, fields in data["entries"].items()
            if len(fields) == _FIELDS
        }
    # Whatever is wrong with it, a cache is only a cache.
    except (StorageError, ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return {}
