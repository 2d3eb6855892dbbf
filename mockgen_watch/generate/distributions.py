"""Takes a Number with a distribution; gives the stream of its grid numbers.

Normal, lognormal, exponential and triangular numbers, and Poisson numbers of a mean over
``MANY``, come from curves. Poisson numbers of a smaller mean and the first ranks of a Zipf
distribution are listed with their odds, right to 2**-33 each.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.generate.curves import FarRanks, curve_of
from mockgen_watch.generate.drawn import Drawn
from mockgen_watch.generate.draws import ALWAYS
from mockgen_watch.generate.grid import Grid
from mockgen_watch.generate.quantiles import QuantileStream
from mockgen_watch.generate.series import exp, ln, power
from mockgen_watch.spec.generators import DistributionKind

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Final

    from mockgen_watch.generate.bank import Word
    from mockgen_watch.generate.cells import Cell, Cells, IntArray, Stream
    from mockgen_watch.generate.site import Site
    from mockgen_watch.spec.generators import Number

MANY: Final = 1000.0
"""A Poisson distribution of a greater mean is drawn from its curve, right to 0.01 of a count."""

LISTED_RANKS: Final = 256
"""Ranks of a Zipf distribution that are listed; those behind come from its curve."""

_NEGLIGIBLE: Final = 2.0**-44
_STIRLING: Final = 16
_TWO_PI: Final = 6.283185307179586
_GUIDE_SHIFT: Final = 20


class Distributed(Struct, frozen=True, eq=False):
    """A stream of numbers, of which 0 is number ``first`` of the grid."""

    first: int
    stream: Stream


def distribution_stream(number: Number, grid: Grid, site: Site) -> Distributed:
    """Return the stream of ``number``, which is not uniform."""
    params = {name: float(value) for name, value in number.distribution.params}
    if number.distribution.kind is DistributionKind.ZIPF:
        return _ranks(params["exponent"], grid, site)
    word = site.word("value")
    if number.distribution.kind is DistributionKind.POISSON and params["mean"] <= MANY:
        first, odds = _poisson_odds(params["mean"], grid)
        return Distributed(first, Listed(odds, word))
    drawn = QuantileStream(curve_of(number), grid, word)
    return Distributed(drawn.first, drawn)


class Listed(Drawn):
    """Numbers whose odds are listed."""

    __slots__ = ("_guide", "ends", "word")

    def __init__(self, odds: Sequence[float], word: Word) -> None:
        """Draw numbers below ``len(odds)``, in proportion to ``odds``, which have a sum over 0."""
        super().__init__(len(odds))
        total = math.fsum(odds)
        sums = itertools.accumulate(odds)
        self.ends = [min(ALWAYS, math.floor(below / total * ALWAYS + 0.5)) for below in sums]
        self.ends[-1] = ALWAYS
        self.word = word
        self._guide: tuple[IntArray, IntArray] | None = None

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        return bisect_right(self.ends, self.word.at(cell))

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk; the first bits of a word nearly always tell."""
        xp = cells.xp
        if self._guide is None:
            ends = xp.array(self.ends, xp.int64)
            firsts = xp.arange((1 << 12) + 1, dtype=xp.int64) << _GUIDE_SHIFT
            found = xp.searchsorted(ends, firsts, "right")
            last = xp.searchsorted(ends, firsts[1:] - 1, "right")
            self._guide = ends, xp.where(found[:-1] == last, last, -1)
        ends, guide = self._guide
        words = self.word.over(cells)
        numbers: IntArray = guide.take(words >> xp.uint32(_GUIDE_SHIFT))
        (open_ones,) = xp.nonzero(numbers < 0)
        numbers[open_ones] = xp.searchsorted(ends, words[open_ones].astype(xp.int64), "right")
        return numbers


class Either(Drawn):
    """What one stream draws, unless that is its last number; then what another does, behind."""

    __slots__ = ("near", "rest")

    def __init__(self, near: Stream, rest: Stream) -> None:
        """Let the last number of ``near`` stand for all of ``rest``."""
        super().__init__(near.size - 1 + rest.size)
        self.near = near
        self.rest = rest

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        number = self.near.at(cell)
        last = self.near.size - 1
        return number if number < last else last + self.rest.at(cell)

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        number = self.near.over(cells)
        last = self.near.size - 1
        numbers: IntArray = cells.xp.where(number < last, number, last + self.rest.over(cells))
        return numbers


def _poisson_odds(mean: float, grid: Grid) -> tuple[int, list[float]]:
    """Return the first number of ``grid`` that counts, and the odds from there on.

    In proportion to the likeliest number, and from there outwards until the rest plays no part.
    """
    middle = (math.floor(mean) - grid.origin) // grid.step
    near = [min(max(middle + n, 0), grid.high) for n in (0, 1)]
    top = max(near, key=lambda place: poisson_log(grid.origin + place * grid.step, mean))
    highest = poisson_log(grid.origin + top * grid.step, mean)

    def outwards(way: int) -> Iterator[float]:
        place = top + way
        while 0 <= place <= grid.high:
            odds = exp(poisson_log(grid.origin + place * grid.step, mean) - highest)
            if odds < _NEGLIGIBLE:
                return
            yield odds
            place += way

    before = list(outwards(-1))
    return top - len(before), [*reversed(before), 1.0, *outwards(1)]


def poisson_log(k: int, mean: float) -> float:
    """Return ln P(k) + mean of a Poisson distribution, by Stirling's series from ``_STIRLING`` on.

    Abramowitz and Stegun, 6.1.41.
    """
    if k < _STIRLING:
        return k * ln(mean) - ln(float(math.factorial(k)))
    x = float(k)
    correction = (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * x * x)) / (x * x)) / x
    return x * ln(mean / x) + x - 0.5 * ln(x * _TWO_PI) - correction


def _ranks(exponent: float, grid: Grid, site: Site) -> Distributed:
    """Return the stream of ranks: the odds of number n are in proportion to (n+1)**-exponent."""
    listed = min(grid.count, LISTED_RANKS)
    odds = [power(float(rank), -exponent) for rank in range(1, listed + 1)]
    word = site.word("value")
    if grid.count == listed:
        return Distributed(0, Listed(odds, word))
    far = FarRanks(listed + 0.5, grid.count + 0.5, exponent)
    if far.total <= 0.0:
        return Distributed(0, Listed(odds, word))
    near = Listed([*odds, far.total], word)
    behind = Grid(origin=listed + 1, step=1, low=0, high=grid.count - listed - 1, decimals=0)
    rest = QuantileStream(far, behind, site.word("value/far"))
    return Distributed(0, Either(near, rest))
