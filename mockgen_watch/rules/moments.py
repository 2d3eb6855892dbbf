"""Takes the text of a date as its field writes it; gives what it is compared by, and RFC 3339."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from mockgen_watch.spec.generators import MomentKind
from mockgen_watch.spec.moments import DAY, ISO_FORMATS, MomentError, format_units, read_moment

if TYPE_CHECKING:
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.generators import Moment


@lru_cache(maxsize=65_536)
def seconds_of(text: str, kind: MomentKind, form: str) -> int | None:
    """Return seconds since 0001-01-01 (a time of day: since midnight); None for other text."""
    try:
        units = read_moment(text, kind, form)
    except MomentError:
        return None
    return units * DAY if kind is MomentKind.DATE else units


def rfc3339(text: str, moment: Moment) -> str:
    """Return the text of ``moment`` as RFC 3339; text that is none stays as it is."""
    seconds = seconds_of(text, moment.kind, moment.format)
    if seconds is None:
        return text
    if moment.kind is MomentKind.TIME:
        return format_units(seconds, ISO_FORMATS[MomentKind.TIME], MomentKind.TIME)
    return format_units(seconds, ISO_FORMATS[MomentKind.DATETIME], MomentKind.DATETIME) + "Z"


def seen_as_date(value: Json, moment: Moment) -> Json:
    """Return the value of a date field as CEL is to see it: RFC 3339, or text that is no date.

    CEL takes whole numbers for seconds since 1970, which no field writes.
    """
    if isinstance(value, str):
        return rfc3339(value, moment)
    return value if value is None else f"no date: {value}"


def bound_of(text: str, moment: Moment) -> int | None:
    """Return the seconds of a bound, which is written as the field is or in ISO 8601."""
    found = seconds_of(text, moment.kind, moment.format)
    return seconds_of(text, moment.kind, "") if found is None else found
