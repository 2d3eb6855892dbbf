"""Pools of hundreds of values and more."""

from __future__ import annotations

import math

import numpy as np
import pytest

from mockgen_watch.generate.pools import LARGE, LargePool
from tests.draws import assert_engines_agree, chi_square_tail, chosen, column_of
from tests.shapes import pool
from tests.sizes import sized

COUNT = sized(200_000, 2_000_000)


def names(size: int, first: int = 0) -> list[str]:
    return [f"name {n}" for n in range(first, first + size)]


def test_a_pool_beyond_the_limit_is_large() -> None:
    assert isinstance(column_of(pool(*names(LARGE + 1)))[1].parts[0].stream, LargePool)
    assert not isinstance(column_of(pool(*names(LARGE)))[1].parts[0].stream, LargePool)


@pytest.mark.parametrize("size", [257, 1000, 5000])
def test_engines_agree(size: int) -> None:
    weights = [1 + n % 5 for n in range(size)]
    for each in ((), weights):
        program, _ = column_of(pool(*names(size), weights=each))
        assert_engines_agree(program, range(300))


def test_odds_are_right() -> None:
    size = 300
    weights = np.array([1 + (n % 4) * 3 for n in range(size)])
    drawn = chosen(pool(*names(size), weights=weights.tolist()), COUNT)
    values, counts = np.unique(drawn.astype(str), return_counts=True)
    order = [int(value.split()[1]) for value in values]
    expected = (weights / weights.sum() * COUNT)[order]
    assert len(values) == size
    assert chi_square_tail(counts.tolist(), expected.tolist()) > 1e-3


@pytest.mark.parametrize("size", [300, 1000, 4000])
def test_a_new_value_moves_no_more_than_the_bound(size: int) -> None:
    before = chosen(pool(*names(size)), COUNT)
    shares = []
    for extra in range(8):
        after = chosen(pool(*names(size), f"extra {extra}"), COUNT)
        moved = before != after
        shares.append(moved.mean())
        assert (after == f"extra {extra}").sum() <= moved.sum()
    bound = (1 + math.log2(size) / 2) / size
    # One value's own churn varies with the shape of the trie around it; the mean is the promise.
    assert np.mean(shares) < bound * 1.3


def test_order_plays_no_part() -> None:
    straight, turned = pool(*names(700)), pool(*reversed(names(700)))
    assert (chosen(straight, 20_000) == chosen(turned, 20_000)).all()


def test_weights_that_float_cannot_sum_are_scaled() -> None:
    weights = [10**17 + n for n in range(400)]
    program, _ = column_of(pool(*names(400), weights=weights))
    assert_engines_agree(program, range(100))
    assert len(set(chosen(pool(*names(400), weights=weights), 20_000))) == 400


def test_one_heavy_value_among_many_light_ones() -> None:
    weights = [10**9] + [1] * 999
    drawn = chosen(pool(*names(1000), weights=weights), 100_000)
    assert (drawn == "name 0").sum() > 99_990
