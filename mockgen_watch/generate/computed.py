"""Computed values and bounds: columns and streams of expressions over other fields.

Where the expression is a quantity its numbers are computed for whole chunks; else it is evaluated
for each record, and the column says why it is slow.
"""

from __future__ import annotations

from datetime import date, datetime, time
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from msgspec import Struct

from mockgen_watch.diagnostics import Diagnostic
from mockgen_watch.errors import FindingsError
from mockgen_watch.expressions import values
from mockgen_watch.expressions.evaluating import compile_node
from mockgen_watch.expressions.syntax import ELEMENT, fields_of
from mockgen_watch.expressions.types import Kind
from mockgen_watch.expressions.values import DAY, seconds_of
from mockgen_watch.generate import quantities as q
from mockgen_watch.generate.address import Cell, Cells, cell_at, cell_of_element
from mockgen_watch.generate.column import Column, ColumnKind, Part, State, column_reader
from mockgen_watch.generate.dates import moment_texts
from mockgen_watch.generate.expressions import compile_quantity
from mockgen_watch.generate.numbers import measured_column
from mockgen_watch.generate.references import (
    Found,
    OuterCell,
    Redirected,
    find_part,
    most_elements,
)
from mockgen_watch.generate.streams import Derived, Drawn, Shared
from mockgen_watch.spec import generators
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.moments import ISO_FORMATS, format_units

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mockgen_watch.expressions.checking import Checked
    from mockgen_watch.generate.address import IntArray, Stream
    from mockgen_watch.plan.dependents import FieldFacts

    Name = tuple[str, ...]


class Fields(Protocol):
    """What a compiler of records offers to expressions."""

    @property
    def facts(self) -> FieldFacts: ...
    @property
    def shape(self) -> spec.ObjectShape: ...

    def visible_column(self, found: Found, /) -> Column:
        """Return the column of a leaf, absent where an object on the way is."""
        ...

    def visible_states(self, found: Found, /) -> Stream | None:
        """Return the presence of a leaf, absent where an object on the way is."""
        ...

    def redirected(self, column: Column, found: Found, depth: int, /) -> Column:
        """Return a column for cells in ``depth`` arrays."""
        ...

    def lengths(self, array: spec.ArrayShape, way: spec.Position, /) -> Stream | None:
        """Return how many elements an array has; None: always the most."""
        ...

    def states(self, shape: spec.Shape, way: spec.Position, /) -> Stream | None:
        """Return the presence of a shape where it is drawn."""
        ...

    def selector(self, found: Found, /) -> Stream:
        """Return which alternative a leaf takes, where it is drawn."""
        ...


