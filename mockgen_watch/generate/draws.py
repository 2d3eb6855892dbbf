"""Draws of one field: evenly, without repetition, and as a coverage design sets them.

Without repetition (``$unique``), a keyed permutation of 0 … size-1 is applied to the cell's
*position*: the record index, or for an array element ``index * maximum + element``, for each array
around it. No set of what was seen: record i's number is found without the others'. Positions from
``size`` on start again.

Up to ``SMALL`` numbers are sorted by key. Up to 2**63 a Feistel network (Luby and Rackoff, "How to
construct pseudorandom permutations from pseudorandom functions", SIAM J. Comput. 17(2), 1988) of
eight rounds permutes the next power of two, and cycle-walking (Black and Rogaway, "Ciphers with
arbitrary finite domains", CT-RSA 2002) repeats it until the number is below ``size``: twice at
most on average. Beyond, the permutation of 2**62 spreads its numbers evenly over all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct, field

from mockgen_watch.generate.address import (
    MASK32,
    SCORE,
    WORD,
    Address,
    encode_parts,
)
from mockgen_watch.generate.column import State
from mockgen_watch.generate.streams import (
    LONG,
    Derived,
    Drawn,
    Level,
    Lookup,
    Shared,
    Word,
    uniform,
)
from mockgen_watch.splitmix import GOLDEN, MASK64, mixed_over, output

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from types import ModuleType

    from mockgen_watch.generate.address import (
        Cell,
        Cells,
        Constants,
        IntArray,
        LaneArray,
        Stream,
    )

    Choices: TypeAlias = Mapping[tuple[int, ...], tuple[bytes | None, ...]]

    """Element indexes → what is set for the first records there; None where it is drawn."""


class FieldDraws(Struct, frozen=True, kw_only=True):
    """The draws of one field.

    Attributes:
        seed, model_id: of the plan.
        path: the leaf's address path.
        level: the draws of all leaves in the same arrays.
        strides: the greatest number of elements of each array around it, outermost first.
        count: how many records are planned; no value depends on it.
        is_unique: no two cells may have one value.
        is_distinct: no two elements of the array around the field may have one value.
        joint: the numbers of a field that is unique together with others.
        preset: what is set for the first records.
    """

    seed: int
    model_id: str
    path: tuple[str, ...]
    level: Level
    strides: tuple[int, ...] = ()
    count: int = 1
    is_unique: bool = False
    is_distinct: bool = False
    joint: Stream | None = None
    preset: Choices = field(default_factory=dict)

    @property
    def address(self) -> Address:
        """The address of the field's draws."""
        return Address.of(self.seed, self.model_id, self.path)

    def numbers(self, size: int) -> Stream:
        """Return the stream of numbers below ``size``: equally likely, unique or distinct."""
        if self.joint is not None:
            if self.joint.size != size:
                raise ValueError(
                    f"{size} numbers are asked for, and {self.joint.size} were planned"
                )
            return self.joint
        if self.is_distinct:
            words = (self.address.constants(f"distinct/{n}") for n in (0, 1))
            return ArrayPermuted(size, *words)
        if self.is_unique:
            return _unique(self.address, self.level, size, self.strides)
        return self.preset_numbers(self.uniform("value", size))

    def preset_numbers(self, source: Stream, offset: int = 0) -> Stream:
        """Return ``source``, whose number n is that of value n + ``offset``, with what is set."""

        def number_of(name: bytes) -> int | None:
            if name == INSIDE_CHOICE:
                return INNER
            number = int(name) - offset
            return number if 0 <= number < source.size else None

        return with_preset(source, self.preset, number_of)

    def preset_values(self, source: Stream, identities: Sequence[bytes]) -> Stream:
        """Return ``source``, whose number n is the value of identity n, with what is set."""
        numbers = {identity: number for number, identity in enumerate(identities)}
        return with_preset(source, self.preset, numbers.get)

    def uniform(self, draw: str, size: int) -> Stream:
        """Return the stream of numbers below ``size`` that ``draw`` names."""
        return uniform(self.address, self.level, draw, size)

    def word(self, draw: str) -> Word:
        """Return the word that ``draw`` names."""
        return self.level.word(self.address.constants(draw))


DRAWN: Final = -1

INNER: Final = -2
"""Drawn, and not among the ``ENDS`` at either end."""

ENDS: Final = 2
"""Numbers at each end of a range that are its boundaries."""

INSIDE_CHOICE: Final = b"inside"
"""The name of ``INNER``, as ``FirstChoices`` has it."""

STATES: Final = {
    b"present": int(State.PRESENT),
    b"null": int(State.NULL),
    b"absent": int(State.ABSENT),
}
"""The names of states, as ``FirstChoices`` has them."""


