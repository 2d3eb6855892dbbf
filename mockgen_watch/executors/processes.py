"""Processes: an executor that has the records of an output made by several forks of this process.

Chunks of records are dealt round-robin: worker w of n makes the chunks w, w + n, and so on, so that
their order is that of one process. A worker has the compiled records as they are; nothing is sent
to it. Threads would not do: looking up and joining fragments holds the interpreter's lock.

``Processes.run`` hands the bytes to the parent, which takes the chunks in turn. They go through a
ring of memory that is shared with each worker, which takes one copy on either side. Only small
messages go through pipes: the worker's say where the next piece is, the parent's that it was taken.
When the ring is full the worker waits, so that memory does not grow with the count.

``Processes.write`` has the workers write to one file, each in its place. The length of a chunk is
known before its bytes are made: that of each fragment is, and which fragments it takes. So where a
chunk begins is handed on from worker to worker, and all of them write at once. This is for a file
that nobody reads meanwhile, such as the one that stdout leads to; an output that a lockfile lists
needs a digest of all of its bytes, and so one process that has them.
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
import sys
import warnings
from collections import deque
from multiprocessing import connection
from typing import TYPE_CHECKING, Final, Self

from msgspec import Struct

from mockgen_watch.errors import FindingsError, MockgenError, UsageError
from mockgen_watch.executors import PlacingExecutor, Serial
from mockgen_watch.formats.format import FormatError
from mockgen_watch.formats.rendering import Records, measured, warm_up

if sys.platform != "win32":
    import fcntl

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from multiprocessing.process import BaseProcess


CHUNK: Final = 16_384
"""Records that one worker makes before the next one's turn."""

SMALLEST_CHUNK: Final = 1024
"""Records that a worker makes at least: fewer are not worth a process."""

RING: Final = 32 << 20
"""Bytes of memory shared with each worker: more than a chunk of most outputs."""

PIECE: Final = 64 << 10
"""Smaller pieces are put together; so few are under way that no pipe is ever full."""


class WorkerFailedError(MockgenError):
    """A worker process ended before its work was done: a defect, or somebody killed it."""

    @classmethod
    def of(cls, process: BaseProcess) -> WorkerFailedError:
        """Return the error for ``process``, which has ended."""
        code = process.exitcode
        return cls(f"a worker process exited early with code {code}")


class Processes(PlacingExecutor):
    """Several processes, each with its share of the chunks."""

    def __init__(self, jobs: int, *, chunk: int = CHUNK, ring: int = RING) -> None:
        """Use at most ``jobs`` processes, deal ``chunk`` records, share ``ring`` bytes with each.

        Raises:
            UsageError: this system cannot fork.
        """
        if not hasattr(os, "fork"):
            raise UsageError("--jobs above 1 needs a system that can fork")
        self._jobs = jobs
        self._chunk = chunk
        self._ring = ring

    def write(self, records: Records, fd: int, advance: Callable[[int], None]) -> bool:
        if self._jobs == 1 or records.count <= self._chunk or not can_write_in_place(fd):
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
        chunk = min(self._chunk, max(SMALLEST_CHUNK, even))
        shares = _deal(records, self._jobs, chunk, start)
        if len(shares) <= 1:
            yield from Serial().run(records, advance, start)
            return
        warm_up(records)
        with contextlib.ExitStack() as stack:
            workers: list[_RingWorker] = []
            for share in shares:
                workers.append(stack.enter_context(_RingWorker(share, self._ring, workers)))
            for turn, first in enumerate(range(start, records.count, chunk)):
                yield from workers[turn % len(workers)].pieces()
                advance(min(chunk, records.count - first))


class _Share(Struct, frozen=True, kw_only=True):
    """What one worker makes: the chunks of ``chunk`` records that begin at ``starts``."""

    records: Records
    starts: range
    chunk: int

    def chunks(self) -> Iterator[tuple[int, int]]:
        for first in self.starts:
            yield first, min(first + self.chunk, self.records.count)


def _deal(records: Records, jobs: int, chunk: int, start: int = 0) -> list[_Share]:
    """Return the shares of at most ``jobs`` workers, none of them empty."""
    starts = range(start, records.count, chunk)
    jobs = min(jobs, len(starts))
    return [
        _Share(records=records, starts=starts[number::jobs], chunk=chunk) for number in range(jobs)
    ]


def _fork(function: Callable[..., None], *arguments: object) -> BaseProcess:
    """Return a fork of this process, not yet started, that calls ``function`` and ends."""
    context = multiprocessing.get_context("fork")
    return context.Process(target=function, args=arguments, daemon=True)


def _launch(process: BaseProcess) -> None:
    with warnings.catch_warnings():
        # Python warns of forks beside threads, whose locks may be held. What a worker does takes
        # none: it computes, and writes to files, pipes and memory of its own.
        warnings.simplefilter("ignore", DeprecationWarning)
        process.start()


