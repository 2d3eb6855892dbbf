"""Rendering: the bytes of an output's files, made from its plan.

An output has one file, or one for each record, and perhaps a file of labels beside them: a line
for each record that says which rules it breaks and what else it shows. What a broken record shows
is known once it is made, which takes long. So its label is made with its bytes, by whichever
process makes these, and put aside until the file of labels is asked for.
"""

from __future__ import annotations

import struct
from bisect import bisect_left
from typing import TYPE_CHECKING, BinaryIO, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.errors import FindingsError
from mockgen_watch.executors import Executor, PlacingExecutor
from mockgen_watch.formats import BUILTIN, rendering
from mockgen_watch.formats.format import FormatError, Framing, Writer, complete_options
from mockgen_watch.formats.fragments import SlowField
from mockgen_watch.formats.styles import NDJSON
from mockgen_watch.lock.paths import LABELS_SUFFIX, split_path
from mockgen_watch.scenarios.labels import Case, labelled
from mockgen_watch.scenarios.source import RecordSources, Source, compile_source
from mockgen_watch.spec.model import Labels, Layout
from mockgen_watch.storage.partial import Progress, Resumable, Spool
from mockgen_watch.workflow.targets import plan_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.spec.document import Json

    Advance = Callable[[OutputPlan, int], None]
    """Called with the number of further records of an output that were made."""


WHOLE_RECORD = "(record)"
"""In place of a field: what makes the whole record slow."""

LARGE: Final = 100_000
"""From this many records on a stopped run is resumed; fewer are soon made again."""

_BLOCK: Final = 1 << 20
"""Bytes that are handed to an open file at a time, at least."""


class Production(Struct, frozen=True, kw_only=True):
    """An output that is ready to be rendered; ``collector`` gets the label of each record."""

    plan: OutputPlan
    source: Source
    writer: Writer
    collector: LabelCollector | None = None

    @property
    def is_labelled(self) -> bool:
        """Whether each record holds its own label."""
        return self.plan.output.labels is Labels.INSIDE and self.source.is_promised

    def records(self) -> rendering.Records:
        """Return its records as an executor runs them."""
        kind = rendering.CaseRecords if self.collector is None else _RecordsWithLabels
        cases = kind(
            writer=self.writer,
            source=self.source,
            count=self.plan.count,
            is_labelled=self.is_labelled,
            labels=None if self.collector is None else label_writer(),
        )
        if self.collector is not None:
            return cases
        if self.source.is_plain and not self.is_labelled:
            plain = rendering.records_of(self.writer, self.source.programs[0], self.plan.count)
            stated = self.source.stated
            return PatchedRecords(plain=plain, cases=cases, stated=stated) if stated else plain
        return cases

    def record_at(self, index: int) -> dict[str, Json]:
        """Return record ``index`` as it is written."""
        case = self.source.case_at(index)
        if self.collector is not None:
            self.collector.note(case, index)
        return labelled(case) if self.is_labelled else case.record


def suffix_of(plan: OutputPlan) -> str:
    """Return what the names of an output's files end with, without the dot."""
    return BUILTIN[plan.output.format].suffix.removeprefix(".")


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
        raise _cannot_write(plan, error) from error
    return Production(plan=plan, source=source, writer=writer)


def _cannot_write(plan: OutputPlan, error: FormatError) -> FindingsError:
    diagnostic = Diagnostic(
        code=error.code,
        message=f"{plan.model}/{plan.scenario}{error}",
        location=plan.location,
        hint="change the value, or choose another format",
    )
    return FindingsError((diagnostic,))


def slow_fields(production: Production) -> tuple[SlowField, ...]:
    """Return the fields that need a Python loop for each record of a large output, and why."""
    parts = production.source.parts
    found = {SlowField(field=WHOLE_RECORD, reason=part.slow): None for part in parts if part.slow}
    if production.is_labelled:
        found[SlowField(field=WHOLE_RECORD, reason="each record holds its label")] = None
    for program in production.source.programs:
        try:
            plan = production.writer.compile(program)
        except FormatError:
            # Some entry of a pool cannot be written, which is reported when it is generated.
            continue
        found.update(dict.fromkeys(() if plan is None else plan.slow))
    return tuple(found)


