"""Takes a Moment; gives the column of its texts.

Up to ``WHOLE`` moments are one table of whole texts. Otherwise the format is cut into stretches
that depend on the day alone or on the time of day alone. Those of the day are a table of the days
between the ends where those are few enough; the others see ``generate.calendar_parts``.
"""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from msgspec import Struct

from mockgen_watch.generate.column import Column, ColumnKind, LazyTable, Part
from mockgen_watch.generate.streams import Derived, Shared
from mockgen_watch.spec.generators import MomentKind
from mockgen_watch.spec.moments import DAY, MONTHS, TIME_DIRECTIVES, WEEKDAYS, split_format

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from typing import Final

    from mockgen_watch.generate.address import Stream
    from mockgen_watch.generate.site import Site
    from mockgen_watch.generate.streams import Arithmetic, Whole
    from mockgen_watch.spec.generators import Moment


_NOON: Final = 12
_MONTHS: Final = 12
_MONTH_DAYS: Final = 31
# A leap year, and one that begins on a Saturday, which no table shows.
_SHOWN_YEAR: Final = 2000

DATE_TEXTS: Final[Mapping[str, Callable[[date], str]]] = {
    "Y": lambda day: f"{day.year:04d}",
    "y": lambda day: f"{day.year % 100:02d}",
    "m": lambda day: f"{day.month:02d}",
    "d": lambda day: f"{day.day:02d}",
    "j": lambda day: f"{day.timetuple().tm_yday:03d}",
    "b": lambda day: MONTHS[day.month - 1][:3],
    "B": lambda day: MONTHS[day.month - 1],
    "a": lambda day: WEEKDAYS[day.weekday()][:3],
    "A": lambda day: WEEKDAYS[day.weekday()],
}
"""The text of each directive of a day, without a locale."""

TIME_TEXTS: Final[Mapping[str, Callable[[int], str]]] = {
    "H": lambda second: f"{second // 3600:02d}",
    "I": lambda second: f"{second // 3600 % _NOON or _NOON:02d}",
    "M": lambda second: f"{second // 60 % 60:02d}",
    "S": lambda second: f"{second % 60:02d}",
    "p": lambda second: "AM" if second < _NOON * 3600 else "PM",
}
"""The text of each directive of a time of day, given in seconds since midnight."""


class Scale(Struct, frozen=True):
    """``number * factor + offset``."""

    factor: int
    offset: int

    def __call__(self, number: Whole) -> Whole:
        """Return the result for ``number``."""
        return number * self.factor + self.offset


class Stretch(Struct, frozen=True, kw_only=True):
    """``number // divisor + offset``, below ``modulus`` where that is not 0."""

    divisor: int
    offset: int = 0
    modulus: int = 0

    def __call__(self, number: Whole) -> Whole:
        """Return the result for ``number``."""
        result = number if self.divisor == 1 else number // self.divisor
        result = result + self.offset if self.offset else result
        return result % self.modulus if self.modulus else result


