"""Quantities: numbers, dates, times and truth values as streams of whole numbers.

A number counts in units of its last decimal, a date or time in seconds (since 0001-01-01, or since
midnight), true as 1. So expressions over columns are integer arithmetic, exact in both engines.
``Compiled`` turns the tree of an expression into a quantity; what has no such form, text that is
built above all, raises ``NotAQuantityError``, and is evaluated record by record.
"""

from __future__ import annotations

import math
from decimal import Decimal
from fractions import Fraction
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.expressions import syntax
from mockgen_watch.expressions.ends import ends_of
from mockgen_watch.expressions.types import Kind, Type
from mockgen_watch.expressions.values import (
    DAY,
    Duration,
    is_number,
    read_datetime,
    read_duration,
    seconds_of,
)
from mockgen_watch.generate.address import Cell, Cells, cell_of_element, cells_of_element
from mockgen_watch.generate.column import Column, ColumnKind, State
from mockgen_watch.generate.dates import add_months, civil_year, month_and_day
from mockgen_watch.generate.streams import Derived, Drawn, Joined, Lookup

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from mockgen_watch.expressions.checking import Checked
    from mockgen_watch.expressions.ends import Ends, Facts
    from mockgen_watch.expressions.syntax import Node, Scalar, Variables
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
    """Where an expression's names are looked up."""

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
        return _FOLDS[self.how](found)

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


