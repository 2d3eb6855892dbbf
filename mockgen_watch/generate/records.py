"""Values of compiled records, in plain Python, one record at a time.

This is the seed contract's reference, and the path of small jobs: NumPy is never imported here.
Values are exact: int, Decimal with the declared places, str, bool, None, list and dict. They are
the caller's own, to keep and to change.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from mockgen_watch.generate.address import cell_at, cell_of_element, record_cell
from mockgen_watch.generate.column import (
    ArrayNode,
    Column,
    ColumnKind,
    LazyTable,
    ObjectNode,
    State,
    finished,
    joined_text,
)
from mockgen_watch.generate.pools import EqualPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from typing import TypeAlias

    from mockgen_watch.generate.address import Cell, Cells, IntArray
    from mockgen_watch.generate.column import Node, Part, Program
    from mockgen_watch.spec.document import Json

    Reader: TypeAlias = Callable[[Cell], Json]


def record_at(program: Program, index: int) -> dict[str, Json]:
    """Return record ``index``, whatever the count and without the records before it."""
    if not program.readers:
        program.readers.append(_object_reader(program.root))
    return program.readers[0](record_cell(program.base_key, index))


def node_reader(node: Node) -> Reader:
    """Return the function that reads ``node`` as if it were there and not null."""
    if isinstance(node, Column):
        return column_reader(node)
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

    Numbers are drawn for the whole chunk at once, but for what stands in arrays.
    """
    if isinstance(node, ObjectNode):
        return iter(_objects_over(node, cells, rows))
    if isinstance(node, Column) and node.read_over is not None:
        return node.read_over(cells, rows)
    if isinstance(node, ArrayNode) or node.read is not None:
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
    if isinstance(part.stream, EqualPool) and not is_shared:
        return part.stream.reader(part.table)
    read = _entry_reader(part)
    return (lambda cell: own(read(cell))) if is_shared else read


def _text_reader(parts: Sequence[Part]) -> Reader:
    """Return the function that joins the pieces of all parts."""
    if len(parts) == 1:
        return _entry_reader(parts[0])
    pairs = [
        (_finder(part.table), _first if part.stream is None else part.stream.at) for part in parts
    ]
    return lambda cell: joined_text([find(draw(cell)) for find, draw in pairs])


def _first(cell: Cell) -> int:
    del cell
    return 0


def _entry_reader(part: Part) -> Reader:
    """Return the function that finds the entry of a part's table."""
    if part.stream is None:
        value = part.table[0]
        return lambda _: value
    find, draw = _finder(part.table), part.stream.at
    return lambda cell: find(draw(cell))


def _finder(table: Sequence[Json]) -> Callable[[int], Json]:
    """Return what finds an entry of ``table`` and makes none twice.

    Entries of an open table have no end, so they are not kept.
    """
    if isinstance(table, LazyTable) and not table.is_open:
        return cache(table.make)
    return table.__getitem__


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
