"""Takes the records of an output; gives their bytes, made by several processes.

Chunks of records are dealt round-robin: worker w of n makes the chunks w, w + n, and so on, and the
parent takes them in turn, so their order is that of one process. Threads would not do: looking up
and joining fragments holds the interpreter's lock.

A worker is a fork, which has the compiled records as they are; nothing is sent to it. What it makes
goes through a ring of shared memory, which costs a copy of the bytes on either side where a pipe
would cost two and a switch of process every 64 kilobytes. Only small messages go through pipes: the
worker's say where the next piece lies, the parent's that one has been taken. When the ring is full
the worker waits, so memory does not grow with the count.
"""

from __future__ import annotations

import contextlib
import mmap
import multiprocessing
import os
import pickle
import signal
import stat
import struct
import warnings
from collections import deque
from multiprocessing import connection
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.errors import FindingsError, MockgenError, UsageError
from mockgen_watch.executors.base import PlacingExecutor, Serial
from mockgen_watch.formats.base import FormatError
from mockgen_watch.formats.rendering import measured, warm_up

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from multiprocessing.process import BaseProcess
    from typing import Final, Self

    from mockgen_watch.formats.rendering import Records


CHUNK: Final = 16_384
"""Records that one worker makes before the next one's turn."""


class WorkerFailedError(MockgenError):
    """A worker process ended before its work was done: a defect, or somebody killed it."""

    @classmethod
    def of(cls, process: BaseProcess) -> WorkerFailedError:
        """Return the error that tells of ``process``, which has ended."""
        code = process.exitcode
        return cls(f"a worker process ended with code {code} before it was done")


def forked(function: Callable[..., None], *arguments: object) -> BaseProcess:
    """Return a fork of this process, not yet started, that calls ``function`` and ends."""
    context = multiprocessing.get_context("fork")
    return context.Process(target=function, args=arguments, daemon=True)


def launch(process: BaseProcess) -> None:
    """Start a fork."""
    with warnings.catch_warnings():
        # Python warns of forks beside threads, whose locks may be held. What a worker does takes
        # none: it computes, and writes to files, pipes and memory of its own.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()


LEAST: Final = 1024
"""Records that a worker makes at least: fewer are not worth a process."""

RING: Final = 32 << 20
"""Bytes of memory shared with each worker: more than a chunk of most outputs."""

PIECE: Final = 64 << 10
"""Smaller pieces are put together; so few are under way that no pipe is ever full."""

_MESSAGE: Final = struct.Struct("<BQQ")
_PIECE, _END, _ERROR = range(3)


