"""Takes a program and paths; gives the program of the same records with other values there.

Which values, is told record by record, just before the records are made. So a format writes them by
tables as it does the program's own, but for those places.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from mockgen_watch.generate.column import (
    ArrayNode,
    Column,
    ColumnKind,
    ObjectNode,
    Part,
    Program,
    State,
)
from mockgen_watch.rules.places import Missing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from mockgen_watch.generate.cells import Cell, Cells, IntArray
    from mockgen_watch.generate.column import Node
    from mockgen_watch.rules.places import Path
    from mockgen_watch.spec.document import Json

WHY_SLOW = "a fault is put there"


class Patch:
    """The records of a program, with values of their own at ``paths``."""

    def __init__(self, program: Program, paths: Sequence[Path]) -> None:
        """Leave room at ``paths``, none of which leads into another one or into an array."""
        self.paths = tuple(paths)
        self._places = tuple(_Patched() for _ in paths)
        root: Node = program.root
        for path, place in zip(self.paths, self._places, strict=True):
            root = _with_node(root, path, place.column())
        if not isinstance(root, ObjectNode):
            raise TypeError("a path is empty")
        self.program = replace(program, root=root, readers=[])

    def put(self, index: int, values: Iterable[Json | Missing]) -> None:
        """Have ``values`` at the paths of record ``index``, in their order."""
        for place, value in zip(self._places, values, strict=True):
            place.values[index] = value

    def clear(self) -> None:
        """Forget all values."""
        for place in self._places:
            place.values.clear()


class _Patched:
    """The values at one path by record; also the stream that draws whether there are any."""

    def __init__(self) -> None:
        self.values: dict[int, Json | Missing] = {}
        self.size = len(State)

    def column(self) -> Column:
        return Column(
            kind=ColumnKind.VALUE,
            parts=(Part(table=(None,), stream=None),),
            presence=self,
            read=lambda cell: _written(self.values[cell.index]),
            read_over=self._read_over,
            slow=WHY_SLOW,
        )

    def at(self, cell: Cell) -> int:
        return _state(self.values[cell.index])

    def over(self, cells: Cells) -> IntArray:
        values = self.values
        states: IntArray = cells.xp.array(
            [_state(values[index]) for index in cells.index.tolist()], cells.xp.int64
        )
        return states

    def _read_over(self, cells: Cells, rows: IntArray) -> Iterator[Json]:
        values = self.values
        return (_written(values[index]) for index in cells.index[rows].tolist())


def _written(value: Json | Missing) -> Json:
    return None if isinstance(value, Missing) else value


def _state(value: Json | Missing) -> int:
    if value is None:
        return State.NULL
    return State.ABSENT if isinstance(value, Missing) else State.PRESENT


def node_at(root: Node, path: Path) -> Node | None:
    """Return the node that ``path`` leads to through objects; None where there is none."""
    node = root
    for key in path:
        found = dict(node.members).get(key) if isinstance(node, ObjectNode) else None
        if found is None:
            return None
        node = found
    return node


def _with_node(node: Node, path: Path, other: Node) -> Node:
    if not path:
        return other
    if not isinstance(node, ObjectNode):
        raise TypeError("a path leads through objects alone")
    members = tuple(
        (name, _with_node(child, path[1:], other) if name == path[0] else child)
        for name, child in node.members
    )
    return ObjectNode(members=members, presence=node.presence)


def is_array(root: Node, path: Path) -> bool:
    """Tell whether an array stands at ``path``."""
    return isinstance(node_at(root, path), ArrayNode)
