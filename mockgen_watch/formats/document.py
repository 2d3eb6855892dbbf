"""Takes a writer and a program's records; gives the bytes of whole files, by either engine.

There are two ways to the same bytes. The *scalar* engine reads one record at a time and encodes it;
it needs no NumPy, and is faster as long as importing NumPy takes longer than all records do. The
*vector* engine runs a fragment plan for a chunk of records at a time.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from mockgen_watch.formats.base import FormatError
from mockgen_watch.generate.records import record_at

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from typing import Final

    from mockgen_watch.formats.base import Framing, Writer
    from mockgen_watch.formats.fragments import FragmentPlan
    from mockgen_watch.formats.vector import VectorRun
    from mockgen_watch.generate.column import Program
    from mockgen_watch.spec.document import Json

VECTOR_FROM: Final = 2000
"""From this many records on the vector engine is faster, NumPy's import included."""


class Records(Protocol):
    """Anything that has bytes for its records: what an executor runs."""

    @property
    def framing(self) -> Framing:
        """What stands around the records."""

    @property
    def count(self) -> int:
        """How many records there are."""

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes of records ``start`` to ``stop - 1``, a separator behind each.

        Raises:
            FormatError: a value that cannot be written.
        """


class Warming(Struct, frozen=True):
    """Records for which there is something to do before the first of them is made."""

    def warm_up(self) -> None:
        """Do it."""


class ScalarRecords(Struct, frozen=True, kw_only=True):
    """The records of a program, read and encoded one at a time."""

    writer: Writer
    program: Program
    count: int

    @property
    def framing(self) -> Framing:
        """What stands around the records."""
        return self.writer.framing

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes of records ``start`` to ``stop - 1``, one at a time."""
        separator = self.framing.separator
        for index in range(start, stop):
            yield encode_record(self.writer, record_at(self.program, index), index) + separator


class VectorRecords(Warming, frozen=True, kw_only=True):
    """The records of a program, by its fragment plan."""

    framing: Framing
    plan: FragmentPlan
    program: Program
    count: int
    _idle: list[VectorRun] = field(default_factory=list)

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes of records ``start`` to ``stop - 1``, many at a time."""
        run = self._taken()
        yield from run.bytes_of(start, stop)
        self._idle.append(run)

    def measured(self, start: int, stop: int) -> tuple[int, Iterator[bytes]] | None:
        """Return how many bytes the records have, and the bytes; None where it is not known."""
        run = self._taken()
        found = run.measured(start, stop)
        if found is None:
            self._idle.append(run)
            return None
        return found[0], self._given_back(run, found[1])

    def warm_up(self) -> None:
        """Lay out the tables; see ``warm_up``."""
        self._idle.append(self._taken())

    def _taken(self) -> VectorRun:
        # NumPy takes longer to import than a small job takes in all.
        import numpy as np  # noqa: PLC0415

        from mockgen_watch.formats.vector import VectorRun  # noqa: PLC0415

        # Laying out the tables is work that later calls are spared; calls that overlap share none.
        return self._idle.pop() if self._idle else VectorRun(self.plan, self.program, np)

    def _given_back(self, run: VectorRun, pieces: Iterator[bytes]) -> Iterator[bytes]:
        yield from pieces
        self._idle.append(run)


def records_of(
    writer: Writer, program: Program, count: int, *, vector_from: int = VECTOR_FROM
) -> ScalarRecords | VectorRecords:
    """Return the first ``count`` records of ``program`` with the engine that suits them.

    A plan that cannot be compiled because some entry cannot be written leaves the work to the
    scalar engine, which says so when, and only if, a record has that entry.
    """
    scalar = ScalarRecords(writer=writer, program=program, count=count)
    # Tables reach as far as the count that the program was compiled for.
    if count < vector_from or count > program.count:
        return scalar
    try:
        plan = writer.compile(program)
    except FormatError:
        return scalar
    if plan is None:
        return scalar
    return VectorRecords(framing=writer.framing, plan=plan, program=program, count=count)


def warm_up(records: Records) -> None:
    """Do what each of several processes would have to do first, so that all of them have it."""
    if isinstance(records, Warming):
        records.warm_up()


def measured(records: Records, start: int, stop: int) -> tuple[int, Iterator[bytes]]:
    """Return how many bytes records ``start`` to ``stop - 1`` have, and the bytes.

    These are made one piece at a time, and are held only where their length is not known before.

    Raises:
        FormatError: a value that cannot be written.
    """
    found = records.measured(start, stop) if isinstance(records, VectorRecords) else None
    if found is not None:
        return found
    pieces = list(records.pieces(start, stop))
    return sum(map(len, pieces)), iter(pieces)


def document(
    framing: Framing, pieces: Iterable[bytes], *, is_begun: bool = False
) -> Iterator[bytes]:
    """Yield a whole file from the pieces of its records, each record with its separator.

    ``is_begun``: head and some records were given before, and some are still to come.
    """
    held = b""
    started = is_begun
    for piece in pieces:
        yield held if started else framing.head
        started, held = True, piece
    if not started:
        yield framing.empty
        return
    yield held.removesuffix(framing.separator)
    yield framing.tail


def alone(writer: Writer, record: Mapping[str, Json], index: int) -> bytes:
    """Return a whole file that holds one record."""
    return writer.framing.head + encode_record(writer, record, index) + writer.framing.tail


def encode_record(writer: Writer, record: Mapping[str, Json], index: int) -> bytes:
    """Return the bytes of record ``index``; the path of an error begins with it."""
    try:
        return writer.encode(record)
    except FormatError as error:
        raise error.below(index) from error
