"""Logarithm, exponential and normal quantiles without a library's."""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.generate.normal import (
    choose,
    clamp,
    exp,
    ln,
    normal_quantile,
    normal_tail,
    power,
    smaller,
)

POSITIVE = st.floats(1e-290, 1e290)
EXPONENTS = st.floats(-590, 590)
SHARES = st.floats(1e-290, 0.5)


@given(st.lists(POSITIVE, min_size=1))
def test_logarithms_agree_and_are_right(values: list[float]) -> None:
    together = ln(np.array(values))
    assert together.tolist() == [ln(value) for value in values]
    assert together == pytest.approx([math.log(value) for value in values], rel=1e-14, abs=1e-15)


@given(st.lists(EXPONENTS, min_size=1))
def test_exponentials_agree_and_are_right(values: list[float]) -> None:
    together = exp(np.array(values))
    assert together.tolist() == [exp(value) for value in values]
    assert together == pytest.approx([math.exp(value) for value in values], rel=1e-12)


@given(st.lists(SHARES, min_size=1))
def test_normal_quantiles_agree_and_are_right(shares: list[float]) -> None:
    below = np.array(shares)
    lower, upper = normal_quantile(below, 1.0 - below), normal_quantile(1.0 - below, below)
    assert lower.tolist() == [normal_quantile(share, 1.0 - share) for share in shares]
    assert (upper == -lower).all()
    expected = [NormalDist().inv_cdf(share) for share in shares]
    assert lower == pytest.approx(expected, rel=1e-12, abs=1e-12)


@given(st.floats(-36, 36))
def test_the_tail_undoes_the_quantile(z: float) -> None:
    tail = normal_tail(abs(z))
    assert normal_quantile(1.0 - tail, tail) == pytest.approx(abs(z), rel=1e-10, abs=1e-10)
    assert normal_tail(-z) == pytest.approx(1.0 - normal_tail(z), abs=1e-15)


def test_far_out_there_is_nothing() -> None:
    assert normal_tail(40.0) == 0.0
    assert exp(1e9) == exp(600.0)
    assert exp(-1e9) == exp(-700.0)


def test_small_helpers_take_numbers_and_arrays() -> None:
    assert power(2.0, 10.0) == pytest.approx(1024.0, rel=1e-14)
    assert smaller(np.array([1.0, 5.0]), np.array([2.0, 3.0])).tolist() == [1.0, 3.0]
    assert choose(np.array([True, False]), np.array([1.0, 2.0]), np.array([3.0, 4.0])).tolist() == [
        1.0,
        4.0,
    ]
    assert clamp(np.array([-1.0, 0.5, 9.0]), 0.0, 1.0).tolist() == [0.0, 0.5, 1.0]
    assert clamp(7.0, 0.0, 1.0) == 1.0
