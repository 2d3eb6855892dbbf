"""The digits of whole numbers and of numbers with a point."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.generate.address import record_cell, record_cells
from mockgen_watch.generate.column import LazyTable
from mockgen_watch.generate.numbers import RecordNumber, Scaled, digit_parts, fixed_point_text

KEY = 1


def texts(low: int, high: int, decimals: int, numbers: list[int], width: int = 0) -> list[str]:
    """Return the texts of ``numbers`` between two ends, by both engines."""
    source = RecordNumber(high - low + 1)
    parts = digit_parts(Scaled(source, source.size, low, 1), decimals, width=width)
    places = [number - low for number in numbers]
    alone = [
        "".join(
            str(part.table[part.stream.at(record_cell(KEY, at))]) for part in parts if part.stream
        )
        for at in places
    ]
    if high - low < 2**63:
        cells = record_cells(KEY, np, np.array(places, np.int64))
        columns = [
            [str(part.table[n]) for n in part.stream.over(cells).tolist()]
            for part in parts
            if part.stream
        ]
        assert ["".join(row) for row in zip(*columns, strict=True)] == alone
    return alone


@given(st.integers(-(10**25), 10**25), st.integers(0, 10**25), st.integers(0, 15), st.data())
def test_digits_are_those_of_the_number(
    low: int, spread: int, decimals: int, data: st.DataObject
) -> None:
    high = low + spread
    inside = st.one_of(st.sampled_from((low, high)), st.integers(low, high))
    numbers = data.draw(st.lists(inside, min_size=1, max_size=4))
    numbers = [number for number in numbers if number - low < 2**62] or [low]
    expected = [format(Decimal(number).scaleb(-decimals), "f") for number in numbers]
    # A Decimal of 28 digits is exact here; the sign of zero plays no part.
    assert texts(low, high, decimals, numbers) == expected
    assert [fixed_point_text(number, decimals) for number in numbers] == expected


@pytest.mark.parametrize(
    ("low", "high", "decimals", "number", "text"),
    [
        (0, 10**6, 0, 0, "0"),
        (0, 10**6, 0, 1000, "1000"),
        (0, 10**6, 0, 10**6, "1000000"),
        (-(10**6), 10**6, 2, -5, "-0.05"),
        (-(10**6), 10**6, 2, 0, "0.00"),
        (-(10**6), -(10**4), 0, -(10**4), "-10000"),
        (0, 10**9, 7, 12, "0.0000012"),
        (10**5, 10**6 - 1, 0, 100_007, "100007"),
    ],
)
def test_zeros_stand_where_they_should(
    low: int, high: int, decimals: int, number: int, text: str
) -> None:
    assert texts(low, high, decimals, [number]) == [text]


@given(st.integers(0, 10**9), st.integers(1, 12))
def test_width_fills_with_zeros(number: int, width: int) -> None:
    assert texts(0, 10**9, 0, [number], width) == [f"{number:0{width}d}"]


def test_lazy_tables_are_sequences() -> None:
    table = LazyTable(5, lambda n: f"t{n}")
    assert list(table) == ["t0", "t1", "t2", "t3", "t4"]
    assert table[1:3] == ("t1", "t2")
    assert table[-1] == "t4"
    assert "t3" in table
    with pytest.raises(IndexError):
        table[5]


def test_open_tables_go_on_but_walks_and_slices_do_not() -> None:
    table = LazyTable(3, lambda n: str(n * n), is_open=True)
    assert table[100] == "10000"
    assert table[:] == tuple(table) == ("0", "1", "4")
    assert len(table) == 3
