"""Takes a problem; gives how many combinations there are, and the sets of those that can be.

Values are numbered through all parameters, hidden ones included; a set of them is a Python
integer, one bit for each value.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mockgen_watch.scenarios.coverage.problem import Feasible, Problem


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


def combinations_of(sizes: Sequence[int], hidden: frozenset[tuple[int, int]], strength: int) -> int:
    """Return how many combinations of ``strength`` parameters' values there are."""
    shown = [
        size - sum(parameter == place for parameter, _ in hidden)
        for place, size in enumerate(sizes)
    ]
    # The elementary symmetric polynomial, one parameter after the other.
    sums = [1] + [0] * strength
    for size in shown:
        for degree in range(strength, 0, -1):
            sums[degree] += sums[degree - 1] * size
    return sums[strength]


def open_combinations(
    problem: Problem, feasible: Feasible, strength: int
) -> tuple[int, Callable[[], Uncovered]]:
    """Return how many combinations can be, and what makes the set of them anew."""
    possible = Possible(problem, feasible)
    if strength == 1:
        count = len(possible.owners)
        return len(possible.singles), lambda: Singles(possible.singles, count)
    partners = possible.partners()
    if strength == 2:  # noqa: PLR2004 - of pairs
        return sum(bits.bit_count() for bits in partners) // 2, lambda: Pairs(partners)
    thirds = possible.thirds(partners)
    found = sum(bits.bit_count() for row in thirds for bits in row) // 6
    return found, lambda: Triples(thirds)


class Possible:
    """The combinations of a problem that can be.

    Attributes:
        owners: the parameter of each value.
        singles: the values that can be and need not hide.
    """

    def __init__(self, problem: Problem, feasible: Feasible) -> None:
        """Ask ``feasible``, which knows the constraints of ``problem``."""
        self._feasible = feasible
        self._offsets = problem.offsets
        self.owners = [place for place, size in enumerate(problem.sizes) for _ in range(size)]
        self.singles = [
            value
            for value, place in enumerate(self.owners)
            if (place, value - self._offsets[place]) not in problem.hidden and self._can_be(value)
        ]

    def partners(self) -> list[int]:
        """Return for each value the set of those that make a pair with it."""
        partners = [0] * len(self.owners)
        for first, second in itertools.combinations(self.singles, 2):
            mine, other = self.owners[first], self.owners[second]
            if mine == other:
                continue
            if not self._feasible.are_joined(mine, other) or self._can_be(first, second):
                partners[first] |= 1 << second
                partners[second] |= 1 << first
        return partners

    def thirds(self, partners: Sequence[int]) -> list[list[int]]:
        """Return for each two values the set of those that make a triple with them."""
        thirds = [[0] * len(partners) for _ in partners]
        for first, second in itertools.permutations(self.singles, 2):
            if partners[first] >> second & 1:
                thirds[first][second] = partners[first] & partners[second]
        bound = [value for value in self.singles if self._feasible.is_bound(self.owners[value])]
        for first, second, third in itertools.combinations(bound, 3):
            if not thirds[first][second] >> third & 1:
                continue
            mine, other, last = (self.owners[value] for value in (first, second, third))
            joined = self._feasible.are_joined(mine, other) and self._feasible.are_joined(
                mine, last
            )
            # Three that no group joins can be when each two of them can.
            if joined and not self._can_be(first, second, third):
                for one, two, three in itertools.permutations((first, second, third)):
                    thirds[one][two] &= ~(1 << three)
        return thirds

    def _can_be(self, *values: int) -> bool:
        return self._feasible.allows(
            {self.owners[value]: value - self._offsets[self.owners[value]] for value in values}
        )
