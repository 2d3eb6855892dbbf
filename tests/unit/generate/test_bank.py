"""Draws that are computed together give what each gives alone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.generate.address import lanes_of_record, record_cell, score, word
from mockgen_watch.generate.streams import Bank, Level

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
