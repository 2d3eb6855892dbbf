"""Pools: the choice of one value among several, by weight; also constants, booleans and rows.

A value's score is drawn from the cell and the value's own identity, and the least score wins, so
that a value more or less moves no other choice. Up to ``LARGE`` values are all asked; a larger pool
is a tree of its values' keys, and a cell goes down one branch.
"""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left
from functools import cache
from typing import TYPE_CHECKING, Final

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.generate import address as addresses
from mockgen_watch.generate import streams
from mockgen_watch.generate.column import Column, ColumnKind, Part, State
from mockgen_watch.generate.draws import FieldDraws, in_order
from mockgen_watch.generate.normal import ln

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal
    from types import ModuleType

    import numpy as np
    from numpy.typing import NDArray

    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import Boolean, Constant, Pool, PoolEntry, RowField

    ByteArray = NDArray[np.uint8]

    Floats = NDArray[np.float64]


def value_column(table: Sequence[Json], stream: addresses.Stream | None) -> Column:
    """Return the column whose value is ``table[n]`` of the number n that ``stream`` draws."""
    return Column(kind=ColumnKind.VALUE, parts=(Part(table=table, stream=stream),))


def constant_column(constant: Constant, _draws: FieldDraws) -> Column:
    """Return the column of one value."""
    return value_column((constant.value,), None)


def boolean_column(boolean: Boolean, draws: FieldDraws) -> Column:
    """Return true with the given odds, else false."""
    if draws.is_unique or draws.is_distinct:
        return value_column((False, True), draws.numbers(2))
    yes = streams.threshold(boolean.true)
    if not 0 < yes < streams.ALWAYS:
        return value_column((yes > 0,), None)
    odds = streams.Odds(yes, draws.address.constants("value"), draws.level)
    return value_column((False, True), draws.preset_values(odds, (b"false", b"true")))


def pool_column(pool: Pool, draws: FieldDraws) -> Column:
    """Return one of a pool's values."""
    draw = draw_pool(pool, draws, "value")
    return value_column([entry.value for entry in draw.entries], draw.stream)


class PoolDraw(Struct, frozen=True, eq=False):
    """A pool's entries that can be chosen, by rank, and the stream of ranks; None when only one."""

    entries: tuple[PoolEntry, ...]
    stream: addresses.Stream | None


def draw_pool(pool: Pool, draws: FieldDraws, draw: str) -> PoolDraw:
    """Return the choice among a pool's entries at ``draws``; weights play no part if unique."""
    found = pool.entries
    order = rank_order([entry.identity for entry in found], [entry.weight for entry in found])
    entries = tuple([found[place] for place in order])
    identities = [entry.identity for entry in entries]
    if len(entries) == 1:
        return PoolDraw(entries, None)
    if draws.is_distinct:
        return PoolDraw(entries, draws.numbers(len(entries)))
    if draws.is_unique:
        return PoolDraw(entries, in_order(draws.address, identities, draws.strides))
    weights = [entry.weight for entry in entries]
    stream = pool_stream(draws.address, draw, identities, weights, draws.level)
    return PoolDraw(entries, None if stream is None else draws.preset_values(stream, identities))


def draw_rows(field: RowField, draws: FieldDraws) -> PoolDraw:
    """Return the choice of a row, drawn at the object that holds ``$rows``; several fields ask."""
    draw = draw_pool(field.rows, draws, "rows")
    stream = None if draw.stream is None else streams.Shared(draw.stream)
    return PoolDraw(draw.entries, stream)


def row_column(field: RowField, rows: PoolDraw) -> Column:
    """Return the value of one key of the chosen row; absent where the row lacks the key."""
    values: list[Json] = []
    states: list[int] = []
    for entry in rows.entries:
        row = entry.value if isinstance(entry.value, dict) else {}
        values.append(row.get(field.key))
        states.append(int(State.PRESENT if field.key in row else State.ABSENT))
    column = value_column(values, rows.stream)
    if not any(states):
        return column
    if rows.stream is None:
        return replace(column, presence=streams.Odds(streams.ALWAYS, (0, 0), number=State.ABSENT))
    return replace(column, presence=streams.Lookup(rows.stream, tuple(states), len(State)))


LARGE: Final = 256
"""The most values that are all asked; crossing it redraws a pool once."""

