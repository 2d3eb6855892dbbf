"""Takes a size and an address; gives numbers that no two cells of one field share.

A keyed permutation of 0 … size-1 is applied to the cell's *position*: the record index, or for an
array element ``index * maximum + element``, for each array around it. No set of what was seen:
record i's number is found without the others'. Positions from ``size`` on begin anew.

Up to ``SMALL`` numbers are sorted by key. Up to 2**63 a Feistel network (Luby and Rackoff, "How to
construct pseudorandom permutations from pseudorandom functions", SIAM J. Comput. 17(2), 1988) of
eight rounds permutes the next power of two, and cycle-walking (Black and Rogaway, "Ciphers with
arbitrary finite domains", CT-RSA 2002) repeats it until the number is below ``size``: twice at
most on average. Beyond, the permutation of 2**62 spreads its numbers evenly over all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.generate.address import GOLDEN, MASK32, MASK64, SCORE, WORD, mix64
from mockgen_watch.generate.streams import LONG, Drawn, uniform

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import ModuleType
    from typing import Final

    from mockgen_watch.generate.address import Address, Cell, Cells, IntArray, LaneArray, Stream
    from mockgen_watch.generate.streams import Level

SMALL: Final = 1024
ROUNDS: Final = 8
SPREAD: Final = 1 << 62


def mix32(word: int) -> int:
    """Return a bijective mix of 32 bits (Wellons' "lowbias32")."""
    word = (word ^ (word >> 16)) * SCORE & MASK32
    word = (word ^ (word >> 15)) * WORD & MASK32
    return word ^ (word >> 16)


def mix32_over(xp: ModuleType, words: LaneArray) -> LaneArray:
    """Return ``mix32`` of each of ``words``, in place: uint32[n]."""
    for shift, factor in ((16, SCORE), (15, WORD)):
        words ^= words >> xp.uint32(shift)
        words *= xp.uint32(factor)
    words ^= words >> xp.uint32(16)
    return words


class Position(Drawn):
    """The number of a cell among all cells of its field; counts on with the record index."""

    __slots__ = ("strides",)

    def __init__(self, strides: tuple[int, ...]) -> None:
        """Take the greatest number of elements of each array around the field, outermost first."""
        super().__init__(LONG)
        self.strides = strides

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        position = cell.index
        for stride, element in zip(self.strides, cell.elements, strict=True):
            position = position * stride + element
        return position

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        position = cells.index
        for stride, element in zip(self.strides, cells.elements, strict=True):
            position = position * stride + element
        return position


class Permutation:
    """A keyed bijection of 0 … size-1, up to 2**63 numbers."""

    __slots__ = ("_keys", "_low_bits", "_table", "bits", "size")

    def __init__(self, size: int, key: int) -> None:
        """Permute ``size`` numbers; another 64-bit ``key`` gives another order."""
        self.size = size
        self.bits = max(2, (size - 1).bit_length())
        self._low_bits = self.bits // 2
        rounds = (mix64((key + n * GOLDEN) & MASK64) for n in range(ROUNDS))
        self._keys = tuple(round_key & MASK32 for round_key in rounds)
        self._table: tuple[int, ...] = ()
        if size <= SMALL:
            keys = [mix64((key + n * GOLDEN) & MASK64) for n in range(size)]
            self._table = tuple(sorted(range(size), key=keys.__getitem__))

    def at(self, number: int) -> int:
        """Return where ``number``, below ``size``, goes."""
        if self._table:
            return self._table[number]
        number = self._network(number)
        while number >= self.size:
            number = self._network(number)
        return number

    def over(self, xp: ModuleType, numbers: IntArray) -> IntArray:
        """Return where each of ``numbers`` goes, int64[n]."""
        if self._table:
            return xp.array(self._table, xp.int64).take(numbers)  # type: ignore[no-any-return]
        out = self._network_over(xp, numbers)
        (outside,) = xp.nonzero(out >= self.size)
        while len(outside):
            walked = self._network_over(xp, out[outside])
            out[outside] = walked
            outside = outside[walked >= self.size]
        return out

    def _network(self, number: int) -> int:
        low_mask = (1 << self._low_bits) - 1
        high_mask = (1 << (self.bits - self._low_bits)) - 1
        low, high = number & low_mask, number >> self._low_bits
        for turn in range(0, ROUNDS, 2):
            high ^= mix32(low ^ self._keys[turn]) & high_mask
            low ^= mix32(high ^ self._keys[turn + 1]) & low_mask
        return high << self._low_bits | low

    def _network_over(self, xp: ModuleType, numbers: IntArray) -> IntArray:
        low_mask = xp.uint32((1 << self._low_bits) - 1)
        high_mask = xp.uint32((1 << (self.bits - self._low_bits)) - 1)
        low = numbers.astype(xp.uint32) & low_mask
        high = (numbers >> self._low_bits).astype(xp.uint32)
        for turn in range(0, ROUNDS, 2):
            high ^= mix32_over(xp, low ^ xp.uint32(self._keys[turn])) & high_mask
            low ^= mix32_over(xp, high ^ xp.uint32(self._keys[turn + 1])) & low_mask
        joined: IntArray = high.astype(xp.int64) << self._low_bits
        joined |= low
        return joined


class Permuted(Drawn):
    """Numbers below ``size`` that no two positions below it share; up to 2**63."""

    __slots__ = ("permutation", "position")

    def __init__(self, size: int, key: int, position: Stream) -> None:
        """Permute the numbers of ``position``."""
        super().__init__(size)
        self.position = position
        self.permutation = Permutation(size, key)

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        return self.permutation.at(self.position.at(cell) % self.size)

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        return self.permutation.over(cells.xp, self.position.over(cells) % self.size)


class Spread(Drawn):
    """Numbers below any ``size`` over 2**63 that no two of the first 2**62 positions share."""

    __slots__ = ("coarse", "fine")

    def __init__(self, size: int, coarse: Stream, fine: Stream) -> None:
        """Take the stretch by ``coarse``, which is unique, and the place in it by ``fine``."""
        super().__init__(size)
        self.coarse = coarse
        self.fine = fine

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        return self.coarse.at(cell) * self.fine.size + self.fine.at(cell)

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk: Python integers in an array of objects."""
        coarse = self.coarse.over(cells).astype(object)
        total: IntArray = coarse * self.fine.size + self.fine.over(cells)
        return total


def unique(address: Address, level: Level, size: int, strides: tuple[int, ...]) -> Stream:
    """Return the stream of numbers below ``size`` that no two cells of the field share."""
    key, position = address.key("unique"), Position(strides)
    if size <= LONG:
        return Permuted(size, key, position)
    fine = uniform(address, level, "unique/rest", size // SPREAD)
    return Spread(size, Permuted(SPREAD, key, position), fine)


class InOrder(Drawn):
    """Ranks of a pool's values, each once: the value with the lowest key goes to position 0."""

    __slots__ = ("order", "position")

    def __init__(
        self, address: Address, identities: Sequence[bytes], strides: tuple[int, ...]
    ) -> None:
        """Order ``identities``, which are in rank order, by a key of their own."""
        super().__init__(len(identities))
        keys = [address.key("unique", identity) for identity in identities]
        self.order = tuple(sorted(range(len(keys)), key=keys.__getitem__))
        self.position = Position(strides)

    def at(self, cell: Cell) -> int:
        """Return the rank of one cell's value."""
        return self.order[self.position.at(cell) % self.size]

    def draw(self, cells: Cells) -> IntArray:
        """Return the ranks of a chunk."""
        order: IntArray = cells.xp.array(self.order, cells.xp.int64)
        return order.take(self.position.over(cells) % self.size)
