"""Values of expressions: durations, and exact arithmetic on numbers and dates.

Whole numbers are int, other numbers Decimal or, after a division, Fraction; nothing is a binary
float. A date is the datetime of its midnight, so that dates with and without a time go together.
"""

from __future__ import annotations

import calendar
import re
from datetime import UTC, date, datetime, time, timedelta
from decimal import Context, Decimal, Inexact, InvalidOperation, Overflow
from fractions import Fraction
from typing import Final, TypeAlias, TypeGuard

from msgspec import Struct


class EvaluationError(ValueError):
    """An expression has no value for a record; the message says why."""


class TooMuchWorkError(ValueError):
    """An expression is stopped, as its value would take too much work; the message says of what."""


class Duration(Struct, frozen=True):
    """Calendar months, and seconds."""

    months: int = 0
    seconds: int = 0


Number: TypeAlias = int | Decimal | Fraction

DAY: Final = 86_400
"""Seconds in a day."""

_UNITS: Final = {
    "w": Duration(0, 7 * DAY), "d": Duration(0, DAY), "h": Duration(0, 3600),
    "m": Duration(0, 60), "s": Duration(0, 1), "mo": Duration(1), "y": Duration(12),
}  # fmt: skip
_PIECE: Final = r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(mo|y|w|d|h|m|s)"
_DURATION: Final = rf"([+-]?)((?:{_PIECE})+)"
EXACT: Final = Context(prec=200, traps=[InvalidOperation, Inexact, Overflow])
"""Enough for any product of numbers that specs hold; what is longer is an error, not rounded."""


def read_duration(text: str) -> Duration | None:
    """Return the duration that a text such as ``1h30m``, ``5d``, ``-2w``, ``1mo`` or ``1y`` is.

    A number of it may have decimals, as in ``1.5h``, where whole months and seconds result.
    """
    found = re.fullmatch(_DURATION, text)
    if found is None:
        return None
    sign = -1 if found[1] == "-" else 1
    months = seconds = Fraction(0)
    for count, unit in re.findall(_PIECE, found[2]):
        months += Fraction(count) * _UNITS[unit].months
        seconds += Fraction(count) * _UNITS[unit].seconds
    if months.denominator != 1 or seconds.denominator != 1:
        return None
    return Duration(sign * int(months), sign * int(seconds))


def seconds_of(moment: datetime) -> int:
    """Return the seconds from 0001-01-01T00:00:00 to a moment, 0 or more."""
    return (moment - datetime.min) // timedelta(seconds=1)


def moment_of(seconds: int) -> datetime:
    """Return the moment so many seconds after 0001-01-01T00:00:00.

    Raises:
        OverflowError: it is outside of the years 1 to 9999.
    """
    return datetime.min + timedelta(seconds=seconds)


def read_datetime(text: str) -> datetime | None:
    """Return the date, or date and time, that ISO 8601 text is.

    ``Z`` may end it; a time with an offset such as ``+02:00`` is that of UTC.
    """
    try:
        found = datetime.fromisoformat(text.removesuffix("Z"))
        found = found if found.tzinfo is None else found.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        return None
    return None if found.microsecond else found


def read_time(text: str) -> time | None:
    """Return the time of day that ISO 8601 text is."""
    try:
        found = time.fromisoformat(text)
    except ValueError:
        return None
    return found if found.tzinfo is None and not found.microsecond else None


def is_number(value: object) -> TypeGuard[Number]:
    """Return whether ``value`` is a number; true and false are none."""
    return isinstance(value, int | Decimal | Fraction) and not isinstance(value, bool)


def normal(value: Number) -> int | Decimal | Fraction:
    """Return a number as an int or a Decimal where it has an end, else as it is."""
    if not isinstance(value, Fraction):
        return value
    denominator = value.denominator
    twos = fives = 0
    while denominator % 2 == 0:
        denominator //= 2
        twos += 1
    while denominator % 5 == 0:
        denominator //= 5
        fives += 1
    places = max(twos, fives)
    if denominator != 1 or places > MOST_PLACES:
        return value
    return Decimal(int(value * 10**places)).scaleb(-places, EXACT)


MOST_PLACES: Final = 60


def rounded(value: Number, places: int) -> int | Decimal:
    """Return ``value`` with so many decimals, half to even.

    It is a whole number for none, and for fewer one of tens, hundreds and so on.
    """
    if abs(places) > MOST_PLACES:
        raise EvaluationError(f"a number is rounded to {MOST_PLACES} places at most")
    units = round(Fraction(value) * Fraction(10) ** places)
    return Decimal(units).scaleb(-places, EXACT) if places > 0 else units * 10**-places


def divided(left: Number, right: Number) -> int | Fraction:
    """Return ``left / right``: cut to a whole number, towards 0, where both are whole."""
    if right == 0:
        raise EvaluationError("division by zero")
    if isinstance(left, int) and isinstance(right, int):
        quotient = abs(left) // abs(right)
        return quotient if (left < 0) is (right < 0) else -quotient
    return Fraction(left) / Fraction(right)


def remainder(left: Number, right: Number) -> int:
    """Return what a division of whole numbers leaves; it has the sign of ``left``."""
    if not isinstance(left, int) or not isinstance(right, int):
        raise EvaluationError("% takes whole numbers")
    if right == 0:
        raise EvaluationError("division by zero")
    rest = abs(left) % abs(right)
    return -rest if left < 0 else rest


def moved(moment: datetime, by: Duration, sign: int = 1) -> datetime:
    """Return ``moment`` later by a duration: first the months, to the last day where need be."""
    try:
        if by.months:
            months = moment.year * 12 + moment.month - 1 + sign * by.months
            year, month = divmod(months, 12)
            last = calendar.monthrange(year, month + 1)[1]
            moment = moment.replace(year=year, month=month + 1, day=min(moment.day, last))
        return moment + timedelta(seconds=sign * by.seconds)
    except (ValueError, OverflowError) as error:
        raise EvaluationError("the date is outside of the years 1 to 9999") from error


def between(later: datetime, earlier: datetime) -> Duration:
    """Return the duration from one moment to another."""
    return Duration(0, (later - earlier) // timedelta(seconds=1))


def length_of(duration: Duration) -> int:
    """Return the seconds of a duration; raise EvaluationError for one of months."""
    if duration.months:
        raise EvaluationError("a duration with months has no length: months differ in it")
    return duration.seconds


def years_between(first: datetime, second: datetime) -> int:
    """Return the whole years from ``first`` to ``second``, as an age is counted."""
    earlier, later = (first, second) if first <= second else (second, first)
    years = later.year - earlier.year
    if (later.month, later.day, later.time()) < (earlier.month, earlier.day, earlier.time()):
        years -= 1
    return years if first <= second else -years


def shown_value(value: object) -> str:
    """Return a value as messages show it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if value is None:
        return "null"
    if isinstance(value, datetime):
        return value.date().isoformat() if value.time() == time() else value.isoformat()
    if isinstance(value, Duration):
        return " ".join(filter(None, (
            f"{value.months} months" if value.months else "",
            f"{value.seconds} seconds" if value.seconds or not value.months else "",
        )))  # fmt: skip
    if isinstance(value, Fraction):
        return str(rounded(value, 6))
    return f'"{value}"' if isinstance(value, str) else str(value)


def midnight(day: date) -> datetime:
    """Return the moment at which a day begins."""
    return datetime(day.year, day.month, day.day)
