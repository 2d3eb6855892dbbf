"""Takes addresses; gives the cells that streams draw for: one (scalar) or a whole chunk (vector).

A *cell* is a record index, the element index of every array around it, and the two 32-bit lanes
that ``generate.address`` mixes from them. Both kinds carry the same numbers, so every stream has
two methods that must agree: ``at(cell) -> int`` in plain Python integers, the reference, and
``over(cells) -> array`` for a chunk. NumPy arrives as ``cells.xp``, so that no module below needs
to import it and small jobs never do.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    IntArray = NDArray[np.int64]
    LaneArray = NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Cell:
    """One address: the record, the elements on the way to it, and its lanes (each 0 to 2**32-1)."""

    index: int
    elements: tuple[int, ...]
    a: int
    b: int


@dataclass(slots=True, eq=False)
class Cells:
    """A chunk of addresses, one for each of ``n`` record indexes (any integers, any order).

    Attributes:
        xp: the NumPy module.
        index: int64[n], the record indexes.
        elements: the element indexes, the same for the whole chunk, outermost first.
        a, b: uint32[n], the lanes.
        scratch: arrays that streams may reuse, by name; shared by all cells of a run.
        drawn: what streams already drew for these cells, by ``id`` of the stream.
    """

    xp: ModuleType
    index: IntArray
    elements: tuple[int, ...]
    a: LaneArray
    b: LaneArray
    scratch: dict[str, LaneArray]
    drawn: dict[int, IntArray] = field(default_factory=dict)


class Stream(Protocol):
    """Integers by address. ``over`` may return a view that lives until the next chunk."""

    size: int
    """Every number drawn is at least 0 and less than this."""

    def at(self, cell: Cell) -> int:
        """Return the number of one cell, in plain Python integers."""

    def over(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk, int64[n]; memoised in ``cells.drawn`` where shared."""
