"""Takes a leaf and where it is; gives what the compilers of generators ask about that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.generate.address import Address
from mockgen_watch.generate.column import State
from mockgen_watch.generate.streams import Drawn, uniform
from mockgen_watch.generate.unique import unique

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Final

    from mockgen_watch.generate.address import Cell, Cells, IntArray, Stream
    from mockgen_watch.generate.streams import Level, Word
    from mockgen_watch.plan.model import Draw, FirstChoices

    Choices = Mapping[tuple[int, ...], tuple[bytes | None, ...]]

    """Element indexes → what the first records choose there; None where it is drawn."""


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


class Site(Struct, frozen=True, kw_only=True):
    """Where a leaf is compiled.

    Attributes:
        seed, model_id: of the plan.
        path: the leaf's address path.
        level: the draws of all leaves in the same arrays.
        strides: the greatest number of elements of each array around it, outermost first.
        count: how many records are planned; no value depends on it.
        unique: no two cells may have one value.
        first: what the first records choose.
    """

    seed: int
    model_id: str
    path: tuple[str, ...]
    level: Level
    strides: tuple[int, ...] = ()
    count: int = 1
    unique: bool = False
    first: Choices = field(default_factory=dict)

    @property
    def address(self) -> Address:
        """The address of the leaf's draws."""
        return Address.of(self.seed, self.model_id, self.path)

    def numbers(self, size: int) -> Stream:
        """Return the stream of numbers below ``size``: equally likely, or unique."""
        if self.unique:
            return unique(self.address, self.level, size, self.strides)
        return self.numbered(self.uniform("value", size))

    def numbered(self, source: Stream, offset: int = 0) -> Stream:
        """Return ``source``, whose number n is that of value n + ``offset``, as records begin."""

        def number_of(name: bytes) -> int | None:
            if name == INSIDE:
                return INNER
            number = int(name) - offset
            return number if 0 <= number < source.size else None

        return begin(source, self.first, number_of)

    def chosen(self, source: Stream, identities: Sequence[bytes]) -> Stream:
        """Return ``source``, whose number n is the value of identity n, as records begin."""
        numbers = {identity: number for number, identity in enumerate(identities)}
        return begin(source, self.first, numbers.get)

    def uniform(self, draw: str, size: int) -> Stream:
        """Return the stream of numbers below ``size`` that ``draw`` names."""
        return uniform(self.address, self.level, draw, size)

    def word(self, draw: str) -> Word:
        """Return the word that ``draw`` names."""
        return self.level.word(self.address.constants(draw))
