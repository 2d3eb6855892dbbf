"""Dates, date-times and times of day."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.generate.dates import (
    civil_year,
    day_of_month,
    day_of_year,
    month_and_day,
    month_of,
    weekday,
)
from mockgen_watch.spec.moments import format_moment, read_moment
from tests.draws import assert_engines_agree, column_of, values_of
from tests.shapes import moment

if TYPE_CHECKING:
    from mockgen_watch.spec.generators import Moment

MOMENTS = [
    moment("date", "2025-01-01", "2025-12-31", "%m/%d/%Y"),
    moment("date", "2025-02-28", "2025-02-28", "%Y %m %d"),
    moment("date", "2020-01-01", "2030-01-01", step=7),
    moment("date", "0001-01-01", "9999-12-31", "%A %d %B %Y, %j %y %a %b %m/%d"),
    moment("date", "1700-01-01", "2100-12-31", "%d.%m.%Y"),
    moment("date", "1800-01-01", "2025-12-31", "%j"),
    moment("datetime", "2020-01-01", "2025-12-31T23:59:59"),
    moment("datetime", "2020-01-01T12:00", "2020-01-02T13:30", "%Y%m%d %H%M%S", 60),
    moment("datetime", "0001-01-01", "9999-12-31", "%Y-%m-%dT%I:%M:%S %p"),
    moment("datetime", "2020-05-01", "2021-05-01", "on %d at %H, 100%%"),
    moment("datetime", "2020-05-01T00:00:30", "2021-05-01", "%S seconds", 61),
    moment("time", "00:00:00", "23:59:59", "%%%H-%M:%S"),
    moment("time", "08:00:00", "18:00:00", "%I:%M %p", 900),
    moment("time", "00:00:00", "23:59:59", "%p"),
]


@pytest.mark.parametrize("what", MOMENTS, ids=lambda what: f"{what.format} by {what.step}")
def test_engines_agree(what: Moment) -> None:
    assert_engines_agree(column_of(what)[0], range(300))


@pytest.mark.parametrize("what", MOMENTS, ids=lambda what: f"{what.format} by {what.step}")
def test_texts_are_moments_between_the_ends(what: Moment) -> None:
    count = (what.last - what.first) // what.step + 1
    possible = {format_moment(what, n) for n in range(count)} if count < 5000 else None
    is_whole = "%Y" in what.format and ("%H" in what.format or what.kind == "date")
    for text in values_of(what, 300):
        assert isinstance(text, str)
        if possible is not None:
            assert text in possible
        elif is_whole:
            units = read_moment(text, what.kind, what.format)
            assert what.first <= units <= what.last
            assert (units - what.first) % what.step == 0
            assert text == format_moment(what, (units - what.first) // what.step)


def test_every_part_of_a_long_format_speaks_of_the_same_moment() -> None:
    what = moment("datetime", "0001-01-01", "9999-12-31", "%Y-%m-%d %j %a %H:%M:%S|%I %p")
    for text in values_of(what, 500):
        whole, half = str(text).split("|")
        fields = whole.split()
        day = date.fromisoformat(fields[0])
        assert int(fields[1]) == day.timetuple().tm_yday
        assert fields[2] == day.strftime("%a")
        hour = int(fields[3][:2])
        assert half == f"{hour % 12 or 12:02d} {'AM' if hour < 12 else 'PM'}"


@given(st.integers(0, date.max.toordinal() - 1))
def test_the_calendar_is_that_of_the_library(days: int) -> None:
    day = date.fromordinal(days + 1)
    assert civil_year(days) == day.year
    assert month_of(days) == day.month - 1
    assert day_of_month(days) == day.day - 1
    assert month_and_day(days) == (day.month - 1) * 31 + day.day - 1
    assert day_of_year(days) == day.timetuple().tm_yday - 1
    assert weekday(days) == day.weekday()
    assert civil_year(np.array([days])).tolist() == [day.year]


def test_all_days_of_a_year_come() -> None:
    what = moment("date", "2024-01-01", "2024-12-31")
    assert len(set(map(str, values_of(what, 5000)))) == 366
