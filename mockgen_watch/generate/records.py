"""Takes a program and a record's index; gives the record's values, in plain Python, one at a time.

This is the seed contract's reference, and the path of small jobs: NumPy is never imported here.
Values are exact: int, Decimal with the declared places, str, bool, None, list and dict.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from mockgen_watch.generate.cells import cell_of_element, record_cell
from mockgen_watch.generate.chunks import cell_at
from mockgen_watch.generate.column import ArrayNode, Column, ColumnKind, ObjectNode, State
from mockgen_watch.generate.transforms import transformed
from mockgen_watch.masters.kinds import exact_number

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from mockgen_watch.generate.cells import Cell, Cells, IntArray
    from mockgen_watch.generate.column import Node, Program
    from mockgen_watch.spec.document import Json


def record_at(program: Program, index: int) -> dict[str, Json]:
    """Return record ``index``, whatever the count and without the records before it."""
    return _object(program.root, cell_of_record(program, index))


def cell_of_record(program: Program, index: int) -> Cell:
    """Return the cell that record ``index`` is drawn at."""
    return record_cell(program.base_key, index)


def value_of_node(node: Node, cell: Cell) -> Json:
    """Return the value of ``node`` at ``cell``, as if it were there and not null."""
    if isinstance(node, Column):
        return value_of_column(node, cell)
    return _object(node, cell) if isinstance(node, ObjectNode) else _array(node, cell)


def values_over(node: Node, cells: Cells, rows: IntArray) -> Iterator[Json]:
    """Yield what ``value_of_node`` returns for the given rows of a chunk."""
    for row in rows.tolist():
        yield value_of_node(node, cell_at(cells, row))


def value_of_column(column: Column, cell: Cell) -> Json:
    """Return the value of ``column`` at ``cell``, as if it were there and not null."""
    if column.kind is ColumnKind.VALUE:
        part = column.parts[0]
        return _own(part.table[0 if part.stream is None else part.stream.at(cell)])
    if column.read is not None:
        return _finished_value(column, column.read(cell))
    text = joined_text(
        [part.table[0 if part.stream is None else part.stream.at(cell)] for part in column.parts]
    )
    return finished(column, text)


def joined_text(pieces: Iterable[Json]) -> str:
    """Return the pieces of a text or number column, joined."""
    return "".join(pieces)  # type: ignore[arg-type]  # their tables hold text alone


def finished(column: Column, text: str) -> Json:
    """Return the value whose parts join to ``text``."""
    if column.kind is ColumnKind.NUMBER:
        return Decimal(text) if "." in text else int(text)
    if column.finish:
        text = transformed(text, column.finish)
    if column.coerce:
        number = exact_number(text)
        return text if number is None else number
    return text


def _finished_value(column: Column, value: Json) -> Json:
    return finished(column, value) if isinstance(value, str) else value


def _own(value: Json) -> Json:
    """Return ``value`` for its receiver to keep: objects and arrays of a table are copied."""
    if isinstance(value, dict):
        return {key: _own(item) for key, item in value.items()}
    return [_own(item) for item in value] if isinstance(value, list) else value


def _object(node: ObjectNode, cell: Cell) -> dict[str, Json]:
    made: dict[str, Json] = {}
    for name, child in node.members:
        presence = child.presence
        state = State.PRESENT if presence is None else presence.at(cell)
        if state == State.PRESENT:
            made[name] = value_of_node(child, cell)
        elif state == State.NULL:
            made[name] = None
    return made


def _array(node: ArrayNode, cell: Cell) -> list[Json]:
    length = len(node.elements) if node.length is None else node.length.at(cell)
    made: list[Json] = []
    for element in range(length):
        child = node.elements[element]
        below = cell_of_element(cell, element)
        state = State.PRESENT if child.presence is None else child.presence.at(below)
        if state == State.PRESENT:
            made.append(value_of_node(child, below))
        elif state == State.NULL:
            made.append(None)
    return made
