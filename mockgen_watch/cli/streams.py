"""Standard streams: closed, full or gone, they neither stop the work nor look like a defect.

A closed stream behaves like ``/dev/null``. If stdout cannot be written, that is an error, as it is
for a file; if stderr cannot, there is nowhere to report it.
"""

from __future__ import annotations

import errno
import io
import os
import sys
from typing import TYPE_CHECKING, Final, TextIO

from mockgen_watch.errors import StorageError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_STDIN: Final = 0
_STDOUT: Final = 1
_STDERR: Final = 2


def prepare_streams() -> None:
    """Make the streams of this process safe, and give them UTF-8 and the line ends of a file.

    Fixtures on stdout are to have in every locale the bytes that they have in a file.
    """
    open_closed()
    if sys.stdin is None:
        sys.stdin = io.TextIOWrapper(io.FileIO(_STDIN, closefd=False), encoding="utf-8")
    sys.stdout = _text(sys.stdout, _STDOUT)
    sys.stderr = _text(sys.stderr, _STDERR)


def open_closed() -> None:
    """Open what is closed of the first three handles.

    The next file that is opened would have its number, and be written to by every child.
    """
    for number in (_STDIN, _STDOUT, _STDERR):
        try:
            os.fstat(number)
        except OSError:
            # The lowest number that is free, which is this one.
            opened = os.open(os.devnull, os.O_RDWR)
            os.set_inheritable(opened, True)  # noqa: FBT003 - it has no name


def _text(stream: TextIO | None, number: int) -> TextIO:
    """Return ``stream``, or without it the handle ``number``, as safe text."""
    if stream is not None and not isinstance(stream, io.TextIOWrapper):
        return stream
    # Without a buffer (python -u) there is no raw stream below it.
    raw = None if stream is None else getattr(stream.buffer, "raw", stream.buffer)
    safe = _Safe(raw or io.FileIO(number, "w", closefd=False), is_told=number == _STDOUT)
    is_unbuffered = stream is not None and stream.write_through
    return io.TextIOWrapper(
        io.BufferedWriter(safe),
        encoding="utf-8",
        errors="backslashreplace",
        newline="\n",
        line_buffering=number == _STDERR or is_unbuffered or safe.isatty(),
    )


class _Safe(io.RawIOBase):
    """A raw stream that raises StorageError once where it cannot be written, and then is silent.

    A reader that has gone is a BrokenPipeError still. Without ``is_told`` it is silent at once.
    """

    def __init__(self, raw: io.RawIOBase, *, is_told: bool) -> None:
        self._raw = raw
        self._is_told = is_told
        self._has_failed = False

    def writable(self) -> bool:
        return True

    def fileno(self) -> int:
        return self._raw.fileno()

    def isatty(self) -> bool:
        return self._raw.isatty()

    def write(self, data: ReadableBuffer, /) -> int | None:
        if self._has_failed:
            return memoryview(data).nbytes
        try:
            return self._raw.write(data)
        except BrokenPipeError:
            raise
        except OSError as error:
            self._has_failed = True
            if self._is_told:
                name = errno.errorcode.get(error.errno or 0, "")
                raise StorageError("stdout", error.strerror or str(error), name) from error
        return memoryview(data).nbytes
