"""Memories of earlier runs: digests of files by their stamps, and what was found right.

A stamp is what ``stat`` says: where it is the same, the bytes are. Except for a file that was
written just before it was read: a second write in the same tick of the file system's clock leaves
the same stamp. Such a file is not remembered, so it is read again next time.

Where a memory is lost or cannot be read, everything is looked at again.
"""

from __future__ import annotations

import contextlib
import json
import time
from typing import TYPE_CHECKING, Any, NamedTuple

from mockgen_watch.errors import StorageError
from mockgen_watch.storage.project_folder import DEFAULT_OUTPUTS

if TYPE_CHECKING:
    import os
    from collections.abc import Container

    from mockgen_watch.storage.project_folder import StateFolder


RACY_NS = 20_000_000
"""Younger than this, a file may change without a new stamp; ticks are 1 to 10 ms."""
_VERSION = 2
_FIELDS = 6


# The annotations of a class would be text here, which Python would compile: 2 ms at the start.
_Fields = NamedTuple(  # noqa: UP014
    "_Fields",
    [("size", int), ("mtime_ns", int), ("ctime_ns", int), ("inode", int), ("device", int)],
)


class Stamp(_Fields):
    """What shows that a file is the same as before."""

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
        return self._replace(ctime_ns=0) == other._replace(ctime_ns=0)


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
        for path in [path for path in self._entries if path not in paths]:
            self.forget(path)

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
            self.forget(path)
        elif self._entries.get(path) != (stamp, digest):
            self._entries[path] = (stamp, digest)
            self._has_changed = True


now_ns = time.time_ns
"""The time by the clock that file systems use."""


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


class Memo:
    """Keys that were found right, each with a number, kept in one file of the state folder.

    A key stands for all that decides whether something is right: the stamps of a project, its
    index in Git, the trees of a commit.

    Attributes:
        outputs: the output folder of the run that saved them; the usual one without such a run.
    """

    def __init__(self, state: StateFolder, name: str, limit: int = 1) -> None:
        self._state = state
        self._name = name
        self._limit = limit
        self.outputs = DEFAULT_OUTPUTS
        self._numbers: dict[str, int] = {}
        # Nothing in the file can be relied on, hence Any.
        with contextlib.suppress(StorageError, ValueError, TypeError, KeyError, RecursionError):
            data: Any = json.loads(state.read(name) or b"")
            outputs, numbers = str(data["outputs"]), dict(data["right"])
            self._numbers = {str(key): int(number) for key, number in numbers.items()}
            self.outputs = outputs

    def get(self, key: str) -> int | None:
        """Return the number of ``key``; None when it was not found right."""
        return self._numbers.get(key)

    def add(self, key: str, number: int = 0) -> None:
        """Note that what ``key`` stands for is right."""
        self._numbers.pop(key, None)
        self._numbers[key] = number

    def save(self, outputs: str) -> None:
        """Keep the keys for the next run, which may ask first where the outputs are."""
        last = dict(list(self._numbers.items())[-self._limit :])
        data = {"outputs": outputs, "right": last}
        with contextlib.suppress(StorageError):
            self._state.write(self._name, json.dumps(data).encode(), is_durable=False)