class Processes(PlacingExecutor):
    """Several processes, each with its share of the chunks."""

    def __init__(self, jobs: int, *, chunk: int = CHUNK, ring: int = RING) -> None:
        """Use at most ``jobs`` processes, deal ``chunk`` records, share ``ring`` bytes with each.

        Raises:
            UsageError: this system cannot fork.
        """
        if not hasattr(os, "fork"):
            raise UsageError("several processes need a system that can fork")
        self._jobs = jobs
        self._chunk = chunk
        self._ring = ring

    def write(self, records: Records, fd: int, advance: Callable[[int], None]) -> bool:
        """Write the document of ``records`` to an open file; see ``PlacingExecutor``."""
        # The parts that both ways share stand here, so it is imported when it is needed.

        if self._jobs < 2 or records.count <= self._chunk or not can_write_in_place(fd):  # noqa: PLR2004
            return False
        write_in_place(records, fd, advance, jobs=self._jobs, chunk=self._chunk)
        return True

    def run(
        self, records: Records, advance: Callable[[int], None], start: int = 0
    ) -> Iterator[bytes]:
        """Yield the bytes of the records in order; see ``Executor``.

        Raises:
            WorkerFailedError: a worker ended early.
        """
        # Slow records are few, and still worth sharing.
        even = -(-(records.count - start) // self._jobs)
        chunk = min(self._chunk, max(LEAST, even))
        starts = range(start, records.count, chunk)
        jobs = min(self._jobs, len(starts))
        if jobs < 2:  # noqa: PLR2004 - one process needs no other
            yield from Serial().run(records, advance, start)
            return
        warm_up(records)
        with contextlib.ExitStack() as stack:
            workers: list[_Worker] = []
            for number in range(jobs):
                share = _Share(records=records, starts=starts[number::jobs], chunk=chunk)
                workers.append(stack.enter_context(_Worker(share, self._ring, workers)))
            for turn, first in enumerate(starts):
                yield from workers[turn % jobs].pieces()
                advance(min(chunk, records.count - first))


class _Share(Struct, frozen=True, kw_only=True):
    """What one worker makes: the chunks of ``chunk`` records that begin at ``starts``."""

    records: Records
    starts: range
    chunk: int

    def chunks(self) -> Iterator[Iterator[bytes]]:
        """Yield the pieces of each chunk."""
        for start in self.starts:
            yield self.records.pieces(start, min(start + self.chunk, self.records.count))


class _Worker:
    """The parent's side of one worker."""

    def __init__(self, share: _Share, ring: int, others: Iterable[_Worker]) -> None:
        """Prepare ``ring`` bytes and the pipes; ``others`` were started before this one."""
        self._ring = mmap.mmap(-1, ring)
        told, tell = os.pipe()
        taken, take = os.pipe()
        self._told = os.fdopen(told, "rb")
        self._take = os.fdopen(take, "wb", buffering=0)
        self._theirs = (tell, taken)
        # A copy of a pipe's end that stays open would hide that the other side is gone.
        closing = [end for worker in (*others, self) for end in worker.ends()]
        sender = _Sender(self._ring, tell, taken)
        self._process = forked(_work, share, sender, closing)

    def ends(self) -> tuple[int, int]:
        """Return the parent's ends of the pipes."""
        return self._told.fileno(), self._take.fileno()

    def __enter__(self) -> Self:
        """Start it."""
        launch(self._process)
        for end in self._theirs:
            os.close(end)
        return self

    def __exit__(self, *_error: object) -> None:
        """Stop it, whether it is done or not."""
        self._told.close()
        self._take.close()
        self._process.terminate()
        self._process.join()
        self._process.close()
        self._ring.close()

    def pieces(self) -> Iterator[bytes]:
        """Yield the pieces of its next chunk."""
        while True:
            kind, offset, length = self._receive()
            if kind == _END:
                return
            if kind == _ERROR:
                raise pickle.loads(self._told.read(length))  # noqa: S301 - from our own fork
            data = self._ring[offset : offset + length]
            # A worker that has made its whole share is gone, and needs no more room.
            with contextlib.suppress(BrokenPipeError):
                self._take.write(b"\0")
            yield data

    def _receive(self) -> tuple[int, int, int]:
        message = self._told.read(_MESSAGE.size)
        if len(message) < _MESSAGE.size:
            self._process.join()
            raise WorkerFailedError.of(self._process)
        kind, offset, length = _MESSAGE.unpack(message)
        return kind, offset, length


def _work(share: _Share, sender: _Sender, closing: Iterable[int]) -> None:
    """Make a share; the body of a worker process, which has no use for the ends in ``closing``."""
    # ^C reaches every process of the terminal; the parent decides what follows.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for end in closing:
        os.close(end)
    # A parent that is gone, or wants no more, has closed its ends.
    with contextlib.suppress(BrokenPipeError):
        try:
            for pieces in share.chunks():
                sender.send(pieces)
        except (FormatError, FindingsError) as error:
            sender.fail(error)


class _Sender:
    """The worker's side: puts pieces into the ring and tells where they are."""

    def __init__(self, ring: mmap.mmap, tell: int, taken: int) -> None:
        """Write messages to ``tell``; a byte from ``taken`` for each piece that has been read."""
        self._ring = ring
        self._size = len(ring)
        self._tell = tell
        self._taken = taken
        self._head = 0
        self._used = 0
        self._waiting: deque[int] = deque()

    def send(self, pieces: Iterable[bytes]) -> None:
        """Send a chunk.

        Raises:
            BrokenPipeError: the parent is gone.
        """
        held: list[bytes] = []
        size = 0
        for piece in pieces:
            held.append(piece)
            size += len(piece)
            if size >= PIECE:
                self._send_all(b"".join(held))
                held, size = [], 0
        self._send_all(b"".join(held))
        os.write(self._tell, _MESSAGE.pack(_END, 0, 0))

    def fail(self, error: FormatError | FindingsError) -> None:
        """Send an error in place of what is left of the chunk."""
        data = pickle.dumps(error)
        os.write(self._tell, _MESSAGE.pack(_ERROR, 0, len(data)) + data)

    def _send_all(self, data: bytes) -> None:
        most = self._size // 4
        for start in range(0, len(data), most):
            self._place(data[start : start + most])

    def _place(self, data: bytes) -> None:
        """Put ``data`` behind what was put last, or at the beginning where the end is too near."""
        length = len(data)
        wraps = self._head + length > self._size
        skipped = self._size - self._head if wraps else 0
        while self._used + skipped + length > self._size:
            self._wait()
        if wraps:
            self._head = 0
        self._ring[self._head : self._head + length] = data
        os.write(self._tell, _MESSAGE.pack(_PIECE, self._head, length))
        self._head += length
        self._used += skipped + length
        self._waiting.append(skipped + length)

    def _wait(self) -> None:
        """Wait until the parent has taken a piece or more."""
        taken = os.read(self._taken, 4096)
        if not taken:
            raise BrokenPipeError
        for _ in taken:
            self._used -= self._waiting.popleft()


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
        share = _InPlaceShare(records=records, starts=starts[number::jobs], chunk=chunk, fd=fd)
        comes, goes = pipes[number][0], pipes[(number + 1) % jobs][1]
        foreign = [end for end in ends if end not in {comes, goes}]
        foreign += [reader.fileno() for reader in (*readers, ours)]
        worker = forked(_in_place_work, share, comes, goes, theirs, foreign)
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


class _InPlaceShare(Struct, frozen=True, kw_only=True):
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


def _in_place_work(
    share: _InPlaceShare, comes: int, goes: int, tell: connection.Connection, foreign: list[int]
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
