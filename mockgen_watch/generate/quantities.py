"""Quantities: numbers, dates, times and truth values as streams of whole numbers.

A number counts in units of its last decimal, a date or time in seconds (since 0001-01-01, or since
midnight), true as 1. So expressions over columns are integer arithmetic, exact in both engines.
``expressions`` turns the tree of an expression into a quantity, by the ``operators``; what has no
such form, text that is built above all, raises ``NotAQuantityError``, and is evaluated record by
record.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.expressions.types import Kind
from mockgen_watch.expressions.values import (
    DAY,
    is_number,
)
from mockgen_watch.generate.address import Cell, Cells, cell_of_element, cells_of_element
from mockgen_watch.generate.column import Column, ColumnKind, State
from mockgen_watch.generate.streams import Derived, Drawn, Joined, Lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mockgen_watch.expressions.ends import Ends
    from mockgen_watch.generate.address import IntArray, Stream
    from mockgen_watch.generate.references import OtherCell


MOST: Final = 1 << 62
"""No quantity is farther from 0, so that sums of two fit 64 bits."""


class NotAQuantityError(ValueError):
    """An expression has no form as whole numbers; the message says why."""


class Quantity(Struct, frozen=True, kw_only=True, eq=False):
    """Whole numbers by address.

    Attributes:
        kind: what they count.
        stream: draws them; they may be negative.
        decimals: of numbers.
        low, high: their ends.
        presence: draws ``State``; None where there is always a value.
    """

    kind: Kind
    stream: Stream
    low: int
    high: int
    decimals: int = 0
    presence: Stream | None = None


class Texts(Struct, frozen=True, kw_only=True, eq=False):
    """Text of a table, which can only be compared."""

    table: tuple[str | None, ...]
    stream: Stream | None
    presence: Stream | None = None


class Ratio(Struct, frozen=True, kw_only=True, eq=False):
    """A quotient without end, until it is rounded; ``below`` is never 0."""

    above: Quantity
    below: Quantity


class Elements(Struct, frozen=True, kw_only=True, eq=False):
    """A list: one item for each element of an array that a cell has.

    Attributes:
        items: by element; drawn at the element's cell.
        wanted: by element, whether it is part of the list; None: it always is.
        length: how many elements there are, at the array's cell; None: all of ``items``.
        way: from the asking cell to the array's; None where it is that.
    """

    items: tuple[Quantity | None, ...]
    wanted: tuple[Stream | None, ...]
    length: Stream | None
    way: OtherCell | None


class Scope(Protocol):
    """Where an expression's names are looked up; ``depth`` is the number of arrays around it."""

    @property
    def depth(self) -> int: ...

    def field(self, name: tuple[str, ...]) -> Quantity | Texts:
        """Return the field of a name, at the asking cell."""
        ...

    def presence(self, name: tuple[str, ...]) -> Stream | None:
        """Return the states of a field, at the asking cell; None where it is always there."""
        ...

    def elements(self, name: tuple[str, ...]) -> tuple[Elements, tuple[Scope, ...]]:
        """Return the array of a name, without items, and the scope of each of its elements."""
        ...


def quantity_of(column: Column, kind: Kind, ends: Ends) -> Quantity | Texts:
    """Return what ``column`` has as a quantity of ``kind``, or as texts.

    Raises:
        NotAQuantityError: its values are known only one by one.
    """
    if kind is Kind.TEXT:
        return _texts_of(column)
    if kind is Kind.BOOLEAN or (kind in _NUMBERS and column.units is None):
        return _tabulated(column, kind)
    if column.units is None or column.read is not None:
        raise NotAQuantityError("a value that is known only as text")
    factor = DAY if kind is Kind.DATE else 1
    stream = column.units if factor == 1 else Derived(column.units, lambda n: n * DAY, MOST)
    low, high = (None if end is None else end * 10**column.decimals for end in ends)
    if low is None or high is None or max(-low, high) >= MOST:
        raise NotAQuantityError("a number without ends")
    return Quantity(
        kind=kind,
        stream=stream,
        low=math.floor(low),
        high=math.ceil(high),
        decimals=column.decimals,
        presence=column.presence,
    )


_NUMBERS: Final = frozenset({Kind.INTEGER, Kind.DECIMAL})


