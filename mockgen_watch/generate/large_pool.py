"""Takes a pool of hundreds of values or more; gives a stream that chooses one in a few steps.

A binary trie over the bits of each value's key (BLAKE2b of its identity). At depth d the word of
that depth goes left when it is below the left side's share of the weight, until one value is left.

- Odds: a value's are right to within depth * 2**-33, absolute.
- Churn: to add one value to k equal ones changes about (1 + log2(k) / 2) / k of the cells: those
  that it takes, and at each depth half of them again, because the shares on the way shift. To
  remove one costs the same. Rendezvous over all values would reach 1 / k, in k steps a cell.
- Steps: about log2(k) + 1, one word each. All cells of a chunk go down together.
"""

from __future__ import annotations

import itertools
from bisect import bisect_left
from typing import TYPE_CHECKING

from mockgen_watch.generate.address import fill_words, key64, word
from mockgen_watch.generate.chunks import BLOCK, block_scratch
from mockgen_watch.generate.drawn import Drawn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Final

    from mockgen_watch.generate.address import Address
    from mockgen_watch.generate.bank import Level
    from mockgen_watch.generate.cells import Cell, Cells, IntArray, LaneArray

KEY_BITS: Final = 64
_EXACT: Final = 1 << 53
_THRESHOLD_BITS: Final = 33
_THRESHOLD_MASK: Final = (1 << _THRESHOLD_BITS) - 1
_WORDS: Final = 4294967296.0


class LargePool(Drawn):
    """Ranks of values by weight."""

    __slots__ = ("bank", "constants", "first", "keys", "nodes", "ranks", "sums", "usual")

    def __init__(
        self,
        address: Address,
        draw: str,
        identities: Sequence[bytes],
        weights: Sequence[int],
        level: Level,
    ) -> None:
        """Choose among ``identities``, in rank order, by whole ``weights`` over 0."""
        super().__init__(len(identities))
        self.constants = tuple(address.constants(f"{draw}/{depth}") for depth in range(KEY_BITS))
        # Few cells need more words, so only these are drawn with the level's others.
        self.usual = min(KEY_BITS, self.size.bit_length() + 1)
        self.bank = level.words
        self.first = self.bank.add(self.constants[: self.usual])
        keyed = sorted((key64("value", name), rank) for rank, name in enumerate(identities))
        self.keys = [key for key, _ in keyed]
        self.ranks = [rank for _, rank in keyed]
        whole = _exact_weights(weights)
        self.sums = list(itertools.accumulate((whole[rank] for rank in self.ranks), initial=0))
        self.nodes: tuple[IntArray, IntArray] | None = None

    def at(self, cell: Cell) -> int:
        """Return the rank of one cell's value."""
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
                drawn = word(cell.a, cell.b, self.constants[depth])
            if drawn < round(share * _WORDS):
                high = middle
            else:
                low, prefix = middle, right_prefix
            depth += 1
        return self.ranks[low]

    def draw(self, cells: Cells) -> IntArray:
        """Return the ranks of a chunk."""
        xp = cells.xp
        if self.nodes is None:
            self.nodes = _build_nodes(xp, self)
        steps, ranks = self.nodes
        out: IntArray = xp.empty(len(cells.a), xp.int64)
        scratch = block_scratch(cells, "t", "spare")
        for start in range(0, len(out), BLOCK):
            part = slice(start, start + BLOCK)
            a, b = cells.a[part], cells.b[part]
            t, spare = (array[: len(a)] for array in scratch)
            node = xp.zeros(len(a), xp.int64)
            for constants in self.constants[: self.usual]:
                fill_words(xp, (a, b), constants, t, spare)
                node = _step(steps, node, t)
            # Most cells have arrived; the others go on by themselves.
            self._finish(xp, steps, node, (a, b))
            out[part] = ranks.take(node)
        return out

    def _finish(
        self, xp: ModuleType, steps: IntArray, node: IntArray, lanes: tuple[LaneArray, LaneArray]
    ) -> None:
        """Take the cells that have not arrived down to their values; ``node`` changes in place."""
        depth = self.usual
        (active,) = xp.nonzero(steps.take(node) >> _THRESHOLD_BITS != node)
        while len(active):
            a, b = lanes[0].take(active), lanes[1].take(active)
            t, spare = xp.empty_like(a), xp.empty_like(a)
            fill_words(xp, (a, b), self.constants[depth], t, spare)
            node[active] = _step(steps, node.take(active), t)
            here = node.take(active)
            active = active[steps.take(here) >> _THRESHOLD_BITS != here]
            depth += 1


def _step(steps: IntArray, node: IntArray, words: LaneArray) -> IntArray:
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


def _build_nodes(xp: ModuleType, pool: LargePool) -> tuple[IntArray, IntArray]:
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
    xp: ModuleType, keys: LaneArray, low: IntArray, high: IntArray, depth: int
) -> IntArray:
    """Return the first place between ``low`` and ``high`` whose key has a 1 at bit ``depth``."""
    if not len(low):
        return low
    bit = xp.uint64(1 << (KEY_BITS - 1 - depth)) if depth < KEY_BITS else xp.uint64(0)
    above = xp.uint64((1 << KEY_BITS) - (1 << (KEY_BITS - depth)) if depth else 0)
    border = (keys.take(low) & above) | bit
    found: IntArray = xp.clip(xp.searchsorted(keys, border), low, high)
    return found
