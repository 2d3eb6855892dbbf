"""Pools: what an edit moves, and what it leaves alone."""

from __future__ import annotations

import itertools
import math
from decimal import Decimal
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from mockgen_watch.generate.address import Address
from mockgen_watch.generate.pools import (
    SEGMENTS,
    EqualPool,
    WeightedPool,
    pool_stream,
    rate,
    rates,
    whole_weights,
)
from tests.draws import chosen, chunk, column_of, values_of
from tests.shapes import pool
from tests.sizes import LONG, sized

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from mockgen_watch.spec.generators import Pool

COUNT = sized(40_000, 400_000)
SIZES = range(2, 201) if LONG else (2, 3, 4, 7, 12, 50, 200)


def named(*numbers: int, weights: Sequence[int] = ()) -> Pool:
    return pool(*(f"v{n}" for n in numbers), weights=weights)


def sigmas(changes: int, share: float) -> float:
    """Return how far ``changes`` lie above their expectation, in standard deviations."""
    return (changes - COUNT * share) / math.sqrt(COUNT * share * (1 - share))


def changed(before: NDArray[np.object_], after: NDArray[np.object_]) -> NDArray[np.intp]:
    return np.flatnonzero(before != after)


@pytest.mark.parametrize("size", SIZES)
def test_a_new_value_takes_its_share_and_nothing_else_moves(size: int) -> None:
    before = chosen(named(*range(size)), COUNT)
    for after in (
        chosen(named(*range(size), 1000), COUNT),
        chosen(named(1000, *range(size)), COUNT),
    ):
        moved = changed(before, after)
        assert set(after[moved]) <= {"v1000"}
        assert sigmas(len(moved), 1 / (size + 1)) < 3


@pytest.mark.parametrize("size", SIZES)
def test_a_deleted_value_gives_up_its_own_records_alone(size: int) -> None:
    before = chosen(named(*range(size)), COUNT)
    gone = size // 2
    after = chosen(named(*(n for n in range(size) if n != gone)), COUNT)
    assert changed(before, after).tolist() == np.flatnonzero(before == f"v{gone}").tolist()


@pytest.mark.parametrize("size", SIZES)
def test_order_plays_no_part(size: int) -> None:
    weights = [1 + n % 3 for n in range(size)]
    turned = named(*reversed(range(size)), weights=weights[::-1])
    straight = named(*range(size), weights=weights)
    assert not len(changed(chosen(straight, COUNT), chosen(turned, COUNT)))


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(("before_weight", "after_weight"), [(1, 3), (3, 1), (2, 3), (1, 50)])
def test_a_new_weight_moves_the_least_that_the_odds_need(
    size: int, before_weight: int, after_weight: int
) -> None:
    rest = [1 + n % 2 for n in range(size - 1)]
    before = chosen(named(*range(size), weights=[before_weight, *rest]), COUNT)
    after = chosen(named(*range(size), weights=[after_weight, *rest]), COUNT)
    moved = changed(before, after)
    gains = after_weight > before_weight
    assert set((after if gains else before)[moved]) <= {"v0"}
    shares = [weight / (weight + sum(rest)) for weight in (before_weight, after_weight)]
    assert sigmas(len(moved), abs(shares[1] - shares[0])) < 3


@pytest.mark.parametrize("size", [3, 10])
def test_many_new_weights_at_once_stay_below_the_bound_of_the_race(size: int) -> None:
    weights = [[1 + n * k % 7 for n in range(size)] for k in (3, 5)]
    before, after = (chosen(named(*range(size), weights=each), COUNT) for each in weights)
    odds = [[w / sum(each) for w in each] for each in weights]
    distance = sum(abs(p - q) for p, q in zip(*odds, strict=True)) / 2
    assert sigmas(len(changed(before, after)), 2 * distance / (1 + distance)) < 3


@pytest.mark.parametrize(
    "weights",
    [("70", "20", "10"), ("0.7", "0.2", "0.1"), ("7E+5", "2E+5", "1E+5"), ("21", "6", "3")],
)
def test_weights_in_one_proportion_are_the_same_weights(weights: tuple[str, ...]) -> None:
    expected = chosen(pool("a", "b", "c", weights=(7, 2, 1)), 5000)
    assert not len(changed(chosen(pool("a", "b", "c", weights=weights), 5000), expected))


def test_equal_weights_are_no_weights() -> None:
    plain = chosen(pool("a", "b", "c"), 5000)
    assert not len(changed(chosen(pool("a", "b", "c", weights=("0.3",) * 3), 5000), plain))


def test_equal_weights_choose_as_nearly_equal_ones_do() -> None:
    address, identities = Address.of(1, "M", ("F",)), [b"a", b"b", b"c", b"d"]
    weights = [Decimal(10**14)] * 3
    equal = pool_stream(address, "value", identities, [*weights, Decimal(10**14)])
    nearly = pool_stream(address, "value", identities, [*weights, Decimal(10**14 + 1)])
    assert isinstance(equal, EqualPool)
    assert isinstance(nearly, WeightedPool)
    program, _ = column_of(pool("a", "b"))
    assert (equal.over(chunk(program, 20_000)) == nearly.over(chunk(program, 20_000))).all()


def test_a_weight_of_zero_never_wins() -> None:
    assert set(values_of(pool("a", "b", "c", weights=(1, 0, 1)), 300)) == {"a", "c"}
    assert set(values_of(pool("a", "b", weights=(0, 1)), 20)) == {"b"}


def test_a_merged_type_keeps_the_choice() -> None:
    text = pool("1", "2", "3")
    numbers = replace(
        text,
        entries=tuple(replace(entry, value=int(str(entry.value))) for entry in text.entries),
    )
    assert [int(str(value)) for value in values_of(text, 50)] == values_of(numbers, 50)


@given(st.lists(st.decimals(0, 10**6, places=3).filter(bool), min_size=1, max_size=6))
def test_whole_weights_keep_the_proportion(weights: list[Decimal]) -> None:
    whole = whole_weights(weights)
    assert math.gcd(*whole) == 1
    assert all(a * whole[0] == b * weights[0] for a, b in zip(weights, whole, strict=True))


def test_rates_agree_and_rise() -> None:
    alone = [rate(segment) for segment in range(SEGMENTS)]
    assert rates(np).tolist() == alone
    assert all(left < right for left, right in itertools.pairwise(alone))
    middle = (SEGMENTS // 2 + 0.5) / SEGMENTS
    assert alone[SEGMENTS // 2] == pytest.approx(-math.log(1 - middle) / middle, rel=1e-14)


def test_extreme_weights_leave_the_heavy_ones_alone() -> None:
    tiny = pool("a", "b", "c", weights=(1, 1, "1E-400"))
    assert not len(changed(chosen(tiny, 5000), chosen(pool("a", "b"), 5000)))
