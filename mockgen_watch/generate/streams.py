"""Streams: whole numbers by address, and the arithmetic that makes one stream of others.

Each stream has two engines that agree in every bit: ``at`` for one cell in plain Python, which is
the reference, and ``draw`` for a chunk of cells in NumPy.
"""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal
from struct import Struct
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from mockgen_watch.generate import address as addresses
from mockgen_watch.generate.column import State

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Whole = TypeVar("Whole", int, "addresses.IntArray")

    """A Python integer or an array of them."""


class Drawn:
    """A stream that draws a chunk's numbers once: ``draw`` makes them, ``over`` remembers them."""

    def __init__(self, size: int) -> None:
        self.size = size

    def at(self, cell: addresses.Cell) -> int:
        """Return the number of one cell."""
        raise NotImplementedError

    def draw(self, cells: addresses.Cells) -> addresses.IntArray:
        """Return the numbers of a chunk, int64[n]."""
        raise NotImplementedError

    def over(self, cells: addresses.Cells) -> addresses.IntArray:
        """Return the numbers of a chunk, int64[n], not to be written to."""
        drawn = cells.drawn.get(id(self))
        if drawn is None:
            drawn = cells.drawn[id(self)] = self.draw(cells)
        return drawn


class Bank:
    """Draws that are computed together: scores, or else words.

    The constants lie side by side in one long integer, 64 bits for each, so that one
    multiplication serves all draws.
    """

    def __init__(self, *, is_words: bool) -> None:
        self.is_words = is_words
        self._constants: list[addresses.Constants] = []
        self._packed: tuple[int, int, int, int] = (0, 0, 0, 0)
        self._struct = Struct("<")

    def add(self, constants: Sequence[addresses.Constants]) -> int:
        """Take draws in, and return the place of the first; before any cell is asked for."""
        first = len(self._constants)
        self._constants.extend(constants)
        return first

    def at(self, cell: addresses.Cell) -> tuple[int, ...]:
        """Return the numbers of all draws at ``cell``."""
        drawn = cell.scores.get(id(self))
        if drawn is None:
            drawn = cell.scores[id(self)] = self._draw(cell.a, cell.b)
        return drawn

    def _draw(self, a: int, b: int) -> tuple[int, ...]:
        if self._struct.size != len(self._constants) * _LANE_BYTES:
            self._pack()
        ones, mask, first, second = self._packed
        t = (a * ones ^ first) * b & mask
        t = ((t ^ (t >> 16)) & mask ^ second) * addresses.SCORE & mask
        if self.is_words:
            t = ((t ^ (t >> 15)) & mask) * addresses.WORD & mask
            t = (t ^ (t >> 16)) & mask
        return self._struct.unpack(t.to_bytes(self._struct.size, "little"))

    def _pack(self) -> None:
        count = len(self._constants)
        self._struct = Struct(f"<{count}Q")

        def side_by_side(numbers: Sequence[int]) -> int:
            return int.from_bytes(self._struct.pack(*numbers), "little")

        self._packed = (
            side_by_side([1] * count),
            side_by_side([addresses.MASK32] * count),
            side_by_side([c1 for c1, _ in self._constants]),
            side_by_side([c2 for _, c2 in self._constants]),
        )


_LANE_BYTES: Final = 8


class Level:
    """The draws of all fields that are drawn at the same cells."""

    def __init__(self) -> None:
        self.scores = Bank(is_words=False)
        self.words = Bank(is_words=True)

    def word(self, constants: addresses.Constants) -> Word:
        """Return the draw of a word."""
        return Word(constants, self.words)


class Word:
    """32 bits by address, all of them good."""

    def __init__(self, constants: addresses.Constants, bank: Bank) -> None:
        self.constants = constants
        self.bank = bank
        self.place = bank.add((constants,))

    def at(self, cell: addresses.Cell) -> int:
        return self.bank.at(cell)[self.place]

    def over(self, cells: addresses.Cells) -> addresses.LaneArray:
        """Return the words of a chunk, uint32[n], for the caller to keep."""
        return addresses.words_over(cells, self.constants)


