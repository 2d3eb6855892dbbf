"""Streams: numbers below a size, yes and no, null and absent, and draws computed together."""

from __future__ import annotations

from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.generate.address import (
    Address,
    lanes_of_record,
    record_cell,
    record_cells,
    score,
    word,
)
from mockgen_watch.generate.column import State
from mockgen_watch.generate.streams import (
    ALWAYS,
    LONG,
    SHORT,
    Bank,
    HugeUniform,
    Level,
    LongUniform,
    Lookup,
    Odds,
    Shared,
    Uniform,
    first_presence,
    presence_of,
    shifted,
    threshold,
    uniform,
)

KEY = 0x1234_5678_9ABC_DEF0
HERE = Address.of(1, "M", ("F",))


def numbers_of(stream: Uniform | LongUniform | HugeUniform, count: int = 500) -> list[int]:
    together = stream.over(record_cells(KEY, np, np.arange(count))).tolist()
    assert together == [stream.at(record_cell(KEY, index)) for index in range(count)]
    return [int(number) for number in together]


@pytest.mark.parametrize(
    "size",
    [
        1,
        2,
        3,
        1000,
        SHORT - 1,
        SHORT,
        SHORT + 1,
        2**32 - 1,
        2**32,
        2**32 + 1,
        LONG - 1,
        LONG,
        LONG + 1,
        2**64,
        10**30,
    ],
)
def test_uniform_numbers_fill_their_range(size: int) -> None:
    stream = uniform(HERE, Level(), "value", size)
    assert isinstance(stream, Uniform | LongUniform | HugeUniform)
    assert stream.size == size
    drawn = numbers_of(stream)
    assert min(drawn) >= 0
    assert max(drawn) < size
    if size > 500:
        assert min(drawn) < size // 50
        assert max(drawn) > size - size // 50
        assert len(set(drawn)) > 370


def test_a_long_number_uses_all_bits_of_the_word() -> None:
    drawn = numbers_of(LongUniform(LONG, (1, 2), (3, 4)), 4000)
    for bit in range(63):
        share = sum(number >> bit & 1 for number in drawn) / len(drawn)
        assert abs(share - 0.5) < 0.04, bit


@pytest.mark.parametrize(
    ("probability", "words"),
    [("0", 0), ("1", ALWAYS), ("0.5", 1 << 31), ("1E-30", 0), ("0.9999999999999", ALWAYS)],
)
def test_probabilities_become_thresholds(probability: str, words: int) -> None:
    assert threshold(Decimal(probability)) == words


def test_what_is_certain_is_not_drawn() -> None:
    assert presence_of(HERE, Level(), Decimal(0), Decimal(0)) is None
    always = presence_of(HERE, Level(), Decimal(1), Decimal("0.5"))
    assert always is not None
    assert {always.at(record_cell(KEY, index)) for index in range(50)} == {State.ABSENT}


def test_absence_is_drawn_before_null() -> None:
    cells = record_cells(KEY, np, np.arange(4000))
    absent = presence_of(HERE, Level(), Decimal("0.3"), Decimal(0))
    null = presence_of(HERE, Level(), Decimal(0), Decimal("0.4"))
    both = presence_of(HERE, Level(), Decimal("0.3"), Decimal("0.4"))
    assert absent is not None
    assert null is not None
    assert both is not None
    assert (both.over(cells) == np.where(absent.over(cells), State.ABSENT, null.over(cells))).all()
    assert np.bincount(both.over(cells)).tolist() == pytest.approx([1680, 1120, 1200], abs=150)


def test_more_nulls_leave_the_old_ones_null() -> None:
    cells = record_cells(KEY, np, np.arange(4000))
    few, many = (presence_of(HERE, Level(), Decimal(0), Decimal(odds)) for odds in ("0.1", "0.3"))
    assert few is not None
    assert many is not None
    assert (many.over(cells) >= few.over(cells)).all()


def test_the_size_of_a_presence_tells_whether_anything_can_be_absent() -> None:
    null, absent = ((Decimal(0), Decimal("0.5")), (Decimal("0.5"), Decimal(0)))
    for chances, state in ((null, State.NULL), (absent, State.ABSENT)):
        found = presence_of(HERE, Level(), *chances)
        assert found is not None
        assert found.size == state + 1


def test_the_first_state_that_is_not_present_counts() -> None:
    first = Odds(1 << 31, (1, 2), number=State.ABSENT)
    second = Odds(1 << 31, (7, 8), number=State.NULL)
    both = first_presence(None, first, None, second)
    assert both is not None
    assert both.size == State.ABSENT + 1
    cells = record_cells(KEY, np, np.arange(300))
    expected = [
        first.at(record_cell(KEY, index)) or second.at(record_cell(KEY, index))
        for index in range(300)
    ]
    assert both.over(cells).tolist() == expected
    assert first_presence(None, None) is None
    assert first_presence(None, second) is second


def test_a_shared_stream_draws_once_for_each_cell() -> None:
    class Counted(Uniform):
        calls = 0

        def at(self, cell: object) -> int:
            Counted.calls += 1
            return super().at(cell)  # type: ignore[arg-type]

    shared = Shared(Counted(10, (1, 2)))
    cell = record_cell(KEY, 3)
    assert shared.at(cell) == shared.at(cell)
    assert Counted.calls == 1


def test_streams_that_build_on_others_agree() -> None:
    source = Uniform(4, (5, 6))
    for stream in (
        shifted(source, 3),
        Lookup(source, (2, 0, 1, 1), 3),
        Shared(source),
        Odds(1 << 30, (9, 9)),
        Odds(ALWAYS, (9, 9)),
    ):
        numbers = stream.over(record_cells(KEY, np, np.arange(200)))
        assert numbers.tolist() == [stream.at(record_cell(KEY, index)) for index in range(200)]
        assert numbers.max() < stream.size


WORDS = st.integers(0, 2**32 - 1)
CONSTANTS = st.lists(st.tuples(WORDS, WORDS), min_size=1, max_size=40)


@given(CONSTANTS, st.integers(0, 2**64 - 1), st.integers(0, 10**9))
def test_a_bank_gives_what_each_draw_gives_alone(
    constants: list[tuple[int, int]], key: int, index: int
) -> None:
    cell, lanes = record_cell(key, index), lanes_of_record(key, index)
    for bank, alone in ((Bank(is_words=False), score), (Bank(is_words=True), word)):
        bank.add(constants)
        assert list(bank.at(cell)) == [alone(*lanes, each) for each in constants]


def test_extreme_bits_do_not_reach_a_neighbour() -> None:
    ends = [(0, 0), (2**32 - 1, 2**32 - 1), (0, 2**32 - 1), (2**32 - 1, 0)] * 3
    bank = Bank(is_words=True)
    bank.add(ends)
    for index in range(200):
        cell = record_cell(index, index)
        assert list(bank.at(cell)) == [word(cell.a, cell.b, each) for each in ends]


def test_draws_can_be_added_after_a_cell_was_asked_for() -> None:
    level = Level()
    first = level.word((1, 2))
    assert first.at(record_cell(1, 1)) == word(*lanes_of_record(1, 1), (1, 2))
    second = level.word((3, 4))
    assert second.at(record_cell(1, 2)) == word(*lanes_of_record(1, 2), (3, 4))
    assert first.at(record_cell(1, 2)) == word(*lanes_of_record(1, 2), (1, 2))
