"""Distributions: streams of numbers on a grid, by the distribution that a spec states.

Normal, lognormal, exponential and triangular numbers, and Poisson numbers of a mean over
``MANY``, come from curves. Poisson numbers of a smaller mean and the first ranks of a Zipf
distribution are listed with their odds, right to 2**-33 each.

Where bounds cut off a part of a distribution that has none of its own, what falls beyond them is
drawn again, so that a bound that moves leaves what lies inside as it is.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_right
from functools import cache
from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.generate import normal
from mockgen_watch.generate.address import MASK32
from mockgen_watch.generate.draws import mix32, mix32_over
from mockgen_watch.generate.grids import FARTHEST, Grid
from mockgen_watch.generate.streams import ALWAYS, Drawn, Joined
from mockgen_watch.spec.generators import DistributionKind, Number

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from types import ModuleType

    from mockgen_watch.generate.address import Cell, Cells, IntArray, LaneArray, Stream
    from mockgen_watch.generate.draws import FieldDraws
    from mockgen_watch.generate.streams import Whole, Word


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

    Bounds that enclose no probability that float64 can represent leave one value: the bound
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
        return self.number_of(self.word.at(cell))

    def draw(self, cells: Cells) -> IntArray:
        return self.numbers_of(cells.xp, self.word.over(cells))

    def number_of(self, drawn: int) -> int:
        """Return the number that a word of 32 bits leads to."""
        side = drawn >> 31
        odd = 2 * (drawn ^ 0xFFFFFFFF if side else drawn) + 1
        octave = odd.bit_length() - 1
        knot = (octave << OCTAVE_BITS) + ((odd << OCTAVE_BITS) >> octave) - (1 << OCTAVE_BITS)
        place = (odd << (OCTAVE_BITS + PLACE_BITS)) >> octave & _PLACE_MASK
        start = self._knot(side, knot)
        line = start + ((self._knot(side, knot + 1) - start) * place >> PLACE_BITS)
        return self._number(line)

    def numbers_of(self, xp: ModuleType, words: LaneArray) -> IntArray:
        """Return the number of each of uint32[n] words, which are overwritten."""
        if self._tables is None:
            self._tables = self._make_tables(xp)
        starts, lengths = self._tables
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
    if number.distribution.kind is DistributionKind.ZIPF:
        return 0, _ranks(float(dict(number.distribution.params)["exponent"]), grid, draws)
    if number.distribution.kind is DistributionKind.TRIANGULAR:
        return _by_odds(number, grid, draws.word("value"))
    # Of the whole distribution, number n of the grid without bounds is n + base of the one with.
    base = -(grid.origin // grid.step)
    least = 0 if number.distribution.kind is DistributionKind.POISSON else -FARTHEST
    whole = replace(grid, origin=grid.origin % grid.step, low=least, high=FARTHEST)
    free = replace(number, minimum=None, maximum=None)
    first, source = _by_odds(free, whole, draws.word("value"))
    low, high = max(grid.low, first + base), min(grid.high, first + base + source.size - 1)
    if high - low + 1 == source.size:
        return low, source
    spare_first, spare = _by_odds(number, grid, draws.word("value/inside"))
    ends = low - first - base, high - first - base
    if _share_inside(number, source, ends) < LEAST_INSIDE:
        return spare_first, spare
    return low, Inside(source, ends, draws.word("value/again"), spare, spare_first - low)


def _share_inside(number: Number, source: Listed | QuantileStream, ends: tuple[int, int]) -> float:
    """Return how much of ``source``, the whole distribution, lies between the bounds."""
    if isinstance(source, Listed):
        return source.share_of(*ends)
    curve = curve_of(number)
    return curve.inside if isinstance(curve, Bounded) else 0.0


def _by_odds(number: Number, grid: Grid, word: Word) -> tuple[int, Listed | QuantileStream]:
    """Return the grid's number that 0 stands for, and the stream of what has a curve or a list."""
    mean = float(dict(number.distribution.params).get("mean", 0))
    if number.distribution.kind is DistributionKind.POISSON and mean <= MANY:
        first, odds = _poisson_odds(mean, grid)
        return first, Listed(odds, word)
    drawn = QuantileStream(curve_of(number), grid, word)
    return drawn.first, drawn


LEAST_INSIDE: Final = 0.125
"""Bounds between which less of a distribution lies are not met by drawing again."""

ATTEMPTS: Final = 64
"""So often is drawn again; that none of them lies inside has odds of 2**-12 at the most."""


class Inside(Drawn):
    """Numbers of ``source`` between ``ends``, counted from the lower one.

    What falls beyond is drawn again, ``ATTEMPTS`` times, and in the end by ``spare``, whose
    numbers are counted from ``offset``.
    """

    def __init__(
        self,
        source: Listed | QuantileStream,
        ends: tuple[int, int],
        again: Word,
        spare: Stream,
        offset: int,
    ) -> None:
        super().__init__(ends[1] - ends[0] + 1)
        self.source = source
        self.low = ends[0]
        self.again = again
        self.spare = spare
        self.offset = offset

    def at(self, cell: Cell) -> int:
        number = self.source.at(cell) - self.low
        for attempt in range(ATTEMPTS):
            if 0 <= number < self.size:
                return number
            word = mix32(self.again.at(cell) ^ (attempt * _ATTEMPT & MASK32))
            number = self.source.number_of(word) - self.low
        if 0 <= number < self.size:
            return number
        return min(max(self.spare.at(cell) + self.offset, 0), self.size - 1)

    def draw(self, cells: Cells) -> IntArray:
        xp = cells.xp
        numbers = self.source.over(cells) - self.low
        (rows,) = xp.nonzero((numbers < 0) | (numbers >= self.size))
        if not len(rows):
            return numbers
        again = self.again.over(cells)
        for attempt in range(ATTEMPTS):
            words = mix32_over(xp, again.take(rows) ^ xp.uint32(attempt * _ATTEMPT & MASK32))
            drawn = self.source.numbers_of(xp, words) - self.low
            numbers[rows] = drawn
            rows = rows[(drawn < 0) | (drawn >= self.size)]
            if not len(rows):
                return numbers
        numbers[rows] = (self.spare.over(cells).take(rows) + self.offset).clip(0, self.size - 1)
        return numbers


_ATTEMPT: Final = 0x9E3779B9


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
        return self.number_of(self.word.at(cell))

    def draw(self, cells: Cells) -> IntArray:
        return self.numbers_of(cells.xp, self.word.over(cells))

    def share_of(self, low: int, high: int) -> float:
        """Return the odds of the numbers from ``low`` to ``high``."""
        if low > high:
            return 0.0
        return (self.ends[high] - (self.ends[low - 1] if low else 0)) / ALWAYS

    def number_of(self, word: int) -> int:
        """Return the number that a word of 32 bits leads to."""
        return bisect_right(self.ends, word)

    def numbers_of(self, xp: ModuleType, words: LaneArray) -> IntArray:
        """Return the number of each of uint32[n] words."""
        if self._guide is None:
            ends = xp.array(self.ends, xp.int64)
            firsts = xp.arange((1 << 12) + 1, dtype=xp.int64) << _GUIDE_SHIFT
            found = xp.searchsorted(ends, firsts, "right")
            last = xp.searchsorted(ends, firsts[1:] - 1, "right")
            self._guide = ends, xp.where(found[:-1] == last, last, -1)
        ends, guide = self._guide
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