SHORT: Final = 1 << 20
"""Up to here 32 bits decide; the odds of a number are then off by at most 2**-12 of themselves."""

LONG: Final = 1 << 63
"""Up to here NumPy's integers hold a number."""

ALWAYS: Final = 1 << 32
"""The threshold that every word lies below."""


def uniform(address: addresses.Address, level: Level, draw: str, size: int) -> addresses.Stream:
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


def presence_of(
    address: addresses.Address, level: Level, omit: Decimal, null: Decimal
) -> addresses.Stream | None:
    """Return the states of a node, absence first; None when it is always there and never null."""
    chances = (("omit", omit, State.ABSENT), ("null", null, State.NULL))
    return first_presence(
        *[
            Odds(yes, address.constants(draw), level, state)
            for draw, probability, state in chances
            if (yes := threshold(probability))
        ]
    )


def first_presence(*streams: addresses.Stream | None) -> addresses.Stream | None:
    """Return the states of what is there only when all of ``streams`` say so, the first first."""
    found: addresses.Stream | None = None
    for stream in reversed(streams):
        if stream is not None:
            found = stream if found is None else _first_state(stream, found)
    return found


def _first_state(first: addresses.Stream, second: addresses.Stream) -> addresses.Stream:
    """Return the state that ``first`` draws; where that is PRESENT, which is 0, the second's."""
    size = max(first.size, second.size)
    return Joined(lambda state, other: state + (state == 0) * other, size, first, second)


class Uniform(Drawn):
    """Numbers below a size up to ``SHORT``."""

    def __init__(
        self, size: int, constants: addresses.Constants, level: Level | None = None
    ) -> None:
        super().__init__(size)
        self.word = (level or Level()).word(constants)

    def at(self, cell: addresses.Cell) -> int:
        return self.word.at(cell) * self.size >> 32

    def draw(self, cells: addresses.Cells) -> addresses.IntArray:
        out: addresses.IntArray = self.word.over(cells).astype(cells.xp.int64)
        out *= self.size
        out >>= 32
        return out


class LongUniform(Drawn):
    """Numbers below a size up to ``LONG``, by 64-bit words."""

    def __init__(
        self,
        size: int,
        high: addresses.Constants,
        low: addresses.Constants,
        level: Level | None = None,
    ) -> None:
        super().__init__(size)
        level = level or Level()
        self.high = level.word(high)
        self.low = level.word(low)

    def at(self, cell: addresses.Cell) -> int:
        return (self.high.at(cell) << 32 | self.low.at(cell)) * self.size >> 64

    def draw(self, cells: addresses.Cells) -> addresses.IntArray:
        xp = cells.xp
        high = self.high.over(cells).astype(xp.uint64)
        low = self.low.over(cells).astype(xp.uint64)
        return _upper_product(high, low, self.size)


class HugeUniform(Drawn):
    """Numbers below a size of any length, in Python integers."""

    def __init__(self, size: int, constants: Sequence[addresses.Constants], level: Level) -> None:
        super().__init__(size)
        self.words = tuple(level.word(each) for each in constants)

    def at(self, cell: addresses.Cell) -> int:
        wide = 0
        for word in self.words:
            wide = wide << 32 | word.at(cell)
        return wide * self.size >> (32 * len(self.words))

    def draw(self, cells: addresses.Cells) -> addresses.IntArray:
        """Return Python integers in an array of objects."""
        wide = cells.xp.zeros(len(cells.a), object)
        for word in self.words:
            wide = wide * (1 << 32) + word.over(cells).astype(object)
        numbers: addresses.IntArray = wide * self.size // (1 << (32 * len(self.words)))
        return numbers