def with_preset(
    source: Stream, preset: Choices, number_of: Callable[[bytes], int | None]
) -> Stream:
    """Return ``source`` but for the first records, whose choices ``number_of`` turns to numbers.

    What it has no number for is no choice of this stream, and drawn.
    """
    if not preset:
        return source
    numbers: dict[bytes | None, int] = {None: DRAWN}
    for name in {name for names in preset.values() for name in names if name is not None}:
        number = number_of(name)
        numbers[name] = DRAWN if number is None else number
    tables = {
        elements: tuple([numbers[name] for name in names]) for elements, names in preset.items()
    }
    return Preset(source, tables)


class Preset(Drawn):
    """Numbers that are set for the first records, and drawn by another stream for the others."""

    def __init__(self, source: Stream, tables: Mapping[tuple[int, ...], tuple[int, ...]]) -> None:
        super().__init__(source.size)
        self.source = source
        self.tables = tables

    def at(self, cell: Cell) -> int:
        table = self.tables.get(cell.elements, ())
        given = table[cell.index] if cell.index < len(table) else DRAWN
        if given >= 0:
            return given
        number = self.source.at(cell)
        return self._inner(number, cell.index) if given == INNER else number

    def draw(self, cells: Cells) -> IntArray:
        numbers = self.source.over(cells)
        table = self.tables.get(cells.elements, ())
        early = cells.xp.flatnonzero(cells.index < len(table))
        if not len(early):
            return numbers
        given = cells.xp.array(table, cells.xp.int64).take(cells.index[early])
        numbers = numbers.copy()
        numbers[early[given >= 0]] = given[given >= 0]
        for row in early[given == INNER].tolist():
            numbers[row] = self._inner(int(numbers[row]), int(cells.index[row]))
        return numbers

    def _inner(self, number: int, index: int) -> int:
        """Return ``number``, or the number inside that takes the place of one at an end."""
        if ENDS <= number < self.size - ENDS:
            return number
        return ENDS + (number + index) % (self.size - 2 * ENDS)


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


class RecordPosition(Drawn):
    """The number of a cell among all cells of its field; counts on with the record index."""

    def __init__(self, strides: tuple[int, ...]) -> None:
        super().__init__(LONG)
        self.strides = strides

    def at(self, cell: Cell) -> int:
        position = cell.index
        for stride, element in zip(self.strides, cell.elements, strict=True):
            position = position * stride + element
        return position

    def draw(self, cells: Cells) -> IntArray:
        position = cells.index
        for stride, element in zip(self.strides, cells.elements, strict=True):
            position = position * stride + element
        return position


class Network:
    """The Feistel network over numbers below ``size``, walked until it ends below it."""

    def __init__(self, size: int) -> None:
        self.size = size
        self.bits = max(2, (size - 1).bit_length())
        self._low_bits = self.bits // 2

    def at(self, number: int, keys: Sequence[int]) -> int:
        """Return where the network takes one number; ``keys``: one for each round."""
        number = self._once(number, keys)
        while number >= self.size:
            number = self._once(number, keys)
        return number

    def over(self, xp: ModuleType, numbers: IntArray, keys: Sequence[LaneArray]) -> IntArray:
        """Return the same for int64[n] numbers; ``keys``: uint32[n] for each round."""
        out = self._once_over(xp, numbers, keys)
        (outside,) = xp.nonzero(out >= self.size)
        while len(outside):
            walked = self._once_over(xp, out[outside], [key[outside] for key in keys])
            out[outside] = walked
            outside = outside[walked >= self.size]
        return out

    def _once(self, number: int, keys: Sequence[int]) -> int:
        low_mask = (1 << self._low_bits) - 1
        high_mask = (1 << (self.bits - self._low_bits)) - 1
        low, high = number & low_mask, number >> self._low_bits
        for step in range(0, ROUNDS, 2):
            high ^= mix32(low ^ keys[step]) & high_mask
            low ^= mix32(high ^ keys[step + 1]) & low_mask
        return high << self._low_bits | low

    def _once_over(self, xp: ModuleType, numbers: IntArray, keys: Sequence[LaneArray]) -> IntArray:
        low_mask = xp.uint32((1 << self._low_bits) - 1)
        high_mask = xp.uint32((1 << (self.bits - self._low_bits)) - 1)
        low = numbers.astype(xp.uint32) & low_mask
        high = (numbers >> self._low_bits).astype(xp.uint32)
        for step in range(0, ROUNDS, 2):
            high ^= mix32_over(xp, low ^ keys[step]) & high_mask
            low ^= mix32_over(xp, high ^ keys[step + 1]) & low_mask
        joined: IntArray = high.astype(xp.int64) << self._low_bits
        joined |= low
        return joined


