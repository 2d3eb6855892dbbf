"""Takes the plan of an output; gives the bytes of its files."""

from __future__ import annotations

import struct
from bisect import bisect_left
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.errors import FindingsError
from mockgen_watch.executors.base import PlacingExecutor
from mockgen_watch.formats import BUILTIN
from mockgen_watch.formats.base import FormatError, complete_options
from mockgen_watch.formats.fragments import SlowField
from mockgen_watch.formats.json import NDJSON
from mockgen_watch.formats.rendering import (
    CaseRecords,
    Warming,
    alone,
    document,
    label_bytes_of,
    records_of,
    warm_up,
)
from mockgen_watch.lock.paths import LABELS_SUFFIX, below, split_path
from mockgen_watch.scenarios.labels import labelled
from mockgen_watch.scenarios.source import compile_source
from mockgen_watch.spec.model import Labels, Layout
from mockgen_watch.storage.partial import Progress, Resumable, Spool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import BinaryIO, Final

    from mockgen_watch.executors.base import Executor
    from mockgen_watch.formats.base import Framing, Writer
    from mockgen_watch.formats.rendering import Records
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.scenarios.source import Case, RecordSources, Source
    from mockgen_watch.spec.document import Json

    Advance = Callable[[OutputPlan, int], None]


_LENGTHS: Final = struct.Struct("<QQ")
"""How many bytes of records, and of their lines, come next."""


def label_writer() -> Writer:
    """Return what writes the lines of labels."""
    return NDJSON.writer((), complete_options(NDJSON, ()), Layout.MULTIPLE)


class LabelRecords(Struct, frozen=True, kw_only=True):
    """What the records of an output show, as an executor runs it."""

    source: Source
    writer: Writer
    count: int

    @property
    def framing(self) -> Framing:
        """What stands around the lines."""
        return self.writer.framing

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the lines of records ``start`` to ``stop - 1``."""
        for index in range(start, stop):
            yield label_bytes_of(self.writer, self.source.told_at(index), index)


class TwofoldRecords(Warming, frozen=True, kw_only=True):
    """Records and the lines that tell of them, each made once; ``Aside`` takes them apart."""

    cases: CaseRecords

    @property
    def framing(self) -> Framing:
        """What stands around the records."""
        return self.cases.framing

    @property
    def count(self) -> int:
        """How many records there are."""
        return self.cases.count

    def warm_up(self) -> None:
        """Do what each process would have to do first."""
        self.cases.warm_up()

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield both parts of records ``start`` to ``stop - 1``, their lengths before them."""
        for records, lines in self.cases.pairs(start, stop):
            yield b"".join((_LENGTHS.pack(len(records), len(lines)), records, lines))


