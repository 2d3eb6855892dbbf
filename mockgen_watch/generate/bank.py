"""Takes the constants of many draws; gives all of their scores or words at one cell, together.

Plain Python computes numbers one by one, slowly, but long integers fast. So each draw gets 64 bits
of one long integer, of which its number takes the lower 32: the products of 32 by 32 bits then
never touch a neighbour. A step of ``address.score`` is one operation for all draws of a level
(those of the record, or those of one array's elements), and masks clear what shifts bring in.
"""

from __future__ import annotations

from struct import Struct
from typing import TYPE_CHECKING

from mockgen_watch.generate.address import MASK32, SCORE, WORD
from mockgen_watch.generate.chunks import words_over

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from mockgen_watch.generate.address import Constants
    from mockgen_watch.generate.cells import Cell, Cells, LaneArray

_LANE_BYTES: Final = 8


class Bank:
    """Draws that are computed together."""

    __slots__ = ("_constants", "_packed", "_struct", "is_words")

    def __init__(self, *, is_words: bool) -> None:
        """Compute words, or else scores."""
        self.is_words = is_words
        self._constants: list[Constants] = []
        self._packed: tuple[int, int, int, int] = (0, 0, 0, 0)
        self._struct = Struct("<")

    def add(self, constants: Sequence[Constants]) -> int:
        """Take draws in, and return the place of the first; before any cell is asked for."""
        first = len(self._constants)
        self._constants.extend(constants)
        return first

    def at(self, cell: Cell) -> tuple[int, ...]:
        """Return the numbers of all draws at ``cell``."""
        known = cell.scores.get(id(self))
        if known is None:
            known = cell.scores[id(self)] = self._draw(cell.a, cell.b)
        return known

    def _draw(self, a: int, b: int) -> tuple[int, ...]:
        if self._struct.size != len(self._constants) * _LANE_BYTES:
            self._pack()
        ones, mask, first, second = self._packed
        t = (a * ones ^ first) * b & mask
        t = ((t ^ (t >> 16)) & mask ^ second) * SCORE & mask
        if self.is_words:
            t = ((t ^ (t >> 15)) & mask) * WORD & mask
            t = (t ^ (t >> 16)) & mask
        return self._struct.unpack(t.to_bytes(self._struct.size, "little"))

    def _pack(self) -> None:
        """Lay the constants side by side."""
        count = len(self._constants)
        self._struct = Struct(f"<{count}Q")

        def lay(numbers: Sequence[int]) -> int:
            return int.from_bytes(self._struct.pack(*numbers), "little")

        self._packed = (
            lay([1] * count),
            lay([MASK32] * count),
            lay([c1 for c1, _ in self._constants]),
            lay([c2 for _, c2 in self._constants]),
        )


class Level:
    """The draws of all fields that are drawn at the same cells."""

    __slots__ = ("scores", "words")

    def __init__(self) -> None:
        """Begin without any draw."""
        self.scores = Bank(is_words=False)
        self.words = Bank(is_words=True)

    def word(self, constants: Constants) -> Word:
        """Return the draw of a word."""
        return Word(constants, self.words)


class Word:
    """32 bits by address, all of them good."""

    __slots__ = ("bank", "constants", "place")

    def __init__(self, constants: Constants, bank: Bank) -> None:
        """Draw at ``constants``, together with the words of ``bank``."""
        self.constants = constants
        self.bank = bank
        self.place = bank.add((constants,))

    def at(self, cell: Cell) -> int:
        """Return the word of one cell."""
        return self.bank.at(cell)[self.place]

    def over(self, cells: Cells) -> LaneArray:
        """Return the words of a chunk, uint32[n], for the caller to keep."""
        return words_over(cells, self.constants)


def word_at(constants: Constants, level: Level | None) -> Word:
    """Return the word at ``constants``, drawn with all else of ``level``, or alone."""
    return (level or Level()).word(constants)
