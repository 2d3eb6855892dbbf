"""Takes a staged file and what may be replaced; gives it its name, or leaves all as it was.

What stands at the name is looked at twice: just before, so that a refusal disturbs nothing, and
again after it was swapped out, so that a save between the two is found and put back.
"""

from __future__ import annotations

import os
import stat
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.errors import StorageError
from mockgen_watch.storage.atomic import digest_file
from mockgen_watch.storage.stat_cache import RACY_NS, Stamp, now_ns
from mockgen_watch.storage.swap import put_back, put_new, swap_in, take_out

if TYPE_CHECKING:
    from collections.abc import Container

    from mockgen_watch.storage.backup import Backup
    from mockgen_watch.storage.containment import Folder
    from mockgen_watch.storage.output_root import OutputRoot
    from mockgen_watch.storage.stat_cache import StatCache

_TRIES = 10


class Placed(StrEnum):
    """How a placement ended."""

    NEW = "new"
    REPLACED = "replaced"
    SAME = "same"
    REFUSED = "refused"
    REMOVED = "removed"


class Place(Struct, frozen=True, kw_only=True):
    """One name in an open folder.

    Attributes:
        path: of the file, relative to the output folder.
        known: digests that may be replaced or removed.
        is_forced: others may be, too, after a backup.
    """

    folder: Folder
    name: str
    path: str
    known: Container[str]
    is_forced: bool = False


class _Look(Struct, frozen=True, kw_only=True):
    """What was seen at a name: its stamp, when, and its digest."""

    stamp: Stamp
    when_ns: int
    digest: str


class Placer:
    """Puts files in place below one output folder.

    Attributes:
        backups: what was saved on the way.
        has_written: something was put in place or removed.
    """

    def __init__(self, root: OutputRoot, cache: StatCache) -> None:
        """Work in ``root``; ``cache`` spares reading what its stamp tells."""
        self.root = root
        self.cache = cache
        self.backups: list[Backup] = []
        self.has_written = False

    def put(self, place: Place, temporary: str, digest: str) -> Placed:
        """Give the staged file ``temporary`` with ``digest`` its place.

        After ``SAME`` and ``REFUSED`` the temporary file may still be there.

        Raises:
            OSError, StorageError: the old file then stands as before.
        """
        for _ in range(_TRIES):
            look = self._look(place)
            if look is None:
                if put_new(place.folder, temporary, place.name):
                    self.has_written = True
                    self._remember(place, digest)
                    return Placed.NEW
                continue
            if look.digest == digest:
                return Placed.SAME
            if look.digest not in place.known and not place.is_forced:
                return Placed.REFUSED
            self.has_written = True
            try:
                aside = swap_in(place.folder, temporary, place.name)
            except FileNotFoundError:
                continue  # it went away: put it there as a new one
            return self._after_swap(place, aside, look, digest)
        raise StorageError(self.root.named(place.path), "it changes all the time")

    def remove(self, place: Place) -> Placed:
        """Remove the file, where its bytes are known.

        Raises:
            OSError, StorageError: the file then stands as before, or as a backup.
        """
        look = self._look(place)
        if look is None:
            return Placed.REMOVED
        if look.digest not in place.known and not place.is_forced:
            return Placed.REFUSED
        self.has_written = True
        aside = take_out(place.folder, place.name)
        if not self._is_disposable(place, aside, look) and not place.is_forced:
            if not put_new(place.folder, aside, place.name):
                self._save(place, aside)
            return Placed.REFUSED
        if look.digest not in place.known:
            self._save(place, aside)
            return Placed.REMOVED
        place.folder.unlink(aside)
        return Placed.REMOVED

    def _look(self, place: Place) -> _Look | None:
        when_ns = now_ns()
        status = place.folder.status(place.name)
        if status is None:
            return None
        if not stat.S_ISREG(status.st_mode):
            kind = "a symbolic link" if stat.S_ISLNK(status.st_mode) else "no regular file"
            raise StorageError(self.root.named(place.path), f"{kind} is in the way")
        stamp = Stamp.of(status)
        digest = self.cache.get(place.path, stamp)
        if digest is not None:
            return _Look(stamp=stamp, when_ns=when_ns, digest=digest)
        try:
            stamp, digest = _read(place.folder, place.name)
        except FileNotFoundError:
            return None
        return _Look(stamp=stamp, when_ns=when_ns, digest=digest)

    def _after_swap(self, place: Place, aside: str, look: _Look, digest: str) -> Placed:
        """Decide on the file that was swapped out, now that nobody can find it any more."""
        if self._is_disposable(place, aside, look):
            place.folder.unlink(aside)
        elif place.is_forced:
            self._save(place, aside)
        else:
            status = place.folder.status(place.name)
            ours = (status.st_dev, status.st_ino) if status else (0, 0)
            if not put_back(place.folder, aside, place.name, ours):
                self._save(place, aside)
            return Placed.REFUSED
        self._remember(place, digest)
        return Placed.REPLACED

    def _is_disposable(self, place: Place, aside: str, look: _Look) -> bool:
        status = place.folder.status(aside)
        if status is None:
            return True
        stamp = Stamp.of(status)
        was_quiet = look.stamp.mtime_ns + RACY_NS <= look.when_ns
        if was_quiet and stamp.has_same_content_as(look.stamp):
            return look.digest in place.known
        return _read(place.folder, aside)[1] in place.known

    def _save(self, place: Place, aside: str) -> None:
        from mockgen_watch.storage.backup import save_backup  # noqa: PLC0415 - few runs save any

        self.backups.append(save_backup(self.root, place.folder, aside, place.path))
        place.folder.unlink(aside)

    def _remember(self, place: Place, digest: str) -> None:
        status = place.folder.status(place.name)
        if status is not None:
            self.cache.put_written(place.path, Stamp.of(status), digest)


def _read(folder: Folder, name: str) -> tuple[Stamp, str]:
    fd = folder.read(name)
    try:
        stamp = Stamp.of(os.fstat(fd))
        return stamp, digest_file(fd)
    finally:
        os.close(fd)
