"""Takes an output ready to be written; gives the bytes of the file that tells of its records.

What a broken record shows is known once it is made, and to break it takes long. So its lines are
made together with its bytes, by whichever process makes these, and put aside until they are wanted.
"""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.formats.base import complete_options
from mockgen_watch.formats.json import NDJSON
from mockgen_watch.formats.records import Warming, document, label_bytes_of
from mockgen_watch.spec.model import Layout

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Final

    from mockgen_watch.executors.base import Executor
    from mockgen_watch.formats.base import Framing, Writer
    from mockgen_watch.formats.records import CaseRecords, Records
    from mockgen_watch.plan.model import OutputPlan
    from mockgen_watch.scenarios.source import Case, Source
    from mockgen_watch.storage.partial import Spool


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
