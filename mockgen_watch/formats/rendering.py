"""Rendering: the records of an output as the bytes of whole files, by one of two engines.

The *scalar* engine reads one record at a time and encodes it; it needs no NumPy, and is faster as
long as importing NumPy takes longer than all records do. The *vector* engine runs a fragment plan
for a chunk of records at a time. Both give the same bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct, field
from msgspec.structs import replace

from mockgen_watch.errors import FindingsError
from mockgen_watch.formats.format import FormatError, Framing, Writer
from mockgen_watch.formats.fragments import FragmentPlan, Slot
from mockgen_watch.formats.vector import VectorRun
from mockgen_watch.generate.column import Program, record_at
from mockgen_watch.scenarios.labels import Label, label_lines, labelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from types import ModuleType

    from mockgen_watch.generate.address import IntArray
    from mockgen_watch.scenarios.source import Source
    from mockgen_watch.spec.document import Json


VECTOR_FROM: Final = 2000
"""From this many records on the vector engine is faster, NumPy's import included."""

BLOCK: Final = 8192
"""Records that are shared out among programs at a time."""

MAX_RUNS: Final = 16
"""Programs whose tables are kept for the next block."""

JOINED: Final = 64
"""Records in one piece."""


class Records(Protocol):
    """Anything that has bytes for its records: what an executor runs."""

    @property
    def framing(self) -> Framing: ...

    @property
    def count(self) -> int: ...

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes of records ``start`` to ``stop - 1``, each with its separator.

        Raises:
            FormatError: a value that cannot be written.
        """


class Warming(Struct, frozen=True):
    """Records that need something done before the first of them is made."""

    def warm_up(self) -> None: ...


class ScalarRecords(Struct, frozen=True, kw_only=True):
    """The records of a program, read and encoded one at a time."""

    writer: Writer
    program: Program
    count: int

    @property
    def framing(self) -> Framing:
        return self.writer.framing

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
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
        run = self._take_run()
        return self._with_return(run, run.bytes_of(start, stop))

    def measured(self, start: int, stop: int) -> tuple[int, Iterator[bytes]] | None:
        """Return how many bytes the records have, and the bytes; None where it is not known."""
        run = self._take_run()
        found = run.measured(start, stop)
        if found is None:
            self._idle.append(run)
            return None
        length, pieces = found
        return length, self._with_return(run, pieces)

    def warm_up(self) -> None:
        self._idle.append(self._take_run())

    def _take_run(self) -> VectorRun:
        """Return a run whose tables are laid out; calls that overlap share none."""
        return self._idle.pop() if self._idle else VectorRun(self.plan, self.program, _numpy())

    def _with_return(self, run: VectorRun, pieces: Iterator[bytes]) -> Iterator[bytes]:
        yield from pieces
        self._idle.append(run)


def _numpy() -> ModuleType:
    # It takes longer to import than a small job takes in all.
    import numpy as np

    return np


def records_of(
    writer: Writer, program: Program, count: int, *, vector_from: int = VECTOR_FROM
) -> ScalarRecords | VectorRecords:
    """Return the first ``count`` records of ``program`` with the engine that suits them.

    Where no plan can be compiled because some entry cannot be written, the scalar engine says so
    when, and only if, a record has that entry.
    """
    scalar = ScalarRecords(writer=writer, program=program, count=count)
    # Tables reach as far as the count that the program was compiled for.
    if count < vector_from or count > program.count:
        return scalar
    plan = _compile(writer, program)
    if plan is None:
        return scalar
    return VectorRecords(framing=writer.framing, plan=plan, program=program, count=count)


def _compile(writer: Writer, program: Program) -> FragmentPlan | None:
    try:
        return writer.compile(program)
    except FormatError:
        return None


def warm_up(records: Records) -> None:
    """Do what each of several processes would have to do first, so that all of them have it."""
    if isinstance(records, Warming):
        records.warm_up()


def measured(records: Records, start: int, stop: int) -> tuple[int, Iterator[bytes]]:
    """Return how many bytes records ``start`` to ``stop - 1`` have, and the bytes.

    The bytes are made piece by piece, and held only where their length is not known beforehand.

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


