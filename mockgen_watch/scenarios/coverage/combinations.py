"""Takes a problem; gives how many combinations there are, and the sets of those that can be.

Values are numbered through all parameters, hidden ones included; a set of them is a Python
integer, one bit for each value.
"""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from mockgen_watch.scenarios.coverage.uncovered import Pairs, Singles, Triples

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockgen_watch.scenarios.coverage.feasible import Feasible
    from mockgen_watch.scenarios.coverage.problem import Problem
    from mockgen_watch.scenarios.coverage.uncovered import Uncovered


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
