"""Takes a stream and what the first records are to have; gives a stream that draws the others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.generate.column import State
from mockgen_watch.generate.drawn import Drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from typing import Final

    from mockgen_watch.generate.cells import Cell, Cells, IntArray, Stream
    from mockgen_watch.plan.model import Draw, FirstChoices

    Choices = Mapping[tuple[int, ...], tuple[bytes | None, ...]]
    """Element indexes → what the first records choose there; None where it is drawn."""

DRAWN: Final = -1

INNER: Final = -2
"""Drawn, and not among the ``ENDS`` at either end."""

ENDS: Final = 2
"""Numbers at each end of a range that are its boundaries."""

INSIDE: Final = b"inside"
"""The name of ``INNER``, as ``FirstChoices`` has it."""

STATES: Final = {
    b"present": int(State.PRESENT),
    b"null": int(State.NULL),
    b"absent": int(State.ABSENT),
}
"""The names of states, as ``FirstChoices`` has them."""


class Beginning(Drawn):
    """Numbers that are given for the first records, and drawn by another stream for the others."""

    __slots__ = ("source", "tables")

    def __init__(self, source: Stream, tables: Mapping[tuple[int, ...], tuple[int, ...]]) -> None:
        """Take for each of the elements in ``tables`` the numbers there, ``DRAWN`` or ``INNER``."""
        super().__init__(source.size)
        self.source = source
        self.tables = tables

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        table = self.tables.get(cell.elements, ())
        given = table[cell.index] if cell.index < len(table) else DRAWN
        if given >= 0:
            return given
        number = self.source.at(cell)
        is_end = number < ENDS or number >= self.size - ENDS
        return self._moved(number, cell.index) if given == INNER and is_end else number

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        numbers = self.source.over(cells)
        table = self.tables.get(cells.elements, ())
        early = cells.xp.flatnonzero(cells.index < len(table))
        if not len(early):
            return numbers
        given = cells.xp.array(table, cells.xp.int64).take(cells.index[early])
        numbers = numbers.copy()
        numbers[early[given >= 0]] = given[given >= 0]
        for row in early[given == INNER].tolist():
            number = int(numbers[row])
            if number < ENDS or number >= self.size - ENDS:
                numbers[row] = self._moved(number, int(cells.index[row]))
        return numbers

    def _moved(self, number: int, index: int) -> int:
        """Return the number inside that takes the place of one at an end."""
        return ENDS + (number + index) % (self.size - 2 * ENDS)


def begin(source: Stream, choices: Choices, number_of: Callable[[bytes], int | None]) -> Stream:
    """Return ``source`` but for the first records, whose choices ``number_of`` turns to numbers.

    What it knows no number of is no choice of this stream, and drawn.
    """
    if not choices:
        return source
    known: dict[bytes | None, int] = {None: DRAWN}
    for name in {name for names in choices.values() for name in names if name is not None}:
        number = number_of(name)
        known[name] = DRAWN if number is None else number
    tables = {
        elements: tuple([known[name] for name in names]) for elements, names in choices.items()
    }
    return Beginning(source, tables)


def choices_by_place(first: Iterable[FirstChoices]) -> dict[tuple[Draw, tuple[str, ...]], Choices]:
    """Return what is chosen for each draw and path, by elements."""
    found: dict[tuple[Draw, tuple[str, ...]], dict[tuple[int, ...], tuple[bytes | None, ...]]] = {}
    for item in first:
        found.setdefault((item.draw, item.path), {})[item.elements] = item.choices
    return dict(found)
