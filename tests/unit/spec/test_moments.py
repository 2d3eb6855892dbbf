"""Dates and times as text and as counted units."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockgen_watch.spec.generators import Moment, MomentKind
from mockgen_watch.spec.moments import (
    DAY,
    MomentError,
    format_moment,
    format_units,
    read_moment,
    split_format,
)

EPOCH = datetime(1, 1, 1)  # the units have no zone
LAST_DAY = date.max.toordinal() - 1
SECONDS = st.integers(0, (LAST_DAY + 1) * DAY - 1)
EVERY_DIRECTIVE = "%Y %m %d %H %M %S %j %y %b %B %a %A %p %I %%"


@given(SECONDS)
def test_every_directive_says_what_strftime_says_in_english(seconds: int) -> None:
    moment = EPOCH + timedelta(seconds=seconds)
    # strftime of some platforms leaves out the zeros of years below 1000.
    form = EVERY_DIRECTIVE.replace("%Y", f"{moment.year:04d}")
    assert format_units(seconds, EVERY_DIRECTIVE, MomentKind.DATETIME) == moment.strftime(form)


@given(
    SECONDS, st.sampled_from(["", "%d/%m/%Y %H:%M:%S", "%A, %d %B %Y, %I:%M:%S %p", "%Y-%jT%H%M%S"])
)
def test_a_date_time_is_read_as_it_is_written(seconds: int, form: str) -> None:
    text = format_units(seconds, form or "%Y-%m-%dT%H:%M:%S", MomentKind.DATETIME)
    assert read_moment(text, MomentKind.DATETIME, form) == seconds


@given(st.integers(0, LAST_DAY))
def test_a_day_is_counted_from_the_year_one(days: int) -> None:
    text = date.fromordinal(days + 1).isoformat()
    assert read_moment(text, MomentKind.DATE) == days
    assert format_units(days, "%Y-%m-%d", MomentKind.DATE) == text


@pytest.mark.parametrize(
    ("text", "kind", "form", "units"),
    [
        ("0001-01-01", "date", "", 0),
        ("9999-12-31", "date", "", LAST_DAY),
        ("12/31/99", "date", "%m/%d/%y", date(1999, 12, 31).toordinal() - 1),
        ("12/31/68", "date", "%m/%d/%y", date(2068, 12, 31).toordinal() - 1),
        ("1/5/2025", "date", "%m/%d/%Y", date(2025, 1, 5).toordinal() - 1),
        ("366 2024", "date", "%j %Y", date(2024, 12, 31).toordinal() - 1),
        ("0001-01-02", "datetime", "", DAY),
        ("0001-01-02 00:01", "datetime", "", DAY + 60),
        ("0001-01-02T00:00:01", "datetime", "", DAY + 1),
        ("08:30", "time", "", 30_600),
        ("23:59:59", "time", "", DAY - 1),
        ("12:00 AM", "time", "%I:%M %p", 0),
        ("12:00 PM", "time", "%I:%M %p", DAY // 2),
    ],
)
def test_texts_are_read(text: str, kind: str, form: str, units: int) -> None:
    assert read_moment(text, MomentKind(kind), form) == units


@pytest.mark.parametrize(
    ("text", "kind", "form", "reason"),
    [
        ("2025-02-29", "date", "", "no day 2025-02-29"),
        ("2025-13-01", "date", "", "no day 2025-13-01"),
        ("0000-01-01", "date", "", "no day 0000-01-01"),
        ("31.12.2025", "date", "", "not have the form"),
        ("2025-12-31Z", "date", "", "not have the form"),
        ("24:00", "time", "", "no time 24:00:00"),
        ("12:60", "time", "", "no time 12:60:00"),
        ("13:00 PM", "time", "%I:%M %p", "no time"),
        ("00:00 PM", "time", "%I:%M %p", "no time"),
        ("05:00", "time", "%I:%M", "has no AM or PM"),
        ("12/2025", "date", "%m/%Y", "does not have the day"),
        ("12/31", "date", "%m/%d", "does not have the year"),
        ("Mon 2025-01-01", "date", "%a %Y-%m-%d", 'not "Mon"'),
        ("400 2025", "date", "%j %Y", 'not "400"'),
        ("9999 999", "date", "%Y %j", "no day 999"),
        ("2025-01-01 2026", "date", "%Y-%m-%d %Y", "not have the format"),
        ("30", "time", "%M", "does not have the hour"),
    ],
)
def test_what_is_no_moment_is_refused(text: str, kind: str, form: str, reason: str) -> None:
    with pytest.raises(MomentError, match=reason):
        read_moment(text, MomentKind(kind), form)


@pytest.mark.parametrize(
    ("form", "kind", "pieces"),
    [
        ("%Y-%m", "date", ("%Y", "-", "%m")),
        ("100%%", "date", ("100", "%")),
        ("", "date", ()),
        ("%%Y", "time", ("%", "Y")),
    ],
)
def test_a_format_is_split_into_text_and_directives(
    form: str, kind: str, pieces: tuple[str, ...]
) -> None:
    assert split_format(form, MomentKind(kind)) == pieces


@pytest.mark.parametrize(
    ("form", "kind", "reason"),
    [
        ("%Q", "date", "%Q; use one of %Y %m"),
        ("%-d", "date", "%-; use one of"),
        ("%f", "datetime", "%f; use one of"),
        ("%Y%", "date", "single %"),
        ("%H", "date", "a date has no %H"),
        ("%Y", "time", "a time has no %Y"),
    ],
)
def test_formats_that_cannot_be_written_are_refused(form: str, kind: str, reason: str) -> None:
    with pytest.raises(MomentError, match=reason):
        split_format(form, MomentKind(kind))


def test_values_are_counted_in_steps_from_the_first() -> None:
    first = read_moment("2025-01-01", MomentKind.DATE)
    moment = Moment(
        kind=MomentKind.DATE, first=first, last=first + 28, step=7, format="%d %b, 100%%"
    )
    assert [format_moment(moment, n) for n in range(3)] == [
        "01 Jan, 100%",
        "08 Jan, 100%",
        "15 Jan, 100%",
    ]
