"""Backups: what was replaced or removed, kept in the state folder so that it can come back.

``backups/000001/`` holds one file, for good: its bytes under the name ``bytes``, and
``about.json``, which is written last, so that a folder without it is a backup that was cut short.

A lockfile is rewritten too often for that. Before it is replaced it gets a second name, which
costs no byte and no wait: ``former/MARK/`` holds the last few of one lockfile, ``000001`` the
oldest.
"""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from mockgen_watch.digest import name_mark
from mockgen_watch.errors import UsageError
from mockgen_watch.storage.atomic import (
    TEMPORARY,
    read_blocks,
    stage,
    write_atomically,
)
from mockgen_watch.storage.containment import Entry, Folder, naming
from mockgen_watch.storage.project_folder import BACKUPS, OutputRoot, StateFolder

if TYPE_CHECKING:
    from collections.abc import Iterator


LOCKFILES: Final = "former"
"""The folder of lockfiles that were replaced."""
MOST_LOCKFILES: Final = 5
"""Of each lockfile."""
MOST_BYTES: Final = 32 << 20
"""All that are kept of a lockfile but the last one have no more than this together."""

_NUMBER: Final = re.compile(r"\d{6,}")
BYTES: Final = "bytes"
"""The name of what was saved, in the folder of its backup."""
_ABOUT: Final = "about.json"


class _About(Struct, frozen=True, kw_only=True, omit_defaults=True):
    folder: str
    path: str
    digest: str = ""


class Backup(Struct, frozen=True, kw_only=True):
    """One file that was saved, from ``path`` of the output folder ``folder``."""

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
    with open(fd, "rb"):
        number = _new_number(state)
        with naming(state.place(f"{BACKUPS}/{number}")), state.open(f"{BACKUPS}/{number}") as place:
            staged = stage(place, read_blocks(fd))
            place.replace(staged.name, BYTES)
            about = _About(folder=root.label, path=path, digest=staged.digest)
            write_atomically(place, _ABOUT, msgspec.json.encode(about))
            return Backup(
                number=number,
                folder=root.label,
                path=path,
                digest=staged.digest,
                size=staged.size,
            )


def list_backups(state: StateFolder) -> list[Backup]:
    """Return all backups, oldest first.

    Raises:
        StorageError: when the folder cannot be read.
    """
    with naming(state.place(BACKUPS)):
        numbers = _numbers(state)
    return [backup for number in numbers if (backup := _read_backup(state, number)) is not None]


def find_backup(root: OutputRoot, number: str) -> Backup:
    """Return the backup ``number`` of this output folder.

    Raises:
        UsageError: when there is no such backup.
        StorageError: when it cannot be read.
    """
    backup = _read_backup(root.state, number) if _NUMBER.fullmatch(number) else None
    if backup is None or backup.folder != root.label:
        raise UsageError(f"{root.label} has no backup {number!r}")
    return backup


def clear_unfinished(state: StateFolder) -> None:
    """Remove backups that were cut short: the file that they were of was not touched yet.

    Raises:
        StorageError: when one cannot be removed.
    """
    with naming(state.place(BACKUPS)):
        for number in _numbers(state):
            if not os.path.exists(state.place(f"{BACKUPS}/{number}/{_ABOUT}")):
                state.remove_folder(f"{BACKUPS}/{number}")


def _new_number(state: StateFolder) -> str:
    with naming(state.place(BACKUPS)), state.open(BACKUPS) as folder:
        last = max((int(number) for number in _numbers(state)), default=0)
        while True:
            last += 1
            with contextlib.suppress(FileExistsError):
                os.mkdir(state.place(f"{BACKUPS}/{last:06d}"))
                folder.sync()
                return f"{last:06d}"


def _numbers(state: StateFolder) -> list[str]:
    path = state.place(BACKUPS)
    names = os.listdir(path) if os.path.isdir(path) else []
    return sorted((name for name in names if _NUMBER.fullmatch(name)), key=int)


def _read_backup(state: StateFolder, number: str) -> Backup | None:
    about = _read_about(state, f"{BACKUPS}/{number}")
    if about is None or not about.digest:
        return None
    try:
        size = os.stat(state.place(f"{BACKUPS}/{number}/{BYTES}")).st_size
    except FileNotFoundError:
        return None
    return Backup(
        number=number, folder=about.folder, path=about.path, digest=about.digest, size=size
    )


