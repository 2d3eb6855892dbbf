"""Distributions: streams of numbers on a grid, by the distribution that a spec states.

Normal, lognormal, exponential and triangular numbers, and Poisson numbers of a mean over
``MANY``, come from curves. Poisson numbers of a smaller mean and the first ranks of a Zipf
distribution are listed with their odds, right to 2**-33 each.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct

from mockgen_watch.generate import normal
from mockgen_watch.generate.streams import ALWAYS, Drawn, Joined
from mockgen_watch.spec.generators import DistributionKind, Number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from decimal import Decimal
    from types import ModuleType

    from mockgen_watch.generate.address import Cell, Cells, IntArray, Stream
    from mockgen_watch.generate.draws import FieldDraws
    from mockgen_watch.generate.streams import Whole, Word


FARTHEST: Final = 1 << 61
"""No number lies farther from the origin than so many steps; what would is this."""


class Grid(Struct, frozen=True, kw_only=True):
    """The numbers ``(origin + n * step) / 10**decimals``.

    Attributes:
        origin: the minimum where there is one, else the maximum, else 0; in units.
        step: between two neighbours, in units.
        decimals: places after the point.
        low, high: the least and the greatest n; bounds that the spec does not have are far away.
    """

    origin: int
    step: int
    decimals: int
    low: int
    high: int

    @property
    def count(self) -> int:
        """How many numbers there are."""
        return self.high - self.low + 1


def grid_of(number: Number) -> Grid:
    """Return the grid of ``number``; a bound that does not lie on it is moved inwards."""
    scale = 10**number.decimals
    step = units_below(number.step, scale)
    low, high = number.minimum, number.maximum
    origin, least, most = 0, -FARTHEST, FARTHEST
    if low is not None:
        origin, least = -units_below(-low, scale), 0
        if high is not None:
            most = (units_below(high, scale) - origin) // step
    elif high is not None:
        origin, most = units_below(high, scale), 0
    return Grid(origin=origin, step=step, decimals=number.decimals, low=least, high=most)


def units_below(value: Decimal, scale: int) -> int:
    """Return how many whole units of ``1 / scale`` there are in ``value``, rounded down."""
    above, below = value.as_integer_ratio()
    return above * scale // below


class Curve(Protocol):
    """A continuous distribution between its bounds."""

    def __call__(self, below: normal.Real, above: normal.Real, /) -> normal.Real: ...


class Unbounded(Protocol):
    """A distribution without bounds: quantiles, and the shares on both sides of a value."""

    def quantile(self, below: normal.Real, above: normal.Real) -> normal.Real:
        """Return the value with the share ``below`` of all under it."""
        ...

    def shares(self, value: float) -> tuple[float, float]:
        """Return the shares below and above ``value``, the smaller one precise."""
        ...


class Bounded(Struct, frozen=True):
    """A distribution between two values; ``least``, ``most``: the shares on both sides of each."""

    whole: Unbounded
    least: tuple[float, float]
    most: tuple[float, float]

    @property
    def inside(self) -> float:
        """The share of the whole that lies between the bounds."""
        if self.least[0] > self.least[1]:
            return self.least[1] - self.most[1]
        return self.most[0] - self.least[0]

    def __call__(self, below: normal.Real, above: normal.Real) -> normal.Real:
        inside = self.inside
        return self.whole.quantile(below * inside + self.least[0], above * inside + self.most[1])


class Normal(Struct, frozen=True):
    """The normal distribution."""

    mean: float
    sd: float

    def quantile(self, below: normal.Real, above: normal.Real) -> normal.Real:
        return normal.normal_quantile(below, above) * self.sd + self.mean

    def shares(self, value: float) -> tuple[float, float]:
        return _normal_shares((value - self.mean) / self.sd)


class Lognormal(Struct, frozen=True):
    """The distribution of a number whose natural logarithm is normal."""

    median: float
    sigma: float

    def quantile(self, below: normal.Real, above: normal.Real) -> normal.Real:
        return normal.exp(normal.normal_quantile(below, above) * self.sigma) * self.median

    def shares(self, value: float) -> tuple[float, float]:
        if value <= 0.0:
            return 0.0, 1.0
        return _normal_shares(normal.ln(value / self.median) / self.sigma)


class Exponential(Struct, frozen=True):
    """The exponential distribution."""

    mean: float

    def quantile(self, below: normal.Real, above: normal.Real) -> normal.Real:
        del below
        return normal.ln(above) * -self.mean

    def shares(self, value: float) -> tuple[float, float]:
        above = normal.exp(-max(value, 0.0) / self.mean)
        return 1.0 - above, above


class ManyEvents(Struct, frozen=True):
    """The Poisson distribution of a large mean, as if its values were not whole."""

    mean: float

    def quantile(self, below: normal.Real, above: normal.Real) -> normal.Real:
        z = normal.normal_quantile(below, above)
        return z * normal.square_root(self.mean) + self.mean + (z * z - 1.0) / 6.0

    def shares(self, value: float) -> tuple[float, float]:
        z = (value - self.mean) / normal.square_root(self.mean)
        return _normal_shares(z - (z * z - 1.0) / (6.0 * normal.square_root(self.mean)))


class Triangular(Struct, frozen=True):
    """A density that rises in a line from ``low`` to ``mode`` and falls in a line to ``high``."""

    low: float
    mode: float
    high: float

    def __call__(self, below: normal.Real, above: normal.Real) -> normal.Real:
        width = self.high - self.low
        up = normal.square_root(below * (width * (self.mode - self.low))) + self.low
        down = self.high - normal.square_root(above * (width * (self.high - self.mode)))
        return normal.choose(below * width < self.mode - self.low, up, down)


class FarRanks(Struct, frozen=True):
    """Ranks from ``first`` to ``last`` by rank**-exponent, as if they were not whole."""

    first: float
    last: float
    exponent: float

    @property
    def ratio(self) -> float:
        """The density of the last over that of the first, times the ratio of the two."""
        return normal.power(self.last / self.first, 1.0 - self.exponent)

    @property
    def total(self) -> float:
        """The sum of rank**-exponent over all ranks."""
        if abs(1.0 - self.exponent) < _NEARLY_ONE:
            return normal.ln(self.last / self.first)
        start = normal.power(self.first, 1.0 - self.exponent)
        return start * (self.ratio - 1.0) / (1.0 - self.exponent)

    def __call__(self, below: normal.Real, above: normal.Real) -> normal.Real:
        if abs(1.0 - self.exponent) < _NEARLY_ONE:
            return normal.exp(below * normal.ln(self.last / self.first)) * self.first
        return normal.power(above + below * self.ratio, 1.0 / (1.0 - self.exponent)) * self.first


class Fixed(Struct, frozen=True):
    """One value, however the draw falls."""

    value: float

    def __call__(self, below: normal.Real, above: normal.Real) -> normal.Real:
        del above
        return below * 0.0 + self.value


_NEARLY_ONE: Final = 1e-9
_UNBOUNDED: Final[Mapping[DistributionKind, Callable[..., Unbounded]]] = {
    DistributionKind.NORMAL: Normal,
    DistributionKind.LOGNORMAL: Lognormal,
    DistributionKind.EXPONENTIAL: Exponential,
    DistributionKind.POISSON: ManyEvents,
}


def curve_of(number: Number) -> Curve:
    """Return the curve of a number that is neither uniform nor by rank.

    Bounds between which there is no probability that float64 can hold leave one value: the bound
    that is nearer to the rest.
    """
    params = {name: float(value) for name, value in number.distribution.params}
    low = None if number.minimum is None else float(number.minimum)
    high = None if number.maximum is None else float(number.maximum)
    if number.distribution.kind is DistributionKind.TRIANGULAR:
        # Both bounds are required there.
        low, high = low or 0.0, high or 0.0
        return Fixed(low) if low == high else Triangular(low, params["mode"], high)
    whole = _UNBOUNDED[number.distribution.kind](**params)
    least = (0.0, 1.0) if low is None else whole.shares(low)
    most = (1.0, 0.0) if high is None else whole.shares(high)
    bounded = Bounded(whole, least, most)
    if bounded.inside > 0.0:
        return bounded
    return Fixed((low or 0.0) if least[0] > least[1] else (high or 0.0))


def _normal_shares(z: float) -> tuple[float, float]:
    return normal.normal_tail(-z), normal.normal_tail(z)


OCTAVE_BITS: Final = 6
KNOTS: Final = 32 << OCTAVE_BITS
"""Knots on each side, without the one at 1/2."""

PLACE_BITS: Final = 20
_PLACE_MASK: Final = (1 << PLACE_BITS) - 1
_MANTISSA_BITS: Final = 52
_BIAS: Final = 1023
_SMOOTH_BITS: Final = 10
_QUICK_BITS: Final = 42


class QuantileStream(Drawn):
    """Numbers of a grid, counted from ``first``, by a curve."""

    def __init__(self, curve: Curve, grid: Grid, word: Word) -> None:
        self.curve = curve
        self.grid = grid
        self.word = word
        ends = self._places(2.0**-33, is_upper=False), self._places(2.0**-33, is_upper=True)
        self.first = math.floor(ends[0] + 0.5)
        last = max(self.first, math.floor(ends[1] + 0.5))
        super().__init__(last - self.first + 1)
        # Between two numbers of the grid there is room for so many bits of the line; with any, the
        # product of a length and a place has 63 bits at most.
        farthest = max(abs(self.first), abs(last)).bit_length()
        self.bits = max(0, min(_SMOOTH_BITS, _QUICK_BITS - farthest))
        self._knot = cache(self._make_knot)
        self._tables: tuple[IntArray, IntArray] | None = None

    def at(self, cell: Cell) -> int:
        drawn = self.word.at(cell)
        side = drawn >> 31
        odd = 2 * (drawn ^ 0xFFFFFFFF if side else drawn) + 1
        octave = odd.bit_length() - 1
        knot = (octave << OCTAVE_BITS) + ((odd << OCTAVE_BITS) >> octave) - (1 << OCTAVE_BITS)
        place = (odd << (OCTAVE_BITS + PLACE_BITS)) >> octave & _PLACE_MASK
        start = self._knot(side, knot)
        line = start + ((self._knot(side, knot + 1) - start) * place >> PLACE_BITS)
        return self._number(line)

    def draw(self, cells: Cells) -> IntArray:
        xp = cells.xp
        if self._tables is None:
            self._tables = self._make_tables(xp)
        starts, lengths = self._tables
        words = self.word.over(cells)
        # All ones on the upper side, which mirrors the word; it is counted from its own end then.
        side = words.view(xp.int32) >> 31
        words ^= side.view(xp.uint32)
        words <<= xp.uint32(1)
        words |= xp.uint32(1)
        # The exponent and first bits of a float64 are the octave and the knot in it.
        pattern = words.astype(xp.float64).view(xp.uint64)
        knot = (pattern >> xp.uint64(_MANTISSA_BITS - OCTAVE_BITS)).view(xp.int64)
        side &= KNOTS
        side -= _BIAS << OCTAVE_BITS
        knot += side
        pattern >>= xp.uint64(_MANTISSA_BITS - OCTAVE_BITS - PLACE_BITS)
        place = pattern.view(xp.int64)
        place &= _PLACE_MASK
        line = lengths.take(knot)
        if self.bits:
            line *= place
            line >>= PLACE_BITS
        else:
            # In two halves, as the product may be longer than 64 bits.
            high = (line >> PLACE_BITS) * place
            line &= _PLACE_MASK
            line *= place
            line >>= PLACE_BITS
            line += high
        line += starts.take(knot)
        return self._number(line)

    def _number(self, line: Whole) -> Whole:
        """Return the number of the grid that is nearest to a place on the line."""
        return line >> self.bits if self.bits else line

    def _make_knot(self, side: int, knot: int) -> int:
        steps = 1 << OCTAVE_BITS
        octave, step = divmod(knot, steps)
        share = math.ldexp(float(steps + step), octave - OCTAVE_BITS - 33)
        return math.floor(self._line(share, is_upper=side == 1))

    def _make_tables(self, xp: ModuleType) -> tuple[IntArray, IntArray]:
        """Return where the line starts at each knot, and how far it goes to the next one."""
        octave, step = xp.divmod(xp.arange(KNOTS + 1, dtype=xp.int64), 1 << OCTAVE_BITS)
        mantissa = (step + (1 << OCTAVE_BITS)).astype(xp.float64)
        share = xp.ldexp(mantissa, octave - OCTAVE_BITS - 33)
        sides = [
            xp.floor(self._line(share, is_upper=is_upper)).astype(xp.int64)
            for is_upper in (False, True)
        ]
        return (
            xp.concatenate([side[:-1] for side in sides]),
            xp.concatenate([side[1:] - side[:-1] for side in sides]),
        )

    def _line(self, share: normal.Real, *, is_upper: bool) -> normal.Real:
        """Return the place of a knot on the line, which begins at the first number."""
        place = normal.clamp(
            self._places(share, is_upper=is_upper) - self.first, 0.0, float(self.size - 1)
        )
        # Half a number more, so that cutting off what follows the number rounds.
        return place * float(1 << self.bits) + max(0.5, float(1 << self.bits) / 2)

    def _places(self, share: normal.Real, *, is_upper: bool) -> normal.Real:
        """Return the curve at ``share`` from its lower or upper end, in steps of the grid."""
        other = 1.0 - share
        value = self.curve(other, share) if is_upper else self.curve(share, other)
        scale = float(10**self.grid.decimals)
        place = (value * scale - float(self.grid.origin)) / float(self.grid.step)
        return normal.clamp(place, float(self.grid.low), float(self.grid.high))


MANY: Final = 1000.0
"""A Poisson distribution of a greater mean is drawn from its curve, right to 0.01 of a count."""

LISTED_RANKS: Final = 256
"""Ranks of a Zipf distribution that are listed; those after them come from its curve."""

_NEGLIGIBLE: Final = 2.0**-44
_STIRLING: Final = 16
_TWO_PI: Final = 6.283185307179586
_GUIDE_SHIFT: Final = 20


def distribution_stream(number: Number, grid: Grid, draws: FieldDraws) -> tuple[int, Stream]:
    """Return the grid's number that 0 stands for, and the stream of ``number``; not uniform."""
    params = {name: float(value) for name, value in number.distribution.params}
    if number.distribution.kind is DistributionKind.ZIPF:
        return 0, _ranks(params["exponent"], grid, draws)
    word = draws.word("value")
    if number.distribution.kind is DistributionKind.POISSON and params["mean"] <= MANY:
        first, odds = _poisson_odds(params["mean"], grid)
        return first, Listed(odds, word)
    drawn = QuantileStream(curve_of(number), grid, word)
    return drawn.first, drawn


