"""Takes addresses; gives the cells that streams draw for: one (scalar) or a whole chunk (vector).

A *cell* is a record index, the element index of every array around it, and the two 32-bit lanes
that ``generate.address`` mixes from them. Both kinds carry the same numbers, so every stream has
two methods that must agree: ``at(cell) -> int`` in plain Python integers, the reference, and
``over(cells) -> array`` for a chunk. NumPy arrives as ``cells.xp``, so that no module below needs
to import it and small jobs never do.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from msgspec import Struct, field

from mockgen_watch.generate.address import lanes_of_element, lanes_of_record

if TYPE_CHECKING:
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]
    LaneArray = NDArray[np.uint32]


class Cell(Struct, eq=False):
    """One address: the record, the elements on the way to it, and its lanes (each 0 to 2**32-1).

    Attributes:
        index: of the record.
        elements: the element indexes, outermost first.
        a, b: the lanes.
        outer: the cell of the array that this is an element of; None for a record.
        drawn: what streams that several parts share already drew for this cell, by ``id``.
        scores: the scores and words that banks already computed for this cell, by ``id``.
        related: the cells of parent records that references already found, by ``id``.
    """

    index: int
    elements: tuple[int, ...]
    a: int
    b: int
    outer: Cell | None = None
    drawn: dict[int, int] = field(default_factory=dict)
    scores: dict[int, tuple[int, ...]] = field(default_factory=dict)
    related: dict[int, Cell] = field(default_factory=dict)


class Cells(Struct, eq=False):
    """A chunk of addresses, one for each of ``n`` record indexes (any integers, any order).

    Attributes:
        xp: the NumPy module.
        index: int64[n], the record indexes.
        elements: the element indexes, the same for the whole chunk, outermost first.
        a, b: uint32[n], the lanes.
        scratch: arrays that streams may reuse, by name; shared by all cells of a chunk.
        outer: the cells of the array that these are elements of; None for records.
        below: the cells of elements that were asked for already, by element index.
        related: the cells of parent records that references already found, by ``id``.
        drawn: what streams already drew for these cells, by ``id`` of the stream.
    """

    xp: ModuleType
    index: IntArray
    elements: tuple[int, ...]
    a: LaneArray
    b: LaneArray
    scratch: dict[str, LaneArray]
    outer: Cells | None = None
    below: dict[int, Cells] = field(default_factory=dict)
    related: dict[int, Cells] = field(default_factory=dict)
    drawn: dict[int, IntArray] = field(default_factory=dict)


class Stream(Protocol):
    """Integers by address. ``over`` may return a view that lives until the next chunk."""

    @property
    def size(self) -> int:
        """Every number drawn is at least 0 and less than this."""

    def at(self, cell: Cell) -> int:
        """Return the number of one cell, in plain Python integers."""

    def over(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk, int64[n], not to be written to."""


def record_cell(key: int, index: int) -> Cell:
    """Return the cell of record ``index`` of the model whose base key is ``key``."""
    a, b = lanes_of_record(key, index)
    return Cell(index, (), a, b)


def cell_of_element(cell: Cell, element: int) -> Cell:
    """Return the cell of an element of an array that is drawn at ``cell``."""
    a, b = lanes_of_element(cell.a, cell.b, element)
    return Cell(cell.index, (*cell.elements, element), a, b, cell)


def outer_cell(cell: Cell, depth: int) -> Cell:
    """Return the cell around ``cell`` that lies in ``depth`` arrays; itself when it does."""
    while len(cell.elements) > depth and cell.outer is not None:
        cell = cell.outer
    return cell
