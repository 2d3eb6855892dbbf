"""Takes the nodes of a program; gives functions that read their values at one cell, fast.

What does not change from cell to cell is decided once, here, and stays in closures: this is the
path of small jobs, where every call counts.
"""

from __future__ import annotations

from decimal import Decimal
from functools import cache
from typing import TYPE_CHECKING

from mockgen_watch.generate.cells import cell_of_element
from mockgen_watch.generate.column import ArrayNode, Column, ColumnKind, State
from mockgen_watch.generate.pool import EqualPool
from mockgen_watch.generate.tables import OpenTable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import TypeAlias

    from mockgen_watch.generate.cells import Cell
    from mockgen_watch.generate.column import Node, ObjectNode, Part
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
    from mockgen_watch.generate.transforms import changed  # noqa: PLC0415

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
