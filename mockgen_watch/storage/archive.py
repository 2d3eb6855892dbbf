"""Archives: what was removed from a folder, and putting back what was kept.

An archive is a ``tar.gz``. It is whole before the first file that it holds is removed, and
what comes out of it never takes the place of something else.
"""

from __future__ import annotations

import gzip
import os
import stat
import tarfile
import zlib
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, BinaryIO

from mockgen_watch.digest import Digester, digest_chunks
from mockgen_watch.errors import StorageError
from mockgen_watch.storage.atomic import (
    BLOCK,
    create_temporary,
    digest_in,
    read_blocks,
    remove_quietly,
)
from mockgen_watch.storage.backup import (
    BYTES,
    Backup,
    KeptLockfile,
    find_backup,
    keep_lockfile,
    lockfile_folder,
)
from mockgen_watch.storage.containment import Folder, naming
from mockgen_watch.storage.project_folder import BACKUPS, OutputRoot
from mockgen_watch.storage.swap import Place, Placer, put_new, write_new_below

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


ARCHIVES = "archive"
"""The folder of archives, below the folder that they are of."""
SUFFIX = ".tar.gz"


def list_files(root: OutputRoot) -> list[str]:
    """Return the paths of the regular files below ``root``, sorted; links are passed over.

    Raises:
        StorageError: a folder cannot be read.
    """
    top = root.open_if_there()
    if top is None:
        return []
    with top:
        return sorted(_walk(root, top, ""))


def _walk(root: OutputRoot, folder: Folder, path: str) -> Iterator[str]:
    with naming(root.named(path)):
        for entry in folder.entries():
            below = f"{path}/{entry.name}" if path else entry.name
            if stat.S_ISDIR(entry.status.st_mode):
                with folder.enter(entry.name) as inner:
                    yield from _walk(root, inner, below)
            elif stat.S_ISREG(entry.status.st_mode):
                yield below