def _begin_work(foreign: Iterable[int]) -> None:
    """Prepare a worker process, which has no use for the ends of pipes in ``foreign``."""
    # ^C reaches every process of the terminal; the parent decides what follows.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # An end that stays open here would hide from the others that its process is gone.
    for end in foreign:
        os.close(end)


# Through a ring ---------------------------------------------------------------------------------

_MESSAGE: Final = struct.Struct("<BQQ")
_PIECE, _END, _ERROR = range(3)


class _RingWorker:
    """The parent's side of one worker."""

    def __init__(self, share: _Share, ring: int, others: Iterable[_RingWorker]) -> None:
        self._ring = mmap.mmap(-1, ring)
        messages, send = os.pipe()
        taken, take = os.pipe()
        self._messages = os.fdopen(messages, "rb")
        self._take = os.fdopen(take, "wb", buffering=0)
        self._theirs = (send, taken)
        foreign = [end for worker in (*others, self) for end in worker.ends()]
        sender = _RingSender(self._ring, send, taken)
        self._process = _fork(_work_through_ring, share, sender, foreign)

    def ends(self) -> tuple[int, int]:
        return self._messages.fileno(), self._take.fileno()

    def __enter__(self) -> Self:
        _launch(self._process)
        for end in self._theirs:
            os.close(end)
        return self

    def __exit__(self, *_error: object) -> None:
        self._messages.close()
        self._take.close()
        self._process.terminate()
        self._process.join()
        self._process.close()
        self._ring.close()

    def pieces(self) -> Iterator[bytes]:
        while True:
            kind, offset, length = self._receive()
            if kind == _END:
                return
            if kind == _ERROR:
                raise pickle.loads(self._messages.read(length))  # noqa: S301 - from our own fork
            data = self._ring[offset : offset + length]
            # A worker that has made its whole share is gone, and needs no more room.
            with contextlib.suppress(BrokenPipeError):
                self._take.write(b"\0")
            yield data

    def _receive(self) -> tuple[int, int, int]:
        message = self._messages.read(_MESSAGE.size)
        if len(message) < _MESSAGE.size:
            self._process.join()
            raise WorkerFailedError.of(self._process)
        kind, offset, length = _MESSAGE.unpack(message)
        return kind, offset, length


def _work_through_ring(share: _Share, sender: _RingSender, foreign: Iterable[int]) -> None:
    """Make a share; the body of a worker process."""
    _begin_work(foreign)
    # A parent that is gone, or wants no more, has closed its ends.
    with contextlib.suppress(BrokenPipeError):
        try:
            for first, stop in share.chunks():
                sender.send(share.records.pieces(first, stop))
        except (FormatError, FindingsError) as error:
            sender.fail(error)


class _RingSender:
    """The worker's side: puts pieces into the ring and sends where they are."""

    def __init__(self, ring: mmap.mmap, send: int, taken: int) -> None:
        self._ring = ring
        self._size = len(ring)
        self._send = send
        self._taken = taken
        self._head = 0
        self._used = 0
        self._waiting: deque[int] = deque()

    def send(self, pieces: Iterable[bytes]) -> None:
        """Send a chunk.

        Raises:
            BrokenPipeError: the parent is gone.
        """
        gathered: list[bytes] = []
        size = 0
        for piece in pieces:
            gathered.append(piece)
            size += len(piece)
            if size >= PIECE:
                self._send_all(b"".join(gathered))
                gathered, size = [], 0
        self._send_all(b"".join(gathered))
        os.write(self._send, _MESSAGE.pack(_END, 0, 0))

    def fail(self, error: FormatError | FindingsError) -> None:
        """Send an error in place of what is left of the chunk."""
        data = pickle.dumps(error)
        os.write(self._send, _MESSAGE.pack(_ERROR, 0, len(data)) + data)

    def _send_all(self, data: bytes) -> None:
        most = self._size // 4
        for start in range(0, len(data), most):
            self._put(data[start : start + most])

    def _put(self, data: bytes) -> None:
        """Put ``data`` after what was put last, or at the beginning where the end is too near."""
        length = len(data)
        wraps = self._head + length > self._size
        skipped = self._size - self._head if wraps else 0
        while self._used + skipped + length > self._size:
            self._wait()
        if wraps:
            self._head = 0
        self._ring[self._head : self._head + length] = data
        os.write(self._send, _MESSAGE.pack(_PIECE, self._head, length))
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


# In place ---------------------------------------------------------------------------------------

_PLACE: Final = struct.Struct("<Q")


