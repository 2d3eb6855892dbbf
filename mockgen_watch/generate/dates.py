"""Dates and times: columns of their texts, by the directives of a format.

Up to ``WHOLE`` moments are one table of whole texts. Otherwise the format is cut into stretches
that depend on the day alone or on the time of day alone. Those of the day are a table of the days
between the ends where those are few enough; else, like those of the time, they are cut into groups
of directives that one small number decides, such as the month.
"""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from mockgen_watch.generate.column import Column, ColumnKind, LazyTable, Part
from mockgen_watch.generate.ranges import numbers_from
from mockgen_watch.generate.streams import Derived, Shared
from mockgen_watch.spec.generators import Moment, MomentKind
from mockgen_watch.spec.moments import (
    DATE_TEXTS,
    DAY,
    TIME_TEXTS,
    split_format,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from mockgen_watch.generate.address import Stream
    from mockgen_watch.generate.draws import FieldDraws
    from mockgen_watch.generate.streams import Arithmetic, Whole


WHOLE: Final = 40_000
"""The most moments, or days, that are written as whole texts."""


def moment_column(moment: Moment, draws: FieldDraws) -> Column:
    """Return the column of the texts of ``moment``, all of its values equally likely."""
    count = (moment.last - moment.first) // moment.step + 1
    first, step = moment.first, moment.step
    numbers = numbers_from(first // step, count, draws)
    units = Shared(Derived(numbers, lambda n: n * step + first, moment.last + 1))
    if count <= WHOLE:
        return _whole_column(moment, numbers if count > 1 else None, units)
    return _parted_column(moment, units)


def moment_texts(moment: Moment, units: Stream) -> Column:
    """Return the column of the texts of ``units``, from the first of ``moment`` to its last."""
    first, count = moment.first, moment.last - moment.first + 1
    if count <= WHOLE:
        return _whole_column(moment, Derived(units, lambda n: n - first, count), units)
    return _parted_column(moment, units)


def _whole_column(moment: Moment, numbers: Stream | None, units: Stream) -> Column:
    count = (moment.last - moment.first) // moment.step + 1
    pieces = split_format(moment.format, moment.kind)
    table = LazyTable(count, lambda number: _whole_text(pieces, moment, number))
    part = Part(table=table, stream=numbers)
    return Column(kind=ColumnKind.TEXT, parts=(part,), units=units)


def _parted_column(moment: Moment, units: Stream) -> Column:
    pieces = split_format(moment.format, moment.kind)
    parts: list[Part] = []
    for is_time, stretch in groupby(_with_literals(pieces), key=lambda piece: piece[0]):
        texts = [piece for _, piece in stretch]
        parts += _time_parts(texts, moment, units) if is_time else _day_parts(texts, moment, units)
    return Column(kind=ColumnKind.TEXT, parts=tuple(parts), units=units)


def _with_literals(pieces: Sequence[str]) -> list[tuple[bool, str]]:
    """Return each piece, and whether it is written with the time; a literal goes with the last."""
    found: list[tuple[bool, str]] = []
    is_time = _is_directive(pieces[0]) and pieces[0][1] in TIME_TEXTS if pieces else False
    for piece in pieces:
        if _is_directive(piece):
            is_time = piece[1] in TIME_TEXTS
        found.append((is_time, piece))
    return found


def _time_parts(pieces: Sequence[str], moment: Moment, units: Stream) -> list[Part]:
    seconds = units
    if moment.kind is MomentKind.DATETIME:
        seconds = Derived(units, _stretch(1, modulus=DAY), DAY)
    return _group_parts(pieces, CLOCK, seconds, (0, DAY - 1))


def _day_parts(pieces: Sequence[str], moment: Moment, units: Stream) -> list[Part]:
    divisor = DAY if moment.kind is MomentKind.DATETIME else 1
    first, last = moment.first // divisor, moment.last // divisor
    if last - first < WHOLE:
        size = last - first + 1
        days = Derived(units, _stretch(divisor, offset=-first), size)
        table = LazyTable(size, lambda number: _day_text(pieces, first + number))
        return [Part(table=table, stream=days)]
    days = Derived(units, _stretch(divisor), last + 1)
    return _group_parts(pieces, CALENDAR, days, (first, last))


def _whole_text(pieces: Sequence[str], moment: Moment, number: int) -> str:
    units = moment.first + number * moment.step
    if moment.kind is MomentKind.DATE:
        return _day_text(pieces, units)
    day, second = divmod(units, DAY) if moment.kind is MomentKind.DATETIME else (0, units)
    whole_day = date.fromordinal(day + 1)

    def text_of(letter: str) -> str:
        return TIME_TEXTS[letter](second) if letter in TIME_TEXTS else DATE_TEXTS[letter](whole_day)

    return _joined(pieces, text_of)


def _day_text(pieces: Sequence[str], days: int) -> str:
    """Return the texts of a day, counted from 0001-01-01."""
    day = date.fromordinal(days + 1)
    return _joined(pieces, lambda letter: DATE_TEXTS[letter](day))


_MONTHS: Final = 12
_MONTH_DAYS: Final = 31
# A leap year, and one that begins on a Saturday, which no table shows.
_SHOWN_YEAR: Final = 2000


class Group(Struct, frozen=True, kw_only=True):
    """Directives that one small number decides.

    Attributes:
        letters: the directives.
        size: how many such numbers there are, from 0; 0 when they grow with the days.
        change: from days since 0001-01-01, or seconds since midnight, to that number.
        text: from a directive and that number to text.
    """

    letters: frozenset[str]
    size: int
    change: Arithmetic
    text: Callable[[str, int], str]


def _is_directive(piece: str) -> bool:
    return len(piece) > 1 and piece[0] == "%"


def _group_parts(
    pieces: Sequence[str], groups: Sequence[Group], source: Stream, ends: tuple[int, int]
) -> list[Part]:
    """Return the parts of ``pieces``; ``source`` draws numbers between ``ends``."""
    parts: list[Part] = []
    together: list[str] = []
    for piece in pieces:
        if _group_of([*together, piece], groups) is None:
            parts.append(_group_part(together, groups, source, ends))
            together = []
        together.append(piece)
    return [*parts, _group_part(together, groups, source, ends)]


def _group_part(
    pieces: Sequence[str], groups: Sequence[Group], source: Stream, ends: tuple[int, int]
) -> Part:
    group = _group_of(pieces, groups)
    if group is None or not any(map(_is_directive, pieces)):
        return Part(table=("".join(pieces),), stream=None)
    number_of, text_of = group.change, group.text
    low = 0 if group.size else number_of(ends[0])
    size = group.size or number_of(ends[1]) - low + 1

    def change(number: Whole) -> Whole:
        return number_of(number) - low if low else number_of(number)

    def text(number: int) -> str:
        return _joined(pieces, lambda letter: text_of(letter, number + low))

    return Part(table=LazyTable(size, text), stream=Derived(source, change, size))


def _joined(pieces: Sequence[str], text_of: Callable[[str], str]) -> str:
    return "".join([text_of(piece[1]) if _is_directive(piece) else piece for piece in pieces])


def _group_of(pieces: Sequence[str], groups: Sequence[Group]) -> Group | None:
    """Return the smallest group that decides all of ``pieces``."""
    letters = {piece[1] for piece in pieces if _is_directive(piece)}
    return next((group for group in groups if letters <= group.letters), None)


def civil_year(days: Whole) -> Whole:
    """Return the year of a day, counted from 0001-01-01.

    Source of the arithmetic: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    """
    shifted, year = _march_year(days)
    return year + (shifted >= _MARCH_DAYS) * 1


def month_and_day(days: Whole) -> Whole:
    """Return ``(month - 1) * 31 + day - 1`` of a day counted from 0001-01-01."""
    shifted, _ = _march_year(days)
    # March is month 0 here, so that the leap day is the last of the year.
    month = (5 * shifted + 2) // 153
    day = shifted - (153 * month + 2) // 5
    return (month + 2) % _MONTHS * _MONTH_DAYS + day


def month_of(days: Whole) -> Whole:
    """Return the month of a day, from 0."""
    return month_and_day(days) // _MONTH_DAYS


def day_of_month(days: Whole) -> Whole:
    """Return the day of the month, from 0."""
    return month_and_day(days) % _MONTH_DAYS


def day_of_year(days: Whole) -> Whole:
    """Return the day of the year, from 0."""
    before = civil_year(days) - 1
    return days - (before * 365 + before // 4 - before // 100 + before // 400)


def weekday(days: Whole) -> Whole:
    """Return the day of the week, Monday 0, which 0001-01-01 was."""
    return days % 7


def add_months(moment: Whole, months: Whole | int, seconds: Whole | int) -> Whole:
    """Return moments later by calendar months, to the last day where need be, and seconds."""
    days, clock = moment // DAY, moment % DAY
    in_year = month_and_day(days)
    total = civil_year(days) * 12 + in_year // 31 + months
    first, following = _first_day(total), _first_day(total + 1)
    day = in_year % 31
    last = following - first - 1
    day = day + (day > last) * (last - day)
    return (first + day) * DAY + clock + seconds


_MARCH: Final = 2
"""The month that years are counted from there, January being 0."""


def _first_day(months: Whole) -> Whole:
    """Return the first day of a month, both counted from the year 0.

    Source of the arithmetic: Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
    """
    year, month = months // 12, months % 12
    year = year - (month < _MARCH) * 1
    since_march = (month + 10) % 12
    days = 365 * year + year // 4 - year // 100 + year // 400
    return days + (153 * since_march + 2) // 5 - 306


_MARCH_DAYS: Final = 306
"""Days from the first of March to the end of the year."""


def _march_year(days: Whole) -> tuple[Whole, Whole]:
    """Return the days since the last first of March, and the year in which that was."""
    number = days + _MARCH_DAYS
    era = number // 146_097
    day = number - era * 146_097
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    return day - (365 * year + year // 4 - year // 100), year + era * 400


def _month_day(number: int) -> date:
    """Return a date with the month and day of a number; the last of the month for none."""
    month, day = divmod(number, _MONTH_DAYS)
    following = date(_SHOWN_YEAR, month + 2, 1) if month < _MONTHS - 1 else date(2001, 1, 1)
    return min(date(_SHOWN_YEAR, month + 1, 1) + timedelta(day), following - timedelta(1))


def _days_group(
    letters: str, size: int, change: Arithmetic, day_of: Callable[[int], date]
) -> Group:
    return Group(
        letters=frozenset(letters),
        size=size,
        change=change,
        text=lambda letter, number: DATE_TEXTS[letter](day_of(number)),
    )


def _time_group(letters: str, unit: int, modulus: int) -> Group:
    return Group(
        letters=frozenset(letters),
        size=modulus or DAY // unit,
        change=_stretch(unit, modulus=modulus),
        text=lambda letter, number: TIME_TEXTS[letter](number * unit),
    )


def _stretch(divisor: int, *, offset: int = 0, modulus: int = 0) -> Arithmetic:
    """Return ``number // divisor + offset``, below ``modulus`` where that is not 0."""

    def change(number: Whole) -> Whole:
        result = number if divisor == 1 else number // divisor
        result = result + offset if offset else result
        return result % modulus if modulus else result

    return change


CALENDAR: Final = (
    _days_group("aA", 7, weekday, lambda number: date(1, 1, number + 1)),
    _days_group("mbB", 12, month_of, lambda number: date(_SHOWN_YEAR, number + 1, 1)),
    _days_group("d", 31, day_of_month, lambda number: date(_SHOWN_YEAR, 1, number + 1)),
    _days_group("j", 366, day_of_year, lambda number: date(_SHOWN_YEAR, 1, 1) + timedelta(number)),
    _days_group("mbBd", 372, month_and_day, _month_day),
    _days_group("Yy", 0, civil_year, lambda number: date(number, 1, 1)),
)
"""Groups of directives of a day, the smallest tables first."""

CLOCK: Final = (
    _time_group("HIp", 3600, 0),
    _time_group("M", 60, 60),
    _time_group("S", 1, 60),
    _time_group("HIpM", 60, 0),
    _time_group("MS", 1, 3600),
)
"""Groups of directives of a time of day, the smallest tables first."""
