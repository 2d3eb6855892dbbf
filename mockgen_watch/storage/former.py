"""Takes a lockfile that is about to be replaced; keeps the last few, so that they can come back.

``former/MARK/`` in the state folder holds those of one lockfile, ``000001`` the oldest. A former
one is a second name of the file that is replaced, so that keeping it costs no byte and no wait.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.digest import name_mark
from mockgen_watch.errors import UsageError
from mockgen_watch.storage.atomic import (
    TEMPORARY,
    read_blocks,
    remove_quietly,
    stage,
    write_atomically,
)
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.folders import is_folder
from mockgen_watch.storage.swap import put_new, swap_in

if TYPE_CHECKING:
    from typing import Any, Final

    from mockgen_watch.storage.containment import Entry, Folder, OutputRoot
    from mockgen_watch.storage.project_folder import StateFolder

FORMER: Final = "former"
KEPT: Final = 5
"""Of each lockfile."""
MOST_BYTES: Final = 32 << 20
"""All former ones but the last of a lockfile have no more than this together."""

_ABOUT: Final = "about.json"
_NUMBER: Final = re.compile(r"\d{6,}")


class Former(Struct, frozen=True, kw_only=True):
    """One former lockfile.

    Attributes:
        folder: the output folder, as people know it.
        path: of the lockfile in that folder.
        number: counts up; the highest was replaced last.
        size: in bytes.
    """

    folder: str
    path: str
    number: str
    size: int

    @property
    def name(self) -> str:
        """What a person calls it by."""
        return f"{self.folder}/{self.path}@{self.number}"


def keep_former(root: OutputRoot, folder: Folder, name: str, path: str) -> None:
    """Keep the lockfile ``name`` of ``folder``, known as ``path``, which will be replaced.

    Raises:
        StorageError: it cannot be kept.
    """
    below = f"{FORMER}/{_mark(root.label, path)}"
    with naming(root.state.place(below)), root.state.open(below) as place:
        kept = _kept(place, is_clearing=True)
        now = folder.status(name)
        if now is None or (kept and os.path.samestat(kept[-1].status, now)):
            # A run that was cut short has kept it already.
            return
        if not kept:
            about = json.dumps({"folder": root.label, "path": path}).encode()
            write_atomically(place, _ABOUT, about, is_durable=False)
        number = f"{int(kept[-1].name) + 1 if kept else 1:06d}"
        if not _link(folder, name, place, number):
            _copy(folder, name, place, number)
        _forget(place, [(entry.name, entry.status.st_size) for entry in kept], now.st_size)


def list_former(state: StateFolder) -> list[Former]:
    """Return all former lockfiles, by name, oldest first.

    Raises:
        StorageError: they cannot be read.
    """
    path = state.place(FORMER)
    with naming(path):
        marks = sorted(os.listdir(path)) if is_folder(path) else []
    found = [one for mark in marks for one in _read(state, mark)]
    return sorted(found, key=lambda one: (one.folder, one.path, int(one.number)))


def restore_former(root: OutputRoot, former: Former) -> None:
    """Put a former lockfile in its place again; what stands there is kept first.

    Raises:
        StorageError: when it cannot be read or written.
    """
    parent, _, name = former.path.rpartition("/")
    below = f"{FORMER}/{_mark(former.folder, former.path)}"
    with (
        root.state.open(below) as place,
        root.open(create=True) as top,
        naming(root.named(former.path)),
        top.walk(parent, create=True) as folder,
    ):
        fd = place.read(former.number)
        try:
            staged = stage(folder, read_blocks(fd))
        finally:
            os.close(fd)
        try:
            keep_former(root, folder, name, former.path)
            if not put_new(folder, staged.name, name):
                folder.unlink(swap_in(folder, staged.name, name))
        except BaseException:
            remove_quietly(folder, staged.name)
            raise
        folder.sync()


def find_former(state: StateFolder, name: str) -> Former | None:
    """Return the former lockfile ``PATH@NUMBER``, the last one of ``PATH``; None: it is no such.

    Raises:
        UsageError: that lockfile has none of this number.
        StorageError: they cannot be read.
    """
    path, _, number = name.removeprefix("./").partition("@")
    every = [one for one in list_former(state) if f"{one.folder}/{one.path}" == path]
    if not every:
        return None
    chosen = next((one for one in every if one.number == number), None) if number else every[-1]
    if chosen is None:
        numbers = ", ".join(one.number for one in every)
        raise UsageError(f"{path} has no former one of the number {number} (there is {numbers})")
    return chosen


def _mark(label: str, path: str) -> str:
    return name_mark(f"{label}\0{path}", 16)


def _kept(place: Folder, *, is_clearing: bool = False) -> list[Entry]:
    """Return what is kept, oldest first; clear what a run that was killed has left."""
    found = []
    for entry in place.entries():
        if _NUMBER.fullmatch(entry.name):
            found.append(entry)
        elif is_clearing and TEMPORARY.fullmatch(entry.name):
            place.unlink(entry.name)
    return sorted(found, key=lambda entry: int(entry.name))


def _link(folder: Folder, name: str, place: Folder, number: str) -> bool:
    """Give the file a second name; return False where the file system cannot."""
    source_fd, source = folder.raw(name)
    target_fd, target = place.raw(number)
    try:
        if source_fd is None or target_fd is None:
            os.link(source, target)
        else:
            os.link(
                source, target, src_dir_fd=source_fd, dst_dir_fd=target_fd, follow_symlinks=False
            )
    except OSError:
        # Another disk, a file system without links, or too many: a copy tells what is wrong.
        return False
    return True


def _copy(folder: Folder, name: str, place: Folder, number: str) -> None:
    fd = folder.read(name)
    try:
        staged = stage(place, read_blocks(fd), is_durable=False)
    finally:
        os.close(fd)
    place.replace(staged.name, number)


def _forget(place: Folder, older: list[tuple[str, int]], newest: int) -> None:
    """Remove the oldest ones that are too many, or too large together with the newest."""
    total = newest
    for place_in_time, (number, size) in enumerate(reversed(older), start=1):
        total += size
        if place_in_time >= KEPT or total > MOST_BYTES:
            place.unlink(number)


def _read(state: StateFolder, mark: str) -> list[Former]:
    data = state.read(f"{FORMER}/{mark}/{_ABOUT}")
    try:
        about: Any = json.loads(data or b"")
        folder, path = str(about["folder"]), str(about["path"])
    except (ValueError, KeyError, TypeError):
        return []
    with naming(state.place(f"{FORMER}/{mark}")), state.open(f"{FORMER}/{mark}") as place:
        return [
            Former(folder=folder, path=path, number=entry.name, size=entry.status.st_size)
            for entry in _kept(place)
        ]
