"""Takes streams of states; gives one for what several of them decide together."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.generate.column import State
from mockgen_watch.generate.drawn import Drawn

if TYPE_CHECKING:
    from mockgen_watch.generate.cells import Cell, Cells, IntArray, Stream


class Nowhere(Drawn):
    """ABSENT, always."""

    __slots__ = ()

    def at(self, cell: Cell) -> int:
        """Return the state of one cell."""
        del cell
        return int(State.ABSENT)

    def draw(self, cells: Cells) -> IntArray:
        """Return the states of a chunk."""
        states: IntArray = cells.xp.full(len(cells.a), int(State.ABSENT), cells.xp.int64)
        return states


class FirstState(Drawn):
    """The state that the first stream draws; where that is PRESENT, the second's."""

    __slots__ = ("first", "second")

    def __init__(self, first: Stream, second: Stream) -> None:
        """Ask ``first``, then ``second``."""
        super().__init__(max(first.size, second.size))
        self.first = first
        self.second = second

    def at(self, cell: Cell) -> int:
        """Return the state of one cell."""
        return self.first.at(cell) or self.second.at(cell)

    def draw(self, cells: Cells) -> IntArray:
        """Return the states of a chunk."""
        first, second = self.first.over(cells), self.second.over(cells)
        states: IntArray = cells.xp.where(first == State.PRESENT, second, first)
        return states


def first_presence(*streams: Stream | None) -> Stream | None:
    """Return the states of what is there only when all of ``streams`` say so, the first first."""
    found: Stream | None = None
    for stream in reversed(streams):
        if stream is not None:
            found = stream if found is None else FirstState(stream, found)
    return found
