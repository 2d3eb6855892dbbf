"""Members of small sets, and numbers between ends: even, alike in both engines, near each other."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.generate.address import base_key, record_cell, record_cells
from mockgen_watch.generate.draws import FieldDraws
from mockgen_watch.generate.members import FRACTION_BITS, Member, intervals_of
from mockgen_watch.generate.quantities import Constant
from mockgen_watch.generate.ranges import FARTHEST, Ranged, Span
from mockgen_watch.generate.streams import Level

KEY = base_key(3, "M")
CELLS = 2000


def codes(text: str) -> tuple[int, ...]:
    return tuple(sorted(map(ord, text)))


SETS = [
    (5,),
    (1, 2),
    codes("ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
    codes("0123456789"),
    codes("0123456789ABCDEF_"),
    tuple(range(0x20, 0x7F)),
    (0, 4095),
    codes("äöüß"),
]


@pytest.mark.parametrize("members", SETS, ids=str)
def test_members_are_even(members: tuple[int, ...]) -> None:
    found = intervals_of(members)
    widths = [0] * len(members)
    for start, end, place in zip((0, *found.ends), found.ends, found.places, strict=False):
        widths[place] += end - start
    share = (1 << found.bits) / len(members)
    assert found.bits >= FRACTION_BITS
    assert sum(widths) == 1 << found.bits
    assert all(abs(width / share - 1) < 2**-12 for width in widths)


@pytest.mark.parametrize("members", SETS, ids=str)
def test_engines_agree_on_members(members: tuple[int, ...]) -> None:
    stream = Member(members, Level().word((123, 457)))
    drawn = stream.over(record_cells(KEY, np, np.arange(CELLS)))
    assert drawn[:300].tolist() == [stream.at(record_cell(KEY, index)) for index in range(300)]
    assert set(drawn.tolist()) <= set(range(len(members)))


@given(st.sets(st.integers(0, 200), min_size=2, max_size=40), st.integers(0, 200))
def test_a_member_that_goes_leaves_most_others(members: set[int], gone: int) -> None:
    fewer = sorted(members - {gone}) or [gone]
    word = Level().word((9, 8))
    cells = record_cells(KEY, np, np.arange(CELLS))
    both = [
        np.array(each)[Member(tuple(each), word).draw(cells)] for each in (sorted(members), fewer)
    ]
    share = float((both[0] != both[1]).mean())
    least = (len(members) - len(fewer)) / len(members)
    assert share <= 5 * least + 4 * (max(least, 1 / CELLS) / CELLS) ** 0.5
    if least:
        assert gone not in both[1].tolist()


@pytest.mark.parametrize(
    ("first", "last"),
    [
        (0, 0),
        (1, 6),
        (0, 255),
        (-5, 5),
        (100, 131),
        (7, 10**9),
        (-(10**15), 10**15),
        (2**40, 2**40 + 3),
        (1 - FARTHEST, FARTHEST - 1),
    ],
)
def test_numbers_do_not_tell_whether_their_ends_are_fixed(first: int, last: int) -> None:
    draws = FieldDraws(seed=3, model_id="M", path=("x",), level=Level())
    span = Span(first, last, draws, "range")
    other = Ranged(Constant(first), Constant(last), draws, "range", last + 1)
    cells = record_cells(KEY, np, np.arange(CELLS))
    drawn = span.over(cells)
    assert drawn.tolist() == other.over(cells).tolist()
    assert drawn[:300].tolist() == [span.at(record_cell(KEY, index)) for index in range(300)]
    assert first <= drawn.min() <= drawn.max() <= last
