"""Several files at once, and files of people.

``replace_all`` replaces the files of a migration or an adoption: all of them, or none before it
is decided. What was decided is written to the state folder, so that the next run finishes what a
kill has cut short.

``write_user_file`` and ``add_lines`` write the files that a new project begins with. What a
person wrote is never lost: a file that is there stays, or is kept under another name.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import stat
from enum import StrEnum
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from mockgen_watch.digest import digest, is_legacy, renew
from mockgen_watch.errors import StorageError
from mockgen_watch.storage.atomic import (
    TEMPORARY,
    digest_in,
    read_in,
    write_atomically,
)
from mockgen_watch.storage.backup import Backup, clear_unfinished, save_backup
from mockgen_watch.storage.containment import Folder, naming
from mockgen_watch.storage.project_folder import OutputRoot, StateFolder, writer_lock
from mockgen_watch.storage.swap import Place, Placed, Placer, put_new, write_new, write_over

if TYPE_CHECKING:
    from collections.abc import Container, Sequence


MANIFEST = "replacement.json"
BLOBS = "replacement"


class Replacement(Struct, frozen=True, kw_only=True):
    """What becomes of the file at ``path`` below a root.

    ``old`` is the digest of what is there, ``data`` what will be there; None: nothing.
    """

    path: str
    old: str | None
    data: bytes | None

    @property
    def new(self) -> str | None:
        """The digest of ``data``."""
        return None if self.data is None else digest(self.data)


class Replaced(Struct, frozen=True, kw_only=True):
    """The files that are as they were meant to be, and those that somebody changed meanwhile.

    A run that only finishes another has no backups.
    """

    paths: tuple[str, ...]
    refused: tuple[str, ...]
    backups: tuple[Backup, ...] = ()


class _File(Struct, frozen=True, kw_only=True):
    """A replacement as the manifest has it, by digests."""

    path: str
    old: str | None
    new: str | None


class _Manifest(Struct, frozen=True, kw_only=True):
    """What was decided. ``base`` is relative to the state folder, for projects that move."""

    base: str
    inner: str
    label: str
    files: list[_File]


def replace_files(root: OutputRoot, replacements: Sequence[Replacement], command: str) -> Replaced:
    """Replace files below ``root`` for ``command``, after a backup, all of them or none.

    Raises:
        LockedError: another process writes.
        StorageError: a file cannot be replaced.
    """
    with writer_lock(root.state, command):
        finish_replacement(root.state)
        return replace_all(root, replacements)


def replace_all(root: OutputRoot, files: Sequence[Replacement]) -> Replaced:
    """Replace all of ``files``, after a backup of each that is there.

    The caller holds the writer's lock, and has called ``finish_replacement``.

    Raises:
        StorageError: it could not be decided: every file is as it was. Or the last file could not
            be put in its place: the next run goes on.
    """
    for file in files:
        if _digest_at(root, file.path) != file.old:
            raise StorageError(root.named(file.path), "it was changed in the meantime; run again")
    backups = []
    for file in files:
        if file.old is not None:
            with root.holding(file.path) as (folder, name):
                backups.append(save_backup(root, folder, name, file.path))
    with naming(root.state.place(BLOBS)), root.state.open(BLOBS) as place:
        for number, file in enumerate(files):
            if file.data is not None:
                write_atomically(place, f"{number:06d}", file.data)
    manifest = _Manifest(
        base=os.path.relpath(root.base, root.state.folder),
        inner=root.inner,
        label=root.label,
        files=[_File(path=file.path, old=file.old, new=file.new) for file in files],
    )
    root.state.write(MANIFEST, msgspec.json.encode(manifest))
    done = _carry_out(root, files)
    _forget(root.state)
    return Replaced(paths=done.paths, refused=done.refused, backups=tuple(backups))


def finish_replacement(state: StateFolder) -> Replaced | None:
    """Finish what a kill has cut short; return None when there was nothing decided.

    Raises:
        StorageError: a file cannot be replaced; the next run tries again.
    """
    data = state.read(MANIFEST)
    if data is None:
        if os.path.isdir(state.folder):
            clear_unfinished(state)
            state.clear_temporaries()
            _forget(state)
        return None
    manifest = msgspec.json.decode(data, type=_Manifest)
    base = os.path.normpath(os.path.join(state.folder, manifest.base))
    root = OutputRoot(base=base, inner=manifest.inner, label=manifest.label, state=state)
    files = [_read(root, number, file) for number, file in enumerate(manifest.files)]
    done = _carry_out(root, files)
    _forget(state)
    return done


def _read(root: OutputRoot, number: int, file: _File) -> Replacement:
    old = file.old
    if old is not None and is_legacy(old):
        old = renew(old, (_read_at(root, file.path) or b"",))
    if file.new is None:
        return Replacement(path=file.path, old=old, data=None)
    data = root.state.read(f"{BLOBS}/{number:06d}")
    if data is None or digest(data) not in {file.new, renew(file.new, (data,))}:
        raise StorageError(root.state.place(BLOBS), "the content to be written is damaged")
    return Replacement(path=file.path, old=old, data=data)


def _carry_out(root: OutputRoot, files: Sequence[Replacement]) -> Replaced:
    known = {file.old for file in files} | {file.new for file in files}
    for parent in dict.fromkeys(file.path.rpartition("/")[0] for file in files):
        _clear_temporaries(root, parent, known)
    paths: list[str] = []
    refused: list[str] = []
    for file in files:
        is_done = _digest_at(root, file.path) == file.new or _replace(root, file)
        (paths if is_done else refused).append(root.named(file.path))
    return Replaced(paths=tuple(paths), refused=tuple(refused))


def _replace(root: OutputRoot, file: Replacement) -> bool:
    """Bring one file to its end; return False when it is neither the old nor the new one."""
    known = frozenset({file.old} if file.old else ())
    with root.holding(file.path, create=True) as (folder, name):
        place = Place(folder=folder, name=name, path=file.path, known=known)
        status = folder.status(name)
        if file.data is None:
            placed = Placer(root).remove(place)
        elif status is None and file.old is not None:
            return False
        else:
            mode = None if status is None else stat.S_IMODE(status.st_mode)
            placed = Placer(root).write(place, (file.data,), mode)
        folder.sync()
    return placed is not Placed.REFUSED


def _clear_temporaries(root: OutputRoot, parent: str, known: Container[str | None]) -> None:
    """Remove the temporary files of a run that was killed, where they hold what is known."""
    top = root.open_if_there()
    if top is None:
        return
    with (
        top,
        naming(root.named(parent)),
        contextlib.suppress(FileNotFoundError),
        top.walk(parent) as folder,
    ):
        for entry in folder.entries():
            if TEMPORARY.fullmatch(entry.name) and (
                entry.name.endswith(".tmp") or digest_in(folder, entry.name) in known
            ):
                folder.unlink(entry.name)


def _digest_at(root: OutputRoot, path: str) -> str | None:
    data = _read_at(root, path)
    return None if data is None else digest(data)


def _read_at(root: OutputRoot, path: str) -> bytes | None:
    """Return the bytes of the file ``path`` below ``root``; None when there is none."""
    try:
        return root.read(path)
    except StorageError as error:
        if error.errno_name == "ENOENT":
            return None
        raise


def _forget(state: StateFolder) -> None:
    """Remove the manifest, then what it needed."""
    state.remove(MANIFEST)
    state.remove_folder(BLOBS)


# Files of people ------------------------------------------------------------------------------


class WriteResult(StrEnum):
    """What became of a file."""

    CREATED = "created"
    EXTENDED = "extended"
    REPLACED = "replaced"
    KEPT = "kept"
    SAME = "up to date"


class UserFile(Struct, frozen=True, kw_only=True):
    """One file; ``kept_as`` is the name under which a replaced one is kept, else ``""``."""

    path: str
    result: WriteResult
    kept_as: str = ""


def write_user_file(
    project: Folder, path: str, data: bytes, rivals: Sequence[str] = (), *, replace: bool = False
) -> UserFile:
    """Write ``data`` to ``path`` of the project folder unless something is there.

    Folders on the way are made. ``rivals`` are other names in the same folder that mean the same,
    and count as being there. With ``replace``, what is at ``path`` is kept as ``NAME.bak``.

    Raises:
        StorageError: it cannot be written, or a link leads elsewhere.
    """
    parent, _, name = path.rpartition("/")
    with naming(path), project.walk(parent, create=True) as folder:
        for rival in rivals:
            if folder.status(rival) is not None:
                return UserFile(path=folder.named(rival), result=WriteResult.KEPT)
        status = folder.status(name)
        is_file = status is not None and stat.S_ISREG(status.st_mode)
        if is_file and read_in(folder, name) == data:
            return UserFile(path=path, result=WriteResult.SAME)
        if not replace:
            is_new = write_new(folder, name, (data,))
            return UserFile(path=path, result=WriteResult.CREATED if is_new else WriteResult.KEPT)
        aside = write_over(folder, name, (data,))
        if not aside:
            return UserFile(path=path, result=WriteResult.CREATED)
        kept_as = folder.named(_keep(folder, aside, name))
        return UserFile(path=path, result=WriteResult.REPLACED, kept_as=kept_as)


def _keep(folder: Folder, aside: str, name: str) -> str:
    """Give the file that was swapped out a name that nothing has, and return it."""
    for number in itertools.count():
        kept_as = f"{name}.bak{number or ''}"
        if put_new(folder, aside, kept_as):
            return kept_as
    raise AssertionError("too many backups")


def add_lines(project: Folder, name: str, lines: Sequence[str]) -> UserFile:
    """Add to the file ``name`` those of ``lines`` that it lacks, at its end.

    Raises:
        StorageError: it cannot be read or written.
    """
    with naming(name):
        if project.status(name) is None:
            return write_user_file(project, name, "".join(f"{line}\n" for line in lines).encode())
        found = read_in(project, name)
        known = {line.strip() for line in found.splitlines()}
        missing = [line for line in lines if line.encode() not in known]
        if not missing:
            return UserFile(path=name, result=WriteResult.SAME)
        start = "" if found.endswith(b"\n") or not found else "\n"
        handle, path = project.raw(name)
        fd = os.open(path, os.O_WRONLY | os.O_APPEND, dir_fd=handle)
        try:
            # One call, so that a line that someone else adds meanwhile is not lost.
            os.write(fd, (start + "".join(f"{line}\n" for line in missing)).encode())
        finally:
            os.close(fd)
        return UserFile(path=name, result=WriteResult.EXTENDED)