class Aside:
    """An executor that hands on the records of ``TwofoldRecords``, and puts their lines aside."""

    def __init__(self, executor: Executor, spool: Spool, writer: Writer) -> None:
        """Have the records made by ``executor``; ``writer`` is that of the lines."""
        self._executor = executor
        self._spool = spool
        self._writer = writer
        self._known = range(0)

    def twofold(self, cases: CaseRecords) -> TwofoldRecords:
        """Return ``cases`` such that ``run`` takes them: with the lines that tell of them."""
        return TwofoldRecords(cases=replace(cases, labels=self._writer))

    def run(
        self, records: Records, advance: Callable[[int], None], start: int = 0
    ) -> Iterator[bytes]:
        """Yield the bytes of all records from ``start`` on; see ``Executor``."""
        self._spool.clear()
        self._known = range(start, start)
        yield from self._parted(self._executor.run(records, advance, start))
        self._known = range(start, records.count)

    def note(self, case: Case, index: int) -> None:
        """Put aside what record ``index`` shows, which was made in another way."""
        if index == self._known.stop:
            self._spool.write(label_bytes_of(self._writer, case, index))
            self._known = range(self._known.start, index + 1)

    def lines(self, records: LabelRecords) -> Iterator[bytes]:
        """Yield the lines of all records: those put aside, and the others made now.

        An earlier run may have made the first records, and not all may have been asked for.
        """
        known = self._known
        yield from self._made(replace(records, count=known.start), 0)
        if known:
            yield from self._spool.blocks()
        yield from self._made(records, known.stop)

    def _made(self, records: LabelRecords, start: int) -> Iterable[bytes]:
        is_any = start < records.count
        return self._executor.run(records, lambda _: None, start) if is_any else ()

    def _parted(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        held = b""
        for piece in pieces:
            held += piece
            place = 0
            while len(held) - place >= _LENGTHS.size:
                records, lines = _LENGTHS.unpack_from(held, place)
                middle = place + _LENGTHS.size + records
                if middle + lines > len(held):
                    break
                self._spool.write(held[middle : middle + lines])
                yield held[middle - records : middle]
                place = middle + lines
            held = held[place:]


def label_document(plan: OutputPlan, source: Source, executor: Executor | Aside) -> Iterator[bytes]:
    """Yield the bytes of the file that tells what each record shows.

    Raises:
        FindingsError: a record cannot be made so that it keeps its promise.
    """
    count = 1 if plan.output.layout is Layout.SINGLE else plan.count
    records = LabelRecords(source=source, writer=label_writer(), count=count)
    if isinstance(executor, Aside):
        lines = executor.lines(records)
    else:
        lines = executor.run(records, lambda _: None)
    yield from document(records.framing, lines)


def cannot_write(plan: OutputPlan, error: FormatError) -> FindingsError:
    """Return the diagnostic of a value that a format cannot write."""
    diagnostic = Diagnostic(
        code=error.code,
        message=f"{plan.model}/{plan.scenario}{error}",
        location=plan.location,
        hint="change the value, or choose another format",
    )
    return FindingsError((diagnostic,))


class LargeFile(Resumable):
    """The bytes of a file of many records; see ``Resumable``."""

    def __init__(
        self,
        plan: OutputPlan,
        records: Records,
        executor: Executor,
        advance: Callable[[OutputPlan, int], None],
    ) -> None:
        """Have the ``records`` of ``plan`` made by ``executor``, and tell ``advance`` of them."""
        self.plan = plan
        self.records = records
        self.executor = executor
        self.advance = advance
        self.progress: Progress | None = None
        self._size = 0
        self._records = 0

    def begin(self, record: int) -> Iterator[bytes]:
        """Yield the bytes from ``record`` on; all of them from 0 on.

        Raises:
            FindingsError: a record cannot be written.
        """
        framing = self.records.framing
        self.progress, self._records = None, record
        self._size = 0 if record else len(framing.head)
        if record:
            self.advance(self.plan, record)
        try:
            pieces = self.executor.run(self.records, self._advance, record)
            yield from document(framing, self._counted(pieces), is_begun=record > 0)
        except FormatError as error:
            raise cannot_write(self.plan, error) from error

    def __iter__(self) -> Iterator[bytes]:
        """Yield all bytes."""
        return self.begin(0)

    def _counted(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._size += len(piece)
            yield piece

    def _advance(self, records: int) -> None:
        self.advance(self.plan, records)
        self._records += records
        # The separator behind the last record is none of the file's.
        if self._records < self.plan.count:
            self.progress = Progress(records=self._records, size=self._size)


WRITTEN: Final = 1 << 20
"""Bytes that are handed to an open file at a time, at least."""

LARGE: Final = 100_000
"""Records of an output that goes on where a stopped run came to; fewer are soon made anew."""


class PatchedRecords(Warming, frozen=True, kw_only=True):
    """Records that a program makes by chunks, but for those of which something is ``stated``."""

    plain: Records
    cases: CaseRecords
    stated: tuple[int, ...]

    @property
    def framing(self) -> Framing:
        """What stands around the records."""
        return self.plain.framing

    @property
    def count(self) -> int:
        """How many records there are."""
        return self.plain.count

    def warm_up(self) -> None:
        """Do what each process would have to do first."""
        warm_up(self.plain)

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        """Yield the bytes of records ``start`` to ``stop - 1``, a separator behind each."""
        for index in self.stated[bisect_left(self.stated, start) :]:
            if index >= stop:
                break
            if start < index:
                yield from self.plain.pieces(start, index)
            yield from self.cases.pieces(index, index + 1)
            start = index + 1
        if start < stop:
            yield from self.plain.pieces(start, stop)


class Production(Struct, frozen=True, kw_only=True):
    """An output made ready to be written.

    Attributes:
        plan: of the output.
        source: its records.
        writer: of its format and layout.
        aside: is to get what each record shows; None where nobody asks for it.
    """

    plan: OutputPlan
    source: Source
    writer: Writer
    aside: Aside | None = None

    def records(self) -> Records:
        """Return its records as an executor runs them."""
        cases = CaseRecords(
            writer=self.writer,
            source=self.source,
            count=self.plan.count,
            is_labelled=self.is_labelled,
        )
        if self.aside is not None:
            return self.aside.twofold(cases)
        if self.source.is_plain and not self.is_labelled:
            plain = records_of(self.writer, self.source.programs[0], self.plan.count)
            stated = self.source.stated
            return PatchedRecords(plain=plain, cases=cases, stated=stated) if stated else plain
        return cases

    @property
    def is_labelled(self) -> bool:
        """Return whether each record holds what it shows."""
        return self.plan.output.labels is Labels.INSIDE and self.source.is_promised

    def record_at(self, index: int) -> dict[str, Json]:
        """Return record ``index`` as it is written."""
        case = self.source.case_at(index)
        if self.aside is not None:
            self.aside.note(case, index)
        return labelled(case) if self.is_labelled else case.record


def prepare_production(plan: OutputPlan, sources: RecordSources | None = None) -> Production:
    """Compile ``plan``, unless that was done for ``sources``, and bind its format.

    Raises:
        FindingsError: a promise cannot be kept, or no record can be written this way.
    """
    form = BUILTIN[plan.output.format]
    source = compile_source(plan) if sources is None else sources.of(plan)
    options = complete_options(form, plan.output.options)
    try:
        writer = form.writer(source.programs, options, plan.output.layout)
    except FormatError as error:
        raise cannot_write(plan, error) from error
    return Production(plan=plan, source=source, writer=writer)


RECORD = "(record)"
"""In place of a field: what makes the whole record slow."""


def slow_fields(production: Production) -> tuple[SlowField, ...]:
    """Return the fields that take a Python loop a record when there are many, and why."""
    parts = production.source.parts
    found = {SlowField(field=RECORD, reason=part.slow): None for part in parts if part.slow}
    if production.is_labelled:
        found[SlowField(field=RECORD, reason="each record holds its label")] = None
    for program in production.source.programs:
        try:
            plan = production.writer.compile(program)
        except FormatError:
            # Some entry of a pool cannot be written; whoever generates will be told.
            continue
        found.update(dict.fromkeys(() if plan is None else plan.slow))
    return tuple(found)


def file_bytes(production: Production, executor: Executor, advance: Advance) -> Iterator[bytes]:
    """Yield the bytes of the one file of a single or multiple output, in order.

    Raises:
        FindingsError: a record cannot be written.
    """
    plan = production.plan
    try:
        if plan.output.layout is Layout.SINGLE:
            yield alone(production.writer, production.record_at(0), 0)
            advance(plan, 1)
            return
        records = production.records()
        pieces = executor.run(records, lambda done: advance(plan, done))
        yield from document(production.writer.framing, pieces)
    except FormatError as error:
        raise cannot_write(plan, error) from error


def write_file(
    production: Production, executor: Executor, file: BinaryIO, advance: Advance
) -> None:
    """Write the one file of a single or multiple output to an open ``file``.

    Raises:
        FindingsError: a record cannot be written.
    """
    plan = production.plan
    if isinstance(executor, PlacingExecutor) and plan.output.layout is Layout.MULTIPLE:
        file.flush()
        records = production.records()
        try:
            if executor.write(records, file.fileno(), lambda done: advance(plan, done)):
                return
        except FormatError as error:
            raise cannot_write(plan, error) from error
    file.writelines(_gathered(file_bytes(production, executor, advance)))


def _gathered(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of ``pieces`` in blocks: a file takes large ones in two thirds the time."""
    parts: list[bytes] = []
    length = 0
    for piece in pieces:
        parts.append(piece)
        length += len(piece)
        if length >= WRITTEN:
            yield b"".join(parts)
            parts.clear()
            length = 0
    yield b"".join(parts)


def output_files(
    plan: OutputPlan,
    wanted: Iterable[str],
    executor: Executor,
    advance: Advance,
    aside: str | None = None,
    sources: RecordSources | None = None,
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield path and bytes of the files of ``plan`` that are ``wanted``, in the order of records.

    Paths are relative to the output folder. The bytes of a file are to be taken before the next
    one is asked for; what has to wait until then may stand in a nameless file in ``aside``.
    ``sources``: see ``prepare_production``.

    Raises:
        FindingsError: a record cannot be written.
    """
    production = prepare_production(plan, sources)
    stem = below(plan.suite, f"{plan.model}/{plan.scenario}")
    suffix = BUILTIN[plan.output.format].suffix.removeprefix(".")
    paths = set(wanted)
    labels = stem + LABELS_SUFFIX
    if labels not in paths:
        paths.add(f"{stem}.{suffix}")
        yield from _record_files(production, (stem, suffix), paths, executor, advance)
        return
    if not production.source.has_faults or paths == {labels}:
        yield from _record_files(production, (stem, suffix), paths, executor, advance)
        yield labels, label_document(plan, production.source, executor)
        return
    with Spool(aside) as spool:
        setting = Aside(executor, spool, label_writer())
        both = replace(production, aside=setting)
        yield from _record_files(both, (stem, suffix), paths, setting, advance)
        yield labels, label_document(plan, production.source, setting)


def _record_files(
    production: Production,
    name: tuple[str, str],
    paths: set[str],
    executor: Executor,
    advance: Advance,
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield path and bytes of the files that hold records; ``name``: without suffix, and that."""
    plan = production.plan
    stem, suffix = name
    if plan.output.layout is not Layout.SPLIT:
        if f"{stem}.{suffix}" in paths:
            yield f"{stem}.{suffix}", _one_file(production, executor, advance)
        return
    for index in range(plan.count):
        path = split_path(stem, index + 1, suffix)
        if path in paths:
            yield path, iter((record_bytes(production, index),))
            advance(plan, 1)


def _one_file(production: Production, executor: Executor, advance: Advance) -> Iterable[bytes]:
    plan = production.plan
    if plan.output.layout is Layout.MULTIPLE and plan.count >= LARGE:
        return LargeFile(plan, production.records(), executor, advance)
    return file_bytes(production, executor, advance)


def record_bytes(production: Production, index: int) -> bytes:
    """Return a whole file that holds record ``index`` alone.

    Raises:
        FindingsError: it cannot be written.
    """
    try:
        return alone(production.writer, production.record_at(index), index)
    except FormatError as error:
        raise cannot_write(production.plan, error) from error