SEGMENTS: Final = 4096
SHIFT: Final = 20
_LAST_RATE: Final = (1.0 + ln(float(SEGMENTS))) / (1.0 - 0.5 / SEGMENTS)
"""The mean of -ln(1 - u) over the mean of u, for the segment in which the logarithm has no end."""


@cache
def rate(segment: int) -> float:
    """Return -ln(1 - u) / u at the middle of ``segment``, 0 to 4,095."""
    if segment == SEGMENTS - 1:
        return _LAST_RATE
    odd = 2 * segment + 1
    return ln((2 * SEGMENTS - odd) / (2.0 * SEGMENTS)) / (odd / (-2.0 * SEGMENTS))


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
    address: addresses.Address,
    draw: str,
    identities: Sequence[bytes],
    weights: Sequence[Decimal],
    level: streams.Level | None = None,
) -> addresses.Stream | None:
    """Return the stream of ranks of a pool; None for a pool of one.

    ``identities`` are in rank order, ``weights`` beside them and all over 0; ``draw`` names the
    draw at ``address``. ``level``: what else is drawn at the same cells, if anything is.
    """
    level = level or streams.Level()
    if len(identities) == 1:
        return None
    whole = whole_weights(weights)
    if len(whole) > LARGE:
        return LargePool(address, draw, identities, whole, level)
    constants = tuple(address.constants(draw, identity) for identity in identities)
    if len(set(whole)) == 1:
        return EqualPool(constants, level)
    heaviest = max(whole)
    shares = tuple(max(weight / heaviest, 2.0**-512) for weight in whole)
    return WeightedPool(constants, shares, level)


class SmallPool(streams.Drawn):
    """Ranks of values that are all asked, at most LARGE, so that a byte holds each."""

    def __init__(self, constants: tuple[addresses.Constants, ...], level: streams.Level) -> None:
        super().__init__(len(constants))
        self.constants = constants
        self.bank = level.scores
        self.first = self.bank.add(constants)
        self.last = self.first + len(constants)

    def ranks(self, cells: addresses.Cells) -> ByteArray:
        raise NotImplementedError

    def draw(self, cells: addresses.Cells) -> addresses.IntArray:
        ranks: addresses.IntArray = self.ranks(cells).astype(cells.xp.int64)
        return ranks


class EqualPool(SmallPool):
    """Ranks of values that are equally likely."""

    def __init__(self, constants: tuple[addresses.Constants, ...], level: streams.Level) -> None:
        super().__init__(constants, level)
        self._bank_id = id(self.bank)

    def at(self, cell: addresses.Cell) -> int:
        # Nearly always the scores are there already.
        drawn = cell.scores.get(self._bank_id) or self.bank.at(cell)
        scores = drawn[self.first : self.last]
        return scores.index(min(scores))

    def ranks(self, cells: addresses.Cells) -> ByteArray:
        xp = cells.xp
        out: ByteArray = xp.empty(len(cells.a), xp.uint8)
        t, spare, best = addresses.block_scratch(cells, "t", "spare", "best")
        for start in range(0, len(out), addresses.BLOCK):
            part = slice(start, start + addresses.BLOCK)
            lanes = cells.a[part], cells.b[part]
            length = len(lanes[0])
            addresses.fill_scores(xp, lanes, self.constants[0], best[:length], spare[:length])
            race = _Race(xp, length)
            for rank, constants in enumerate(self.constants[1:], 1):
                addresses.fill_scores(xp, lanes, constants, t[:length], spare[:length])
                race.run(t[:length], best[:length], rank)
            out[part] = race.winner
        return out


