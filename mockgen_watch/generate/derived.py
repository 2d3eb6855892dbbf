"""Takes a stream and a piece of whole-number arithmetic; gives the stream of its results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from mockgen_watch.generate.drawn import Drawn

if TYPE_CHECKING:
    from typing import TypeVar

    from mockgen_watch.generate.cells import Cell, Cells, IntArray, Stream

    Whole = TypeVar("Whole", int, "IntArray")
    """A Python integer or an array of them."""


class Arithmetic(Protocol):
    """Arithmetic that is the same for one number and for an array of them."""

    def __call__(self, number: Whole, /) -> Whole:
        """Return the result for ``number``."""
        ...


class Derived(Drawn):
    """What ``change`` makes of the numbers that another stream draws."""

    __slots__ = ("change", "source")

    def __init__(self, source: Stream, change: Arithmetic, size: int) -> None:
        """Change the numbers of ``source`` to numbers below ``size``."""
        super().__init__(size)
        self.source = source
        self.change = change

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        return self.change(self.source.at(cell))

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        return self.change(self.source.over(cells))