class Odds(Drawn):
    """``number`` with the given odds, else 0."""

    def __init__(
        self, yes: int, constants: addresses.Constants, level: Level | None = None, number: int = 1
    ) -> None:
        super().__init__(number + 1)
        self.yes = yes
        self.number = int(number)
        self.word = (level or Level()).word(constants)

    def at(self, cell: addresses.Cell) -> int:
        return self.number if self.word.at(cell) < self.yes else 0

    def draw(self, cells: addresses.Cells) -> addresses.IntArray:
        xp = cells.xp
        numbers: addresses.IntArray = (self.word.over(cells).astype(xp.int64) < self.yes).astype(
            xp.int64
        )
        return numbers if self.number == 1 else numbers * self.number


class Shared(Drawn):
    """A stream that several parts of one column, or several columns, ask: one draw a cell."""

    def __init__(self, source: addresses.Stream) -> None:
        super().__init__(source.size)
        self.source = source

    def at(self, cell: addresses.Cell) -> int:
        drawn = cell.drawn.get(id(self))
        if drawn is None:
            drawn = cell.drawn[id(self)] = self.source.at(cell)
        return drawn

    def draw(self, cells: addresses.Cells) -> addresses.IntArray:
        return self.source.over(cells)


class Lookup(Drawn):
    """``numbers[n]`` of the number n that another stream draws."""

    def __init__(self, source: addresses.Stream, numbers: tuple[int, ...], size: int) -> None:
        super().__init__(size)
        self.source = source
        self.numbers = numbers

    def at(self, cell: addresses.Cell) -> int:
        return self.numbers[self.source.at(cell)]

    def draw(self, cells: addresses.Cells) -> addresses.IntArray:
        table = cells.xp.array(self.numbers, cells.xp.int64)
        found: addresses.IntArray = table.take(self.source.over(cells))
        return found


class Arithmetic(Protocol):
    """Arithmetic that is the same for one number and for an array of them."""

    def __call__(self, number: Whole, /) -> Whole: ...


class Derived(Drawn):
    """What ``change`` makes of the numbers that another stream draws."""

    def __init__(self, source: addresses.Stream, change: Arithmetic, size: int) -> None:
        super().__init__(size)
        self.source = source
        self.change = change

    def at(self, cell: addresses.Cell) -> int:
        return self.change(self.source.at(cell))

    def draw(self, cells: addresses.Cells) -> addresses.IntArray:
        numbers = self.change(self.source.over(cells))
        # Where 64 bits do not hold the source's numbers, they may hold these.
        return numbers.astype(cells.xp.int64, copy=False) if self.size <= LONG else numbers


class Joined(Drawn):
    """What ``change`` makes of the numbers that several streams draw.

    Like ``Arithmetic`` it is the same for whole numbers and for arrays of them.
    """

    def __init__(self, change: Callable[..., Any], size: int, *sources: addresses.Stream) -> None:
        super().__init__(size)
        self.change = change
        self.sources = sources

    def at(self, cell: addresses.Cell) -> int:
        number: int = self.change(*[source.at(cell) for source in self.sources])
        return number

    def draw(self, cells: addresses.Cells) -> addresses.IntArray:
        numbers: addresses.IntArray = self.change(*[source.over(cells) for source in self.sources])
        return numbers


def shifted(source: addresses.Stream, offset: int) -> addresses.Stream:
    """Return what ``source`` draws, plus ``offset`` (0 or more)."""
    return Derived(source, lambda number: number + offset, source.size + offset)


def _upper_product(
    high: NDArray[np.uint64], low: NDArray[np.uint64], size: int
) -> addresses.IntArray:
    """Return ``(high * 2**32 + low) * size >> 64`` of 32-bit numbers; the inputs are lost.

    In products of 32 by 32 bits, because NumPy has no wider ones.
    """
    kind = high.dtype.type
    size_low, size_high = kind(size & addresses.MASK32), kind(size >> 32)
    half, mask = kind(32), kind(addresses.MASK32)
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
    numbers: addresses.IntArray = high.view("int64")
    return numbers
