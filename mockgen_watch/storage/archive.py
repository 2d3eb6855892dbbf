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
from typing import IO, TYPE_CHECKING, BinaryIO

from msgspec import Struct

from mockgen_watch.digest import Digester, digest_chunks
from mockgen_watch.errors import StorageError
from mockgen_watch.storage.atomic import (
    BLOCK,
    create_temporary,
    digest_in,
    read_blocks,
    remove_quietly,
    stage,
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


class Found(Struct, frozen=True, kw_only=True):
    """A file below a folder; ``path`` is relative to it."""

    path: str
    size: int


def list_files(root: OutputRoot) -> list[Found]:
    """Return the regular files below ``root``, sorted; links are passed over.

    Raises:
        StorageError: a folder cannot be read.
    """
    top = root.open_if_there()
    if top is None:
        return []
    with top:
        return sorted(_walk(root, top, ""), key=lambda file: file.path)


def _walk(root: OutputRoot, folder: Folder, path: str) -> Iterator[Found]:
    with naming(root.named(path)):
        for entry in folder.entries():
            below = f"{path}/{entry.name}" if path else entry.name
            if stat.S_ISDIR(entry.status.st_mode):
                with folder.enter(entry.name) as inner:
                    yield from _walk(root, inner, below)
            elif stat.S_ISREG(entry.status.st_mode):
                yield Found(path=below, size=entry.status.st_size)


def write_archive(root: OutputRoot, name: str, paths: Sequence[str]) -> tuple[str, dict[str, str]]:
    """Write the files ``paths`` of ``root`` to an archive called ``name``, or near it.

    Returns:
        The name that it has, and the digest of each file as it is in the archive.

    Raises:
        StorageError: it cannot be written; nothing is left behind then.
    """
    with (
        naming(root.named(f"{ARCHIVES}/{name}{SUFFIX}")),
        root.open() as top,
        top.enter(ARCHIVES, create=True) as folder,
    ):
        temporary, fd = create_temporary(folder, "tmp")
        try:
            with os.fdopen(fd, "wb") as out:
                digests = _pack(root, top, paths, out)
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


def _pack(root: OutputRoot, top: Folder, paths: Iterable[str], out: BinaryIO) -> dict[str, str]:
    digests = {}
    # Without the time and the name in its head, equal files make equal archives.
    with (
        gzip.GzipFile(fileobj=out, mode="wb", filename="", mtime=0) as packed,
        tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as tar,
    ):
        for path in paths:
            parent, _, name = path.rpartition("/")
            with naming(root.named(path)), top.walk(parent) as folder:
                handle = folder.read(name)
                with os.fdopen(handle, "rb") as file:
                    status = os.fstat(handle)
                    entry = tarfile.TarInfo(path)
                    entry.size, entry.mtime = status.st_size, int(status.st_mtime)
                    reader = _Digesting(file)
                    tar.addfile(entry, reader)
                    digests[path] = reader.digest()
    return digests


class _Digesting:
    """Reads a file and digests what it reads."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._digester = Digester()

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self._digester.update(data)
        return data

    def digest(self) -> str:
        return self._digester.digest()


def remove_known(root: OutputRoot, digests: dict[str, str]) -> list[str]:
    """Remove the files whose bytes are still those of ``digests``; return what is gone.

    Folders that are empty afterwards go as well.

    Raises:
        StorageError: a file cannot be removed.
    """
    gone = []
    with root.open() as top:
        for path, known in digests.items():
            parent, _, name = path.rpartition("/")
            with naming(root.named(path)), top.walk(parent) as folder:
                if folder.status(name) is not None and digest_in(folder, name) == known:
                    folder.unlink(name)
                    gone.append(path)
        for parent in sorted({path.rpartition("/")[0] for path in gone}, reverse=True):
            _remove_empty(root, top, parent)
    return gone


def digests_of(root: OutputRoot, paths: Iterable[str]) -> dict[str, str]:
    """Return the digest of each of ``paths``.

    Raises:
        StorageError: one cannot be read.
    """
    found = {}
    with root.open() as top:
        for path in paths:
            parent, _, name = path.rpartition("/")
            with naming(root.named(path)), top.walk(parent) as folder:
                found[path] = digest_in(folder, name)
    return found


def _remove_empty(root: OutputRoot, top: Folder, path: str) -> None:
    while path:
        above, _, name = path.rpartition("/")
        with naming(root.named(path)), top.walk(path) as folder:
            if folder.entries():
                return
        with naming(root.named(path)), top.walk(above) as parent:
            parent.remove_folder(name)
        path = above


def restore_backup(root: OutputRoot, number: str) -> Backup:
    """Put a backup in its place again; what stands there is saved as a backup first.

    Raises:
        UsageError: when there is no such backup of this output folder.
        StorageError: when it cannot be read or written.
    """
    backup = find_backup(root, number)
    with root.state.open(f"{BACKUPS}/{number}") as source:
        _put_back(root, backup.path, source, BYTES)
    return backup


def restore_lockfile(root: OutputRoot, lockfile: KeptLockfile) -> None:
    """Put a lockfile in its place again; what stands there is kept first.

    Raises:
        StorageError: when it cannot be read or written.
    """
    below = lockfile_folder(lockfile.folder, lockfile.path)
    with root.state.open(below) as source:
        _put_back(root, lockfile.path, source, lockfile.number, is_lockfile=True)


def _put_back(
    root: OutputRoot, path: str, source: Folder, name: str, *, is_lockfile: bool = False
) -> None:
    """Put the file ``name`` of ``source`` at ``path``; what stands there is kept or saved."""
    parent, _, target = path.rpartition("/")
    with (
        root.open(create=True) as top,
        naming(root.named(path)),
        top.walk(parent, create=True) as folder,
        open(source.read(name), "rb") as file,
    ):
        known = set()
        if is_lockfile and folder.status(target) is not None:
            keep_lockfile(root, folder, target, path)
            known.add(digest_in(folder, target))
        staged = stage(folder, read_blocks(file.fileno()))
        place = Place(folder=folder, name=target, path=path, known=known, is_forced=True)
        try:
            Placer(root).put(place, staged.name, staged.digest)
        finally:
            remove_quietly(folder, staged.name)
        folder.sync()


def list_archives(root: OutputRoot) -> list[str]:
    """Return the names of the archives of ``root``, oldest first.

    Raises:
        StorageError: the folder cannot be read.
    """
    found = list_files(root)
    names = [file.path.removeprefix(f"{ARCHIVES}/") for file in found]
    return [
        name.removesuffix(SUFFIX)
        for name, file in zip(names, found, strict=True)
        if file.path.startswith(f"{ARCHIVES}/") and name.endswith(SUFFIX) and "/" not in name
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
            if not member.isfile() or member.name not in members:
                continue
            file = tar.extractfile(member)
            if file is None:
                continue
            is_new = write_new_below(root, member.name, _blocks(file))
            yield member.name, is_new or _is_same(root, tar, member)


def _blocks(file: IO[bytes]) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block


def _is_same(root: OutputRoot, tar: tarfile.TarFile, member: tarfile.TarInfo) -> bool:
    file = tar.extractfile(member)
    if file is None:
        return False
    archived = digest_chunks(_blocks(file))
    parent, _, name = member.name.rpartition("/")
    with naming(root.named(member.name)), root.open() as top, top.walk(parent) as folder:
        return digest_in(folder, name) == archived


class _opened:  # noqa: N801 - it is used as a function
    """Opens an archive for reading; damage becomes a StorageError."""

    def __init__(self, root: OutputRoot, archive: str) -> None:
        self._path = f"{ARCHIVES}/{archive}{SUFFIX}"
        self._root = root
        self._file: IO[bytes] | None = None
        self._tar: tarfile.TarFile | None = None

    def __enter__(self) -> tarfile.TarFile:
        label = self._root.named(self._path)
        with naming(label), self._root.open() as top, top.walk(ARCHIVES) as folder:
            handle = folder.read(self._path.rpartition("/")[2])
        self._file = os.fdopen(handle, "rb")
        try:
            self._tar = tarfile.open(fileobj=self._file, mode="r:gz")
        except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
            self._file.close()
            raise StorageError(label, f"it is no archive: {error}") from error
        return self._tar

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._tar is not None:
            self._tar.close()
        if self._file is not None:
            self._file.close()
        if isinstance(error, tarfile.TarError | EOFError | gzip.BadGzipFile | zlib.error):
            raise StorageError(self._root.named(self._path), f"it is damaged: {error}") from error