class Permutation:
    """A keyed bijection of 0 … size-1, up to 2**63 numbers."""

    def __init__(self, size: int, key: int) -> None:
        self.size = size
        self.network = Network(size)
        rounds = (output(key, n) for n in range(ROUNDS))
        self._keys = tuple(round_key & MASK32 for round_key in rounds)
        self._table: tuple[int, ...] = ()
        if size <= SMALL:
            keys = [output(key, n) for n in range(size)]
            self._table = tuple(sorted(range(size), key=keys.__getitem__))

    def at(self, number: int) -> int:
        if self._table:
            return self._table[number]
        return self.network.at(number, self._keys)

    def over(self, xp: ModuleType, numbers: IntArray) -> IntArray:
        if self._table:
            return xp.array(self._table, xp.int64).take(numbers)  # type: ignore[no-any-return]
        keys = [xp.full(len(numbers), key, xp.uint32) for key in self._keys]
        return self.network.over(xp, numbers, keys)


class Permuted(Drawn):
    """Numbers below ``size`` that no two positions below it share; up to 2**63."""

    def __init__(self, size: int, key: int, position: Stream) -> None:
        super().__init__(size)
        self.position = position
        self.permutation = Permutation(size, key)

    def at(self, cell: Cell) -> int:
        return self.permutation.at(self.position.at(cell) % self.size)

    def draw(self, cells: Cells) -> IntArray:
        return self.permutation.over(cells.xp, self.position.over(cells) % self.size)


class ArrayPermuted(Drawn):
    """Numbers below ``size`` that no two of the first ``size`` elements of an array share.

    The permutation of the element indexes has the key that the array's own cell draws.
    """

    def __init__(self, size: int, high: Constants, low: Constants) -> None:
        super().__init__(size)
        self.network = Network(size)
        level = Level()
        self.high = level.word(high)
        self.low = level.word(low)

    def at(self, cell: Cell) -> int:
        home = cell.outer or cell
        key = self.high.at(home) << 32 | self.low.at(home)
        keys = [output(key, n) & MASK32 for n in range(ROUNDS)]
        return self.network.at(cell.elements[-1] % self.size, keys)

    def draw(self, cells: Cells) -> IntArray:
        xp = cells.xp
        home = cells.outer or cells
        key = self.high.over(home).astype(xp.uint64)
        key <<= xp.uint64(32)
        key |= self.low.over(home)
        steps = (xp.uint64(n * GOLDEN & MASK64) for n in range(ROUNDS))
        keys = [mixed_over(xp, key + step).astype(xp.uint32) for step in steps]
        place = xp.full(len(cells.a), cells.elements[-1] % self.size, xp.int64)
        return self.network.over(xp, place, keys)


class Spread(Drawn):
    """Numbers below any ``size`` over 2**63 that no two of the first 2**62 positions share."""

    def __init__(self, size: int, coarse: Stream, fine: Stream) -> None:
        super().__init__(size)
        self.coarse = coarse
        self.fine = fine

    def at(self, cell: Cell) -> int:
        return self.coarse.at(cell) * self.fine.size + self.fine.at(cell)

    def draw(self, cells: Cells) -> IntArray:
        coarse = self.coarse.over(cells).astype(object)
        total: IntArray = coarse * self.fine.size + self.fine.over(cells)
        return total


def _unique(address: Address, level: Level, size: int, strides: tuple[int, ...]) -> Stream:
    """Return the stream of numbers below ``size`` that no two cells of the field share."""
    key, position = address.key("unique"), RecordPosition(strides)
    if size <= LONG:
        return Permuted(size, key, position)
    fine = uniform(address, level, "unique/rest", size // SPREAD)
    return Spread(size, Permuted(SPREAD, key, position), fine)


def joint_numbers(
    address: Address, names: Sequence[tuple[str, ...]], size: int, strides: tuple[int, ...]
) -> Stream:
    """Return the numbers of all fields that are unique together, each number once."""
    identity = encode_parts(*(encode_parts(*name) for name in names))
    return Shared(Permuted(size, address.key("together", identity), RecordPosition(strides)))


def joint_digit(numbers: Stream, stride: int, size: int) -> Stream:
    """Return the digit below ``size`` that counts ``stride`` each."""
    return Derived(numbers, lambda number: number // stride % size, size)


def in_order(address: Address, identities: Sequence[bytes], strides: tuple[int, ...]) -> Stream:
    """Return the ranks of a pool's values, each once: that of the lowest key at position 0."""
    size = len(identities)
    keys = [address.key("unique", identity) for identity in identities]
    order = tuple(sorted(range(size), key=keys.__getitem__))
    place = Derived(RecordPosition(strides), lambda position: position % size, size)
    return Lookup(place, order, size)
