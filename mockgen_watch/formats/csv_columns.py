"""Takes programs; gives the columns of a CSV file: nested records laid flat by path.

A column is named by the keys to it with dots, and by the index of each element on the way:
``PAT.first``, ``ClaimDetails[0].proc_cd``. Where a key holds a dot or a bracket, begins with a
slash or is empty, the name is the JSON Pointer instead: ``/PAT/first.name``. An array has columns
up to its greatest length. A value that is one leaf of the spec is one cell, whatever it is; so are
an object without members and an array without elements.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct, field

from mockgen_watch.formats.columns import may_be_absent
from mockgen_watch.generate.column import ArrayNode, Column, ObjectNode
from mockgen_watch.spec.document import pointer_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from typing import Final

    from mockgen_watch.generate.column import Node, Program
    from mockgen_watch.spec.document import Json

_DOTTED: Final = re.compile(r"[^/.\[\]][^.\[\]]*")


class ColumnTree(Struct, kw_only=True):
    """The columns of one node, in order: its own cell, if it has one, then those below it.

    Attributes:
        cell: there is a column for the node's own value.
        below: the columns of each key or element index.
    """

    cell: bool = False
    below: dict[str | int, ColumnTree] = field(default_factory=dict)

    @property
    def width(self) -> int:
        """How many cells there are."""
        return self.cell + sum(child.width for child in self.below.values())

    def paths(self, above: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
        """Yield the path of each cell, in order."""
        if self.cell:
            yield above
        for segment, child in self.below.items():
            yield from child.paths((*above, segment))

    def add(self, node: Node) -> None:
        """Make room for all that ``node`` can be."""
        children = child_nodes(node)
        self.cell = self.cell or not children
        for segment, child in children:
            self.below.setdefault(segment, ColumnTree()).add(child)
        if isinstance(node, ArrayNode) and any(map(may_be_absent, node.elements)):
            self._add_moved(node.elements)

    def add_stated(self, path: Sequence[str], value: Json) -> None:
        """Make room for ``value`` at ``path``, where an index may lead to an element."""
        if path:
            key: str | int = path[0]
            if path[0].isdigit() and any(isinstance(known, int) for known in self.below):
                key = int(path[0])
            self.below.setdefault(key, ColumnTree()).add_stated(path[1:], value)
        elif self.cell and not self.below:
            # A leaf is one cell, whatever it holds.
            return
        elif isinstance(value, dict | list) and (value or self.below):
            items = value.items() if isinstance(value, dict) else enumerate(value)
            for segment, inner in items:
                self.below.setdefault(segment, ColumnTree()).add_stated((), inner)
        else:
            self.cell = True

    def _add_moved(self, elements: Sequence[Node]) -> None:
        """Make room for elements that come sooner because others were left out."""
        later: dict[int, Node] = {}
        for index in reversed(range(len(elements))):
            later[id(elements[index])] = elements[index]
            for element in later.values():
                self.below[index].add(element)


def columns_of(programs: Sequence[Program]) -> ColumnTree:
    """Return the columns that records of all ``programs`` need together."""
    tree = ColumnTree()
    for program in programs:
        tree.add(program.root)
    for program in programs:
        for path, value in program.stated:
            tree.add_stated(path, value)
    # A record without fields is no cell either.
    tree.cell = False
    return tree


def child_nodes(node: Node) -> Sequence[tuple[str | int, Node]]:
    """Return the nodes below an object or array, by key or index; none for a leaf."""
    if isinstance(node, ObjectNode):
        return node.members
    if isinstance(node, ArrayNode):
        return tuple(enumerate(node.elements))
    assert isinstance(node, Column)  # noqa: S101 - the three kinds of node
    return ()


def column_name(path: Sequence[str | int]) -> str:
    """Return the header's name for the cell at ``path``."""
    if not all(isinstance(part, int) or _DOTTED.fullmatch(part) for part in path):
        return pointer_of(path)
    words = [f"[{part}]" if isinstance(part, int) else f".{part}" for part in path]
    return "".join(words).removeprefix(".")
