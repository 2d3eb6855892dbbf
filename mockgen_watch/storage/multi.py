"""Takes texts that a new project begins with; gives them a place, where nothing stands yet.

What a person wrote is never lost: a file that is there stays, or is kept under another name.
"""

from __future__ import annotations

import itertools
import json
import os
import stat
from enum import StrEnum
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.digest import digest
from mockgen_watch.errors import StorageError
from mockgen_watch.storage.atomic import (
    TEMPORARY,
    digest_file,
    read_blocks,
    remove_quietly,
    stage,
    write_atomically,
)
from mockgen_watch.storage.backup import clear_unfinished, save_backup
from mockgen_watch.storage.containment import OutputRoot, naming
from mockgen_watch.storage.folders import is_folder
from mockgen_watch.storage.swap import put_back, put_new, swap_in, take_out

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from typing import Any

    from mockgen_watch.storage.backup import Backup
    from mockgen_watch.storage.containment import Folder
    from mockgen_watch.storage.project_folder import StateFolder


MANIFEST = "replacement.json"
BLOBS = "replacement"
PROJECT_LABEL = "."
"""What the backups of files in the project folder are labelled with."""


class Replacement(Struct, frozen=True, kw_only=True):
    """What becomes of one file.

    Attributes:
        path: relative to the root.
        old: the digest of what stands there; None: nothing does.
        data: what will stand there; None: nothing.
    """

    path: str
    old: str | None
    data: bytes | None


class Replaced(Struct, frozen=True, kw_only=True):
    """What became of all.

    Attributes:
        paths: those that are as they were meant to be.
        refused: those that somebody changed meanwhile; they stand as that person left them.
        backups: of what was replaced or removed; none of a run that only finished another.
    """

    paths: tuple[str, ...]
    refused: tuple[str, ...]
    backups: tuple[Backup, ...] = ()


def replace_all(root: OutputRoot, files: Sequence[Replacement]) -> Replaced:
    """Replace all of ``files``, after a backup of each that is there.

    The caller holds the writer's lock, and has called ``finish_replacement``.

    Raises:
        StorageError: it could not be decided: every file is as it was. Or the last file could not
            be put in its place: the next run goes on.
    """
    for file in files:
        if _digest_at(root, file.path) != file.old:
            raise StorageError(root.named(file.path), "it was changed meanwhile; run again")
    backups = []
    for file in files:
        if file.old is not None:
            parent, _, name = file.path.rpartition("/")
            with root.open() as top, naming(root.named(file.path)), top.walk(parent) as folder:
                backups.append(save_backup(root, folder, name, file.path))
    with naming(root.state.place(BLOBS)), root.state.open(BLOBS) as place:
        for number, file in enumerate(files):
            if file.data is not None:
                write_atomically(place, _blob(number), file.data)
    root.state.write(MANIFEST, _manifest(root, files))
    done = _go_on(root, files)
    _forget(root.state)
    return Replaced(paths=done.paths, refused=done.refused, backups=tuple(backups))


def finish_replacement(state: StateFolder) -> Replaced | None:
    """Finish what a kill has cut short; return None when there was nothing decided.

    Raises:
        StorageError: a file cannot be replaced; the next run tries again.
    """
    data = state.read(MANIFEST)
    if data is None:
        if is_folder(state.folder):
            clear_unfinished(state)
            state.clear_temporaries()
            _forget(state)
        return None
    root, files = _read(state, data)
    done = _go_on(root, files)
    _forget(state)
    return done


def _go_on(root: OutputRoot, files: Sequence[Replacement]) -> Replaced:
    known = {file.old for file in files} | {_new_digest(file) for file in files}
    for parent in dict.fromkeys(file.path.rpartition("/")[0] for file in files):
        _clear(root, parent, known)
    paths: list[str] = []
    refused: list[str] = []
    for file in files:
        (paths if _settle(root, file) else refused).append(root.named(file.path))
    return Replaced(paths=tuple(paths), refused=tuple(refused))


def _settle(root: OutputRoot, file: Replacement) -> bool:
    """Bring one file to its end; return False when it is neither the old nor the new one."""
    parent, _, name = file.path.rpartition("/")
    found = _digest_at(root, file.path)
    if found == _new_digest(file):
        return True
    if found != file.old:
        return False
    with (
        root.open(create=True) as top,
        naming(root.named(file.path)),
        top.walk(parent, create=True) as folder,
    ):
        if file.data is None:
            return _remove(folder, name, file)
        return _put(folder, name, file, file.data)