class FieldScope:
    """The names of an expression, seen from one leaf, or from an element of an array.

    Attributes:
        asker: the position of the leaf or element.
    """

    def __init__(
        self, fields: Fields, expression: generators.Expression, asker: spec.Position
    ) -> None:
        self.fields = fields
        self.expression = expression
        self.asker = asker
        self.depth = sum(isinstance(step, int) for step in asker)
        self._bound = fields.facts.facts_for(expression)

    def found(self, name: Name) -> Found:
        """Return what a name leads to."""
        path = self._bound.path_of(name)
        if path is None:
            raise q.NotAQuantityError(f"{'.'.join(name)} is not known")
        found = find_part(self.fields.shape, path, self.asker)
        if name[-1] == ELEMENT and isinstance(found.shape, spec.ArrayShape):
            place = self.asker[len(found.way)]
            if isinstance(place, int):
                element = spec.element_shapes(found.shape)[place]
                return Found(
                    shape=element,
                    way=(*found.way, place),
                    strides=(*found.strides, most_elements(found.shape)),
                    objects=found.objects,
                )
        return found

    def column(self, name: Name) -> Column:
        """Return the column of a name, at the asking cell."""
        found = self.found(name)
        return self.fields.redirected(self.fields.visible_column(found), found, self.depth)

    def field(self, name: Name) -> q.Quantity | q.Texts:
        found = self.found(name)
        leaf = found.shape
        if not isinstance(leaf, spec.Leaf):
            raise q.NotAQuantityError("an object or a list is evaluated record by record")
        facts = self.fields.facts
        return q.quantity_of(self.column(name), facts.type_of(leaf).kind, facts.leaf_ends(leaf))

    def presence(self, name: Name) -> Stream | None:
        found = self.found(name)
        if not isinstance(found.shape, spec.Leaf):
            raise q.NotAQuantityError("an object is evaluated record by record")
        if isinstance(found.shape.generator, generators.Number | generators.Moment):
            # Its own bounds may ask whether it is there.
            states = self.fields.visible_states(found)
            depth = len(found.strides)
            return (
                states
                if states is None or depth >= self.depth
                else Redirected(states, OuterCell(depth))
            )
        return self.column(name).presence

    def elements(self, name: Name) -> tuple[q.Elements, tuple[FieldScope, ...]]:
        found = self.found(name)
        array = found.shape
        if not isinstance(array, spec.ArrayShape):
            raise q.NotAQuantityError("a list is evaluated record by record")
        depth = len(found.strides)
        scopes = self.element_scopes(found)
        wanted = [self._wanted(array, found.way, n) for n in range(len(scopes))]
        elements = q.Elements(
            items=(None,) * len(scopes),
            wanted=tuple(wanted),
            length=self.fields.lengths(array, found.way),
            way=OuterCell(depth) if depth < self.depth else None,
        )
        return elements, scopes

    def element_scopes(self, found: Found) -> tuple[FieldScope, ...]:
        """Return the scope of each element of an array."""
        array = found.shape
        if not isinstance(array, spec.ArrayShape):
            return ()
        shapes = spec.element_shapes(array)
        inner = [
            FieldScope(self.fields, self.expression, (*found.way, place))
            for place in range(len(shapes))
        ]
        most = most_elements(array)
        return tuple(inner[min(place, len(shapes) - 1)] for place in range(most))

    def _wanted(self, array: spec.ArrayShape, way: spec.Position, place: int) -> Stream | None:
        shapes = spec.element_shapes(array)
        number = min(place, len(shapes) - 1)
        states = self.fields.states(shapes[number], (*way, number))
        if states is None or not shapes[number].modifiers.omit:
            return None
        return Derived(states, lambda state: (state != State.ABSENT) * 1, 2)


def typed_reader(
    scope: FieldScope, name: Name, asked: Sequence[Name]
) -> tuple[Callable[[Cell], int] | None, Any]:
    """Return what reads the states of a name, or None, and what reads its value when it is there.

    The value is as expressions take it: dates are datetimes, objects dicts, arrays lists. Of the
    members of an object only those are read that lie on the way to what is ``asked``, or below:
    another may be what the expression computes.
    """
    return _reader_of(scope, name, scope.found(name), asked)


def _reader_of(
    scope: FieldScope, name: Name, found: Found, asked: Sequence[Name]
) -> tuple[Callable[[Cell], int] | None, Any]:
    if not found.rest and isinstance(found.shape, spec.Leaf) and spec.has_parts(found.shape):
        return _variant_reader(scope, name, found, asked)
    if isinstance(found.shape, spec.Leaf):
        column = scope.fields.redirected(scope.fields.visible_column(found), found, scope.depth)
        states = None if column.presence is None else column.presence.at
        return states, _value_reader(column, scope.fields.facts.type_of(found.shape).kind)
    depth = len(found.strides)
    presence = scope.fields.states(found.shape, found.way)
    states = None
    if presence is not None:
        draw = presence.at
        states = lambda cell: draw(_outer(cell, depth))  # noqa: E731
    if isinstance(found.shape, spec.ArrayShape):
        return states, _array_reader(scope, name, found, asked)
    members = [
        (member.name, *typed_reader(scope, (*name, member.name), asked))
        for member in found.shape.members
        if not member.shape.modifiers.delete and _is_on_the_way((*name, member.name), asked)
    ]
    return states, partial(_read_object, members=members)


def _is_on_the_way(name: Name, asked: Sequence[Name]) -> bool:
    return any(name[: len(other)] == other[: len(name)] for other in asked)


