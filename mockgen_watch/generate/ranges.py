"""Ranges: numbers between two ends that may differ from cell to cell.

A number is found by a descent on a binary grid that is the same for all ranges. From the smallest
block of the grid (2**k numbers, at a multiple of 2**k) that holds the range, each step chooses the
half in which the number lies, with the odds of what each half holds of the range, by a fraction
whose leading bit is bit k - 1 of the cell's word. A block that is completely in the range needs
no more choices: the lower bits of the word are the number's place in it. So equal words lead to
equal numbers whatever the ends are, and an end that moves touches only the blocks at that end.

``Ranged`` has ends that differ from cell to cell, ``Span`` has the same two for all; equal ends
give equal numbers.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.generate.address import MASK32
from mockgen_watch.generate.draws import mix32, mix32_over
from mockgen_watch.generate.streams import Derived, Drawn, Joined

if TYPE_CHECKING:
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    from mockgen_watch.generate.address import Cell, Cells, IntArray, LaneArray, Stream
    from mockgen_watch.generate.draws import FieldDraws
    from mockgen_watch.generate.streams import Word


FARTHEST: Final = 1 << 61
"""No end lies farther from 0."""

_OFFSET: Final = 1 << 62
"""What is added to a number so that none is negative: the middle of the grid."""

_WORD_BITS: Final = 32
_LEVEL: Final = 0x9E3779B9
_FRACTION: Final = 2.0**-33


class Ranged(Drawn):
    """Numbers from what ``low`` draws to what ``high`` draws, each equally likely.

    Where ``high`` is less than ``low`` the number is that of ``low``: plans are refused where that
    can be.
    """

    def __init__(
        self, low: Stream, high: Stream, draws: FieldDraws, purpose: str, size: int
    ) -> None:
        super().__init__(size)
        self.low = low
        self.high = high
        self._words = [draws.word(f"{purpose}/{n}") for n in range(3)]

    def at(self, cell: Cell) -> int:
        upper, lower, odds = (word.at(cell) for word in self._words)
        return descend(self.low.at(cell), self.high.at(cell), upper << 32 | lower, odds)

    def draw(self, cells: Cells) -> IntArray:
        xp = cells.xp
        upper, lower, odds = (word.over(cells) for word in self._words)
        words = upper.astype(xp.uint64)
        words <<= xp.uint64(32)
        words |= lower
        return descend_over(cells, self.low.over(cells), self.high.over(cells), words, odds)


class Block(Struct, frozen=True):
    """A block of the grid: ``1 << bits`` numbers from ``start`` on."""

    start: int
    bits: int


class Fork(Struct, frozen=True):
    """A choice between two halves, of which one is whole and the way goes on in the other.

    ``below`` of 2**33 fractions lead to the lower half.
    """

    bits: int
    below: int
    whole: Block


class Way(Struct, frozen=True):
    """The way down to one end of a range: forks, and the block behind the last of them."""

    is_lower: bool
    forks: tuple[Fork, ...]
    last: Block


def _way(low: int, high: int, *, is_lower: bool) -> Way:
    """Return the way to the lower or the upper end, where the other one is that of its block.

    Both ends are counted from the bottom of the grid.
    """
    forks: list[Fork] = []
    while True:
        bits = (low ^ high).bit_length()
        if high - low + 1 == 1 << bits:
            return Way(is_lower, tuple(forks), Block(low - _OFFSET, bits))
        middle = high >> (bits - 1) << (bits - 1)
        whole = Block((middle if is_lower else low) - _OFFSET, bits - 1)
        forks.append(Fork(bits, _below(low, middle, high), whole))
        low, high = (low, middle - 1) if is_lower else (middle, high)


def _share(low: int, middle: int, high: int) -> float:
    """Return which part of the numbers lies below ``middle``."""
    return float(middle - low) / (float(middle - low) + float(high - middle + 1))


def _below(low: int, middle: int, high: int) -> int:
    """Return how many of 2**33 fractions lead below ``middle``."""
    return math.ceil(_share(low, middle, high) / _FRACTION)


class Span(Drawn):
    """Numbers from ``first`` to ``last`` (both within ``FARTHEST``), each equally likely."""

    def __init__(self, first: int, last: int, draws: FieldDraws, purpose: str) -> None:
        super().__init__(last + 1)
        self.first = first
        self.last = last
        low, high = first + _OFFSET, last + _OFFSET
        self._bits = (low ^ high).bit_length()
        self._lower = draws.word(f"{purpose}/1")
        self._upper = draws.word(f"{purpose}/0") if self._bits > _WORD_BITS else None
        self._odds: Word | None = None
        if last - first + 1 < 1 << self._bits:
            self._odds = draws.word(f"{purpose}/2")
            middle = high >> (self._bits - 1) << (self._bits - 1)
            self._below = _below(low, middle, high)
            self._ways = (
                _way(low, middle - 1, is_lower=True),
                _way(middle, high, is_lower=False),
            )

    def at(self, cell: Cell) -> int:
        word = self._lower.at(cell)
        if self._upper is not None:
            word |= self._upper.at(cell) << _WORD_BITS
        odds = 0 if self._odds is None else self._odds.at(cell)
        return descend(self.first, self.last, word, odds)

    def draw(self, cells: Cells) -> IntArray:
        xp = cells.xp
        words = self._lower.over(cells).astype(xp.int64)
        if self._upper is not None:
            words |= self._upper.over(cells).astype(xp.int64) << _WORD_BITS
        if self._odds is None:
            return _inside(Block(self.first, self._bits), words)
        odds = self._odds.over(cells)
        numbers: IntArray = xp.empty(len(words), xp.int64)
        is_lower = _is_below(xp, words, odds, self._bits, self._below)
        for way in self._ways:
            rows = xp.flatnonzero(is_lower if way.is_lower else ~is_lower)
            _go_down(xp, way, (rows, words.take(rows), odds.take(rows)), numbers)
        return numbers


def _go_down(
    xp: ModuleType, way: Way, cells: tuple[IntArray, IntArray, LaneArray], numbers: IntArray
) -> None:
    """Set the ``numbers`` of cells, rows with their words and odds, that go down one way."""
    rows, words, odds = cells
    for fork in way.forks:
        if not len(rows):
            return
        is_below = _is_below(xp, words, odds, fork.bits, fork.below)
        # What goes on is written again: it costs less to write all than to choose.
        numbers[rows] = _inside(fork.whole, words)
        further = xp.flatnonzero(is_below if way.is_lower else ~is_below)
        rows, words, odds = rows.take(further), words.take(further), odds.take(further)
    numbers[rows] = _inside(way.last, words)


def _inside(block: Block, words: IntArray) -> IntArray:
    """Return the numbers of a block that is completely in the range."""
    return (words & ((1 << block.bits) - 1)) + block.start


def _is_below(
    xp: ModuleType, words: IntArray, odds: LaneArray, bits: int, below: int
) -> NDArray[np.bool_]:
    """Return whether int64[n] words and uint32[n] odds choose the lower half of a block."""
    fractions = words >> (bits - 1) & 1
    fractions <<= 32
    fractions |= mix32_over(xp, odds ^ xp.uint32(bits * _LEVEL & MASK32))
    return fractions < below


def numbers_from(first: int, count: int, draws: FieldDraws) -> Stream:
    """Return numbers below ``count``, unique or distinct where they have to be.

    Number n stands for ``first`` + n, which stays as it is where ``first`` or ``count`` change.
    """
    last = first + count - 1
    is_drawn = draws.joint is None and not draws.is_unique and not draws.is_distinct
    if not is_drawn or max(-first, last) >= FARTHEST:
        return draws.numbers(count)
    span = Span(first, last, draws, "range")
    return draws.preset_numbers(Derived(span, lambda number: number - first, count))


def stepped(low: Stream, high: Stream, draws: FieldDraws, step: int, size: int) -> Stream:
    """Return numbers from ``low`` to ``high`` in steps from ``low``, all below ``size``."""
    if step == 1:
        return Ranged(low, high, draws, "range", size)
    first = Derived(low, lambda number: number // step, size)
    last = Joined(lambda low, high: low // step + (high - low) // step, size, low, high)
    drawn = Ranged(first, last, draws, "range", size)
    return Joined(lambda low, number: low % step + number * step, size, low, drawn)


class Kept(Drawn):
    """What ``source`` draws where that lies between ``low`` and ``high``, else what ``other`` does.

    ``other`` draws between the same ends.
    """

    def __init__(self, source: Stream, other: Ranged) -> None:
        super().__init__(max(source.size, other.size))
        self.source = source
        self.other = other

    def at(self, cell: Cell) -> int:
        number = self.source.at(cell)
        if self.other.low.at(cell) <= number <= self.other.high.at(cell):
            return number
        return self.other.at(cell)

    def draw(self, cells: Cells) -> IntArray:
        numbers = self.source.over(cells)
        low, high = self.other.low.over(cells), self.other.high.over(cells)
        is_kept = (low <= numbers) & (numbers <= high)
        if is_kept.all():
            return numbers
        found: IntArray = cells.xp.where(is_kept, numbers, self.other.over(cells))
        return found


def descend(low: int, high: int, word: int, odds: int) -> int:
    """Return the number from ``low`` to ``high`` (both within ``FARTHEST``) that words lead to.

    Both ends are included; ``low`` is returned where they are turned round. ``word``: 64 bits,
    which decide. ``odds``: 32 more, for choices between halves that hold different shares.
    """
    least, most = low + _OFFSET, high + _OFFSET
    while least < most:
        bits = (least ^ most).bit_length()
        if most - least + 1 == 1 << bits:
            return least + (word & ((1 << bits) - 1)) - _OFFSET
        middle = most >> (bits - 1) << (bits - 1)
        share = _share(least, middle, most)
        leading = word >> (bits - 1) & 1
        fraction = leading << 32 | mix32(odds ^ (bits * _LEVEL & MASK32))
        if fraction * _FRACTION < share:
            most = middle - 1
        else:
            least = middle
    return least - _OFFSET


def descend_over(
    cells: Cells, low: IntArray, high: IntArray, words: NDArray[np.uint64], odds: LaneArray
) -> IntArray:
    """Return what ``descend`` does for each of int64[n] ends, uint64[n] and uint32[n] words."""
    xp = cells.xp
    one = xp.uint64(1)
    least = (low + _OFFSET).astype(xp.uint64)
    most = (high + _OFFSET).astype(xp.uint64)
    rows = xp.flatnonzero(least < most)
    while len(rows):
        start, end, word = least[rows], most[rows], words[rows]
        bits = _bit_length(xp, start ^ end)
        # A shift by 64 is not defined; no block is so large.
        size = one << bits
        is_whole = end - start + one == size
        whole = rows[is_whole]
        least[whole] = start[is_whole] + (word[is_whole] & (size[is_whole] - one))
        rows, start, end, bits, word = (each[~is_whole] for each in (rows, start, end, bits, word))
        middle = end >> (bits - one) << (bits - one)
        left = (middle - start).astype(xp.float64)
        share = left / (left + (end - middle + one).astype(xp.float64))
        levels = (bits * xp.uint64(_LEVEL) & xp.uint64(MASK32)).astype(xp.uint32)
        fraction = (word >> (bits - one) & one) << xp.uint64(32)
        fraction |= mix32_over(xp, odds[rows] ^ levels)
        is_left = fraction.astype(xp.float64) * _FRACTION < share
        most[rows] = xp.where(is_left, middle - one, end)
        least[rows] = xp.where(is_left, start, middle)
        rows = rows[least[rows] < most[rows]]
    found: IntArray = least.astype(xp.int64) - _OFFSET
    return found


def _bit_length(xp: ModuleType, numbers: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return how many bits each of uint64[n] numbers has, uint64[n]; none is 0."""
    bits: NDArray[np.uint64] = xp.frexp(numbers.astype(xp.float64))[1].astype(xp.uint64)
    # The nearest float of a number over 2**53 may be the next power of two.
    bits -= numbers >> (bits - xp.uint64(1)) == 0
    return bits