def write_archive(root: OutputRoot, name: str, paths: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Write the files ``paths`` of ``root`` to an archive called ``name``, or near it.

    Returns:
        The name that it has, and the digest of each file as it is in the archive.

    Raises:
        StorageError: it cannot be written; nothing is left behind then.
    """
    with root.holding(f"{ARCHIVES}/{name}{SUFFIX}", create=True) as (folder, _):
        temporary, fd = create_temporary(folder, "tmp")
        try:
            with os.fdopen(fd, "wb") as out:
                digests = _pack(root, paths, out)
                out.flush()
                os.fsync(out.fileno())
            number, free = 1, name
            while not put_new(folder, temporary, f"{free}{SUFFIX}"):
                number += 1
                free = f"{name}-{number}"
            folder.sync()
        except BaseException:
            remove_quietly(folder, temporary)
            raise
        return free, digests


def _pack(root: OutputRoot, paths: Iterable[str], out: BinaryIO) -> dict[str, str]:
    digests = {}
    # Without the time and the name in its head, equal files make equal archives.
    with (
        gzip.GzipFile(fileobj=out, mode="wb", filename="", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in paths:
            with root.holding(path) as (folder, name), open(folder.read(name), "rb") as file:
                status = os.fstat(file.fileno())
                entry = tarfile.TarInfo(path)
                entry.size, entry.mtime = status.st_size, int(status.st_mtime)
                reader = _Digesting(file)
                tar.addfile(entry, reader)
                digests[path] = reader.digester.digest()
    return digests


class _Digesting:
    """Reads a file and digests what it reads."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.digester = Digester()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.digester.update(data)
        return data


def remove_known(root: OutputRoot, digests: dict[str, str]) -> list[str]:
    """Remove the files whose bytes are still those of ``digests``; return what is gone.

    Folders that are empty afterwards go as well.

    Raises:
        StorageError: a file cannot be removed.
    """
    gone = []
    for path, known in digests.items():
        with root.holding(path) as (folder, name):
            if folder.status(name) is not None and digest_in(folder, name) == known:
                folder.unlink(name)
                gone.append(path)
    with root.open() as top:
        for parent in sorted({path.rpartition("/")[0] for path in gone}, reverse=True):
            top.remove_empty(parent)
    return gone


def digests_of(root: OutputRoot, paths: Iterable[str]) -> dict[str, str]:
    """Return the digest of each of ``paths``.

    Raises:
        StorageError: one cannot be read.
    """
    found = {}
    for path in paths:
        with root.holding(path) as (folder, name):
            found[path] = digest_in(folder, name)
    return found


def restore_backup(root: OutputRoot, number: str) -> Backup:
    """Put a backup in its place again; what is there is saved as a backup first.

    Raises:
        UsageError: when there is no such backup of this output folder.
        StorageError: when it cannot be read or written.
    """
    backup = find_backup(root, number)
    with root.state.open(f"{BACKUPS}/{number}") as source:
        _put_back(root, backup.path, source, BYTES)
    return backup


def restore_lockfile(root: OutputRoot, lockfile: KeptLockfile) -> None:
    """Put a lockfile in its place again; what is there is kept first.

    Raises:
        StorageError: when it cannot be read or written.
    """
    below = lockfile_folder(lockfile.folder, lockfile.path)
    with root.state.open(below) as source:
        _put_back(root, lockfile.path, source, lockfile.number, is_lockfile=True)


def _put_back(
    root: OutputRoot, path: str, source: Folder, name: str, *, is_lockfile: bool = False
) -> None:
    """Put the file ``name`` of ``source`` at ``path``; what is there is kept or saved."""
    with (
        root.holding(path, create=True) as (folder, target),
        open(source.read(name), "rb") as file,
    ):
        known = set()
        if is_lockfile and folder.status(target) is not None:
            keep_lockfile(root, folder, target, path)
            known.add(digest_in(folder, target))
        place = Place(folder=folder, name=target, path=path, known=known, is_forced=True)
        Placer(root).write(place, read_blocks(file.fileno()))
        folder.sync()


def list_archives(root: OutputRoot) -> list[str]:
    """Return the names of the archives of ``root``, oldest first.

    Raises:
        StorageError: the folder cannot be read.
    """
    found = [path.rpartition("/") for path in list_files(root)]
    return [
        name.removesuffix(SUFFIX)
        for folder, _, name in found
        if folder == ARCHIVES and name.endswith(SUFFIX)
    ]


def members_of(root: OutputRoot, archive: str) -> list[str]:
    """Return the paths of the files that an archive holds.

    Raises:
        StorageError: it cannot be read, or is damaged.
    """
    with _opened(root, archive) as tar:
        return [member.name for member in tar.getmembers() if member.isfile()]


def unpack(root: OutputRoot, archive: str, wanted: Sequence[str]) -> Iterator[tuple[str, bool]]:
    """Put the files ``wanted`` of an archive in their place; yield each with whether it is there.

    A file that has the bytes already is left; one with others is never replaced: that gives False.

    Raises:
        StorageError: the archive is damaged, or a file cannot be written.
    """
    members = set(wanted)
    with _opened(root, archive) as tar:
        for member in tar:
            if member.isfile() and member.name in members:
                is_new = write_new_below(root, member.name, _blocks(tar, member))
                yield member.name, is_new or _is_same(root, tar, member)


def _blocks(tar: tarfile.TarFile, member: tarfile.TarInfo) -> Iterator[bytes]:
    file = tar.extractfile(member)
    while file is not None and (block := file.read(BLOCK)):
        yield block


def _is_same(root: OutputRoot, tar: tarfile.TarFile, member: tarfile.TarInfo) -> bool:
    archived = digest_chunks(_blocks(tar, member))
    with root.holding(member.name) as (folder, name):
        return digest_in(folder, name) == archived


@contextmanager
def _opened(root: OutputRoot, archive: str) -> Iterator[tarfile.TarFile]:
    """Open an archive for reading; damage becomes a StorageError."""
    path = f"{ARCHIVES}/{archive}{SUFFIX}"
    with root.holding(path) as (folder, name):
        handle = folder.read(name)
    with ExitStack() as stack:
        file = stack.enter_context(open(handle, "rb"))
        try:
            tar = stack.enter_context(tarfile.open(fileobj=file, mode="r:gz"))
        except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
            raise StorageError(root.named(path), f"it is not an archive: {error}") from error
        try:
            yield tar
        except (tarfile.TarError, EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise StorageError(root.named(path), f"it is damaged: {error}") from error
