"""Takes a pool's values with their weights; gives the stream that chooses one of them.

Weighted rendezvous hashing: every value has a score of its own, a function of the cell and of the
value's identity, never of the other values. Seen as a clock, the score ``t`` of a value of weight
``w`` rings at ``E(t) / w``, ``E`` turning the uniform t into an exponential time; the first to ring
is chosen. So a value that comes takes cells only for itself, and one that goes gives up its own.

- Equal weights need no ``E``: the lowest score wins.
- ``E(t) = t * RATE[t >> 20]``: -ln(1 - u) over u at the middle of each of 4,096 segments, strictly
  increasing. A value's odds are right to 1e-6, and to 2e-5 of themselves.
- Ties (2**-32) go to the value of lower *rank*: the place of its identity in byte order.
- Above ``LARGE`` values see ``generate.large_pool``.

Sources: Thaler and Ravishankar, "Using name-based mappings to increase hit rates", IEEE/ACM
Transactions on Networking 6(1), 1998; the exponential clocks: Efraimidis and Spirakis, "Weighted
random sampling with a reservoir", Information Processing Letters 97(5), 2006.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from mockgen_watch.generate.address import fill_scores
from mockgen_watch.generate.bank import Level
from mockgen_watch.generate.chunks import BLOCK, block_scratch
from mockgen_watch.generate.drawn import Drawn
from mockgen_watch.generate.series import ln

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from decimal import Decimal
    from types import ModuleType
    from typing import Final, TypeVar

    import numpy as np
    from numpy.typing import NDArray

    from mockgen_watch.generate.address import Address, Constants
    from mockgen_watch.generate.cells import Cell, Cells, IntArray, LaneArray, Stream

    ByteArray = NDArray[np.uint8]
    Floats = NDArray[np.float64]

    Entry = TypeVar("Entry")

LARGE: Final = 256
"""The most values that are all asked; crossing it redraws a pool once."""

SEGMENTS: Final = 4096
SHIFT: Final = 20
_LAST_RATE: Final = (1.0 + ln(float(SEGMENTS))) / (1.0 - 0.5 / SEGMENTS)
"""The mean of -ln(1 - u) over the mean of u, for the segment in which the logarithm has no end."""

_rates: dict[int, float] = {}


def rate(segment: int) -> float:
    """Return -ln(1 - u) / u at the middle of ``segment``, 0 to 4,095."""
    known = _rates.get(segment)
    if known is None:
        odd = 2 * segment + 1
        known = ln((2 * SEGMENTS - odd) / (2.0 * SEGMENTS)) / (odd / (-2.0 * SEGMENTS))
        known = _rates[segment] = known if segment < SEGMENTS - 1 else _LAST_RATE
    return known


def rates(xp: ModuleType) -> Floats:
    """Return the rates of all segments, float64[4096]; each the same as ``rate`` has it."""
    odd = xp.arange(1, 2 * SEGMENTS, 2, dtype=xp.float64)
    found: Floats = ln((2 * SEGMENTS - odd) / (2.0 * SEGMENTS)) / (odd / (-2.0 * SEGMENTS))
    found[-1] = _LAST_RATE
    return found


def whole_weights(weights: Sequence[Decimal]) -> list[int]:
    """Return the smallest whole numbers in the same proportion; none of the weights is negative."""
    ratios = [weight.as_integer_ratio() for weight in weights]
    common = math.lcm(*(below for _, below in ratios))
    whole = [above * (common // below) for above, below in ratios]
    divisor = math.gcd(*whole) or 1
    return [weight // divisor for weight in whole]


def rank_order(identities: Sequence[bytes], weights: Sequence[Decimal]) -> list[int]:
    """Return the positions of the values that can be chosen (weight over 0), by rank."""
    taking_part = [place for place, weight in enumerate(weights) if weight > 0]
    return sorted(taking_part, key=identities.__getitem__)


def pool_stream(
    address: Address,
    draw: str,
    identities: Sequence[bytes],
    weights: Sequence[Decimal],
    level: Level | None = None,
) -> Stream | None:
    """Return the stream of ranks of a pool; None for a pool of one.

    ``identities`` are in rank order, ``weights`` beside them and all over 0; ``draw`` names the
    draw at ``address``. ``level``: what else is drawn at the same cells, if anything is.
    """
    level = level or Level()
    if len(identities) == 1:
        return None
    whole = whole_weights(weights)
    if len(whole) > LARGE:
        # Few pools are, and it takes what searches along.
        from mockgen_watch.generate.large_pool import LargePool  # noqa: PLC0415

        return LargePool(address, draw, identities, whole, level)
    constants = tuple(address.constants(draw, identity) for identity in identities)
    if len(set(whole)) == 1:
        return EqualPool(constants, level)
    heaviest = max(whole)
    shares = tuple(max(weight / heaviest, 2.0**-512) for weight in whole)
    return WeightedPool(constants, shares, level)


class SmallPool(Drawn):
    """Ranks of values that are all asked, at most LARGE, so that a byte holds each."""

    __slots__ = ()

    def ranks(self, cells: Cells) -> ByteArray:
        """Return the ranks of a chunk, uint8[n], for the caller to keep."""
        raise NotImplementedError

    def draw(self, cells: Cells) -> IntArray:
        """Return the ranks of a chunk."""
        ranks: IntArray = self.ranks(cells).astype(cells.xp.int64)
        return ranks


class EqualPool(SmallPool):
    """Ranks of values that are equally likely."""

    __slots__ = ("bank", "constants", "first", "last")

    def __init__(self, constants: tuple[Constants, ...], level: Level) -> None:
        """Choose among as many values as there are ``constants``."""
        super().__init__(len(constants))
        self.constants = constants
        self.bank = level.scores
        self.first = self.bank.add(constants)
        self.last = self.first + len(constants)

    def at(self, cell: Cell) -> int:
        """Return the rank of one cell's value."""
        scores = self.bank.at(cell)[self.first : self.last]
        return scores.index(min(scores))

    def reader(self, table: Sequence[Entry] | Mapping[int, Entry]) -> Callable[[Cell], Entry]:
        """Return the function that reads a cell's value in ``table``: ``at`` with fewer calls."""
        key, at, first, last = id(self.bank), self.bank.at, self.first, self.last

        def read(cell: Cell) -> Entry:
            # Nearly always the scores are there already.
            scores = (cell.scores.get(key) or at(cell))[first:last]
            return table[scores.index(min(scores))]

        return read

    def ranks(self, cells: Cells) -> ByteArray:
        """Return the ranks of a chunk."""
        xp = cells.xp
        out: ByteArray = xp.empty(len(cells.a), xp.uint8)
        t, spare, best = block_scratch(cells, "t", "spare", "best")
        for start in range(0, len(out), BLOCK):
            part = slice(start, start + BLOCK)
            lanes = cells.a[part], cells.b[part]
            length = len(lanes[0])
            fill_scores(xp, lanes, self.constants[0], best[:length], spare[:length])
            race = _Race(xp, length)
            for rank, constants in enumerate(self.constants[1:], 1):
                fill_scores(xp, lanes, constants, t[:length], spare[:length])
                race.run(t[:length], best[:length], rank)
            out[part] = race.winner
        return out