def can_write_in_place(fd: int) -> bool:
    """Return whether processes can write to the open file ``fd`` at places of their own."""
    if sys.platform == "win32" or not hasattr(os, "pwrite"):
        return False
    status = os.fstat(fd)
    if stat.S_ISREG(status.st_mode):
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
    """Write the whole document of ``records`` to ``fd``, from its position on, and move that.

    There is at least one record. At most ``jobs`` processes make ``chunk`` of them at each turn.
    After an error nothing of the document is left in the file.

    Raises:
        FormatError, FindingsError: a record cannot be made or written.
        OSError: the file cannot be written.
        WorkerFailedError: a worker ended early.
    """
    warm_up(records)
    begin = os.lseek(fd, 0, os.SEEK_CUR)
    framing = records.framing
    try:
        place = begin + _write_at(fd, framing.head, begin)
        with contextlib.ExitStack() as stack:
            shares = _deal(records, jobs, chunk)
            end = _write_shares(stack, shares, fd, advance, place)
        end += _write_at(fd, framing.tail, end)
    except BaseException:
        if stat.S_ISREG(os.fstat(fd).st_mode):
            # Where even that fails, the first error is the one to report.
            with contextlib.suppress(OSError):
                os.ftruncate(fd, begin)
        raise
    os.lseek(fd, end, os.SEEK_SET)


def _write_shares(
    stack: contextlib.ExitStack,
    shares: list[_Share],
    fd: int,
    advance: Callable[[int], None],
    place: int,
) -> int:
    """Have the shares written from ``place`` on; return where their bytes end."""
    # Ring of pipes: worker n reads from pipe n where its chunk begins, writes to the next one.
    pipes = [os.pipe() for _ in shares]
    ends = [end for pipe in pipes for end in pipe]
    closing = stack.enter_context(contextlib.ExitStack())
    for end in ends:
        closing.callback(os.close, end)
    workers: dict[connection.Connection, BaseProcess] = {}
    stack.callback(_stop, workers.values())
    for number, share in enumerate(shares):
        ours, theirs = connection.Pipe(duplex=False)
        begins, next_begins = pipes[number][0], pipes[(number + 1) % len(shares)][1]
        foreign = [end for end in ends if end not in {begins, next_begins}]
        foreign += [reader.fileno() for reader in (*workers, ours)]
        worker = _fork(_work_in_place, share, fd, (begins, next_begins), theirs, foreign)
        _launch(worker)
        theirs.close()
        stack.callback(ours.close)
        workers[ours] = worker
    os.write(pipes[0][1], _PLACE.pack(place))
    chunks = sum(len(share.starts) for share in shares)
    last = os.dup(pipes[chunks % len(shares)][0])
    stack.callback(os.close, last)
    closing.close()
    _follow(workers, advance)
    (end,) = _PLACE.unpack(os.read(last, _PLACE.size))
    return int(end)


def _follow(
    workers: Mapping[connection.Connection, BaseProcess], advance: Callable[[int], None]
) -> None:
    """Wait until all workers are done.

    Raises:
        WorkerFailedError: one ended early; else what one of them met.
    """
    waiting = list(workers)
    while waiting:
        for ready in connection.wait(waiting):
            reader = waiting[waiting.index(ready)]  # type: ignore[arg-type]  # a connection
            try:
                message = reader.recv()
            except EOFError:
                waiting.remove(reader)
                worker = workers[reader]
                worker.join()
                if worker.exitcode:
                    raise WorkerFailedError.of(worker) from None
                continue
            if isinstance(message, BaseException):
                raise message
            advance(message)


def _stop(workers: Collection[BaseProcess]) -> None:
    for worker in workers:
        worker.terminate()
    for worker in workers:
        worker.join()
        worker.close()


def _work_in_place(
    share: _Share,
    fd: int,
    places: tuple[int, int],
    messages: connection.Connection,
    foreign: list[int],
) -> None:
    """Write a share to ``fd``; the body of a worker process."""
    _begin_work(foreign)
    try:
        _write_share(share, fd, places, messages.send)
    except BrokenPipeError:
        # Another worker has failed, and says why.
        return
    except (FormatError, FindingsError, OSError) as error:
        with contextlib.suppress(BrokenPipeError):
            messages.send(error)


def _write_share(
    share: _Share, fd: int, places: tuple[int, int], advance: Callable[[int], None]
) -> None:
    """Write all chunks; ``places`` gives where each begins, and is given where it ends."""
    begins, next_begins = places
    for first, stop in share.chunks():
        length, pieces = measured(share.records, first, stop)
        if stop == share.records.count:
            # There is no separator after the last record.
            length -= len(share.records.framing.separator)
        message = os.read(begins, _PLACE.size)
        if not message:
            raise BrokenPipeError
        (place,) = _PLACE.unpack(message)
        end = place + length
        os.write(next_begins, _PLACE.pack(end))
        for piece in pieces:
            place += _write_at(fd, piece[: end - place], place)
        advance(stop - first)


def _write_at(fd: int, data: bytes, place: int) -> int:
    """Write all of ``data`` at ``place``, however little each call takes; return its length."""
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, place)
        view, place = view[written:], place + written
    return len(data)