def _tabulated(column: Column, kind: Kind) -> Quantity:
    """Return the values of a table as numbers."""
    if column.read is not None or len(column.parts) != 1 or column.finish or column.coerce:
        raise NotAQuantityError("a value that is known only as text")
    part = column.parts[0]
    if len(part.table) > _MOST_ENTRIES:
        raise NotAQuantityError("a number without ends")
    values = [_number(entry, column.kind) for entry in part.table]
    decimals = 0
    if kind is not Kind.BOOLEAN:
        decimals = max((_places(value) for value in values if value is not None), default=0)
    units = tuple(0 if each is None else int(each * 10**decimals) for each in values)
    if max(map(abs, units), default=0) >= MOST:
        raise NotAQuantityError("a number of more than 18 digits")
    presence = column.presence
    stream: Stream = Constant(units[0]) if part.stream is None else Lookup(part.stream, units, MOST)
    if None in values:
        nulls = tuple(int(State.NULL) * (value is None) for value in values)
        states: Stream = Constant(nulls[0])
        if part.stream is not None:
            states = Lookup(part.stream, nulls, len(State))
        presence = states if presence is None else Joined(_first_state, 3, presence, states)
    return Quantity(
        kind=kind,
        stream=stream,
        low=min(units),
        high=max(units),
        decimals=decimals,
        presence=presence,
    )


_MOST_ENTRIES: Final = 1 << 16


def _first_state(state: Any, other: Any) -> Any:
    return state + (state == 0) * other


def _number(entry: object, kind: ColumnKind) -> Fraction | None:
    if kind is ColumnKind.NUMBER:
        return Fraction(str(entry))
    if entry is None:
        return None
    if isinstance(entry, bool):
        return Fraction(int(entry))
    if is_number(entry):
        return Fraction(entry)
    raise NotAQuantityError("values of several kinds")


def _places(value: Fraction) -> int:
    places, denominator = 0, value.denominator
    while denominator > 1:
        denominator //= math.gcd(denominator, 10)
        places += 1
    return places


def _texts_of(column: Column) -> Texts:
    if column.read is not None or len(column.parts) != 1 or column.finish or column.coerce:
        raise NotAQuantityError("text that is made of several parts")
    part = column.parts[0]
    if len(part.table) > _MOST_ENTRIES:
        raise NotAQuantityError("text of very many values")
    table = tuple(entry if isinstance(entry, str) else None for entry in part.table)
    return Texts(table=table, stream=part.stream, presence=column.presence)


class Constant(Drawn):
    """The same number everywhere."""

    def __init__(self, number: int) -> None:
        super().__init__(max(number, 0) + 1)
        self.number = number

    def at(self, cell: Cell) -> int:
        del cell
        return self.number

    def draw(self, cells: Cells) -> IntArray:
        numbers: IntArray = cells.xp.full(len(cells.a), self.number, cells.xp.int64)
        return numbers


class Choice(Drawn):
    """The number of ``yes`` where ``condition`` is 1, else that of ``no``."""

    def __init__(self, condition: Stream, yes: Stream, no: Stream) -> None:
        super().__init__(MOST)
        self.condition = condition
        self.yes = yes
        self.no = no

    def at(self, cell: Cell) -> int:
        return (self.yes if self.condition.at(cell) else self.no).at(cell)

    def draw(self, cells: Cells) -> IntArray:
        chosen = self.condition.over(cells) != 0
        found: IntArray = cells.xp.where(chosen, self.yes.over(cells), self.no.over(cells))
        return found


class Extreme(Drawn):
    """The least, or the greatest, of what several streams draw."""

    def __init__(self, streams: Sequence[Stream], *, is_least: bool) -> None:
        super().__init__(MOST)
        self.streams = tuple(streams)
        self.is_least = is_least

    def at(self, cell: Cell) -> int:
        return (min if self.is_least else max)(stream.at(cell) for stream in self.streams)

    def draw(self, cells: Cells) -> IntArray:
        combine = cells.xp.minimum if self.is_least else cells.xp.maximum
        found = self.streams[0].over(cells)
        for stream in self.streams[1:]:
            found = combine(found, stream.over(cells))
        return found


