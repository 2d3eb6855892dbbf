"""Covering designs, held against a search through all rows that there are."""

from __future__ import annotations

import itertools
import math
import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mockgen_watch.scenarios.coverage.design import cover
from mockgen_watch.scenarios.coverage.problem import Constraint, Problem

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from mockgen_watch.scenarios.coverage.problem import Design, Row

    Choice = tuple[int, int]
    Bad = tuple[Choice, ...]


def marks_of(sizes: Sequence[int], seed: int = 1) -> tuple[tuple[int, ...], ...]:
    chance = random.Random(seed)
    return tuple(tuple(chance.getrandbits(64) for _ in range(size)) for size in sizes)


def forbid(bad: Bad) -> Constraint:
    scope = tuple(place for place, _ in bad)
    numbers = tuple(number for _, number in bad)
    return Constraint(scope=scope, allows=lambda chosen: chosen != numbers)


def combinations(rows: Iterable[Sequence[int]], strength: int) -> set[tuple[Choice, ...]]:
    return {found for row in rows for found in itertools.combinations(enumerate(row), strength)}


def possible(sizes: Sequence[int], bad: Sequence[Bad]) -> list[Row]:
    """Return every row that has none of ``bad``, by going through all rows."""
    return [
        row
        for row in itertools.product(*map(range, sizes))
        if not any(all(row[place] == number for place, number in each) for each in bad)
    ]


@st.composite
def problems(draw: st.DrawFn) -> tuple[list[int], list[Bad], int]:
    sizes = draw(st.lists(st.integers(1, 4), min_size=1, max_size=6))
    choices = [(place, number) for place, size in enumerate(sizes) for number in range(size)]
    bad = draw(
        st.lists(
            st.lists(st.sampled_from(choices), min_size=1, max_size=3, unique_by=lambda c: c[0]),
            max_size=5,
        )
    )
    return sizes, [tuple(each) for each in bad], draw(st.integers(1, 3))


@settings(max_examples=25, deadline=None)
@given(problems())
def test_a_design_has_exactly_the_combinations_that_can_be(
    drawn: tuple[list[int], list[Bad], int],
) -> None:
    sizes, bad, strength = drawn
    every = possible(sizes, bad)
    degree = min(strength, len(sizes))

    design = cover(
        Problem(
            marks=marks_of(sizes),
            strength=strength,
            constraints=tuple(forbid(each) for each in bad),
        )
    )

    wanted = combinations(every, degree)
    assert set(design.rows) <= set(every)
    assert combinations(design.rows, degree) == wanted
    assert design.combinations == len(combinations(itertools.product(*map(range, sizes)), degree))
    assert design.combinations - design.impossible == len(wanted)
    assert design.not_found == 0


@pytest.mark.parametrize(
    ("sizes", "pict"),
    [
        # Rows of PICT (commit c3dad2b of microsoft/pict, its defaults) for the same models. Those
        # of specs, with rules and rows, are beside these in test_coverage.
        ([3] * 13, 19),
        ([4] * 10, 31),
        ([2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], 137),
        ([2] * 30, 12),
    ],
)
def test_pairs_take_about_as_many_rows_as_with_pict(sizes: list[int], pict: int) -> None:
    design = cover(Problem(marks=marks_of(sizes), strength=2))

    assert len(design.rows) <= 1.1 * pict
    assert len(combinations(design.rows, 2)) == design.combinations - design.impossible


def test_all_triples_are_covered_in_about_as_many_rows_as_with_pict() -> None:
    sizes = [4] * 9

    design = cover(Problem(marks=marks_of(sizes), strength=3))

    assert len(combinations(design.rows, 3)) == math.comb(9, 3) * 4**3
    assert len(design.rows) <= 1.1 * 148


def named(design: Design, marks: Sequence[Sequence[int]]) -> list[frozenset[int]]:
    return [
        frozenset(marks[place][number] for place, number in enumerate(row)) for row in design.rows
    ]


