"""Takes a program and a record's index; gives the record's values, in plain Python, one at a time.

This is the seed contract's reference, and the path of small jobs: NumPy is never imported here.
Values are exact: int, Decimal with the declared places, str, bool, None, list and dict. They are
the caller's own, to keep and to change.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from mockgen_watch.generate.address import cell_at, cell_of_element, record_cell
from mockgen_watch.generate.column import (
    ArrayNode,
    Column,
    ColumnKind,
    ObjectNode,
    OpenTable,
    State,
)
from mockgen_watch.generate.pools import EqualPool

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from typing import TypeAlias

    from mockgen_watch.generate.address import Cell, Cells, IntArray
    from mockgen_watch.generate.column import Node, Part, Program
    from mockgen_watch.spec.document import Json

    Reader: TypeAlias = Callable[[Cell], Json]

    Draw: TypeAlias = Callable[[Cell], int]


def node_reader(node: Node) -> Reader:
    """Return the function that reads ``node`` as if it were there and not null."""
    if isinstance(node, Column):
        return column_reader(node)
    return array_reader(node) if isinstance(node, ArrayNode) else object_reader(node)


def object_reader(node: ObjectNode) -> Callable[[Cell], dict[str, Json]]:
    """Return the function that reads an object, which is its caller's to keep."""
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


def array_reader(node: ArrayNode) -> Callable[[Cell], Json]:
    """Return the function that reads an array, which is its caller's to keep."""
    known: dict[int, tuple[Draw | None, Reader]] = {}
    for child in node.elements:
        if id(child) not in known:
            presence = None if child.presence is None else child.presence.at
            known[id(child)] = presence, node_reader(child)
    elements = [known[id(child)] for child in node.elements]
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


def column_reader(column: Column) -> Reader:
    """Return the function that reads a column as if it were there and not null."""
    if column.quick is not None:
        return column.quick
    if column.read is not None:
        return _finishing(column, column.read)
    if column.kind is ColumnKind.VALUE:
        return _value_reader(column.parts[0])
    return _finishing(column, _joining(column.parts))


def _value_reader(part: Part) -> Reader:
    table = quick_table(part.table)
    shared = any(isinstance(value, dict | list) for value in part.table)
    if part.stream is None:
        value = table[0]
        return (lambda _: own(value)) if shared else (lambda _: value)
    if isinstance(part.stream, EqualPool) and not shared:
        return part.stream.reader(table)
    draw = part.stream.at
    return (lambda cell: own(table[draw(cell)])) if shared else (lambda cell: table[draw(cell)])


def _joining(parts: Sequence[Part]) -> Callable[[Cell], str]:
    """Return the function that joins the pieces of all parts."""
    if len(parts) == 1 and parts[0].stream is not None:
        only, draw_only = quick_table(parts[0].table), parts[0].stream.at
        return lambda cell: only[draw_only(cell)]  # type: ignore[return-value]
    pairs = [
        (quick_table(part.table), _first if part.stream is None else part.stream.at)
        for part in parts
    ]
    return lambda cell: joined_text([table[draw(cell)] for table, draw in pairs])


def _first(cell: Cell) -> int:
    del cell
    return 0


def _finishing(column: Column, read: Reader) -> Reader:
    """Return the function that makes the column's value of what ``read`` gives."""
    if column.kind is ColumnKind.TEXT and not column.finish and not column.coerce:
        return read

    def finish(cell: Cell) -> Json:
        value = read(cell)
        return finished(column, value) if isinstance(value, str) else value

    return finish


def joined_text(pieces: Iterable[Json]) -> str:
    """Return the pieces of a text or number column, joined."""
    return "".join(pieces)  # type: ignore[arg-type]  # their tables hold text alone


def finished(column: Column, text: str) -> Json:
    """Return the value whose parts join to ``text``."""
    if column.kind is ColumnKind.NUMBER:
        return Decimal(text) if "." in text else int(text)
    if column.finish or column.coerce:
        return _changer()(text, column.finish, coerce=column.coerce)
    return text


@cache
def _changer() -> Callable[..., Json]:
    """Return ``changed``, with whose module come two more; few columns are changed as a whole."""
    from mockgen_watch.generate.text import changed  # noqa: PLC0415

    return changed


def own(value: Json) -> Json:
    """Return ``value`` for its receiver to keep: objects and arrays of a table are copied."""
    if isinstance(value, dict):
        return {key: own(item) for key, item in value.items()}
    return [own(item) for item in value] if isinstance(value, list) else value


class _Remembered(dict[int, "Json"]):
    """The entries of a table that were asked for before."""

    __slots__ = ("_table",)

    def __init__(self, table: Sequence[Json]) -> None:
        self._table = table

    def __missing__(self, index: int) -> Json:
        entry = self[index] = self._table[index]
        return entry


def quick_table(table: Sequence[Json]) -> Sequence[Json] | Mapping[int, Json]:
    """Return ``table`` so that no entry is made twice; entries without end are not kept."""
    return table if isinstance(table, tuple | list | OpenTable) else _Remembered(table)


def record_at(program: Program, index: int) -> dict[str, Json]:
    """Return record ``index``, whatever the count and without the records before it."""
    if not program.readers:
        program.readers.append(object_reader(program.root))
    return program.readers[0](record_cell(program.base_key, index))


def cell_of_record(program: Program, index: int) -> Cell:
    """Return the cell that record ``index`` is drawn at."""
    return record_cell(program.base_key, index)


def value_of_node(node: Node, cell: Cell) -> Json:
    """Return the value of ``node`` at ``cell``, as if it were there and not null."""
    return node_reader(node)(cell)


def value_of_column(column: Column, cell: Cell) -> Json:
    """Return the value of ``column`` at ``cell``, as if it were there and not null."""
    return column_reader(column)(cell)


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
    pieces = [_pieces_over(part, cells, rows) for part in node.parts]
    if node.kind is ColumnKind.VALUE:
        return (own(value) for value in pieces[0])
    return (finished(node, joined_text(texts)) for texts in zip(*pieces, strict=True))


def _pieces_over(part: Part, cells: Cells, rows: IntArray) -> list[Json]:
    if part.stream is None:
        return [part.table[0]] * len(rows)
    table = quick_table(part.table)
    return [table[number] for number in part.stream.over(cells)[rows].tolist()]


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
