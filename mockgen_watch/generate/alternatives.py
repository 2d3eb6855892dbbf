"""Alternatives: columns and nodes of leaves that have one of several shapes.

The selector is a stream of the number of the alternative; one more than there are means that the
value is absent. All alternatives draw at one address, so that a change of the selector changes as
little as two pools or ranges allow. Alternatives that are all columns become one column: pieces of
text that are empty where another one holds, or one table of all their values.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any, Final, Protocol

from msgspec import Struct
from msgspec.structs import replace

from mockgen_watch.generate import column as columns
from mockgen_watch.generate.address import Cell, Cells, cell_at
from mockgen_watch.generate.column import Column, ColumnKind, Part, State, VariantNode
from mockgen_watch.generate.numbers import fixed_point_text
from mockgen_watch.generate.pools import draw_pool
from mockgen_watch.generate.quantities import MOST, Constant
from mockgen_watch.generate.references import Found, find_part
from mockgen_watch.generate.streams import (
    Derived,
    Drawn,
    Joined,
    Lookup,
    Shared,
    first_presence,
)
from mockgen_watch.generate.text import text_of
from mockgen_watch.masters.shapes import number_or_same
from mockgen_watch.rules.values import is_number, same, seconds_of
from mockgen_watch.spec import model as spec
from mockgen_watch.spec.generators import (
    Alternatives,
    Case,
    Moment,
    MomentKind,
    Pool,
    PoolEntry,
    RowField,
)
from mockgen_watch.spec.moments import DAY, MomentError, read_moment

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from mockgen_watch.generate.address import IntArray, Stream
    from mockgen_watch.generate.column import Node
    from mockgen_watch.generate.draws import FieldDraws
    from mockgen_watch.generate.pools import PoolDraw
    from mockgen_watch.plan.dependents import FieldFacts
    from mockgen_watch.plan.model import RecordPlan
    from mockgen_watch.spec.document import Json

    Strides = tuple[int, ...]


class Selected(Drawn):
    """What the stream of the selected alternative draws; ``streams`` has one for each number."""

    def __init__(self, selector: Stream, streams: Sequence[Stream], size: int) -> None:
        super().__init__(size)
        self.selector = selector
        self.streams = tuple(streams)

    def at(self, cell: Cell) -> int:
        return self.streams[self.selector.at(cell)].at(cell)

    def draw(self, cells: Cells) -> IntArray:
        xp = cells.xp
        selected = self.selector.over(cells)
        found: IntArray = xp.zeros(len(cells.a), xp.int64)
        for number, stream in enumerate(self.streams):
            rows = selected == number
            if rows.any():
                found = xp.where(rows, stream.over(cells), found)
        return found


class Matched(Drawn):
    """The alternative that a value read for each cell asks for."""

    def __init__(self, number_of: Callable[[Cell], int], size: int) -> None:
        super().__init__(size)
        self.number_of = number_of

    def at(self, cell: Cell) -> int:
        return self.number_of(cell)

    def draw(self, cells: Cells) -> IntArray:
        numbers = [self.number_of(cell_at(cells, row)) for row in range(len(cells.a))]
        found: IntArray = cells.xp.array(numbers, cells.xp.int64)
        return found


class Cases(Struct, frozen=True, kw_only=True):
    """The cases of a field; ``otherwise`` is the number for all other values.

    ``moment``: how the field shows dates and times; None where it has none.
    """

    cases: tuple[Case | None, ...]
    otherwise: int
    moment: Moment | None

    def number_of(self, value: Json) -> int:
        """Return the number of the alternative for a value that is there."""
        for number, case in enumerate(self.cases):
            if case is not None and self._holds(case, value):
                return number
        return self.otherwise

    def _holds(self, case: Case, value: Json) -> bool:
        if case.is_value:
            return same(case.value, value)
        units = self.units_of(value)
        if case.is_range:
            low, high = self._end(case.low), self._end(case.high)
            if units is None:
                return False
            return (low is None or low <= units) and (high is None or units <= high)
        if text_of(value) == case.text:
            return True
        own = self._end(case.text)
        return units is not None and own is not None and units == own

    def units_of(self, value: Json) -> Decimal | None:
        """Return what a number, date or time counts; None for any other value."""
        if self.moment is not None:
            kind, form = self.moment.kind, self.moment.format
            seconds = seconds_of(value, kind, form) if isinstance(value, str) else None
            return None if seconds is None else Decimal(seconds)
        return Decimal(value) if is_number(value) else None

    def _end(self, text: str) -> Decimal | None:
        """Return what the text of a number or date counts; None where it is none."""
        if self.moment is None:
            number = number_or_same(text)
            return Decimal(number) if is_number(number) else None
        for form in ("", self.moment.format):
            try:
                units = read_moment(text, self.moment.kind, form)
            except MomentError:
                continue
            return Decimal(units * DAY if self.moment.kind is MomentKind.DATE else units)
        return None


class Compiler(Protocol):
    """What a compiler of records offers to leaves that have one of several shapes."""

    plan: RecordPlan

    @property
    def facts(self) -> FieldFacts: ...

    def node(self, shape: spec.Shape, way: spec.Position, strides: Strides, /) -> Node: ...
    def column(self, leaf: spec.Leaf, way: spec.Position, strides: Strides, /) -> Column: ...
    def field(self, path: spec.KeyPath, way: spec.Position, depth: int, /) -> Column: ...
    def visible_column(self, found: Found, /) -> Column: ...
    def around(self, found: Found, /) -> Iterator[Stream | None]: ...
    def states(self, shape: spec.Shape, way: spec.Position, /) -> Stream | None: ...
    def choice_draws(
        self, leaf: spec.Leaf, way: spec.Position, strides: Strides, /
    ) -> FieldDraws: ...
    def row_of(
        self, leaf: spec.Leaf, row: RowField, way: spec.Position, strides: Strides, /
    ) -> PoolDraw: ...


class AlternativesCompiler:
    """Compiles leaves that have one of several shapes, for the compiler of a plan."""

    def __init__(self, compiler: Compiler) -> None:
        self._compiler = compiler
        self._selectors: dict[spec.Position, Stream] = {}

    def column_of(self, leaf: spec.Leaf, way: spec.Position, strides: Strides) -> Column:
        """Return the column of a leaf all of whose alternatives are leaves."""
        merged = [
            self._compiler.column(each, (*way, spec.Choice(number)), strides)
            for number, each in enumerate(spec.alternatives_of(leaf))
            if isinstance(each, spec.Leaf)
        ]
        return merged_column(self.selector(leaf, way, strides), merged)

    def node_of(self, leaf: spec.Leaf, way: spec.Position, strides: Strides) -> VariantNode:
        """Return the node of a leaf some of whose alternatives are objects or arrays."""
        selector = self.selector(leaf, way, strides)
        nodes = [
            self._compiler.node(each, (*way, spec.Choice(number)), strides)
            for number, each in enumerate(spec.alternatives_of(leaf))
        ]
        present, absent = Constant(State.PRESENT), Constant(State.ABSENT)
        states = [present if node.presence is None else node.presence for node in nodes]
        inner = None
        if selector.size > len(nodes) or any(state is not present for state in states):
            inner = Shared(Selected(selector, [*states, absent], len(State)))
        return VariantNode(
            alternatives=tuple(nodes),
            selector=selector,
            presence=first_presence(self._compiler.states(leaf, way), inner),
        )

    def column_below(self, found: Found) -> Column:
        """Return the column of a field of alternatives, absent where the selected one lacks it."""
        leaf = found.shape
        if not isinstance(leaf, spec.Leaf):
            raise TypeError("only a leaf has alternatives")
        selector = self.selector(leaf, found.way, found.strides)
        names = (*spec.keys_of(found.way), *found.rest)
        merged: list[Column] = []
        for number in range(len(spec.alternatives_of(leaf))):
            way = (*found.way, spec.Choice(number))
            try:
                inner = find_part(self._compiler.plan.shape, names, way)
            except LookupError:
                merged.append(_NOWHERE)
            else:
                merged.append(self._compiler.visible_column(inner))
        column = merged_column(selector, merged)
        own = self._compiler.states(leaf, found.way)
        presence = first_presence(*self._compiler.around(found), own, column.presence)
        return replace(column, presence=presence)

    def selector(self, leaf: spec.Leaf, way: spec.Position, strides: Strides) -> Stream:
        """Return which alternative of a leaf holds, at the cells that it is drawn at."""
        if way not in self._selectors:
            generator = leaf.generator
            if not isinstance(generator, Alternatives):
                raise TypeError("only a leaf with alternatives has a selector")
            if generator.given:
                self._selectors[way] = self._given(generator, way, strides)
            elif generator.row is not None:
                draw = self._compiler.row_of(leaf, generator.row, way, strides)
                self._selectors[way] = _of_row(generator, draw)
            else:
                draws = self._compiler.choice_draws(leaf, way, strides)
                self._selectors[way] = _drawn(generator, draws)
        return self._selectors[way]

    def _given(self, generator: Alternatives, way: spec.Position, strides: Strides) -> Stream:
        cases = tuple(each.case for each in generator.alternatives)
        otherwise = next((n for n, case in enumerate(cases) if case is None), len(cases))
        field = self._compiler.field(generator.given, way, len(strides))
        found = find_part(self._compiler.plan.shape, generator.given, way)
        moment = None
        if isinstance(found.shape, spec.Leaf):
            moment = self._compiler.facts.moment_of(found.shape)
        return selector_of(field, Cases(cases=cases, otherwise=otherwise, moment=moment))


def _of_row(generator: Alternatives, draw: PoolDraw) -> Stream:
    """Return the number of the alternative that belongs to the row that is drawn."""
    places = {each.identity: number for number, each in enumerate(generator.alternatives)}
    numbers = tuple(places[entry.identity] for entry in draw.entries)
    if draw.stream is None:
        return Constant(numbers[0])
    return Shared(Lookup(draw.stream, numbers, len(places)))


def _drawn(generator: Alternatives, draws: FieldDraws) -> Stream:
    """Return the choice of an alternative by weight: that of a pool of their identities."""
    entries = tuple(
        PoolEntry(value=number, weight=each.weight, identity=each.identity, location=each.location)
        for number, each in enumerate(generator.alternatives)
    )
    draw = draw_pool(Pool(entries=entries), draws, "value")
    numbers = tuple(int(str(entry.value)) for entry in draw.entries)
    if draw.stream is None:
        return Constant(numbers[0])
    return Shared(Lookup(draw.stream, numbers, len(entries)))


def selector_of(field: Column, cases: Cases) -> Stream:
    """Return the stream of alternatives that the values of ``field`` ask for."""
    size = len(cases.cases) + 1
    part = field.parts[0]
    is_table = field.read is None and len(field.parts) == 1 and len(part.table) <= _MOST_ENTRIES
    if is_table and not field.finish and not field.coerce:
        values = [_entry(field, entry) for entry in part.table]
        numbers = tuple(map(cases.number_of, values))
        found: Stream = Constant(numbers[0])
        if part.stream is not None:
            found = Lookup(part.stream, numbers, size)
        nothing = cases.number_of(None)
        return Shared(_with_presence(found, field, nothing, cases.otherwise, size))
    read = columns.column_reader(field)
    states = None if field.presence is None else field.presence.at

    def number_of(cell: Cell) -> int:
        state = 0 if states is None else states(cell)
        if state == State.ABSENT:
            return cases.otherwise
        return cases.number_of(read(cell) if state == State.PRESENT else None)

    return Shared(Matched(number_of, size))


_MOST_ENTRIES: Final = 1 << 16


def _with_presence(
    source: Stream, field: Column, nothing: int, otherwise: int, size: int
) -> Stream:
    if field.presence is None:
        return source
    numbers = {State.NULL: nothing, State.ABSENT: otherwise}

    def number(own: Any, state: Any) -> Any:  # noqa: ANN401 - a number or an array of them
        found = own * (state == State.PRESENT)
        for each, other in numbers.items():
            found = found + other * (state == each)
        return found

    return Joined(number, size, source, field.presence)


def _entry(column: Column, entry: Json) -> Json:
    """Return the value that an entry of a column of one part is."""
    if column.kind is ColumnKind.NUMBER and isinstance(entry, str):
        return columns.finished(column, entry)
    return entry


_NOWHERE: Final = Column(
    kind=ColumnKind.VALUE,
    parts=(Part(table=(None,), stream=None),),
    presence=Constant(State.ABSENT),
)
"""The column of a field that is nowhere."""


def merged_column(selector: Stream, alternatives: Sequence[Column]) -> Column:
    """Return the column whose value is that of the selected alternative; absent for none."""
    plain = [_without_nulls(each) for each in alternatives]
    presence = _presence(selector, plain)
    kinds = {kind for each in plain if (kind := _kind_of(each)) is not None}
    if len(kinds) <= 1 and all(each.read is None and not each.slow for each in plain):
        kind = next(iter(kinds), ColumnKind.VALUE)
        if kind is ColumnKind.VALUE:
            return replace(_one_table(selector, plain), presence=presence)
        texts = [_as_pieces(each, kind) for each in plain]
        return replace(_pieces(selector, texts, kind), presence=presence)
    readers = [columns.column_reader(each) for each in plain]
    slow = next((each.slow for each in plain if each.slow), "its alternatives differ in type")
    return Column(
        kind=ColumnKind.VALUE,
        parts=(Part(table=(None,), stream=None),),
        presence=presence,
        read=lambda cell: readers[selector.at(cell)](cell),
        slow=slow,
    )


def _without_nulls(column: Column) -> Column:
    """Return ``column`` with the nulls of its table as states."""
    part = column.parts[0]
    if column.kind is not ColumnKind.VALUE or column.read or len(part.table) > _MOST_ENTRIES:
        return column
    nulls = tuple(int(State.NULL) * (entry is None) for entry in part.table)
    if not any(nulls):
        return column
    states: Stream = Constant(nulls[0])
    if part.stream is not None:
        states = Lookup(part.stream, nulls, len(State))
    if column.presence is not None:
        states = Joined(lambda own, other: own + (own == 0) * other, 3, column.presence, states)
    return replace(column, presence=states)


def _presence(selector: Stream, alternatives: Sequence[Column]) -> Stream | None:
    present, absent = Constant(int(State.PRESENT)), Constant(int(State.ABSENT))
    streams = [present if each.presence is None else each.presence for each in alternatives]
    is_always = selector.size <= len(streams)
    if is_always and all(stream is present for stream in streams):
        return None
    return Shared(Selected(selector, [*streams, absent], len(State)))


def _kind_of(column: Column) -> ColumnKind | None:
    """Return what kind a column's values are, by its table; None where they are all null."""
    if column.kind is not ColumnKind.VALUE or column.read is not None:
        return column.kind
    table = column.parts[0].table
    if len(table) > _MOST_ENTRIES:
        return ColumnKind.VALUE
    values = [entry for entry in table if entry is not None]
    if not values:
        return None
    if all(map(is_number, values)):
        return ColumnKind.NUMBER
    is_text = all(isinstance(value, str) for value in values)
    return ColumnKind.TEXT if is_text else ColumnKind.VALUE


