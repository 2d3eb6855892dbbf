"""Numbers: columns of digits, of numbers that are drawn, and of sequences and indexes."""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Final

from mockgen_watch.generate.column import Column, ColumnKind, LazyTable, Part
from mockgen_watch.generate.dates import add_months, moment_texts
from mockgen_watch.generate.grids import grid_of
from mockgen_watch.generate.ranges import numbers_from
from mockgen_watch.generate.streams import LONG, Derived, Drawn, Joined, Shared
from mockgen_watch.spec.generators import (
    DistributionKind,
    MomentKind,
    Number,
    Progression,
    RecordIndex,
    SequenceNumber,
)
from mockgen_watch.spec.moments import DAY

if TYPE_CHECKING:
    from collections.abc import Callable

    from mockgen_watch.generate.address import Cell, Cells, IntArray, Stream
    from mockgen_watch.generate.draws import FieldDraws
    from mockgen_watch.generate.streams import Whole


GROUP: Final = 3
"""Digits that one part of a number's text holds."""

BASE: Final = 10**GROUP

WHOLE: Final = 4096
"""The most numbers that are one table of whole texts."""


def number_column(number: Number, draws: FieldDraws) -> Column:
    """Return the column of ``number``.

    Unique numbers are spread evenly over what the distribution can give, whatever its shape.
    """
    grid = grid_of(number)
    if number.distribution.kind is DistributionKind.UNIFORM:
        first, count = 0, grid.count
        stream: Stream = numbers_from(grid.origin // grid.step, count, draws)
    else:
        from mockgen_watch.generate.distributions import distribution_stream

        first, drawn = distribution_stream(number, grid, draws)
        count = drawn.size
        stream = (
            draws.numbers(count)
            if draws.is_unique or draws.is_distinct
            else draws.preset_numbers(drawn, first)
        )
    offset = grid.origin + first * grid.step
    if count <= WHOLE:
        step, decimals = grid.step, number.decimals
        table = LazyTable(count, lambda n: fixed_point_text(offset + n * step, decimals))
        only = Part(table=table, stream=stream if count > 1 else None)
        units = None if count == 1 else Scaled(stream, count, offset, step)
        return Column(kind=ColumnKind.NUMBER, parts=(only,), units=units, decimals=decimals)
    numbers = Scaled(Shared(stream), count, offset, grid.step)
    return _digits_column(numbers, number.decimals)


def measured_column(units: Stream, low: int, high: int, decimals: int) -> Column:
    """Return the column of numbers in ``units`` of the last decimal, all from low to high."""
    if high - low < WHOLE:
        size = high - low + 1
        table = LazyTable(size, lambda n: fixed_point_text(low + n, decimals))
        part = Part(table=table, stream=Derived(units, lambda number: number - low, size))
        return Column(kind=ColumnKind.NUMBER, parts=(part,), units=units, decimals=decimals)
    return _digits_column(Scaled(units, 1, 0, 1, ends=(low, high)), decimals)


def _digits_column(numbers: Scaled, decimals: int) -> Column:
    return Column(
        kind=ColumnKind.NUMBER,
        parts=digit_parts(numbers, decimals),
        quick=number_reader(numbers, decimals),
        units=numbers,
        decimals=decimals,
    )


def sequence_column(sequence: SequenceNumber, draws: FieldDraws) -> Column:
    """Return ``start + index * step``: text where it has a width or a prefix, else a number."""
    index = _index_of(draws, is_element=sequence.element)
    numbers = Scaled(index, index.size, sequence.start, sequence.step)
    parts = digit_parts(numbers, 0, width=sequence.width, is_open=True)
    if sequence.prefix:
        parts = (Part(table=(sequence.prefix,), stream=None), *parts)
    is_text = sequence.width > 0 or sequence.prefix != ""
    if is_text:
        return Column(kind=ColumnKind.TEXT, parts=parts)
    return Column(kind=ColumnKind.NUMBER, parts=parts, quick=number_reader(numbers, 0))


def index_column(index: RecordIndex, draws: FieldDraws) -> Column:
    """Return the index of the record, or of the element in its array, as a number."""
    source = _index_of(draws, is_element=index.element)
    numbers = Scaled(source, source.size, index.start, 1)
    parts = digit_parts(numbers, 0, is_open=True)
    return Column(kind=ColumnKind.NUMBER, parts=parts, quick=numbers.at, units=numbers)


def sibling_column(index: RecordIndex, source: Stream) -> Column:
    """Return the index of the record among the children of its parent."""
    numbers = Scaled(source, source.size, index.start, 1)
    parts = digit_parts(numbers, 0, is_open=True)
    return Column(kind=ColumnKind.NUMBER, parts=parts, quick=numbers.at, units=numbers)


def _index_of(draws: FieldDraws, *, is_element: bool) -> RecordNumber | ElementNumber:
    """Return the index of the record, or of the element in the innermost array."""
    if is_element:
        return ElementNumber(max(draws.strides[-1], 1))
    return RecordNumber(max(draws.count, 1))


def progression_column(progression: Progression, draws: FieldDraws) -> Column:
    """Return the column of numbers, dates or times that go on by steps."""
    index = _index_of(draws, is_element=progression.element)
    start, step, jitter = progression.start, progression.step, progression.jitter
    drawn: Stream | None = draws.uniform("jitter", jitter + 1) if jitter else None
    if progression.months:
        units: Stream = Derived(index, partial(_months_later, progression), LONG - 1)
    elif drawn is None:
        units = Derived(index, lambda n: start + n * step, LONG - 1)
    else:
        units = Joined(lambda n, more: start + n * step + more, LONG - 1, index, drawn)
    shown = progression.shown()
    if progression.moment is MomentKind.TIME:
        # Only records beyond the planned count can pass midnight.
        units = Derived(units, lambda seconds: seconds % DAY, DAY)
    if shown is not None:
        return moment_texts(shown, Shared(units))
    ends = sorted((start, start + (index.size - 1) * step))
    numbers = Scaled(Shared(units), 1, 0, 1, ends=(ends[0], ends[1] + jitter))
    return Column(
        kind=ColumnKind.NUMBER,
        parts=digit_parts(numbers, progression.decimals, is_open=True),
        quick=number_reader(numbers, progression.decimals),
        units=numbers,
        decimals=progression.decimals,
    )


def _months_later(progression: Progression, index: Whole) -> Whole:
    """Return the start later by so many steps of calendar months and days or seconds."""
    size = DAY if progression.moment is MomentKind.DATE else 1
    months, seconds = index * progression.months, index * progression.step * size
    return add_months(index * 0 + progression.start * size, months, seconds) // size


class Scaled(Drawn):
    """``offset + n * step`` of what another stream draws, n below ``count``; may be negative.

    ``ends`` are those of the numbers where they are not those of all n.
    """

    def __init__(
        self,
        source: Stream,
        count: int,
        offset: int,
        step: int,
        ends: tuple[int, int] | None = None,
    ) -> None:
        ends = ends or (offset, offset + (count - 1) * step)
        self.low, self.high = min(ends), max(ends)
        super().__init__(self.high + 1)
        self.source = source
        self.offset = offset
        self.step = step

    def at(self, cell: Cell) -> int:
        number = cell.drawn.get(id(self))
        if number is None:
            number = cell.drawn[id(self)] = self.offset + self.source.at(cell) * self.step
        return number

    def draw(self, cells: Cells) -> IntArray:
        numbers = self.source.over(cells)
        if max(-self.low, self.high) >= LONG:
            numbers = numbers.astype(object)
        if self.step != 1:
            numbers = numbers * self.step
        return numbers + self.offset if self.offset else numbers


class Group(Drawn):
    """The last three digits of a number; 1000 more where there are none left of them."""

    def __init__(self, source: Stream, upper: Stream, *, may_be_first: bool) -> None:
        super().__init__(2 * BASE if may_be_first else BASE)
        self.source = source
        self.upper = upper
        self.may_be_first = may_be_first

    def at(self, cell: Cell) -> int:
        upper, own = divmod(self.source.at(cell), BASE)
        return own if upper or not self.may_be_first else own + BASE

    def draw(self, cells: Cells) -> IntArray:
        whole, upper = self.source.over(cells), self.upper.over(cells)
        own = whole - upper.astype(whole.dtype, copy=False) * BASE
        if self.may_be_first:
            own += (upper == 0) * BASE
        return own.astype(cells.xp.int64, copy=False)


def digit_parts(
    numbers: Scaled, decimals: int, *, width: int = 0, is_open: bool = False
) -> tuple[Part, ...]:
    """Return the parts of numbers' digits, with a point before the last ``decimals``.

    ``width``: how many digits are written at least, with zeros on the left. ``is_open``: numbers
    beyond ``numbers.high`` may be asked for, one at a time.
    """
    sign: tuple[Part, ...] = ()
    source: Stream = numbers
    if numbers.low < 0:
        source = Derived(numbers, _magnitude, max(-numbers.low, numbers.high) + 1)
        sign = (Part(table=("", "-"), stream=Derived(numbers, lambda n: (n < 0) * 1, 2)),)
    least = 0 if numbers.low <= 0 <= numbers.high else min(abs(numbers.low), abs(numbers.high))
    kept = max(decimals + 1, width)
    most = max(source.size - 1, 10 ** (kept - 1))
    parts: list[Part] = []
    place = 0
    while most >= BASE:
        upper = Derived(source, lambda n: n // BASE, (source.size - 1) // BASE + 1)
        least //= BASE
        may_be_first = place + GROUP > kept and least == 0
        group = Group(source, upper, may_be_first=may_be_first)
        inner = partial(_group_text, place=place, decimals=decimals, kept=kept)
        parts.append(Part(table=LazyTable(group.size, inner), stream=group))
        source, most, place = upper, most // BASE, place + GROUP
    text = partial(_first_text, place=place, decimals=decimals, kept=kept)
    parts.append(Part(table=LazyTable(most + 1, text, is_open=is_open), stream=source))
    return (*sign, *reversed(parts))


def _magnitude(number: Whole) -> Whole:
    return abs(number)


def number_reader(numbers: Scaled, decimals: int) -> Callable[[Cell], int | Decimal]:
    """Return the function that reads a number at once, exact."""
    if not decimals:
        return numbers.at
    return lambda cell: Decimal(fixed_point_text(numbers.at(cell), decimals))


def fixed_point_text(number: int, decimals: int, width: int = 0) -> str:
    """Return the digits of ``number``, with a point before the last ``decimals``."""
    sign = "-" if number < 0 else ""
    return sign + _first_text(abs(number), 0, decimals, max(decimals + 1, width))


def _group_text(index: int, place: int, decimals: int, kept: int) -> str:
    """Return the text of a group that is not the first; from ``BASE`` on, where it is after all."""
    if index < BASE:
        return _pointed(f"{index:03d}", place, decimals)
    return _first_text(index - BASE, place, decimals, kept)


def _first_text(value: int, place: int, decimals: int, kept: int) -> str:
    """Return the digits of a group whose last digit is ``place`` places from the right.

    Nothing is left of it; zeros are written only at the ``kept`` places from the right.
    """
    least = kept - place
    text = f"{value:0{least}d}" if least > 0 else str(value or "")
    return _pointed(text, place, decimals)


def _pointed(text: str, place: int, decimals: int) -> str:
    """Return the digits with the point, when it is among them or right of them."""
    right = decimals - place
    if not decimals or right < 0 or right >= len(text):
        return text
    return f"{text[: len(text) - right]}.{text[len(text) - right :]}"


class RecordNumber(Drawn):
    """The index of the record."""

    def at(self, cell: Cell) -> int:
        return cell.index

    def draw(self, cells: Cells) -> IntArray:
        return cells.index


class ElementNumber(Drawn):
    """The index of the element in its array, the innermost one."""

    def at(self, cell: Cell) -> int:
        return cell.elements[-1]

    def draw(self, cells: Cells) -> IntArray:
        index: IntArray = cells.xp.full(len(cells.a), cells.elements[-1], cells.xp.int64)
        return index
