"""Takes a problem; gives how many combinations there are, and the set of those that can be."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING

from mockgen_watch.scenarios.uncovered import Pairs, Singles, Triples

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockgen_watch.scenarios.feasible import Feasible
    from mockgen_watch.scenarios.problem import Problem
    from mockgen_watch.scenarios.uncovered import Uncovered


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
    offsets = problem.offsets
    count = offsets[-1]
    owners = [place for place, size in enumerate(problem.sizes) for _ in range(size)]
    shown = [
        value
        for value in range(count)
        if (owners[value], value - offsets[owners[value]]) not in problem.hidden
    ]

    def can_be(*values: int) -> bool:
        return feasible.allows({owners[value]: value - offsets[owners[value]] for value in values})

    singles = [value for value in shown if can_be(value)]
    if strength == 1:
        return len(singles), lambda: Singles(singles, count)
    partners = [0] * count
    found = 0
    for first, second in itertools.combinations(singles, 2):
        mine, other = owners[first], owners[second]
        if mine != other and (not feasible.are_joined(mine, other) or can_be(first, second)):
            partners[first] |= 1 << second
            partners[second] |= 1 << first
            found += 1
    if strength == 2:  # noqa: PLR2004 - of pairs
        return found, lambda: Pairs(partners)
    thirds = _thirds(partners, singles, owners, feasible, can_be)
    found = sum(bits.bit_count() for row in thirds for bits in row) // 6
    return found, lambda: Triples(thirds)


def _thirds(
    partners: Sequence[int],
    singles: Sequence[int],
    owners: Sequence[int],
    feasible: Feasible,
    can_be: Callable[[int, int, int], bool],
) -> list[list[int]]:
    """Return for each two values the set of those that make a triple with them."""
    thirds = [[0] * len(partners) for _ in partners]
    for first, second in itertools.permutations(singles, 2):
        if partners[first] >> second & 1:
            thirds[first][second] = partners[first] & partners[second]
    bound = [value for value in singles if feasible.is_bound(owners[value])]
    for first, second, third in itertools.combinations(bound, 3):
        mine, other, last = owners[first], owners[second], owners[third]
        if not thirds[first][second] >> third & 1:
            continue
        # Three that no group joins can be when each two of them can.
        joined = feasible.are_joined(mine, other) and feasible.are_joined(mine, last)
        if joined and not can_be(first, second, third):
            for one, two, three in itertools.permutations((first, second, third)):
                thirds[one][two] &= ~(1 << three)
    return thirds