class WeightedPool(SmallPool):
    """Ranks of values by weight."""

    __slots__ = ("bank", "constants", "first", "last", "tables", "weights")

    def __init__(
        self, constants: tuple[Constants, ...], weights: tuple[float, ...], level: Level
    ) -> None:
        """Choose among values of ``weights``, over 0 to 1, the heaviest 1."""
        super().__init__(len(constants))
        self.constants = constants
        self.weights = weights
        self.bank = level.scores
        self.first = self.bank.add(constants)
        self.last = self.first + len(constants)
        self.tables: dict[float, Floats] = {}

    def at(self, cell: Cell) -> int:
        """Return the rank of one cell's value."""
        scores = self.bank.at(cell)[self.first : self.last]
        times = [
            t * (rate(t >> SHIFT) / weight) for t, weight in zip(scores, self.weights, strict=True)
        ]
        return times.index(min(times))

    def ranks(self, cells: Cells) -> ByteArray:
        """Return the ranks of a chunk."""
        xp = cells.xp
        out: ByteArray = xp.empty(len(cells.a), xp.uint8)
        scratch = block_scratch(cells, "t", "spare")
        longest = len(scratch[0])
        times, best = xp.empty(longest), xp.empty(longest)
        segments = xp.empty(longest, xp.intp)
        for start in range(0, len(out), BLOCK):
            part = slice(start, start + BLOCK)
            lanes = cells.a[part], cells.b[part]
            length = len(lanes[0])
            t, spare = (array[:length] for array in scratch)
            race = _Race(xp, length)
            for rank, constants in enumerate(self.constants):
                fill_scores(xp, lanes, constants, t, spare)
                xp.right_shift(t, SHIFT, out=segments[:length])
                time = times[:length] if rank else best[:length]
                # "clip" because "raise" would copy through a buffer; no segment is out of range.
                self._table(xp, rank).take(segments[:length], out=time, mode="clip")
                xp.multiply(t, time, out=time)
                if rank:
                    race.run(time, best[:length], rank)
            out[part] = race.winner
        return out

    def _table(self, xp: ModuleType, rank: int) -> Floats:
        """Return the rates over the weight of a rank; made once for each weight."""
        weight = self.weights[rank]
        if weight not in self.tables:
            self.tables[weight] = rates(xp) / weight
        return self.tables[weight]


class _Race:
    """Who is first in each cell of a block, when candidates come in order of rank."""

    __slots__ = ("_is_first", "_rank", "winner", "xp")

    def __init__(self, xp: ModuleType, length: int) -> None:
        """Let rank 0 lead in all ``length`` cells."""
        self.xp = xp
        self.winner = xp.zeros(length, xp.uint8)
        self._is_first = xp.empty(length, bool)
        self._rank = xp.empty(length, xp.uint8)

    def run(self, time: LaneArray | Floats, best: LaneArray | Floats, rank: int) -> None:
        """Let ``rank`` lead where its ``time`` is less than ``best``; that is brought down."""
        xp = self.xp
        xp.less(time, best, out=self._is_first)
        xp.minimum(time, best, out=best)
        # Ranks only grow, so the highest that ever led leads now; bytes cost next to nothing.
        xp.multiply(self._is_first.view(xp.uint8), xp.uint8(rank), out=self._rank)
        xp.maximum(self.winner, self._rank, out=self.winner)