_FOLDS: Final[Mapping[str, Callable[[list[int]], int]]] = {
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


def compile_quantity(checked: Checked, facts: Facts, scope: Scope) -> Quantity | Ratio:
    """Return the quantity that an expression is, or the quotient that is to be rounded.

    Raises:
        NotAQuantityError: it has none.
    """
    found = _Compiled(checked.types, facts).of(checked.node, {}, scope)
    if isinstance(found, Texts):
        raise NotAQuantityError("text is looked at record by record")
    return found


def rounded(quantity: Quantity | Ratio, places: int) -> Quantity:
    """Return a number with so many decimals, half to even."""
    if isinstance(quantity, Ratio):
        return _rounded_ratio(quantity, places)
    fewer = quantity.decimals - places
    if fewer <= 0:
        return _scaled(quantity, places)
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


def _scaled(quantity: Quantity, places: int) -> Quantity:
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


class _Compiled:
    """Compiles the nodes of one expression; ``types`` are those of its nodes, by their ``id``."""

    def __init__(self, types: Mapping[int, Type], facts: Facts) -> None:
        self._types = types
        self._facts = facts

    def of(self, node: Node, variables: Variables, scope: Scope) -> Quantity | Ratio | Texts:
        """Return what ``node`` is."""
        if isinstance(node, syntax.Literal):
            return _literal(node.value)
        path = syntax.path_of(node, variables)
        if path and not isinstance(node, syntax.Comprehension | syntax.Index):
            return scope.field(path)
        if isinstance(node, syntax.Has):
            below = syntax.path_of(node.operand, variables)
            if not below:
                raise NotAQuantityError("has() of what is no field")
            return _is_there(scope.presence(below))
        if isinstance(node, syntax.Comprehension) and node.kind in _FOLDS:
            return self._folded(node, node.kind, variables, scope)
        if not isinstance(node, syntax.Call):
            raise NotAQuantityError("a list is looked at record by record")
        return self._call(node, variables, scope)

    def _quantity(self, node: Node, variables: Variables, scope: Scope) -> Quantity:
        found = self.of(node, variables, scope)
        if isinstance(found, Quantity):
            return found
        what = "a quotient without end" if isinstance(found, Ratio) else "text"
        raise NotAQuantityError(f"{what} is looked at record by record")

    def _call(
        self, node: syntax.Call, variables: Variables, scope: Scope
    ) -> Quantity | Ratio | Texts:
        found = self._special(node, variables, scope)
        if found is not None:
            return found
        name = node.function
        args = [self._quantity(arg, variables, scope) for arg in node.args]
        combine = _COMBINED.get(name)
        if combine is None:
            raise NotAQuantityError(f"{name} is evaluated record by record")
        quantity = combine(self._sized(node, variables), args, node)
        if max(-quantity.low, quantity.high) >= MOST:
            raise NotAQuantityError("a number of more than 18 digits")
        return quantity

    def _special(
        self, node: syntax.Call, variables: Variables, scope: Scope
    ) -> Quantity | Ratio | None:
        """Return what is not made of the quantities of its operands; None for any other call."""
        name = node.function
        one_list = len(node.args) == 1 and self._types[id(node.args[0])].kind is Kind.LIST
        if name in {"sum", "size", "min", "max"} and one_list:
            return self._folded(node.args[0], name, variables, scope)
        if name in {"date", "datetime", "timestamp", "duration"}:
            return _constant(node)
        if name == "in":
            return self._contained(node, variables, scope)
        if name in {"==", "!="}:
            return self._equal(node, variables, scope)
        if name in {"+", "-"}:
            return self._later(node, variables, scope)
        if name in {"/", "*", "round"}:
            return self._ratio(node, variables, scope)
        return None

    def _later(self, node: syntax.Call, variables: Variables, scope: Scope) -> Quantity | None:
        """Return a moment that was moved by calendar months; None for any other sum."""
        for moment, other in (node.args, node.args[::-1]):
            length = _written_duration(other)
            if length is not None and length.months:
                sign = -1 if node.function == "-" else 1
                start = self._quantity(moment, variables, scope)
                later = Duration(sign * length.months, sign * length.seconds)
                change = partial(_months_later, by=later)
                low, high = _units(self._sized(node, variables), 0)
                whole = length.seconds % DAY == 0
                kind = start.kind if whole else Kind.DATETIME
                stream = Derived(start.stream, change, MOST)
                return Quantity(kind=kind, stream=stream, low=max(low, 0), high=high)
        return None

    def _ratio(
        self, node: syntax.Call, variables: Variables, scope: Scope
    ) -> Quantity | Ratio | None:
        """Return a quotient without end, or what is made of one; None where there is none."""
        parts = [self.of(arg, variables, scope) for arg in node.args]
        first, last = parts[0], parts[-1]
        if node.function == "round" and isinstance(first, Ratio):
            places = node.args[1] if len(node.args) > 1 else None
            if places is None:
                return replace(rounded(first, 0), kind=Kind.INTEGER)
            if isinstance(places, syntax.Literal) and isinstance(places.value, int):
                return rounded(first, max(0, places.value))
        if node.function == "*":
            for one, other in ((first, last), (last, first)):
                if isinstance(one, Ratio) and isinstance(other, Quantity):
                    ends = _product_ends(one.above, other)
                    return replace(one, above=_multiply(ends, [one.above, other], node))
        if node.function != "/":
            return None
        return _quotient_of(first, last)

    def _sized(self, node: Node, variables: Variables) -> Ends:
        return ends_of(node, self._facts, variables)

    def _equal(self, node: syntax.Call, variables: Variables, scope: Scope) -> Quantity:
        left, right = node.args
        is_not = node.function == "!="
        for one, other in ((left, right), (right, left)):
            if isinstance(other, syntax.Literal) and other.value is None:
                path = syntax.path_of(one, variables)
                if not path:
                    raise NotAQuantityError("null is looked at record by record")
                there = _is_there(scope.presence(path))
                return there if is_not else _flipped(there)
        sides = [self.of(arg, variables, scope) for arg in node.args]
        numbers = [side for side in sides if isinstance(side, Quantity)]
        texts = [side for side in sides if isinstance(side, Texts)]
        if len(texts) == len(sides):
            found = _same_texts(texts)
        elif len(numbers) < len(sides):
            raise NotAQuantityError("values of several kinds")
        else:
            same = _aligned(numbers)
            found = _truth(Joined(lambda one, other: (one == other) * 1, 2, *_streams(same)))
        return _flipped(found) if is_not else found

    def _contained(self, node: syntax.Call, variables: Variables, scope: Scope) -> Quantity:
        listed = node.args[1]
        if not isinstance(listed, syntax.ListLiteral) or not listed.items:
            raise NotAQuantityError("a list is looked at record by record")
        each = [
            self._equal(
                syntax.Call(function="==", args=(node.args[0], item), start=0, end=0),
                variables,
                scope,
            )
            for item in listed.items
        ]
        return _truth(Extreme(_streams(each), is_least=False))

    def _folded(self, node: Node, how: str, variables: Variables, scope: Scope) -> Quantity:
        """Return what the elements of a list come to; ``node`` is the list, or the whole macro."""
        if isinstance(node, syntax.ListLiteral):
            args = _aligned([self._quantity(item, variables, scope) for item in node.items])
            return _of_arguments(how, args)
        elements, kind, decimals = self._elements(node, how, variables, scope)
        if how in {"all", "exists", "exists_one"}:
            stream: Stream = Fold(elements, how)
            if how == "exists_one":
                stream = Derived(stream, lambda number: (number == 1) * 1, 2)
            return _truth(stream)
        if how == "size":
            count = len(elements.items)
            return Quantity(kind=Kind.INTEGER, stream=Fold(elements, how), low=0, high=count)
        lows = [item.low for item in elements.items if item is not None]
        highs = [item.high for item in elements.items if item is not None]
        low, high = min(lows, default=0), max(highs, default=0)
        if how == "sum":
            count = len(elements.items)
            low, high = min(0, low * count), max(0, high * count)
        if max(-low, high) >= MOST:
            raise NotAQuantityError("a number of more than 18 digits")
        return Quantity(
            kind=kind, stream=Fold(elements, how), low=low, high=high, decimals=decimals
        )

    def _elements(
        self, node: Node, how: str, variables: Variables, scope: Scope
    ) -> tuple[Elements, Kind, int]:
        """Return a list with its items, and their kind and decimals."""
        target, body, conditions = _taken_apart(node)
        path = syntax.path_of(target, variables)
        if not path:
            raise NotAQuantityError("a list of lists is looked at record by record")
        elements, scopes = scope.elements(path)
        items: list[Quantity | None] = []
        wanted: list[Stream | None] = []
        compiled: dict[int, tuple[Quantity | None, Stream | None]] = {}
        for inner in scopes:
            if id(inner) not in compiled:
                compiled[id(inner)] = self._item(path, body, conditions, how, variables, inner)
            items.append(compiled[id(inner)][0])
            wanted.append(compiled[id(inner)][1])
        there = [item for item in items if item is not None]
        decimals = max((item.decimals for item in there), default=0)
        items = [None if item is None else _scaled(item, decimals) for item in items]
        kind = there[0].kind if there else Kind.INTEGER
        both = zip(wanted, elements.wanted, strict=True)
        return (
            replace(elements, items=tuple(items), wanted=tuple(_every(*pair) for pair in both)),
            kind,
            decimals,
        )

    def _item(
        self,
        path: tuple[str, ...],
        body: tuple[str, Node] | None,
        conditions: Sequence[tuple[str, Node]],
        how: str,
        variables: Variables,
        scope: Scope,
    ) -> tuple[Quantity | None, Stream | None]:
        element = (*path, syntax.ELEMENT)
        wanted: Stream | None = None
        for variable, condition in conditions:
            inner = {**variables, variable: element}
            wanted = _every(wanted, self._quantity(condition, inner, scope).stream)
        if how == "size":
            return None, wanted
        if body is None:
            found = scope.field(element)
            if not isinstance(found, Quantity):
                raise NotAQuantityError("text is looked at record by record")
            return found, wanted
        return self._quantity(body[1], {**variables, body[0]: element}, scope), wanted


def _taken_apart(
    node: Node,
) -> tuple[Node, tuple[str, Node] | None, list[tuple[str, Node]]]:
    """Return the array of a list, what is made of each element, and the conditions on these.

    A variable stands before each node that it is bound in.
    """
    body: tuple[str, Node] | None = None
    conditions: list[tuple[str, Node]] = []
    while isinstance(node, syntax.Comprehension):
        if node.kind == "filter":
            conditions.append((node.variable, node.body))
        elif body is None:
            body = (node.variable, node.body)
            if node.condition is not None:
                conditions.append((node.variable, node.condition))
        else:
            raise NotAQuantityError("a list of a list is looked at record by record")
        node = node.target
    return node, body, conditions


def _every(first: Stream | None, second: Stream | None) -> Stream | None:
    if first is None or second is None:
        return second if first is None else first
    return Joined(lambda one, other: one * other, 2, first, second)


def _literal(value: Scalar) -> Quantity | Texts:
    if isinstance(value, str):
        return Texts(table=(value,), stream=None)
    if isinstance(value, bool):
        return _truth(Constant(int(value)))
    if value is None:
        raise NotAQuantityError("null is looked at record by record")
    number = Decimal(value)
    decimals = max(0, -int(number.as_tuple().exponent))
    units = int(number.scaleb(decimals))
    kind = Kind.DECIMAL if decimals else Kind.INTEGER
    if abs(units) >= MOST:
        raise NotAQuantityError("a number of more than 18 digits")
    return Quantity(kind=kind, stream=Constant(units), low=units, high=units, decimals=decimals)


def _constant(node: syntax.Call) -> Quantity | None:
    """Return a date or duration that is written out; None for any other call."""
    text = node.args[0].value if isinstance(node.args[0], syntax.Literal) else None
    if not isinstance(text, str):
        return None
    if node.function == "duration":
        length = read_duration(text)
        if length is None or length.months:
            raise NotAQuantityError("calendar months have no fixed length")
        units, kind = length.seconds, Kind.DURATION
    else:
        moment = read_datetime(text)
        if moment is None:
            return None
        units, kind = seconds_of(moment), Kind.DATETIME
        if node.function == "date":
            units, kind = units // DAY * DAY, Kind.DATE
    return Quantity(kind=kind, stream=Constant(units), low=units, high=units)


def _truth(stream: Stream) -> Quantity:
    return Quantity(kind=Kind.BOOLEAN, stream=stream, low=0, high=1)


def _flipped(quantity: Quantity) -> Quantity:
    return _truth(Derived(quantity.stream, lambda number: 1 - number, 2))


def _is_there(presence: Stream | None) -> Quantity:
    if presence is None:
        return _truth(Constant(1))
    return _truth(Derived(presence, lambda state: (state == 0) * 1, 2))


def _streams(quantities: Sequence[Quantity]) -> list[Stream]:
    return [each.stream for each in quantities]


def _aligned(quantities: Sequence[Quantity]) -> list[Quantity]:
    """Return numbers with as many decimals each."""
    places = max(each.decimals for each in quantities)
    return [_scaled(each, places) for each in quantities]


def _same_texts(sides: Sequence[Texts]) -> Quantity:
    first, second = sides
    if first.stream is None:
        first, second = second, first
    if second.stream is not None or len(second.table) != 1:
        return _same_tables(first, second)
    wanted = second.table[0]
    if first.stream is None:
        return _truth(Constant(int(first.table[0] == wanted)))
    numbers = tuple(int(entry is not None and entry == wanted) for entry in first.table)
    return _truth(Lookup(first.stream, numbers, 2))


def _same_tables(first: Texts, second: Texts) -> Quantity:
    """Return where two texts are equal, by numbers that equal texts share."""
    numbers = {text: number for number, text in enumerate(dict.fromkeys(first.table))}
    streams: list[Stream] = []
    for place, texts in enumerate((first, second)):
        codes = tuple(
            numbers.get(text, -1 - place) if text is not None else -3 - place
            for text in texts.table
        )
        streams.append(
            Constant(codes[0]) if texts.stream is None else Lookup(texts.stream, codes, MOST)
        )
    return _truth(Joined(lambda one, other: (one == other) * 1, 2, *streams))


def _units(ends: Ends, decimals: int) -> tuple[int, int]:
    low, high = ends
    if low is None or high is None:
        raise NotAQuantityError("a number without ends")
    return math.floor(low * 10**decimals), math.ceil(high * 10**decimals)


def _made(ends: Ends, kind: Kind, stream: Stream, decimals: int = 0) -> Quantity:
    low, high = _units(ends, decimals)
    return Quantity(kind=kind, stream=stream, low=low, high=high, decimals=decimals)


def _kind_of_sum(left: Quantity, right: Quantity, sign: str) -> Kind:
    moments = {Kind.DATE, Kind.DATETIME}
    if left.kind in moments and right.kind in moments and sign == "-":
        return Kind.DURATION
    for one, other in ((left, right), (right, left)):
        if one.kind in moments:
            whole = other.low == other.high and other.low % DAY == 0
            return one.kind if whole else Kind.DATETIME
    if Kind.DURATION in {left.kind, right.kind}:
        return Kind.DURATION
    return Kind.DECIMAL if Kind.DECIMAL in {left.kind, right.kind} else Kind.INTEGER


def _add(ends: Ends, args: list[Quantity], node: syntax.Call) -> Quantity:
    left, right = _aligned(args)
    is_sum = node.function == "+"
    combine = _plus if is_sum else _minus
    stream = Joined(combine, MOST, left.stream, right.stream)
    return _made(ends, _kind_of_sum(left, right, node.function), stream, left.decimals)


def _plus(one: Any, other: Any) -> Any:
    return one + other


def _minus(one: Any, other: Any) -> Any:
    return one - other


def _multiply(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
    left, right = args
    stream = Joined(lambda one, other: one * other, MOST, left.stream, right.stream)
    kinds = {left.kind, right.kind}
    kind = Kind.INTEGER
    if Kind.DURATION in kinds:
        kind = Kind.DURATION
    elif Kind.DECIMAL in kinds:
        kind = Kind.DECIMAL
    return _made(ends, kind, stream, left.decimals + right.decimals)


def _product_ends(left: Quantity, right: Quantity) -> Ends:
    corners = [
        Fraction(one * other, 10 ** (left.decimals + right.decimals))
        for one in (left.low, left.high)
        for other in (right.low, right.high)
    ]
    return min(corners), max(corners)


def _quotient_of(first: Quantity | Ratio | Texts, last: Quantity | Ratio | Texts) -> Ratio | None:
    """Return a quotient without end; None for one that is a quantity."""
    if not isinstance(first, Quantity) or not isinstance(last, Quantity):
        return None
    if _divides(first, last):
        return None
    if last.low <= 0 <= last.high:
        raise NotAQuantityError("the divisor may be 0")
    return Ratio(above=first, below=last)


def _divides(left: Quantity, right: Quantity) -> bool:
    """Return whether a quotient is a whole number, or one with few decimals."""
    if left.kind is right.kind is Kind.INTEGER:
        return True
    if right.low != right.high or not right.low:
        return False
    inverse = 1 / Fraction(right.low, 10**right.decimals)
    return any(10**places % inverse.denominator == 0 for places in range(_MOST_PLACES))


_MOST_PLACES: Final = 10
"""Decimals that a division by a constant may add before it counts as one without end."""


def _months_later(moment: Any, by: Duration) -> Any:
    return add_months(moment, by.months, by.seconds)


def _written_duration(node: Node) -> Duration | None:
    """Return the duration that is written out; None for any other node."""
    if isinstance(node, syntax.Call) and node.function == "duration":
        text = node.args[0]
        if isinstance(text, syntax.Literal) and isinstance(text.value, str):
            return read_duration(text.value)
    return None


def _divide(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
    """Return a division of whole numbers, or one by a constant whose quotients have an end."""
    left, right = args
    if left.kind is right.kind is Kind.INTEGER:
        if right.low <= 0 <= right.high:
            raise NotAQuantityError("the divisor may be 0")
        return _made(ends, Kind.INTEGER, Joined(_truncated, MOST, left.stream, right.stream))
    divisor = Fraction(right.low, 10**right.decimals)
    if right.low != right.high or not divisor:
        raise NotAQuantityError("a quotient without end is rounded record by record")
    inverse = 1 / divisor
    places = _ten_places(inverse.denominator)
    factor = int(inverse * 10**places)
    stream = Derived(left.stream, lambda number: number * factor, MOST)
    return _made(ends, Kind.DECIMAL, stream, left.decimals + places)


def _ten_places(denominator: int) -> int:
    for places in range(_MOST_PLACES):
        if 10**places % denominator == 0:
            return places
    raise NotAQuantityError("a quotient without end is rounded record by record")


def _truncated(one: Any, other: Any) -> Any:
    quotient = abs(one) // abs(other)
    return quotient * (1 - 2 * ((one < 0) ^ (other < 0)))


def _modulo(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
    if args[1].low <= 0 <= args[1].high:
        raise NotAQuantityError("the divisor may be 0")
    stream = Joined(lambda one, other: one - _truncated(one, other) * other, MOST, *_streams(args))
    return _made(ends, Kind.INTEGER, stream)


def _negate(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
    stream = Derived(args[0].stream, lambda number: -number, MOST)
    return _made(ends, args[0].kind, stream, args[0].decimals)


_COMPARE: Final[Mapping[str, Callable[[Any, Any], Any]]] = {
    "<": lambda one, other: (one < other) * 1,
    "<=": lambda one, other: (one <= other) * 1,
    ">": lambda one, other: (one > other) * 1,
    ">=": lambda one, other: (one >= other) * 1,
}


def _compare(_: Ends, args: list[Quantity], node: syntax.Call) -> Quantity:
    left, right = _aligned(args)
    return _truth(Joined(_COMPARE[node.function], 2, left.stream, right.stream))


def _both(_: Ends, args: list[Quantity], node: syntax.Call) -> Quantity:
    return _truth(Extreme(_streams(args), is_least=node.function == "&&"))


def _not(_: Ends, args: list[Quantity], __: syntax.Call) -> Quantity:
    return _flipped(args[0])


def _choose(_: Ends, args: list[Quantity], __: syntax.Call) -> Quantity:
    condition, yes, no = args[0], *_aligned(args[1:])
    if yes.presence is not None or no.presence is not None:
        raise NotAQuantityError("null is looked at record by record")
    kind = yes.kind if yes.kind is no.kind else Kind.DECIMAL
    return Quantity(
        kind=kind,
        stream=Choice(condition.stream, yes.stream, no.stream),
        low=min(yes.low, no.low),
        high=max(yes.high, no.high),
        decimals=yes.decimals,
    )


def _of_arguments(how: str, args: Sequence[Quantity]) -> Quantity:
    """Return the sum, least or greatest of several quantities of as many decimals."""
    if how == "size":
        return Quantity(
            kind=Kind.INTEGER, stream=Constant(len(args)), low=len(args), high=len(args)
        )
    if how not in {"sum", "min", "max"}:
        raise NotAQuantityError("a list is looked at record by record")
    lows, highs = [each.low for each in args], [each.high for each in args]
    kind = Kind.DECIMAL if any(each.kind is Kind.DECIMAL for each in args) else args[0].kind
    if how == "sum":
        stream: Stream = Joined(lambda *numbers: sum(numbers), MOST, *_streams(args))
        low, high = sum(lows), sum(highs)
    else:
        choose = min if how == "min" else max
        stream = Extreme(_streams(args), is_least=how == "min")
        low, high = choose(lows), choose(highs)
    return Quantity(kind=kind, stream=stream, low=low, high=high, decimals=args[0].decimals)


def _extreme(_: Ends, args: list[Quantity], node: syntax.Call) -> Quantity:
    return _of_arguments(node.function, _aligned(args))


def _magnitude(number: Any) -> Any:
    return abs(number)


def _absolute(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
    return _made(ends, args[0].kind, Derived(args[0].stream, _magnitude, MOST), args[0].decimals)


def _round(_: Ends, args: list[Quantity], node: syntax.Call) -> Quantity:
    places = 0
    if len(args) > 1:
        if not isinstance(node.args[1], syntax.Literal):
            raise NotAQuantityError("places that vary are rounded to record by record")
        places = args[1].low
    if places < 0:
        raise NotAQuantityError("places before the point are rounded to record by record")
    found = rounded(args[0], min(places, args[0].decimals))
    kind = Kind.DECIMAL if places else Kind.INTEGER
    return replace(_scaled(found, places), kind=kind)


def _whole(ends: Ends, args: list[Quantity], node: syntax.Call) -> Quantity:
    factor = 10 ** args[0].decimals
    changes: Mapping[str, Callable[[Any], Any]] = {
        "floor": lambda number: number // factor,
        "ceil": lambda number: -(-number // factor),
        "int": lambda number: _truncated(number, factor),
    }
    stream = Derived(args[0].stream, changes[node.function], MOST)
    return _made(ends, Kind.INTEGER, stream)


def _decimal(_: Ends, args: list[Quantity], __: syntax.Call) -> Quantity:
    return replace(args[0], kind=Kind.DECIMAL)


def _to_midnight(ends: Ends, args: list[Quantity], node: syntax.Call) -> Quantity:
    if node.function != "date":
        return replace(args[0], kind=Kind.DATETIME)
    stream = Derived(args[0].stream, lambda seconds: seconds // DAY * DAY, MOST)
    return _made(ends, Kind.DATE, stream)


def _days(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
    seconds: Stream = args[0].stream
    if len(args) > 1:
        seconds = Joined(lambda first, second: second - first, MOST, *_streams(args))
    stream = Derived(seconds, lambda number: _truncated(number, DAY), MOST)
    return _made(ends, Kind.INTEGER, stream)


def _years(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
    def years(first: Any, second: Any) -> Any:
        sign = 1 - 2 * (first > second)
        is_turned = (first > second) * 1
        earlier = first + is_turned * (second - first)
        later = second + is_turned * (first - second)
        whole = civil_year(later // DAY) - civil_year(earlier // DAY)
        # Of two moments of one year: the same as an order of month, day and time.
        early = month_and_day(earlier // DAY) * DAY + earlier % DAY
        late = month_and_day(later // DAY) * DAY + later % DAY
        return sign * (whole - (late < early) * 1)

    return _made(ends, Kind.INTEGER, Joined(years, MOST, *_streams(args)))


def _year(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
    stream = Derived(args[0].stream, lambda seconds: civil_year(seconds // DAY), MOST)
    return _made(ends, Kind.INTEGER, stream)


def _part(
    change: Callable[[Any], Any], size: int = 0
) -> Callable[[Ends, list[Quantity], syntax.Call], Quantity]:
    """Return what reads a part of a moment; ``size`` is that of the part in a duration."""

    def combine(ends: Ends, args: list[Quantity], _: syntax.Call) -> Quantity:
        if args[0].kind is Kind.DURATION:
            stream = Derived(args[0].stream, lambda seconds: _truncated(seconds, size), MOST)
            return _made(ends, Kind.INTEGER, stream)
        return _made(ends, Kind.INTEGER, Derived(args[0].stream, change, MOST))

    return combine


def _same(_: Ends, args: list[Quantity], __: syntax.Call) -> Quantity:
    return replace(args[0], kind=Kind.INTEGER)


_COMBINED: Final[Mapping[str, Callable[[Ends, list[Quantity], syntax.Call], Quantity]]] = {
    "+": _add,
    "-": _add,
    "*": _multiply,
    "/": _divide,
    "%": _modulo,
    "neg": _negate,
    "<": _compare,
    "<=": _compare,
    ">": _compare,
    ">=": _compare,
    "&&": _both,
    "||": _both,
    "!": _not,
    "?:": _choose,
    "min": _extreme,
    "max": _extreme,
    "abs": _absolute,
    "round": _round,
    "floor": _whole,
    "ceil": _whole,
    "int": _whole,
    "decimal": _decimal,
    "double": _decimal,
    "date": _to_midnight,
    "datetime": _to_midnight,
    "timestamp": _to_midnight,
    "days": _days,
    "seconds": _same,
    "years_between": _years,
    "getFullYear": _year,
    "getMonth": _part(lambda seconds: month_and_day(seconds // DAY) // 31),
    "getDate": _part(lambda seconds: month_and_day(seconds // DAY) % 31 + 1),
    "getDayOfMonth": _part(lambda seconds: month_and_day(seconds // DAY) % 31),
    "getDayOfWeek": _part(lambda seconds: (seconds // DAY + 1) % 7),
    "getHours": _part(lambda seconds: seconds // 3600 % 24, 3600),
    "getMinutes": _part(lambda seconds: seconds // 60 % 60, 60),
    "getSeconds": _part(lambda seconds: seconds % 60, 1),
}
