"""Takes a stream and what the first records are to have; gives a stream that draws the others."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockgen_watch.generate.column import State
from mockgen_watch.generate.drawn import Drawn

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from mockgen_watch.generate.cells import Cell, Cells, IntArray, Stream
    from mockgen_watch.plan.model import Draw, FirstChoices

    Choices = Mapping[tuple[int, ...], tuple[bytes | None, ...]]
    """Element indexes → what the first records choose there; None where it is drawn."""

DRAWN: Final = -1

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
        """Take for each of the elements in ``tables`` the numbers there, but ``DRAWN`` ones."""
        super().__init__(source.size)
        self.source = source
        self.tables = tables

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        table = self.tables.get(cell.elements, ())
        given = table[cell.index] if cell.index < len(table) else DRAWN
        return self.source.at(cell) if given == DRAWN else given

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        numbers = self.source.over(cells)
        table = self.tables.get(cells.elements, ())
        early = cells.xp.flatnonzero(cells.index < len(table))
        if not len(early):
            return numbers
        given = cells.xp.array(table, cells.xp.int64).take(cells.index[early])
        is_given = given != DRAWN
        numbers = numbers.copy()
        numbers[early[is_given]] = given[is_given]
        return numbers


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