def _put(folder: Folder, name: str, file: Replacement, data: bytes) -> bool:
    status = folder.status(name)
    mode = None if status is None else status.st_mode & 0o7777
    staged = stage(folder, (data,), mode=mode)
    is_placed = False
    try:
        if file.old is None:
            is_placed = put_new(folder, staged.name, name)
            return is_placed
        aside = swap_in(folder, staged.name, name)
        is_placed = True
        if _digest_in(folder, aside) == file.old:
            folder.unlink(aside)
            return True
        there = folder.status(name)
        put_back(folder, aside, name, (there.st_dev, there.st_ino) if there else (0, 0))
        return False
    finally:
        if not is_placed:
            remove_quietly(folder, staged.name)
        folder.sync()


def _remove(folder: Folder, name: str, file: Replacement) -> bool:
    aside = take_out(folder, name)
    if _digest_in(folder, aside) == file.old:
        folder.unlink(aside)
        folder.sync()
        return True
    put_new(folder, aside, name)
    return False


def _clear(root: OutputRoot, parent: str, known: Iterable[str | None]) -> None:
    """Remove the temporary files of a run that was killed, where they hold what is known."""
    top = root.open_if_there()
    if top is None:
        return
    with top, naming(root.named(parent)):
        try:
            folder = top.walk(parent)
        except FileNotFoundError:
            return
        with folder:
            for entry in folder.entries():
                if not TEMPORARY.fullmatch(entry.name):
                    continue
                if entry.name.endswith(".tmp") or _digest_in(folder, entry.name) in known:
                    folder.unlink(entry.name)


def _digest_at(root: OutputRoot, path: str) -> str | None:
    parent, _, name = path.rpartition("/")
    top = root.open_if_there()
    if top is None:
        return None
    with top, naming(root.named(path)):
        try:
            with top.walk(parent) as folder:
                return _digest_in(folder, name)
        except FileNotFoundError:
            return None


def _digest_in(folder: Folder, name: str) -> str:
    fd = folder.read(name)
    try:
        return digest_file(fd)
    finally:
        os.close(fd)


def _new_digest(file: Replacement) -> str | None:
    return None if file.data is None else digest(file.data)


def _blob(number: int) -> str:
    return f"{number:06d}"


def _manifest(root: OutputRoot, files: Sequence[Replacement]) -> bytes:
    entries = [{"path": file.path, "old": file.old, "new": _new_digest(file)} for file in files]
    base = os.path.relpath(root.base, root.state.folder)
    about = {"base": base, "inner": root.inner, "label": root.label, "files": entries}
    return json.dumps(about, indent=1).encode() + b"\n"


def _read(state: StateFolder, data: bytes) -> tuple[OutputRoot, tuple[Replacement, ...]]:
    about: Any = json.loads(data)
    root = OutputRoot(
        base=os.path.normpath(os.path.join(state.folder, about["base"])),
        inner=about["inner"],
        label=about["label"],
        state=state,
    )
    files = []
    for number, entry in enumerate(about["files"]):
        blob = None if entry["new"] is None else state.read(f"{BLOBS}/{_blob(number)}")
        if entry["new"] is not None and (blob is None or digest(blob) != entry["new"]):
            raise StorageError(state.place(BLOBS), "what was to be written is damaged")
        files.append(Replacement(path=entry["path"], old=entry["old"], data=blob))
    return root, tuple(files)


def _forget(state: StateFolder) -> None:
    """Remove the manifest, then what it needed."""
    state.remove(MANIFEST)
    path = state.place(BLOBS)
    with naming(path):
        if is_folder(path):
            for name in os.listdir(path):
                os.unlink(os.path.join(path, name))
            os.rmdir(path)


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
        found = _placing_read(project, name)
        known = {line.strip() for line in found.splitlines()}
        missing = [line for line in lines if line.encode() not in known]
        if not missing:
            return Placed(path=name, placing=Placing.SAME)
        start = "" if found.endswith(b"\n") or not found else "\n"
        _append(project, name, (start + "".join(f"{line}\n" for line in missing)).encode())
        return Placed(path=name, placing=Placing.EXTENDED)


def _placing_read(folder: Folder, name: str) -> bytes:
    fd = folder.read(name)
    try:
        return b"".join(read_blocks(fd))
    finally:
        os.close(fd)


def _holds(folder: Folder, name: str, data: bytes) -> bool:
    status = folder.status(name)
    return (
        status is not None and stat.S_ISREG(status.st_mode) and _placing_read(folder, name) == data
    )


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
