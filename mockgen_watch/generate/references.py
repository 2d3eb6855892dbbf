"""Takes the count of parent records; gives the parent of each cell, and the way to it.

The parent's index is drawn at the child's cell; its values are then drawn anew at the parent's own
cell, by the parent's own streams. So the parent need not be written anywhere, and always has the
value. Fields of one object that refer to the same parent records share the draw.

A parent more or less moves the fewest children that it can: Lamping and Veach, "A fast, minimal
memory, consistent hash algorithm" (jump consistent hash), 2014, here with 53 bits for each jump.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.generate.address import (
    MASK64,
    cells_of_key,
    encode_parts,
    outer_cell,
    outer_cells,
    record_cell,
)
from mockgen_watch.generate.column import Column, Part
from mockgen_watch.generate.streams import Drawn, word_at
from mockgen_watch.generate.unique import Permuted, Position

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Final

    from mockgen_watch.generate.address import Cell, Cells, Constants, IntArray, Stream
    from mockgen_watch.generate.site import Site
    from mockgen_watch.generate.streams import Level
    from mockgen_watch.spec.document import Json


_STEP: Final = 2862933555777941757
_SHIFT: Final = 11
_UNIT: Final = 2.0**-53


def parent_index(home: Site, names: tuple[str, ...], count: int) -> Stream:
    """Return the draw of one of ``count`` parents, at the object ``home`` that holds the fields.

    ``names`` tell the parent's suite, model and scenario.
    """
    identity = encode_parts(*names)
    if home.unique:
        return Permuted(count, home.address.key("reference", identity), Position(home.strides))
    high, low = (home.address.constants(f"reference/{n}", identity) for n in (0, 1))
    return Jump(count, high, low, home.level)


class Jump(Drawn):
    """Numbers below ``size``, each equally likely; to raise ``size`` by one moves 1 / size."""

    __slots__ = ("high", "low")

    def __init__(
        self, size: int, high: Constants, low: Constants, level: Level | None = None
    ) -> None:
        """Draw numbers below ``size``, 1 or more; ``high`` and ``low`` give 64 bits to begin."""
        super().__init__(size)
        self.high = word_at(high, level)
        self.low = word_at(low, level)

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        key = self.high.at(cell) << 32 | self.low.at(cell)
        number = 0
        while True:
            key = (key * _STEP + 1) & MASK64
            further = (number + 1) / (((key >> _SHIFT) + 1) * _UNIT)
            if further >= self.size:
                return number
            number = int(further)

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk; those that still jump get fewer with each turn."""
        xp = cells.xp
        key = self.high.over(cells).astype(xp.uint64)
        key <<= xp.uint64(32)
        key |= self.low.over(cells)
        numbers: IntArray = xp.zeros(len(key), xp.int64)
        active = xp.arange(len(key))
        while len(active):
            key *= xp.uint64(_STEP)
            key += xp.uint64(1)
            chance = ((key >> xp.uint64(_SHIFT)) + xp.uint64(1)).astype(xp.float64) * _UNIT
            further = (numbers.take(active) + 1) / chance
            goes_on = further < self.size
            active, key = active[goes_on], key[goes_on]
            numbers[active] = further[goes_on].astype(xp.int64)
        return numbers


class Parent:
    """The way from a child's cell to its parent's."""

    __slots__ = ("index", "key")

    def __init__(self, index: Stream, key: int) -> None:
        """Take the draw of the parent's index and the base key of the parent's records."""
        self.index = index
        self.key = key

    def cell(self, cell: Cell) -> Cell:
        """Return the parent's cell."""
        known = cell.related.get(id(self))
        if known is None:
            known = cell.related[id(self)] = record_cell(self.key, self.index.at(cell))
        return known

    def cells(self, cells: Cells) -> Cells:
        """Return the parents' cells of a chunk, one for each child."""
        known = cells.related.get(id(self))
        if known is None:
            known = cells_of_key(self.key, cells.xp, self.index.over(cells))
            cells.related[id(self)] = known
        return known


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
