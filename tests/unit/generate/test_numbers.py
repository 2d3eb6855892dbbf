"""Numbers, evenly drawn and by every distribution."""

from __future__ import annotations

import math
from decimal import Decimal
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.generate.column import ColumnKind
from tests.draws import (
    assert_engines_agree,
    chi_square_tail,
    chunk,
    column_of,
    values_of,
)
from tests.shapes import number
from tests.sizes import sized

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from mockgen_watch.spec.generators import Number

COUNT = sized(100_000, 2_000_000)


def drawn(what: Number, count: int = COUNT) -> NDArray[np.float64]:
    """Return the values of a number as floats, drawn as a chunk."""
    program, column = column_of(what)
    cells = chunk(program, count)
    texts = np.full(count, "", dtype="U32")
    for part in column.parts:
        table = np.array([str(text) for text in part.table])
        rows = np.zeros(count, np.int64) if part.stream is None else part.stream.over(cells)
        texts = np.char.add(texts, table.take(rows))
    return texts.astype(np.float64)


def assert_fits(
    what: Number, cdf: Callable[[float], float], cuts: list[float], count: int = COUNT
) -> None:
    """Check the shares between ``cuts``; half a step on both sides belongs to each grid point."""
    counts, _ = np.histogram(drawn(what, count), [-math.inf, *cuts, math.inf])
    shares = np.diff([0.0, *[cdf(cut) for cut in cuts], 1.0])
    assert chi_square_tail(counts.tolist(), (shares * count).tolist()) > 1e-3


def test_values_are_exact_and_have_their_places() -> None:
    values = values_of(number(0, 1000, 2), 200)
    assert all(isinstance(value, Decimal) and value.as_tuple().exponent == -2 for value in values)
    assert all(isinstance(value, int) for value in values_of(number(0, 10**9), 50))
    assert all(isinstance(value, int) for value in values_of(number(1, 6), 50))


@pytest.mark.parametrize(
    ("what", "low", "high", "step"),
    [
        (number(1, 6), 1, 6, 1),
        (number(-5, 5), -5, 5, 1),
        (number(-(10**6), 10**6), -(10**6), 10**6, 1),
        (number(0, 10**6, step=25), 0, 10**6, 25),
        (number("0.5", "1.25", 2, step="0.25"), 0.5, 1.25, 0.25),
        (number(-10, 99_999.99, 2), -10, 99_999.99, 0.01),
        (number(0, None, 2, kind="lognormal", median=180, sigma="0.8"), 0, math.inf, 0.01),
        (number(90, 200, 2, kind="normal", mean=100, sd=15), 90, 200, 0.01),
        (number(None, 3, 1, kind="normal", mean=0, sd=1), -math.inf, 3, 0.1),
        (number(100, 110, 3, kind="exponential", mean=20), 100, 110, 0.001),
        (number(0, 100, 1, kind="triangular", mode=20), 0, 100, 0.1),
        (number(2, 5, kind="poisson", mean="3.5"), 2, 5, 1),
        (number(1, 10**9, kind="zipf", exponent=1), 1, 10**9, 1),
    ],
)
def test_values_lie_on_their_grid_between_the_bounds(
    what: Number, low: float, high: float, step: float
) -> None:
    for value in values_of(what, 400):
        assert isinstance(value, int | Decimal)
        assert low <= value <= high
        anchor = 0 if math.isinf(low) else Decimal(str(low))
        assert (Decimal(value) - anchor) % Decimal(str(step)) == 0


@pytest.mark.parametrize(
    "what",
    [
        number(1, 6),
        number(0, 0),
        number(-50, 50_000),
        number(-(10**17), 10**17),
        number(0, 2**62 - 2),
        number("0.000000000000001", 999, 15),
        number(100, 200_000, 1, step="0.5"),
        number(-(10**18) + 1, 10**18 - 1, 15, step=10**6),
        number(None, None, 2, kind="normal", mean=100, sd=15),
        number(0, None, kind="normal", mean=5, sd=2),
        number(None, None, kind="normal", mean=0, sd=10**17),
        number(0, None, 2, kind="lognormal", median=180, sigma="0.8"),
        number(0, None, 2, kind="lognormal", median=180, sigma=100),
        number(0, None, 3, kind="exponential", mean=20),
        number(5, 5, 1, kind="triangular", mode=5),
        number(0, 100, 1, kind="triangular", mode=0),
        number(0, None, kind="poisson", mean="0.001"),
        number(0, None, kind="poisson", mean="3.5"),
        number(0, None, kind="poisson", mean=999),
        number(0, None, kind="poisson", mean=10**12),
        number(0, 1000, kind="poisson", mean=104, step=10),
        number(0, 10**6, kind="poisson", mean=500, step=10**5),
        number(900, None, kind="poisson", mean=3),
        number(1, 10, kind="zipf", exponent="1.2"),
        number(0, 10**12, kind="zipf", exponent="0.3"),
        number(1, 10**6, kind="zipf", exponent=10**6),
        number(1, 2**61, kind="zipf", exponent="1.0000000001"),
    ],
)
def test_engines_agree(what: Number) -> None:
    program, column = column_of(what)
    assert column.kind is ColumnKind.NUMBER
    assert not column.slow
    with np.errstate(all="raise", under="ignore"):
        assert_engines_agree(program, [*range(300), 10**9, 2**62])


