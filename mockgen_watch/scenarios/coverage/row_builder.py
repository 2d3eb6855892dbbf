"""Takes a problem and what is open in it; gives the rows of one design, one after the other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.generate.address import GOLDEN, MASK64, mix64

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from mockgen_watch.scenarios.coverage.feasible import Feasible
    from mockgen_watch.scenarios.coverage.problem import Partial, Problem, Row
    from mockgen_watch.scenarios.coverage.uncovered import Uncovered

CANDIDATES: Final = 24
"""Rows that are tried for each row of a design, where that is not too much work."""


def mix(number: int) -> int:
    """Return 64 bits that look like chance."""
    return mix64((number + GOLDEN) & MASK64)


class RowBuilder:
    """Makes one design, row by row.

    Attributes:
        rows: so far.
        kept: how many of them come from rows that were to be kept.
        not_found: combinations of which no row was accepted.
    """

    def __init__(
        self, problem: Problem, feasible: Feasible, left: Uncovered, attempt: int, candidates: int
    ) -> None:
        """Begin with nothing covered; ``attempt`` tells designs of one problem apart."""
        self.rows: list[Row] = []
        self.kept = 0
        self.not_found = 0
        self._problem = problem
        self._feasible = feasible
        self._left = left
        self._attempt = attempt
        self._candidates = candidates
        self._offsets = problem.offsets
        self._marks = [mark for marks in problem.marks for mark in marks]
        self._owners = [place for place, size in enumerate(problem.sizes) for _ in range(size)]
        # A parameter's own hash may not depend on the order of its values.
        self._names = [mix(sum(marks) & MASK64) for marks in problem.marks]
        self._counts: list[int] = []

    def run(self) -> None:
        """Make all rows."""
        for partial in self._problem.kept:
            self._keep(partial)
        self.kept = len(self.rows)
        while True:
            self._counts = self._left.counts()
            if not any(self._counts):
                return
            row = self._next_row()
            if row is not None:
                self._add(row)

    def _keep(self, partial: Partial) -> None:
        self._counts = self._left.counts()
        chosen = {place: value for place, value in enumerate(partial) if value is not None}
        for candidate in range(self._candidates):
            row = self._filled(chosen, self._salt(candidate))
            if row is not None and self._is_accepted(row):
                if row not in self.rows:
                    self._add(row)
                return

    def _add(self, row: Row) -> None:
        self.rows.append(row)
        self._left.cover(self._values(row))

    def _next_row(self) -> Row | None:
        """Return the row that adds most; None when an open combination was given up instead."""
        found: dict[Row, int] = {}
        for candidate in range(self._candidates):
            salt = self._salt(candidate)
            value = self._first(salt)
            row = self._filled(self._choice(value), salt)
            if row is not None and row not in found:
                found[row] = self._gain(row)
        for row in sorted(found, key=lambda row: -found[row]):
            if found[row] and self._is_accepted(row):
                return row
        return self._insist()

    def _insist(self) -> Row | None:
        """Return a row with one open combination, or give that up."""
        combination = self._left.first_with(self._first(self._salt(0)))
        chosen: dict[int, int] = {}
        for value in combination:
            chosen.update(self._choice(value))
        for candidate in range(CANDIDATES):
            row = self._filled(chosen, self._salt(candidate))
            if row is not None and self._is_accepted(row):
                return row
        self._left.drop(combination)
        self.not_found += 1
        return None

    def _filled(self, chosen: dict[int, int], salt: int) -> Row | None:
        """Return a row with ``chosen`` in it, the other parameters filled to add the most."""
        chosen = dict(chosen)
        if not self._feasible.allows(chosen):
            return None
        values = [self._offsets[place] + number for place, number in chosen.items()]
        bits = 0
        for value in values:
            bits |= 1 << value
        for place in self._order(salt):
            if place in chosen:
                continue
            best = self._best(place, chosen, values, bits, salt)
            if best is None:
                return None
            chosen[place] = best - self._offsets[place]
            values.append(best)
            bits |= 1 << best
        return tuple(chosen[place] for place in range(len(self._names)))

    def _best(
        self, place: int, chosen: dict[int, int], values: Sequence[int], bits: int, salt: int
    ) -> int | None:
        """Return the value of a parameter that adds most and goes with what is chosen."""
        start, stop = self._offsets[place : place + 2]
        gain, counts, marks = self._left.gain, self._counts, self._marks
        gains = [gain(value, values, bits) for value in range(start, stop)]
        if self._feasible.is_bound(place):
            ranked = sorted(
                range(start, stop),
                key=lambda value: (gains[value - start], counts[value], mix(marks[value] ^ salt)),
                reverse=True,
            )
            fit = (
                value for value in ranked if self._feasible.allows({**chosen, place: value - start})
            )
            return next(fit, None)
        most = max(gains)
        if gains.count(most) == 1:
            return start + gains.index(most)
        tied = [start + number for number, gained in enumerate(gains) if gained == most]
        return max(tied, key=lambda value: (counts[value], mix(marks[value] ^ salt)))

    def _order(self, salt: int) -> list[int]:
        """Return the parameters, those with the most open combinations first."""
        sums = [0] * len(self._names)
        for value, count in enumerate(self._counts):
            sums[self._owners[value]] += count
        return sorted(
            range(len(sums)), key=lambda place: (-sums[place], mix(self._names[place] ^ salt))
        )

    def _first(self, salt: int) -> int:
        most = max(self._counts)
        tied = [value for value, count in enumerate(self._counts) if count == most]
        return max(tied, key=lambda value: mix(self._marks[value] ^ salt))

    def _choice(self, value: int) -> dict[int, int]:
        place = self._owners[value]
        return {place: value - self._offsets[place]}

    def _values(self, row: Row) -> list[int]:
        return [self._offsets[place] + number for place, number in enumerate(row)]

    def _gain(self, row: Row) -> int:
        gain, bits = 0, 0
        values: list[int] = []
        for value in self._values(row):
            gain += self._left.gain(value, values, bits)
            values.append(value)
            bits |= 1 << value
        return gain

    def _is_accepted(self, row: Row) -> bool:
        return self._problem.accepts is None or self._problem.accepts(row)

    def _salt(self, candidate: int) -> int:
        return mix(len(self.rows) << 32 | candidate << 8 | self._attempt)