def _as_pieces(column: Column, kind: ColumnKind) -> Column:
    """Return a column whose table holds values of one kind as a column of their texts."""
    if column.kind is not ColumnKind.VALUE:
        return column
    part = column.parts[0]
    texts = tuple("" if entry is None else _written(entry) for entry in part.table)
    return replace(column, kind=kind, parts=(Part(table=texts, stream=part.stream),))


def _written(value: Json) -> str:
    """Return a text as it is, and a number as JSON has it."""
    if isinstance(value, Decimal):
        exponent = value.as_tuple().exponent
        if isinstance(exponent, int) and exponent < 0:
            return fixed_point_text(int(value.scaleb(-exponent)), -exponent)
    return text_of(value)


def _pieces(selector: Stream, texts: Sequence[Column], kind: ColumnKind) -> Column:
    parts: list[Part] = []
    for number, each in enumerate(texts):
        parts += [_guarded(part, selector, number) for part in each.parts]
    finish = texts[0].finish
    if any(each.finish != finish or each.coerce for each in texts):
        readers = [columns.column_reader(each) for each in texts]
        return Column(
            kind=ColumnKind.VALUE,
            parts=(Part(table=(None,), stream=None),),
            read=lambda cell: readers[selector.at(cell)](cell),
            slow="its alternatives are transformed in several ways",
        )
    units, decimals = _units(selector, texts)
    return Column(
        kind=kind, parts=tuple(parts), finish=finish, units=units, decimals=decimals,
        slow=next((each.slow for each in texts if each.slow), ""),
    )  # fmt: skip


