"""Takes a column and a way to another cell; gives the column as it is drawn there.

An element of an array may show a field of the record around it; a record, a field of its parent.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.generate.cells import outer_cell
from mockgen_watch.generate.chunks import outer_cells
from mockgen_watch.generate.column import Column, Part
from mockgen_watch.generate.drawn import Drawn

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockgen_watch.generate.cells import Cell, Cells, IntArray, Stream
    from mockgen_watch.spec.document import Json


class Elsewhere(Protocol):
    """The way from a cell to another."""

    def cell(self, cell: Cell, /) -> Cell:
        """Return the other cell."""
        ...

    def cells(self, cells: Cells, /) -> Cells:
        """Return the other cell of each of a chunk."""
        ...


class Outside(Struct, frozen=True):
    """The way from an element to the cell around it that lies in ``depth`` arrays."""

    depth: int

    def cell(self, cell: Cell) -> Cell:
        """Return the cell around ``cell``."""
        return outer_cell(cell, self.depth)

    def cells(self, cells: Cells) -> Cells:
        """Return the cells around those of a chunk."""
        return outer_cells(cells, self.depth)


class Moved(Drawn):
    """What a stream draws at another cell."""

    __slots__ = ("source", "way")

    def __init__(self, source: Stream, way: Elsewhere) -> None:
        """Ask ``source`` where ``way`` leads."""
        super().__init__(source.size)
        self.source = source
        self.way = way

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        return self.source.at(self.way.cell(cell))

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        return self.source.over(self.way.cells(cells))


def moved_column(column: Column, way: Elsewhere) -> Column:
    """Return ``column`` for cells from which ``way`` leads to those that it is drawn at."""
    parts = tuple(
        part if part.stream is None else Part(table=part.table, stream=Moved(part.stream, way))
        for part in column.parts
    )
    presence = None if column.presence is None else Moved(column.presence, way)
    read = None if column.read is None else _moved_read(column.read, way)
    quick = None if column.quick is None else _moved_read(column.quick, way)
    units = None if column.units is None else Moved(column.units, way)
    return replace(column, parts=parts, presence=presence, read=read, quick=quick, units=units)


def _moved_read(read: Callable[[Cell], Json], way: Elsewhere) -> Callable[[Cell], Json]:
    return lambda cell: read(way.cell(cell))
