"""Compiled records: their nodes and columns, and the values that are read from them.

``generate.compile`` makes a ``Program`` of a ``RecordPlan``; ``formats`` turn it into tables of
fragments for whole chunks. Reading one record at a time, in plain Python, is the seed contract's
reference and the path of small jobs: NumPy is never imported here. Values are exact: int, Decimal
with the declared places, str, bool, None, list and dict. They are the caller's own, to keep and to
change.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal
from enum import IntEnum, StrEnum
from functools import cache
from typing import TYPE_CHECKING, TypeAlias, overload

from msgspec import Struct, field

from mockgen_watch.generate.address import cell_at, cell_of_element, record_cell
from mockgen_watch.masters.shapes import number_or_same
from mockgen_watch.spec.transforms import transformed

if TYPE_CHECKING:
    from mockgen_watch.generate.address import Cell, Cells, IntArray, Stream
    from mockgen_watch.spec.document import Json
    from mockgen_watch.spec.model import Transform

    Reader: TypeAlias = Callable[[Cell], Json]


class ColumnKind(StrEnum):
    """How the parts of a column make its value."""

    VALUE = "value"
    """One part; its table holds whole JSON values."""
    TEXT = "text"
    """The pieces (str) of all parts, joined, are a string."""
    NUMBER = "number"
    """The pieces (str) of all parts, joined, are the text of a JSON number."""


class State(IntEnum):
    """What a presence stream draws."""

    PRESENT = 0
    NULL = 1
    ABSENT = 2


class LazyTable(Sequence["Json"]):
    """``make(0)`` to ``make(size - 1)``, each made when it is asked for.

    An open table has entries beyond its size too, for records beyond the planned count.
    """

    def __init__(self, size: int, make: Callable[[int], Json], *, is_open: bool = False) -> None:
        self.size = size
        self.make = make
        self.is_open = is_open

    def __len__(self) -> int:
        return self.size

    def __iter__(self) -> Iterator[Json]:
        return map(self.make, range(self.size))

    @overload
    def __getitem__(self, index: int) -> Json: ...
    @overload
    def __getitem__(self, index: slice) -> tuple[Json, ...]: ...
    def __getitem__(self, index: int | slice) -> Json | tuple[Json, ...]:
        if isinstance(index, slice):
            return tuple(map(self.make, range(*index.indices(self.size))))
        if -self.size <= index < self.size:
            return self.make(index % self.size)
        if self.is_open and index >= 0:
            return self.make(index)
        raise IndexError(index)


class Part(Struct, frozen=True, kw_only=True, eq=False):
    """A table and the stream of indexes into it.

    ``table`` is a sequence of JSON values (VALUE columns) or of text pieces; ``stream.size`` is at
    most its length. A constant piece has a table of one and no stream. Long tables are lazy, so
    small jobs should not walk them.
    """

    table: Sequence[Json]
    stream: Stream | None


class Column(Struct, frozen=True, kw_only=True, eq=False):
    """A leaf, compiled.

    Attributes:
        kind: how the parts make the value.
        parts: at least one.
        presence: draws ``State``; None when the leaf is always there and never null.
        finish: transforms that only the joined text can take; a column that has any cannot be
            made of fragments, its text is made record by record (``slow`` says why).
        coerce: turn joined text that is exactly a JSON number into that number (the master's
            leaf is a number); also only possible on the joined text.
        read: makes the text of a cell where parts cannot; ``finish`` and ``coerce`` come after.
        read_over: what ``read`` makes, for some rows of a chunk (int64[n]); only beside ``read``.
        quick: makes the value of a cell at once, the same that the parts make.
        slow: why this column has no fragments; empty when it has.
        units: of numbers, and of dates and times, whose text is of several parts: draws them as
            whole numbers: in units of the last decimal, in days or in seconds.
        decimals: of numbers that ``units`` draws.
    """

    kind: ColumnKind
    parts: tuple[Part, ...]
    presence: Stream | None = None
    finish: tuple[Transform, ...] = ()
    coerce: bool = False
    read: Callable[[Cell], Json] | None = None
    read_over: Callable[[Cells, IntArray], Iterator[Json]] | None = None
    quick: Callable[[Cell], Json] | None = None
    slow: str = ""
    units: Stream | None = None
    decimals: int = 0


class ObjectNode(Struct, frozen=True, kw_only=True, eq=False):
    """An object: names and nodes in the order of writing."""

    members: tuple[tuple[str, Node], ...]
    presence: Stream | None = None


class ArrayNode(Struct, frozen=True, kw_only=True, eq=False):
    """An array: ``elements[e]`` is the node of element e, drawn with cells one level deeper.

    ``length`` draws how many of them there are, ``minimum`` at least; None when all of them are.
    Every element node of a variable array is the same object.
    """

    elements: tuple[Node, ...]
    minimum: int
    length: Stream | None
    presence: Stream | None = None


class VariantNode(Struct, frozen=True, kw_only=True, eq=False):
    """A value that has one of several shapes: ``alternatives[n]`` where ``selector`` draws n.

    Where it draws one more than there are, ``presence`` says that nothing is there.
    """

    alternatives: tuple[Node, ...]
    selector: Stream
    presence: Stream | None = None


Node: TypeAlias = "Column | ObjectNode | ArrayNode | VariantNode"


class Program(Struct, frozen=True, kw_only=True, eq=False):
    """A compiled RecordPlan.

    Attributes:
        root: the record.
        base_key: the 64-bit key that ``address.lanes_of_record`` takes: seed and model.
        count: records that the plan has.
        stated: path and value of what some records hold that are not made by ``root`` alone.
        readers: what reads ``root``, once it was asked for; at most one.
    """

    root: ObjectNode
    base_key: int
    count: int
    stated: tuple[tuple[tuple[str, ...], Json], ...] = ()
    readers: list[Callable[[Cell], dict[str, Json]]] = field(default_factory=list)


def record_at(program: Program, index: int) -> dict[str, Json]:
    """Return record ``index``, whatever the count and without the records before it."""
    if not program.readers:
        program.readers.append(_object_reader(program.root))
    return program.readers[0](record_cell(program.base_key, index))


def node_reader(node: Node) -> Reader:
    """Return the function that reads ``node`` as if it were there and not null."""
    if isinstance(node, Column):
        return column_reader(node)
    if isinstance(node, VariantNode):
        readers, select = [node_reader(each) for each in node.alternatives], node.selector.at
        return lambda cell: readers[select(cell)](cell)
    return _array_reader(node) if isinstance(node, ArrayNode) else _object_reader(node)


def column_reader(column: Column) -> Reader:
    """Return the function that reads a column as if it were there and not null."""
    if column.quick is not None:
        return column.quick
    if column.read is None and column.kind is ColumnKind.VALUE:
        return _value_reader(column.parts[0])
    read = column.read or _text_reader(column.parts)
    if column.kind is ColumnKind.TEXT and not column.finish and not column.coerce:
        return read

    def finish(cell: Cell) -> Json:
        value = read(cell)
        return finished(column, value) if isinstance(value, str) else value

    return finish


def values_over(node: Node, cells: Cells, rows: IntArray) -> Iterator[Json]:
    """Yield the value of ``node`` for the given rows of a chunk, as if it were there each time.

    Numbers are drawn for the whole chunk at once, but for what is in arrays.
    """
    if isinstance(node, ObjectNode):
        return iter(_objects_over(node, cells, rows))
    if isinstance(node, Column) and node.read_over is not None:
        return node.read_over(cells, rows)
    if not isinstance(node, Column) or node.read is not None:
        read = node_reader(node)
        return (read(cell_at(cells, row)) for row in rows.tolist())
    pieces = [_entries_over(part, cells, rows) for part in node.parts]
    if node.kind is ColumnKind.VALUE:
        return (own(value) for value in pieces[0])
    return (finished(node, joined_text(texts)) for texts in zip(*pieces, strict=True))


def own(value: Json) -> Json:
    """Return ``value`` for its receiver to keep: objects and arrays of a table are copied."""
    if isinstance(value, dict):
        return {key: own(item) for key, item in value.items()}
    return [own(item) for item in value] if isinstance(value, list) else value


def _object_reader(node: ObjectNode) -> Callable[[Cell], dict[str, Json]]:
    members = [
        (name, None if child.presence is None else child.presence.at, node_reader(child))
        for name, child in node.members
    ]
    always = [(name, read) for name, presence, read in members if presence is None]
    if len(always) == len(members):
        return lambda cell: {name: read(cell) for name, read in always}

    def read_object(cell: Cell) -> dict[str, Json]:
        made: dict[str, Json] = {}
        for name, presence, read in members:
            state = 0 if presence is None else presence(cell)
            if state == State.PRESENT:
                made[name] = read(cell)
            elif state == State.NULL:
                made[name] = None
        return made

    return read_object


def _array_reader(node: ArrayNode) -> Reader:
    @cache
    def reader_of(child: Node) -> tuple[Callable[[Cell], int] | None, Reader]:
        return None if child.presence is None else child.presence.at, node_reader(child)

    elements = [reader_of(child) for child in node.elements]
    length = None if node.length is None else node.length.at

    def read_array(cell: Cell) -> Json:
        made: list[Json] = []
        present = elements if length is None else elements[: length(cell)]
        for place, (presence, read) in enumerate(present):
            below = cell_of_element(cell, place)
            state = 0 if presence is None else presence(below)
            if state == State.PRESENT:
                made.append(read(below))
            elif state == State.NULL:
                made.append(None)
        return made

    return read_array


def _value_reader(part: Part) -> Reader:
    is_shared = any(isinstance(value, dict | list) for value in part.table)
    read = _entry_reader(part)
    return (lambda cell: own(read(cell))) if is_shared else read


def _text_reader(parts: Sequence[Part]) -> Reader:
    if len(parts) == 1:
        return _entry_reader(parts[0])
    pairs = [
        (_finder(part.table), (lambda _: 0) if part.stream is None else part.stream.at)
        for part in parts
    ]
    return lambda cell: joined_text([find(draw(cell)) for find, draw in pairs])


def _entry_reader(part: Part) -> Reader:
    if part.stream is None:
        value = part.table[0]
        return lambda _: value
    find, draw = _finder(part.table), part.stream.at
    return lambda cell: find(draw(cell))


def _finder(table: Sequence[Json]) -> Callable[[int], Json]:
    """Return what finds an entry of ``table``; those of a lazy table are made once.

    Entries of an open table have no end, so they are not kept.
    """
    is_open = isinstance(table, LazyTable) and table.is_open
    return (
        table.__getitem__
        if is_open or isinstance(table, tuple | list)
        else cache(table.__getitem__)
    )


def _entries_over(part: Part, cells: Cells, rows: IntArray) -> list[Json]:
    if part.stream is None:
        return [part.table[0]] * len(rows)
    return list(map(_finder(part.table), part.stream.over(cells)[rows].tolist()))


def _objects_over(node: ObjectNode, cells: Cells, rows: IntArray) -> list[dict[str, Json]]:
    made: list[dict[str, Json]] = [{} for _ in range(len(rows))]
    for name, child in node.members:
        if child.presence is None:
            for record, value in zip(made, values_over(child, cells, rows), strict=True):
                record[name] = value
            continue
        states = child.presence.over(cells)[rows]
        values = values_over(child, cells, rows[states == State.PRESENT])
        for record, state in zip(made, states.tolist(), strict=True):
            if state == State.PRESENT:
                record[name] = next(values)
            elif state == State.NULL:
                record[name] = None
    return made


def drawn(part: Part) -> tuple[Json, ...]:
    """Return the entries of a part's table that its stream can draw."""
    return tuple(part.table[: 1 if part.stream is None else part.stream.size])


def streams_of(parts: Iterable[Part]) -> tuple[Stream, ...]:
    """Return the streams of ``parts``, each once."""
    streams = [part.stream for part in parts if part.stream is not None]
    return tuple({id(stream): stream for stream in streams}.values())


def combined_texts(parts: Sequence[Part]) -> Iterator[str]:
    """Yield the text of each combination of what the streams draw, the last one's first."""
    streams, tables = streams_of(parts), [drawn(part) for part in parts]
    for numbers in itertools.product(*[range(stream.size) for stream in streams]):
        number_of = dict(zip(map(id, streams), numbers, strict=True))
        pairs = zip(tables, parts, strict=True)
        yield joined_text([table[number_of.get(id(part.stream), 0)] for table, part in pairs])


def joined_text(pieces: Iterable[Json]) -> str:
    """Return the pieces of a text or number column, joined."""
    return "".join(pieces)  # type: ignore[arg-type]  # their tables hold text alone


def finished(column: Column, text: str) -> Json:
    """Return the value whose parts join to ``text``."""
    if column.kind is ColumnKind.NUMBER:
        return Decimal(text) if "." in text else int(text)
    if column.finish:
        text = transformed(text, column.finish)
    return number_or_same(text) if column.coerce else text