def _guarded(part: Part, selector: Stream, number: int) -> Part:
    """Return a part that is empty where another alternative is selected."""
    table, stream = part.table, part.stream
    entries = columns.LazyTable(len(table) + 1, lambda n: table[n - 1] if n else "")
    if stream is None:
        chosen = Derived(selector, lambda selected: (selected == number) * 1, 2)
        return Part(table=entries, stream=chosen)
    one_more = partial(_one_more, own=number)
    return Part(table=entries, stream=Joined(one_more, stream.size + 1, stream, selector))


def _one_more(entry: Any, selected: Any, own: int) -> Any:  # noqa: ANN401 - as above
    return (entry + 1) * (selected == own)


def _units(selector: Stream, texts: Sequence[Column]) -> tuple[Stream | None, int]:
    """Return the numbers that the alternatives count, where all do so in the same units."""
    streams = [each.units for each in texts if each.units is not None]
    decimals = {each.decimals for each in texts}
    if len(streams) < len(texts) or len(decimals) > 1:
        return None, 0
    return Shared(Selected(selector, [*streams, Constant(0)], MOST)), decimals.pop()


def _one_table(selector: Stream, alternatives: Sequence[Column]) -> Column:
    """Return the column of one table of all values."""
    table: list[Json] = []
    streams: list[Stream] = []
    for each in alternatives:
        part = each.parts[0]
        start = len(table)
        values = [_entry(each, entry) for entry in columns.drawn(part)]
        table += values
        own: Stream = Constant(0) if part.stream is None else part.stream
        streams.append(Derived(own, partial(_shifted, by=start), len(table)))
    numbers = Shared(Selected(selector, [*streams, Constant(0)], len(table)))
    return Column(kind=ColumnKind.VALUE, parts=(Part(table=tuple(table), stream=numbers),))


def _shifted(number: Any, by: int) -> Any:  # noqa: ANN401 - as above
    return number + by
