"""Takes the records of an output and an open file; has processes write them, each in its place.

Chunks are dealt round-robin, as in ``executors.processes``, but their bytes do not go through the
parent. A chunk's length is known before its bytes are made: that of each fragment is, and which
fragments it takes. So where the chunk begins is handed on from worker to worker, and all of them
write at once, in one file that is in order. What is written need not be held, nor copied.

It is for a file that nobody reads meanwhile, such as the one that stdout leads to. An output that a
lockfile owns needs a digest of all of its bytes, and so one process that sees them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import struct
from multiprocessing import connection
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.diagnostics import FindingsError
from mockgen_watch.executors.processes import CHUNK, WorkerFailedError, forked, launch
from mockgen_watch.formats.base import FormatError
from mockgen_watch.formats.records import measured, warm_up

if TYPE_CHECKING:
    from collections.abc import Callable
    from multiprocessing.process import BaseProcess
    from typing import Final

    from mockgen_watch.formats.records import Records

_PLACE: Final = struct.Struct("<Q")


def can_write_in_place(fd: int) -> bool:
    """Return whether processes can write to the open file ``fd`` at places of their own."""
    if not hasattr(os, "fork") or not hasattr(os, "pwrite"):
        return False
    status = os.fstat(fd)
    if stat.S_ISREG(status.st_mode):
        import fcntl  # noqa: PLC0415 - no Windows has it

        # Where a file is appended to, the system ignores the place.
        return not fcntl.fcntl(fd, fcntl.F_GETFL) & os.O_APPEND
    return os.path.samestat(status, os.stat(os.devnull))


def write_in_place(
    records: Records,
    fd: int,
    advance: Callable[[int], None],
    *,
    jobs: int,
    chunk: int = CHUNK,
) -> None:
    """Write the whole document of ``records`` to ``fd``, from where it stands on; leave it behind.

    Args:
        records: at least one.
        fd: see ``can_write_in_place``.
        advance: is told how many more records were written.
        jobs: processes, at most.
        chunk: records that one worker makes before the next one's turn.

    Raises:
        FormatError, FindingsError: a record cannot be made or written.
        OSError: the file cannot be written.
        WorkerFailedError: a worker ended early.

    After an error nothing of the document stands in the file.
    """
    warm_up(records)
    begin = os.lseek(fd, 0, os.SEEK_CUR)
    framing = records.framing
    try:
        place = begin + _write_at(fd, framing.head, begin)
        with contextlib.ExitStack() as stack:
            end = _run(stack, records, fd, advance, (jobs, chunk, place))
        end += _write_at(fd, framing.tail, end)
    except BaseException:
        if stat.S_ISREG(os.fstat(fd).st_mode):
            # Where even that fails, the first error is the one to be told.
            with contextlib.suppress(OSError):
                os.ftruncate(fd, begin)
        raise
    os.lseek(fd, end, os.SEEK_SET)


def _run(
    stack: contextlib.ExitStack,
    records: Records,
    fd: int,
    advance: Callable[[int], None],
    cut: tuple[int, int, int],
) -> int:
    """Have the records written; return where their bytes end."""
    jobs, chunk, place = cut
    starts = range(0, records.count, chunk)
    jobs = min(jobs, len(starts))
    # Ring of pipes: worker n reads from pipe n where its chunk begins, writes to the next one.
    pipes = [os.pipe() for _ in range(jobs)]
    ends = [end for pipe in pipes for end in pipe]
    closing = stack.enter_context(contextlib.ExitStack())
    for end in ends:
        closing.callback(os.close, end)
    readers: list[connection.Connection] = []
    workers: list[BaseProcess] = []
    stack.callback(_stop, workers)
    for number in range(jobs):
        ours, theirs = connection.Pipe(duplex=False)
        share = _Share(records=records, starts=starts[number::jobs], chunk=chunk, fd=fd)
        comes, goes = pipes[number][0], pipes[(number + 1) % jobs][1]
        foreign = [end for end in ends if end not in {comes, goes}]
        foreign += [reader.fileno() for reader in (*readers, ours)]
        worker = forked(_work, share, comes, goes, theirs, foreign)
        launch(worker)
        theirs.close()
        stack.callback(ours.close)
        readers.append(ours)
        workers.append(worker)
    os.write(pipes[0][1], _PLACE.pack(place))
    last = os.dup(pipes[len(starts) % jobs][0])
    stack.callback(os.close, last)
    closing.close()
    _follow(workers, readers, advance)
    (end,) = _PLACE.unpack(os.read(last, _PLACE.size))
    return int(end)


def _follow(
    workers: list[BaseProcess],
    readers: list[connection.Connection],
    advance: Callable[[int], None],
) -> None:
    """Wait until all workers are done.

    Raises:
        WorkerFailedError: one ended early; else what one of them met.
    """
    waiting = list(readers)
    while waiting:
        for ready in connection.wait(waiting):
            reader = waiting[waiting.index(ready)]  # type: ignore[arg-type]  # a connection
            try:
                told = reader.recv()
            except EOFError:
                waiting.remove(reader)
                worker = workers[readers.index(reader)]
                worker.join()
                if worker.exitcode:
                    raise WorkerFailedError.of(worker) from None
                continue
            if isinstance(told, BaseException):
                raise told
            advance(told)


def _stop(workers: list[BaseProcess]) -> None:
    """End the workers, whether they are done or not."""
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join()
        worker.close()


class _Share(Struct, frozen=True, kw_only=True):
    """What one worker writes to ``fd``: chunks of ``chunk`` records that begin at ``starts``."""

    records: Records
    starts: range
    chunk: int
    fd: int

    def write(self, comes: int, goes: int, tell: Callable[[int], None]) -> None:
        """Write all chunks; ``comes`` says where each begins, ``goes`` is told where it ends."""
        for first in self.starts:
            stop = min(first + self.chunk, self.records.count)
            length, pieces = measured(self.records, first, stop)
            if stop == self.records.count:
                # There is no separator behind the last record.
                length -= len(self.records.framing.separator)
            came = os.read(comes, _PLACE.size)
            if not came:
                raise BrokenPipeError
            (place,) = _PLACE.unpack(came)
            end = place + length
            os.write(goes, _PLACE.pack(end))
            for piece in pieces:
                place += _write_at(self.fd, piece[: end - place], place)
            tell(stop - first)


def _work(
    share: _Share, comes: int, goes: int, tell: connection.Connection, foreign: list[int]
) -> None:
    """Write a share; the body of a worker process, which has no use for the ``foreign`` ends."""
    # ^C reaches every process of the terminal; the parent decides what follows.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # An end that stays open here would hide from the others that its worker is gone.
    for end in foreign:
        os.close(end)
    with contextlib.suppress(BrokenPipeError):
        try:
            share.write(comes, goes, tell.send)
        except BrokenPipeError:
            raise
        except (FormatError, FindingsError, OSError) as error:
            tell.send(error)


def _write_at(fd: int, data: bytes, place: int) -> int:
    """Write all of ``data`` at ``place``, however little each call takes; return its length."""
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, place)
        view, place = view[written:], place + written
    return len(data)