class WeightedPool(SmallPool):
    """Ranks of values by weight."""

    def __init__(
        self,
        constants: tuple[addresses.Constants, ...],
        weights: tuple[float, ...],
        level: streams.Level,
    ) -> None:
        super().__init__(constants, level)
        self.weights = weights
        self.tables: dict[float, Floats] = {}

    def at(self, cell: addresses.Cell) -> int:
        scores = self.bank.at(cell)[self.first : self.last]
        times = [
            t * (rate(t >> SHIFT) / weight) for t, weight in zip(scores, self.weights, strict=True)
        ]
        return times.index(min(times))

    def ranks(self, cells: addresses.Cells) -> ByteArray:
        xp = cells.xp
        out: ByteArray = xp.empty(len(cells.a), xp.uint8)
        scratch = addresses.block_scratch(cells, "t", "spare")
        longest = len(scratch[0])
        times, best = xp.empty(longest), xp.empty(longest)
        segments = xp.empty(longest, xp.intp)
        for start in range(0, len(out), addresses.BLOCK):
            part = slice(start, start + addresses.BLOCK)
            lanes = cells.a[part], cells.b[part]
            length = len(lanes[0])
            t, spare = (array[:length] for array in scratch)
            race = _Race(xp, length)
            for rank, constants in enumerate(self.constants):
                addresses.fill_scores(xp, lanes, constants, t, spare)
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

    def __init__(self, xp: ModuleType, length: int) -> None:
        self.xp = xp
        self.winner = xp.zeros(length, xp.uint8)
        self._is_first = xp.empty(length, bool)
        self._rank = xp.empty(length, xp.uint8)

    def run(
        self, time: addresses.LaneArray | Floats, best: addresses.LaneArray | Floats, rank: int
    ) -> None:
        """Let ``rank`` lead where its ``time`` is less than ``best``; that is brought down."""
        xp = self.xp
        xp.less(time, best, out=self._is_first)
        xp.minimum(time, best, out=best)
        # Ranks only grow, so the highest that ever led leads now; bytes cost next to nothing.
        xp.multiply(self._is_first.view(xp.uint8), xp.uint8(rank), out=self._rank)
        xp.maximum(self.winner, self._rank, out=self.winner)


KEY_BITS: Final = 64
_EXACT: Final = 1 << 53
_THRESHOLD_BITS: Final = 33
_THRESHOLD_MASK: Final = (1 << _THRESHOLD_BITS) - 1
_WORDS: Final = 4294967296.0


class LargePool(streams.Drawn):
    """Ranks of values by weight."""

    def __init__(
        self,
        address: addresses.Address,
        draw: str,
        identities: Sequence[bytes],
        weights: Sequence[int],
        level: streams.Level,
    ) -> None:
        super().__init__(len(identities))
        self.constants = tuple(address.constants(f"{draw}/{depth}") for depth in range(KEY_BITS))
        # Few cells need more words, so only these are drawn with the level's others.
        self.usual = min(KEY_BITS, self.size.bit_length() + 1)
        self.bank = level.words
        self.first = self.bank.add(self.constants[: self.usual])
        keyed = sorted(
            (addresses.key64("value", name), rank) for rank, name in enumerate(identities)
        )
        self.keys = [key for key, _ in keyed]
        self.ranks = [rank for _, rank in keyed]
        whole = _exact_weights(weights)
        self.sums = list(itertools.accumulate((whole[rank] for rank in self.ranks), initial=0))
        self.nodes: tuple[addresses.IntArray, addresses.IntArray] | None = None

    def at(self, cell: addresses.Cell) -> int:
        keys, sums = self.keys, self.sums
        words = self.bank.at(cell)[self.first : self.first + self.usual]
        low, high, prefix = 0, len(keys), 0
        depth = 0
        while high - low > 1 and depth < KEY_BITS:
            right_prefix = prefix | 1 << (KEY_BITS - 1 - depth)
            middle = bisect_left(keys, right_prefix, low, high)
            share = (sums[middle] - sums[low]) / (sums[high] - sums[low])
            if depth < self.usual:
                drawn = words[depth]
            else:
                drawn = addresses.word(cell.a, cell.b, self.constants[depth])
            if drawn < round(share * _WORDS):
                high = middle
            else:
                low, prefix = middle, right_prefix
            depth += 1
        return self.ranks[low]

    def draw(self, cells: addresses.Cells) -> addresses.IntArray:
        xp = cells.xp
        if self.nodes is None:
            self.nodes = _build_nodes(xp, self)
        steps, ranks = self.nodes
        out: addresses.IntArray = xp.empty(len(cells.a), xp.int64)
        scratch = addresses.block_scratch(cells, "t", "spare")
        for start in range(0, len(out), addresses.BLOCK):
            part = slice(start, start + addresses.BLOCK)
            a, b = cells.a[part], cells.b[part]
            t, spare = (array[: len(a)] for array in scratch)
            node = xp.zeros(len(a), xp.int64)
            for constants in self.constants[: self.usual]:
                addresses.fill_words(xp, (a, b), constants, t, spare)
                node = _step(steps, node, t)
            # Most cells have arrived; the others go on by themselves.
            self._finish(xp, steps, node, (a, b))
            out[part] = ranks.take(node)
        return out

    def _finish(
        self,
        xp: ModuleType,
        steps: addresses.IntArray,
        node: addresses.IntArray,
        lanes: tuple[addresses.LaneArray, addresses.LaneArray],
    ) -> None:
        """Take the cells that have not arrived down to their values; ``node`` changes in place."""
        depth = self.usual
        (active,) = xp.nonzero(steps.take(node) >> _THRESHOLD_BITS != node)
        while len(active):
            a, b = lanes[0].take(active), lanes[1].take(active)
            t, spare = xp.empty_like(a), xp.empty_like(a)
            addresses.fill_words(xp, (a, b), self.constants[depth], t, spare)
            node[active] = _step(steps, node.take(active), t)
            here = node.take(active)
            active = active[steps.take(here) >> _THRESHOLD_BITS != here]
            depth += 1


