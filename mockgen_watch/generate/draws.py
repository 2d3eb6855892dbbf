"""Takes constants; gives the plain streams: uniform below n, odds, presence, numbers of a stream.

``below(n)``: up to 2**20, ``word * n >> 32``; up to 2**63, the upper half of a 64-bit word times
n; beyond, the same with as many words as n is long, in Python integers. A number's odds are off by
less than n / 2**32, n / 2**64 and 2**-64 of themselves.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from typing import TYPE_CHECKING

from mockgen_watch.generate.address import MASK32, fill_words, word
from mockgen_watch.generate.column import State

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from mockgen_watch.generate.address import Address, Constants
    from mockgen_watch.generate.cells import Cell, Cells, IntArray, LaneArray, Stream

BLOCK = 32_768
"""Cells that a stream draws at a time, so that its scratch arrays stay in the near caches."""

SHORT = 1 << 20
"""Up to here 32 bits decide; the odds of a number are then off by at most 2**-12 of themselves."""

LONG = 1 << 63
"""Up to here NumPy draws."""

ALWAYS = 1 << 32
"""The threshold of words below which everything lies."""


class Drawn:
    """A stream that draws a chunk's numbers once: ``draw`` makes them, ``over`` remembers them."""

    __slots__ = ("size",)

    def __init__(self, size: int) -> None:
        """Promise numbers from 0 to ``size - 1``."""
        self.size = size

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        raise NotImplementedError

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk, int64[n]."""
        raise NotImplementedError

    def over(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk, int64[n], not to be written to."""
        known = cells.drawn.get(id(self))
        if known is None:
            known = cells.drawn[id(self)] = self.draw(cells)
        return known


class Shared(Drawn):
    """A stream that several parts of one column, or several columns, ask: one draw a cell."""

    __slots__ = ("source",)

    def __init__(self, source: Stream) -> None:
        """Remember what ``source`` draws."""
        super().__init__(source.size)
        self.source = source

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        known = cell.drawn.get(id(self))
        if known is None:
            known = cell.drawn[id(self)] = self.source.at(cell)
        return known

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        return self.source.over(cells)


def block_scratch(cells: Cells, *names: str) -> tuple[LaneArray, ...]:
    """Return uint32 arrays of ``BLOCK`` by name, for one stream to write to while it draws."""
    for name in names:
        if name not in cells.scratch:
            cells.scratch[name] = cells.xp.empty(min(BLOCK, len(cells.a)), cells.xp.uint32)
    return tuple(cells.scratch[name] for name in names)


def words_over(cells: Cells, constants: Constants) -> LaneArray:
    """Return the words of a chunk, uint32[n]."""
    out: LaneArray = cells.xp.empty(len(cells.a), cells.xp.uint32)
    (spare,) = block_scratch(cells, "spare")
    for start in range(0, len(out), BLOCK):
        part = slice(start, start + BLOCK)
        block = out[part]
        fill_words(cells.xp, (cells.a[part], cells.b[part]), constants, block, spare[: len(block)])
    return out


class Uniform(Drawn):
    """Numbers below ``size``, each equally likely; up to ``SHORT`` of them."""

    __slots__ = ("constants",)

    def __init__(self, size: int, constants: Constants) -> None:
        """Draw numbers below ``size`` at ``constants``."""
        super().__init__(size)
        self.constants = constants

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        return word(cell.a, cell.b, self.constants) * self.size >> 32

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        xp = cells.xp
        out: IntArray = words_over(cells, self.constants).astype(xp.int64)
        out *= self.size
        out >>= 32
        return out


class LongUniform(Drawn):
    """Numbers below ``size``, each equally likely; up to ``LONG`` of them, by 64-bit words."""

    __slots__ = ("high", "low")

    def __init__(self, size: int, high: Constants, low: Constants) -> None:
        """Draw numbers below ``size``; ``high`` and ``low`` give the halves of the word."""
        super().__init__(size)
        self.high = high
        self.low = low

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        wide = word(cell.a, cell.b, self.high) << 32 | word(cell.a, cell.b, self.low)
        return wide * self.size >> 64

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk: a 64 by 64 bit product in 32-bit halves."""
        xp = cells.xp
        high = words_over(cells, self.high).astype(xp.uint64)
        low = words_over(cells, self.low).astype(xp.uint64)
        return upper_product(cells, high, low, self.size)


def upper_product(cells: Cells, high: IntArray, low: IntArray, size: int) -> IntArray:
    """Return ``(high * 2**32 + low) * size >> 64``; uint64[n] in, int64[n] out, inputs are lost."""
    xp = cells.xp
    size_low, size_high = xp.uint64(size & MASK32), xp.uint64(size >> 32)
    carry = low * size_low
    carry >>= xp.uint64(32)
    middle = high * size_low
    low *= size_high
    # Neither sum can exceed 64 bits: (2**32-1)**2 + 2 * (2**32-1) < 2**64.
    carry += middle & xp.uint64(MASK32)
    carry += low & xp.uint64(MASK32)
    carry >>= xp.uint64(32)
    middle >>= xp.uint64(32)
    low >>= xp.uint64(32)
    high *= size_high
    high += middle
    high += low
    high += carry
    return high.view(xp.int64)


class HugeUniform(Drawn):
    """Numbers below ``size``, of any length, in Python integers."""

    __slots__ = ("constants",)

    def __init__(self, size: int, constants: tuple[Constants, ...]) -> None:
        """Draw numbers below ``size`` from the words of all ``constants``, the highest first."""
        super().__init__(size)
        self.constants = constants

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        wide = 0
        for constants in self.constants:
            wide = wide << 32 | word(cell.a, cell.b, constants)
        return wide * self.size >> (32 * len(self.constants))

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk: Python integers in an array of objects."""
        wide = cells.xp.zeros(len(cells.a), object)
        for constants in self.constants:
            wide = wide * (1 << 32) + words_over(cells, constants).astype(object)
        numbers: IntArray = (wide * self.size) // (1 << (32 * len(self.constants)))
        return numbers


