"""Takes parameters and what forbids combinations; gives few rows that cover all that can be.

A greedy construction, one row at a time: the value with the most open combinations begins a row;
then each parameter, those with the most open combinations first, takes the value that adds the
most. Several rows are made so, with ties broken otherwise, and the best stays. Small problems are
solved several times, and the shortest design stays. (The scheme is that of Cohen, Dalal, Fredman
and Patton, "The AETG system", IEEE Transactions on Software Engineering 23(7), 1997; the order of
parameters is ours.)

All ties are broken by hashes of the values' names, so that a design is a function of what can be
chosen, of the seed and of the rows that are to be kept, and of no order in which anything stands.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.scenarios.coverage.combinations import combinations_of, open_combinations
from mockgen_watch.scenarios.coverage.feasible import Constraint, Feasible
from mockgen_watch.scenarios.coverage.problem import Design, Problem
from mockgen_watch.scenarios.coverage.row_builder import CANDIDATES, RowBuilder

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from mockgen_watch.scenarios.coverage.problem import Partial, Row

ATTEMPTS: Final = 8
"""Designs that are tried, where that is not too much work."""

WORK: Final = 2_000_000
"""Questions of how much a value adds that one design may ask, roughly."""

AGAIN: Final = 25
"""How much of that work has to be left over for another attempt."""


def cover(problem: Problem) -> Design:
    """Return a design for ``problem``; without rows when there is no row at all.

    The same rows in the same order, in whichever order parameters and values stand.
    """
    places = sorted(range(len(problem.marks)), key=lambda place: sorted(problem.marks[place]))
    numbers = [sorted(range(len(marks)), key=marks.__getitem__) for marks in problem.marks]
    design = _cover(_reordered(problem, places, numbers))
    rows = []
    for found in design.rows:
        row = [0] * len(places)
        for place, number in zip(places, found, strict=True):
            row[place] = numbers[place][number]
        rows.append(tuple(row))
    return replace(design, rows=tuple(rows))


def _reordered(
    problem: Problem, places: Sequence[int], numbers: Sequence[Sequence[int]]
) -> Problem:
    """Return ``problem`` with its parameters and values in another order."""
    position = {place: new for new, place in enumerate(places)}
    number_of = [{old: new for new, old in enumerate(order)} for order in numbers]

    def turned(constraint: Constraint) -> Constraint:
        def allows(chosen: tuple[int, ...]) -> bool:
            pairs = zip(constraint.scope, chosen, strict=True)
            return constraint.allows(tuple(numbers[place][number] for place, number in pairs))

        return Constraint(scope=tuple(position[place] for place in constraint.scope), allows=allows)

    def old_row(row: Row) -> Row:
        return tuple(numbers[place][row[position[place]]] for place in range(len(places)))

    def new_row(partial: Partial) -> Partial:
        numbers = [partial[place] for place in places]
        return tuple(
            None if number is None else number_of[place][number]
            for place, number in zip(places, numbers, strict=True)
        )

    accepts = problem.accepts
    return Problem(
        marks=tuple(tuple(sorted(problem.marks[place])) for place in places),
        strength=problem.strength,
        constraints=tuple(map(turned, problem.constraints)),
        hidden=frozenset(
            (position[place], number_of[place][number]) for place, number in problem.hidden
        ),
        kept=tuple(map(new_row, problem.kept)),
        accepts=None if accepts is None else lambda row: accepts(old_row(row)),
    )


def _cover(problem: Problem) -> Design:
    sizes = problem.sizes
    feasible = Feasible(sizes, problem.constraints)
    strength = min(problem.strength, len(sizes))
    total = combinations_of(sizes, problem.hidden, strength)
    if not strength or not feasible.can_be():
        return Design(rows=(), kept=0, combinations=total, impossible=total, not_found=0)
    open_count, make = open_combinations(problem, feasible, strength)
    candidates, attempts = _effort(sizes, strength)
    best: Design | None = None
    for attempt in range(attempts):
        builder = RowBuilder(problem, feasible, make(), attempt, candidates)
        builder.run()
        made = Design(
            rows=tuple(builder.rows),
            kept=builder.kept,
            combinations=total,
            impossible=total - open_count,
            not_found=builder.not_found,
        )
        if best is None or (made.not_found, len(made.rows)) < (best.not_found, len(best.rows)):
            best = made
    assert best is not None  # noqa: S101 - there is at least one attempt
    return best


def _effort(sizes: Sequence[int], strength: int) -> tuple[int, int]:
    """Return how many rows are tried for each of a design, and how many designs."""
    largest = sorted(sizes, reverse=True)[:strength]
    rows = math.prod(largest) * (1 + strength / 2)
    each = sum(sizes) * (1 if strength < 3 else len(sizes) / 2)  # noqa: PLR2004 - of triples
    affordable = WORK / (rows * each)
    candidates = int(min(max(affordable, 1), CANDIDATES))
    return candidates, int(min(max(affordable / candidates / AGAIN, 1), ATTEMPTS))
