"""Takes which combinations have to be covered; gives how many a row would, as sets of bits.

Values are numbered through all parameters; a set of them is a Python integer, one bit for each
value, so that the pairs of a value that a row would cover are one AND and one count of bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence


class Uncovered(Protocol):
    """The combinations of one strength that no row has yet."""

    def counts(self) -> list[int]:
        """Return for each value how many open combinations it is in."""
        ...

    def gain(self, value: int, chosen: Sequence[int], bits: int) -> int:
        """Return how many open combinations ``value`` makes with ``chosen``, whose set is bits."""
        ...

    def cover(self, row: Sequence[int]) -> None:
        """Take away the combinations of ``row``."""
        ...

    def drop(self, combination: Sequence[int]) -> None:
        """Take away one combination."""
        ...

    def first_with(self, value: int) -> tuple[int, ...]:
        """Return an open combination that ``value`` is in."""
        ...


def bits_of(values: Sequence[int]) -> int:
    """Return the set of ``values``."""
    bits = 0
    for value in values:
        bits |= 1 << value
    return bits


def members(bits: int) -> Iterator[int]:
    """Yield the values of a set, the least first."""
    while bits:
        low = bits & -bits
        yield low.bit_length() - 1
        bits ^= low


class Singles:
    """Values that no row has yet."""

    def __init__(self, wanted: Sequence[int], count: int) -> None:
        """Begin with the values in ``wanted``, of ``count`` in all."""
        self._open = bits_of(wanted)
        self._count = count

    def counts(self) -> list[int]:
        """See ``Uncovered``."""
        return [self._open >> value & 1 for value in range(self._count)]

    def gain(self, value: int, chosen: Sequence[int], bits: int) -> int:
        """See ``Uncovered``."""
        del chosen, bits
        return self._open >> value & 1

    def cover(self, row: Sequence[int]) -> None:
        """See ``Uncovered``."""
        self._open &= ~bits_of(row)

    def drop(self, combination: Sequence[int]) -> None:
        """See ``Uncovered``."""
        self._open &= ~bits_of(combination)

    def first_with(self, value: int) -> tuple[int, ...]:
        """See ``Uncovered``."""
        return (value,)


class Pairs:
    """Pairs of values that no row has yet: for each value the set of its partners."""

    def __init__(self, partners: Sequence[int]) -> None:
        """Begin with the sets in ``partners``, which is symmetric."""
        self._open = list(partners)

    def counts(self) -> list[int]:
        """See ``Uncovered``."""
        return [partners.bit_count() for partners in self._open]

    def gain(self, value: int, chosen: Sequence[int], bits: int) -> int:
        """See ``Uncovered``."""
        del chosen
        return (self._open[value] & bits).bit_count()

    def cover(self, row: Sequence[int]) -> None:
        """See ``Uncovered``."""
        bits = bits_of(row)
        for value in row:
            self._open[value] &= ~bits

    def drop(self, combination: Sequence[int]) -> None:
        """See ``Uncovered``."""
        self.cover(combination)

    def first_with(self, value: int) -> tuple[int, ...]:
        """See ``Uncovered``."""
        return value, next(members(self._open[value]))


class Triples:
    """Triples of values that no row has yet: for each two values the set of the third."""

    def __init__(self, thirds: Sequence[Sequence[int]]) -> None:
        """Begin with the sets in ``thirds``, which is symmetric in all three."""
        self._open = [list(row) for row in thirds]
        # A triple is found from each of its values in two ways.
        self._twice = [sum([bits.bit_count() for bits in row]) for row in self._open]

    def counts(self) -> list[int]:
        """See ``Uncovered``."""
        return [twice // 2 for twice in self._twice]

    def gain(self, value: int, chosen: Sequence[int], bits: int) -> int:
        """See ``Uncovered``."""
        row = self._open[value]
        return sum([(row[other] & bits).bit_count() for other in chosen]) // 2

    def cover(self, row: Sequence[int]) -> None:
        """See ``Uncovered``."""
        bits = bits_of(row)
        for value in row:
            thirds = self._open[value]
            for other in row:
                covered = thirds[other] & bits
                if covered:
                    self._twice[value] -= covered.bit_count()
                    thirds[other] ^= covered

    def drop(self, combination: Sequence[int]) -> None:
        """See ``Uncovered``."""
        self.cover(combination)

    def first_with(self, value: int) -> tuple[int, ...]:
        """See ``Uncovered``."""
        row = self._open[value]
        other = next(place for place, bits in enumerate(row) if bits)
        return value, other, next(members(row[other]))
