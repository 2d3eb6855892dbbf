"""Ranges: numbers between two ends that may differ from cell to cell.

A number is found by a descent on a binary grid that is the same for all ranges. From the smallest
block of the grid (2**k numbers, at a multiple of 2**k) that holds the range, each step chooses the
half in which the number lies, with the odds of what each half holds of the range, by a fraction
whose leading bit is bit k - 1 of the cell's word. A block that lies in the range as a whole needs
no more choices: the lower bits of the word are the number's place in it. So equal words lead to
equal numbers whatever the ends are, and an end that moves touches only the blocks at that end.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from mockgen_watch.generate.address import MASK32
from mockgen_watch.generate.draws import mix32, mix32_over
from mockgen_watch.generate.streams import Derived, Drawn, Joined

if TYPE_CHECKING:
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    from mockgen_watch.generate.address import Cell, Cells, IntArray, LaneArray, Stream
    from mockgen_watch.generate.draws import FieldDraws


FARTHEST: Final = 1 << 61
"""No end lies farther from 0."""

_OFFSET: Final = 1 << 62
"""What is added to a number so that none is negative: the middle of the grid."""

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


def stepped(low: Stream, high: Stream, draws: FieldDraws, step: int, size: int) -> Stream:
    """Return numbers from ``low`` to ``high`` in steps from ``low``, all below ``size``."""
    if step == 1:
        return Ranged(low, high, draws, "range", size)
    zero = Derived(low, lambda number: number * 0, 1)
    steps = Joined(lambda first, last: (last - first) // step, size, low, high)
    drawn = Ranged(zero, steps, draws, "range", size)
    return Joined(lambda first, number: first + number * step, size, low, drawn)


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
        share = float(middle - least) / (float(middle - least) + float(most - middle + 1))
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