class Group(Struct, frozen=True, kw_only=True):
    """Directives that one small number tells.

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


def is_directive(piece: str) -> bool:
    """Return whether a piece of a format is a directive, and no literal text."""
    return len(piece) > 1 and piece[0] == "%"


def group_parts(
    pieces: Sequence[str], groups: Sequence[Group], source: Stream, first: int, last: int
) -> list[Part]:
    """Return the parts of ``pieces``; ``source`` draws numbers from ``first`` to ``last``."""
    parts: list[Part] = []
    taken: list[str] = []
    for piece in pieces:
        if _group_of([*taken, piece], groups) is None:
            parts.append(_part(taken, groups, source, (first, last)))
            taken = []
        taken.append(piece)
    parts.append(_part(taken, groups, source, (first, last)))
    return parts


def _part(
    pieces: Sequence[str], groups: Sequence[Group], source: Stream, ends: tuple[int, int]
) -> Part:
    group = _group_of(pieces, groups)
    if group is None or not any(map(is_directive, pieces)):
        return Part(table=("".join(pieces),), stream=None)
    low = 0 if group.size else group.change(ends[0])
    size = group.size or group.change(ends[1]) - low + 1

    shape, text_of = group.change, group.text

    def change(number: Whole) -> Whole:
        return shape(number) - low if low else shape(number)

    def text(number: int) -> str:
        return "".join(
            [text_of(piece[1], number + low) if is_directive(piece) else piece for piece in pieces]
        )

    return Part(table=LazyTable(size, text), stream=Derived(source, change, size))


def _group_of(pieces: Sequence[str], groups: Sequence[Group]) -> Group | None:
    """Return the smallest group that tells all of ``pieces``."""
    letters = {piece[1] for piece in pieces if is_directive(piece)}
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


_MARCH_DAYS: Final = 306
"""Days from the first of March to the end of the year."""


def _march_year(days: Whole) -> tuple[Whole, Whole]:
    """Return the days since the last first of March, and the year in which that was."""
    number = days + _MARCH_DAYS
    era = number // 146_097
    day = number - era * 146_097
    year = (day - day // 1460 + day // 36_524 - day // 146_096) // 365
    return day - (365 * year + year // 4 - year // 100), year + era * 400


def _date_text(shown: Callable[[int], date], letter: str, number: int) -> str:
    return DATE_TEXTS[letter](shown(number))


def _time_text(unit: int, letter: str, number: int) -> str:
    return TIME_TEXTS[letter](number * unit)


def _month_day(number: int) -> date:
    """Return a date with the month and day of a number; the last of the month for none."""
    month, day = divmod(number, _MONTH_DAYS)
    following = date(_SHOWN_YEAR, month + 2, 1) if month < _MONTHS - 1 else date(2001, 1, 1)
    return min(date(_SHOWN_YEAR, month + 1, 1) + timedelta(day), following - timedelta(1))


def _days_group(letters: str, size: int, change: Arithmetic, shown: Callable[[int], date]) -> Group:
    text = partial(_date_text, shown)
    return Group(letters=frozenset(letters), size=size, change=change, text=text)


def _time_group(letters: str, unit: int, modulus: int) -> Group:
    return Group(
        letters=frozenset(letters),
        size=modulus or DAY // unit,
        change=Stretch(divisor=unit, modulus=modulus),
        text=partial(_time_text, unit),
    )


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


WHOLE: Final = 40_000
"""The most moments, or days, that are written as whole texts."""


def moment_column(moment: Moment, site: Site) -> Column:
    """Return the column of the texts of ``moment``, all of its values equally likely."""
    count = (moment.last - moment.first) // moment.step + 1
    pieces = split_format(moment.format, moment.kind)
    if count <= WHOLE:
        table = LazyTable(count, partial(_whole_text, pieces, moment))
        part = Part(table=table, stream=site.numbers(count) if count > 1 else None)
        return Column(kind=ColumnKind.TEXT, parts=(part,))
    units = Shared(Derived(site.numbers(count), Scale(moment.step, moment.first), moment.last + 1))
    parts: list[Part] = []
    for is_time, stretch in groupby(_with_literals(pieces), key=lambda piece: piece[0]):
        texts = [piece for _, piece in stretch]
        parts += _time_parts(texts, moment, units) if is_time else _day_parts(texts, moment, units)
    return Column(kind=ColumnKind.TEXT, parts=tuple(parts), units=units)


def _with_literals(pieces: Sequence[str]) -> list[tuple[bool, str]]:
    """Return each piece, and whether it is written with the time; a literal goes with the last."""
    found: list[tuple[bool, str]] = []
    is_time = is_directive(pieces[0]) and pieces[0][1] in TIME_DIRECTIVES if pieces else False
    for piece in pieces:
        if is_directive(piece):
            is_time = piece[1] in TIME_DIRECTIVES
        found.append((is_time, piece))
    return found


def _time_parts(pieces: Sequence[str], moment: Moment, units: Stream) -> list[Part]:
    seconds = units
    if moment.kind is MomentKind.DATETIME:
        seconds = Derived(units, Stretch(divisor=1, modulus=DAY), DAY)
    return group_parts(pieces, CLOCK, seconds, 0, DAY - 1)


def _day_parts(pieces: Sequence[str], moment: Moment, units: Stream) -> list[Part]:
    divisor = DAY if moment.kind is MomentKind.DATETIME else 1
    first, last = moment.first // divisor, moment.last // divisor
    if last - first < WHOLE:
        size = last - first + 1
        days = Derived(units, Stretch(divisor=divisor, offset=-first), size)
        return [Part(table=LazyTable(size, partial(_day_text, pieces, first)), stream=days)]
    days = Derived(units, Stretch(divisor=divisor), last + 1)
    return group_parts(pieces, CALENDAR, days, first, last)


def _whole_text(pieces: Sequence[str], moment: Moment, number: int) -> str:
    """Return value ``number`` of ``moment`` as text."""
    units = moment.first + number * moment.step
    if moment.kind is MomentKind.DATE:
        return _day_text(pieces, 0, units)
    day, second = divmod(units, DAY) if moment.kind is MomentKind.DATETIME else (0, units)
    whole_day = date.fromordinal(day + 1)
    return "".join(
        [
            piece
            if not is_directive(piece)
            else TIME_TEXTS[piece[1]](second)
            if piece[1] in TIME_TEXTS
            else DATE_TEXTS[piece[1]](whole_day)
            for piece in pieces
        ]
    )


def _day_text(pieces: Sequence[str], first: int, number: int) -> str:
    """Return the texts of the day ``number`` days after ``first``, counted from 0001-01-01."""
    day = date.fromordinal(first + number + 1)
    return "".join(
        [DATE_TEXTS[piece[1]](day) if is_directive(piece) else piece for piece in pieces]
    )