def _step(
    steps: addresses.IntArray, node: addresses.IntArray, words: addresses.LaneArray
) -> addresses.IntArray:
    """Return the child of each ``node`` that its word leads to; a value's node leads to itself."""
    packed = steps.take(node, mode="clip")
    is_right = words >= (packed & _THRESHOLD_MASK)
    packed >>= _THRESHOLD_BITS
    packed += is_right
    return packed


def _exact_weights(weights: Sequence[int]) -> list[int]:
    """Return the weights, scaled down where float64 could not hold their sum."""
    total = sum(weights)
    if total <= _EXACT:
        return list(weights)
    # Each is rounded up to 1 at most, so the sum stays below 2**52 + the number of values.
    return [max(1, weight * (_EXACT >> 1) // total) for weight in weights]


def _build_nodes(xp: ModuleType, pool: LargePool) -> tuple[addresses.IntArray, addresses.IntArray]:
    """Return two arrays over all nodes: the step from each, and the rank of each value's node.

    A step is the number of the left child, the right one's being one more, and the threshold
    (33 bits) below which a word goes left. A value's node is its own left child, at 2**32.
    """
    keys = xp.array(pool.keys, xp.uint64)
    sums = xp.array(pool.sums, xp.int64)
    ranks = xp.array(pool.ranks, xp.int64)
    steps, places = [], []
    low, high = xp.zeros(1, xp.int64), xp.full(1, pool.size, xp.int64)
    first = 0
    for depth in range(KEY_BITS + 1):
        is_inner = high - low > 1 if depth < KEY_BITS else xp.zeros(len(low), bool)
        numbers = xp.arange(first, first + len(low), dtype=xp.int64)
        first += len(low)
        left, right = low[is_inner], high[is_inner]
        middle = _middles(xp, keys, left, right, depth)
        total = (sums[right] - sums[left]).astype(xp.float64)
        share = (sums[middle] - sums[left]).astype(xp.float64) / total
        step = (numbers << _THRESHOLD_BITS) | (1 << 32)
        children = first + 2 * xp.arange(len(left), dtype=xp.int64)
        cut = xp.rint(share * _WORDS).astype(xp.int64)
        step[is_inner] = (children << _THRESHOLD_BITS) | cut
        steps.append(step)
        places.append(xp.minimum(low, pool.size - 1))
        low = xp.stack((left, middle), axis=1).ravel()
        high = xp.stack((middle, right), axis=1).ravel()
        if not len(low):
            break
    return xp.concatenate(steps), ranks.take(xp.concatenate(places))


def _middles(
    xp: ModuleType,
    keys: addresses.LaneArray,
    low: addresses.IntArray,
    high: addresses.IntArray,
    depth: int,
) -> addresses.IntArray:
    """Return the first place between ``low`` and ``high`` whose key has a 1 at bit ``depth``."""
    if not len(low):
        return low
    bit = xp.uint64(1 << (KEY_BITS - 1 - depth)) if depth < KEY_BITS else xp.uint64(0)
    above = xp.uint64((1 << KEY_BITS) - (1 << (KEY_BITS - depth)) if depth else 0)
    border = (keys.take(low) & above) | bit
    found: addresses.IntArray = xp.clip(xp.searchsorted(keys, border), low, high)
    return found
