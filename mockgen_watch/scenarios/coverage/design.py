"""Covering designs: few rows that have every combination of parameters' values that can be.

A greedy construction, one row at a time: the value with the most open combinations begins a row;
then each parameter, those with the most open combinations first, takes the value that adds the
most. Several rows are made so, with ties broken otherwise, and the best stays. Small problems are
solved several times, and the shortest design stays. (The scheme is that of Cohen, Dalal, Fredman
and Patton, "The AETG system", IEEE Transactions on Software Engineering 23(7), 1997; the order of
parameters is ours.)

All ties are broken by hashes of the values' names, so that a design is a function of what can be
chosen, of the seed and of the rows that are to be kept, and not of any order.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Final

from msgspec.structs import replace

from mockgen_watch.scenarios.coverage.problem import (
    Constraint,
    Design,
    Feasible,
    Pairs,
    Partial,
    Possible,
    Problem,
    Row,
    Triples,
    bits_of,
    count_combinations,
)
from mockgen_watch.spec.model import Coverage
from mockgen_watch.splitmix import MASK64, output

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


CANDIDATES: Final = 24
"""Rows that are tried for each row of a design, where that is not too much work."""


def mix(number: int) -> int:
    """Return 64 bits that look like chance."""
    return output(number, 1)


class RowBuilder:
    """Makes one design, row by row.

    Attributes:
        rows: so far.
        kept: how many of them come from rows that were to be kept.
        not_found: combinations of which no row was accepted.
    """

    def __init__(
        self,
        problem: Problem,
        feasible: Feasible,
        left: Pairs | Triples,
        attempt: int,
        candidates: int,
    ) -> None:
        self.rows: list[Row] = []
        self.kept = 0
        self.not_found = 0
        self._problem = problem
        self._feasible = feasible
        self._left = left
        self._attempt = attempt
        self._candidates = candidates
        self._choices = problem.choices
        self._starts = [self._choices.index((place, 0)) for place in range(len(problem.marks))]
        self._marks = [mark for marks in problem.marks for mark in marks]
        # A parameter's own hash may not depend on the order of its values.
        self._names = [mix(sum(marks) & MASK64) for marks in problem.marks]
        self._counts: list[int] = []

    def run(self) -> None:
        """Make all rows."""
        for partial_row in self._problem.kept:
            self._keep(partial_row)
        self.kept = len(self.rows)
        while True:
            self._counts = self._left.counts()
            if not any(self._counts):
                return
            row = self._best_row() or self._insist()
            if row is not None:
                self._add(row)

    def _keep(self, partial_row: Partial) -> None:
        self._counts = self._left.counts()
        assigned = {place: value for place, value in enumerate(partial_row) if value is not None}
        row = self._accepted(assigned, self._candidates)
        if row is not None and row not in self.rows:
            self._add(row)

    def _add(self, row: Row) -> None:
        self.rows.append(row)
        self._left.cover(self._values(row))

    def _best_row(self) -> Row | None:
        """Return the row that adds most, of those that begin with the value that is most open."""
        found: dict[Row, int] = {}
        for candidate in range(self._candidates):
            salt = self._salt(candidate)
            row = self._filled(dict([self._choices[self._first(salt)]]), salt)
            if row is not None and row not in found:
                found[row] = self._gain(row)
        for row in sorted(found, key=lambda row: -found[row]):
            if found[row] and self._is_accepted(row):
                return row
        return None

    def _insist(self) -> Row | None:
        """Return a row with one open combination, or give that up."""
        combination = self._left.first_with(self._first(self._salt(0)))
        row = self._accepted(dict(self._choices[value] for value in combination), CANDIDATES)
        if row is None:
            self._left.cover(combination)
            self.not_found += 1
        return row

    def _accepted(self, assigned: dict[int, int], candidates: int) -> Row | None:
        """Return the first row with ``assigned`` in it that is accepted."""
        filled = (self._filled(assigned, self._salt(each)) for each in range(candidates))
        return next((row for row in filled if row is not None and self._is_accepted(row)), None)

    def _filled(self, assigned: dict[int, int], salt: int) -> Row | None:
        """Return a row with ``assigned`` in it, the other parameters filled to add the most."""
        if not self._feasible.allows(assigned):
            return None
        assigned = dict(assigned)
        values = [self._starts[place] + number for place, number in assigned.items()]
        bits = bits_of(values)
        for place in self._order(salt):
            if place in assigned:
                continue
            best = self._best(place, assigned, values, bits, salt)
            if best is None:
                return None
            assigned[place] = best - self._starts[place]
            values.append(best)
            bits |= 1 << best
        return tuple(assigned[place] for place in range(len(assigned)))

    def _best(
        self, place: int, assigned: dict[int, int], values: Sequence[int], bits: int, salt: int
    ) -> int | None:
        """Return the value of a parameter that adds most and goes with what is assigned."""
        start = self._starts[place]
        own = range(start, start + len(self._problem.marks[place]))
        gain, counts, marks = self._left.gain, self._counts, self._marks
        gains = [gain(value, values, bits) for value in own]

        def rank(value: int) -> tuple[int, int, int]:
            return gains[value - start], counts[value], mix(marks[value] ^ salt)

        if not self._feasible.is_bound(place):
            most = max(gains)
            return max((value for value in own if gains[value - start] == most), key=rank)
        for value in sorted(own, key=rank, reverse=True):
            if self._feasible.allows({**assigned, place: value - start}):
                return value
        return None

    def _order(self, salt: int) -> list[int]:
        """Return the parameters, those with the most open combinations first."""
        sums = [0] * len(self._names)
        for (place, _), count in zip(self._choices, self._counts, strict=True):
            sums[place] += count
        return sorted(
            range(len(sums)), key=lambda place: (-sums[place], mix(self._names[place] ^ salt))
        )

    def _first(self, salt: int) -> int:
        most = max(self._counts)
        tied = [value for value, count in enumerate(self._counts) if count == most]
        return max(tied, key=lambda value: mix(self._marks[value] ^ salt))

    def _values(self, row: Row) -> list[int]:
        return [start + number for start, number in zip(self._starts, row, strict=True)]

    def _gain(self, row: Row) -> int:
        gain, bits = 0, 0
        values = self._values(row)
        for place, value in enumerate(values):
            gain += self._left.gain(value, values[:place], bits)
            bits |= 1 << value
        return gain

    def _is_accepted(self, row: Row) -> bool:
        return self._problem.accepts is None or self._problem.accepts(row)

    def _salt(self, candidate: int) -> int:
        return mix(len(self.rows) << 32 | candidate << 8 | self._attempt)


ATTEMPTS: Final = 8
"""Designs that are tried, where that is not too much work."""

WORK: Final = 2_000_000
"""Questions of how much a value adds that one design may ask, roughly."""

MARGIN: Final = 25
"""How much of that work has to be left over for another attempt."""


def cover(problem: Problem) -> Design:
    """Return a design for ``problem``; without rows when there is no row at all.

    The same rows in the same order, whatever the order of parameters and values.
    """
    # The parameter and the values that stand at each place of the ordered problem, and back.
    places = sorted(range(len(problem.marks)), key=lambda place: sorted(problem.marks[place]))
    numbers = [sorted(range(len(marks)), key=marks.__getitem__) for marks in problem.marks]
    position = {place: new for new, place in enumerate(places)}

    def given(row: Row) -> Row:
        return tuple(numbers[place][row[new]] for place, new in sorted(position.items()))

    def ordered(constraint: Constraint) -> Constraint:
        def allows(chosen: tuple[int, ...]) -> bool:
            pairs = zip(constraint.scope, chosen, strict=True)
            return constraint.allows(tuple(numbers[place][number] for place, number in pairs))

        return Constraint(scope=tuple(position[place] for place in constraint.scope), allows=allows)

    def ordered_row(row: Partial) -> Partial:
        choices = [(place, row[place]) for place in places]
        return tuple(None if own is None else numbers[place].index(own) for place, own in choices)

    accepts = problem.accepts
    design = _cover(
        Problem(
            marks=tuple(tuple(sorted(problem.marks[place])) for place in places),
            strength=problem.strength,
            constraints=tuple(map(ordered, problem.constraints)),
            hidden=frozenset(
                (position[place], numbers[place].index(number)) for place, number in problem.hidden
            ),
            kept=tuple(map(ordered_row, problem.kept)),
            accepts=None if accepts is None else lambda row: accepts(given(row)),
        )
    )
    return replace(design, rows=tuple(map(given, design.rows)))


def _cover(problem: Problem) -> Design:
    sizes = problem.sizes
    feasible = Feasible(sizes, problem.constraints)
    strength = min(problem.strength, len(sizes))
    total = count_combinations(sizes, problem.hidden, strength)
    if not strength or not feasible.is_solvable():
        return Design(rows=(), kept=0, combinations=total, impossible=total, not_found=0)
    uncovered = _uncovered(Possible(problem, feasible), strength)
    candidates, attempts = _effort(sizes, strength)
    builders = [
        RowBuilder(problem, feasible, uncovered(), attempt, candidates)
        for attempt in range(attempts)
    ]
    for builder in builders:
        builder.run()
    best = min(builders, key=lambda builder: (builder.not_found, len(builder.rows)))
    return Design(
        rows=tuple(best.rows),
        kept=best.kept,
        combinations=total,
        impossible=total - sum(uncovered().counts()) // strength,
        not_found=best.not_found,
    )


def _uncovered(possible: Possible, strength: int) -> Callable[[], Pairs | Triples]:
    """Return what makes a new set of all combinations that can be."""
    if strength == Coverage.EACH.size:
        return partial(Pairs, possible.themselves())
    partners = possible.partners()
    if strength == Coverage.PAIRWISE.size:
        return partial(Pairs, partners)
    return partial(Triples, possible.thirds(partners))


def _effort(sizes: Sequence[int], strength: int) -> tuple[int, int]:
    """Return how many rows are tried for each of a design, and how many designs."""
    largest = sorted(sizes, reverse=True)[:strength]
    rows = math.prod(largest) * (1 + strength / 2)
    each = sum(sizes) * (len(sizes) / 2 if strength == Coverage.THREE_WISE.size else 1)
    affordable = WORK / (rows * each)
    candidates = int(min(max(affordable, 1), CANDIDATES))
    return candidates, int(min(max(affordable / candidates / MARGIN, 1), ATTEMPTS))
