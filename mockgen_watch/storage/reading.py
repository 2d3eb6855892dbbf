"""Takes a file in an open folder; gives its bytes or their digest, with the stamp they go with."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from mockgen_watch.storage.atomic import digest_file
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.stat_cache import Stamp, now_ns

if TYPE_CHECKING:
    from mockgen_watch.storage.containment import Folder
    from mockgen_watch.storage.stat_cache import StatCache

_TRIES = 3


def read_steady(folder: Folder, name: str, limit: int) -> tuple[bytes, Stamp, int]:
    """Read a file, again while its stamp moves, and return bytes, stamp and when reading began.

    No more than ``limit`` bytes and one are read. After the third time the bytes are as they
    came, and the time is 0: no cache takes them for settled.

    Raises:
        OSError: it cannot be read.
    """
    data, before, after, read_ns = _read_once(folder, name, limit)
    for _ in range(_TRIES - 1):
        if before == after:
            break
        data, before, after, read_ns = _read_once(folder, name, limit)
    return data, before, read_ns if before == after else 0


def digest_below(top: Folder, path: str, label: str, cache: StatCache) -> str | None:
    """Return the digest of the file ``path`` below ``top`` as it is now; None when it is gone.

    Raises:
        StorageError: it cannot be read; ``label`` names it.
    """
    parent, _, name = path.rpartition("/")
    with naming(label):
        try:
            with top.walk(parent) as folder:
                fd = folder.read(name)
        except FileNotFoundError:
            return None
        try:
            read_ns = now_ns()
            before = Stamp.of(os.fstat(fd))
            found = digest_file(fd)
            if before == Stamp.of(os.fstat(fd)):
                cache.put(path, before, found, read_ns)
            return found
        finally:
            os.close(fd)


def _read_once(folder: Folder, name: str, limit: int) -> tuple[bytes, Stamp, Stamp, int]:
    read_ns = now_ns()
    fd = folder.read(name)
    try:
        before = Stamp.of(os.fstat(fd))
        data = _read_bounded(fd, limit)
        return data, before, Stamp.of(os.fstat(fd)), read_ns
    finally:
        os.close(fd)


def _read_bounded(fd: int, limit: int) -> bytes:
    """Read to the end, or until it is certain that the file has grown over the limit."""
    parts = []
    left = limit + 1
    while left > 0 and (part := os.read(fd, left)):
        parts.append(part)
        left -= len(part)
    return b"".join(parts)
