"""Takes bytes that are wanted later; gives them back: few from memory, many from a temporary file.

The file has no name, so that nothing stays of it, whatever ends the run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.storage.containment import naming

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import IO, Final, Self

    from mockgen_watch.storage.folders import StrPath

BLOCK: Final = 1 << 20
"""Bytes that are written to the file, and given back, at a time."""

TOLD_AS: Final = "a temporary file"


class Spool:
    """Bytes in the order in which they came."""

    def __init__(self, folder: StrPath | None = None, *, block: int = BLOCK) -> None:
        """Keep what is more than ``block`` bytes in ``folder``, else where the system does."""
        self._folder = folder
        self._block = block
        self._parts: list[bytes] = []
        self._gathered = 0
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        """Begin with nothing."""
        return self

    def __exit__(self, *_error: object) -> None:
        """Let go of all bytes."""
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
            # Few runs put so much aside.
            import tempfile  # noqa: PLC0415

            self._file = tempfile.TemporaryFile(dir=self._folder)  # noqa: SIM115 - see clear
        return self._file

    def _read(self, file: IO[bytes]) -> bytes:
        with naming(TOLD_AS):
            return file.read(self._block)
