"""Partial files: a large output that goes on where a stopped run came to.

The bytes go to a file in the state folder. From time to time a *mark* beside it says how many
records it holds, in how many bytes, and their digest. The next run that is to make the same output
reads that many bytes, proves them by the digest, cuts off what follows, and goes on. So a
file that lost its end, or was changed, is started again. When all bytes are there the file moves to
its final folder; what an output no longer needs is removed by the next run.
"""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Final, Self

import msgspec
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

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from mockgen_watch.storage.project_folder import StateFolder


BLOCK: Final = 1 << 20
"""Bytes that are written to the file, and given back, at a time."""

TOLD_AS: Final = "a temporary file"


class Spool:
    """Bytes in the order in which they came; more than a block of them are in a nameless file."""

    def __init__(self, folder: str | None = None, *, block: int = BLOCK) -> None:
        self._block = block
        self._file = tempfile.SpooledTemporaryFile(block, dir=folder)  # noqa: SIM115 - see exit

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._file.close()

    def write(self, data: bytes) -> None:
        """Take in ``data``.

        Raises:
            StorageError: there is no room for it.
        """
        with naming(TOLD_AS):
            self._file.write(data)

    def blocks(self) -> Iterator[bytes]:
        """Yield all bytes; nothing is to be written from then on.

        Raises:
            StorageError: they cannot be read.
        """
        with naming(TOLD_AS):
            self._file.seek(0)
        while data := self._read():
            yield data

    def clear(self) -> None:
        """Let go of all bytes."""
        self._file.seek(0)
        self._file.truncate()

    def _read(self) -> bytes:
        with naming(TOLD_AS):
            return self._file.read(self._block)


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

    def __iter__(self) -> Iterator[bytes]:
        """Yield all bytes."""
        return self.begin(0)


class _Mark(Struct, frozen=True, kw_only=True):
    """What is recorded of the partial file ``name``: its output, and what it holds at least."""

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
        """Remove what no mark names, or a mark of no ``wanted`` output (key and path).

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
        """Do what ``atomic.stage`` does, for the output whose key and path ``what`` names.

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
        # The mark goes first: without it the rest is nothing.
        self.state.remove(f"{FOLDER}/{MARK}")
        self.state.remove_folder(FOLDER)

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
                mark = _Mark(
                    key=what[0],
                    path=what[1],
                    name=name,
                    records=progress.records,
                    size=marked,
                    digest=digest,
                )
                write_atomically(folder, MARK, msgspec.json.encode(mark), is_durable=False)

    def _read(self) -> _Mark | None:
        try:
            return msgspec.json.decode(self.state.read(f"{FOLDER}/{MARK}") or b"", type=_Mark)
        except ValueError:
            return None  # there is none; or it is of a machine that went down, or nobody's


def _moved(staged: Staged, folder: Folder, target: Folder) -> Staged:
    """Move a staged file to its final folder."""
    name = temporary_name("tmp")
    try:
        folder.move(staged.name, target, name)
    except BaseException:
        remove_quietly(folder, staged.name)
        raise
    return Staged(name=name, digest=staged.digest, size=staged.size)