class Listed(Drawn):
    """Numbers whose odds are listed."""

    def __init__(self, odds: Sequence[float], word: Word) -> None:
        super().__init__(len(odds))
        total = math.fsum(odds)
        sums = itertools.accumulate(odds)
        self.ends = [min(ALWAYS, math.floor(below / total * ALWAYS + 0.5)) for below in sums]
        self.ends[-1] = ALWAYS
        self.word = word
        self._guide: tuple[IntArray, IntArray] | None = None

    def at(self, cell: Cell) -> int:
        return bisect_right(self.ends, self.word.at(cell))

    def draw(self, cells: Cells) -> IntArray:
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
            odds = normal.exp(poisson_log(grid.origin + place * grid.step, mean) - highest)
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
        return k * normal.ln(mean) - normal.ln(float(math.factorial(k)))
    x = float(k)
    correction = (1.0 / 12.0 - (1.0 / 360.0 - 1.0 / (1260.0 * x * x)) / (x * x)) / x
    return x * normal.ln(mean / x) + x - 0.5 * normal.ln(x * _TWO_PI) - correction


def _ranks(exponent: float, grid: Grid, draws: FieldDraws) -> Stream:
    """Return the stream of ranks: the odds of number n are in proportion to (n+1)**-exponent."""
    listed = min(grid.count, LISTED_RANKS)
    odds = [normal.power(float(rank), -exponent) for rank in range(1, listed + 1)]
    word = draws.word("value")
    if grid.count == listed:
        return Listed(odds, word)
    far = FarRanks(listed + 0.5, grid.count + 0.5, exponent)
    if far.total <= 0.0:
        return Listed(odds, word)
    near = Listed([*odds, far.total], word)
    far_grid = Grid(origin=listed + 1, step=1, low=0, high=grid.count - listed - 1, decimals=0)
    rest = QuantileStream(far, far_grid, draws.word("value/far"))
    # The last of the listed numbers stands for all that are not.
    last = near.size - 1
    return Joined(lambda n, far: n + (n == last) * far, last + rest.size, near, rest)
