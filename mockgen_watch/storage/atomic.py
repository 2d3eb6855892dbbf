"""Atomic writes: a file is wholly old or wholly new, and its digest is known.

A file is first written under a temporary name in its final folder. Such names
(``.mockgen-…``) are no output's, so what a kill leaves behind is recognised.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
from typing import TYPE_CHECKING

from mockgen_watch.digest import Digester, digest_chunks
from mockgen_watch.storage.containment import Folder, naming

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


BLOCK = 1 << 20
"""Bytes that are gathered before they are written; a file up to this size that is as it should
be causes no file operation at all."""

TEMPORARY = re.compile(r"\.mockgen-\d+-\d+\.(?:tmp|old)")
"""``.tmp`` holds new bytes, perhaps not all; ``.old`` holds a whole file that was swapped out."""

_numbers = itertools.count()


class Staged:
    """Bytes that were collected.

    ``name`` is the temporary file; ``""`` when none is needed, because the bytes are there already.
    """

    def __init__(self, name: str, digest: str, size: int) -> None:
        self.name = name
        self.digest = digest
        self.size = size


class AtomicWriter:
    """A temporary file that is made when the bytes do not fit into one block."""

    def __init__(self, folder: Folder, mode: int | None = None) -> None:
        self.folder = folder
        self.mode = mode
        self.size = 0
        self._digester = Digester()
        self._parts: list[bytes] = []
        self._gathered = 0
        self._fd = -1
        self._name = ""

    def write(self, data: bytes) -> None:
        self.size += len(data)
        self._parts.append(data)
        self._gathered += len(data)
        if self._gathered >= BLOCK:
            self._flush()

    def take_over(self, name: str, size: int, digest: str) -> bool:
        """Go on behind the first ``size`` bytes of the file ``name``, if that is their digest.

        Return False, and have nothing, when it is not.
        """
        try:
            fd = self.folder.reopen(name)
        except OSError:
            return False
        self._fd, self._name = fd, name
        left = size
        while left and (block := os.read(fd, min(BLOCK, left))):
            self._digester.update(block)
            left -= len(block)
        if left or self._digester.digest() != digest:
            self.drop()
            self._digester = Digester()
            return False
        os.ftruncate(fd, size)
        if self.mode is not None and hasattr(os, "fchmod"):
            os.fchmod(fd, self.mode)
        self.size = size
        return True

    def pause(self) -> tuple[str, str]:
        """Write what was collected; return the temporary file's name and the digest so far."""
        self._flush()
        return self._name, self._digester.digest()

    def finish(self, found: str | None, *, is_durable: bool = True) -> Staged:
        """Return what was staged, durable; nothing stays when ``found`` is its very digest."""
        block = self._taken_block()
        digest = self._digester.digest()
        if digest == found:
            self.drop()
            return Staged(name="", digest=digest, size=self.size)
        self._put(block)
        if is_durable:
            os.fsync(self._fd)
        self.close()
        return Staged(name=self._name, digest=digest, size=self.size)

    def drop(self) -> None:
        """Remove the temporary file, if there is one."""
        self.close()
        if self._name:
            remove_quietly(self.folder, self._name)
            self._name = ""

    def _flush(self) -> None:
        self._put(self._taken_block())

    def _taken_block(self) -> bytes:
        # BLAKE3 takes half the time for a block that it takes for the pieces of it.
        block = b"".join(self._parts)
        self._digester.update(block)
        self._parts.clear()
        self._gathered = 0
        return block

    def _put(self, block: bytes) -> None:
        if self._fd < 0:
            self._name, self._fd = create_temporary(self.folder, "tmp")
            if self.mode is not None and hasattr(os, "fchmod"):
                os.fchmod(self._fd, self.mode)
        write_all(self._fd, block)

    def close(self) -> None:
        if self._fd >= 0:
            fd, self._fd = self._fd, -1
            os.close(fd)


def stage(
    folder: Folder,
    chunks: Iterable[bytes],
    found: str | None = None,
    *,
    mode: int | None = None,
    is_durable: bool = True,
) -> Staged:
    """Write ``chunks`` to a temporary file in ``folder``, unless they match ``found``.

    ``mode`` holds the permissions of the file that will be replaced.

    Raises:
        OSError: from the file system; nothing is left behind then, nor when ``chunks`` raises.
    """
    writer = AtomicWriter(folder, mode)
    try:
        for chunk in chunks:
            writer.write(chunk)
        return writer.finish(found, is_durable=is_durable)
    except BaseException:
        writer.drop()
        raise


@contextlib.contextmanager
def staged(
    folder: Folder,
    chunks: Iterable[bytes],
    *,
    mode: int | None = None,
    is_durable: bool = True,
) -> Iterator[Staged]:
    """Stage ``chunks``; the temporary file is gone in the end, unless it got another name."""
    found = stage(folder, chunks, mode=mode, is_durable=is_durable)
    try:
        yield found
    finally:
        remove_quietly(folder, found.name)


def write_atomically(folder: Folder, name: str, data: bytes, *, is_durable: bool = True) -> None:
    """Put ``data`` in the place of ``name``, which belongs to this program alone.

    What is not durable may be gone, or empty, after the machine went down; never after a kill.
    """
    with staged(folder, (data,), is_durable=is_durable) as new:
        folder.replace(new.name, name)
    if is_durable:
        folder.sync()


def create_temporary(folder: Folder, kind: str) -> tuple[str, int]:
    """Create a temporary file of a name that nothing has; return its name and handle."""
    while True:
        name = temporary_name(kind)
        # An earlier process of the same number may have left one.
        with contextlib.suppress(FileExistsError):
            return name, folder.create(name)


def temporary_name(kind: str) -> str:
    """Return a name of this process for a temporary file."""
    return f".mockgen-{os.getpid()}-{next(_numbers)}.{kind}"


def remove_quietly(folder: Folder, name: str) -> None:
    """Remove ``name`` if it can be; what stays is found by the next run."""
    with contextlib.suppress(OSError):
        folder.unlink(name)


def write_all(fd: int, data: bytes) -> None:
    """Write all of ``data``, however little each call takes."""
    view = memoryview(data)
    while view:
        view = view[os.write(fd, view) :]


def read_blocks(fd: int) -> Iterator[bytes]:
    """Read to the end, block by block."""
    while block := os.read(fd, BLOCK):
        yield block


def digest_file(fd: int) -> str:
    """Return the digest of what is read from ``fd``."""
    return digest_chunks(read_blocks(fd))


def digest_in(folder: Folder, name: str) -> str:
    """Return the digest of the file ``name`` of ``folder``."""
    with open(folder.read(name), "rb") as file:
        return digest_file(file.fileno())


def read_in(folder: Folder, name: str) -> bytes:
    """Return the bytes of the file ``name`` of ``folder``."""
    with open(folder.read(name), "rb") as file:
        return file.read()


def read_file(path: str) -> bytes:
    """Return the bytes of the file at ``path``.

    Raises:
        StorageError: it cannot be read.
    """
    with naming(path), open(path, "rb") as file:
        return file.read()


def write_file(path: str, data: bytes) -> None:
    """Put ``data`` into the file at ``path``, in the place of what is there.

    Raises:
        StorageError: it cannot be written.
    """
    place, name = os.path.split(path)
    with naming(path), Folder.open(place or ".") as folder:
        write_atomically(folder, name, data)
