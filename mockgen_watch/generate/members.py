"""Members of a set of whole numbers, each equally likely, such as the characters of a class.

A member is found by a descent on a binary grid that is the same for all sets, as in ``ranges``:
from the smallest block that holds them all, each step chooses the half in which the member lies,
with the odds of how many each half holds, by a fraction whose leading bit is one bit of the word,
the same for this level in all sets. So a set that gains or loses a member at one end moves few.
What follows the leading bit are the low bits of the word, stretched at each choice by the share
that was chosen. A word therefore falls into one of few intervals for each pattern of leading bits,
which are listed once for a set.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.generate.streams import Drawn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from types import ModuleType

    from mockgen_watch.generate.address import Cell, Cells, IntArray
    from mockgen_watch.generate.streams import Word

FRACTION_BITS: Final = 20
"""Low bits of a word that are the fraction; those above are the leading bits of the levels."""

_GUIDE_BITS: Final = 12
"""First bits of a word by which nearly all members are looked up."""

MOST_LEVELS: Final = 32 - FRACTION_BITS
"""Sets of which no block of ``1 << MOST_LEVELS`` numbers holds all are not drawn here."""


class Intervals(Struct, frozen=True):
    """The words below ``1 << bits`` by the place, from 0, of the member that they lead to.

    ``places[n]`` holds from ``ends[n - 1]`` on, below ``ends[n]``.
    """

    bits: int
    ends: tuple[int, ...]
    places: tuple[int, ...]


def levels_of(members: tuple[int, ...]) -> int:
    """Return how many levels the smallest block has that holds all of ``members``, sorted."""
    return (members[0] ^ members[-1]).bit_length()


@lru_cache(maxsize=512)
def intervals_of(members: tuple[int, ...]) -> Intervals:
    """Return the intervals of ``members``, sorted and within ``MOST_LEVELS`` levels."""
    levels = levels_of(members)
    ends: list[int] = []
    places: list[int] = []
    blocks = _Blocks(members)
    for bits in range(1 << levels):
        end = 0
        for width, place in blocks.pieces((0, len(members)), levels, bits):
            end += width
            ends.append((bits << FRACTION_BITS) + (end >> (_FINE_BITS - FRACTION_BITS)))
            places.append(place)
        ends[-1] = bits + 1 << FRACTION_BITS
    return Intervals(levels + FRACTION_BITS, tuple(ends), tuple(places))


_FINE_BITS: Final = 60
"""Widths of intervals are counted in units of 2**-60, and rounded down."""


class _Blocks:
    """The blocks of the grid in which ``members`` lie."""

    def __init__(self, members: tuple[int, ...]) -> None:
        self._members = members
        self._known: dict[tuple[tuple[int, int], int, int], list[tuple[int, int]]] = {}

    def pieces(self, part: tuple[int, int], levels: int, bits: int) -> list[tuple[int, int]]:
        """Return how wide the interval of each member is, from the lowest fraction up.

        ``part``: the first of the members that are in a block of so many ``levels``, and the one
        behind them. Of the leading ``bits`` only those of these levels play a part.
        """
        known = part, levels, bits & ((1 << levels) - 1)
        if known not in self._known:
            self._known[known] = list(self._find(*known))
        return self._known[known]

    def _find(self, part: tuple[int, int], levels: int, bits: int) -> Iterator[tuple[int, int]]:
        first, behind = part
        if behind - first == 1 << levels:
            yield 1 << _FINE_BITS, first + bits
            return
        level = levels - 1
        lowest = self._members[first]
        middle = bisect_left(self._members, (lowest >> level | 1) << level, first, behind)
        if lowest >> level & 1 or middle == behind:
            yield from self.pieces(part, level, bits)
            return
        whole = 1 << _FINE_BITS
        # Twice the share of the lower half, less what the leading bit takes of it.
        share = 2 * whole * (middle - first) // (behind - first) - (bits >> level) * whole
        share = min(max(share, 0), whole)
        for width, half in ((share, (first, middle)), (whole - share, (middle, behind))):
            if width:
                for inner, place in self.pieces(half, level, bits):
                    yield width * inner >> _FINE_BITS, place


class Member(Drawn):
    """The place, from 0, of one of ``members``, which are sorted."""

    def __init__(self, members: tuple[int, ...], word: Word) -> None:
        super().__init__(len(members))
        self.members = members
        self.word = word
        self._arrays: tuple[IntArray, IntArray, IntArray] | None = None
        self._bits = levels_of(members) + FRACTION_BITS

    def at(self, cell: Cell) -> int:
        found = intervals_of(self.members)
        word = self.word.at(cell) & (1 << self._bits) - 1
        return found.places[bisect_right(found.ends, word)]

    def draw(self, cells: Cells) -> IntArray:
        xp = cells.xp
        if self._arrays is None:
            self._arrays = _arrays_of(xp, self.members)
        guide, ends, places = self._arrays
        words = self.word.over(cells).astype(xp.int64)
        words &= (1 << self._bits) - 1
        numbers: IntArray = guide.take(words >> (self._bits - _GUIDE_BITS))
        (rows,) = xp.nonzero(numbers < 0)
        if len(rows):
            numbers[rows] = places.take(xp.searchsorted(ends, words.take(rows), "right"))
        return numbers


def _arrays_of(xp: ModuleType, members: tuple[int, ...]) -> tuple[IntArray, IntArray, IntArray]:
    """Return the place by the first bits of a word, -1 where they leave it open; and intervals."""
    found = intervals_of(members)
    ends, places = xp.array(found.ends, xp.int64), xp.array(found.places, xp.int64)
    width = 1 << (found.bits - _GUIDE_BITS)
    starts = xp.arange(1 << _GUIDE_BITS, dtype=xp.int64) * width
    first = xp.searchsorted(ends, starts, "right")
    is_one = ends.take(first) >= starts + width
    return xp.where(is_one, places.take(first), -1), ends, places
