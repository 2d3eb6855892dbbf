"""Moments: dates and times as text and as counted units, without clock or locale.

A moment is a number: whole days since 0001-01-01 for a date, whole seconds since
0001-01-01T00:00:00 for a date-time, whole seconds since midnight for a time of day. There are no
time zones and no leap seconds; a zone that a format needs is written into it as text.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import TYPE_CHECKING, Final

from mockgen_watch.spec.generators import Moment, MomentKind

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


DAY: Final = 86_400
"""Seconds in a day."""

MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July",
    "August", "September", "October", "November", "December",
)  # fmt: skip
WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")

_NOON: Final = 12
DATE_TEXTS: Final[Mapping[str, Callable[[date], str]]] = {
    "Y": lambda day: f"{day.year:04d}",
    "m": lambda day: f"{day.month:02d}",
    "d": lambda day: f"{day.day:02d}",
    "j": lambda day: f"{day.timetuple().tm_yday:03d}",
    "y": lambda day: f"{day.year % 100:02d}",
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

ISO_FORMATS: Final[Mapping[MomentKind, str]] = {
    MomentKind.DATE: "%Y-%m-%d",
    MomentKind.DATETIME: "%Y-%m-%dT%H:%M:%S",
    MomentKind.TIME: "%H:%M:%S",
}
"""What is written when a spec names no format."""

_PATTERNS: Final = {
    "Y": "[0-9]{4}", "y": "[0-9]{2}", "m": "[0-9]{1,2}", "d": "[0-9]{1,2}", "j": "[0-9]{1,3}",
    "H": "[0-9]{1,2}", "I": "[0-9]{1,2}", "M": "[0-9]{1,2}", "S": "[0-9]{1,2}",
    "b": "|".join(name[:3] for name in MONTHS), "B": "|".join(MONTHS),
    "a": "|".join(name[:3] for name in WEEKDAYS), "A": "|".join(WEEKDAYS), "p": "AM|PM",
}  # fmt: skip
# POSIX: two digits from 69 on are of the 20th century.
_PIVOT: Final = 69
_HOURS, _SIXTY = 24, 60


class MomentError(ValueError):
    """A date, a time or a format cannot be read; the message says why."""


@lru_cache(maxsize=256)
def split_format(text: str, kind: MomentKind) -> tuple[str, ...]:
    """Return the pieces of a format: literal text, and directives as ``%`` and their letter.

    ``%%`` has become the literal ``%``, a piece of its own.

    Raises:
        MomentError: a directive is unknown, unfinished, or none of this kind of moment.
    """
    dates = () if kind is MomentKind.TIME else DATE_TEXTS
    times = () if kind is MomentKind.DATE else TIME_TEXTS
    legal = {*dates, *times}
    pieces: list[str] = []
    for piece in re.findall(r"%.?|[^%]+", text, re.DOTALL):
        if not piece.startswith("%"):
            pieces.append(piece)
        elif piece == "%%":
            pieces.append("%")
        elif piece[1:] and piece[1:] in legal:
            pieces.append(piece)
        else:
            raise MomentError(_bad_directive(piece, kind))
    return tuple(pieces)


def check_format(text: str, kind: MomentKind) -> None:
    """Check a format that a spec states.

    Raises:
        MomentError: as ``split_format`` does; or it has no directive, and all moments look alike.
    """
    if not any(piece[1:] and piece[0] == "%" for piece in split_format(text, kind)):
        raise MomentError(
            f'"{text}" has no part of a date or time; use a format such as {ISO_FORMATS[kind]}'
        )


def format_moment(moment: Moment, n: int) -> str:
    """Return value ``n`` of ``moment`` as text, counted from ``first`` in steps, from 0."""
    return format_units(moment.first + n * moment.step, moment.format, moment.kind)


_LISTED: Final = 4096
"""Moments of at most so many values are listed to see whether all are written differently."""


def first_alike(moment: Moment) -> str:
    """Return a text that two of the first values share; ``""`` where none is found."""
    count = min((moment.last - moment.first) // moment.step + 1, _LISTED)
    seen: set[str] = set()
    for number in range(count if moment.format != ISO_FORMATS[moment.kind] else 0):
        text = format_moment(moment, number)
        if text in seen:
            return text
        seen.add(text)
    return ""


def is_written_apart(moment: Moment) -> bool:
    """Return whether it is certain that all values of ``moment`` are written differently."""
    if moment.format == ISO_FORMATS[moment.kind]:
        return True
    count = (moment.last - moment.first) // moment.step + 1
    if count <= _LISTED:
        return len({format_moment(moment, number) for number in range(count)}) == count
    needed: set[str] = set()
    if moment.kind is not MomentKind.TIME:
        needed |= {"%Y", "%m", "%d"}
    if moment.kind is not MomentKind.DATE:
        needed |= {"%H", "%M", "%S"}
    return all(directive in moment.format for directive in needed)


def format_units(units: int, text: str, kind: MomentKind) -> str:
    """Return the moment ``units`` in the format ``text``.

    Raises:
        MomentError: the format cannot be read.
    """
    days = units // DAY if kind is MomentKind.DATETIME else units
    seconds = units % DAY if kind is MomentKind.DATETIME else units
    texts = []
    for piece in split_format(text, kind):
        if len(piece) == 1 or piece[0] != "%":
            texts.append(piece)
        elif piece[1] in TIME_TEXTS:
            texts.append(TIME_TEXTS[piece[1]](seconds))
        else:
            texts.append(DATE_TEXTS[piece[1]](date.fromordinal(days + 1)))
    return "".join(texts)


def read_moment(text: str, kind: MomentKind, form: str = "") -> int:
    """Return the moment that ``text`` stands for in the format ``form``; without one, in ISO 8601.

    ISO date-times take a ``T`` or a blank between date and time; seconds may be left out, and the
    whole time (midnight then).

    Raises:
        MomentError: there is no such day or time, or the text has another shape.
    """
    forms = (form,) if form else _ISO_SHAPES[kind]
    for candidate in forms:
        found = _form_pattern(candidate, kind).fullmatch(text)
        if found is not None:
            return _units_of(found.groupdict(), kind)
    wanted = f"the format {form}" if form else _ISO_WORDS[kind]
    raise MomentError(f'"{text}" does not have {wanted}')


_ISO_SHAPES: Final = {
    MomentKind.DATE: ("%Y-%m-%d",),
    MomentKind.DATETIME: (
        "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M", "%Y-%m-%d",
    ),
    MomentKind.TIME: ("%H:%M:%S", "%H:%M"),
}  # fmt: skip
_ISO_WORDS: Final = {
    MomentKind.DATE: "the form 2025-12-31",
    MomentKind.DATETIME: "the form 2025-12-31T23:59:59, without a zone",
    MomentKind.TIME: "the form 23:59:59",
}


def _bad_directive(piece: str, kind: MomentKind) -> str:
    letter = piece[1:]
    if not letter:
        return "the format ends with a single %; write a percent sign as %%"
    if letter in DATE_TEXTS or letter in TIME_TEXTS:
        return f"a {kind} has no {piece}"
    known = " ".join(f"%{item}" for item in (*DATE_TEXTS, *TIME_TEXTS))
    return f"unknown format directive {piece}; use one of {known} %%"


@lru_cache(maxsize=256)
def _form_pattern(form: str, kind: MomentKind) -> re.Pattern[str]:
    """Return the expression that reads ``form``; its groups are named by directive."""
    seen: set[str] = set()
    parts = []
    for piece in split_format(form, kind):
        if len(piece) == 1 or piece[0] != "%":
            parts.append(re.escape(piece))
        elif piece[1] in seen:
            parts.append(f"(?P={piece[1]})")
        else:
            seen.add(piece[1])
            parts.append(f"(?P<{piece[1]}>{_PATTERNS[piece[1]]})")
    return re.compile("".join(parts))


def _units_of(found: dict[str, str], kind: MomentKind) -> int:
    days = 0 if kind is MomentKind.TIME else _day_of(found)
    if kind is MomentKind.DATE:
        return days
    return days * DAY + _second_of(found, needed=kind is MomentKind.TIME)


def _day_of(found: Mapping[str, str]) -> int:
    if "Y" in found:
        year = int(found["Y"])
    elif "y" in found:
        short = int(found["y"])
        year = short + (1900 if short >= _PIVOT else 2000)
    else:
        raise MomentError("the format does not have the year")
    month = _month_of(found)
    has_day = month != 0 and "d" in found
    if not has_day and "j" not in found:
        raise MomentError("the format does not have the day")
    try:
        if has_day:
            day = date(year, month, int(found["d"]))
        else:
            day = date.fromordinal(date(year, 1, 1).toordinal() + int(found["j"]) - 1)
    except (ValueError, OverflowError) as error:
        problem = f"the year {year:04d} has no day {found.get('j')}"
        if has_day:
            problem = f"there is no day {year:04d}-{max(month, 0):02d}-{int(found['d']):02d}"
        raise MomentError(problem) from error
    # What is redundant, weekday or day of the year, must not say another day.
    for key in ("a", "A", "j"):
        if key in found and found[key].lstrip("0") != DATE_TEXTS[key](day).lstrip("0"):
            raise MomentError(f'{day.isoformat()} is not "{found[key]}"')
    return day.toordinal() - 1


def _month_of(found: Mapping[str, str]) -> int:
    """Return the month, 1 to 12 when it exists; 0 when the format does not have it."""
    if "m" in found:
        return int(found["m"]) or -1
    short = found.get("b") or found.get("B", "")[:3]
    return next((n for n, name in enumerate(MONTHS, 1) if short and name[:3] == short), 0)


def _second_of(found: Mapping[str, str], *, needed: bool) -> int:
    hour = int(found.get("H", "0"))
    if "H" not in found and "I" in found:
        if "p" not in found:
            raise MomentError("the format has no AM or PM")
        hour = int(found["I"]) % _NOON + (_NOON if found["p"] == "PM" else 0)
    elif "H" not in found and needed:
        raise MomentError("the format does not have the hour")
    minute, second = int(found.get("M", "0")), int(found.get("S", "0"))
    hour_fits = 1 <= int(found.get("I", "1")) <= _NOON and hour < _HOURS
    if not hour_fits or minute >= _SIXTY or second >= _SIXTY:
        raise MomentError(f"there is no time {hour:02d}:{minute:02d}:{second:02d}")
    return hour * 3600 + minute * 60 + second