def _variant_reader(
    scope: FieldScope, name: Name, found: Found, asked: Sequence[Name]
) -> tuple[Callable[[Cell], int], Any]:
    """Return what reads a value that has one of several shapes, where some are no leaves."""
    depth = len(found.strides)
    select = scope.fields.selector(found)
    own = scope.fields.states(found.shape, found.way)
    readers = []
    shapes = spec.alternatives_of(found.shape) if isinstance(found.shape, spec.Leaf) else ()
    for number, shape in enumerate(shapes):
        way = (*found.way, spec.Choice(number))
        inner = Found(shape=shape, way=way, strides=found.strides, objects=())
        below = FieldScope(scope.fields, scope.expression, way)
        readers.append(_reader_of(below, name, inner, asked))
    count = len(readers)

    def states(cell: Cell) -> int:
        home = _outer(cell, depth)
        state = 0 if own is None else own.at(home)
        chosen = select.at(home)
        if state or chosen >= count:
            return state or State.ABSENT
        inner = readers[chosen][0]
        return 0 if inner is None else inner(home)

    def read(cell: Cell) -> Any:
        home = _outer(cell, depth)
        return readers[select.at(home)][1](home)

    return states, read


def _outer(cell: Cell, depth: int) -> Cell:
    return OuterCell(depth).cell(cell)


