"""Takes constants; gives the plain streams: numbers below a size, yes and no, null and absent.

Below a size up to 2**20: ``word * size >> 32``. Up to 2**63: the upper half of a 64-bit word times
the size. Beyond: the same with as many words as the size is long, and two more, in Python integers.
A number's odds are off by less than size / 2**32, size / 2**64 and 2**-64 of themselves.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN
from typing import TYPE_CHECKING

from mockgen_watch.generate.address import MASK32
from mockgen_watch.generate.bank import word_at
from mockgen_watch.generate.column import State
from mockgen_watch.generate.drawn import Drawn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from decimal import Decimal
    from typing import Final

    import numpy as np
    from numpy.typing import NDArray

    from mockgen_watch.generate.address import Address, Constants
    from mockgen_watch.generate.bank import Level
    from mockgen_watch.generate.cells import Cell, Cells, IntArray, Stream

SHORT: Final = 1 << 20
"""Up to here 32 bits decide; the odds of a number are then off by at most 2**-12 of themselves."""

LONG: Final = 1 << 63
"""Up to here NumPy's integers hold a number."""

ALWAYS: Final = 1 << 32
"""The threshold that every word lies below."""


def uniform(address: Address, level: Level, draw: str, size: int) -> Stream:
    """Return the stream of numbers below ``size`` (1 or more); ``draw`` names it at ``address``."""
    if size <= SHORT:
        return Uniform(size, address.constants(draw), level)
    count = 2 if size <= LONG else (size.bit_length() + 95) // 32
    words = [address.constants(f"{draw}/{n}") for n in range(count)]
    if size <= LONG:
        return LongUniform(size, words[0], words[1], level)
    return HugeUniform(size, words, level)


def threshold(probability: Decimal) -> int:
    """Return how many of the 2**32 words mean yes; 0 for never, ``ALWAYS`` for always."""
    return int((probability * ALWAYS).to_integral_value(ROUND_HALF_EVEN))


def presence_of(address: Address, level: Level, omit: Decimal, null: Decimal) -> Stream | None:
    """Return the states of a node; None when it is always there and never null."""
    absent, empty = threshold(omit), threshold(null)
    if not absent and not empty:
        return None
    return Presence((absent, address.constants("omit")), (empty, address.constants("null")), level)


class Uniform(Drawn):
    """Numbers below a size up to ``SHORT``."""

    __slots__ = ("word",)

    def __init__(self, size: int, constants: Constants, level: Level | None = None) -> None:
        """Draw numbers below ``size`` at ``constants``, with all else of ``level``."""
        super().__init__(size)
        self.word = word_at(constants, level)

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        return self.word.at(cell) * self.size >> 32

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        out: IntArray = self.word.over(cells).astype(cells.xp.int64)
        out *= self.size
        out >>= 32
        return out


class LongUniform(Drawn):
    """Numbers below a size up to ``LONG``, by 64-bit words."""

    __slots__ = ("high", "low")

    def __init__(
        self, size: int, high: Constants, low: Constants, level: Level | None = None
    ) -> None:
        """Draw numbers below ``size``; ``high`` and ``low`` give the halves of the 64-bit word."""
        super().__init__(size)
        self.high = word_at(high, level)
        self.low = word_at(low, level)

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        return (self.high.at(cell) << 32 | self.low.at(cell)) * self.size >> 64

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        xp = cells.xp
        high = self.high.over(cells).astype(xp.uint64)
        low = self.low.over(cells).astype(xp.uint64)
        return _upper_product(high, low, self.size)


class HugeUniform(Drawn):
    """Numbers below a size of any length, in Python integers."""

    __slots__ = ("words",)

    def __init__(
        self, size: int, constants: Sequence[Constants], level: Level | None = None
    ) -> None:
        """Draw numbers below ``size`` by one long word, its highest 32 bits first."""
        super().__init__(size)
        self.words = tuple(word_at(each, level) for each in constants)

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        wide = 0
        for word in self.words:
            wide = wide << 32 | word.at(cell)
        return wide * self.size >> (32 * len(self.words))

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk: Python integers in an array of objects."""
        wide = cells.xp.zeros(len(cells.a), object)
        for word in self.words:
            wide = wide * (1 << 32) + word.over(cells).astype(object)
        numbers: IntArray = wide * self.size // (1 << (32 * len(self.words)))
        return numbers


class Odds(Drawn):
    """1 with the given odds, else 0."""

    __slots__ = ("word", "yes")

    def __init__(self, yes: int, constants: Constants, level: Level | None = None) -> None:
        """Draw 1 where the word at ``constants`` is less than ``yes``, 0 to ``ALWAYS``."""
        super().__init__(2)
        self.yes = yes
        self.word = word_at(constants, level)

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        return int(self.word.at(cell) < self.yes)

    def hits(self, cells: Cells) -> NDArray[np.bool_]:
        """Return where a chunk draws 1: bool[n]."""
        found: NDArray[np.bool_] = self.word.over(cells).astype(cells.xp.int64) < self.yes
        return found

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        return self.hits(cells).astype(cells.xp.int64)


class Presence(Drawn):
    """A node's state: ABSENT where one draw says so, else NULL where another does."""

    __slots__ = ("null", "omit")

    def __init__(
        self,
        omit: tuple[int, Constants],
        null: tuple[int, Constants],
        level: Level | None = None,
    ) -> None:
        """Take for absence and for null how many words of 2**32 mean yes, and the constants."""
        super().__init__(State.ABSENT + 1 if omit[0] else State.NULL + 1)
        self.omit = Odds(*omit, level) if omit[0] else None
        self.null = Odds(*null, level) if null[0] else None

    def at(self, cell: Cell) -> int:
        """Return the state of one cell."""
        if self.omit is not None and self.omit.at(cell):
            return int(State.ABSENT)
        return int(State.NULL) if self.null is not None and self.null.at(cell) else 0

    def draw(self, cells: Cells) -> IntArray:
        """Return the states of a chunk."""
        states: IntArray = cells.xp.zeros(len(cells.a), cells.xp.int64)
        if self.null is not None:
            states[self.null.hits(cells)] = State.NULL
        if self.omit is not None:
            states[self.omit.hits(cells)] = State.ABSENT
        return states


class Shifted(Drawn):
    """What another stream draws, plus ``offset``."""

    __slots__ = ("offset", "source")

    def __init__(self, source: Stream, offset: int) -> None:
        """Add ``offset`` (0 or more) to the numbers of ``source``."""
        super().__init__(source.size + offset)
        self.source = source
        self.offset = offset

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        return self.source.at(cell) + self.offset

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        return self.source.over(cells) + self.offset


def _upper_product(high: NDArray[np.uint64], low: NDArray[np.uint64], size: int) -> IntArray:
    """Return ``(high * 2**32 + low) * size >> 64`` of 32-bit numbers; the inputs are lost.

    In products of 32 by 32 bits, because NumPy has no wider ones.
    """
    kind = high.dtype.type
    size_low, size_high = kind(size & MASK32), kind(size >> 32)
    half, mask = kind(32), kind(MASK32)
    carry = low * size_low
    carry >>= half
    middle = high * size_low
    low *= size_high
    # No sum can exceed 64 bits: (2**32-1)**2 + 2 * (2**32-1) < 2**64.
    carry += middle & mask
    carry += low & mask
    carry >>= half
    middle >>= half
    low >>= half
    high *= size_high
    high += middle
    high += low
    high += carry
    numbers: IntArray = high.view("int64")
    return numbers