class CaseRecords(Warming, frozen=True, kw_only=True):
    """Records of several programs, or that are looked at one by one.

    Attributes:
        is_labelled: each of them holds its labels.
        labels: writes the label lines of records; None where there are none.
        vector_from: from this many records on programs make whole blocks.
        block: records that are shared out among programs at a time.
    """

    writer: Writer
    source: Source
    count: int
    is_labelled: bool = False
    labels: Writer | None = None
    vector_from: int = VECTOR_FROM
    block: int = BLOCK
    _idle: list[_Runs] = field(default_factory=list)

    @property
    def framing(self) -> Framing:
        return self.writer.framing

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        return (records for records, _ in self.pairs(start, stop))

    def pairs(self, start: int, stop: int) -> Iterator[tuple[bytes, bytes]]:
        """Yield the bytes of records ``start`` to ``stop - 1``, and the label lines of these."""
        is_small = self.count < self.vector_from or stop - start < JOINED
        if self.is_labelled or is_small:
            yield from map(self._record, range(start, stop))
            return
        np = _numpy()
        runs = self._idle.pop() if self._idle else _Runs(self.writer, np)
        for first in range(start, stop, self.block):
            last = min(first + self.block, stop)
            try:
                texts, lines = self._block(runs, np, first, last)
            except (FindingsError, FormatError):
                # The error must be that of the first record that is wrong.
                yield from map(self._record, range(first, last))
                raise
            for row in range(0, len(texts), JOINED):
                rows = slice(row, row + JOINED)
                yield b"".join(texts[rows]), b"".join(lines[rows])
        self._idle.append(runs)

    def warm_up(self) -> None:
        if not self.is_labelled and self.count >= self.vector_from:
            # Processes that are forked later share it.
            _numpy()

    def _record(self, index: int) -> tuple[bytes, bytes]:
        case = self.source.case_at(index)
        record = labelled(case) if self.is_labelled else case.record
        text = encode_record(self.writer, record, index) + self.framing.separator
        return text, self._lines(case, index)

    def _lines(self, label: Label, index: int) -> bytes:
        return b"" if self.labels is None else label_bytes_of(self.labels, label, index)

    def _block(
        self, runs: _Runs, xp: ModuleType, first: int, last: int
    ) -> tuple[list[bytes], list[bytes]]:
        """Return the bytes of each record, and its label lines or nothing."""
        indexes: IntArray = xp.arange(first, last, dtype=xp.int64)
        texts: list[bytes] = [b""] * len(indexes)
        lines = list(texts)
        for batch in self.source.batches(xp, indexes):
            rows, here = batch.rows.tolist(), indexes[batch.rows]
            run = runs.of(batch.program)
            if run is None:
                for row, index in zip(rows, here.tolist(), strict=True):
                    texts[row], lines[row] = self._record(index)
                continue
            for row, text in zip(rows, run.texts_of(here), strict=True):
                texts[row] = text
            if self.labels is not None:
                labels = batch.labels or map(self.source.label_at, here.tolist())
                for row, index, label in zip(rows, here.tolist(), labels, strict=True):
                    lines[row] = self._lines(label, index)
        return texts, lines


def label_bytes_of(writer: Writer, label: Label, index: int) -> bytes:
    """Return the label lines of record ``index``, as ``writer`` has them.

    Raises:
        FormatError: a value cannot be written.
    """
    end = writer.framing.separator
    return b"".join(
        [encode_record(writer, line, index) + end for line in label_lines(label, index)]
    )


class _Runs:
    """The programs of one output, laid out when they are first needed."""

    def __init__(self, writer: Writer, xp: ModuleType) -> None:
        self._writer = writer
        self._xp = xp
        self._runs: dict[Program, VectorRun | None] = {}
        self._tables: dict[tuple[bytes, ...], tuple[bytes, ...]] = {}

    def of(self, program: Program | None) -> VectorRun | None:
        """Return what runs ``program``; None where records have to be made one by one."""
        if program is None:
            return None
        if program not in self._runs:
            if len(self._runs) >= MAX_RUNS:
                self._runs.clear()
                self._tables.clear()
            self._runs[program] = self._lay_out(program)
        return self._runs[program]

    def _lay_out(self, program: Program) -> VectorRun | None:
        plan = _compile(self._writer, program)
        if plan is None:
            return None
        # Most tables are equal to those of other programs, and shared with them.
        slots = tuple(
            replace(slot, table=self._tables.setdefault(slot.table, slot.table))
            if isinstance(slot, Slot)
            else slot
            for slot in plan.slots
        )
        return VectorRun(replace(plan, slots=slots), program, self._xp, BLOCK // 4)
