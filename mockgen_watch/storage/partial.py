"""Partial files: a large output that goes on where a stopped run came to.

The bytes go to a file in the state folder. From time to time a *mark* beside it tells how many
records it holds, in how many bytes, and their digest. The next run that is to make the same output
reads that many bytes, proves them by the digest, cuts off what stands behind, and goes on. So a
file that lost its end, or was changed, is started again. When all bytes are there the file moves to
the folder where it will stand; what an output no longer needs is removed by the next run.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from abc import ABC, abstractmethod
from typing import IO, TYPE_CHECKING, Any, Final, Self

from msgspec import Struct

from mockgen_watch.errors import FindingsError
from mockgen_watch.storage.atomic import (
    AtomicWriter,
    Staged,
    remove_quietly,
    stage,
    temporary_name,
    write_atomically,
)
from mockgen_watch.storage.containment import Folder, naming
from mockgen_watch.storage.folders import is_folder

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mockgen_watch.storage.folders import StrPath
    from mockgen_watch.storage.project_folder import StateFolder


BLOCK: Final = 1 << 20
"""Bytes that are written to the file, and given back, at a time."""

TOLD_AS: Final = "a temporary file"


class Spool:
    """Bytes in the order in which they came."""

    def __init__(self, folder: StrPath | None = None, *, block: int = BLOCK) -> None:
        self._folder = folder
        self._block = block
        self._parts: list[bytes] = []
        self._gathered = 0
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.clear()

    def write(self, data: bytes) -> None:
        """Take in ``data``.

        Raises:
            StorageError: there is no room for it.
        """
        self._parts.append(data)
        self._gathered += len(data)
        if self._gathered >= self._block:
            with naming(TOLD_AS):
                self._opened().write(b"".join(self._parts))
            self._parts.clear()
            self._gathered = 0

    def blocks(self) -> Iterator[bytes]:
        """Yield all bytes; nothing is to be written from then on.

        Raises:
            StorageError: they cannot be read.
        """
        if self._file is not None:
            with naming(TOLD_AS):
                self._file.seek(0)
            while data := self._read(self._file):
                yield data
        yield b"".join(self._parts)

    def clear(self) -> None:
        """Let go of all bytes."""
        self._parts.clear()
        self._gathered = 0
        if self._file is not None:
            self._file.close()
            self._file = None

    def _opened(self) -> IO[bytes]:
        if self._file is None:
            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - see clear
        return self._file

    def _read(self, file: IO[bytes]) -> bytes:
        with naming(TOLD_AS):
            return file.read(self._block)


FOLDER: Final = "partial"
MARK: Final = "mark.json"

STEP: Final = 64 << 20
"""Bytes from one mark to the next, at least: a tenth of a second's work."""


class Progress(Struct, frozen=True, kw_only=True):
    """How far a file has come: ``records`` whole records, in ``size`` bytes since it was begun."""

    records: int
    size: int


class Resumable(ABC):
    """The bytes of a file that can be begun at any record."""

    progress: Progress | None
    """The last moment at which all records begun were given out whole, and more will follow."""

    @abstractmethod
    def begin(self, record: int) -> Iterator[bytes]:
        """Yield the bytes from ``record`` on, and from 0 on all of them."""

    @abstractmethod
    def __iter__(self) -> Iterator[bytes]:
        """Yield all bytes."""


class _Mark(Struct, frozen=True, kw_only=True):
    """What is recorded of a partial file.

    Attributes:
        key, path: of the output that it becomes; the same key means the same bytes.
        name: the file's, in ``FOLDER``.
        records, size, digest: of what it holds at least.
    """

    key: str
    path: str
    name: str
    records: int
    size: int
    digest: str


class Partials:
    """The partial file of a project, at most one. The caller holds the writer's lock.

    Attributes:
        resumed: path → records that an earlier run had made, of each file gone on with.
    """

    def __init__(self, state: StateFolder, step: int = STEP) -> None:
        self.state = state
        self.step = step
        self.resumed: dict[str, int] = {}

    def clear(self, wanted: Collection[tuple[str, str]], *, is_whole_tree: bool) -> None:
        """Remove what no mark tells of, or a mark of no ``wanted`` output (key and path).

        A run over a part of the tree leaves other outputs' partial files alone.

        Raises:
            StorageError: when a file cannot be removed.
        """
        mark = self._read()
        if mark is None or (is_whole_tree and (mark.key, mark.path) not in wanted):
            self.forget()

    def stage(
        self,
        target: Folder,
        what: tuple[str, str],
        source: Resumable,
        found: str | None = None,
        *,
        mode: int | None = None,
    ) -> Staged:
        """Do what ``atomic.stage`` does, for the output whose key and path ``what`` tells.

        Raises:
            OSError: from the file system; nothing is left behind then, nor when a record cannot
                be made. Whatever else ends the run leaves the partial file to the next one.
        """
        with self.state.open(FOLDER) as folder:
            if folder.identity()[0] != target.identity()[0]:
                # A file does not move from one file system to another.
                return stage(target, source.begin(0), found, mode=mode)
            writer = AtomicWriter(folder, mode)
            try:
                record = self._take_over(writer, what)
                self._write(writer, folder, what, source, record)
                staged = writer.finish(found)
                if staged.name:
                    staged = _moved(staged, folder, target)
            except (OSError, FindingsError):
                writer.drop()
                self.forget()
                raise
            except BaseException:
                writer.close()
                raise
        self.forget()
        return staged

    def forget(self) -> None:
        """Remove the partial file and its mark.

        Raises:
            StorageError: when one cannot be removed.
        """
        place = self.state.place(FOLDER)
        with naming(place):
            if not is_folder(place):
                return
            # The mark goes first: without it the rest is nothing.
            with contextlib.suppress(FileNotFoundError):
                os.unlink(os.path.join(place, MARK))
            for name in os.listdir(place):
                os.unlink(os.path.join(place, name))
            os.rmdir(place)

    def _take_over(self, writer: AtomicWriter, what: tuple[str, str]) -> int:
        """Return how many records ``writer`` holds already."""
        mark = self._read()
        if mark is None or (mark.key, mark.path) != what:
            return 0
        if not writer.take_over(mark.name, mark.size, mark.digest):
            return 0
        self.resumed[mark.path] = mark.records
        return mark.records

    def _write(
        self,
        writer: AtomicWriter,
        folder: Folder,
        what: tuple[str, str],
        source: Resumable,
        record: int,
    ) -> None:
        begun = marked = writer.size
        for data in source.begin(record):
            writer.write(data)
            progress = source.progress
            if (
                progress is not None
                and writer.size - marked >= self.step
                and writer.size - begun == progress.size
            ):
                marked = writer.size
                name, digest = writer.pause()
                counts = {"records": progress.records, "size": marked}
                mark = {"key": what[0], "path": what[1], "name": name, "digest": digest, **counts}
                write_atomically(folder, MARK, json.dumps(mark).encode(), is_durable=False)

    def _read(self) -> _Mark | None:
        data = self.state.read(f"{FOLDER}/{MARK}")
        try:
            found: Any = json.loads(data or b"null")
            return None if found is None else _Mark(**found)
        except (ValueError, TypeError):
            return None  # of a machine that went down; or nobody's


def _moved(staged: Staged, folder: Folder, target: Folder) -> Staged:
    """Move a staged file to the folder where it will stand."""
    name = temporary_name("tmp")
    try:
        folder.move(staged.name, target, name)
    except BaseException:
        remove_quietly(folder, staged.name)
        raise
    return Staged(name=name, digest=staged.digest, size=staged.size)