def _read_about(state: StateFolder, folder: str) -> _About | None:
    try:
        return msgspec.json.decode(state.read(f"{folder}/{_ABOUT}") or b"", type=_About)
    except ValueError:
        return None


# Lockfiles ------------------------------------------------------------------------------------


class KeptLockfile(Struct, frozen=True, kw_only=True):
    """One lockfile that was replaced, at ``path`` of the output folder ``folder``.

    The one with the highest number was replaced last.
    """

    folder: str
    path: str
    number: str
    size: int

    @property
    def name(self) -> str:
        """What a person calls it by."""
        return f"{self.folder}/{self.path}@{self.number}"


def keep_lockfile(root: OutputRoot, folder: Folder, name: str, path: str) -> None:
    """Keep the lockfile ``name`` of ``folder``, known as ``path``, which will be replaced.

    Raises:
        StorageError: it cannot be kept.
    """
    below = lockfile_folder(root.label, path)
    with naming(root.state.place(below)), root.state.open(below) as place:
        kept = _kept(place, is_clearing=True)
        now = folder.status(name)
        if now is None or (kept and os.path.samestat(kept[-1].status, now)):
            # A run that was cut short has kept it already.
            return
        if not kept:
            about = _About(folder=root.label, path=path)
            write_atomically(place, _ABOUT, msgspec.json.encode(about), is_durable=False)
        number = f"{int(kept[-1].name) + 1 if kept else 1:06d}"
        try:
            folder.link(name, number, place)
        except OSError:
            # Another disk, a file system without links, or too many.
            with open(folder.read(name), "rb") as file:
                staged = stage(place, read_blocks(file.fileno()), is_durable=False)
            place.replace(staged.name, number)
        total = now.st_size
        for age, entry in enumerate(reversed(kept), start=1):
            total += entry.status.st_size
            if age >= MOST_LOCKFILES or total > MOST_BYTES:
                place.unlink(entry.name)


def list_lockfiles(state: StateFolder) -> list[KeptLockfile]:
    """Return all lockfiles that are kept, by name, oldest first.

    Raises:
        StorageError: they cannot be read.
    """
    path = state.place(LOCKFILES)
    with naming(path):
        marks = os.listdir(path) if os.path.isdir(path) else []
    found = [one for mark in marks for one in _read_lockfiles(state, f"{LOCKFILES}/{mark}")]
    return sorted(found, key=lambda one: (one.folder, one.path, int(one.number)))


def find_lockfile(state: StateFolder, name: str) -> KeptLockfile | None:
    """Return the kept lockfile ``PATH@NUMBER``, the last of ``PATH``; None: it is no such path.

    Raises:
        UsageError: that lockfile has none of this number.
        StorageError: they cannot be read.
    """
    path, _, number = name.removeprefix("./").partition("@")
    every = [one for one in list_lockfiles(state) if f"{one.folder}/{one.path}" == path]
    if not every or not number:
        return every[-1] if every else None
    for one in every:
        if one.number == number:
            return one
    numbers = ", ".join(one.number for one in every)
    raise UsageError(f"{path} has no earlier version {number} (known versions: {numbers})")


def lockfile_folder(label: str, path: str) -> str:
    """Return the folder of the kept lockfiles of ``path``, below the state folder."""
    return f"{LOCKFILES}/" + name_mark(f"{label}\0{path}", 16)


def _kept(place: Folder, *, is_clearing: bool = False) -> list[Entry]:
    """Return what is kept, oldest first; clear what a run that was killed has left."""
    found = []
    for entry in place.entries():
        if _NUMBER.fullmatch(entry.name):
            found.append(entry)
        elif is_clearing and TEMPORARY.fullmatch(entry.name):
            place.unlink(entry.name)
    return sorted(found, key=lambda entry: int(entry.name))


def _read_lockfiles(state: StateFolder, below: str) -> Iterator[KeptLockfile]:
    about = _read_about(state, below)
    if about is not None:
        with naming(state.place(below)), state.open(below) as place:
            for entry in _kept(place):
                size = entry.status.st_size
                yield KeptLockfile(
                    folder=about.folder, path=about.path, number=entry.name, size=size
                )