def uniform(address: Address, draw: str, size: int) -> Stream:
    """Return the stream of numbers below ``size`` (1 or more), each equally likely."""
    if size <= SHORT:
        return Uniform(size, address.constants(draw))
    count = 2 if size <= LONG else (size.bit_length() + 95) // 32
    words = tuple(address.constants(f"{draw}/{n}") for n in range(count))
    return LongUniform(size, *words) if size <= LONG else HugeUniform(size, words)


def threshold(probability: Decimal) -> int:
    """Return how many of the 2**32 words mean yes; 0 for never, 2**32 for always."""
    return int((probability * ALWAYS).to_integral_value(ROUND_HALF_EVEN))


class Odds(Drawn):
    """1 with the given odds, else 0."""

    __slots__ = ("constants", "yes")

    def __init__(self, yes: int, constants: Constants) -> None:
        """Draw 1 where the word at ``constants`` is less than ``yes`` (0 to 2**32)."""
        super().__init__(2)
        self.yes = yes
        self.constants = constants

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        return int(word(cell.a, cell.b, self.constants) < self.yes)

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        return hits_over(cells, self.constants, self.yes).astype(cells.xp.int64)


def hits_over(cells: Cells, constants: Constants, yes: int) -> NDArray[np.bool_]:
    """Return where the words of a chunk are less than ``yes``: bool[n]."""
    if yes == ALWAYS:
        everywhere: NDArray[np.bool_] = cells.xp.ones(len(cells.a), bool)
        return everywhere
    return words_over(cells, constants) < yes


class Presence(Drawn):
    """``State`` by the odds of absence, drawn first, and of null."""

    __slots__ = ("null", "omit")

    def __init__(self, omit: tuple[int, Constants], null: tuple[int, Constants]) -> None:
        """Take for each of the two how many words of 2**32 mean yes, and its constants."""
        super().__init__(State.ABSENT + 1 if omit[0] else State.NULL + 1)
        self.omit = omit
        self.null = null

    def at(self, cell: Cell) -> int:
        """Return the state of one cell."""
        for (yes, constants), state in ((self.omit, State.ABSENT), (self.null, State.NULL)):
            if yes and word(cell.a, cell.b, constants) < yes:
                return int(state)
        return int(State.PRESENT)

    def draw(self, cells: Cells) -> IntArray:
        """Return the states of a chunk."""
        out: IntArray = cells.xp.zeros(len(cells.a), cells.xp.int64)
        for (yes, constants), state in ((self.null, State.NULL), (self.omit, State.ABSENT)):
            if yes:
                out[hits_over(cells, constants, yes)] = int(state)
        return out


def presence_of(address: Address, omit: Decimal, null: Decimal) -> Stream | None:
    """Return the stream of a node's state; None when it is always there and never null."""
    absent, empty = threshold(omit), threshold(null)
    if not absent and not empty:
        return None
    return Presence(
        (absent, address.constants("omit")),
        (empty, address.constants("null")),
    )


class Lookup(Drawn):
    """``numbers[n]`` of the number n that another stream draws."""

    __slots__ = ("numbers", "source")

    def __init__(self, source: Stream, numbers: tuple[int, ...], size: int) -> None:
        """Turn the numbers of ``source`` into ``numbers``, which are all below ``size``."""
        super().__init__(size)
        self.source = source
        self.numbers = numbers

    def at(self, cell: Cell) -> int:
        """Return the number of one cell."""
        return self.numbers[self.source.at(cell)]

    def draw(self, cells: Cells) -> IntArray:
        """Return the numbers of a chunk."""
        table = cells.xp.array(self.numbers, cells.xp.int64)
        found: IntArray = table.take(self.source.over(cells))
        return found


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