def test_the_order_of_parameters_and_values_changes_nothing() -> None:
    marks = marks_of([4, 3, 5, 2, 2])
    turned = tuple(tuple(reversed(each)) for each in reversed(marks))
    allows = forbid(((0, 1), (2, 3)))
    same = Constraint(scope=(4, 2), allows=lambda chosen: chosen != (4 - 1 - 1, 5 - 1 - 3))

    first = cover(Problem(marks=marks, strength=2, constraints=(allows,)))
    second = cover(Problem(marks=turned, strength=2, constraints=(same,)))

    assert named(first, marks) == named(second, turned)


def kept_after(before: Design, problem: Problem) -> tuple[Design, float]:
    design = cover(problem)
    return design, len(set(before.rows) & set(design.rows)) / len(before.rows)


@pytest.mark.parametrize("sizes", [[4] * 20, [12, 10, 8, 7, 6, 5, 4, 3, 3, 2, 2, 2], [3] * 4])
def test_rows_that_are_to_be_kept_stay_when_a_value_is_added(sizes: list[int]) -> None:
    marks = marks_of(sizes)
    before = cover(Problem(marks=marks, strength=2))
    more = (*marks[:2], (*marks[2], 12345), *marks[3:])

    after, kept = kept_after(before, Problem(marks=more, strength=2, kept=before.rows))

    assert kept == 1
    assert after.kept == len(before.rows)
    assert after.rows[: after.kept] == before.rows
    assert len(combinations(after.rows, 2)) == after.combinations
    # A new value needs a row with each value of the longest of the others.
    assert len(after.rows) <= len(before.rows) + 2 * max(sizes)


def test_rows_that_can_no_longer_be_are_not_kept() -> None:
    marks = marks_of([3, 3, 3])
    before = cover(Problem(marks=marks, strength=2))
    bad = ((0, 0), (1, 1))

    after = cover(Problem(marks=marks, strength=2, constraints=(forbid(bad),), kept=before.rows))

    fit = [row for row in before.rows if row[:2] != (0, 1)]
    assert len(fit) < len(before.rows)
    assert list(after.rows[: after.kept]) == fit


def test_a_row_to_be_kept_may_leave_parameters_free() -> None:
    marks = marks_of([3, 3, 3])

    design = cover(Problem(marks=marks, strength=2, kept=((2, None, 0), (1, 1, None))))

    assert design.kept == 2
    assert (design.rows[0][0], design.rows[0][2]) == (2, 0)
    assert design.rows[1][:2] == (1, 1)
    assert len(combinations(design.rows, 2)) == 27


def test_hidden_values_are_used_but_need_not_be_covered() -> None:
    # The second parameter is there (0, 1) when the first one is 0, and hidden (2) otherwise.
    shown = Constraint(scope=(0, 1), allows=lambda chosen: (chosen[0] == 0) == (chosen[1] != 2))

    design = cover(
        Problem(
            marks=marks_of([2, 3, 2]),
            strength=2,
            constraints=(shown,),
            hidden=frozenset([(1, 2)]),
        )
    )

    found = {pair for pair in combinations(design.rows, 2) if (1, 2) not in pair}
    assert design.combinations == 2 * 2 + 2 * 2 + 2 * 2
    assert design.impossible == 2
    assert len(found) == 10
    assert any(row[:2] == (1, 2) for row in design.rows)


def test_rows_that_are_not_accepted_are_made_otherwise_or_given_up() -> None:
    design = cover(
        Problem(marks=marks_of([3, 3, 3]), strength=2, accepts=lambda row: row[0] + row[1] != 4)
    )

    assert all(row[0] + row[1] != 4 for row in design.rows)
    assert design.not_found == 1
    assert len(combinations(design.rows, 2)) == 26


def test_without_a_row_that_can_be_there_is_no_design() -> None:
    never = Constraint(scope=(0,), allows=lambda _: False)

    design = cover(Problem(marks=marks_of([2, 2]), strength=2, constraints=(never,)))

    assert design.rows == ()
    assert design.impossible == design.combinations == 4


def test_large_designs_have_every_combination() -> None:
    for sizes, strength in (([10] * 12, 2), ([5] * 6, 3)):
        design = cover(Problem(marks=marks_of(sizes), strength=strength))
        wanted = math.comb(len(sizes), strength) * sizes[0] ** strength
        assert len(combinations(design.rows, strength)) == design.combinations == wanted
