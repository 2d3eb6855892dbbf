"""Values that no two records share."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.generate.draws import SMALL, Permutation
from mockgen_watch.spec.generators import Boolean, Pattern
from tests.draws import chi_square_tail, values_of
from tests.shapes import decimal, moment, number, pool


@pytest.mark.parametrize("size", [1, 2, 3, 10, SMALL, SMALL + 1, 4096, 4097, 65_537, 100_000])
def test_a_permutation_is_a_bijection(size: int) -> None:
    permutation = Permutation(size, key=99)
    image = permutation.over(np, np.arange(size))
    assert sorted(image.tolist()) == list(range(size))
    assert [permutation.at(number) for number in range(min(size, 500))] == image[:500].tolist()


@given(st.integers(1, 2**63), st.integers(0, 2**64 - 1), st.data())
def test_engines_agree_on_any_size(size: int, key: int, data: st.DataObject) -> None:
    permutation = Permutation(size, key)
    numbers = data.draw(st.lists(st.integers(0, size - 1), min_size=1, max_size=5))
    together = permutation.over(np, np.array(numbers, np.int64)).tolist()
    assert together == [permutation.at(number) for number in numbers]
    assert all(0 <= number < size for number in together)
    assert len(set(together)) == len(set(numbers))


def test_permutations_of_other_keys_are_others() -> None:
    orders = {tuple(Permutation(2000, key).over(np, np.arange(2000)).tolist()) for key in range(20)}
    assert len(orders) == 20


@pytest.mark.parametrize("size", [3000, 2**20 + 7, 10**12])
def test_neighbours_land_anywhere(size: int) -> None:
    image = Permutation(size, key=5).over(np, np.arange(3000))
    counts = np.bincount(image * 10 // size, minlength=10)
    assert chi_square_tail(counts.tolist(), [300.0] * 10) > 1e-4
    distance = np.diff(image) * 10 // size
    assert len(np.unique(distance)) >= 18


@pytest.mark.parametrize(
    "generator",
    [
        pool(*range(300)),
        pool(*range(300), weights=range(1, 301)),
        number(1, 300),
        number(-150, 149),
        number(0, 10**9),
        number(0, 10**12, 2),
        number(None, None, 2, kind="normal", mean=5, sd=100),
        number(0, 2**61),
        Pattern(source="[a-z][0-9]{2}"),
        Pattern(source="[A-Z]{3}[0-9]{6}"),
        Pattern(source="[a-z0-9]{20}"),
        Pattern(source="[A-Z]{1,3}(-[0-9]{4}|x)"),
        Pattern(source="[a-z]{1,20}[0-9]"),
        moment("date", "2024-01-01", "2024-12-31"),
        moment("datetime", "2020-01-01", "2029-12-31"),
    ],
)
def test_no_value_comes_twice(generator: object) -> None:
    values = values_of(generator, 300, unique=True)  # type: ignore[arg-type]
    assert len(set(map(str, values))) == 300


def test_a_field_can_use_every_value_it_has() -> None:
    assert sorted(values_of(number(1, 5000), 5000, unique=True), key=int) == list(range(1, 5001))  # type: ignore[arg-type]
    assert sorted(values_of(pool(*range(300)), 300, unique=True)) == list(range(300))  # type: ignore[type-var]
    assert set(values_of(Boolean(true=decimal("0.9")), 2, unique=True)) == {False, True}
    pattern = Pattern(source="a[0-9]?|b[0-9]{3}")
    assert len(set(map(str, values_of(pattern, 1011, unique=True)))) == 1011


def test_more_records_leave_the_first_ones_alone() -> None:
    assert values_of(number(1, 500), 300, unique=True)[:20] == values_of(
        number(1, 500), 20, unique=True
    )
