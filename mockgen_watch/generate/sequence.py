"""Takes sequences and indexes; gives columns of the digits of a record's or element's number."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.generate.column import Column, ColumnKind, Part
from mockgen_watch.generate.digits import Scaled, digit_parts, number_reader
from mockgen_watch.generate.drawn import Drawn
from mockgen_watch.generate.tables import LazyTable

if TYPE_CHECKING:
    from mockgen_watch.generate.cells import Cell, Cells, IntArray
    from mockgen_watch.generate.site import Site
    from mockgen_watch.spec.generators import RecordIndex, SequenceNumber


class RecordNumber(Drawn):
    """The index of the record."""

    __slots__ = ()

    def at(self, cell: Cell) -> int:
        """Return the index of one cell's record."""
        return cell.index

    def draw(self, cells: Cells) -> IntArray:
        """Return the indexes of a chunk's records."""
        return cells.index


class ElementNumber(Drawn):
    """The index of the element in its array, the innermost one."""

    __slots__ = ()

    def at(self, cell: Cell) -> int:
        """Return the index of one cell's element."""
        return cell.elements[-1]

    def draw(self, cells: Cells) -> IntArray:
        """Return the index of the chunk's element, once for each record."""
        index: IntArray = cells.xp.full(len(cells.a), cells.elements[-1], cells.xp.int64)
        return index


def sequence_column(sequence: SequenceNumber, site: Site) -> Column:
    """Return ``start + index * step``: text where it has a width or a prefix, else a number."""
    index = RecordNumber(max(site.count, 1))
    numbers = Scaled(index, index.size, sequence.start, sequence.step)
    parts = digit_parts(numbers, 0, width=sequence.width, is_open=True)
    if sequence.prefix:
        parts = (Part(table=(sequence.prefix,), stream=None), *parts)
    is_text = sequence.width > 0 or sequence.prefix != ""
    if is_text:
        return Column(kind=ColumnKind.TEXT, parts=parts)
    return Column(kind=ColumnKind.NUMBER, parts=parts, quick=number_reader(numbers, 0))


def index_column(index: RecordIndex, site: Site) -> Column:
    """Return the index of the record, or of the element in its array, as a number."""
    if not index.element:
        numbers = RecordNumber(max(site.count, 1))
        parts = digit_parts(Scaled(numbers, numbers.size, 0, 1), 0, is_open=True)
        return Column(kind=ColumnKind.NUMBER, parts=parts, quick=numbers.at)
    most = max(site.strides[-1], 1)
    part = Part(table=LazyTable(most, str), stream=ElementNumber(most))
    return Column(kind=ColumnKind.NUMBER, parts=(part,))