def _read_object(cell: Cell, members: list[tuple[str, Any, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, states, read in members:
        state = 0 if states is None else states(cell)
        if state != State.ABSENT:
            made[name] = read(cell) if state == State.PRESENT else None
    return made


def _array_reader(
    scope: FieldScope, name: Name, found: Found, asked: Sequence[Name]
) -> Callable[[Cell], list[Any]]:
    array = found.shape
    if not isinstance(array, spec.ArrayShape):
        raise TypeError("only an array has elements")
    depth = len(found.strides)
    length = scope.fields.lengths(array, found.way)
    element = (*name, ELEMENT)
    scopes = scope.element_scopes(found)
    readers = {inner: typed_reader(inner, element, asked) for inner in dict.fromkeys(scopes)}
    elements = [readers[inner] for inner in scopes]

    def read(cell: Cell) -> list[Any]:
        home = _outer(cell, depth)
        count = len(elements) if length is None else length.at(home)
        made: list[Any] = []
        for place in range(count):
            states, value = elements[place]
            below = cell_of_element(home, place)
            state = 0 if states is None else states(below)
            if state != State.ABSENT:
                made.append(value(below) if state == State.PRESENT else None)
        return made

    return read


def _value_reader(column: Column, kind: Kind) -> Callable[[Cell], Any]:
    units = column.units
    if units is not None and kind in {Kind.DATE, Kind.DATETIME, Kind.TIME}:
        draw = units.at
        if kind is Kind.TIME:
            return lambda cell: values.moment_of(draw(cell)).time()
        size = DAY if kind is Kind.DATE else 1
        return lambda cell: values.moment_of(draw(cell) * size)
    return column_reader(column)


def evaluator(scope: FieldScope, checked: Checked) -> Callable[[Cell], Any]:
    """Return what evaluates an expression for one cell.

    It raises ``FindingsError`` where the expression has no value, which its types rule out but
    for what they cannot know: a division by 0, an element that is not there.
    """
    run = compile_node(checked.node)
    expression = scope.expression
    asked = fields_of(checked.node)
    readers = [(name, *typed_reader(scope, name, asked)) for name in _whole_names(asked)]

    def read(cell: Cell) -> Any:
        names: dict[str, Any] = {}
        for name, states, value in readers:
            state = 0 if states is None else states(cell)
            home = names
            for key in name[:-1]:
                home = home.setdefault(key, {})
            if state != State.ABSENT:
                home[name[-1]] = value(cell) if state == State.PRESENT else None
        try:
            return run(names)
        except (values.EvaluationError, values.TooMuchWorkError) as error:
            raise FindingsError([_no_value(expression, cell.index, str(error))]) from error

    return read


def _no_value(expression: generators.Expression, index: int, reason: str) -> Diagnostic:
    return Diagnostic(
        code="MG404",
        message=f"record {index}: {expression.text} has no value: {reason}",
        location=expression.text_location,
        hint="ask first, such as record.b != 0 ? record.a / record.b : 0",
    )


def _whole_names(asked: Sequence[Name]) -> Iterator[Name]:
    """Yield the fields that an expression reads, arrays as a whole; each root is there."""
    seen: set[Name] = set()
    for name in asked:
        end = name.index(ELEMENT) if ELEMENT in name else len(name)
        if name[:end] not in seen:
            seen.add(name[:end])
            yield name[:end]


class Evaluated(Drawn):
    """Numbers that an expression gives, cell by cell."""

    def __init__(self, read: Callable[[Cell], int]) -> None:
        super().__init__(q.MOST)
        self.read = read

    def at(self, cell: Cell) -> int:
        return self.read(cell)

    def draw(self, cells: Cells) -> IntArray:
        numbers = [self.read(cell_at(cells, row)) for row in range(len(cells.a))]
        found: IntArray = cells.xp.array(numbers, cells.xp.int64)
        return found


def computed_column(computed: generators.Computed, scope: FieldScope) -> Column:
    """Return the column of an expression's values."""
    checked = scope.fields.facts.checked(computed.expression)
    kind = checked.type.kind
    if checked.type.is_nullable or checked.type.is_optional or not checked.type.is_known:
        reason = "what kind of value it has is known record by record"
        return _slow_column(computed, scope, checked, reason)
    places = checked.type.decimals if computed.decimals is None else computed.decimals
    facts = scope.fields.facts.facts_for(computed.expression)
    try:
        found = compile_quantity(checked, facts, scope)
        if isinstance(found, q.Ratio) or kind in {Kind.INTEGER, Kind.DECIMAL}:
            found = q.rounded(found, places or 0)
    except q.NotAQuantityError as error:
        return _slow_column(computed, scope, checked, str(error))
    return _column_of(found, kind, computed.format)


def _column_of(quantity: q.Quantity, kind: Kind, form: str) -> Column:
    stream = Shared(quantity.stream)
    if kind in {Kind.INTEGER, Kind.DECIMAL}:
        return measured_column(stream, quantity.low, quantity.high, quantity.decimals)
    if kind is Kind.BOOLEAN:
        part = Part(table=(False, True), stream=stream)
        return Column(kind=ColumnKind.VALUE, parts=(part,))
    moment, size = _MOMENTS[kind]
    units = stream if size == 1 else Shared(Derived(stream, lambda n: n // DAY, q.MOST))
    shown = generators.Moment(
        kind=moment,
        first=max(0, quantity.low // size),
        last=quantity.high // size,
        step=1,
        format=form or ISO_FORMATS[moment],
    )
    return moment_texts(shown, units)


_MOMENTS: Final = {
    Kind.DATE: (generators.MomentKind.DATE, DAY),
    Kind.DATETIME: (generators.MomentKind.DATETIME, 1),
    Kind.TIME: (generators.MomentKind.TIME, 1),
}


def _slow_column(
    computed: generators.Computed, scope: FieldScope, checked: Checked, reason: str
) -> Column:
    evaluate = evaluator(scope, checked)
    written = Written(computed, checked.type.kind, checked.type.decimals)
    return Column(
        kind=_COLUMN_KINDS.get(checked.type.kind, ColumnKind.TEXT),
        parts=(Part(table=("0",), stream=None),),
        read=lambda cell: written.value(evaluate(cell)),
        slow=reason,
    )


_COLUMN_KINDS: Final = {
    Kind.INTEGER: ColumnKind.NUMBER,
    Kind.DECIMAL: ColumnKind.NUMBER,
    Kind.BOOLEAN: ColumnKind.VALUE,
    Kind.ANY: ColumnKind.VALUE,
    Kind.NULL: ColumnKind.VALUE,
}


class Written(Struct, frozen=True):
    """How the values of an expression are written."""

    computed: generators.Computed
    kind: Kind
    decimals: int | None

    def value(self, value: Any) -> Any:
        """Return the JSON value of what was evaluated."""
        if isinstance(value, datetime | time):
            return self._moment(value)
        if not values.is_number(value):
            return value
        places = self.decimals if self.computed.decimals is None else self.computed.decimals
        return value if places is None else values.rounded(value, places)

    def _moment(self, value: datetime | time) -> str:
        kind, size = _MOMENTS.get(self.kind, _MOMENTS[Kind.DATETIME])
        if isinstance(value, time):
            value = datetime.combine(date.min, value)
        units = seconds_of(value) // size
        return format_units(units, self.computed.format or ISO_FORMATS[kind], kind)