def output_files(
    production: Production,
    wanted: Iterable[str],
    executor: Executor,
    advance: Advance,
    spool_folder: str | None = None,
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield path and bytes of the files of an output that are ``wanted``, in the order of records.

    Paths are relative to the output folder. The bytes of a file have to be consumed before the
    next file is asked for. Labels that wait for that may go to a nameless file in
    ``spool_folder``.

    Raises:
        FindingsError: a record cannot be written.
    """
    plan, source = production.plan, production.source
    paths = set(wanted)
    labels = plan_name(plan) + LABELS_SUFFIX
    if labels not in paths:
        paths.add(f"{plan_name(plan)}.{suffix_of(plan)}")
        yield from _record_files(production, paths, executor, advance)
    elif not source.has_faults or paths == {labels}:
        yield from _record_files(production, paths, executor, advance)
        yield labels, label_document(plan, source, executor)
    else:
        with Spool(spool_folder) as spool:
            collector = LabelCollector(executor, spool)
            both = replace(production, collector=collector)
            yield from _record_files(both, paths, collector, advance)
            yield labels, label_document(plan, source, collector)


def _record_files(
    production: Production, paths: set[str], executor: Executor, advance: Advance
) -> Iterator[tuple[str, Iterable[bytes]]]:
    """Yield those of ``paths`` that hold records."""
    plan = production.plan
    stem, suffix = plan_name(plan), suffix_of(plan)
    if plan.output.layout is not Layout.SPLIT:
        if f"{stem}.{suffix}" in paths:
            is_large = plan.output.layout is Layout.MULTIPLE and plan.count >= LARGE
            make = RecordsFile if is_large else file_bytes
            yield f"{stem}.{suffix}", make(production, executor, advance)
        return
    for index in range(plan.count):
        path = split_path(stem, index + 1, suffix)
        if path in paths:
            yield path, iter((record_bytes(production, index),))
            advance(plan, 1)


def file_bytes(production: Production, executor: Executor, advance: Advance) -> Iterator[bytes]:
    """Yield the bytes of the one file of a single or multiple output, in order.

    Raises:
        FindingsError: a record cannot be written.
    """
    if production.plan.output.layout is Layout.MULTIPLE:
        yield from RecordsFile(production, executor, advance)
        return
    yield record_bytes(production, 0)
    advance(production.plan, 1)


def record_bytes(
    production: Production,
    index: int,
    shaped: Callable[[dict[str, Json]], dict[str, Json]] = dict,
) -> bytes:
    """Return a whole file that holds record ``index`` alone, as ``shaped`` returns it.

    Raises:
        FindingsError: it cannot be written.
    """
    try:
        record = shaped(production.record_at(index))
        return rendering.alone(production.writer, record, index)
    except FormatError as error:
        raise _cannot_write(production.plan, error) from error


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
        place = file.fileno()
        try:
            if executor.write(production.records(), place, lambda done: advance(plan, done)):
                return
        except FormatError as error:
            raise _cannot_write(plan, error) from error
    file.writelines(_blocks(file_bytes(production, executor, advance)))


def _blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of ``pieces`` in large blocks, which a file takes faster."""
    block = bytearray()
    for piece in pieces:
        block += piece
        if len(block) >= _BLOCK:
            yield bytes(block)
            block.clear()
    yield bytes(block)


class PatchedRecords(rendering.Warming, frozen=True, kw_only=True):
    """Records that a program makes by chunks, except those of which something is ``stated``."""

    plain: rendering.Records
    cases: rendering.CaseRecords
    stated: tuple[int, ...]

    @property
    def framing(self) -> Framing:
        return self.plain.framing

    @property
    def count(self) -> int:
        return self.plain.count

    def warm_up(self) -> None:
        rendering.warm_up(self.plain)

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        for index in self.stated[bisect_left(self.stated, start) :]:
            if index >= stop:
                break
            if start < index:
                yield from self.plain.pieces(start, index)
            yield from self.cases.pieces(index, index + 1)
            start = index + 1
        if start < stop:
            yield from self.plain.pieces(start, stop)


class RecordsFile(Resumable):
    """The bytes of a file of several records, which can begin at any of them."""

    def __init__(self, production: Production, executor: Executor, advance: Advance) -> None:
        self.progress: Progress | None = None
        self._plan = production.plan
        self._source_records = production.records()
        self._executor = executor
        self._advance = advance
        self._size = 0
        self._records = 0

    def begin(self, record: int) -> Iterator[bytes]:
        """Yield the bytes from ``record`` on; all of them from 0 on.

        Raises:
            FindingsError: a record cannot be written.
        """
        framing = self._source_records.framing
        self.progress, self._records = None, record
        self._size = 0 if record else len(framing.head)
        if record:
            self._advance(self._plan, record)
        try:
            pieces = self._executor.run(self._source_records, self._count_records, record)
            yield from rendering.document(framing, self._count_bytes(pieces), is_begun=record > 0)
        except FormatError as error:
            raise _cannot_write(self._plan, error) from error

    def _count_bytes(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._size += len(piece)
            yield piece

    def _count_records(self, records: int) -> None:
        self._advance(self._plan, records)
        self._records += records
        # The file does not have the separator that comes after the last record.
        if self._records < self._plan.count:
            self.progress = Progress(records=self._records, size=self._size)


_LENGTHS: Final = struct.Struct("<QQ")
"""The numbers of bytes of records, and of their labels, that come next."""


class _RecordsWithLabels(rendering.CaseRecords, frozen=True, kw_only=True):
    """Records and their labels, made together; ``LabelCollector`` takes them apart."""

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        for records, lines in self.pairs(start, stop):
            yield b"".join((_LENGTHS.pack(len(records), len(lines)), records, lines))


class LabelCollector:
    """An executor of records with labels: it hands on the records and puts their labels aside."""

    def __init__(self, executor: Executor, spool: Spool) -> None:
        self._writer = label_writer()
        self._executor = executor
        self._spool = spool
        self._collected = range(0)

    def run(
        self, records: rendering.Records, advance: Callable[[int], None], start: int = 0
    ) -> Iterator[bytes]:
        self._spool.clear()
        self._collected = range(start, start)
        yield from self._take_apart(self._executor.run(records, advance, start))
        self._collected = range(start, records.count)

    def note(self, case: Case, index: int) -> None:
        """Put aside the label of record ``index``, which was made without ``run``."""
        if index == self._collected.stop:
            self._spool.write(rendering.label_bytes_of(self._writer, case, index))
            self._collected = range(self._collected.start, index + 1)

    def lines(self, labels: _LabelRecords) -> Iterator[bytes]:
        """Yield the lines of all records: those put aside, and the others made now.

        The first records may have been made by an earlier run, and the last ones not asked for.
        """
        collected = self._collected
        yield from self._made(replace(labels, count=collected.start), 0)
        if collected:
            yield from self._spool.blocks()
        yield from self._made(labels, collected.stop)

    def _made(self, labels: _LabelRecords, start: int) -> Iterable[bytes]:
        is_any = start < labels.count
        return self._executor.run(labels, lambda _: None, start) if is_any else ()

    def _take_apart(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        data = b""
        for piece in pieces:
            data += piece
            place = 0
            while len(data) - place >= _LENGTHS.size:
                records, lines = _LENGTHS.unpack_from(data, place)
                middle = place + _LENGTHS.size + records
                if middle + lines > len(data):
                    break
                self._spool.write(data[middle : middle + lines])
                yield data[middle - records : middle]
                place = middle + lines
            data = data[place:]


class _LabelRecords(Struct, frozen=True, kw_only=True):
    """The labels of an output's records, as an executor runs them."""

    source: Source
    writer: Writer
    count: int

    @property
    def framing(self) -> Framing:
        return self.writer.framing

    def pieces(self, start: int, stop: int) -> Iterator[bytes]:
        for index in range(start, stop):
            yield rendering.label_bytes_of(self.writer, self.source.label_at(index), index)


def label_writer() -> Writer:
    """Return what writes labels: a line of JSON for each."""
    return NDJSON.writer((), complete_options(NDJSON, ()), Layout.MULTIPLE)


def label_document(
    plan: OutputPlan, source: Source, executor: Executor | LabelCollector
) -> Iterator[bytes]:
    """Yield the bytes of the file of labels.

    Raises:
        FindingsError: a record cannot be made so that it keeps its promise.
    """
    count = 1 if plan.output.layout is Layout.SINGLE else plan.count
    labels = _LabelRecords(source=source, writer=label_writer(), count=count)
    if isinstance(executor, LabelCollector):
        lines = executor.lines(labels)
    else:
        lines = executor.run(labels, lambda _: None)
    yield from rendering.document(labels.framing, lines)
