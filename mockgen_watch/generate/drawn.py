"""Takes streams; gives what all of them share: a chunk is drawn once, and numbers are looked up."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mockgen_watch.generate.cells import Cell, Cells, IntArray, Stream


class Drawn:
    """A stream that draws a chunk's numbers once: ``draw`` makes them, ``over`` remembers them."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        """Promise numbers from 0 to ``size - 1``."""
        self.size = size

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        raise NotImplementedError

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk, int64[n]."""
        raise NotImplementedError

    def over(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk, int64[n], not to be written to."""
        known = cells.drawn.get(id(self))
        if known is None:
            known = cells.drawn[id(self)] = self.draw(cells)
        return known


class Shared(Drawn):
    """A stream that several parts of one column, or several columns, ask: one draw a cell."""

    __slots__ = ("source",)

    def __init__(self, source: Stream) -> None:
        """Remember what ``source`` draws."""
        super().__init__(source.size)
        self.source = source

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        known = cell.drawn.get(id(self))
        if known is None:
            known = cell.drawn[id(self)] = self.source.at(cell)
        return known

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        return self.source.over(cells)


class Lookup(Drawn):
    """``numbers[n]`` of the number n that another stream draws."""

    __slots__ = ("numbers", "source")

    def __init__(self, source: Stream, numbers: tuple[int, ...], size: int) -> None:
        """Turn the numbers of ``source`` into ``numbers``, which are all below ``size``."""
        super().__init__(size)
        self.source = source
        self.numbers = numbers

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        return self.numbers[self.source.at(cell)]

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        table = cells.xp.array(self.numbers, cells.xp.int64)
        found: IntArray = table.take(self.source.over(cells))
        return found