class Fold(Drawn):
    """What the items of a list come to: their sum, number, least, greatest, or all or any."""

    def __init__(self, elements: Elements, how: str) -> None:
        super().__init__(MOST)
        self.elements = elements
        self.how = how

    def at(self, cell: Cell) -> int:
        elements = self.elements
        home = cell if elements.way is None else elements.way.cell(cell)
        count = len(elements.items) if elements.length is None else elements.length.at(home)
        found: list[int] = []
        for place in range(count):
            below = cell_of_element(home, place)
            wanted, item = elements.wanted[place], elements.items[place]
            if wanted is None or wanted.at(below):
                found.append(1 if item is None else item.stream.at(below))
        return FOLDS[self.how](found)

    def draw(self, cells: Cells) -> IntArray:
        xp, elements = cells.xp, self.elements
        home = cells if elements.way is None else elements.way.cells(cells)
        length = None if elements.length is None else elements.length.over(home)
        start, combine = _ARRAY_FOLDS[self.how](xp)
        total: IntArray = xp.full(len(cells.a), start, xp.int64)
        for place, item in enumerate(elements.items):
            below = cells_of_element(home, place)
            numbers = 1 if item is None else item.stream.over(below)
            wanted = elements.wanted[place]
            is_there = None if length is None else length > place
            if wanted is not None:
                also = wanted.over(below) != 0
                is_there = also if is_there is None else is_there & also
            changed = combine(total, numbers)
            total = changed if is_there is None else xp.where(is_there, changed, total)
        return total


FOLDS: Final[Mapping[str, Callable[[list[int]], int]]] = {
    "sum": sum,
    "size": len,
    "min": lambda found: min(found, default=MOST),
    "max": lambda found: max(found, default=-MOST),
    "all": lambda found: int(all(found)),
    "exists": lambda found: int(any(found)),
    "exists_one": lambda found: int(sum(found) == 1),
}


_ARRAY_FOLDS: Final[Mapping[str, Callable[[Any], tuple[int, Callable[..., Any]]]]] = {
    "sum": lambda xp: (0, xp.add),
    "size": lambda _: (0, lambda total, _: total + 1),
    "min": lambda xp: (MOST, xp.minimum),
    "max": lambda xp: (-MOST, xp.maximum),
    "all": lambda xp: (1, xp.minimum),
    "exists": lambda xp: (0, xp.maximum),
    "exists_one": lambda xp: (0, xp.add),
}


def rounded(quantity: Quantity | Ratio, places: int) -> Quantity:
    """Return a number with so many decimals, half to even."""
    if isinstance(quantity, Ratio):
        return _rounded_ratio(quantity, places)
    fewer = quantity.decimals - places
    if fewer <= 0:
        return scaled(quantity, places)
    factor = 10**fewer
    return replace(
        quantity,
        stream=Derived(quantity.stream, partial(_half_even, factor=factor), MOST),
        low=_half_even(quantity.low, factor),
        high=_half_even(quantity.high, factor),
        decimals=places,
    )


def _rounded_ratio(ratio: Ratio, places: int) -> Quantity:
    above, below = ratio.above, ratio.below
    shift = places + below.decimals - above.decimals
    above = _times(above, 10 ** max(0, shift))
    below = _times(below, 10 ** max(0, -shift))
    corners = [
        _half_even(one * (1 if other > 0 else -1), abs(other))
        for one in (above.low, above.high)
        for other in (below.low, below.high)
    ]
    return Quantity(
        kind=Kind.DECIMAL,
        stream=Joined(_quotient, MOST, above.stream, below.stream),
        low=min(*corners, 0),
        high=max(*corners, 0),
        decimals=places,
    )


def _quotient(above: Any, below: Any) -> Any:
    return _half_even(above * (1 - 2 * (below < 0)), abs(below))


def _half_even(number: Any, factor: Any) -> Any:
    """Return ``number / factor`` to the nearest whole number; halves to the even one."""
    quotient = number // factor
    twice = (number - quotient * factor) * 2
    is_up = (twice > factor) * 1 | ((twice == factor) * 1 & (quotient & 1))
    return quotient + is_up


def scaled(quantity: Quantity, places: int) -> Quantity:
    """Return a number with more decimals."""
    more = places - quantity.decimals
    return quantity if more <= 0 else replace(_times(quantity, 10**more), decimals=places)


def _times(quantity: Quantity, factor: int) -> Quantity:
    """Return a number of ``factor`` times the units."""
    if factor == 1:
        return quantity
    low, high = quantity.low * factor, quantity.high * factor
    if max(-low, high) >= MOST:
        raise NotAQuantityError("a number of more than 18 digits")
    stream = Derived(quantity.stream, lambda number: number * factor, MOST)
    return replace(quantity, stream=stream, low=low, high=high)
