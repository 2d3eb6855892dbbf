"""What edits change: the edits of the page, and moves of the ends of random ranges."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.generate.address import base_key, record_cells
from mockgen_watch.generate.draws import FieldDraws
from mockgen_watch.generate.ranges import Span
from mockgen_watch.generate.streams import Level
from tests.churn import BEGIN, EDITS, END, PAGE, Edit, changed, uniform

COUNT = 4000
FAR_COUNT = 50_000


@pytest.mark.parametrize("edit", EDITS, ids=[edit.what for edit in EDITS])
def test_an_edit_changes_at_most_three_times_the_least(edit: Edit) -> None:
    share, others = changed(edit, COUNT)
    noise = 4 * math.sqrt(max(edit.least, 1 / COUNT) / COUNT)
    assert edit.least - noise <= share <= 3 * edit.least + noise
    assert others == 0


def test_the_page_has_every_edit() -> None:
    page = PAGE.read_text("utf-8")
    shown = page[page.index(BEGIN) : page.index(END)]
    listed = [line.split(" | ")[0].removeprefix("| ") for line in shown.splitlines()]
    assert [what for what in listed if what in {edit.what for edit in EDITS}] == [
        edit.what for edit in EDITS
    ]


def test_what_stays_is_not_counted_as_changed() -> None:
    same = replace(EDITS[0], after=EDITS[0].before)
    assert changed(same, 500) == (0, 0)
    assert changed(replace(EDITS[0], after="[x, y]"), 500) == (1, 0)


ENDS = st.integers(-(10**6), 10**6)


@given(first=ENDS, size=st.integers(2, 10**6), by=st.integers(-40, 40), is_lower=st.booleans())
def test_a_moved_end_changes_what_lies_near_it(
    first: int, size: int, by: int, *, is_lower: bool
) -> None:
    old = first, first + size
    new = (min(first + by, old[1]), old[1]) if is_lower else (first, max(first, old[1] + by))
    least = uniform(old, new)
    numbers = [_drawn(*ends) for ends in (old, new)]
    assert numbers[1].min() >= new[0]
    assert numbers[1].max() <= new[1]
    share = float((numbers[0] != numbers[1]).mean())
    moved = max(abs(new[0] - old[0]), abs(new[1] - old[1]), 1)
    # Each level between the range and what moved can add the least once more, and halves do.
    most = (3 + math.log2(max(size / moved, 1)) / 2) * least
    assert share <= most + 4 * math.sqrt(max(most, 1 / FAR_COUNT) / FAR_COUNT)


def _drawn(first: int, last: int) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    draws = FieldDraws(seed=7, model_id="M", path=("x",), level=Level())
    cells = record_cells(base_key(7, "M"), np, np.arange(FAR_COUNT, dtype=np.int64))
    return Span(first, last, draws, "range").draw(cells)
