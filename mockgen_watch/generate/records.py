"""Takes a program and a record's index; gives the record's values, in plain Python, one at a time.

This is the seed contract's reference, and the path of small jobs: NumPy is never imported here.
Values are exact: int, Decimal with the declared places, str, bool, None, list and dict. They are
the caller's own, to keep and to change.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mockgen_watch.generate.cells import record_cell
from mockgen_watch.generate.chunks import cell_at
from mockgen_watch.generate.column import ArrayNode, Column, ColumnKind, ObjectNode, State
from mockgen_watch.generate.readers import (
    column_reader,
    finished,
    joined_text,
    node_reader,
    object_reader,
    own,
    quick_table,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from mockgen_watch.generate.cells import Cell, Cells, IntArray
    from mockgen_watch.generate.column import Node, Part, Program
    from mockgen_watch.spec.document import Json

__all__ = [
    "cell_of_record",
    "finished",
    "joined_text",
    "record_at",
    "value_of_column",
    "value_of_node",
    "values_over",
]


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