@given(st.data())
def test_parts_join_to_the_value_that_is_read_at_once(data: st.DataObject) -> None:
    low = data.draw(st.integers(-(10**9), 10**9))
    high = low + data.draw(st.integers(0, 10**9))
    decimals = data.draw(st.integers(0, 4))
    what = number(Decimal(low).scaleb(-decimals), Decimal(high).scaleb(-decimals), decimals)
    program, _ = column_of(what)
    together = drawn_texts(what, 5)
    assert [str(value) for value in values_of(what, 5)] == together
    assert program.count


def drawn_texts(what: Number, count: int) -> list[str]:
    program, column = column_of(what)
    cells = chunk(program, count)
    rows = [
        [str(part.table[0])] * count
        if part.stream is None
        else [str(part.table[n]) for n in part.stream.over(cells).tolist()]
        for part in column.parts
    ]
    return ["".join(row) for row in zip(*rows, strict=True)]


def test_a_normal_number_fits() -> None:
    what = number(None, None, 3, kind="normal", mean=100, sd=15)
    cuts = [100 + 15 * z / 4 + 0.0005 for z in range(-14, 15)]
    assert_fits(what, NormalDist(100, 15).cdf, cuts)


def test_bounds_condition_and_do_not_collect() -> None:
    free = NormalDist(100, 15)
    low, high = free.cdf(90), free.cdf(130)
    what = number(90, 130, 3, kind="normal", mean=100, sd=15)
    cuts = [90 + 40 * n / 20 + 0.0005 for n in range(1, 20)]
    assert_fits(what, lambda x: (free.cdf(x) - low) / (high - low), cuts)
    values = drawn(what)
    # Half a step of the density belongs to each end; 27.5 % of the whole lies beyond them.
    assert (values == 90).sum() < 20 + (COUNT - 100_000) * 3e-5
    assert (values == 130).sum() < 20 + (COUNT - 100_000) * 3e-5


def test_a_far_tail_keeps_its_shape() -> None:
    what = number(8, 9, 4, kind="normal", mean=0, sd=1)
    values = drawn(what)
    # The mean excess over 8 standard deviations is about 1/8 - 2/8**3.
    assert values.mean() - 8 == pytest.approx(0.1213, rel=0.03)


def test_a_lognormal_number_fits() -> None:
    what = number(0, None, 4, kind="lognormal", median=180, sigma="0.8")
    cuts = [180 * math.exp(0.8 * z / 4) for z in range(-12, 13)]
    assert_fits(what, lambda x: NormalDist().cdf(math.log(x / 180) / 0.8), cuts)


def test_an_exponential_number_fits() -> None:
    what = number(0, None, 4, kind="exponential", mean=20)
    cuts = [float(n) for n in range(2, 120, 6)]
    assert_fits(what, lambda x: 1 - math.exp(-x / 20), cuts)


def test_a_triangular_number_fits() -> None:
    def cdf(x: float) -> float:
        return x * x / 2000 if x < 20 else 1 - (100 - x) ** 2 / 8000

    what = number(0, 100, 4, kind="triangular", mode=20)
    assert_fits(what, cdf, [float(n) for n in range(5, 100, 5)])


@pytest.mark.parametrize("mean", [0.5, 3.5, 40, 1000.5, 5000])
def test_a_poisson_number_fits(mean: float) -> None:
    spread = math.sqrt(mean)
    low, high = max(0, int(mean - 3 * spread)), int(mean + 3 * spread) + 1
    step = max(1, (high - low) // 20)
    cuts = [n + 0.5 for n in range(low, high, step)]

    def cdf(x: float) -> float:
        return sum(
            math.exp(k * math.log(mean) - mean - math.lgamma(k + 1)) for k in range(int(x) + 1)
        )

    assert_fits(number(0, None, kind="poisson", mean=mean), cdf, cuts)


@pytest.mark.parametrize(
    ("exponent", "last"), [("1.2", 10), ("1", 5000), ("0.5", 5000), ("2", 10**6)]
)
def test_a_zipf_number_fits(exponent: str, last: int) -> None:
    odds = np.arange(1, last + 1, dtype=np.float64) ** -float(exponent)
    sums = np.cumsum(odds) / odds.sum()
    cuts = sorted({n + 0.5 for n in (1, 2, 3, 5, 8, 20, 100, 255, 256, 257, 400, 1500) if n < last})
    assert_fits(number(1, last, kind="zipf", exponent=exponent), lambda x: sums[int(x) - 1], cuts)
