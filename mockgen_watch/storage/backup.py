"""Takes bytes that no spec can make again; gives them a place in the state folder, for good.

``backups/000001/`` holds one file: its bytes under the name ``bytes``, and ``about.json``, which
is written last, so that a folder without it is a backup that was cut short.
"""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.errors import UsageError
from mockgen_watch.storage.atomic import read_blocks, remove_quietly, stage, write_atomically
from mockgen_watch.storage.containment import naming
from mockgen_watch.storage.folders import is_there
from mockgen_watch.storage.project_folder import BACKUPS, StateFolder
from mockgen_watch.storage.swap import put_new, swap_in

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from mockgen_watch.storage.containment import Folder, OutputRoot

_NUMBER = re.compile(r"\d{6,}")
_BYTES = "bytes"
_ABOUT = "about.json"


class Backup(Struct, frozen=True, kw_only=True):
    """One file that was saved.

    Attributes:
        number: names it.
        folder: the output folder, as people know it.
        path: of the file in that folder.
        digest: of its bytes.
        size: in bytes.
    """

    number: str
    folder: str
    path: str
    digest: str
    size: int


def save_backup(root: OutputRoot, folder: Folder, name: str, path: str) -> Backup:
    """Copy the file ``name`` of ``folder``, known as ``path``, and return once it is durable.

    Raises:
        StorageError: when that cannot be.
    """
    state = root.state
    with naming(root.named(path)):
        fd = folder.read(name)
    try:
        number = _new_number(state)
        with naming(state.place(f"{BACKUPS}/{number}")), state.open(f"{BACKUPS}/{number}") as place:
            staged = stage(place, read_blocks(fd))
            place.replace(staged.name, _BYTES)
            backup = Backup(
                number=number,
                folder=root.label,
                path=path,
                digest=staged.digest,
                size=staged.size,
            )
            about = {"folder": root.label, "path": path, "digest": staged.digest}
            write_atomically(place, _ABOUT, json.dumps(about, indent=2).encode() + b"\n")
            return backup
    finally:
        os.close(fd)


def list_backups(state: StateFolder) -> list[Backup]:
    """Return all backups, oldest first.

    Raises:
        StorageError: when the folder cannot be read.
    """
    with naming(state.place(BACKUPS)):
        numbers = _numbers(state)
    return [backup for number in numbers if (backup := _read(state, number)) is not None]


def restore_backup(root: OutputRoot, number: str) -> Backup:
    """Put a backup in its place again; what stands there is saved as a backup first.

    Raises:
        UsageError: when there is no such backup of this output folder.
        StorageError: when it cannot be read or written.
    """
    backup = _read(root.state, number) if _NUMBER.fullmatch(number) else None
    if backup is None or backup.folder != root.label:
        raise UsageError(f"{root.label} has no backup {number!r}")
    parent, _, name = backup.path.rpartition("/")
    with (
        root.state.open(f"{BACKUPS}/{number}") as place,
        root.open(create=True) as top,
        naming(root.named(backup.path)),
        top.walk(parent, create=True) as folder,
    ):
        fd = place.read(_BYTES)
        try:
            staged = stage(folder, read_blocks(fd))
        finally:
            os.close(fd)
        try:
            if not put_new(folder, staged.name, name):
                aside = swap_in(folder, staged.name, name)
                save_backup(root, folder, aside, backup.path)
                folder.unlink(aside)
        except BaseException:
            remove_quietly(folder, staged.name)
            raise
        folder.sync()
    return backup


def clear_unfinished(state: StateFolder) -> None:
    """Remove backups that were cut short: the file that they were of was not touched yet.

    Raises:
        StorageError: when one cannot be removed.
    """
    with naming(state.place(BACKUPS)):
        for number in _numbers(state):
            path = state.place(f"{BACKUPS}/{number}")
            if not is_there(os.path.join(path, _ABOUT)):
                for name in os.listdir(path):
                    os.unlink(os.path.join(path, name))
                os.rmdir(path)


def _new_number(state: StateFolder) -> str:
    with naming(state.place(BACKUPS)), state.open(BACKUPS) as folder:
        last = max((int(number) for number in _numbers(state)), default=0)
        while True:
            last += 1
            try:
                os.mkdir(os.path.join(state.folder, BACKUPS, f"{last:06d}"))
            except FileExistsError:
                continue
            folder.sync()
            return f"{last:06d}"


def _numbers(state: StateFolder) -> Iterator[str]:
    path = os.path.join(state.folder, BACKUPS)
    names = os.listdir(path) if os.path.isdir(path) else []
    yield from sorted((name for name in names if _NUMBER.fullmatch(name)), key=int)


def _read(state: StateFolder, number: str) -> Backup | None:
    data = state.read(f"{BACKUPS}/{number}/{_ABOUT}")
    if data is None:
        return None
    try:
        about: Any = json.loads(data)
        size = os.stat(os.path.join(state.folder, BACKUPS, number, _BYTES)).st_size
        return Backup(
            number=number,
            folder=str(about["folder"]),
            path=str(about["path"]),
            digest=str(about["digest"]),
            size=size,
        )
    except (ValueError, KeyError, TypeError, FileNotFoundError):
        return None
