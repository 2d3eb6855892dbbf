"""Takes texts that a new project begins with; gives them a place, where nothing stands yet.

What a person wrote is never lost: a file that is there stays, or is kept under another name.
"""

from __future__ import annotations

import itertools
import os
import stat
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.storage.atomic import read_blocks, remove_quietly, stage
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.swap import put_new, swap_in

if TYPE_CHECKING:
    from collections.abc import Sequence

    from mockgen_watch.storage.containment import Folder


class Placing(StrEnum):
    """What became of a file."""

    CREATED = "created"
    EXTENDED = "extended"
    REPLACED = "replaced"
    KEPT = "kept"
    SAME = "up to date"


class Placed(Struct, frozen=True, kw_only=True):
    """One file.

    Attributes:
        path: relative to the project folder.
        placing: what became of it.
        former: the name under which a replaced file is kept; ``""`` for the others.
    """

    path: str
    placing: Placing
    former: str = ""


def place_file(
    project: Folder, path: str, data: bytes, rivals: Sequence[str] = (), *, replace: bool = False
) -> Placed:
    """Write ``data`` to ``path`` unless something is there.

    Args:
        project: the open project folder; folders on the way are made.
        path: relative to it, with forward slashes.
        data: the whole file.
        rivals: other names in the same folder that mean the same, and count as being there.
        replace: take the place of what is at ``path``, which is then kept as ``NAME.bak``.

    Raises:
        StorageError: it cannot be written, or a link leads elsewhere.
    """
    parent, _, name = path.rpartition("/")
    with naming(path), project.walk(parent, create=True) as folder:
        for rival in rivals:
            if folder.status(rival) is not None:
                return Placed(path=folder.named(rival), placing=Placing.KEPT)
        if _holds(folder, name, data):
            return Placed(path=path, placing=Placing.SAME)
        if not replace and folder.status(name) is not None:
            return Placed(path=path, placing=Placing.KEPT)
        staged = stage(folder, (data,))
        try:
            if put_new(folder, staged.name, name):
                return Placed(path=path, placing=Placing.CREATED)
            if not replace:
                # It came while we were writing.
                return Placed(path=path, placing=Placing.KEPT)
            former = _keep(folder, swap_in(folder, staged.name, name), name)
            return Placed(path=path, placing=Placing.REPLACED, former=folder.named(former))
        finally:
            remove_quietly(folder, staged.name)


def place_lines(project: Folder, name: str, lines: Sequence[str]) -> Placed:
    """Add to the file ``name`` those of ``lines`` that it lacks, at its end.

    Raises:
        StorageError: it cannot be read or written.
    """
    text = "".join(f"{line}\n" for line in lines).encode()
    with naming(name):
        if project.status(name) is None:
            return place_file(project, name, text)
        found = _read(project, name)
        known = {line.strip() for line in found.splitlines()}
        missing = [line for line in lines if line.encode() not in known]
        if not missing:
            return Placed(path=name, placing=Placing.SAME)
        start = "" if found.endswith(b"\n") or not found else "\n"
        _append(project, name, (start + "".join(f"{line}\n" for line in missing)).encode())
        return Placed(path=name, placing=Placing.EXTENDED)


def _read(folder: Folder, name: str) -> bytes:
    fd = folder.read(name)
    try:
        return b"".join(read_blocks(fd))
    finally:
        os.close(fd)


def _holds(folder: Folder, name: str, data: bytes) -> bool:
    status = folder.status(name)
    return status is not None and stat.S_ISREG(status.st_mode) and _read(folder, name) == data


def _append(folder: Folder, name: str, data: bytes) -> None:
    """Add ``data`` in one call, so that a line that someone else adds meanwhile is not lost."""
    # Opened for reading first: that refuses links and what is no file.
    os.close(folder.read(name))
    handle, path = folder.raw(name)
    fd = os.open(path, os.O_WRONLY | os.O_APPEND, dir_fd=handle)
    try:
        os.write(fd, data)
    finally:
        os.close(fd)


def _keep(folder: Folder, aside: str, name: str) -> str:
    """Give the file that was swapped out a name that nothing has, and return it."""
    for number in itertools.count():
        former = f"{name}.bak{number or ''}"
        if put_new(folder, aside, former):
            return former
    raise AssertionError("the numbers do not end")
