"""Takes a Moment; gives the column of its texts.

Up to ``WHOLE`` moments are one table of whole texts. Otherwise the format is cut into stretches
that depend on the day alone or on the time of day alone. Those of the day are a table of the days
between the ends where those are few enough; the others see ``generate.calendar_parts``.
"""

from __future__ import annotations

from datetime import date
from functools import partial
from itertools import groupby
from typing import TYPE_CHECKING

from mockgen_watch.generate.calendar_parts import (
    CALENDAR,
    CLOCK,
    DATE_TEXTS,
    TIME_TEXTS,
    Scale,
    Stretch,
    group_parts,
    is_directive,
)
from mockgen_watch.generate.column import Column, ColumnKind, Part
from mockgen_watch.generate.derived import Derived
from mockgen_watch.generate.drawn import Shared
from mockgen_watch.generate.tables import LazyTable
from mockgen_watch.spec.generators import MomentKind
from mockgen_watch.spec.moments import DAY, TIME_DIRECTIVES, split_format

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Final

    from mockgen_watch.generate.cells import Stream
    from mockgen_watch.generate.site import Site
    from mockgen_watch.spec.generators import Moment

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
